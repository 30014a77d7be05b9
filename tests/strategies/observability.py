"""What the tests of observers share: a driver that is watched, and a program's own logging."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from genesys_core.calls.lifecycle import (
    Exchanging,
    Raised,
    Returned,
    State,
    Waiting,
    reserve_token,
    settle_token,
    start,
)
from genesys_core.calls.operation import Operation
from genesys_core.calls.rate_limit import Permit, report_response, reserve_permit
from genesys_core.http.messages import TransportFailure
from genesys_core.observability.observers import CallObserver, Observer
from tests.strategies.calls import Driver


@dataclass
class WatchedDriver(Driver):
    """The driver of the lifecycle's tests, telling an observer what the real ones tell."""

    observer: Observer | None = None

    def __post_init__(self) -> None:
        self._calls: list[CallObserver | None] = []

    def call(self, wanted: Operation[Any]) -> Returned[Any] | Raised:
        return self.watched(start(wanted, self.session, now=self.now), wanted.endpoint.name, "api")

    def watched(self, state: State[Any], name: str, purpose: Any) -> Returned[Any] | Raised:
        call = self.observer.begin(name, purpose, self.now) if self.observer else None
        self._calls.append(call)
        outcome = None
        try:
            outcome = self.drive(state)
        finally:
            self._calls.pop()
            if call is not None:
                call.ended(outcome, self.now)
        return outcome

    def drive(self, state: State[Any]) -> Returned[Any] | Raised:
        while not isinstance(state, Returned | Raised):
            call = self._calls[-1]
            if isinstance(state, Waiting) and call is not None:
                call.waiting(state)
            state = self._step(state)
        return state

    def _step(self, state: State[Any]) -> State[Any]:
        if isinstance(state, Waiting):
            self.sleeps.append(state.seconds)
            self.clock += state.seconds
            return state.woke(now=self.now)
        if hasattr(state, "request"):
            return self._send(state)
        return self._authorize(state.joined(self.session))

    def _send(self, state: Any) -> State[Any]:
        step = self.swap(reserve_permit, state, now=self.now)
        if not isinstance(step, Permit):
            return step
        call = self._calls[-1]
        request = step.request if call is None else call.sending(step.request)
        self.sent.append(request)
        outcome, seconds = self.transport(request, self.clock)
        self.clock += seconds
        if isinstance(outcome, TransportFailure):
            then = state.failed(outcome, now=self.now)
        else:
            self.swap(report_response, state, outcome, now=self.now)
            then = state.received(outcome, now=self.now)
        if call is not None:
            call.attempted(state, request, outcome, then, self.now)
        return then

    def _authorize(self, need: Any) -> State[Any]:
        step = self.swap(reserve_token, need, now=self.now)
        if not isinstance(step, Exchanging):
            return step
        outcome = self.watched(step.state, "oauth_token", "token")
        return self.swap(settle_token, need, outcome, now=self.now)


class Kept(logging.Handler):
    """Keeps the records that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def messages(self) -> list[str]:
        return [record.getMessage() for record in self.records]


@contextmanager
def program_logging(level: int = logging.NOTSET, *, handled: bool = True) -> Iterator[Kept]:
    """The logger ``genesys_cloud`` as a program sets it up, cut off from what pytest sets up."""
    logger, kept = logging.getLogger("genesys_cloud"), Kept()
    before = logger.level, logger.propagate
    logger.setLevel(level)
    logger.propagate = False
    if handled:
        logger.addHandler(kept)
    try:
        yield kept
    finally:
        logger.removeHandler(kept)
        logger.setLevel(before[0])
        logger.propagate = before[1]

"""Watching a call: who is told what, how often, in which order."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from genesys_core.calls.lifecycle import (
    ClosingGate,
    NeedPermit,
    Raised,
    Returned,
    Sending,
    Waiting,
    start,
)
from genesys_core.calls.rate_limit import reserve_permit
from genesys_core.calls.token_actions import start_exchange
from genesys_core.oauth import ClientCredentials
from genesys_core.observability.watch import Watch, watch_call
from genesys_core.session.pacing import Pacing
from genesys_core.session.retry import RetryConfiguration
from tests.strategies.calls import CUT_OFF, Driver, at, operation, reply, scripted, session

ON = RetryConfiguration(max_retry_time_sec=60)


class Recorder:
    """An observer that keeps what it is told, under its name."""

    def __init__(self, kept: list[tuple[Any, ...]], name: str = "a", takes: bool = True) -> None:
        self.kept, self.name, self.takes = kept, name, takes

    def begin(self, operation_name, purpose, now):
        self.kept.append((self.name, "begin", operation_name, purpose, now.monotonic))
        return self if self.takes else None

    def sending(self, request):
        self.kept.append((self.name, "sending", request.headers.get("x-trace")))
        return msgspec.structs.replace(request, headers=request.headers.set("x-trace", self.name))

    def attempted(self, sending, request, outcome, state, now):
        self.kept.append((self.name, "attempted", type(state).__name__, now.monotonic))

    def waiting(self, waiting):
        self.kept.append((self.name, "waiting", waiting.seconds))

    def ended(self, outcome, now):
        self.kept.append((self.name, "ended", type(outcome).__name__, now.monotonic))


def test_observers_are_told_in_order_and_of_the_end_in_reverse():
    kept: list[tuple[Any, ...]] = []
    observers = Recorder(kept, "a"), Recorder(kept, "no", takes=False), Recorder(kept, "b")
    driver = Driver(session(retry=ON), scripted(reply(502), reply(200)), observers=observers)
    assert isinstance(driver.call(operation()), Returned)
    assert kept == [
        *((name, "begin", "get_things", "api", 0) for name in ("a", "no", "b")),
        ("a", "sending", None),
        ("b", "sending", "a"),
        ("a", "attempted", "Waiting", 0),
        ("b", "attempted", "Waiting", 0),
        ("a", "waiting", 3),
        ("b", "waiting", 3),
        ("a", "sending", None),
        ("b", "sending", "a"),
        ("a", "attempted", "Returned", 3),
        ("b", "attempted", "Returned", 3),
        ("b", "ended", "Returned", 3),
        ("a", "ended", "Returned", 3),
    ]
    assert [request.headers["x-trace"] for request in driver.sent] == ["b", "b"]


def test_an_attempt_that_closes_the_gate_is_told_with_what_the_call_does_next():
    kept: list[tuple[Any, ...]] = []
    shared = session(pacing=Pacing())
    _, sending = reserve_permit(shared, start(operation(), shared, now=at(0)), now=at(0))
    watch = watch_call([Recorder(kept)], sending, now=at(0))
    state = watch.finish_attempt(sending, sending.request, reply(429, "7"), now=at(1))
    assert isinstance(state, ClosingGate)
    assert kept[-1] == ("a", "attempted", "Raised", 1)


def test_a_wait_is_told_once_however_often_the_driver_wakes_up():
    kept: list[tuple[Any, ...]] = []
    shared = session(retry=ON)
    sending = start(operation(), shared, now=at(0))
    watch = watch_call([Recorder(kept)], sending, now=at(0))
    waiting = watch.finish_attempt(sending, sending.request, CUT_OFF, now=at(0))
    for clock in (0, 1, 2):
        watch.begin_wait(waiting)
        waiting = waiting.woke(shared, now=at(clock))
    again = msgspec.structs.replace(waiting)
    watch.begin_wait(again)
    assert [entry[1] for entry in kept].count("waiting") == 2


def test_a_call_that_stops_in_any_other_state_was_cancelled():
    kept: list[tuple[Any, ...]] = []
    shared = session(pacing=Pacing())
    need = start(operation(), shared, now=at(0))
    assert isinstance(need, NeedPermit)
    watch_call([Recorder(kept)], need, now=at(0)).end(need, now=at(2))
    assert kept[-1] == ("a", "ended", "NoneType", 2)


def test_an_exchange_says_that_it_is_one():
    kept: list[tuple[Any, ...]] = []
    exchange = start_exchange(ClientCredentials("id", "secret"), session(), now=at(0))
    watch_call([Recorder(kept)], exchange, now=at(0))
    assert kept == [("a", "begin", "oauth_token", "token", 0)]


@pytest.mark.parametrize("state", [Waiting, Raised])
def test_a_state_that_no_call_begins_in_is_not_observed(state):
    kept: list[tuple[Any, ...]] = []
    ended = start(operation(), session(retry=ON), now=at(0)).received(
        reply(502 if state is Waiting else 404), now=at(0)
    )
    assert isinstance(ended, state)
    watch_call([Recorder(kept)], ended, now=at(0)).end(ended, now=at(0))
    assert kept == []


def test_without_observers_the_transitions_are_the_same():
    watch, sending = Watch(), start(operation(), session(retry=ON), now=at(0))
    assert isinstance(sending, Sending)
    assert watch.begin_attempt(sending) is sending.request
    waiting = watch.finish_attempt(sending, sending.request, CUT_OFF, now=at(0))
    assert waiting == sending.failed(CUT_OFF, now=at(0))
    watch.begin_wait(waiting)
    watch.end(waiting, now=at(0))


def test_an_outcome_of_another_type_is_refused():
    sending = start(operation(), session(), now=at(0))
    assert isinstance(sending, Sending)
    with pytest.raises(TypeError, match="the result of a transport must be a Response, not"):
        Watch().finish_attempt(sending, sending.request, "a text", now=at(1))  # type: ignore[arg-type]

"""Statistics of a client: counts of calls, retries and channels, and waiting times.

Invariants: the counts are an immutable value. Each event is a step from one value to the next, and
the adapter applies one step at a time. A snapshot is consistent: all of its numbers are from the
same time. Calls in progress are referenced weakly instead of being counted, so that an interrupted
call is not reported as in progress indefinitely.
"""

import weakref
from collections.abc import Callable
from typing import Any, Protocol, TypeVarTuple

from msgspec import Struct
from msgspec.structs import replace

from genesys_core.calls.lifecycle import Raised, Returned, Waiting
from genesys_core.clock import Now
from genesys_core.http.messages import Purpose, Request
from genesys_core.observability.observers import CallObserver, Observer

__all__ = ["ApplyStep", "ClientStats", "StatisticsObserver"]

Given = TypeVarTuple("Given")


class ClientStats(Struct, frozen=True, kw_only=True):
    """A snapshot returned by ``client.stats()``; all counts start at the client's creation.

    Attributes:
        calls: API calls started, excluding token requests.
        calls_under_way: API calls in progress.
        failures: API calls that raised an error; cancelled calls are not counted.
        retries: API requests beyond the first of each call.
        tokens_exchanged: grants successfully exchanged for a token.
        pacing_seconds: total time that calls waited for the rate limit.
        retry_seconds: total time that calls waited before retries.
        open_connections: open connections of the transport, including idle ones; ``None`` if the
            transport does not report the number.
        channels: open notification channels.
    """

    calls: int = 0
    calls_under_way: int = 0
    failures: int = 0
    retries: int = 0
    tokens_exchanged: int = 0
    pacing_seconds: float = 0.0
    retry_seconds: float = 0.0
    open_connections: int | None = None
    channels: int = 0

    def with_calls_under_way(self, number: int) -> "ClientStats":
        """Return the statistics with ``number`` calls in progress, which ``calls`` includes."""
        return replace(self, calls=self.calls + number, calls_under_way=number)

    def call_ended(self, outcome: Returned[Any] | Raised | None) -> "ClientStats":
        """Count an API call that has ended; ``outcome`` is ``None`` if the call was cancelled."""
        failures = self.failures + isinstance(outcome, Raised)
        return replace(self, calls=self.calls + 1, failures=failures)

    def retried(self) -> "ClientStats":
        """Count a retry: a request of a call beyond its first."""
        return replace(self, retries=self.retries + 1)

    def waited(self, waiting: Waiting[Any]) -> "ClientStats":
        """Add the time that a call waits before a retry or for the rate limit."""
        if waiting.reservation is None:
            return replace(self, retry_seconds=self.retry_seconds + waiting.seconds)
        return replace(self, pacing_seconds=self.pacing_seconds + waiting.seconds)

    def token_exchanged(self) -> "ClientStats":
        """Count a grant that was exchanged for a token."""
        return replace(self, tokens_exchanged=self.tokens_exchanged + 1)

    def channels_changed(self, by: int) -> "ClientStats":
        """Count a notification channel that was opened (1) or closed (-1)."""
        return replace(self, channels=self.channels + by)


class ApplyStep(Protocol):
    """A function that updates the statistics stored by the adapter; updates are serialized."""

    def __call__(
        self, step: Callable[[ClientStats, *Given], ClientStats], /, *args: *Given
    ) -> None:
        """Replace the statistics with the result of ``step(statistics, *args)``."""
        ...


class StatisticsObserver(Observer):
    """Updates a client's statistics when calls and channels begin and end.

    Args:
        apply: a function that replaces the statistics stored by the adapter with updated ones.
    """

    def __init__(self, apply: ApplyStep) -> None:
        self._apply = apply
        self._under_way: set[object] = set()  # weak references to calls

    def snapshot(self, stats: ClientStats) -> ClientStats:
        """Return the statistics with the number of calls that are currently in progress."""
        return stats.with_calls_under_way(len(self._under_way))

    def begin(self, operation_name: str, purpose: Purpose, now: Now) -> CallObserver:  # noqa: ARG002 - Observer
        """Count an API call or token request, and return its observer."""
        if purpose == "token":
            return _CountedExchange(self._apply)
        return _CountedCall(self._apply, self._under_way)

    def channel_opened(self) -> None:
        """Count a notification channel that was opened."""
        self._apply(ClientStats.channels_changed, 1)

    def channel_closed(self) -> None:
        """Count a notification channel that was closed."""
        self._apply(ClientStats.channels_changed, -1)


class _Counted(CallObserver):
    __slots__ = ("_apply", "_sent")

    def __init__(self, apply: ApplyStep) -> None:
        self._apply = apply
        self._sent = False

    def waiting(self, waiting: Waiting[Any]) -> None:
        self._apply(ClientStats.waited, waiting)


class _CountedCall(_Counted):
    __slots__ = ("__weakref__", "_ref", "_under_way")

    def __init__(self, apply: ApplyStep, under_way: set[object]) -> None:
        super().__init__(apply)
        self._under_way = under_way
        # Added and discarded by methods written in C, which need no lock.
        self._ref = weakref.ref(self, under_way.discard)
        under_way.add(self._ref)

    def sending(self, request: Request) -> Request:
        if self._sent:
            self._apply(ClientStats.retried)
        self._sent = True
        return request

    def ended(self, outcome: Returned[Any] | Raised | None, now: Now) -> None:  # noqa: ARG002 - CallObserver
        self._apply(self._end, outcome)

    def _end(self, stats: ClientStats, outcome: Returned[Any] | Raised | None) -> ClientStats:
        # Within the step, so that no snapshot counts the call twice or not at all.
        self._under_way.discard(self._ref)
        return stats.call_ended(outcome)


class _CountedExchange(_Counted):
    __slots__ = ()

    def ended(self, outcome: Returned[Any] | Raised | None, now: Now) -> None:  # noqa: ARG002 - CallObserver
        if isinstance(outcome, Returned):
            self._apply(ClientStats.token_exchanged)

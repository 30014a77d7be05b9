"""What a client has done so far, counted.

Law: counting costs a call next to nothing, and a reading is one consistent value: no number in it
is newer than another.
"""

import threading
from typing import Any

from msgspec import Struct

from genesys_core.calls.lifecycle import Raised, Returned, Sending, State, Waiting
from genesys_core.clock import Now
from genesys_core.http.messages import Purpose, Request, Response, TransportFailure

__all__ = ["ClientStats", "StatsObserver", "open_connections"]


class ClientStats(Struct, frozen=True, kw_only=True):
    """A reading of :meth:`client.stats()`; all counts are since the client was made.

    Attributes:
        calls: calls of the API that were begun, token exchanges not among them.
        calls_under_way: those of them that have not ended.
        failures: those of them that raised; cancelled calls are not counted.
        retries: requests to the API beyond the first of their call.
        tokens_exchanged: grants that the login host took for a token.
        pacing_seconds: time that calls were told to wait for their place in the rate limit.
        retry_seconds: time that calls were told to wait before they were repeated.
        open_connections: connections that the transport holds open, idle ones included; ``None``
            where it does not say.
        channels: notification channels that are open.
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


class StatsObserver:
    """Counts the calls of one client."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun = self._ended = self._failures = self._retries = 0
        self._exchanged = self._channels = 0
        self._pacing_seconds = self._retry_seconds = 0.0

    def begin(
        self,
        operation_name: str,  # noqa: ARG002 - Observer
        purpose: Purpose,
        now: Now,  # noqa: ARG002 - Observer
    ) -> "_CountedCall | _CountedExchange":
        """Count a call."""
        if purpose == "token":
            return _CountedExchange(self)
        with self._lock:
            self._begun += 1
        return _CountedCall(self)

    def retried(self) -> None:
        """A request was sent again."""
        with self._lock:
            self._retries += 1

    def waited(self, waiting: Waiting[Any]) -> None:
        """A call was told to wait."""
        with self._lock:
            if waiting.reservation is None:
                self._retry_seconds += waiting.seconds
            else:
                self._pacing_seconds += waiting.seconds

    def ended(self, outcome: Returned[Any] | Raised | None) -> None:
        """A call is over."""
        with self._lock:
            self._ended += 1
            self._failures += isinstance(outcome, Raised)

    def exchanged(self) -> None:
        """A grant was exchanged for a token."""
        with self._lock:
            self._exchanged += 1

    def channel_opened(self) -> None:
        """A notification channel is open; see :class:`~._observation.NotificationObserver`."""
        with self._lock:
            self._channels += 1

    def channel_closed(self) -> None:
        """It is closed."""
        with self._lock:
            self._channels -= 1

    def delivered(self, topic: str, seconds: float) -> None:
        """Not counted."""

    def read(self, open_connections: int | None = None) -> ClientStats:
        """All counts as of now.

        Args:
            open_connections: what the transport says; see :func:`open_connections`.
        """
        with self._lock:
            return ClientStats(
                calls=self._begun,
                calls_under_way=self._begun - self._ended,
                failures=self._failures,
                retries=self._retries,
                tokens_exchanged=self._exchanged,
                pacing_seconds=self._pacing_seconds,
                retry_seconds=self._retry_seconds,
                open_connections=open_connections,
                channels=self._channels,
            )


class _CountedCall:
    __slots__ = ("_counts", "_sent")

    def __init__(self, counts: StatsObserver) -> None:
        self._counts = counts
        self._sent = False

    def sending(self, request: Request) -> Request:
        if self._sent:
            self._counts.retried()
        self._sent = True
        return request

    def attempted(
        self,
        sending: Sending[Any],
        request: Request,
        outcome: Response | TransportFailure,
        state: State[Any],
        now: Now,
    ) -> None:
        pass

    def waiting(self, waiting: Waiting[Any]) -> None:
        self._counts.waited(waiting)

    def ended(self, outcome: Returned[Any] | Raised | None, now: Now) -> None:  # noqa: ARG002
        self._counts.ended(outcome)


class _CountedExchange:
    __slots__ = ("_counts",)

    def __init__(self, counts: StatsObserver) -> None:
        self._counts = counts

    def sending(self, request: Request) -> Request:
        return request

    def attempted(
        self,
        sending: Sending[Any],
        request: Request,
        outcome: Response | TransportFailure,
        state: State[Any],
        now: Now,
    ) -> None:
        pass

    def waiting(self, waiting: Waiting[Any]) -> None:
        self._counts.waited(waiting)

    def ended(self, outcome: Returned[Any] | Raised | None, now: Now) -> None:  # noqa: ARG002
        if isinstance(outcome, Returned):
            self._counts.exchanged()


def open_connections(transport: object) -> int | None:
    """How many connections a transport holds open, idle ones included.

    Asks its attribute ``open_connections`` (an ``int``, or a function that returns one), else the
    httpx client within.

    Returns:
        ``None`` where it does not say.
    """
    for inner in _layers(transport):
        told: object = getattr(inner, "open_connections", None)
        count = told() if callable(told) else told
        if isinstance(count, int):
            return count
        count = _of_httpx(getattr(inner, "_client", None))
        if count is not None:
            return count
    return None


def _layers(transport: object) -> list[object]:
    """A transport and those that it is wrapped around."""
    layers: list[object] = []
    inner: object = transport
    while inner is not None and inner not in layers:
        layers.append(inner)
        inner = getattr(inner, "_inner", None)
    return layers


def _of_httpx(client: object) -> int | None:
    # httpx has no public name for its pools; where they are kept has not changed since 0.14.
    transports = [getattr(client, "_transport", None), *getattr(client, "_mounts", {}).values()]
    pools = [pool for each in transports if (pool := getattr(each, "_pool", None)) is not None]
    return sum(len(pool.connections) for pool in pools) if pools else None

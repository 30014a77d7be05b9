"""Rate limits shared by several clients or processes: a token's pacer, stored in one place.

Invariants: clients that share a token share its pacer. Each step of the pacer reads, changes and
replaces the stored state atomically, with one clock, so that the clients together send no more
requests than the limit allows. An unused ticket expires, as in a client's own
:class:`~genesys_core.session.pacing.Pacer`.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final, Protocol, TypeVar, runtime_checkable

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from genesys_core.checks import Expected
from genesys_core.clock import Now, format_seconds
from genesys_core.errors import BudgetBusyError, BudgetError
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Response
from genesys_core.oauth.tokens import Token
from genesys_core.session.pacing import Gate, Pacer, RateWindow, Reservation

__all__ = [
    "EXPECTED_BUDGET",
    "TICKET",
    "Budget",
    "RatePlace",
    "RemoteBudget",
    "change_pacer",
    "next_attempt",
    "release_wait",
    "token_key",
]

R = TypeVar("R")


@runtime_checkable
class Budget(Protocol):
    """Stores the state of shared rate limits.

    Each key has its own state, which contains no secrets.
    """

    def change_state(
        self, key: str, change: Callable[[bytes | None], tuple[bytes, R]], *, wait: float
    ) -> R:
        """Replace a key's state under an exclusive lock.

        Args:
            key: a key that identifies a token without revealing it.
            change: a function of the current state, or ``None`` if there is none yet, that returns
                the next state and a result; it is called at most once.
            wait: seconds to wait for the lock; 0 raises immediately if the state is locked. Clients
                pass 0 and call again later, except when they release a reservation: then they
                pass a fraction of a second. Asynchronous clients call this method in the event
                loop.

        Returns:
            The result of ``change``.

        Raises:
            BudgetBusyError: the state was locked for longer than ``wait``.
            BudgetError: the state cannot be read or written.
        """
        ...


TICKET: Final = "remote"
"""The key of a :class:`RemoteBudget`'s ticket in :attr:`Reservation.tickets`."""


class RatePlace(Struct, frozen=True):
    """A place in the queue of a shared rate limit.

    Attributes:
        wait: seconds until the request may be sent; 0 if it may be sent now.
        ticket: the number that identifies the place.
        lane: the number of the limit that delays the request, counted from 1; 0 if none is
            reported, -1 if the gate delays the request.
    """

    wait: float
    ticket: int
    lane: int = 0

    @property
    def is_gate(self) -> bool:
        """Whether the request must wait because the gate is closed."""
        return self.lane < 0

    def reservation(self, lanes: Sequence[RateWindow], now: float) -> Reservation:
        """Convert the place to a reservation on this machine's monotonic clock."""
        why = lanes[self.lane - 1].describe() if self.lane > 0 else "shared with other clients"
        return Reservation(now + self.wait, ((TICKET, self.ticket),), why)


@runtime_checkable
class RemoteBudget(Protocol):
    """Protocol of rate limits that clients on several machines share through a server.

    Methods are coroutines. With ``is_blocking`` they block the calling thread and never suspend;
    otherwise they wait in the running asyncio or trio event loop.

    Attributes:
        fallback: the share of the limits that a client uses while the server cannot be reached;
            ``None`` to raise an error instead.
    """

    fallback: float | None

    async def take_place(
        self,
        key: str,
        lanes: Sequence[RateWindow],
        *,
        ticket: int | None,
        had_places: bool,
        is_blocking: bool,
    ) -> RatePlace:
        """Reserve a place in the queue of a key's rate limit, and return it.

        Args:
            key: a key that identifies a token without revealing it.
            lanes: the limits that apply to the request; the last one is for all paths.
            ticket: the ticket of the place that the call waits for; ``None`` at its first attempt.
            had_places: whether the client sent a request with this key within the last window of
                the limit for all paths.
            is_blocking: whether to block the calling thread instead of waiting in the event loop.

        Raises:
            BudgetError: the server cannot be used.
        """
        ...

    async def leave_place(
        self, key: str, lanes: Sequence[RateWindow], ticket: int, *, is_blocking: bool
    ) -> None:
        """Release an unused place in the queue of a key's rate limit."""
        ...

    async def close_gate(self, key: str, seconds: float, *, is_blocking: bool) -> None:
        """Close a key's gate: no request may be sent for the given number of seconds."""
        ...


EXPECTED_BUDGET: Final = Expected(
    "a budget", "FileBudget(path)", (Budget, RemoteBudget), is_optional=True
)
"""Checks that an argument is a budget or ``None``."""


def token_key(token: Token | None) -> str:
    """Return the key that identifies a token's rate limit; ``""`` without a token.

    The platform counts the requests of each token separately. The key is a digest of the token,
    truncated to 128 bits, and usable as a file name or database key.
    """
    return "" if token is None else sha256(token.access_token.encode()).hexdigest()[:32]


LOCK_WAIT: Final = 30.0
"""Maximum seconds that a call waits for the lock of a shared rate limit.

A process normally holds the lock for less than a millisecond.
"""

LOCK_PAUSE: Final = 0.002
"""Mean seconds between two attempts of one client's calls to lock a shared rate limit."""

_LONGEST_PAUSE: Final = 1.0

RELEASE_WAIT: Final = 0.05
"""Maximum seconds that an abandoned call waits for the lock, which it needs to release its
reservation.
"""


def release_wait(*, was_busy: bool) -> float:
    """Return the maximum seconds that an abandoned call waits for the lock of a shared rate limit.

    Releasing a reservation blocks the event loop. When many calls are cancelled at once, only the
    first one waits; reservations that are not released expire.

    Args:
        was_busy: whether the client's last attempt to release a reservation found the lock taken.
    """
    return 0.0 if was_busy else RELEASE_WAIT


def next_attempt(
    busy: BudgetBusyError, waiting: int, *, expires: float | None, begun: Now, now: Now
) -> float:
    """Return the monotonic time of a call's next attempt to lock a shared rate limit.

    The more calls of a client wait, the longer each call pauses, so that many calls' attempts do
    not use up the processor.

    Args:
        busy: the error of the last attempt.
        waiting: number of the client's calls that wait for the lock, including this one.
        expires: when the call's deadline passes, on the monotonic clock; ``None`` without a deadline.
        begun: when the call began to wait.
        now: the current time.

    Raises:
        BudgetBusyError: ``busy`` itself, if the call has waited for :data:`LOCK_WAIT`, or until
            its deadline.
    """
    end = begun.monotonic + LOCK_WAIT
    if expires is not None:
        end = min(end, expires)
    if now.monotonic >= end:
        waited = format_seconds(now.monotonic - begun.monotonic)
        busy.add_note(f"tried for {waited} s; the request was not sent")
        raise busy
    return min(now.monotonic + min(waiting * LOCK_PAUSE, _LONGEST_PAUSE), end)


class _Kept(Struct, frozen=True, array_like=True):
    """The state of a pacer as it is stored.

    Attributes:
        at: when the state was written.
        windows: the windows of the pacer.
        gate: when the gate that a 429 closed opens again; ``None`` if there is no gate.
    """

    at: float
    windows: tuple[RateWindow, ...]
    gate: float | None = None


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Kept)


def change_pacer(
    state: bytes | None, like: Pacer, change: Callable[[Pacer], tuple[Pacer, R]], *, now: Now
) -> tuple[bytes, tuple[Pacer, R]]:
    """Change a stored pacer.

    Args:
        state: the stored state; ``None`` if there is none yet.
        like: a pacer with this client's limits, which replace those in the stored state.
        change: a function that returns the next pacer and a result.
        now: the current time. All clients that share the state must use the same monotonic clock.

    Returns:
        The state to store, and the pacer and result that ``change`` returned.

    Raises:
        BudgetError: the state is corrupt.
    """
    pacer, result = change(_restore(state, like, now))
    gate = None if pacer.gate is None else pacer.gate.until
    kept = _Kept(now.monotonic, pacer.windows, gate)
    return _ENCODER.encode(kept), (pacer, result)


def _restore(state: bytes | None, like: Pacer, now: Now) -> Pacer:
    fresh = Pacer(tuple(RateWindow(each.path, each.limit, each.window) for each in like.windows))
    if state is None:
        return fresh
    try:
        kept = _DECODER.decode(state)
    except msgspec.MsgspecError:
        raise BudgetError(
            "the stored state of the shared rate limit is corrupt; delete it"
        ) from None
    if kept.at > now.monotonic:
        return fresh  # the machine, and with it the monotonic clock, was restarted in the meantime
    known = {window.path: window for window in kept.windows}
    windows = (
        # The limits are this client's; the requests in the windows are those of all clients.
        replace(known.get(each.path, each), limit=each.limit, window=each.window)
        for each in fresh.windows
    )
    return Pacer(tuple(windows), None if kept.gate is None else _gate(kept.gate))


def _gate(until: float) -> Gate:
    # The response itself is not stored: it was meant for one client, and may be large.
    return Gate(until, Response(429, Headers()))

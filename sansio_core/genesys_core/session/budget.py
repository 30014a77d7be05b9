"""A rate limit that several clients or processes share: the pacer of a token, kept in one place.

Invariants: clients that share a token share its pacer. Each step of it reads, changes and replaces the kept
state at once, on one clock, so that together no more requests are sent than the limit allows. A ticket
that is not used lapses, as in a client's own :class:`~genesys_core.session.pacing.Pacer`.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Final, Protocol, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from genesys_core.checks import Expected
from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Response
from genesys_core.oauth.tokens import Token
from genesys_core.session.pacing import Gate, Pacer, RateWindow

__all__ = [
    "EXPECTED_BUDGET",
    "Budget",
    "BudgetBusyError",
    "BudgetError",
    "change_pacer",
    "token_key",
]

R = TypeVar("R")


class BudgetError(GenesysCloudError):
    """The shared rate limit cannot be read or written. Nothing was sent."""

    is_retry_safe = True


class BudgetBusyError(BudgetError):
    """Others held the shared rate limit for longer than the wait."""


class Budget(Protocol):
    """A place where the state of a rate limit is kept for all who share it.

    State of one key is independent of that of others. It contains no secret.
    """

    def change_state(
        self, key: str, change: Callable[[bytes | None], tuple[bytes, R]], *, wait: float
    ) -> R:
        """Replace the state of a key, exclusively.

        Args:
            key: identifies a token, without revealing it.
            change: returns the next state and a result; called at most once, with ``None`` if
                there is no state yet.
            wait: seconds to wait for others; with 0, fail at once.

        Returns:
            The result of ``change``.

        Raises:
            BudgetBusyError: others held it for longer.
            BudgetError: the state cannot be read or written.
        """
        ...


EXPECTED_BUDGET: Final = Expected(
    "a budget", "FileBudget(path)", methods=("change_state",), is_optional=True
)
"""For :mod:`genesys_core.checks`."""


def token_key(token: Token | None) -> str:
    """Return the key of a token's rate limit: the platform counts by token."""
    return "" if token is None else sha256(token.access_token.encode()).hexdigest()[:32]


class _Kept(Struct, frozen=True, array_like=True):
    """The state of a pacer as it is kept.

    Attributes:
        at: when it was written.
        windows: as in the pacer.
        gate: until when a 429 closed it, or ``None``.
    """

    at: float
    windows: tuple[RateWindow, ...]
    gate: float | None = None


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Kept)


def change_pacer(
    state: bytes | None, like: Pacer, change: Callable[[Pacer], tuple[Pacer, R]], *, now: Now
) -> tuple[bytes, tuple[Pacer, R]]:
    """Change a pacer that is kept elsewhere.

    Args:
        state: the kept state; ``None`` if there is none yet.
        like: a pacer with this client's limits.
        change: returns the next pacer and a result.
        now: both clocks. The monotonic clock must be that of all who share the state.

    Returns:
        The next state to keep; the next pacer, and the result of ``change``.

    Raises:
        BudgetError: the state is not that of a pacer.
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
        raise BudgetError("the state of the shared rate limit is damaged; remove it") from None
    if kept.at > now.monotonic:
        return fresh  # the machine has been restarted since, and with it the clock
    known = {window.path: window for window in kept.windows}
    windows = (
        replace(known.get(each.path, each), limit=each.limit, window=each.window)
        for each in fresh.windows
    )
    return Pacer(tuple(windows), None if kept.gate is None else _gate(kept.gate))


def _gate(until: float) -> Gate:
    return Gate(until, Response(429, Headers()))

"""How patient a notification channel is.

Law: every wait is bounded and stated here. Nothing sleeps, reads a clock or draws a number: the
random source is given.
"""

import math
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from genesys_core.clock import Random
from genesys_core.errors import (
    ApiError,
    ConnectionClosedError,
    DecodeError,
    GenesysCloudError,
    TransportError,
)
from genesys_core.websocket.events import Closed, Failed

__all__ = [
    "Policy",
    "describe_ending",
    "is_final",
    "is_gone",
    "is_turned_away",
    "unanswered_call_error",
]

_HOUR: Final = 3600.0
_TRANSIENT: Final = frozenset({408, 409, 425, 429})


class Policy(Struct, frozen=True):
    """The times of a channel, in seconds.

    The wait before attempt ``n`` is ``min(backoff_cap, backoff_base * 2 ** (n - 1))``, of which one
    half is certain and the other drawn ("equal jitter"), so that a thousand programs that lose
    their server together do not come back together. A ``Retry-After`` of the platform counts where
    it is longer, up to ``retry_after_cap``.

    Attributes:
        random: numbers in ``[0, 1)``.
        silence: without any frame for so long, a ping is sent; heartbeats come every 30 s.
        pong_wait: without any frame for so long after it, the connection is given up.
        connect_limit: what opening a socket may take.
        call_limit: what a REST call may take, its own retries included; adapters give it as the
            call's deadline.
        backoff_base: the wait before the first repeat.
        backoff_cap: the longest wait.
        retry_after_cap: the longest wait that the platform can ask for.
        stable_after: a connection that held so long starts its waits from the base again.
        overlap: how long the old socket is kept after a planned move, for what is under way on it.
        lag: how long a frame may be under way; a gap starts so much before the last frame came.
        linger: how long after that late copies of its frames are still recognised.
        renew_after: the topics are subscribed to again so long after the last time; a channel
            lives for 24 hours. Where the platform says how long it lives, 23/24 of that.
        rewrite: changes the address of the socket, for sites behind a gateway.
    """

    random: Random
    silence: float = 35.0
    pong_wait: float = 5.0
    connect_limit: float = 30.0
    call_limit: float = 30.0
    backoff_base: float = 1.0
    backoff_cap: float = 60.0
    retry_after_cap: float = 300.0
    stable_after: float = 60.0
    overlap: float = 10.0
    linger: float = 10.0
    lag: float = 5.0
    renew_after: float = 23 * _HOUR
    rewrite: Callable[[str], str] | None = None

    def delay(self, failures: int, error: GenesysCloudError | None = None) -> float:
        """Seconds to wait after a number of failures in a row, at least one."""
        # Beyond 2 ** 32 the cap has long won, and the power would overflow in the end.
        ladder = min(self.backoff_cap, self.backoff_base * 2.0 ** min(failures - 1, 32))
        asked = error.retry_after if isinstance(error, ApiError) else None
        wanted = min(asked, self.retry_after_cap) if asked and math.isfinite(asked) else 0.0
        return max(ladder / 2 * (1 + self.random()), wanted)

    def life(self, lasts: float | None) -> float:
        """When to renew, in seconds from now, for a channel that lasts so long."""
        return lasts * 23 / 24 if lasts is not None and lasts > 0 else self.renew_after


def is_gone(outcome: object) -> bool:
    """Whether a reply says that the channel does not exist (any more)."""
    return isinstance(outcome, ApiError) and outcome.status in {404, 410}


def is_final(error: GenesysCloudError) -> bool:
    """Whether trying again is pointless: a refusal, rather than a failure of the network."""
    if isinstance(error, ApiError):
        return error.status < 500 and error.status not in _TRANSIENT
    return not isinstance(error, TransportError | DecodeError)


def unanswered_call_error(what: str) -> GenesysCloudError:
    """The error of a call that took longer than ``call_limit``."""
    return ConnectionClosedError(f"{what}: no answer came in time", sent=True)


def describe_ending(how: Closed | Failed) -> str:
    """How a socket ended, in words."""
    if isinstance(how, Failed):
        return how.message
    return f"the server closed the connection with {how.code} {how.reason}".rstrip()


def is_turned_away(how: Closed | Failed) -> bool:
    """Whether the server refused the socket itself, rather than the network or a proxy."""
    if not isinstance(how, Failed) or how.kind != "handshake" or how.status is None:
        return False
    return 300 <= how.status < 500 and how.status not in {408, 425, 429}

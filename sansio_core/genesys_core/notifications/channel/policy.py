"""Timeouts and delays of a notification channel.

Invariants: every wait is bounded and defined here. Nothing sleeps, reads a clock or draws random
numbers: the random source is passed in.
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
"""HTTP statuses of temporary rejections: timeout, conflict, too early, rate limit."""


class Policy(Struct, frozen=True):
    """Timeouts and delays of a channel, in seconds.

    The delay before retry ``n`` is ``min(backoff_cap, backoff_base * 2 ** (n - 1))``, randomly
    shortened by up to half ("equal jitter"), so that programs that lose their connections
    simultaneously do not all reconnect at the same time. The platform's ``Retry-After`` applies if
    it is longer, up to ``retry_after_cap``.

    Attributes:
        random: a function that returns random numbers in ``[0, 1)``.
        silence: time without a message after which a ping is sent; heartbeats arrive every 30 s.
        pong_wait: time without a message after that ping, after which the connection is closed.
        connect_limit: timeout for opening a socket.
        call_limit: timeout for a REST call including its retries; adapters pass it as the call's
            deadline.
        backoff_base: the maximum delay before the first retry.
        backoff_cap: the maximum delay before any retry.
        retry_after_cap: the maximum delay that ``Retry-After`` can set.
        stable_after: duration of a connection after which delays start from the base again.
        overlap: time for which the old socket is kept open after a planned move.
        lag: maximum time for which a message is in transit; a gap starts this long before the last
            message was received.
        linger: time for which late duplicates are recognized after the old socket has closed.
        renew_after: interval between renewals of the topics; a channel expires 24 hours after the
            last renewal. If the platform states a lifetime, 23/24 of that lifetime is used instead.
        rewrite: a function that changes the socket's address, for sites behind a gateway.
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
        """Return the delay in seconds after ``failures`` (at least 1) consecutive failures."""
        # Beyond 2 ** 32 the cap applies anyway, and the power would eventually overflow.
        ladder = min(self.backoff_cap, self.backoff_base * 2.0 ** min(failures - 1, 32))
        asked = error.retry_after if isinstance(error, ApiError) else None
        wanted = min(asked, self.retry_after_cap) if asked and math.isfinite(asked) else 0.0
        return max(ladder / 2 * (1 + self.random()), wanted)

    def life(self, lasts: float | None) -> float:
        """Return the seconds between renewals of topics, given a channel's lifetime."""
        return lasts * 23 / 24 if lasts is not None and lasts > 0 else self.renew_after


def is_gone(outcome: object) -> bool:
    """Return whether a response means that the channel does not exist."""
    return isinstance(outcome, ApiError) and outcome.status in {404, 410}


def is_final(error: GenesysCloudError) -> bool:
    """Return whether an error is a rejection that a retry cannot change, not a network failure."""
    if isinstance(error, ApiError):
        return error.status < 500 and error.status not in _TRANSIENT
    return not isinstance(error, TransportError | DecodeError)


def unanswered_call_error(what: str) -> GenesysCloudError:
    """Return the error for a call that exceeded ``call_limit``."""
    return ConnectionClosedError(f"{what}: timed out", sent=True)


def describe_ending(how: Closed | Failed) -> str:
    """Describe why a socket was closed, failed or could not be opened."""
    if isinstance(how, Failed):
        return how.message
    reason = f": {how.reason}" if how.reason else ""
    return f"the server closed the connection with code {how.code}{reason}"


def is_turned_away(how: Closed | Failed) -> bool:
    """Return whether the server rejected the handshake with a 3xx or 4xx that is not temporary."""
    if not isinstance(how, Failed) or how.kind != "handshake" or how.status is None:
        return False
    return 300 <= how.status < 500 and how.status not in {408, 425, 429}

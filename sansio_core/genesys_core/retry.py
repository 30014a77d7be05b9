"""When a call is repeated, and after how long.

Law: a decision is a value with its reason. Nothing here sleeps, reads a clock or draws a number;
no wait is begun that would outlive the budget; what may have happened once is not done twice
unless it does no harm.
"""

import math
from email.utils import parsedate_to_datetime
from typing import Final

from msgspec import Struct

from genesys_core.errors import InvalidValueError
from genesys_core.message import Response, TransportFailure
from genesys_core.values import Now, Random

__all__ = [
    "MAX_RETRY_AFTER",
    "Attempt",
    "GiveUp",
    "Repeat",
    "RetryConfiguration",
    "decide",
    "parse_retry_after",
]

MAX_RETRY_AFTER: Final = 180.0
"""Seconds; the platform's own SDKs give up when asked to wait longer (daily limits ask for hours)."""

RETRYABLE_STATUSES: Final = frozenset({429, 502, 503, 504})
"""What the platform's SDKs repeat."""

REPEATABLE_METHODS: Final = frozenset({"GET", "HEAD", "PUT", "DELETE"})
"""RFC 9110, 9.2.2: idempotent; doing them twice is doing them once."""

BEFORE_LADDER: Final = 5
"""Repeats of a 502, 503 or 504 before the ladder of 3, 9, 27 s begins."""

JITTER: Final = 0.1
"""The most that chance adds to a wait, as a share of it. It never shortens one."""


class RetryConfiguration(Struct, frozen=True):
    """How often and how long a call may be repeated; off by default, as in the official SDKs.

    Attributes:
        max_retry_time_sec: seconds that the call, sleeps included, may take; 0 switches it off.
        retry_max: repeats at most.
        retry_wait_min: seconds; no wait is shorter, where given.
        retry_wait_max: seconds; no wait of our own choosing is longer, where given.
        retry_after_default: seconds to wait where the server does not say.
        backoff_interval: seconds after which the wait of the ladder (3, 9, 27 s) grows.
        repeat_unsafe: repeat POST and PATCH even if the first may have taken effect.

    Raises:
        InvalidValueError: a value that is negative or not finite.
    """

    max_retry_time_sec: float = 0
    retry_max: int = 5
    retry_wait_min: float | None = None
    retry_wait_max: float | None = None
    retry_after_default: float = 3
    backoff_interval: float = 300
    repeat_unsafe: bool = False

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if value is not None and not 0 <= value < math.inf:
                raise InvalidValueError(f"{name}={value!r}: must be 0 or more, and finite")

    @property
    def enabled(self) -> bool:
        """Whether anything is repeated at all."""
        return self.max_retry_time_sec > 0


class Attempt(Struct, frozen=True):
    """One request of a call, and how it ended.

    Attributes:
        number: 1 for the first.
        outcome: ``HTTP 503``, or what broke.
        seconds: since the call began, when it ended.
        decision: what was decided, and why.
    """

    number: int
    outcome: str
    seconds: float
    decision: str


class Repeat(Struct, frozen=True):
    """Wait, then send it again."""

    seconds: float
    why: str


class GiveUp(Struct, frozen=True):
    """Leave it at that.

    Attributes:
        why: the reason, in words.
        retry_after: seconds that the server asked for, if it did.
    """

    why: str
    retry_after: float | None = None


def parse_retry_after(value: str | None, now: Now) -> float | None:
    """Seconds to wait according to a ``Retry-After`` header (RFC 9110, 10.2.3).

    Returns:
        A finite number above zero, or ``None`` for a header that is absent, malformed, zero,
        negative or in the past: there is nothing to obey then.
    """
    if value is None:
        return None
    seconds = _number(value)
    if seconds is None:
        seconds = _seconds_until(value, now)
    return seconds if seconds is not None and 0 < seconds < math.inf else None


def _number(value: str) -> float | None:
    text = value.strip()
    try:
        return float(text) if text.isascii() and "_" not in text else None
    except ValueError:
        return None


def _seconds_until(value: str, now: Now) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp() - now.wall
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def decide(
    outcome: Response | TransportFailure,
    *,
    policy: RetryConfiguration,
    repeatable: bool,
    attempt: int,
    elapsed: float,
    now: Now,
    random: Random,
) -> Repeat | GiveUp:
    """Whether an attempt that failed is repeated.

    Args:
        outcome: what came back, or how it failed.
        policy: the caller's configuration.
        repeatable: whether doing it twice is doing it once.
        attempt: 1 for the first.
        elapsed: seconds since the call began.
        now: for a ``Retry-After`` that is a date.
        random: for the jitter.
    """
    asked = _asked(outcome, now)
    refusal = _refusal(outcome, policy, repeatable, attempt, asked)
    if refusal is not None:
        return GiveUp(refusal, asked)
    wait = _wait(outcome, policy, attempt, elapsed, asked)
    left = policy.max_retry_time_sec - elapsed
    if wait > left:
        asks = f"the server asks for {asked:g} s" if wait == asked else f"the wait is {wait:g} s"
        return GiveUp(
            f"{asks}, the budget of {policy.max_retry_time_sec:g} s has {max(left, 0):g} s left",
            asked,
        )
    return Repeat(min(wait * (1 + JITTER * random()), left), _reason(outcome, asked))


def _asked(outcome: Response | TransportFailure, now: Now) -> float | None:
    if isinstance(outcome, TransportFailure):
        return None
    return parse_retry_after(outcome.headers.get("retry-after"), now)


def _refusal(
    outcome: Response | TransportFailure,
    policy: RetryConfiguration,
    repeatable: bool,  # noqa: FBT001 - private
    attempt: int,
    asked: float | None,
) -> str | None:
    if isinstance(outcome, Response) and outcome.status not in RETRYABLE_STATUSES:
        return f"a {outcome.status} is final"
    if not policy.enabled:
        return "retry is off"
    if asked is not None and asked > MAX_RETRY_AFTER:
        return (
            f"the server asks for {asked:g} s, more than the {MAX_RETRY_AFTER:g} s that are waited"
        )
    if attempt > policy.retry_max:
        return f"repeated {policy.retry_max} times, which is the limit"
    if not (repeatable or policy.repeat_unsafe or _was_not_done(outcome, asked)):
        return "it may have taken effect, and doing it twice is not safe"
    return None


def _was_not_done(outcome: Response | TransportFailure, asked: float | None) -> bool:
    """Whether the platform certainly did nothing: never sent, or turned away at the door."""
    if isinstance(outcome, TransportFailure):
        return not outcome.sent
    return outcome.status == 429 or (outcome.status == 503 and asked is not None)


def _wait(
    outcome: Response | TransportFailure,
    policy: RetryConfiguration,
    attempt: int,
    elapsed: float,
    asked: float | None,
) -> float:
    throttled = isinstance(outcome, Response) and outcome.status == 429
    if throttled or attempt <= BEFORE_LADDER:
        if asked is not None:
            return max(asked, policy.retry_wait_min or 0)
        wait = policy.retry_after_default
    else:
        interval = policy.backoff_interval
        wait = 3.0 ** min(3, (elapsed // interval if interval else 3) + 1)
    longest = math.inf if policy.retry_wait_max is None else policy.retry_wait_max
    return max(min(wait, longest), policy.retry_wait_min or 0)


def _reason(outcome: Response | TransportFailure, asked: float | None) -> str:
    if isinstance(outcome, TransportFailure):
        return outcome.message
    return f"HTTP {outcome.status}" + ("" if asked is None else f", Retry-After {asked:g} s")

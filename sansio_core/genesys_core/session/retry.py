"""Retry decisions: whether a call is retried, and after which delay.

Invariants: a decision is a value that includes its reason. Nothing here sleeps, reads a clock or
draws random numbers. No wait ends after the budget or the deadline. A request that may have
taken effect is retried only if that is safe.

The rules are those of the official .NET SDK (``ApiClient.Retry``); ``docs/retries.md`` lists each
difference.
"""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from genesys_core.checks import FLAG, WHOLE_NUMBER, Expected, check_fields
from genesys_core.clock import Now, Random, format_seconds
from genesys_core.errors import Attempt, InvalidValueError
from genesys_core.http.messages import Response, TransportFailure

__all__ = [
    "DEFAULT_BUDGET",
    "MAX_RETRY_AFTER",
    "RETRIES_OFF",
    "GiveUp",
    "Repeat",
    "RetryConfiguration",
    "certainly_not_done",
    "decide_retry",
    "explain_overrun",
    "is_retryable",
    "parse_retry_after",
    "requested_wait",
]

DEFAULT_BUDGET: Final = 120.0
"""Default retry budget in seconds: two windows of the platform's rate limit, so that a call that
hits an exhausted limit at the worst moment still succeeds.
"""

MAX_RETRY_AFTER: Final = 180.0
"""Maximum delay in seconds before a retry. As in the official SDKs, a call is not retried if the
response requests a longer delay, which may be hours when an API's daily limit is reached.
"""

RETRYABLE_STATUSES: Final = frozenset({429, 502, 503, 504})
"""HTTP statuses after which the official SDKs retry a request."""

REPEATABLE_METHODS: Final = frozenset({"GET", "HEAD", "PUT", "DELETE"})
"""The idempotent HTTP methods (RFC 9110 section 9.2.2) except OPTIONS and TRACE."""

BEFORE_LADDER: Final = 5
"""Number of retries after a 502, 503, 504 or a broken connection before the backoff of 3, 9, 27 s
begins, as in the .NET SDK.
"""

JITTER: Final = 0.1
"""Maximum jitter, as a fraction of the delay. Jitter only lengthens a delay."""

GRAIN: Final = 1e-6
"""Tolerance in seconds for comparisons of rounded clock readings."""


class RetryConfiguration(Struct, frozen=True):
    """Retry limits and delays.

    A client without a retry configuration does not retry, as in the official SDKs. A client with
    a retry configuration retries within the default budget, unless it sets another budget.

    Attributes:
        max_retry_time_sec: the budget: maximum seconds from the start of the call, including
            delays, to the start of the last retry; 0 disables retries. In a configuration file the
            key is ``retry_wait_max``, as in the .NET SDK, or ``max_retry_time_sec``.
        retry_max: maximum number of retries; 0 disables retries.
        retry_wait_min: minimum delay in seconds, if given.
        retry_wait_max: maximum delay in seconds, if given; does not limit ``Retry-After``.
            Not available in a configuration file, where the key of this name sets the budget.
        retry_after_default: delay in seconds if the server does not send ``Retry-After``.
        backoff_interval: seconds between increases of the backoff delay (3, 9, 27 s).
        repeat_unsafe: whether POST and PATCH are retried even if the request may have taken effect.

    Raises:
        TypeError: a value has the wrong type.
        InvalidValueError: a value is negative or not finite, a minimum exceeds its maximum, or the
            minimum delay exceeds the budget, so that no retry would ever be made.
    """

    max_retry_time_sec: float = DEFAULT_BUDGET
    retry_max: int = 5
    retry_wait_min: float | None = None
    retry_wait_max: float | None = None
    retry_after_default: float = 3
    backoff_interval: float = 300
    repeat_unsafe: bool = False

    def __post_init__(self) -> None:
        check_fields(self, _FIELDS)
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if value is not None and not 0 <= value < math.inf:
                raise InvalidValueError(f"{name}={value!r}: must be 0 or more, and finite")
        least, most, budget = self.retry_wait_min, self.retry_wait_max, self.max_retry_time_sec
        if least is not None and most is not None and least > most:
            raise InvalidValueError(
                f"retry_wait_min={least!r}: must not exceed retry_wait_max={most!r}"
            )
        if least is not None and self.enabled and least > budget:
            raise InvalidValueError(
                f"retry_wait_min={least!r}: is above max_retry_time_sec={budget:g}, the budget of "
                "the whole call, so no retry would ever be made; lower it, or raise the budget"
            )

    @property
    def enabled(self) -> bool:
        """Whether retries are enabled."""
        return self.max_retry_time_sec > 0 and self.retry_max > 0


_SECONDS: Final = Expected("a number of seconds", "10", (int, float))
_FIELDS: Final = {
    "max_retry_time_sec": _SECONDS,
    "retry_max": WHOLE_NUMBER,
    "retry_wait_min": _SECONDS.or_none(),
    "retry_wait_max": _SECONDS.or_none(),
    "retry_after_default": _SECONDS,
    "backoff_interval": _SECONDS,
    "repeat_unsafe": FLAG,
}

RETRIES_OFF: Final = RetryConfiguration(max_retry_time_sec=0)
"""The default retry configuration, which disables retries."""


class Repeat(Struct, frozen=True):
    """The decision to retry after a delay."""

    seconds: float
    why: str


class GiveUp(Struct, frozen=True):
    """The decision not to retry.

    Attributes:
        why: the reason for the decision.
        retry_after: seconds that the server asked the client to wait, if any.
    """

    why: str
    retry_after: float | None = None


def parse_retry_after(value: str | None, now: Now) -> float | None:
    """Parse a ``Retry-After`` header (RFC 9110 section 10.2.3).

    Args:
        value: the header's value: seconds, or a date in any form of RFC 9110 section 5.6.7.
        now: the current time, used if the value is a date.

    Returns:
        Seconds to wait, positive and finite; ``None`` if the header is absent, malformed, zero,
        negative or in the past.
    """
    if value is None:
        return None
    text = value.strip()
    seconds = _number(text)
    if seconds is None:
        seconds = seconds_until(text, now)
    return seconds if seconds is not None and 0 < seconds < math.inf else None


def _number(text: str) -> float | None:
    try:
        # More than the RFC's whole seconds, but not all of float(): "1_0", digits of other scripts.
        return float(text) if text.isascii() and "_" not in text else None
    except ValueError:
        return None


# RFC 9110 section 5.6.7: IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT", and two obsolete forms that
# must be accepted: "Sunday, 06-Nov-94 08:49:37 GMT" and "Sun Nov  6 08:49:37 1994".
# `email.utils` parses them too, but assumes local time for dates without a zone.
_CLOCK = r"(?P<clock>\d\d:\d\d:\d\d)"
_DATES: Final = (
    re.compile(
        rf"[a-z]+, (?P<day>\d\d)([ -])(?P<month>[a-z]{{3}})\2(?P<year>\d{{4}}|\d\d) {_CLOCK} GMT",
        re.IGNORECASE | re.ASCII,
    ),
    re.compile(
        rf"[a-z]{{3}} (?P<month>[a-z]{{3}}) (?P<day>[ \d]\d) {_CLOCK} (?P<year>\d{{4}})",
        re.IGNORECASE | re.ASCII,
    ),
)
_MONTHS: Final = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip


def seconds_until(text: str, now: Now) -> float | None:
    """Return the seconds from now until an HTTP date, in any form of RFC 9110 section 5.6.7.

    The result is negative for a past date, and ``None`` if the text is not such a date.
    """
    match = next((found for form in _DATES if (found := form.fullmatch(text))), None)
    if match is None:
        return None
    try:
        hour, minute, second = map(int, match["clock"].split(":"))
        month = _MONTHS.index(match["month"].lower()) + 1
        year = _full_year(match["year"], now)
        then = datetime(year, month, int(match["day"]), hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return then.timestamp() - now.wall


def _full_year(digits: str, now: Now) -> int:
    if len(digits) == 4:
        return int(digits)
    # "more than 50 years in the future" means "the most recent year in the past that had the
    # same last two digits".
    this = datetime.fromtimestamp(now.wall, UTC).year
    year = this - this % 100 + int(digits)
    return year - 100 if year > this + 50 else year


def requested_wait(outcome: Response | TransportFailure, now: Now) -> float | None:
    """Return the seconds that a response asks the client to wait, if any."""
    if isinstance(outcome, TransportFailure):
        return None
    return parse_retry_after(outcome.headers.get("retry-after"), now)


def certainly_not_done(outcome: Response | TransportFailure, asked: float | None) -> bool:
    """Return whether a request certainly had no effect: it was not sent, or not processed.

    Args:
        outcome: the response or failure.
        asked: seconds that the response asks the client to wait; a 503 with ``Retry-After`` was
            rejected before processing.
    """
    if isinstance(outcome, TransportFailure):
        return not outcome.sent
    return outcome.status == 429 or (outcome.status == 503 and asked is not None)


def explain_overrun(
    wait: float, *, policy: RetryConfiguration, deadline: float | None, elapsed: float
) -> str | None:
    """Describe the limit that a wait would exceed; ``None`` if the wait may begin.

    A wait may end exactly when the budget is used up, as in the official SDKs, because a request
    may still be sent then. The wait must end before the deadline, because no request may be sent at
    the deadline.

    Args:
        wait: seconds to wait.
        policy: the retry configuration; its budget applies if retries are enabled.
        deadline: seconds for the whole call, or ``None``.
        elapsed: seconds since the call began.
    """
    if deadline is not None and wait >= deadline - elapsed:
        return _left("deadline", deadline, elapsed)
    if policy.enabled and wait > policy.max_retry_time_sec - elapsed + GRAIN:
        return _left("budget", policy.max_retry_time_sec, elapsed)
    return None


def _left(name: str, limit: float, elapsed: float) -> str:
    left = max(limit - elapsed, 0)
    rest = "" if elapsed < 0.001 else f", of which {format_seconds(left)} s are left"
    return f"the {name} is {limit:g} s{rest}"


def decide_retry(
    outcome: Response | TransportFailure,
    *,
    policy: RetryConfiguration,
    repeatable: bool,
    history: Sequence[Attempt] = (),
    elapsed: float,
    deadline: float | None = None,
    now: Now,
    random: Random,
) -> Repeat | GiveUp:
    """Decide whether a failed attempt is retried.

    Args:
        outcome: the response or failure.
        policy: the retry configuration.
        repeatable: whether repeating the request is safe.
        history: the call's earlier attempts.
        elapsed: seconds since the call began.
        deadline: seconds for the whole call, or ``None``.
        now: the current time, for a ``Retry-After`` that is a date.
        random: the source of random numbers for jitter.
    """
    asked = requested_wait(outcome, now)
    refusal = _refusal(outcome, policy, repeatable, history, asked)
    if refusal is not None:
        return GiveUp(refusal, asked)
    wait = _wait(outcome, policy, history, elapsed, asked)
    limit = explain_overrun(wait, policy=policy, deadline=deadline, elapsed=elapsed)
    if limit is not None:
        return GiveUp(f"{_demand(wait, asked)}, {limit}", asked)
    longest = MAX_RETRY_AFTER
    # A longer wait can only be the server's Retry-After, which `retry_wait_max` does not limit.
    if policy.retry_wait_max is not None and wait <= policy.retry_wait_max:
        longest = min(policy.retry_wait_max, MAX_RETRY_AFTER)
    # Jitter must not prevent a retry that fits without it.
    longer = min(wait * (1 + JITTER * random()), longest)
    fits = explain_overrun(longer, policy=policy, deadline=deadline, elapsed=elapsed) is None
    return Repeat(longer if fits else wait, _reason(outcome, asked))


def is_retryable(outcome: Response | TransportFailure) -> bool:
    """Return whether a retry could succeed after this outcome, regardless of the configuration."""
    if isinstance(outcome, TransportFailure):
        # A request that is not valid HTTP will not become valid.
        return outcome.sent or outcome.kind != "protocol"
    return outcome.status in RETRYABLE_STATUSES


def _refusal(
    outcome: Response | TransportFailure,
    policy: RetryConfiguration,
    repeatable: bool,  # noqa: FBT001 - private
    history: Sequence[Attempt],
    asked: float | None,
) -> str | None:
    if not is_retryable(outcome):
        return f"{_words(outcome)} is not retryable"
    if not policy.enabled:
        return "retries are disabled"
    if asked is not None and asked > MAX_RETRY_AFTER:
        return f"{_demand(asked, asked)}, more than the maximum of {MAX_RETRY_AFTER:g} s"
    repeats = _repeats(history)
    if repeats >= policy.retry_max:
        return f"retried {repeats} times, the maximum"
    if not (repeatable or policy.repeat_unsafe or certainly_not_done(outcome, asked)):
        return "the request may have taken effect, and repeating it is not safe"
    return None


def _repeats(history: Sequence[Attempt]) -> int:
    """Count the retries so far; a 401 after which the token was replaced does not count."""
    return sum(attempt.status != 401 for attempt in history)


def _wait(
    outcome: Response | TransportFailure,
    policy: RetryConfiguration,
    history: Sequence[Attempt],
    elapsed: float,
    asked: float | None,
) -> float:
    least = policy.retry_wait_min or 0
    throttled = isinstance(outcome, Response) and outcome.status == 429
    failures = sum(attempt.status not in {401, 429} for attempt in history)
    # A 429's Retry-After is when the window opens. Other failures that last are an outage, for which
    # the platform recommends the backoff and not the header.
    if throttled or failures < BEFORE_LADDER:
        if asked is not None:
            return min(max(asked, least), MAX_RETRY_AFTER)
        wait = policy.retry_after_default
    else:
        interval = policy.backoff_interval
        # 3^min(3, floor(elapsed / interval) + 1), as in the official SDKs.
        wait = 3.0 ** min(3, (elapsed // interval if interval else 3) + 1)
    longest = math.inf if policy.retry_wait_max is None else policy.retry_wait_max
    return min(max(min(wait, longest), least), MAX_RETRY_AFTER)


def _demand(wait: float, asked: float | None) -> str:
    return f"the server asks for {asked:g} s" if wait == asked else f"the wait is {wait:g} s"


def _words(outcome: Response | TransportFailure) -> str:
    return outcome.message if isinstance(outcome, TransportFailure) else f"a {outcome.status}"


def _reason(outcome: Response | TransportFailure, asked: float | None) -> str:
    if isinstance(outcome, TransportFailure):
        return outcome.message
    return f"HTTP {outcome.status}" + ("" if asked is None else f", Retry-After {asked:g} s")

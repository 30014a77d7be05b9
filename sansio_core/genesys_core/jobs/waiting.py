"""Waiting by polling: for the end of a job, or for a condition.

Invariants: a wait ends with a response that its ``judge`` accepts, with an error that ``judge``
returns or a poll raises, or at its deadline; only the last poll may take up to ``LAST_POLL`` seconds
longer. Pauses grow up to a limit and are never shorter than ``Retry-After`` (RFC 9110 section
10.2.3). Polls that fail for a temporary reason are repeated, up to a number of consecutive failures.

::

    start_wait        -> Polling
    Polling.received  -> Pausing | WaitEnded | WaitFailed
    Polling.failed    -> Pausing | WaitFailed
    Pausing.woke      -> Pausing | Polling

In the state ``Polling`` a driver sends the polled operation; in ``Pausing`` it sleeps.
"""

import math
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, Generic, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from genesys_core.calls.operation import Operation, check_operation
from genesys_core.calls.responses import ApiResponse
from genesys_core.clock import Now, Random
from genesys_core.errors import (
    ApiError,
    GenesysCloudError,
    InvalidValueError,
    NotFoundError,
    RateLimitError,
    ServerError,
    TransportError,
    WaitTimeoutError,
)
from genesys_core.session.retry import GRAIN, parse_retry_after

__all__ = [
    "CONDITION_POLICY",
    "LAST_POLL",
    "MAX_MISSES",
    "RESULTS_POLICY",
    "JobWarning",
    "PausePolicy",
    "Pausing",
    "PollResult",
    "Polling",
    "WaitEnded",
    "WaitFailed",
    "WaitState",
    "check_repeatable",
    "judge_condition",
    "judge_results",
    "start_wait",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MAX_MISSES: Final = 5
"""Maximum number of consecutive failed polls that are repeated; the next failure ends the wait."""

LAST_POLL: Final = 5.0
"""Seconds that a poll may take even if less time is left until the wait's deadline."""

FACTOR: Final = 1.5
JITTER: Final = 0.2
"""Maximum jitter, the random fraction by which a pause between polls is shortened."""


class JobWarning(UserWarning):
    """Warns that a job has an unknown state, succeeded only partially, or lacks recent data."""


class PollResult(Struct, frozen=True):
    """The effect of a poll's response on the wait.

    Attributes:
        is_over: whether the wait ends with this response.
        error: the error that ends the wait; ``None`` if the wait does not fail.
        is_passing: whether the job's state may be temporary: the error then ends the wait only if
            the next poll finds the same state.
        seen: the job's state, for messages; empty if the wait is not for a job.
        warning: the message of a warning for the caller; empty if there is none.
    """

    is_over: bool = False
    error: GenesysCloudError | None = None
    is_passing: bool = False
    seen: str = ""
    warning: str = ""


class PausePolicy(Struct, frozen=True):
    """The lengths of the pauses between the polls of a wait, and which failed polls are repeated.

    Attributes:
        first: seconds between the first and second poll; each further pause is 50% longer than the
            previous one, up to ``longest``.
        longest: maximum seconds of a pause, unless the platform's ``Retry-After`` is longer.
        is_missing_expected: whether a 404 means "not yet" until the deadline; otherwise, a 404 has
            this meaning only before the first response, and at most :data:`MAX_MISSES` times in a
            row.
        repeats_failures: whether polls that fail for a temporary reason other than a 404 are
            repeated.
    """

    first: float = 1.0
    longest: float = 30.0
    is_missing_expected: bool = False
    repeats_failures: bool = True


RESULTS_POLICY: Final = PausePolicy(longest=5.0, repeats_failures=False)
"""Pauses between requests for a job's results that are still missing when the job has succeeded."""

CONDITION_POLICY: Final = PausePolicy(is_missing_expected=True)
"""Pauses between checks of a caller's condition, such as "the search finds the new user"."""


class _Wait(Struct, Generic[T], frozen=True):
    """The data of a wait, which its states share."""

    judge: Callable[[ApiResponse[T]], PollResult]
    about: str
    policy: PausePolicy
    random: Random
    started: float
    deadline: float
    pause: float
    seen: str = ""
    has_seen: bool = False
    misses: int = 0
    warnings: tuple[str, ...] = ()

    def left(self, now: Now) -> float:
        """Return the seconds until the wait's deadline; negative after it."""
        return self.started + self.deadline - now.monotonic

    def judged(self, result: PollResult) -> "_Wait[T]":
        """Return the wait's data, updated with the result of a poll."""
        warnings = self.warnings
        if result.warning and result.warning not in warnings:
            warnings = (*warnings, result.warning)
        return replace(self, seen=result.seen, has_seen=True, misses=0, warnings=warnings)

    def paused(self, asked: float | None, why: str, now: Now) -> "Pausing[T] | WaitFailed":
        """Return the next pause, or a failure if the deadline permits no further poll."""
        left = self.left(now)
        own = self.pause * (1 - JITTER * self.random())
        seconds = own if asked is None else max(own, asked)
        if left <= 0:
            return self._late(f"within {self.deadline:g} s")
        # A poll at the deadline would be sent before the delay that the platform requests has passed.
        if asked is not None and asked > left:
            return self._late(
                f"within {self.deadline:g} s, and the platform asks to wait {asked:g} s"
            )
        seconds = min(seconds, left)  # the last poll is at the deadline
        # With max(), because a job family's first pause may already be longer than the longest.
        longer = min(self.pause * FACTOR, self.policy.longest)
        return Pausing(
            replace(self, pause=max(longer, self.pause)), seconds, now.monotonic + seconds, why
        )

    def _late(self, when: str) -> "WaitFailed":
        seen = f" (last seen: {self.seen})" if self.seen else ""
        error = WaitTimeoutError(
            f"{self.about}: did not complete {when}{seen}; wait again with a longer deadline",
            seconds=self.deadline,
        )
        return WaitFailed(error, self.warnings)


class Polling(Struct, Generic[T], frozen=True):
    """The driver must send the polled operation."""

    wait: _Wait[T]

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warning messages for the caller."""
        return self.wait.warnings

    def limited(self, operation: Operation[T], default: float | None, *, now: Now) -> Operation[T]:
        """Return the polled operation, limited to the time left until the wait's deadline.

        If less than :data:`LAST_POLL` seconds are left, the limit is :data:`LAST_POLL` seconds.

        Args:
            operation: the operation that is polled.
            default: seconds for operations without their own deadline; ``None`` for no limit.
            now: the current time on the monotonic and the wall clock.
        """
        own = default if operation.options.deadline is None else operation.options.deadline
        left = max(self.wait.left(now), LAST_POLL)
        seconds = left if own is None else min(own, left)
        return operation.with_options(deadline=None if seconds == math.inf else seconds)

    def received(
        self, response: ApiResponse[T], *, now: Now
    ) -> "Pausing[T] | WaitEnded[T] | WaitFailed":
        """Process the poll's response, and return the next state of the wait."""
        result = self.wait.judge(response)
        # In some families a job may pass through a state in which another job stops.
        is_again = self.wait.has_seen and result.seen == self.wait.seen
        wait = self.wait.judged(result)
        if result.error is not None and (is_again or not result.is_passing):
            return WaitFailed(result.error, wait.warnings)
        if result.is_over:
            return WaitEnded(response, wait.warnings)
        asked = parse_retry_after(response.headers.get("retry-after"), now)
        return wait.paused(asked, result.seen or "not yet", now)

    def failed(self, error: GenesysCloudError, *, now: Now) -> "Pausing[T] | WaitFailed":
        """Process the error that a poll raised after its retries; return the wait's next state."""
        wait = self.wait
        is_missing = isinstance(error, NotFoundError)
        is_passing = isinstance(error, TransportError | RateLimitError | ServerError)
        if not is_missing and not (is_passing and wait.policy.repeats_failures):
            return WaitFailed(error, wait.warnings)
        if is_missing and wait.policy.is_missing_expected:
            return wait.paused(None, "not found yet", now)
        misses = wait.misses + 1
        # A new entity may be missing at first; an entity that was found before has been deleted.
        if misses > MAX_MISSES or (is_missing and wait.has_seen):
            return WaitFailed(error, wait.warnings)
        asked = error.retry_after if isinstance(error, ApiError) else None
        return replace(wait, misses=misses).paused(
            asked, f"poll failed: {type(error).__name__}", now
        )


class Pausing(Struct, Generic[T], frozen=True):
    """The driver must sleep until the next poll.

    Attributes:
        wait: the data of the wait, the same in all its states.
        seconds: duration of the pause.
        until: when the pause ends, in seconds of the monotonic clock.
        why: the reason for the pause, such as the state of a job.
    """

    wait: _Wait[T]
    seconds: float
    until: float
    why: str

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warning messages for the caller."""
        return self.wait.warnings

    def left(self, *, now: Now) -> float:
        """Return the remaining seconds of the pause."""
        left = self.until - now.monotonic
        return left if left > GRAIN else 0.0

    def woke(self, *, now: Now) -> "Pausing[T] | Polling[T]":
        """Return the state of the next poll, or the same pause if the driver woke up too early."""
        return self if self.left(now=now) else Polling(self.wait)


class WaitEnded(Struct, Generic[T_co], frozen=True):
    """Final state of a wait that succeeded.

    Attributes:
        response: the response that ended the wait.
        warnings: warning messages for the caller.
    """

    response: ApiResponse[T_co]
    warnings: tuple[str, ...] = ()


class WaitFailed(Struct, frozen=True):
    """Final state of a wait that failed.

    Attributes:
        error: the error to raise to the caller.
        warnings: warning messages for the caller.
    """

    error: GenesysCloudError
    warnings: tuple[str, ...] = ()


WaitState: TypeAlias = Polling[T] | Pausing[T] | WaitEnded[T] | WaitFailed
"""Any state of a wait."""


def judge_results(response: ApiResponse[object]) -> PollResult:
    """Return the result of a poll for a job's results; a 202 means that they are being prepared."""
    return PollResult(is_over=response.status != HTTPStatus.ACCEPTED)


def check_repeatable(operation: Operation[object]) -> None:
    """Check that an operation only reads data, so that it can be sent any number of times.

    Raises:
        InvalidValueError: the operation may change data.
        TypeError: ``operation`` is not an operation.
    """
    check_operation(operation)
    endpoint = operation.endpoint
    if endpoint.method not in ("GET", "HEAD") and not endpoint.reads:
        raise InvalidValueError(
            f"{endpoint.name}: a {endpoint.method} may change data each time it is sent; pass "
            "an operation that only reads, such as a GET"
        )


def judge_condition(condition: Callable[[T], object], response: ApiResponse[T]) -> PollResult:
    """Return the result of a poll: the wait ends if the condition is true for the data."""
    return PollResult(is_over=bool(condition(response.data)))


def start_wait(
    judge: Callable[[ApiResponse[T]], PollResult],
    *,
    about: str,
    deadline: float,
    policy: PausePolicy,
    random: Random,
    now: Now,
) -> Polling[T]:
    """Return the initial state of a wait, in which the driver sends the first poll.

    Args:
        judge: a function that returns the effect of a poll's response on the wait.
        about: a description of the awaited outcome, for messages.
        deadline: seconds after which the wait fails; ``math.inf`` for no limit.
        policy: the lengths of the pauses between polls.
        random: the source of randomness for jitter.
        now: the current time on the monotonic and the wall clock.

    Raises:
        InvalidValueError: the deadline is negative or not a number.
    """
    if not deadline >= 0:
        raise InvalidValueError(f"deadline={deadline}: must be 0 or more seconds, or math.inf")
    return Polling(_Wait(judge, about, policy, random, now.monotonic, deadline, policy.first))

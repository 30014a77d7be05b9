"""Any Retry-After is a finite number of seconds above zero, or nothing.

Invariants: the parser is total; blanks around the value change nothing; a number and a date that
mean the same give the same; a decision made with it waits between 0 and the cap, or says why not. No
exception at all escapes.
"""

import math
from collections.abc import Callable
from email.utils import parsedate_tz
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.http.headers import Headers
from genesys_core.http.messages import Response
from genesys_core.session.retry import (
    MAX_RETRY_AFTER,
    GiveUp,
    RetryConfiguration,
    certainly_not_done,
    decide_retry,
    is_retryable,
    parse_retry_after,
    requested_wait,
)
from tests.helpers.retry import decided
from tests.strategies.calls import at, outcomes, policies

__all__ = ["TARGETS"]

POLICY: Final = RetryConfiguration(max_retry_time_sec=3600)


def retry_after(data: bytes) -> None:
    """The input is the header's value."""
    value = data.decode("latin-1")
    seconds = parse_retry_after(value, at(0))
    assert seconds == parse_retry_after(f" {value}\t", at(0))
    if seconds is None:
        return
    assert 0 < seconds < math.inf
    later = parse_retry_after(value, at(1))
    if later != seconds:  # a date, which the standard library reads as well
        assert parsedate_tz(value) is not None
        assert later is None or math.isclose(later, seconds - 1, abs_tol=1e-6)


def retry_after_decision(data: bytes) -> None:
    """The input is the header's value of a 429."""
    response = Response(429, Headers.received([("Retry-After", data.decode("latin-1"))]))
    decision = decide_retry(
        response, policy=POLICY, repeatable=True, elapsed=0, now=at(0), random=lambda: 0.5
    )
    assert decision.why
    if isinstance(decision, GiveUp):
        assert decision.retry_after is not None
        assert decision.retry_after > MAX_RETRY_AFTER
    else:
        assert 0 < decision.seconds <= MAX_RETRY_AFTER


@given(
    outcome=outcomes,
    policy=policies,
    repeatable=st.booleans(),
    before=st.lists(st.sampled_from([None, 401, 429, 502]), max_size=14),
    elapsed=st.floats(0, 4000),
    deadline=st.none() | st.floats(0.1, 4000),
    draw=st.floats(0, 1, exclude_max=True),
)
def check_decision(*, outcome, policy, repeatable, before, elapsed, deadline, draw):
    decision = decided(
        outcome,
        policy,
        repeatable=repeatable,
        before=before,
        elapsed=elapsed,
        deadline=deadline,
        draw=draw,
    )
    assert decision.why
    if isinstance(decision, GiveUp):
        return
    asked = requested_wait(outcome, at(0))
    assert policy.enabled
    assert is_retryable(outcome)
    assert 0 <= decision.seconds <= MAX_RETRY_AFTER
    assert elapsed + decision.seconds <= policy.max_retry_time_sec + 1e-5
    assert deadline is None or elapsed + decision.seconds < deadline
    assert len([status for status in before if status != 401]) < policy.retry_max
    assert repeatable or certainly_not_done(outcome, asked)
    longest = policy.retry_wait_max
    assert asked is not None or longest is None or decision.seconds <= longest
    throttled = getattr(outcome, "status", None) == 429
    assert not throttled or asked is None or decision.seconds >= asked


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "retry_after": retry_after,
    "retry_after_decision": retry_after_decision,
    "decision": check_decision.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # by @given
}

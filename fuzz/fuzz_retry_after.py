"""Any Retry-After is a finite number of seconds above zero, or nothing.

Invariants: the parser is total; blanks around the value change nothing; a number and a date that
mean the same give the same; a decision made with it waits between 0 and the cap, or says why not. No
exception at all escapes.
"""

import math
from collections.abc import Callable
from email.utils import parsedate_tz
from typing import Final

from genesys_core.http.headers import Headers
from genesys_core.http.messages import Response
from genesys_core.session.retry import (
    MAX_RETRY_AFTER,
    GiveUp,
    RetryConfiguration,
    decide_retry,
    parse_retry_after,
)
from tests.core.session.test_retry import test_a_repeat_is_bounded_and_safe as any_decision
from tests.strategies.calls import at

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


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "retry_after": retry_after,
    "retry_after_decision": retry_after_decision,
    "decision": any_decision.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # by @given
}

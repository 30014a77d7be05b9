"""One decision about a retry, with everything given that a test does not care about."""

from genesys_core.errors import Attempt
from genesys_core.session.retry import RetryConfiguration, decide_retry
from tests.strategies.calls import at

ON = RetryConfiguration(max_retry_time_sec=600, retry_max=50)


def decided(
    outcome, policy=ON, *, repeatable=True, before=(), elapsed=0.0, deadline=None, draw=0.0
):
    """The decision after attempts with these statuses."""
    history = tuple(Attempt(n, "", 0, "", status) for n, status in enumerate(before, 1))
    return decide_retry(
        outcome,
        policy=policy,
        repeatable=repeatable,
        history=history,
        elapsed=elapsed,
        deadline=deadline,
        now=at(0),
        random=lambda: draw,
    )

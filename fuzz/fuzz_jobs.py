"""Any status can be read, and any script of statuses and failures ends a wait as promised.

Invariants: reading a status never raises; only states of the definition end a job. A wait ends with a
success, with the job's failure, or by its deadline; pauses stay within their limits.
"""

import json
from collections.abc import Callable
from typing import Final

from hypothesis import given

from genesys_core.jobs.status import judge_status, read_inline_results, read_status
from tests.strategies.jobs import FAMILY, check_wait, reply, wait_runs

__all__ = ["TARGETS"]


def job_status(data: bytes) -> None:
    """The input is the body of a status."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return
    response = reply(body)
    status = read_status(FAMILY, response)
    result = judge_status(FAMILY, "j1", response)
    state = body.get("state") if isinstance(body, dict) else None
    known = FAMILY.states.get(state) if isinstance(state, str) else None
    assert status.is_over == (known in {"succeeded", "partial", "failed", "cancelled"})
    assert result.is_over == status.is_over
    assert status.progress is None or 0 <= status.progress <= 1
    assert all(isinstance(link, str) for link in status.links)
    read_inline_results(FAMILY, body)


@given(run=wait_runs)
def check_any_wait(run):
    check_wait(run)


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "job_status": job_status,
    "job_wait": check_any_wait.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # by @given
}

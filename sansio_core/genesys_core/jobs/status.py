"""A job's status: its state, progress, links and errors, read as its family describes.

Invariants: reading a status never raises. A state that is not in the definition never ends a wait.
"""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Final, Literal, TypeAlias, TypeGuard

from genesys_core.calls.job_family import JobFamily, StateKind
from genesys_core.calls.responses import ApiResponse
from genesys_core.confidential import Printable
from genesys_core.errors import GenesysCloudError, JobFailedError, JobStoppedError
from genesys_core.jobs.waiting import PollResult
from genesys_core.paging.places import read_path

__all__ = ["JobStatus", "StatusKind", "judge_status", "read_inline_results", "read_status"]

StatusKind: TypeAlias = StateKind | Literal["unknown"]
"""The meaning of a job's state; in an ``unknown`` state the wait continues."""

_MOST: Final = 1e15
"""Counts of at least this size are treated as unknown: dividing huge integers can raise
``OverflowError``.
"""

_OVER: Final = ("succeeded", "partial", "failed", "cancelled")


class JobStatus(Printable, frozen=True):
    """A job's status.

    Attributes:
        state: the job's state as the platform sends it; empty if it sends none.
        kind: the meaning of the state.
        progress: the completed fraction of the job, from 0 to 1; ``None`` if unknown.
        links: links to result files; the links may be signed and expire.
        upload_url: the URL for the upload that the job needs; empty if there is none.
        message: the platform's description of the job's failure; empty if it sends none.
    """

    state: str
    kind: StatusKind
    progress: float | None = None
    links: tuple[str, ...] = ()
    upload_url: str = ""
    message: str = ""

    @property
    def is_over(self) -> bool:
        """Whether the job's state is final."""
        return self.kind in _OVER

    def __repr__(self) -> str:
        """Return a representation without the links and the upload URL: they contain signatures."""
        return f"JobStatus({self.state!r}, {self.kind!r}, progress={self.progress})"


def read_status(family: JobFamily, response: ApiResponse[object]) -> JobStatus:
    """Return the job status that a response contains.

    Args:
        family: the family of the job, which describes the fields of a status.
        response: the response of the job's status operation.
    """
    data = response.data
    links = tuple(link for name in family.links for link in _texts(read_path(data, name)))
    state = read_path(data, family.state) if family.state else None
    state = state if isinstance(state, str) else ""
    # The response to the call that started the job often has no state yet.
    kind: StatusKind = family.states.get(state, "unknown") if state else "running"
    if not family.state:
        kind = "succeeded" if _has_result(family, response, links) else "running"
    return JobStatus(
        state,
        kind,
        _progress(family, data),
        links,
        next(_texts(read_path(data, family.upload)), "") if family.upload else "",
        "; ".join(text for name in family.errors for text in _messages(read_path(data, name))),
    )


def read_inline_results(family: JobFamily, data: object) -> Sequence[object]:
    """Return the results that a status response contains; an empty sequence if it contains none."""
    for name in family.inline:
        found = read_path(data, name)
        if found is not None:
            return found if _is_list(found) else (found,)
    return ()


def judge_status(family: JobFamily, id: str, response: ApiResponse[object]) -> PollResult:
    """Return the effect of a status response on a wait for the job.

    Args:
        family: the family of the job, which describes the fields of a status.
        id: the job's id, for messages.
        response: the response of the job's status operation.
    """
    status = read_status(family, response)
    error: GenesysCloudError | None = None
    warning = ""
    job = f"{family.status.name}: job {id} "
    why = f": {status.message}" if status.message else ""
    match status.kind:
        case "failed":
            error = JobFailedError(f"{job}ended as {status.state}{why}", id=id, state=status.state)
        case "cancelled":
            error = JobFailedError(
                f"{job}was cancelled ({status.state}){why}",
                id=id,
                state=status.state,
                is_cancelled=True,
            )
        case "stopped":
            error = JobStoppedError(
                f"{job}waits in the state {status.state}: {family.next_step}",
                id=id,
                state=status.state,
                next_step=family.next_step,
            )
        case "partial":
            warning = f"{job}succeeded partially ({status.state}){why}"
        case "unknown":
            known = ", ".join(family.states)
            warning = f"{job}has the unknown state {status.state!r} (known: {known}); still waiting"
        case _:
            pass
    return PollResult(
        is_over=status.is_over,
        error=error,
        is_passing=status.kind == "stopped",
        seen=status.state,
        warning=warning,
    )


def _has_result(family: JobFamily, response: ApiResponse[object], links: Sequence[str]) -> bool:
    """Return whether a job without states has ended.

    It has ended if the response has results or a link, or if jobs of its family have neither; a 202
    means that it has not ended.
    """
    if response.status == HTTPStatus.ACCEPTED:
        return False
    fields = (*family.links, *family.inline)
    found = (read_path(response.data, name) for name in family.inline)
    return bool(links) or not fields or any(value is not None for value in found)


def _progress(family: JobFamily, data: object) -> float | None:
    values = [read_path(data, name) for name in family.progress]
    numbers = [value for value in values if _is_number(value)]
    if not numbers or len(numbers) < len(values):
        return None
    done, of = (*numbers, 100)[:2]  # a single number is a percentage
    return min(max(done / of, 0.0), 1.0) if of > 0 else None


def _is_number(value: object) -> TypeGuard[float]:
    """Return whether a value is a number that is neither NaN nor so large that it may overflow."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return -_MOST < value < _MOST


def _texts(value: object) -> Iterator[str]:
    values = value if _is_list(value) else [value]
    return (one for one in values if isinstance(one, str) and one)


def _messages(value: object) -> Iterator[str]:
    for one in value if _is_list(value) else [value]:
        if isinstance(one, str):
            yield from _texts(one)
        else:
            # The families have different error types; the most readable field comes first.
            names = ("message", "errorMessage", "description", "errorCode", "code")
            yield from [text for name in names for text in _texts(read_path(one, name))][:1]


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)

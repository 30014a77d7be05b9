"""Jobs as values, and the operations that poll them, fetch their results and cancel them.

Invariants: a job is identified by its id and the path parameters of its operation, so another
process can continue with it.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import import_module
from typing import Any, Final, Generic, Protocol, TypeVar, cast

from genesys_core.calls.job_family import JobFamily
from genesys_core.calls.operation import (
    Endpoint,
    JobOperation,
    Operation,
    Options,
    check_operation,
)
from genesys_core.calls.responses import ApiResponse
from genesys_core.checks import TEXT
from genesys_core.clock import assume_utc
from genesys_core.codec.intervals import Interval
from genesys_core.confidential import Printable
from genesys_core.errors import InvalidValueError, JobError
from genesys_core.http.urls import Scalar
from genesys_core.jobs.status import judge_status, read_inline_results
from genesys_core.jobs.waiting import PausePolicy, PollResult
from genesys_core.paging.places import read_path
from genesys_core.paging.replies import read_items

__all__ = ["StartedJob", "begin_job", "find_family", "find_job"]

StatusT = TypeVar("StatusT")
ItemT = TypeVar("ItemT")

_PARAMETER: Final = re.compile(r"\{(\w+)\}")


class StartedJob(Printable, Generic[StatusT, ItemT], frozen=True):
    """A job that was started on the platform, with the data that later calls need.

    Attributes:
        family: how jobs of this kind are polled.
        id: the job's id.
        path: the path parameters of the status operation other than the job's id, by wire name.
        options: the options of the call that started the job, for all further calls.
        interval_end: the end of the requested interval; ``None`` if the request has no interval.
        reply: the response to the call that started the job, if it contains the job's status.
    """

    family: JobFamily
    id: str
    path: tuple[tuple[str, Scalar], ...]
    options: Options
    interval_end: datetime | None = None
    reply: ApiResponse[StatusT] | None = None

    def __repr__(self) -> str:
        """Return a representation without the reply, which may contain signed links."""
        return f"StartedJob({self.family.status.name}: {self.id!r})"

    def status_operation(self) -> Operation[StatusT]:
        """Return the operation that requests the job's status."""
        return self._operation(self.family.status)

    def results_operation(self) -> Operation[object] | None:
        """Return the operation that requests the first page of results; ``None`` if none exists."""
        return None if self.family.results is None else self._operation(self.family.results)

    def cancel_operation(self) -> Operation[object]:
        """Return the operation that cancels the job.

        Raises:
            JobError: the platform has no operation that cancels such jobs.
        """
        if self.family.cancel is None:
            raise JobError(
                f"{self.family.status.name}: the platform offers no operation that cancels job "
                f"{self.id}; stop waiting for it",
                id=self.id,
            )
        return self._operation(self.family.cancel, body=self.family.cancel_body)

    def judge(self, response: ApiResponse[StatusT]) -> PollResult:
        """Return the effect of a status response on a wait for the job."""
        return judge_status(self.family, self.id, response)

    @property
    def policy(self) -> PausePolicy:
        """The lengths of the pauses between polls of the job."""
        return PausePolicy(self.family.pause, self.family.longest_pause)

    def read_results(self, page: object) -> Sequence[ItemT]:
        """Return the items on a page of the job's results.

        Raises:
            PaginationError: the page has no list of items.
        """
        endpoint = self.family.results
        if endpoint is None:
            items = read_inline_results(self.family, page)
        elif endpoint.listing is None:
            items = () if page is None else (page,)
        else:
            items = read_items(page, endpoint.listing.items)
        return cast(Sequence[ItemT], items)

    def find_data_lag(self, page: object) -> str:
        """Return a warning if the results lack data at the end of the interval, otherwise ``""``.

        The platform's data may lag; it is complete up to ``dataAvailabilityDate``.
        """
        found = read_path(page, "dataAvailabilityDate")
        if self.interval_end is None or not isinstance(found, datetime):
            return ""
        until = assume_utc(found)
        if until >= self.interval_end:
            return ""
        return (
            f"{self.family.status.name}: job {self.id} has data only up to {until.isoformat()}, "
            f"but the interval ends at {self.interval_end.isoformat()}; run the job again later"
        )

    def _operation(self, endpoint: Endpoint, body: object = None) -> Operation[StatusT]:
        return Operation(
            endpoint,
            (*self.path, (self.family.parameter, self.id)),
            body=body,
            options=self.options,
        )


def begin_job(
    operation: JobOperation[object, StatusT, ItemT], response: ApiResponse[object]
) -> StartedJob[StatusT, ItemT]:
    """Return the job that a call has started.

    Args:
        operation: the operation of the call.
        response: the response to the call.

    Raises:
        InvalidValueError: the operation does not start a job that can be polled.
        JobError: the response has neither a job id nor the status of a finished job.
    """
    family, id_field = _submit(operation)
    found = read_path(response.data, id_field)
    job_id = found if isinstance(found, str) else ""
    # The response of some operations is the job's status, which may already have the results.
    is_status = operation.endpoint.returns == family.status.returns
    reply = cast(ApiResponse[StatusT], response) if is_status else None
    job: StartedJob[StatusT, ItemT] = _job(operation, family, job_id, reply)
    if not job_id and not (reply and job.judge(reply).is_over):
        raise JobError(
            f"{operation.endpoint.name}: the response has no {id_field}, so the job cannot be polled"
        )
    return job


def find_job(
    operation: JobOperation[object, StatusT, ItemT] | Operation[StatusT], id: str | None
) -> StartedJob[StatusT, ItemT]:
    """Return a job that was started earlier, possibly in another process.

    Args:
        operation: the operation that started the job (its body is used only for warnings about the
            interval), or the operation that returns the job's status.
        id: the job's id; ``None`` if the operation returns the job's status.

    Raises:
        InvalidValueError: the operation neither starts a job nor returns a status, or the id is
            missing or empty.
        TypeError: ``operation`` is not an operation, or the id is not a string.
    """
    check_operation(operation)
    TEXT.or_none().check("id", id)
    job_id = id or ""
    family = _status_family(operation.endpoint)
    if family is None:
        family, _ = _submit(operation)
    elif id is None:
        job_id = str(dict(operation.path).get(family.parameter, ""))
    if not job_id:
        raise InvalidValueError(f"id={id!r}: pass a job's id, such as the `id` of a started job")
    return _job(operation, family, job_id, None)


def find_family(operation: JobOperation[object, StatusT, ItemT]) -> JobFamily:
    """Return the family of the jobs that an operation starts.

    Raises:
        InvalidValueError: the operation does not start a job that can be polled.
    """
    return _submit(operation)[0]


def _job(
    operation: Operation[object],
    family: JobFamily,
    id: str,
    reply: ApiResponse[StatusT] | None,
) -> StartedJob[StatusT, Any]:
    given = dict(operation.path)
    needed = [name for name in _PARAMETER.findall(family.status.path) if name != family.parameter]
    missing = [name for name in needed if name not in given]
    if missing:
        raise InvalidValueError(
            f"{operation.endpoint.name}: has no value for {', '.join(missing)} in "
            f"{family.status.path}; pass the operation {family.status.name} to client.job"
        )
    path = tuple((name, given[name]) for name in needed)
    return StartedJob(family, id, path, operation.options, _interval_end(operation.body), reply)


def _interval_end(body: object) -> datetime | None:
    given = read_path(body, "interval")
    if isinstance(given, Interval):
        return given.end
    try:
        return Interval.parse(given).end if isinstance(given, str) else None
    except InvalidValueError:
        return None  # the platform rejects the request


def _status_family(endpoint: Endpoint) -> JobFamily | None:
    return _jobs(endpoint).FAMILIES.get(endpoint.path) if endpoint.method == "GET" else None


def find_families(operation: str) -> tuple[JobFamily | None, JobFamily | None]:
    """Return the families of the jobs that an operation starts, and of those whose status it returns.

    Either is ``None`` if the operation does not do that.

    Args:
        operation: the method and path template of an operation of the bundled definition, such as
            ``GET /api/v2/users``.
    """
    jobs = cast(_Jobs, import_module("genesys_core.api._jobs"))
    method, _, path = operation.partition(" ")
    started = jobs.SUBMITS.get(operation)
    return (
        None if started is None else jobs.FAMILIES[started[0]],
        jobs.FAMILIES.get(path) if method == "GET" else None,
    )


def _submit(operation: Operation[object]) -> tuple[JobFamily, str]:
    endpoint = operation.endpoint
    jobs = _jobs(endpoint)
    found = jobs.SUBMITS.get(f"{endpoint.method} {endpoint.path}")
    if found is None:
        raise InvalidValueError(
            f"{endpoint.name}: does not start a job that can be polled; send it with client.send"
        )
    return jobs.FAMILIES[found[0]], found[1]


class _Jobs(Protocol):
    """A generated module of jobs."""

    FAMILIES: Mapping[str, JobFamily]
    SUBMITS: Mapping[str, tuple[str, str]]


def _jobs(endpoint: Endpoint) -> _Jobs:
    # Imported on first use, because few programs run jobs.
    return cast(_Jobs, import_module(f"{endpoint.package}.api._jobs"))

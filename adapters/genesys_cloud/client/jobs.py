"""Platform jobs that synchronous and asynchronous clients start and poll.

Invariants: :mod:`genesys_core.jobs` decides when to poll, how to interpret a status and when to
give up; this module sends operations and issues warnings.
"""

import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, Unpack

from genesys_cloud.client.paginators import AsyncPaginator, Paginator
from genesys_cloud.transports.awaited import run_now
from genesys_core.calls.operation import Operation
from genesys_core.calls.responses import ApiResponse
from genesys_core.errors import JobError, PermissionDeniedError
from genesys_core.jobs.job import StartedJob
from genesys_core.jobs.status import JobStatus, read_status
from genesys_core.jobs.waiting import RESULTS_POLICY, JobWarning, PollResult, judge_results

if TYPE_CHECKING:
    from genesys_cloud.client.async_client import AsyncClientBase
    from genesys_cloud.client.event_loop import EventLoop
    from genesys_cloud.client.sync_client import SyncClientBase
    from genesys_cloud.client.transfers import AsyncProgress, Progress
    from genesys_core.paging.options import PagingArguments

__all__ = ["JOB_DEADLINE", "AsyncJob", "Job"]

T = TypeVar("T")
StatusT = TypeVar("StatusT")
ItemT = TypeVar("ItemT")

JOB_DEADLINE = 3600.0
"""Default number of seconds after which waiting for a job fails."""

_RESULTS_DEADLINE = 300.0
"""Maximum number of seconds to wait for results after a job has succeeded."""


class _JobBase(Generic[StatusT, ItemT]):
    """Base class of :class:`Job` and :class:`AsyncJob`."""

    def __init__(self, client: Any, started: StartedJob[StatusT, ItemT]) -> None:  # noqa: ANN401
        self._client: Any = client
        self._started = started
        self._response: ApiResponse[StatusT] | None = started.reply
        self._is_polled = False

    @property
    def id(self) -> str:
        """The job's id; with ``client.job(operation, id)``, another process can use the job."""
        return self._started.id

    @property
    def state(self) -> str:
        """The job's state in the latest status response; empty before the first one."""
        return self._status.state

    @property
    def progress(self) -> float | None:
        """The completed fraction of the job at the last poll, from 0 to 1; ``None`` if unknown."""
        return self._status.progress

    @property
    def is_over(self) -> bool:
        """Whether the job had succeeded, failed or been cancelled at the last poll."""
        return self._status.is_over

    @property
    def upload_url(self) -> str:
        """The URL for the upload that the job needs; empty if it needs no upload."""
        return self._status.upload_url

    @property
    def status(self) -> StatusT | None:
        """The body of the latest status response; ``None`` before the first one."""
        return None if self._response is None else self._response.data

    @property
    def results_operation(self) -> Operation[Any] | None:
        """The operation that lists the results, for use with ``client.pages``, for example.

        It is ``None`` if no operation lists the results.
        """
        return self._started.results_operation()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._started.family.status.name}, {self.id!r}, {self.state!r})"

    @property
    def _status(self) -> JobStatus:
        if self._response is None:
            return JobStatus("", "unknown")
        return read_status(self._started.family, self._response)

    def _judge(self, response: ApiResponse[StatusT]) -> PollResult:
        self._response = response
        return self._started.judge(response)

    async def _refresh(self) -> StatusT:
        response: ApiResponse[StatusT] = await self._client._send_page(  # noqa: SLF001
            self._started.status_operation()
        )
        self._response, self._is_polled = response, True
        return response.data

    async def _wait(self, deadline: float) -> StatusT:
        client, started = self._client, self._started
        about = f"{started.family.status.name}: job {started.id}"
        state = client._start_wait(self._judge, about, deadline, started.policy)  # noqa: SLF001
        # The response that started the job and a final status are judged before the first poll,
        # which may not be necessary. Any other status is out of date.
        response = self._response if self.is_over or not self._is_polled else None
        self._is_polled = True
        ended: ApiResponse[StatusT] = await client._wait(  # noqa: SLF001
            state, started.status_operation(), response
        )
        return ended.data

    async def _send_results(self, operation: Operation[T]) -> ApiResponse[T]:
        """Return a response with results, and issue a warning if recent data is missing."""
        response = await self._send_results_page(operation)
        lag = self._started.find_data_lag(response.data)
        if lag:
            warnings.warn(lag, JobWarning, stacklevel=2)
        return response

    async def _send_results_page(self, operation: Operation[T]) -> ApiResponse[T]:
        """Return a response with results; poll if they are not available yet.

        Some results become available a moment after their job has succeeded.
        """
        client = self._client
        about = f"{operation.endpoint.name}: results of job {self.id}"
        state = client._start_wait(  # noqa: SLF001
            judge_results, about, _RESULTS_DEADLINE, RESULTS_POLICY
        )
        response: ApiResponse[T] = await client._wait(state, operation)  # noqa: SLF001
        return response

    def _new_reader(
        self, operation: Operation[Any], options: "PagingArguments", *, by_page: bool = False
    ) -> Any:  # noqa: ANN401
        return self._client._new_reader(operation, options, by_page=by_page)  # noqa: SLF001

    def _paged_operation(self) -> Operation[Any]:
        operation = self.results_operation
        if operation is None or operation.endpoint.listing is None:
            raise JobError(
                f"{self._started.family.status.name}: the results of job {self.id} have no pages; "
                "use job.results()",
                id=self.id,
                state=self.state,
            )
        return operation

    def _find_event_loop(self) -> "EventLoop":
        loop: EventLoop = self._client._event_loop  # noqa: SLF001
        return loop

    def _read_inline(self) -> Sequence[ItemT]:
        started = self._started
        items = started.read_results(self.status)
        if not items and self._status.links:
            raise JobError(
                f"{started.family.status.name}: the results of job {self.id} are in a file; "
                "use job.download(path)",
                id=self.id,
                state=self.state,
            )
        return items

    def _link(self, index: int) -> str:
        links = self._status.links
        if index >= len(links):
            count = "1 link" if len(links) == 1 else f"{len(links)} links"
            raise JobError(
                f"{self._started.family.status.name}: job {self.id} has {count} to result files "
                f"in the state {self.state!r}, but link {index}, counted from 0, was requested; wait for the job, "
                "or use job.results()",
                id=self.id,
                state=self.state,
            )
        return links[index]


class Job(_JobBase[StatusT, ItemT]):
    """A platform job, polled with a :class:`~genesys_cloud.Client`.

    ::

        job = client.analytics.post_analytics_conversations_details_jobs.run(body)
        job.wait(deadline=600)
        for conversation in job.results():
            ...
    """

    _client: "SyncClientBase"

    def refresh(self) -> StatusT:
        """Request the job's status once, and return the response body.

        Raises:
            GenesysCloudError: see :mod:`genesys_core.errors`.
        """
        return run_now(self._refresh())

    def wait(self, *, deadline: float = JOB_DEADLINE) -> StatusT:
        """Poll until the job has succeeded, and return the last response body.

        Pauses grow from poll to poll. A partial success or an unknown state causes a
        :class:`~genesys_core.jobs.waiting.JobWarning`; in an unknown state, polling continues.

        Args:
            deadline: seconds after which the wait fails; ``math.inf`` for no limit.

        Raises:
            JobFailedError: the job failed, expired or was cancelled.
            JobStoppedError: the job needs an upload or another action by the caller, who can then
                wait again.
            WaitTimeoutError: the job did not end within the deadline, and continues to run.
            GenesysCloudError: the job cannot be polled; see :mod:`genesys_core.errors`.
        """
        return run_now(self._wait(deadline))

    def results(self, **options: "Unpack[PagingArguments]") -> Iterator[ItemT]:
        """Iterate over the results, after waiting for the job if necessary.

        Args:
            options: pagination options such as ``limit`` and ``prefetch``; see
                :class:`~genesys_core.paging.options.PagingOptions`.

        Raises:
            JobError: the results are in a file, or waiting for the job fails; see :meth:`wait`.
            GenesysCloudError: see :mod:`genesys_core.errors`.
        """
        return _Results(partial(self._open_results, options))

    def _open_results(self, options: "PagingArguments") -> Iterator[ItemT]:
        self.wait()
        operation = self.results_operation
        if operation is None:
            return iter(self._read_inline())
        if operation.endpoint.listing is None:
            return iter(self._started.read_results(run_now(self._send_results(operation)).data))
        reader = self._new_reader(operation, options)
        return Paginator[ItemT](reader, self._send_results, self._find_event_loop)

    def pages(self, **options: "Unpack[PagingArguments]") -> Iterator[Any]:
        """Iterate over the pages of the results, after waiting for the job if necessary.

        The ``data_availability_date`` of a page is the time up to which its data is complete.
        Unlike :meth:`results`, this method issues no warning if recent data is missing.

        Args:
            options: pagination options such as ``limit`` and ``prefetch``; see
                :class:`~genesys_core.paging.options.PagingOptions`.

        Raises:
            JobError: the results have no pages, or waiting for the job fails; see :meth:`wait`.
            GenesysCloudError: see :mod:`genesys_core.errors`.
        """
        return _Results(partial(self._open_pages, options))

    def _open_pages(self, options: "PagingArguments") -> Iterator[Any]:
        operation = self._paged_operation()
        self.wait()
        reader = self._new_reader(operation, options, by_page=True)
        return Paginator[Any](reader, self._send_results_page, self._find_event_loop)

    def links(self) -> tuple[str, ...]:
        """Poll the job, and return new links to its result files; the links are signed and expire."""
        self.refresh()
        return self._status.links

    def download(
        self,
        path: str | PathLike[str],
        *,
        link: int = 0,
        progress: "Progress | None" = None,
        resume: bool = False,
    ) -> Path:
        """Download a result file with a new link; if the link has expired, try once more.

        Args:
            path: the destination; see :meth:`~genesys_cloud.Client.download`, which also describes
                the other arguments.
            link: the index of the file's link, from 0.
            progress: called with the number of bytes received and the total.
            resume: whether to resume an interrupted download.

        Raises:
            JobError: the job has no result file with this index.
            GenesysCloudError: see :mod:`genesys_core.errors`.
            OSError: the file cannot be written.
        """
        download = self._client.download
        self.refresh()
        try:
            return download(self._link(link), path, progress=progress, resume=resume)
        except PermissionDeniedError:  # storage responds to an expired signature with 403
            self.refresh()
            return download(self._link(link), path, progress=progress, resume=resume)

    def cancel(self) -> None:
        """Request cancellation of the job; :meth:`wait` fails once the job is cancelled.

        Raises:
            JobError: the platform has no operation that cancels the job.
            GenesysCloudError: see :mod:`genesys_core.errors`.
        """
        self._client.send(self._started.cancel_operation())


class AsyncJob(_JobBase[StatusT, ItemT]):
    """A platform job, polled with an :class:`~genesys_cloud.AsyncClient`; see :class:`Job`."""

    _client: "AsyncClientBase"

    async def refresh(self) -> StatusT:
        """Request the job's status once, and return the response body."""
        return await self._refresh()

    async def wait(self, *, deadline: float = JOB_DEADLINE) -> StatusT:
        """Poll until the job has succeeded; see :meth:`Job.wait`."""
        return await self._wait(deadline)

    def results(self, **options: "Unpack[PagingArguments]") -> AsyncIterator[ItemT]:
        """Iterate over the results, after waiting for the job; see :meth:`Job.results`."""
        return _AsyncResults(partial(self._open_results, options))

    async def _open_results(
        self, options: "PagingArguments"
    ) -> Iterator[ItemT] | AsyncPaginator[ItemT]:
        await self.wait()
        operation = self.results_operation
        if operation is None:
            return iter(self._read_inline())
        if operation.endpoint.listing is None:
            return iter(self._started.read_results((await self._send_results(operation)).data))
        reader = self._new_reader(operation, options)
        return AsyncPaginator[ItemT](reader, self._send_results, self._find_event_loop)

    def pages(self, **options: "Unpack[PagingArguments]") -> AsyncIterator[Any]:
        """Iterate over the pages of the results; see :meth:`Job.pages`."""
        return _AsyncResults(partial(self._open_pages, options))

    async def _open_pages(self, options: "PagingArguments") -> AsyncPaginator[Any]:
        operation = self._paged_operation()
        await self.wait()
        reader = self._new_reader(operation, options, by_page=True)
        return AsyncPaginator[Any](reader, self._send_results_page, self._find_event_loop)

    async def links(self) -> tuple[str, ...]:
        """Poll the job, and return new links to its result files; see :meth:`Job.links`."""
        await self.refresh()
        return self._status.links

    async def download(
        self,
        path: str | PathLike[str],
        *,
        link: int = 0,
        progress: "AsyncProgress | None" = None,
        resume: bool = False,
    ) -> Path:
        """Download a result file; see :meth:`Job.download`."""
        download = self._client.download
        await self.refresh()
        try:
            return await download(self._link(link), path, progress=progress, resume=resume)
        except PermissionDeniedError:
            await self.refresh()
            return await download(self._link(link), path, progress=progress, resume=resume)

    async def cancel(self) -> None:
        """Request cancellation of the job; see :meth:`Job.cancel`."""
        await self._client.send(self._started.cancel_operation())


class _Results(Iterator[T]):
    """Iterates over a job's results, and requests them when the first item is needed.

    It is not a generator, because a generator ends with its first error: a caller that continued
    after the error would take that for the end of the results.
    """

    def __init__(self, open_items: Callable[[], Iterator[T]]) -> None:
        self._open = open_items
        self._items: Iterator[T] | None = None

    def __next__(self) -> T:
        if self._items is None:
            self._items = self._open()
        return next(self._items)

    def close(self) -> None:
        """End the iteration, as closing a generator does."""
        if isinstance(self._items, Paginator):
            self._items.close()
        self._items = iter(())


class _AsyncResults(AsyncIterator[T]):
    """Iterates over a job's results asynchronously; see :class:`_Results`."""

    def __init__(
        self, open_items: Callable[[], Awaitable[Iterator[T] | AsyncPaginator[T]]]
    ) -> None:
        self._open = open_items
        self._items: Iterator[T] | AsyncPaginator[T] | None = None

    async def __anext__(self) -> T:
        if self._items is None:
            self._items = await self._open()
        if isinstance(self._items, AsyncPaginator):
            return await anext(self._items)
        for item in self._items:
            return item
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """End the iteration, as closing a generator does."""
        if isinstance(self._items, AsyncPaginator):
            await self._items.aclose()
        self._items = iter(())

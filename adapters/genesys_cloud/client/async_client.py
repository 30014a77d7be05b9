"""The asynchronous client, for asyncio and trio."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, overload

from genesys_cloud.apis._clients import AsyncApis
from genesys_cloud.client.auth import AsyncAuth
from genesys_cloud.client.base import response_of
from genesys_cloud.client.event_loop import EventLoop
from genesys_cloud.client.options import ClientOptions
from genesys_cloud.client.token_lock import TokenLock
from genesys_cloud.client.transfers import AsyncTransfers
from genesys_cloud.transports.awaited import checked_transport
from genesys_cloud.transports.default_transport import new_async_transport
from genesys_cloud.transports.hooks import (
    AsyncAfterResponse,
    AsyncBeforeRequest,
    Hooks,
    add_hooks,
)
from genesys_cloud.transports.protocols import AsyncTransport
from genesys_cloud.transports.running_loop import has_ended, in_trio, running_loop
from genesys_core.calls.operation import JobOperation, ListOperation, Operation, raw_operation
from genesys_core.calls.responses import ApiResponse
from genesys_core.errors import GenesysCloudError
from genesys_core.http.urls import QueryValue

if TYPE_CHECKING:
    from genesys_cloud import notifications
    from genesys_cloud.client.jobs import AsyncJob
    from genesys_cloud.client.paginators import AsyncPaginator
    from genesys_core.paging.options import PagingArguments

__all__ = ["AsyncClient", "AsyncClientBase"]

T = TypeVar("T")
Item = TypeVar("Item")
StatusT = TypeVar("StatusT")


class AsyncClientBase(AsyncTransfers):
    """An asynchronous client without API attributes.

    :class:`AsyncClient` adds the APIs of the bundled definition, and a generated package's
    ``AsyncClient`` adds those of its own definition.
    """

    def __init__(
        self,
        *,
        transport: AsyncTransport | None = None,
        hooks: Hooks[AsyncBeforeRequest, AsyncAfterResponse] | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        try:
            super().__init__(options, transport=transport, hooks=hooks)
            self._transport = new_async_transport(self._network) if transport is None else transport
            self._wire = add_hooks(checked_transport(self._transport), hooks, self._secrets)
        except (GenesysCloudError, TypeError) as error:
            self._close_setup()
            options = {}  # some tracebacks show variables, and these hold a token and passwords
            raise error.with_traceback(None) from None

    async def send(self, operation: Operation[T]) -> T:
        """Send an operation and return the decoded response body.

        Raises:
            GenesysCloudError: see :mod:`genesys_core.errors`.
        """
        return response_of(await self._drive(self._start(operation))).data

    async def send_raw(self, operation: Operation[T]) -> ApiResponse[T]:
        """Send an operation and return the full response: status, headers, data, raw body, decoding issues.

        Raises:
            GenesysCloudError: see :mod:`genesys_core.errors`.
        """
        return response_of(await self._drive(self._start(operation)))

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, QueryValue] | None = None,
        body: object = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Any:  # noqa: ANN401 - the response has no type in the definition
        """Call an endpoint that the API definition does not describe; see :func:`~genesys_core.raw_operation`."""
        try:
            operation = raw_operation(method, path, query=query, body=body, headers=headers)
        except (GenesysCloudError, TypeError) as error:
            raise error.with_traceback(None) from None
        finally:
            del query, body, headers  # some tracebacks show variables
        return await self.send(operation)

    def pages(
        self, operation: Operation[T], **options: "Unpack[PagingArguments]"
    ) -> "AsyncPaginator[T]":
        """Iterate over the pages of a listing, one request per page.

        Args:
            operation: the operation, such as ``genesys_core.api.users.get_users()``.
            options: limits, prefetching and resuming; see
                :class:`~genesys_core.paging.options.PagingOptions`.

        Raises:
            InvalidValueError: an option is invalid.
            PaginationError: during iteration: there are more items, but they cannot be requested.
        """
        return self._new_paginator(operation, options, by_page=True)

    def paginate(
        self, operation: ListOperation[Any, Item], **options: "Unpack[PagingArguments]"
    ) -> "AsyncPaginator[Item]":
        """Iterate over the items of all pages of a listing.

        Takes the same arguments and raises the same exceptions as :meth:`pages`.
        """
        return self._new_paginator(operation, options, by_page=False)

    def _new_paginator(
        self, operation: Operation[Any], options: "PagingArguments", *, by_page: bool
    ) -> "AsyncPaginator[Any]":
        from genesys_cloud.client.paginators import AsyncPaginator  # noqa: PLC0415 - few calls list

        reader = self._new_reader(operation, options, by_page=by_page)
        return AsyncPaginator(reader, self._send_page, lambda: self._event_loop)

    async def run(self, operation: JobOperation[Any, StatusT, Item]) -> "AsyncJob[StatusT, Item]":
        """Start a job and return it.

        Args:
            operation: an operation that starts a job.

        Raises:
            InvalidValueError: the operation does not start a job that can be polled.
            JobError: the response has no job id.
            GenesysCloudError: see :mod:`genesys_core.errors`.
        """
        from genesys_cloud.client.jobs import AsyncJob  # noqa: PLC0415 - few calls run jobs
        from genesys_core.jobs.job import begin_job  # noqa: PLC0415

        return AsyncJob(self, begin_job(operation, await self.send_raw(operation)))

    @overload
    def job(
        self, operation: JobOperation[Any, StatusT, Item], id: str
    ) -> "AsyncJob[StatusT, Item]": ...
    @overload
    def job(
        self, operation: Operation[StatusT], id: str | None = None
    ) -> "AsyncJob[StatusT, Any]": ...
    def job(self, operation: Operation[Any], id: str | None = None) -> "AsyncJob[Any, Any]":
        """Return a job that was started earlier, possibly in another process; nothing is sent.

        Args:
            operation: the operation that started the job, or the operation that returns the job's
                status.
            id: the job's id; may be omitted with the operation that returns the job's status,
                because that operation contains the id.

        Raises:
            InvalidValueError: the operation neither starts a job nor returns a job's status, or the
                id is missing.
        """
        from genesys_cloud.client.jobs import AsyncJob  # noqa: PLC0415 - few calls run jobs
        from genesys_core.jobs.job import find_job  # noqa: PLC0415

        return AsyncJob(self, find_job(operation, id))

    async def wait_until(
        self,
        operation: Operation[T],
        condition: Callable[[T], object],
        *,
        deadline: float = 60.0,
    ) -> T:
        """Send an operation repeatedly until a condition is true.

        Use it for changes that take effect with a delay. A 404 response counts as "not yet".
        Pauses grow from one request to the next.

        Args:
            operation: an operation that only reads data.
            condition: called with each decoded response body; the wait ends once it returns a true
                value.
            deadline: seconds after which the wait fails; ``math.inf`` for no limit.

        Returns:
            The response body for which the condition was true.

        Raises:
            InvalidValueError: the operation may change data, or the deadline is invalid.
            WaitTimeoutError: the condition was not true within the deadline.
            GenesysCloudError: see :mod:`genesys_core.errors`.
        """
        state = self._start_condition(operation, condition, deadline)
        return (await self._wait(state, operation)).data

    def notification_handler(
        self,
        *,
        on_notification: "notifications.AsyncOnEvent | None" = None,
        on_state: "notifications.AsyncOnState | None" = None,
        **options: "Unpack[notifications.HandlerOptions]",
    ) -> "notifications.AsyncNotificationHandler":
        """Create a notification handler; see :mod:`genesys_cloud.notifications`.

        Args:
            on_notification: function or coroutine function, called with each notification and gap,
                one at a time. Without it, iterate over the handler.
            on_state: called with all other events of the handler, in the same way.
            options: see :class:`~genesys_cloud.notifications.HandlerOptions`.

        Raises:
            InvalidValueError: a channel, address, header or number is invalid.
            ConfigurationError: the proxy is unusable.
            TypeError: an option is unknown or has the wrong type.
        """
        from genesys_cloud.notifications.async_handler import AsyncNotificationHandler  # noqa: PLC0415

        return self._new_handler(
            lambda context: AsyncNotificationHandler(
                context, self.send, on_notification, on_state, options
            )
        )

    @property
    def auth(self) -> AsyncAuth:
        """The client's token: its expiry and scopes, explicit refresh, sign-in and sign-out."""
        return AsyncAuth(self._cell, self._tokens)

    async def close(self) -> None:
        """Close the client's connections and its notification handlers. Idempotent."""
        await self._close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @staticmethod
    def _new_loop(token_lock: TokenLock) -> EventLoop:
        if in_trio():
            from genesys_cloud.client.trio_loop import TrioLoop  # noqa: PLC0415 - only where trio runs

            return TrioLoop(token_lock)
        from genesys_cloud.client.asyncio_loop import AsyncioLoop  # noqa: PLC0415 - only where asyncio runs

        return AsyncioLoop(token_lock)

    _running_loop = staticmethod(running_loop)
    _has_ended = staticmethod(has_ended)


class AsyncClient(AsyncClientBase, AsyncApis):
    """An asynchronous client of the Genesys Cloud Platform API, for asyncio and trio. Safe to share between tasks.

    ::

        async with AsyncClient(region="eu_west_1", auth=ClientCredentials(id, secret)) as client:
            me = await client.users.get_users_me(expand=["presence"])

    A client may be used in several event loops, consecutively or concurrently. Closing it waits for
    the token requests of the current event loop.

    Each API is an attribute (``client.users``, ``client.routing``), each operation a method.

    Args:
        transport: a transport that sends requests instead of the default one; see
            :class:`~genesys_cloud.transports.AsyncTransport`.
        hooks: functions or coroutine functions that run before each request and after each response;
            see :mod:`genesys_cloud.transports.hooks`.
        options: all other arguments; see :class:`~genesys_cloud.client.options.ClientOptions`.

    Raises:
        ConfigurationError: settings contradict each other or are unusable.
        InvalidValueError: a region, host, header or number is invalid.
        TypeError: an unknown argument, or an argument of the wrong type.
    """

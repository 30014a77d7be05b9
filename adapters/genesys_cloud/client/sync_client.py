"""The synchronous client."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, overload

from genesys_cloud.apis._clients import SyncApis
from genesys_cloud.client.auth import Auth
from genesys_cloud.client.base import response_of
from genesys_cloud.client.event_loop import EventLoop
from genesys_cloud.client.options import ClientOptions
from genesys_cloud.client.thread_loop import ThreadLoop
from genesys_cloud.client.token_lock import TokenLock
from genesys_cloud.client.transfers import SyncTransfers
from genesys_cloud.transports.awaited import awaited_transport, run_now
from genesys_cloud.transports.default_transport import new_transport
from genesys_cloud.transports.hooks import AfterResponse, BeforeRequest, Hooks, add_hooks
from genesys_cloud.transports.protocols import Transport
from genesys_core.calls.operation import JobOperation, ListOperation, Operation, raw_operation
from genesys_core.calls.responses import ApiResponse
from genesys_core.errors import GenesysCloudError
from genesys_core.http.urls import QueryValue

if TYPE_CHECKING:
    from genesys_cloud import notifications
    from genesys_cloud.client.jobs import Job
    from genesys_cloud.client.paginators import Paginator
    from genesys_core.paging.options import PagingArguments

__all__ = ["Client", "SyncClientBase"]

T = TypeVar("T")
Item = TypeVar("Item")
StatusT = TypeVar("StatusT")


class SyncClientBase(SyncTransfers):
    """A synchronous client without API attributes.

    :class:`Client` adds the APIs of the bundled definition, and a generated package's ``Client``
    adds those of its own definition.
    """

    _is_blocking = True

    def __init__(
        self,
        *,
        transport: Transport | None = None,
        hooks: Hooks[BeforeRequest, AfterResponse] | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        try:
            super().__init__(options, transport=transport, hooks=hooks)
            self._transport = new_transport(self._network) if transport is None else transport
            self._wire = add_hooks(awaited_transport(self._transport), hooks, self._secrets)
        except (GenesysCloudError, TypeError) as error:
            self._close_setup()
            options = {}  # some tracebacks show variables, and these hold a token and passwords
            raise error.with_traceback(None) from None

    def send(self, operation: Operation[T]) -> T:
        """Send an operation and return the decoded response body.

        Raises:
            GenesysCloudError: see :mod:`genesys_core.errors`.
        """
        return self.send_raw(operation).data

    def send_raw(self, operation: Operation[T]) -> ApiResponse[T]:
        """Send an operation and return the full response: status, headers, data, raw body, decoding issues.

        Raises:
            GenesysCloudError: see :mod:`genesys_core.errors`.
        """
        return response_of(run_now(self._drive(self._start(operation))))

    def request(
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
        return self.send(operation)

    def pages(
        self, operation: Operation[T], **options: "Unpack[PagingArguments]"
    ) -> "Paginator[T]":
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
    ) -> "Paginator[Item]":
        """Iterate over the items of all pages of a listing.

        Takes the same arguments and raises the same exceptions as :meth:`pages`.
        """
        return self._new_paginator(operation, options, by_page=False)

    def _new_paginator(
        self, operation: Operation[Any], options: "PagingArguments", *, by_page: bool
    ) -> "Paginator[Any]":
        from genesys_cloud.client.paginators import Paginator  # noqa: PLC0415 - few calls list

        reader = self._new_reader(operation, options, by_page=by_page)
        return Paginator(reader, self._send_page, lambda: self._event_loop)

    def run(self, operation: JobOperation[Any, StatusT, Item]) -> "Job[StatusT, Item]":
        """Start a job and return it.

        Args:
            operation: an operation that starts a job.

        Raises:
            InvalidValueError: the operation does not start a job that can be polled.
            JobError: the response has no job id.
            GenesysCloudError: see :mod:`genesys_core.errors`.
        """
        from genesys_cloud.client.jobs import Job  # noqa: PLC0415 - few calls run jobs
        from genesys_core.jobs.job import begin_job  # noqa: PLC0415

        return Job(self, begin_job(operation, self.send_raw(operation)))

    @overload
    def job(self, operation: JobOperation[Any, StatusT, Item], id: str) -> "Job[StatusT, Item]": ...
    @overload
    def job(self, operation: Operation[StatusT], id: str | None = None) -> "Job[StatusT, Any]": ...
    def job(self, operation: Operation[Any], id: str | None = None) -> "Job[Any, Any]":
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
        from genesys_cloud.client.jobs import Job  # noqa: PLC0415 - few calls run jobs
        from genesys_core.jobs.job import find_job  # noqa: PLC0415

        return Job(self, find_job(operation, id))

    def wait_until(
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
        return run_now(self._wait(state, operation)).data

    def notification_handler(
        self,
        *,
        on_notification: "notifications.OnEvent | None" = None,
        on_state: "notifications.OnState | None" = None,
        **options: "Unpack[notifications.HandlerOptions]",
    ) -> "notifications.NotificationHandler":
        """Create a notification handler; see :mod:`genesys_cloud.notifications`.

        Args:
            on_notification: called with each notification and gap, one at a time, in a thread.
                Without it, iterate over the handler.
            on_state: called with all other events of the handler, in the same way.
            options: see :class:`~genesys_cloud.notifications.HandlerOptions`.

        Raises:
            InvalidValueError: a channel, address, header or number is invalid.
            ConfigurationError: the proxy is unusable.
            TypeError: an option is unknown or has the wrong type.
        """
        from genesys_cloud.notifications.sync_handler import NotificationHandler  # noqa: PLC0415

        return self._new_handler(
            lambda context: NotificationHandler(
                context, self.send, on_notification, on_state, options
            )
        )

    @property
    def auth(self) -> Auth:
        """The client's token: its expiry and scopes, explicit refresh, sign-in and sign-out."""
        return Auth(self._cell, self._tokens)

    def close(self) -> None:
        """Close the client's connections and its notification handlers. Idempotent."""
        run_now(self._close())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @staticmethod
    def _new_loop(token_lock: TokenLock) -> EventLoop:
        return ThreadLoop(token_lock)

    @staticmethod
    def _running_loop() -> None:
        """Return ``None``, because all threads of a process share one loop object."""

    @staticmethod
    def _has_ended(loop: object) -> bool:  # noqa: ARG004 - there is only one
        return False


class Client(SyncClientBase, SyncApis):
    """A synchronous client of the Genesys Cloud Platform API. Thread-safe; close it when done.

    ::

        with Client(region="eu_west_1", auth=ClientCredentials(client_id, secret)) as client:
            me = client.users.get_users_me(expand=["presence"])

    Each API is an attribute (``client.users``, ``client.routing``), each operation a method.

    Args:
        transport: a transport that sends requests instead of the default one; see
            :class:`~genesys_cloud.transports.Transport`.
        hooks: functions that run before each request and after each response; see
            :mod:`genesys_cloud.transports.hooks`.
        options: all other arguments; see :class:`~genesys_cloud.client.options.ClientOptions`.

    Raises:
        ConfigurationError: settings contradict each other or are unusable.
        InvalidValueError: a region, host, header or number is invalid.
        TypeError: an unknown argument, or an argument of the wrong type.
    """

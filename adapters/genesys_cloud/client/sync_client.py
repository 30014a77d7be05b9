"""The synchronous client: one driver for any number of threads.

Law: the driver sends, sleeps and locks. Every decision is the core's.
"""

from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, assert_never
from weakref import WeakSet

from genesys_cloud.apis._clients import SyncApis
from genesys_cloud.client.auth import Auth
from genesys_cloud.client.options import ClientOptions, is_mock, network_of
from genesys_cloud.client.session_cell import Unpicklable
from genesys_cloud.client.setup import Setup
from genesys_cloud.client.token_transactions import TokenTransactions
from genesys_cloud.client.transfers import SyncTransfers
from genesys_cloud.client.wakeup import Wakeup
from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.default_transport import new_transport
from genesys_cloud.transports.hooks import AfterResponse, BeforeRequest, Hooks, add_hooks
from genesys_cloud.transports.protocols import Transport
from genesys_core.calls.lifecycle import (
    ClosingGate,
    NeedPermit,
    NeedToken,
    Raised,
    Returned,
    Sending,
    State,
    Waiting,
    start,
)
from genesys_core.calls.operation import Operation, Options, raw_operation
from genesys_core.calls.paging import Items, Paging, items_of
from genesys_core.calls.rate_limit import close_gate, release_permit, reserve_permit
from genesys_core.calls.responses import ApiResponse
from genesys_core.calls.token_actions import obtain_for_call
from genesys_core.configuration.configuration import Configuration
from genesys_core.http.messages import Request, Response, Timeout, TransportFailure
from genesys_core.http.urls import QueryValue
from genesys_core.observability.statistics import ClientStats
from genesys_core.observability.watch import watch_call
from genesys_core.session.retry import RetryConfiguration

if TYPE_CHECKING:
    from genesys_cloud import notifications

__all__ = ["Client"]

T = TypeVar("T")


class Client(SyncTransfers, SyncApis, Unpicklable):
    """A client of the platform; share one between threads, close it when done.

    ::

        with Client(region="eu_west_1", auth=ClientCredentials(client_id, secret)) as client:
            me = client.users.get_users_me(expand=["presence"])

    Each API is an attribute (``client.users``, ``client.routing``), each operation a method.

    Args:
        transport: sends requests instead of the default one; see :class:`~genesys_cloud.transports.Transport`.
        hooks: run before each request and after each response; see :mod:`genesys_cloud.transports.hooks`.
        options: everything else; see :class:`~genesys_cloud.client.options.ClientOptions`.

    Raises:
        ConfigurationError: settings that contradict each other or cannot work.
        InvalidValueError: a region, host, header or number that cannot be used.
    """

    def __init__(
        self,
        *,
        transport: Transport | None = None,
        hooks: Hooks[BeforeRequest, AfterResponse] | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        self._setup = Setup(options, mocked=is_mock(transport))
        self._cell = self._setup.cell
        self._observers = self._setup.observers
        self._network = network_of(options)
        wire = transport or new_transport(self._network)
        self._transport = add_hooks(wire, hooks)
        self._tokens = TokenTransactions(self._cell, self._drive, self._setup.token_store)
        self._wakeup = Wakeup()
        self._handlers: WeakSet[notifications.NotificationHandler] = WeakSet()
        self._defaults = Options()

    def send(self, operation: Operation[T]) -> T:
        """Make a call and return what it returns.

        Raises:
            GenesysCloudError: see :mod:`genesys_core.errors`.
        """
        return self.send_raw(operation).data

    def send_raw(self, operation: Operation[T]) -> ApiResponse[T]:
        """Make a call and return the whole response: status, headers, data, raw body, issues.

        Raises:
            GenesysCloudError: see :mod:`genesys_core.errors`.
        """
        operation = operation.under(self._defaults)
        outcome = self._drive(start(operation, self._cell.session, now=read_clocks()))
        if isinstance(outcome, Raised):
            raise outcome.error
        return outcome.response

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, QueryValue] | None = None,
        body: object = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Any:  # noqa: ANN401 - the definition does not say what comes back
        """Call a path that the definition lacks; see :func:`~genesys_core.raw_operation`."""
        return self.send(raw_operation(method, path, query=query, body=body, headers=headers))

    def with_options(
        self,
        *,
        headers: Mapping[str, str | None] | None = None,
        timeout: Timeout | float | None = None,
        deadline: float | None = None,
        retry: RetryConfiguration | None = None,
        strict: bool | None = None,
    ) -> Self:
        """A client with other defaults that shares connections, token and rate limit with this one.

        A call's own options win over them. Closing either client closes both.
        """
        said = Options(
            headers=headers or {}, timeout=timeout, deadline=deadline, retry=retry, strict=strict
        )
        twin = self.unbound_copy()
        twin._defaults = said.over(self._defaults)  # noqa: SLF001 - of this very class
        return twin

    def notification_handler(
        self,
        *,
        on_notification: "notifications.OnEvent | None" = None,
        on_state: "notifications.OnState | None" = None,
        **options: "Unpack[notifications.HandlerOptions]",
    ) -> "notifications.NotificationHandler":
        """Subscribe to notifications, and stay connected; see :mod:`genesys_cloud.notifications`.

        Args:
            on_notification: called with each notification and gap, one after the other, in a thread. Without it, iterate over the handler.
            on_state: called with everything else that happens, likewise.
            options: see :class:`~genesys_cloud.notifications.HandlerOptions`.

        Raises:
            InvalidValueError: a channel, proxy, address, header or number that cannot be used.
        """
        from genesys_cloud.notifications.handler_options import HandlerContext  # noqa: PLC0415 - few need them
        from genesys_cloud.notifications.sync_handler import NotificationHandler  # noqa: PLC0415

        base = HandlerContext(self._setup, self._network)
        handler = NotificationHandler(base, self.send, on_notification, on_state, options)
        self._handlers.add(handler)
        return handler

    def stats(self) -> ClientStats:
        """What the client has done so far: calls, retries, waits, open connections."""
        return self._setup.stats(self._transport)

    def pages(self, operation: Operation[T]) -> Iterator[T]:
        """The pages of a listing, each as its own type, one request each."""
        paging: Paging[T] | None = Paging(operation, self._cell.session.settings.hosts)
        while paging is not None:
            found, paging = paging.received(self.send_raw(paging.asked()))
            yield from found

    def paginate(self, operation: Operation[Items[T]]) -> Iterator[T]:
        """The items of all pages of a listing."""
        for page in self.pages(operation):
            yield from items_of(page)

    def close(self) -> None:
        """Give back all connections, those of notification handlers too; again does nothing more."""
        try:
            for handler in tuple(self._handlers):
                handler.close()
            self._tokens.close()
            self._transport.close()
        finally:
            self._setup.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self._cell.session.settings.hosts.api})"

    @property
    def configuration(self) -> Configuration:
        """What the client is configured with now: all sources merged, each value with its origin."""
        return self._setup.configuration

    @property
    def auth(self) -> Auth:
        """The client's token: what is known of it, and signing in and out by hand."""
        return Auth(self._cell, self._tokens)

    def _drive(
        self, state: State[T], send: Callable[[Request], Response] | None = None
    ) -> Returned[T] | Raised:
        send, apply = send or self._transport.send, self._cell.apply
        watch = watch_call(self._observers, state, now=read_clocks())
        try:
            while True:
                wakeup = self._wakeup.next  # in this order: a wake-up after a look is noticed
                match state:
                    case NeedToken():
                        action = obtain_for_call(state, self._cell.session, now=read_clocks())
                        state = self._tokens.obtain(action)
                    case NeedPermit():
                        state = apply(reserve_permit, state, now=read_clocks())
                    case Sending():
                        request = watch.begin_attempt(state)
                        outcome: Response | TransportFailure
                        try:
                            outcome = send(request)
                        except TransportFailure as failure:
                            outcome = failure
                        state = watch.finish_attempt(state, request, outcome, now=read_clocks())
                    case ClosingGate():
                        state = apply(close_gate, state, now=read_clocks())
                        self._wakeup.notify_all()
                    case Waiting():
                        watch.begin_wait(state)
                        wakeup.wait(state.left(self._cell.session, now=read_clocks()))
                        state = state.woke(self._cell.session, now=read_clocks())
                    case Returned() | Raised():
                        return state
                    case _:
                        assert_never(state)
        except BaseException:
            apply(release_permit, state, now=read_clocks())
            raise
        finally:
            watch.end(state, now=read_clocks())

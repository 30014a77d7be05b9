"""The base of both clients: options, defaults, statistics, observers and the call driver.

Both clients use the same driver, which consists of coroutines; in a synchronous client, these
coroutines never suspend (see :mod:`genesys_cloud.client.event_loop`).

Invariants: the driver sends, sleeps and locks; every decision is made in the core.
"""

import inspect
import warnings
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, assert_never
from weakref import WeakValueDictionary

from genesys_cloud.api_binding import LazyApis
from genesys_cloud.client.event_loop import EventLoop
from genesys_cloud.client.options import ClientOptions, check_options
from genesys_cloud.client.permits import permits_of
from genesys_cloud.client.session_cell import Unpicklable
from genesys_cloud.client.setup import Setup
from genesys_cloud.client.token_lock import TokenLock
from genesys_cloud.client.token_transactions import TokenTransactions
from genesys_cloud.process_id import process_id
from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.network_options import network_of
from genesys_cloud.transports.protocols import AsyncTransport, Transport, is_mock
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
from genesys_core.calls.operation import NO_OPTIONS, Operation, Options, apply_defaults
from genesys_core.calls.rate_limit import close_gate, reserve_permit
from genesys_core.calls.responses import ApiResponse
from genesys_core.calls.token_actions import obtain_for_call
from genesys_core.checks import FUNCTION, NUMBER
from genesys_core.codec.unknown_fields import KeepUnknown
from genesys_core.configuration.configuration import Configuration
from genesys_core.errors import BudgetError, GenesysCloudError
from genesys_core.http.messages import Request, Response, Timeout, TransportFailure
from genesys_core.observability.statistics import ClientStats
from genesys_core.observability.watch import watch_call
from genesys_core.session.retry import RetryConfiguration
from genesys_core.transport.owners import OwnedPools

if TYPE_CHECKING:
    from genesys_cloud.notifications.handler_options import HandlerContext
    from genesys_core.jobs.waiting import PausePolicy, Pausing, Polling, PollResult, WaitState
    from genesys_core.notifications.topic_table import TopicTable
    from genesys_core.paging.options import PagingArguments
    from genesys_core.paging.reader import ListingReader

__all__ = ["ClientBase", "response_of"]

T = TypeVar("T")
Handler = TypeVar("Handler")


class ClientBase(LazyApis, Unpicklable):
    """Base class of :class:`~genesys_cloud.Client` and :class:`~genesys_cloud.AsyncClient`."""

    _is_blocking: ClassVar[bool] = False
    """Whether calls block their threads, as in synchronous clients."""

    _transport: Transport | AsyncTransport
    """The client's transport, without hooks."""

    _wire: AsyncTransport
    """The transport that the driver uses: the client's transport with its hooks."""

    def __init__(self, options: ClientOptions, *, transport: object, hooks: object) -> None:
        check_options(options, transport=transport, hooks=hooks)
        self._setup = Setup(options, mocked=is_mock(transport))
        self._cell = self._setup.cell
        self._observers = self._setup.observers
        self._secrets = self._cell.session.settings.secrets
        self._network = network_of(options)
        self._loops = OwnedPools(partial(self._new_loop, TokenLock()), drop=_forget)
        self._tokens = TokenTransactions(
            self._cell,
            self._drive,
            self._setup.token_store,
            lambda: self._event_loop,
            self._setup.warn_shared_token,
            is_blocking=self._is_blocking,
        )
        self._permits = permits_of(
            self._cell,
            options.get("budget"),
            lambda: self._event_loop,
            is_blocking=self._is_blocking,
        )
        # A dictionary by id, because a thread may not change a `WeakSet` that another iterates over.
        self._handlers: WeakValueDictionary[int, Any] = WeakValueDictionary()
        self._defaults = NO_OPTIONS

    def with_options(
        self,
        *,
        headers: Mapping[str, str | None] | None = None,
        timeout: Timeout | float | None = None,
        deadline: float | None = None,
        retry: RetryConfiguration | None = None,
        strict: bool | None = None,
        keep_unknown: KeepUnknown | None = None,
    ) -> Self:
        """Return a client that has other defaults and shares this client's connections, token and rate limit.

        A call's own options override these defaults. Closing either client closes both.
        """
        try:
            said = Options(
                headers={} if headers is None else headers,
                timeout=timeout,
                deadline=deadline,
                retry=retry,
                strict=strict,
                keep_unknown=keep_unknown,
            )
        except (GenesysCloudError, TypeError) as error:
            # Raised without the frames of the core, because their variables include the headers.
            raise error.with_traceback(None) from None
        finally:
            del headers  # some tracebacks show variables
        twin = self.unbound_copy()
        twin._defaults = said.over(self._defaults)  # noqa: SLF001 - of this very class
        return twin

    def stats(self) -> ClientStats:
        """Return this client's statistics: calls, retries, waits, open connections."""
        return self._setup.stats(self._transport)

    @property
    def configuration(self) -> Configuration:
        """The effective configuration: all sources merged, each value with its origin."""
        return self._setup.configuration

    def __repr__(self) -> str:
        cell = vars(self).get("_cell")  # missing if the constructor failed
        return f"{type(self).__name__}({cell and cell.session.settings.hosts.api})"

    @property
    def _event_loop(self) -> EventLoop:
        # Each event loop has its own locks and events; clients made by with_options share these.
        return self._loops.find(process_id(), self._running_loop(), has_ended=self._has_ended)

    @staticmethod
    def _new_loop(token_lock: TokenLock) -> EventLoop:
        """Return the operations of the running event loop."""
        raise NotImplementedError

    @staticmethod
    def _running_loop() -> object:
        """Return an object that identifies the running event loop."""
        raise NotImplementedError

    @staticmethod
    def _has_ended(loop: object) -> bool:
        """Return whether an event loop has ended."""
        raise NotImplementedError

    def _new_handler(self, make: "Callable[[HandlerContext], Handler]") -> Handler:
        """Create a notification handler that is closed with the client."""
        from genesys_cloud.notifications.handler_options import HandlerContext  # noqa: PLC0415 - few need them

        topics: TopicTable = import_module(self._topics).NOTIFICATION_TOPICS
        context = HandlerContext(self._setup, self._network, self._transport, topics)
        handler = make(context)
        self._handlers[id(handler)] = handler
        return handler

    def _start(self, operation: Operation[T]) -> State[T]:
        operation = apply_defaults(operation, self._defaults)
        return start(operation, self._cell.session, now=read_clocks())

    def _new_reader(
        self, operation: Operation[T], options: "PagingArguments", *, by_page: bool
    ) -> "ListingReader[T]":
        from genesys_core.paging.options import PagingOptions  # noqa: PLC0415 - few calls list
        from genesys_core.paging.reader import ListingReader  # noqa: PLC0415

        hosts = self._cell.session.settings.hosts
        return ListingReader(operation, hosts, PagingOptions(**options), by_page=by_page)

    async def _send_page(self, operation: Operation[T]) -> ApiResponse[T]:
        return response_of(await self._drive(self._start(operation)))

    def _start_wait(
        self,
        judge: "Callable[[ApiResponse[T]], PollResult]",
        about: str,
        deadline: float,
        policy: "PausePolicy",
    ) -> "Polling[T]":
        from genesys_core.jobs.waiting import start_wait  # noqa: PLC0415 - few calls wait

        NUMBER.check("deadline", deadline)
        return start_wait(
            judge,
            about=about,
            deadline=deadline,
            policy=policy,
            random=self._cell.session.random,
            now=read_clocks(),
        )

    def _start_condition(
        self, operation: Operation[T], condition: "Callable[[T], object]", deadline: float
    ) -> "Polling[T]":
        from genesys_core.jobs.waiting import (  # noqa: PLC0415 - few calls wait
            CONDITION_POLICY,
            check_repeatable,
            judge_condition,
        )

        check_repeatable(operation)
        FUNCTION.check("condition", condition)
        about = f"{operation.endpoint.name}: the condition"
        return self._start_wait(
            partial(judge_condition, condition), about, deadline, CONDITION_POLICY
        )

    async def _wait(
        self,
        state: "WaitState[T]",
        operation: Operation[T],
        response: ApiResponse[T] | None = None,
    ) -> ApiResponse[T]:
        """Poll until the wait ends; ``response`` is the first response if it was already received."""
        from genesys_core.jobs.waiting import JobWarning, Pausing, Polling, WaitEnded  # noqa: PLC0415

        operation, shown = apply_defaults(operation, self._defaults), 0
        while True:
            for text in state.warnings[shown:]:
                warnings.warn(text, JobWarning, stacklevel=2)
            shown = len(state.warnings)
            match state:
                case Polling():
                    if response is not None:
                        state, response = state.received(response, now=read_clocks()), None
                        continue
                    default = self._cell.session.settings.deadline
                    limited = state.limited(operation, default, now=read_clocks())
                    outcome = await self._drive(self._start(limited))
                    if isinstance(outcome, Raised):
                        state = state.failed(outcome.error, now=read_clocks())
                    else:
                        state = state.received(outcome.response, now=read_clocks())
                case Pausing():
                    await self._event_loop.sleep(_left_of_pause(state))
                    state = state.woke(now=read_clocks())
                case WaitEnded(response=found):
                    return found
                case _:
                    raise state.error

    def _close_setup(self) -> None:
        """Stop the thread and close the file of a client whose constructor failed."""
        setup: Setup | None = vars(self).get("_setup")  # missing if the constructor failed earlier
        if setup is not None:
            setup.close()

    async def _close(self) -> None:
        # An exit stack, so that an error or cancellation in one step does not skip the others.
        async with AsyncExitStack() as closing:
            closing.callback(self._setup.close)
            closing.push_async_callback(self._wire.close)
            closing.push_async_callback(self._event_loop.close)
            for reference in self._handlers.valuerefs():  # copied by one operation
                handler = reference()
                if handler is not None:
                    closing.push_async_callback(_close_handler, handler)

    async def _drive(
        self, state: State[T], send: Callable[[Request], Awaitable[Response]] | None = None
    ) -> Returned[T] | Raised:
        send, permits = send or self._wire.send, self._permits
        watch = watch_call(self._observers, state, now=read_clocks())
        outcome: Response | TransportFailure
        try:
            while True:
                match state:  # most frequent states first
                    case Sending():
                        request = watch.begin_attempt(state)
                        try:
                            outcome = await send(request)
                        except TransportFailure as failure:
                            outcome = failure
                        state = watch.finish_attempt(state, request, outcome, now=read_clocks())
                    case Returned() | Raised():
                        return state
                    case NeedPermit():
                        state = await permits.apply(reserve_permit, state)
                    case NeedToken():
                        action = obtain_for_call(state, self._cell.session, now=read_clocks())
                        state = await self._tokens.obtain(action)
                    case ClosingGate():
                        state = await self._close_gate(state)
                        self._event_loop.notify_all()
                    case Waiting():
                        watch.begin_wait(state)
                        await self._event_loop.sleep(self._left_of(state))
                        state = state.woke(self._cell.session, now=read_clocks())
                    case _:
                        assert_never(state)
        except BaseException:
            # A reservation that is not released delays other calls until it expires.
            permits.release(state)
            raise
        finally:
            watch.end(state, now=read_clocks())

    async def _close_gate(self, closing: ClosingGate[T]) -> Waiting[T] | Raised:
        try:
            return await self._permits.apply(close_gate, closing)
        except BudgetError as error:
            return closing.not_closed(error)

    def _left_of(self, waiting: Waiting[Any]) -> Callable[[], float]:
        return lambda: waiting.left(self._cell.session, now=read_clocks())


def _left_of_pause(pausing: "Pausing[Any]") -> Callable[[], float]:
    return lambda: pausing.left(now=read_clocks())


async def _close_handler(handler: Any) -> None:  # noqa: ANN401 - of any flavor
    closing = handler.close()
    if inspect.isawaitable(closing):
        await closing


def _forget(loop: EventLoop) -> None:
    """Do nothing: an ended event loop has nothing left to close."""


def response_of(outcome: Returned[T] | Raised) -> ApiResponse[T]:
    """Return the response of a call, or raise its error."""
    if isinstance(outcome, Raised):
        raise outcome.error
    return outcome.response

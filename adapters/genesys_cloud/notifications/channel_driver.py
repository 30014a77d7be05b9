"""Drives notification channels on asyncio and trio.

Invariants: the driver performs the actions of
:class:`~genesys_core.notifications.handler_state.HandlerState` and reports their outcomes; the core
makes every decision. The driver runs in one event loop, and no state transition contains an
``await``, so no lock is needed.
"""

import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Protocol, TypeVar, assert_never

import anyio
from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskGroup, TaskStatus
from anyio.lowlevel import checkpoint
from msgspec import Struct

from genesys_cloud.notifications.websocket_stream import SocketOptions, WebSocketStream
from genesys_cloud.system_clock import read_clocks
from genesys_core.calls.operation import Operation
from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError
from genesys_core.notifications.buffer import Event as ConsumerEvent
from genesys_core.notifications.channel.channel import GivenChannel
from genesys_core.notifications.channel.events import (
    ChannelCall,
    CloseSocket,
    Connect,
    SendText,
)
from genesys_core.notifications.channel.policy import Policy
from genesys_core.notifications.channel_set import ChannelSet
from genesys_core.notifications.dispatch import StateEvent
from genesys_core.notifications.handler_state import ChannelAction, HandlerState, Turn
from genesys_core.notifications.topic_table import TopicTable
from genesys_core.notifications.topics import NOTIFICATION_TOPICS
from genesys_core.observability.observers import Observer, report_connections
from genesys_core.websocket.events import WebSocketEvent

__all__ = ["Driver", "DriverContext", "EventSink"]

T_contra = TypeVar("T_contra", contravariant=True)


class EventSink(Protocol[T_contra]):
    """The interface of a queue that receives events."""

    @property
    def blocked(self) -> bool:
        """Whether reading from sockets is paused because the queue is full."""
        ...

    def put(self, events: Iterable[T_contra], at: Now) -> None:
        """Add the events from one socket read; never blocks."""
        ...

    async def room(self) -> None:
        """Wait until :attr:`blocked` is false."""
        ...

    def close(self, error: Exception | None = None) -> None:
        """Close the queue: consumers stop iterating, or raise the error if one is given."""
        ...


class DriverContext(Struct, frozen=True, kw_only=True):
    """The dependencies and options of a driver.

    Attributes:
        policy: timeouts and backoff of each channel.
        socket_options: the options for opening sockets.
        send: a function that makes a REST call.
        observer: the observer of opened and closed channels.
        warn: a function that logs a warning.
        existing: a channel that the caller created; ``None`` to create channels.
        topics: the catalog of topics in the client's definition.
    """

    policy: Policy
    socket_options: SocketOptions
    send: Callable[[Operation[object]], Awaitable[object]]
    observer: Observer
    warn: Callable[[str], None]
    existing: GivenChannel | None = None
    topics: TopicTable = NOTIFICATION_TOPICS


class Driver:
    """Runs channels until :meth:`stop` is called.

    Args:
        context: the driver's dependencies and options.
        consumer: the queue that receives notifications and gaps.
        states: the queue that receives all other events.

    Attributes:
        state: the state of the handler, from the core.
    """

    _calls: TaskGroup
    _sockets: TaskGroup

    def __init__(
        self,
        context: DriverContext,
        consumer: EventSink[ConsumerEvent],
        states: EventSink[StateEvent],
    ) -> None:
        self._context = context
        self._consumer, self._states = consumer, states
        self.state = HandlerState(
            context.policy, now=read_clocks(), existing=context.existing, topics=context.topics
        )
        self._streams: dict[tuple[int, int], WebSocketStream] = {}
        self._connections = 0
        self._wake, self._due = anyio.Event(), 0.0
        self._resumed, self._over = anyio.Event(), anyio.Event()

    # Called by the handlers

    async def run(self, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Run until :meth:`stop` is called or the handler fails.

        It fails if the platform rejects the first attempt to set up a channel, or if a function of
        the user, such as a hook, raises an exception.
        """
        try:
            async with anyio.create_task_group() as self._calls:
                async with anyio.create_task_group() as self._sockets:
                    task_status.started()
                    try:
                        await self._guarded(self._work)
                    finally:
                        # Results that arrive after a cancellation must not cause further actions.
                        self.state.apply(ChannelSet.stop, now=read_clocks())
                # All sockets are closed, so the results of REST calls in progress are not needed.
                self._calls.cancel_scope.cancel()
        finally:
            self._report()
            self._states.close()
            self._over.set()

    async def add(self, wanted: tuple[tuple[str, object], ...]) -> None:
        """Subscribe to topics, and wait for the platform's confirmation.

        Args:
            wanted: pairs of a topic and the type of its events, from
                :func:`~genesys_core.notifications.dispatch.typed_topics`.

        Raises:
            InvalidValueError: there are too many topics; nothing was changed.
            SubscriptionError: the platform rejected some of the topics.
            GenesysCloudError: there is no channel; the message gives the reason.
        """
        await self._ask(partial(self.state.add, wanted), tuple(topic for topic, _ in wanted))

    async def remove(self, topics: tuple[str, ...]) -> None:
        """Unsubscribe from topics, and wait for the platform's confirmation.

        Raises:
            InvalidValueError: a topic is malformed.
            GenesysCloudError: there is no channel; the message gives the reason.
        """
        await self._ask(partial(self.state.remove, topics))

    async def clear(self) -> None:
        """Unsubscribe from all topics, and wait for the platform's confirmation.

        Raises:
            GenesysCloudError: there is no channel; the message gives the reason.
        """
        await self._ask(self.state.clear)

    async def ping(self) -> None:
        """Send a ping on each channel; does not wait for pongs.

        Raises:
            GenesysCloudError: there is no channel; the message gives the reason.
        """
        self.state.check_running()
        self._advance(self.state.apply(ChannelSet.ping, now=read_clocks()))

    async def stop(self) -> None:
        """Close all channels and wait until they are closed."""
        self._advance(self.state.apply(ChannelSet.stop, now=read_clocks()))
        # No checkpoint if it has ended, so that a cancelled caller can continue to close other resources.
        if self.state.has_started and not self._over.is_set():
            await self._over.wait()

    async def _ask(self, change: Callable[..., Turn], topics: tuple[str, ...] = ()) -> None:
        self.state.check_running()
        self._advance(change(now=read_clocks()))
        answered = anyio.Event()
        with self.state.expecting(topics, answered.set):
            await answered.wait()

    # Transitions of the state machine

    def _advance(self, turn: Turn) -> None:
        self._perform(turn, read_clocks())
        self._follow_up()

    def _perform(self, turn: Turn, at: Now) -> None:
        if turn.events.consumer:
            self._consumer.put(turn.events.consumer, at)
        if turn.events.states:
            self._states.put(turn.events.states, at)
        for words in turn.events.warnings:
            self._context.warn(words)
        for channel, action in turn.actions:
            self._carry_out(channel, action)

    def _follow_up(self) -> None:
        """Perform the actions that follow from the current state, not from the last transition."""
        self._report()
        if self._consumer.blocked and not self.state.is_paused:
            # The reader of a socket waits for space only after its next read, which may never come.
            self.state.pause()
            self._calls.start_soon(self._guarded, self._wait_for_room)
        deadline = self.state.deadline
        # A later deadline needs no wake-up: the timer fires early and does nothing.
        if deadline is None or deadline < self._due:
            self._wake.set()

    def _report(self) -> None:
        before, self._connections = self._connections, self.state.channels.connections
        if self._connections != before:
            report_connections(self._context.observer, before, self._connections)
        if self.state.channels.stopped:
            self._consumer.close(self.state.end)

    def _carry_out(self, channel: int, action: ChannelAction) -> None:
        match action:
            case ChannelCall():
                self._calls.start_soon(self._guarded, self._call, channel, action)
            case Connect(socket=socket, url=url):
                stream = WebSocketStream(url, self._context.socket_options)
                self._streams[channel, socket] = stream
                self._sockets.start_soon(self._guarded, self._run, channel, socket, stream)
            case SendText(socket=socket, text=text):
                if (channel, socket) in self._streams:
                    stream = self._streams[channel, socket]
                    self._sockets.start_soon(self._guarded, stream.send_text, text)
            case CloseSocket(socket=socket):
                if (channel, socket) in self._streams:
                    self._sockets.start_soon(self._guarded, self._streams[channel, socket].close)
            case _:
                assert_never(action)

    # Outcomes of actions

    async def _call(self, channel: int, call: ChannelCall) -> None:
        limit, outcome = self._context.policy.call_limit, object()
        try:
            outcome = await self._context.send(call.operation.with_options(deadline=limit))
        except GenesysCloudError as error:
            outcome = error
        now = read_clocks()
        self._advance(self.state.apply(ChannelSet.called, channel, call.id, outcome, now=now))

    async def _run(self, channel: int, socket: int, stream: WebSocketStream) -> None:
        try:
            await stream.run(
                partial(self._deliver, channel, socket),
                partial(self._deliver_early, channel, socket),
            )
        finally:
            del self._streams[channel, socket]

    async def _deliver(
        self, channel: int, socket: int, events: tuple[WebSocketEvent, ...], read_at: Now
    ) -> None:
        while self.state.must_wait(events):
            await self._resumed.wait()
        if events:  # empty if all events were delivered early
            happened, now = ChannelSet.happened, read_clocks()
            turn = self.state.apply(happened, channel, socket, events, now=now, read_at=read_at)
            self._perform(turn, read_at)
        try:
            # Let consumers run first: the follow-up can wait for one iteration of the event loop.
            await checkpoint()
        finally:
            self._follow_up()

    def _deliver_early(
        self, channel: int, socket: int, events: tuple[WebSocketEvent, ...], read_at: Now
    ) -> bool:
        """Deliver messages in the event loop's callback, one iteration earlier than a task could.

        Returns:
            Whether the events were delivered; ``False`` for events that require an action, because
            only a task can perform it.
        """
        turn = self.state.deliver_early(channel, socket, events, read_at=read_at)
        if turn is not None:
            self._perform(turn, read_at)  # `_deliver` follows
        return turn is not None

    async def _wait_for_room(self) -> None:
        await self._consumer.room()
        self._resumed.set()
        self._resumed = anyio.Event()
        self._advance(self.state.resume(now=read_clocks()))

    async def _guarded(self, work: Callable[..., Awaitable[None]], *args: object) -> None:
        """Run a function; if it raises, end the handler, whose iteration then raises the exception.

        Such an exception comes from a user's function, such as a hook or ``connect_uri``.
        """
        try:
            await work(*args)
        except Exception as error:  # noqa: BLE001 - raised by iteration
            # Record the error before logging it, so that iteration raises it even if a log handler
            # raises another error.
            self._advance(self.state.fail(error, now=read_clocks()))
            self._context.warn(f"the handler ended with {type(error).__name__}: {error}")

    async def _work(self) -> None:
        self._advance(self.state.start())
        while (deadline := self.state.deadline) is not None:
            self._due, self._wake = deadline, anyio.Event()
            with anyio.move_on_after(deadline - time.monotonic()):
                await self._wake.wait()
                continue
            self._advance(self.state.timer(now=read_clocks()))

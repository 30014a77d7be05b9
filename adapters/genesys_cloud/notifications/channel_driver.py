"""Drives notification channels on asyncio and trio.

Invariants: the driver performs the effects of :class:`~genesys_core.notifications.channel_set.ChannelSet` and
reports their outcomes; every decision is the core's. It runs in one event loop, and no state transition
contains an ``await``, so nothing needs a lock.
"""

import time
from collections.abc import Awaitable, Callable, Iterable
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
    ChannelEvent,
    CloseSocket,
    Connect,
    Effect,
    Emit,
    SendText,
)
from genesys_core.notifications.channel.policy import Policy
from genesys_core.notifications.channel_set import ChannelSet, SetStep, TopicsAnswer
from genesys_core.notifications.dispatch import (
    EventDispatcher,
    RoutedEvents,
    StateEvent,
    SubscriptionError,
    latest_failure,
)
from genesys_core.notifications.topic_table import TopicTable
from genesys_core.notifications.topics import NOTIFICATION_TOPICS
from genesys_core.observability.observers import Observer
from genesys_core.websocket.connection import Closed, Failed, HandshakeDone, Text, WebSocketEvent

__all__ = ["Driver", "DriverContext", "EventSink"]

T_contra = TypeVar("T_contra", contravariant=True)


class EventSink(Protocol[T_contra]):
    """A queue that receives events."""

    @property
    def blocked(self) -> bool:
        """Whether reading from sockets is paused because the queue is full."""
        ...

    def put(self, events: Iterable[T_contra], at: Now) -> None:
        """Add the events of one read; never blocks."""
        ...

    async def room(self) -> None:
        """Wait until :attr:`blocked` is false."""
        ...

    def close(self, error: Exception | None = None) -> None:
        """Close the queue: consumers stop iterating, or get the error."""
        ...


class DriverContext(Struct, frozen=True, kw_only=True):
    """The dependencies of a driver.

    Attributes:
        policy: timeouts and backoff of each channel.
        socket_options: how sockets are opened.
        send: makes a REST call.
        observer: is notified of channels and deliveries.
        warn: logs a warning.
        existing: a channel that the caller created.
        topics: the topics of the client's definition.
    """

    policy: Policy
    socket_options: SocketOptions
    send: Callable[[Operation[object]], Awaitable[object]]
    observer: Observer
    warn: Callable[[str], None]
    existing: GivenChannel | None = None
    topics: TopicTable = NOTIFICATION_TOPICS


class _PendingSubscription:
    """A caller that waits until its topics are confirmed or rejected."""

    def __init__(self, topics: tuple[str, ...]) -> None:
        self.topics = topics
        self.answer: TopicsAnswer | None = None
        self.answered = anyio.Event()


class Driver:
    """Runs channels until :meth:`stop` is called.

    Args:
        context: its dependencies.
        consumer: receives notifications and gaps.
        states: receives all other events.
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
        self._dispatcher = EventDispatcher(context.topics)
        self._first = ChannelSet.start(
            (), policy=context.policy, now=read_clocks(), existing=context.existing
        )
        self._set = self._first.state
        self._streams: dict[tuple[int, int], WebSocketStream] = {}
        self._pending: list[_PendingSubscription] = []
        self._started = False
        self._connections = 0
        self._full = self._watched = False
        self._error: Exception | None = None
        self.failure: str | None = None
        self._wake, self._due = anyio.Event(), 0.0
        self._over = anyio.Event()

    # Called by the handlers

    async def run(self, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Run until stopped, or until the platform rejects the first connection."""
        try:
            async with anyio.create_task_group() as self._calls:
                async with anyio.create_task_group() as self._sockets:
                    self._started = True
                    task_status.started()
                    try:
                        await self._guarded(self._work)
                    finally:
                        # After cancellation, late results must not cause further effects.
                        self._set = self._set.stop(now=read_clocks()).state
                self._calls.cancel_scope.cancel()
        finally:
            self._end()

    async def add(self, wanted: tuple[tuple[str, object], ...]) -> None:
        """Subscribe to topics and wait until the platform has confirmed them.

        Args:
            wanted: see :func:`~genesys_core.notifications.dispatch.typed_topics`.

        Raises:
            InvalidValueError: too many topics; nothing was changed.
            SubscriptionError: the platform rejected some of them.
            GenesysCloudError: there is no channel; the message gives the reason.
        """
        self._check_at_work()
        topics = tuple(topic for topic, _ in wanted)
        step = self._set.add(topics, now=read_clocks())
        self._dispatcher.remember(wanted)
        self._advance(step)
        await self._told(topics)

    async def remove(self, topics: tuple[str, ...]) -> None:
        """Unsubscribe from topics; raises as :meth:`add`."""
        self._check_at_work()
        step = self._set.remove(topics, now=read_clocks())
        self._dispatcher.forget(topics)
        self._advance(step)
        await self._told(())

    async def clear(self) -> None:
        """Unsubscribe from all topics; raises as :meth:`add`."""
        self._check_at_work()
        self._dispatcher.forget_all()
        self._advance(self._set.clear(now=read_clocks()))
        await self._told(())

    async def ping(self) -> None:
        """Send a ping on each channel; raises as :meth:`add`."""
        self._check_at_work()
        self._advance(self._set.ping(now=read_clocks()))

    async def stop(self) -> None:
        """Close all channels and wait until they are closed."""
        self._advance(self._set.stop(now=read_clocks()))
        # No checkpoint if it has ended: a cancelled caller may have more to close.
        if self._started and not self._over.is_set():
            await self._over.wait()

    def check_unused(self) -> None:
        """Raise if the handler was used before."""
        if self._started or self._set.stopped:
            raise GenesysCloudError(
                "a notification handler cannot be reused; create a new one for each block"
            )

    def _check_at_work(self) -> None:
        if self._set.stopped:
            raise self.why_over()
        if not self._started:
            raise GenesysCloudError(
                "the handler is not running; use it inside its block: async with ... as handler"
            )

    def why_over(self) -> Exception:
        """The reason why the channels ended."""
        error = self._error or self._set.failure
        return error.with_traceback(None) if error else GenesysCloudError("the handler is closed")

    async def _told(self, topics: tuple[str, ...]) -> None:
        waiter = _PendingSubscription(topics)
        self._pending.append(waiter)
        self._answer()
        try:
            await waiter.answered.wait()
        finally:
            self._pending.remove(waiter)
        answer = waiter.answer
        if answer is None:
            raise self.why_over()
        if answer.error is not None:
            raise answer.error.with_traceback(None)
        if answer.refusals:
            raise SubscriptionError(answer.refusals)

    def _answer(self) -> None:
        for waiter in self._pending:
            waiter.answer = waiter.answer or self._set.answer(waiter.topics)
            if waiter.answer is not None or self._set.stopped:
                waiter.answered.set()

    # Effects of the state machine

    def _advance(self, step: SetStep, arrived: Now | None = None) -> None:
        self._perform(step, arrived)
        self._follow_up()

    def _perform(self, step: SetStep, arrived: Now | None) -> None:
        self._set = step.state
        emitted = _emitted(step)
        if emitted:
            self._emit(emitted, arrived or read_clocks())
        if len(emitted) < len(step.effects):
            for each in step.effects:
                self._carry_out(each.channel, each.effect)

    def _emit(self, events: list[ChannelEvent], at: Now) -> None:
        routed = self._dispatcher.route_all(events)
        self.failure = latest_failure(routed.states, self.failure)
        self._hand_over(routed, at)

    def _follow_up(self) -> None:
        """Do what follows from the current state, whatever led to it."""
        if self._pending:
            self._answer()
        self._count()
        if self._set.stopped:
            self._close_consumer()
        self._look_for_room()
        deadline = self._deadline()
        if deadline is None or deadline < self._due:
            self._wake.set()

    def _carry_out(self, channel: int, effect: Effect) -> None:
        match effect:
            case Emit():
                pass  # delivered together
            case ChannelCall(id=call, operation=operation):
                self._calls.start_soon(self._guarded, self._call, channel, call, operation)
            case Connect(socket=socket, url=url):
                stream = self._streams[channel, socket] = WebSocketStream(
                    url, self._context.socket_options
                )
                self._sockets.start_soon(self._guarded, self._run, channel, socket, stream)
            case SendText(socket=socket, text=text):
                if (channel, socket) in self._streams:
                    stream = self._streams[channel, socket]
                    self._sockets.start_soon(self._guarded, stream.send_text, text)
            case CloseSocket(socket=socket):
                if (channel, socket) in self._streams:
                    self._sockets.start_soon(self._guarded, self._streams[channel, socket].close)
            case _:
                assert_never(effect)

    def _hand_over(self, routed: RoutedEvents, at: Now) -> None:
        if routed.consumer:
            self._consumer.put(routed.consumer, at)
        if routed.states:
            self._states.put(routed.states, at)
        for words in routed.warnings:
            self._context.warn(words)

    def _count(self) -> None:
        before, self._connections = self._connections, self._set.connections
        for _ in range(self._connections - before):
            self._context.observer.channel_opened()
        for _ in range(before - self._connections):
            self._context.observer.channel_closed()

    # Results of effects

    async def _call(self, channel: int, call: int, operation: Operation[object]) -> None:
        outcome: object
        try:
            outcome = await self._context.send(
                operation.with_options(deadline=self._context.policy.call_limit)
            )
        except GenesysCloudError as error:
            outcome = error
        self._advance(self._set.called(channel, call, outcome, now=read_clocks()))

    async def _run(self, channel: int, socket: int, stream: WebSocketStream) -> None:
        async def deliver(events: tuple[WebSocketEvent, ...], read_at: Now) -> None:
            await self._deliver(channel, socket, events, read_at)

        def deliver_early(events: tuple[WebSocketEvent, ...], read_at: Now) -> bool:
            return self._deliver_early(channel, socket, events, read_at)

        try:
            await stream.run(deliver, deliver_early)
        finally:
            del self._streams[channel, socket]

    async def _deliver(
        self, channel: int, socket: int, events: tuple[WebSocketEvent, ...], read_at: Now
    ) -> None:
        texts = [event.data for event in events if type(event) is Text]
        others = events if len(texts) < len(events) else ()  # rarely any
        if others and any(isinstance(event, HandshakeDone) for event in others):
            self._advance(self._set.connected(channel, socket, now=read_at))
        if texts:
            if self._full:
                await self._room()
            now = read_clocks()
            step = self._set.received(channel, socket, texts, now=now, read_at=read_at)
            self._perform(step, read_at)
        if texts or not events:  # none are left if all were delivered early
            try:
                # The consumer comes first: what follows can wait for a turn of the event loop.
                await checkpoint()
            finally:
                self._follow_up()
        for event in others:
            if isinstance(event, Closed | Failed):
                now = read_clocks()
                self._advance(self._set.disconnected(channel, socket, event, now=now))

    def _deliver_early(
        self, channel: int, socket: int, events: tuple[WebSocketEvent, ...], read_at: Now
    ) -> bool:
        """Hand messages to consumers in the event loop's callback, a turn before a task would.

        If this returns false, a task makes the same step again: a callback can start none.
        """
        texts = [event.data for event in events if type(event) is Text]
        if self._full or len(texts) < len(events):
            return False
        step = self._set.received(channel, socket, texts, now=read_at, read_at=read_at)
        emitted = _emitted(step)
        if len(emitted) < len(step.effects):
            return False
        self._set = step.state
        self._emit(emitted, read_at)
        return True  # `_deliver` follows

    def _look_for_room(self) -> None:
        if self._consumer.blocked:
            self._full = True
            if not self._watched:
                self._wake.set()

    async def _watch(self) -> None:
        await self._room()
        self._watched = False

    async def _room(self) -> None:
        """Wait until the consumer has capacity; meanwhile sockets count as not read."""
        await self._consumer.room()
        if self._full:
            self._full = False
            self._advance(self._set.resumed(now=read_clocks()))

    async def _guarded(self, work: Callable[..., Awaitable[None]], *args: object) -> None:
        """Run a task; an exception of the caller's hook or ``connect_uri`` ends the handler and propagates."""
        try:
            await work(*args)
        except Exception as error:  # noqa: BLE001 - raised by iteration
            self._context.warn(f"ended by {type(error).__name__}: {error}")
            self._error = self._error or error
            self._advance(self._set.stop(now=read_clocks()))

    # Time

    def _deadline(self) -> float | None:
        return self._set.deadline(reading=not self._full)

    async def _work(self) -> None:
        self._advance(self._first)
        while (deadline := self._deadline()) is not None:
            if self._full and not self._watched:
                # A socket waits for capacity only after a read, which may never happen.
                self._watched = True
                self._calls.start_soon(self._guarded, self._watch)
            self._due, self._wake = deadline, anyio.Event()
            with anyio.move_on_after(deadline - time.monotonic()):
                await self._wake.wait()
                continue
            self._advance(self._set.timer(now=read_clocks(), reading=not self._full))

    def _close_consumer(self) -> None:
        self._consumer.close(self._error or self._set.failure)

    def _end(self) -> None:
        self._answer()
        self._count()
        self._close_consumer()
        self._states.close()
        self._over.set()


def _emitted(step: SetStep) -> list[ChannelEvent]:
    return [each.effect.event for each in step.effects if isinstance(each.effect, Emit)]

"""The notification handler for asyncio and trio.

Invariants: all of its work runs in a task group that the ``async with`` block opens and closes.
"""

import contextlib
import inspect
from collections.abc import Awaitable, Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias

import anyio
from anyio.abc import TaskGroup

from genesys_cloud.notifications.channel_driver import Driver
from genesys_cloud.notifications.event_queues import AsyncEventQueue, QueueClosed
from genesys_cloud.notifications.handler_options import (
    HandlerContext,
    HandlerOptions,
    check_options,
    new_buffer,
    new_state_buffer,
)
from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.running_loop import running_loop
from genesys_core.calls.operation import Operation
from genesys_core.errors import GenesysCloudError
from genesys_core.notifications.buffer import Event
from genesys_core.notifications.dispatch import StateEvent, typed_topics

if TYPE_CHECKING:
    import builtins

__all__ = ["AsyncNotificationHandler", "AsyncOnEvent", "AsyncOnState"]

AsyncOnEvent: TypeAlias = Callable[[Event], Awaitable[object] | object]
"""Called with notifications and gaps; may be a coroutine function."""

AsyncOnState: TypeAlias = Callable[[StateEvent], Awaitable[object] | object]
"""Called with all other handler events; may be a coroutine function."""


class AsyncNotificationHandler:
    """A notification handler for asyncio and trio, created by :meth:`AsyncClient.notification_handler`.

    ::

        async with client.notification_handler() as handler:
            await handler.add_subscription(topic)
            async for event in handler: ...

    It runs for the duration of its block, in its own task group (nursery), and cannot be reused.
    Any number of tasks may iterate; each event is delivered to exactly one of them.
    """

    _tasks: TaskGroup

    def __init__(
        self,
        context: HandlerContext,
        send: Callable[[Operation[object]], Awaitable[object]],
        on_notification: AsyncOnEvent | None,
        on_state: AsyncOnState | None,
        options: HandlerOptions,
    ) -> None:
        check_options(options, on_notification=on_notification, on_state=on_state)
        self._context = context
        self._on_notification, self._on_state = on_notification, on_state
        self._events = AsyncEventQueue(new_buffer(options))
        self._states = AsyncEventQueue(new_state_buffer(on_state))
        self._loop: object = None
        self._driver = Driver(context.driver_context(options, send), self._events, self._states)

    async def add_subscription(self, topic: str, type: object = None) -> None:
        """Subscribe to a topic and wait until the platform has confirmed the subscription.

        Arguments and errors are those of :meth:`NotificationHandler.add_subscription`, except that
        timeouts are those of your event loop: ``asyncio.timeout``, ``trio.fail_after``. Cancelling
        the call does not cancel the subscription.
        """
        self._check_loop()
        await self._driver.add(typed_topics((topic,), type))

    async def add_subscriptions(
        self, topics: Iterable[str | tuple[str, object]], type: object = None
    ) -> None:
        """Subscribe to several topics; see :meth:`NotificationHandler.add_subscriptions`."""
        self._check_loop()
        await self._driver.add(typed_topics(topics, type))

    async def remove_subscription(self, topic: str) -> None:
        """Unsubscribe from a topic; see :meth:`NotificationHandler.remove_subscription`."""
        self._check_loop()
        await self._driver.remove((topic,))

    async def remove_all_subscriptions(self) -> None:
        """Unsubscribe from all topics; see :meth:`NotificationHandler.remove_all_subscriptions`."""
        self._check_loop()
        await self._driver.clear()

    async def ping(self) -> None:
        """Send a ping on each channel; see :meth:`NotificationHandler.ping`."""
        self._check_loop()
        await self._driver.ping()

    async def close(self) -> None:
        """Close all sockets and end iteration immediately; buffered events are discarded. Idempotent.

        The handler's tasks end with its block.
        """
        await self._driver.stop()

    def __aiter__(self) -> Self:
        if self._on_notification is not None:
            raise TypeError(
                "the handler cannot be iterated: its events go to on_notification; remove that argument to iterate"
            )
        return self

    async def __anext__(self) -> Event:
        """Wait for the next notification or gap.

        Raises:
            StopAsyncIteration: the handler was closed.
            GenesysCloudError: the platform rejected the handler, or it belongs to another event loop.
        """
        try:
            held = self._events.take_now()
            if held is None:
                self._check_loop()
                held = await self._events.take()
        except QueueClosed:
            raise StopAsyncIteration from None
        return self._context.delivered(held)

    async def __aenter__(self) -> Self:
        self._driver.state.check_unused()
        # Not earlier: a handler may be created before the event loop runs.
        self._loop = running_loop()
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        try:
            await self._tasks.start(self._driver.run)
        except BaseException:
            await self._leave()
            raise
        if self._on_notification is not None:
            self._tasks.start_soon(self._dispatch_events, self._on_notification)
        if self._on_state is not None:
            self._tasks.start_soon(self._dispatch_states, self._on_state)
        return self

    async def __aexit__(
        self,
        kind: "builtins.type[BaseException] | None",
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                await self.close()
        finally:
            await self._leave()

    def _check_loop(self) -> None:
        if self._loop is not None and self._loop is not running_loop():
            raise GenesysCloudError(
                "this notification handler belongs to the event loop that entered its block; use it "
                "there, or open another one in this loop"
            )

    async def _leave(self) -> None:
        # The task group must not see the block's exception, or it would wrap it.
        self._tasks.cancel_scope.cancel()
        await self._tasks.__aexit__(None, None, None)

    async def _dispatch_events(self, callback: AsyncOnEvent) -> None:
        with contextlib.suppress(Exception):  # raised by the methods
            while True:
                await self._call_back(callback, self._context.delivered(await self._events.take()))

    async def _dispatch_states(self, callback: AsyncOnState) -> None:
        with contextlib.suppress(QueueClosed):
            while True:
                state = (await self._states.take()).event
                try:
                    await _finished(callback(state))
                except Exception as error:  # noqa: BLE001 - reported
                    self._context.failed(error, state)

    async def _call_back(self, callback: AsyncOnEvent, event: Event) -> None:
        try:
            await _finished(callback(event))
        except Exception as error:  # noqa: BLE001 - reported
            self._states.put((self._context.failed(error, event),), read_clocks())


async def _finished(result: object) -> None:
    if inspect.isawaitable(result):
        await result

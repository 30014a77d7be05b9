"""The notification handler for asyncio and trio.

Law: everything it does happens in tasks of its own group, which its block opens and closes.
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
    as_topics,
    check_options,
    new_buffer,
    new_state_buffer,
)
from genesys_cloud.system_clock import read_clocks
from genesys_core.calls.operation import Operation
from genesys_core.notifications.buffer import Event
from genesys_core.notifications.dispatch import StateEvent

if TYPE_CHECKING:
    import builtins

__all__ = ["AsyncNotificationHandler", "AsyncOnEvent", "AsyncOnState"]

AsyncOnEvent: TypeAlias = Callable[[Event], Awaitable[object] | object]
"""Takes notifications and gaps; a coroutine function or not."""

AsyncOnState: TypeAlias = Callable[[StateEvent], Awaitable[object] | object]
"""Takes everything else that happens; a coroutine function or not."""


class AsyncNotificationHandler:
    """Notifications for asyncio and trio; made by :meth:`AsyncClient.notification_handler`.

    ::

        async with client.notification_handler() as handler:
            await handler.add_subscription(topic)
            async for event in handler: ...

    It works while its block does, in a task group (a nursery) of its own, and once. Any number of
    tasks may iterate: each event goes to one of them.
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
        check_options(options)
        self._context = context
        self._on_notification, self._on_state = on_notification, on_state
        self._events = AsyncEventQueue(new_buffer(options))
        self._states = AsyncEventQueue(new_state_buffer(on_state))
        self._driver = Driver(context.driver_context(options, send), self._events, self._states)

    async def add_subscription(self, topic: str, type: object = None) -> None:
        """Subscribe to a topic; returns when the platform has confirmed it.

        Args and errors are those of :meth:`NotificationHandler.add_subscription`, but for the
        timeout, which is your event loop's: ``asyncio.timeout``, ``trio.fail_after``. A call that
        is cancelled leaves the topic asked for.
        """
        await self._driver.add((topic,), type)

    async def add_subscriptions(self, topics: Iterable[str], type: object = None) -> None:
        """Subscribe to several topics; see :meth:`NotificationHandler.add_subscriptions`."""
        await self._driver.add(as_topics(topics), type)

    async def remove_subscription(self, topic: str) -> None:
        """Subscribe to a topic no longer; see :meth:`NotificationHandler.remove_subscription`."""
        await self._driver.remove((topic,))

    async def remove_all_subscriptions(self) -> None:
        """Subscribe to nothing; see :meth:`NotificationHandler.remove_all_subscriptions`."""
        await self._driver.clear()

    async def ping(self) -> None:
        """Ask each channel for a sign of life; see :meth:`NotificationHandler.ping`."""
        await self._driver.ping()

    async def close(self) -> None:
        """Close all sockets, and end the iteration at once; what is in the buffer is dropped.

        Closing twice does nothing more. The tasks of the handler end with its block.
        """
        await self._driver.stop()

    def __aiter__(self) -> Self:
        if self._on_notification is not None:
            raise TypeError("the handler has on_notification, which gets its events; leave it out")
        return self

    async def __anext__(self) -> Event:
        """The next notification or gap; waits for it.

        Raises:
            StopAsyncIteration: the handler was closed.
            GenesysCloudError: the platform refuses the handler, and why.
        """
        try:
            held = self._events.take_now() or await self._events.take()
        except QueueClosed:
            raise StopAsyncIteration from None
        return self._context.delivered(held)

    async def __aenter__(self) -> Self:
        self._driver.check_unused()
        # Not before: a handler may be made where no event loop runs.
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

    async def _leave(self) -> None:
        # The block's own error is not given to the group, which would wrap it in another.
        self._tasks.cancel_scope.cancel()
        await self._tasks.__aexit__(None, None, None)

    async def _dispatch_events(self, callback: AsyncOnEvent) -> None:
        with contextlib.suppress(Exception):  # the end, of which the methods tell
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

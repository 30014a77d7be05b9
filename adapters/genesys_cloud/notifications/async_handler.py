"""The notification handler for asyncio and trio.

Invariants: the handler's tasks run in a task group that its ``async with`` block opens and closes.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias

import anyio
from anyio.abc import TaskGroup

from genesys_cloud.notifications.event_queues import AsyncEventQueue, QueueClosed
from genesys_cloud.notifications.handler_base import HandlerBase
from genesys_cloud.notifications.handler_options import HandlerContext, HandlerOptions
from genesys_cloud.transports.running_loop import running_loop
from genesys_core.calls.operation import Operation
from genesys_core.errors import GenesysCloudError
from genesys_core.notifications.buffer import Event
from genesys_core.notifications.dispatch import StateEvent, typed_topics

if TYPE_CHECKING:
    import builtins

__all__ = ["AsyncNotificationHandler", "AsyncOnEvent", "AsyncOnState"]

AsyncOnEvent: TypeAlias = Callable[[Event], Awaitable[object] | object]
"""A callback that is called with notifications and gaps; may be a coroutine function."""

AsyncOnState: TypeAlias = Callable[[StateEvent], Awaitable[object] | object]
"""A callback for all events other than notifications and gaps; may be a coroutine function."""


class AsyncNotificationHandler(HandlerBase[AsyncEventQueue[Event]]):
    """A notification handler for asyncio and trio, created by :meth:`AsyncClient.notification_handler`.

    ::

        async with client.notification_handler() as handler:
            await handler.add_subscription(topic)
            async for event in handler: ...

    The handler runs for the duration of the block, in its own task group (nursery), and cannot be
    reused. Any number of tasks may iterate; each event is delivered to exactly one of these tasks.
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
        callbacks = on_notification, on_state
        super().__init__(
            context,
            send,
            callbacks,
            options,
            new_events=AsyncEventQueue[Event],
            new_states=AsyncEventQueue[StateEvent],
        )
        self._loop: object = None

    async def add_subscription(self, topic: str, type: object = None) -> None:
        """Subscribe to a topic and wait until the platform has confirmed the subscription.

        Takes the same arguments and raises the same errors as
        :meth:`NotificationHandler.add_subscription`, except ``timeout``: use ``asyncio.timeout`` or
        ``trio.fail_after`` instead. Cancelling the call does not cancel the subscription.
        """
        await self._do(self._driver.add, typed_topics((topic,), type))

    async def add_subscriptions(
        self, topics: Iterable[str | tuple[str, object]], type: object = None
    ) -> None:
        """Subscribe to several topics; see :meth:`NotificationHandler.add_subscriptions`."""
        await self._do(self._driver.add, typed_topics(topics, type))

    async def remove_subscription(self, topic: str) -> None:
        """Unsubscribe from a topic; see :meth:`NotificationHandler.remove_subscription`."""
        await self._do(self._driver.remove, (topic,))

    async def remove_all_subscriptions(self) -> None:
        """Unsubscribe from all topics; see :meth:`NotificationHandler.remove_all_subscriptions`."""
        await self._do(self._driver.clear)

    async def ping(self) -> None:
        """Send a ping on each channel; see :meth:`NotificationHandler.ping`."""
        await self._do(self._driver.ping)

    async def close(self) -> None:
        """Close all sockets and end iteration immediately; buffered events are discarded. Idempotent.

        The handler's tasks end when its ``async with`` block ends.
        """
        await self._driver.stop()

    def __aiter__(self) -> Self:
        self._check_iterable()
        return self

    async def __anext__(self) -> Event:
        """Wait for the next notification or gap, and return it.

        Raises:
            StopAsyncIteration: the handler was closed.
            GenesysCloudError: the platform grants no channel, or the handler belongs to another
                event loop.
        """
        try:
            # A fast path: a buffered event needs neither a coroutine nor a check of the event loop.
            held = self._events.take_now()
            if held is None:
                self._check_loop()
                held = await self._events.take()
        except QueueClosed:
            raise StopAsyncIteration from None
        return self._context.delivered(held)

    async def __aenter__(self) -> Self:
        self._driver.state.check_unused()
        # Not in the constructor: a handler may be created before the event loop runs.
        self._loop = running_loop()
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        try:
            await self._tasks.start(self._driver.run)
        except BaseException:  # `__aexit__` is not called if this method raises
            await self._leave()
            raise
        for dispatch in self._dispatchers():
            self._tasks.start_soon(dispatch)
        return self

    async def __aexit__(
        self,
        kind: "builtins.type[BaseException] | None",
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            # With an error or a cancellation, sockets are closed without a closing handshake.
            if error is None:
                await self.close()
        finally:
            await self._leave()

    async def _do(self, work: Callable[..., Awaitable[None]], *args: object) -> None:
        self._check_loop()
        await work(*args)

    def _check_loop(self) -> None:
        if self._loop is not None and self._loop is not running_loop():
            raise GenesysCloudError(
                "this notification handler belongs to the event loop that entered its block; use it "
                "in that loop, or open another handler in this loop"
            )

    async def _leave(self) -> None:
        # Without the block's exception, which the task group would wrap in an exception group.
        self._tasks.cancel_scope.cancel()
        await self._tasks.__aexit__(None, None, None)

    async def _finish(self, result: object) -> None:
        if inspect.isawaitable(result):
            await result

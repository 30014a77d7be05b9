"""The notification handler for threads.

Invariants: channels run in an event loop in a thread that the handler owns; other threads call
functions in that loop. When :meth:`NotificationHandler.close` returns, no thread of the handler is
running, except those of callbacks that called it.
"""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Final, Self, TypeAlias

import anyio
from anyio.from_thread import BlockingPortal

from genesys_cloud.notifications.event_queues import QueueClosed, ThreadEventQueue
from genesys_cloud.notifications.handler_base import HandlerBase
from genesys_cloud.notifications.handler_options import HandlerContext, HandlerOptions
from genesys_cloud.process_id import process_id
from genesys_cloud.transports.awaited import run_now
from genesys_core import errors
from genesys_core.calls.operation import Operation
from genesys_core.checks import Expected
from genesys_core.notifications.buffer import Event
from genesys_core.notifications.dispatch import StateEvent, typed_topics

__all__ = ["NotificationHandler", "OnEvent", "OnState"]

OnEvent: TypeAlias = Callable[[Event], object]
"""A callback that is called with notifications and gaps."""

OnState: TypeAlias = Callable[[StateEvent], object]
"""A callback that is called with all events other than notifications and gaps."""

_TIMEOUT: Final = 60.0
"""Default timeout in seconds for the platform to confirm a subscription."""


_TIMEOUTS: Final = Expected("a number of seconds", "60", (int, float), is_optional=True)


class NotificationHandler(HandlerBase[ThreadEventQueue[Event]]):
    """A notification handler for threads, created by :meth:`Client.notification_handler`.

    The handler starts running in a background thread at once. All methods are thread-safe, and any
    number of threads may iterate; each event is delivered to exactly one of these threads.
    """

    def __init__(
        self,
        context: HandlerContext,
        send: Callable[[Operation[object]], object],
        on_notification: OnEvent | None,
        on_state: OnState | None,
        options: HandlerOptions,
    ) -> None:
        self._process = process_id()
        self._closing: set[threading.Thread] = set()  # callbacks that have called `close`
        self._pool = ThreadPoolExecutor(thread_name_prefix="genesys-cloud notifications")
        callbacks = on_notification, on_state
        threaded = partial(self._send_in_thread, send)
        super().__init__(
            context,
            threaded,
            callbacks,
            options,
            new_events=ThreadEventQueue[Event],
            new_states=ThreadEventQueue[StateEvent],
        )
        # The thread of the event loop is the first in the list, as `_check_thread` expects.
        ready: Future[BlockingPortal] = Future()
        self._threads = [_thread(self._serve, ready)]
        self._portal = ready.result()
        self._threads += [_thread(run_now, dispatch()) for dispatch in self._dispatchers()]

    def add_subscription(
        self, topic: str, type: object = None, *, timeout: float | None = _TIMEOUT
    ) -> None:
        """Subscribe to a topic and wait until the platform has confirmed the subscription.

        Args:
            topic: a topic such as ``v2.users.{id}.presence`` with the id filled in, or a combined
                topic such as ``v2.users.{id}?presence&station``. Case-insensitive.
            type: the type to decode event bodies as: a model, or any type that msgspec can decode;
                ``None`` uses the type that the platform documents.
            timeout: seconds to wait, including reconnects; ``None`` waits indefinitely.

        Raises:
            InvalidValueError: the topic is invalid, or there are too many topics; nothing was
                changed.
            TypeError: msgspec cannot decode the type; nothing was changed.
            SubscriptionError: the platform rejected the topic.
            TimeoutError: the platform has not confirmed the subscription in time. The handler
                keeps trying to subscribe.
            GenesysCloudError: the handler was closed, or the platform does not grant a channel.
        """
        self.add_subscriptions((topic,), type, timeout=timeout)

    def add_subscriptions(
        self,
        topics: Iterable[str | tuple[str, object]],
        type: object = None,
        *,
        timeout: float | None = _TIMEOUT,
    ) -> None:
        """Subscribe to several topics at once; see :meth:`add_subscription`.

        Args:
            topics: topics, or pairs of a topic and the type to decode its events as.
            type: the type for topics that are passed without a type.
            timeout: see :meth:`add_subscription`.

        Raises:
            SubscriptionError: the platform rejected some topics; the other topics are subscribed.
        """
        self._do(timeout, self._driver.add, typed_topics(topics, type))

    def remove_subscription(self, topic: str, *, timeout: float | None = _TIMEOUT) -> None:
        """Unsubscribe from a topic. Events that are already buffered are still delivered.

        Raises:
            InvalidValueError: the topic is malformed.
            TimeoutError: the platform has not confirmed the change in time.
            GenesysCloudError: see :meth:`add_subscription`.
        """
        self._do(timeout, self._driver.remove, (topic,))

    def remove_all_subscriptions(self, *, timeout: float | None = _TIMEOUT) -> None:
        """Unsubscribe from all topics; the handler stays connected.

        Raises:
            TimeoutError: the platform has not confirmed the change in time.
            GenesysCloudError: see :meth:`add_subscription`.
        """
        self._do(timeout, self._driver.clear)

    def ping(self) -> None:
        """Send a ping on each channel; ``on_state`` receives each pong as a ``Heartbeat``.

        Raises:
            GenesysCloudError: see :meth:`add_subscription`.
        """
        self._do(None, self._driver.ping)

    def close(self) -> None:
        """Close all sockets and end iteration immediately; buffered events are discarded. Idempotent.

        Blocks until the handler's threads have ended: running callbacks finish first, except one
        that calls this method, and REST calls in progress take at most 30 s. Does nothing in a
        forked child, because the handler belongs to the parent.

        Raises:
            GenesysCloudError: called from a ``connect_uri`` function or a log handler, which run in
                the handler's own thread, where this call would deadlock.
        """
        if self._process != process_id():
            return  # a fork copies no threads, and the sockets belong to the parent process
        self._check_thread()
        with contextlib.suppress(RuntimeError):  # the event loop has already ended
            self._portal.call(self._driver.stop)
        # Both callbacks may close the handler at the same time, and must not wait for each other.
        caller = threading.current_thread()
        closing = self._closing if caller in self._threads else set[threading.Thread]()
        closing.add(caller)
        for thread in self._threads:
            if thread not in closing:
                thread.join()
        with contextlib.suppress(RuntimeError):  # a hook called this method in a thread of the pool
            self._pool.shutdown()

    def __iter__(self) -> Self:
        self._check_iterable()
        return self

    def __next__(self) -> Event:
        """Wait for the next notification or gap, and return it.

        Raises:
            StopIteration: the handler was closed.
            GenesysCloudError: the platform grants no channel, or the handler belongs to another
                process.
        """
        self._check_process()
        try:
            return self._context.delivered(self._events.wait())
        except QueueClosed:
            raise StopIteration from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _do(
        self, timeout: float | None, work: Callable[..., Awaitable[None]], *args: object
    ) -> None:
        _TIMEOUTS.check("timeout", timeout)

        async def bounded() -> None:
            with anyio.move_on_after(timeout) as scope:
                await work(*args)
            if scope.cancelled_caught:
                raise self._driver.state.unanswered(timeout)

        self._check_process()
        self._check_thread()
        try:
            self._portal.call(bounded)
        except RuntimeError:  # the event loop has ended
            raise self._driver.state.why_over() from None

    def _check_process(self) -> None:
        if self._process != process_id():
            raise errors.GenesysCloudError(
                "this notification handler belongs to the process that opened it, and its threads do "
                "not exist in a forked child; open another handler in the child"
            )

    def _check_thread(self) -> None:
        if threading.current_thread() is self._threads[0]:
            raise errors.GenesysCloudError(
                "connect_uri functions and log handlers run in the thread of the notification handler, "
                "where this call would deadlock; call it from another thread"
            )

    async def _send_in_thread(
        self, send: Callable[[Operation[object]], object], operation: Operation[object]
    ) -> object:
        # In a pool, because a REST call that blocks the event loop would stop all channels' heartbeats.
        return await asyncio.get_running_loop().run_in_executor(self._pool, send, operation)

    def _serve(self, ready: "Future[BlockingPortal]") -> None:
        async def main() -> None:
            async with BlockingPortal() as portal:
                ready.set_result(portal)
                await self._driver.run()

        try:
            anyio.run(main)
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)  # raised by the constructor, which waits for it


def _thread(work: Callable[..., object], *args: object) -> threading.Thread:
    # A daemon thread, so that a program that does not close its handler can exit.
    thread = threading.Thread(
        target=work, args=args, name="genesys-cloud notifications", daemon=True
    )
    thread.start()
    return thread

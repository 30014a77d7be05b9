"""Notification handlers of all flavours behind one face, and the simulated platform they listen to."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any

import anyio
import anyio.lowlevel

from genesys_cloud.notifications import Policy
from genesys_cloud.simulator import RunningSimulator
from genesys_core.notifications.buffer import Event
from tests.helpers.flavours import run_now
from tests.helpers.threads import threads_end

LIMIT = 30
"""Seconds after which what a test waits for does not come."""


def hasty(**times: Any) -> Policy:
    """As patient as a test that runs on real clocks can be."""
    return Policy(lambda: 0.0, **{"backoff_base": 0.02, "backoff_cap": 0.1, **times})


class Told:
    """What ``on_state`` was told; any thread may wait for more."""

    def __init__(self) -> None:
        self.states: list[Any] = []
        self._changed = threading.Condition()

    def __call__(self, state: Any) -> None:
        with self._changed:
            self.states.append(state)
            self._changed.notify_all()

    def of(self, kind: type) -> list[Any]:
        return [state for state in tuple(self.states) if isinstance(state, kind)]

    def wait(self, kind: type, count: int = 1) -> list[Any]:
        """Block until there are so many states of a kind."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.of(kind)) >= count, LIMIT), self.states
        return self.of(kind)


class Listener:
    """A handler, whichever flavour it is; in the sync flavour nothing here really waits."""

    def __init__(self, handler: Any, told: Told) -> None:
        self.handler, self.told = handler, told
        self._is_async = hasattr(handler, "__anext__")

    async def do(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Call a method of the handler."""
        result = getattr(self.handler, name)(*args, **kwargs)
        if self._is_async:
            with anyio.fail_after(LIMIT):
                await result

    async def next(self) -> Event:
        if not self._is_async:
            return next(self.handler)
        with anyio.fail_after(LIMIT):
            return await anext(self.handler)

    async def take(self, count: int) -> list[Event]:
        return [await self.next() for _ in range(count)]

    async def until(self, wanted: Callable[[Event], bool]) -> list[Event]:
        """Events up to the first that is wanted."""
        events = [await self.next()]
        while not wanted(events[-1]):
            events.append(await self.next())
        return events

    async def state(self, kind: type, count: int = 1) -> list[Any]:
        """Wait until ``on_state`` was told so many states of a kind."""
        if not self._is_async:
            return self.told.wait(kind, count)
        await self.wait_for(lambda: len(self.told.of(kind)) >= count)
        return self.told.of(kind)

    async def wait_for(self, condition: Callable[[], bool]) -> None:
        """Poll for a condition that is not reported by an event."""
        end = time.monotonic() + LIMIT
        while not condition():
            assert time.monotonic() < end, "it did not come about"
            await self._pause()

    async def _pause(self) -> None:
        if self._is_async:
            await anyio.sleep(0.001)
        else:
            threading.Event().wait(0.001)


async def listening(
    api: Any, scenario: Callable[[Listener], Awaitable[None]], **options: Any
) -> None:
    """Run a scenario with a handler of the client."""
    told = options.pop("told", None) or Told()
    options.setdefault("policy", hasty())
    made = api.client.notification_handler(on_state=told, **options)
    if not hasattr(made, "__anext__"):
        with made as handler:
            run_now(scenario(Listener(handler, told)))
        return
    async with made as handler:
        await scenario(Listener(handler, told))


def channels(simulator: RunningSimulator) -> list[str]:
    """The ids of the channels that have a socket, oldest first."""
    return simulator.at_hub(
        lambda hub, _: [each.id for each in hub.state.channels.values() if each.is_connected]
    )


def subscribed(simulator: RunningSimulator) -> set[str]:
    """The topics that channels with a socket have."""
    return simulator.at_hub(
        lambda hub, _: {
            topic.written
            for each in hub.state.channels.values()
            if each.is_connected
            for topic in each.topics.values()
        }
    )


def no_threads_left() -> AbstractContextManager[None]:
    """Fail if the block leaves a thread of a handler behind."""
    return threads_end("genesys-cloud notifications")

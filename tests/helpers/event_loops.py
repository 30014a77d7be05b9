"""The drivers that the documentation shows for other event loops, as flavours of a scenario.

They are run as they stand on their pages; see :mod:`tests.helpers.flavours` for those of the clients.
"""

from __future__ import annotations

import random
import threading
import types
from collections.abc import Awaitable, Callable, Generator
from functools import cache
from typing import Any, TypeVar

import pytest

from genesys_core.calls.operation import Operation
from genesys_core.hosts import Hosts
from genesys_core.session.pacing import Pacer, Pacing
from genesys_core.session.retry import RETRIES_OFF, RetryConfiguration
from genesys_core.session.session import Session, Settings
from genesys_core.session.vault import Vault
from tests.helpers.flavours import RUNNERS, Scenario
from tests.helpers.pages import page_names

T = TypeVar("T")


def session_for(
    *,
    host: str,
    auth: Any = None,
    pacing: Pacing | None = None,
    retry: RetryConfiguration | None = None,
    deadline: float | None = None,
) -> Session:
    """What a client would make of these arguments."""
    settings = Settings(
        hosts=Hosts.resolve(host=host), retry=retry or RETRIES_OFF, deadline=deadline
    )
    pacer = None if pacing is None else Pacer.of(pacing)
    return Session(settings, Vault(auth), random.random, pacer)


class _DriverApi:
    """What a scenario may do with a driver of a page."""

    def __init__(self, driver: Any) -> None:
        self.client = driver

    @property
    def session(self) -> Session:
        return self.client.session

    async def send(self, operation: Operation[T]) -> T:
        return (await self.send_raw(operation)).data

    async def send_raw(self, operation: Operation[Any]) -> Any:
        raise NotImplementedError


# --- the generators of docs/embedding.md -----------------------------------------------------------


class GeneratorApi(_DriverApi):
    async def send_raw(self, operation: Operation[Any]) -> Any:
        return await _awaited(self.client.call(operation))

    async def at_once(self, count: int, work: Callable[[], Awaitable[Any]]) -> list[Any]:
        tasks = [_caught(work()) for _ in range(count)]
        return self.client.loop.run(*tasks)


@types.coroutine
def _awaited(generator: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
    return (yield from generator)


def _task(work: Awaitable[T]) -> Generator[Any, Any, T]:
    return (yield from work.__await__())


def _caught(work: Awaitable[Any]) -> Generator[Any, Any, Any]:
    try:
        return (yield from work.__await__())
    except Exception as error:  # noqa: BLE001 - the scenario looks at it
        return error


def run_embedded(scenario: Scenario, **options: Any) -> None:
    names = page_names("docs/embedding.md")
    loop = names["Loop"]()
    try:
        loop.run(_task(scenario(GeneratorApi(names["Driver"](session_for(**options), loop)))))  # type: ignore[arg-type]
    finally:
        loop.selector.close()


# --- Twisted ---------------------------------------------------------------------------------------


class TwistedApi(_DriverApi):
    async def send_raw(self, operation: Operation[Any]) -> Any:
        return await self.client.call(operation)

    async def at_once(self, count: int, work: Callable[[], Awaitable[Any]]) -> list[Any]:
        from twisted.internet.defer import DeferredList, ensureDeferred

        begun = [ensureDeferred(work()) for _ in range(count)]  # type: ignore[arg-type]
        ended = await DeferredList(begun, consumeErrors=True)
        return [result if succeeded else result.value for succeeded, result in ended]


@cache
def reactor() -> Any:
    """Twisted's reactor, in its own thread: a process has only one, and it runs once."""
    from twisted.internet import reactor

    started = threading.Event()
    reactor.callWhenRunning(started.set)
    threading.Thread(
        target=reactor.run, kwargs={"installSignalHandlers": False}, daemon=True
    ).start()
    assert started.wait(10)
    return reactor


def run_twisted(scenario: Scenario, **options: Any) -> None:
    from twisted.internet.defer import ensureDeferred
    from twisted.internet.threads import blockingCallFromThread

    names, loop = page_names("docs/recipes/event-loop.md"), reactor()

    async def main() -> None:
        driver = names["TwistedDriver"](loop, session_for(**options))
        await scenario(TwistedApi(driver))  # type: ignore[arg-type]

    blockingCallFromThread(loop, lambda: ensureDeferred(main()))


LOOPS = {"embedded": run_embedded, "twisted": run_twisted}

every_loop = pytest.mark.parametrize("run", LOOPS.values(), ids=LOOPS)
"""Runs a test once with each driver of the pages, as its argument ``run(scenario, **options)``."""

every_driver = pytest.mark.parametrize(
    "run", [*RUNNERS.values(), *LOOPS.values()], ids=[*RUNNERS, *LOOPS]
)
"""Runs a test with the clients' drivers and with those of the pages."""

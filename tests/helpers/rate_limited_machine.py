"""A machine whose clocks a test sets: it makes call after call, and reports each wait instead of waiting.

``python -m tests.helpers.rate_limited_machine FLAVOUR HOST REDIS NUMBER LIMIT WINDOW`` prints the seconds
that it wants to wait, reads the time at which it goes on, and so forth. Clocks of machines with different
numbers are minutes apart; Redis reads the time from the key that ``Redis.set_clock`` sets.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Callable

import trio

from genesys_cloud import AsyncClient, Client, Pacing
from genesys_cloud.client.asyncio_loop import AsyncioLoop
from genesys_cloud.client.thread_loop import ThreadLoop
from genesys_cloud.client.trio_loop import TrioLoop
from genesys_cloud.errors import BudgetError
from genesys_cloud.redis import RedisBudget
from genesys_core.redis import places
from tests.helpers.redis_server import with_test_clock

SCRIPTS = ("TAKE_SCRIPT", "LEAVE_SCRIPT", "CLOSE_SCRIPT")


class Clocks:
    """The clocks of this machine, which stand still between two waits."""

    def __init__(self, number: int) -> None:
        self._number, self._now = number, 0.0

    def monotonic(self) -> float:
        return 1000.0 * self._number + self._now

    def wall(self) -> float:
        return 1.7e9 + 60.0 * self._number + self._now

    def wait(self, seconds: float) -> None:
        print(repr(max(seconds, 0.0)), flush=True)
        self._now = float(sys.stdin.readline())


async def call_for_ever(client: Client | AsyncClient, clocks: Clocks, number: int) -> None:
    chance = random.Random(number)
    while True:
        clocks.wait(chance.random() * 0.02)
        try:
            reply = client.users.get_users_me()
            if not isinstance(client, Client):
                await reply
        except BudgetError:
            clocks.wait(0.1)


def main() -> None:
    flavour, host, redis, *numbers = sys.argv[1:]
    number, limit, window = map(int, numbers)
    clocks = Clocks(number)
    time.monotonic, time.time = clocks.monotonic, clocks.wall
    for name in SCRIPTS:
        setattr(places, name, with_test_clock(getattr(places, name)))

    async def sleep(_: object, left: Callable[[], float]) -> None:
        clocks.wait(left())

    for loop in (ThreadLoop, AsyncioLoop, TrioLoop):
        loop.sleep = sleep
    options = {
        "host": host,
        "access_token": "t",
        "trust_env": False,
        "budget": RedisBudget(redis, timeout=20),
        "pacing": Pacing(limit=limit, window=window),
    }

    async def run() -> None:
        async with AsyncClient(**options) as client:
            await call_for_ever(client, clocks, number)

    match flavour:
        case "asyncio":
            asyncio.run(run())
        case "trio":
            trio.run(run)
        case _:
            with Client(**options) as client:
                call_for_ever(client, clocks, number).send(None)


if __name__ == "__main__":
    main()

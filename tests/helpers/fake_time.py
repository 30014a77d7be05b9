"""A clock that a client's sleeps advance, so that waits of hours take no time."""

from __future__ import annotations

from collections.abc import Callable

import anyio.lowlevel
import pytest

from genesys_cloud.client import base
from genesys_cloud.client.asyncio_loop import AsyncioLoop
from genesys_cloud.client.thread_loop import ThreadLoop
from genesys_cloud.client.trio_loop import TrioLoop
from genesys_core.clock import Now


class FakeTime:
    """The time that clients see.

    Real transports look at the real clock for deadlines: where there is one, ``now`` is its time.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, now: float = 1000.0) -> None:
        self.now = now
        self.slept: list[float] = []

        async def sleep(loop: object, left: Callable[[], float]) -> None:
            if not isinstance(loop, ThreadLoop):
                await anyio.lowlevel.checkpoint()
            self.slept.append(left())
            self.now += self.slept[-1]

        monkeypatch.setattr(base, "read_clocks", lambda: Now(self.now, self.now))
        for kind in (ThreadLoop, AsyncioLoop, TrioLoop):
            monkeypatch.setattr(kind, "sleep", sleep)

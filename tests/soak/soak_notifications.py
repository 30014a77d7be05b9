"""A notification handler in trouble: a fault every second, and an account of every event.

Run: ``python tests/soak/soak_notifications.py --minutes 10``, which soaks all three flavours at the
same time, each in a process of its own with a simulated platform of its own, and prints a table.

It goes in rounds of a few seconds. At the end of each, publishing stops until the handler has come
to rest, and the account is settled (:mod:`tests.soak.ledger`): the topics on the server are those
asked for, each event was handed out or lies in a gap, none was handed out more often than it was
sent. Then what the process holds is counted, and must not have grown since the first rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import math
import os
import subprocess
import sys
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import trio  # noqa: E402

from genesys_cloud.simulator import Settings, bundled_definition, running_simulator  # noqa: E402
from tests.benchmarks.results import Rows, write_result  # noqa: E402
from tests.helpers.flavours import RUNNERS  # noqa: E402
from tests.helpers.listeners import LIMIT, Listener, hasty, listening  # noqa: E402
from tests.soak.faults import Moody, Publisher, Storm  # noqa: E402
from tests.soak.ledger import Ledger, names  # noqa: E402

RATE = 200
"""Events a second."""

ROUND = 5
"""Seconds of trouble, with a fault in each, before the account is settled."""

TOPICS = [*(f"v2.users.user-{n}.presence" for n in range(7)), "v2.users.user-7?presence&station"]

POLICY = hasty(silence=0.4, pong_wait=0.3, overlap=0.3, linger=0.3, lag=0.2, connect_limit=5.0)

GROWTH = {"memory": 256 * 1024, "threads": 6, "tasks": 6, "descriptors": 6}
"""What a process may hold more at the end than after the first rounds. Of memory, ten bytes an event, or
half a kilobyte a fault, are beyond that after ten minutes; a leaked text of each event is after ten
seconds. Of the others, a pool's on its way to the few that it ever needs."""


class Held(msgspec.Struct, frozen=True):
    """What a process holds when it is at rest."""

    memory: int
    resident: int
    threads: int
    tasks: int
    descriptors: int


class Result(msgspec.Struct):
    """What came of a soak; ``wrong`` is empty if all is well."""

    flavour: str
    seconds: float
    seed: int
    wrong: list[str]
    totals: dict[str, int]
    faults: dict[str, int]
    states: dict[str, int]
    warm: Held | None = None
    end: Held | None = None


class States:
    """Counts what ``on_state`` is told."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def __call__(self, state: object) -> None:
        self.counts[type(state).__name__] += 1


class Soak:
    """One flavour's.

    Args:
        flavour: ``sync``, ``asyncio`` or ``trio``.
        simulator: whose hub is there to be broken.
        seed: of everything that is drawn.
    """

    def __init__(self, flavour: str, simulator: Any, seed: int) -> None:
        self.ledger, self.states = Ledger(), States()
        self.storm = Storm(
            simulator, sorted(each for topic in TOPICS for each in names(topic)), seed
        )
        self.wrong: list[str] = []
        self.held: list[Held] = []
        self._flavour, self._simulator = flavour, simulator

    async def run(self, listener: Listener, seconds: float) -> None:
        """Trouble for so long, in rounds; the rests between them are not counted."""
        for topic in TOPICS[::2]:
            await self._add(listener, topic)
        with Publisher(self.storm, RATE) as publisher:
            for _ in range(math.ceil(seconds / ROUND)):
                await self._round(listener)
                with publisher.lock:
                    await self._settle(listener)
                    self.held.append(self._count(listener))

    async def _round(self, listener: Listener) -> None:
        due = time.monotonic()
        for _ in range(ROUND):
            self.storm.strike()
            if self.storm.chance.random() < 0.3:
                await self._change(listener)
            due += 1
            await listener.wait_for(lambda due=due: time.monotonic() >= due)

    # Topics

    async def _change(self, listener: Listener) -> None:
        topic = self.storm.chance.choice(TOPICS)
        if topic not in self.ledger.asked:
            await self._add(listener, topic)
        elif len(self.ledger.asked) > 2:
            self.ledger.removed(topic, time.time())
            await listener.do("remove_subscription", topic)

    async def _add(self, listener: Listener, topic: str) -> None:
        await listener.do("add_subscription", topic)
        self.ledger.added(topic, time.time())

    # The account

    async def _settle(self, listener: Listener) -> None:
        try:
            await listener.wait_for(lambda: self._is_at_rest(listener))
        except AssertionError:
            raise AssertionError(self._unrest(listener)) from None
        await self._hear_all(listener)
        books = self._simulator.at_hub(lambda hub, _: close_books(hub))
        self.wrong += self.ledger.settle(*books)
        if not self._is_at_rest(listener):
            self.wrong.append("it was at rest, and then no longer")

    def _is_at_rest(self, listener: Listener) -> bool:
        """One socket is left, the server has its topics, and the handler knows that it does."""
        driver = listener.handler._driver
        members = [member.facts for member in driver.state.channels.members]
        moving = any(facts.successor or facts.draining for facts in members)
        if moving or len(driver._streams) > 1 or not driver.state.channels.settled:
            return False
        return self._simulator.at_hub(heard) == [self.ledger.asked_names]

    def _unrest(self, listener: Listener) -> str:
        """What a handler that does not come to rest is doing."""
        topics = f"asked for {self.ledger.asked_names}, heard {self._simulator.at_hub(heard)}"
        members = [member.facts for member in listener.handler._driver.state.channels.members]
        return f"no rest: {topics}, {self.storm.struck}, {self.states.counts}, {members}"

    async def _hear_all(self, listener: Listener) -> None:
        """Whatever was under way has arrived once an event of each topic has that came after it."""
        end = time.monotonic() + LIMIT
        while True:
            last = [
                self._simulator.publish(name, {"message": "last"}).correlation_id
                for name in self.ledger.asked_names
            ]
            try_until = time.monotonic() + 1
            await listener.wait_for(
                lambda last=last, until=try_until: (
                    self.ledger.has(last) or time.monotonic() >= until
                )
            )
            if self.ledger.has(last):
                return
            assert time.monotonic() < end, "the handler hears nothing any more"

    def _count(self, listener: Listener) -> Held:
        gc.collect()
        return Held(
            memory=tracemalloc.get_traced_memory()[0],
            resident=resident(),
            threads=threading.active_count(),
            tasks=self._tasks(listener),
            descriptors=descriptors(),
        )

    def _tasks(self, listener: Listener) -> int:
        if self._flavour == "trio":
            return trio.lowlevel.current_statistics().tasks_living
        if self._flavour == "asyncio":
            return len(asyncio.all_tasks())
        return listener.handler._portal.call(lambda: len(asyncio.all_tasks()))

    @property
    def warm(self) -> Held:
        """What was held after a tenth of the rounds, or the first two."""
        return self.held[min(len(self.held) - 1, max(1, len(self.held) // 10))]


def growth(warm: Held, end: Held) -> list[str]:
    """What has grown since the first rounds."""
    held = [(name, getattr(warm, name), getattr(end, name), GROWTH[name]) for name in GROWTH]
    return [
        f"{name} grew from {before:,} to {after:,}"
        for name, before, after, most in held
        if after > before + most
    ]


def heard(hub: Any, _: object) -> list[set[str]]:
    """The topics of each channel that has a socket, but for the half-open: nobody tells their end."""
    there = [
        hub.state.channels[line.channel_id] for line in hub._lines.values() if not line.is_silent
    ]
    return [{name for topic in each.topics.values() for name in topic.names} for each in there]


def close_books(hub: Any) -> tuple[list[Any], list[Any]]:
    """What happened since the last time; the platform forgets it, and channels nobody uses."""
    books = list(hub.published), list(hub.deliveries)
    hub.published.clear()
    hub.deliveries.clear()
    hub.state.log.clear()
    for line in [line for line in hub._lines.values() if line.is_silent]:
        hub.drop(line.channel_id)
    for each in [each for each in hub.state.channels.values() if not each.is_connected]:
        del hub.state.channels[each.id]
    return books


def resident() -> int:
    """Bytes of memory that the process has, as the system sees it; 0 where that cannot be had."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    line = next(each for each in status.read_text().splitlines() if each.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def descriptors() -> int:
    """How many files and sockets the process has open."""
    return len(os.listdir("/dev/fd"))  # noqa: PTH208 - not a directory of files


def soak(flavour: str, seconds: float, seed: int) -> Result:
    """Soak one flavour, in this process."""
    logging.getLogger("genesys_cloud").setLevel(logging.CRITICAL)
    tracemalloc.start()
    platform = Moody(bundled_definition(), settings=Settings(heartbeat_interval=0.3))
    with running_simulator(platform) as simulator:
        this = Soak(flavour, simulator, seed)

        async def main(api: Any) -> None:
            await listening(
                api,
                lambda listener: this.run(listener, seconds),
                told=this.states,
                on_notification=this.ledger.handed,
                policy=POLICY,
            )
            if api.client.stats().channels:
                this.wrong.append("the client still counts channels")

        RUNNERS[flavour](main, host=simulator.url, access_token=simulator.access_token())
        this.wrong += growth(this.warm, this.held[-1])
        if left := simulator.at_hub(heard):
            this.wrong.append(f"sockets are open after close, with {left}")
    if left := [each.name for each in threading.enumerate() if each is not threading.main_thread()]:
        this.wrong.append(f"threads are left: {left}")
    return Result(
        flavour,
        seconds,
        seed,
        this.wrong,
        dict(this.ledger.totals),
        dict(this.storm.struck.most_common()),
        dict(this.states.counts),
        this.warm,
        this.held[-1],
    )


# Several flavours at the same time


def together(flavours: Sequence[str], seconds: float, seed: int) -> list[Result]:
    """What comes of soaking some flavours at the same time, each in a process of its own."""
    processes = [_started(flavour, seconds, seed) for flavour in flavours]
    try:
        return [_finished(process, seconds) for process in processes]
    finally:
        for process in processes:
            process.kill()


def _started(flavour: str, seconds: float, seed: int) -> subprocess.Popen[str]:
    arguments = [
        "--flavour",
        flavour,
        "--minutes",
        str(seconds / 60),
        "--seed",
        str(seed),
        "--json",
    ]
    return subprocess.Popen(
        [sys.executable, __file__, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def _finished(process: subprocess.Popen[str], seconds: float) -> Result:
    out, err = process.communicate(timeout=2 * seconds + 4 * LIMIT)
    assert process.returncode == 0, err
    return msgspec.json.decode(out, type=Result)


def table(results: list[Result]) -> str:
    """The results side by side, in Markdown."""

    def row(name: str, *cells: object) -> str:
        return f"| {name} | {' | '.join(str(cell) for cell in cells)} |"

    def held(name: str, unit: float = 1) -> list[str]:
        pairs = ((getattr(each.warm, name), getattr(each.end, name)) for each in results)
        return [f"{warm / unit:.4g} / {end / unit:.4g}" for warm, end in pairs]

    counted = dict.fromkeys(key for each in results for key in each.totals)
    told = ("Connected", "Disconnected", "Moving", "Retrying", "UnknownEvent")
    return "\n".join(
        [
            row("", *(each.flavour for each in results)),
            row("---", *("---:" for _ in results)),
            row("faults", *(sum(each.faults.values()) for each in results)),
            *(row(key, *(f"{each.totals.get(key, 0):,}" for each in results)) for key in counted),
            *(
                row(f"`{key}` events", *(each.states.get(key, 0) for each in results))
                for key in told
            ),
            row("traced memory, MiB, warm / end", *held("memory", 2**20)),
            row("resident memory, MiB, warm / end", *held("resident", 2**20)),
            *(row(f"{key}, warm / end", *held(key)) for key in ("threads", "tasks", "descriptors")),
            row("violations", *(len(each.wrong) for each in results)),
        ]
    )


NAMES = {"sync": "threads"}
"""What the documentation calls the flavours."""


def write_results(results: list[Result], minutes: float) -> None:
    """Store what the documentation shows of the results."""
    faults: Rows = {}
    other: Rows = {}
    for each in results:
        expected, delivered, excused = (
            each.totals[key] for key in ("expected", "delivered", "missing, within a gap")
        )
        name = NAMES.get(each.flavour, each.flavour)
        faults[f"{name}, {sum(each.faults.values())} faults"] = {
            "delivered": {"": delivered},
            "within a gap": {"": excused},
            "missed": {"": expected - delivered - excused},
        }
        assert each.warm is not None
        assert each.end is not None
        figures: dict[str, float] = {
            "events that were expected": expected,
            "duplicates that the platform sent": each.totals["duplicates sent intentionally"],
            "duplicates that were delivered": each.totals["duplicates delivered"],
            "resident memory in MiB, after a tenth of the run": each.warm.resident / 2**20,
            "resident memory in MiB, at the end": each.end.resident / 2**20,
            "threads at the end": each.end.threads,
            "descriptors at the end": each.end.descriptors,
        }
        for row, figure in figures.items():
            other.setdefault(row, {})[name] = {"": figure}
    command = (
        f"python tests/soak/soak_notifications.py --minutes {minutes:g} --seed {results[0].seed}"
    )
    write_result("faults", command, {"faults": faults, "rest": other})


def main() -> int:
    """Soak as the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--flavour", choices=RUNNERS, action="append")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="store the results for the charts")
    parser.add_argument("--json", action="store_true", help="one flavour, in this process")
    options = parser.parse_args()
    seconds, flavours = options.minutes * 60, options.flavour or list(RUNNERS)
    if options.json:
        print(msgspec.json.encode(soak(flavours[0], seconds, options.seed)).decode())
        return 0
    results = together(flavours, seconds, options.seed)
    print(table(results))
    if options.write:
        write_results(results, options.minutes)
    for result in results:
        print(f"\n{result.flavour}: {json.dumps(result.faults)}")
        print("\n".join(result.wrong[:20]))
    return any(result.wrong for result in results)


if __name__ == "__main__":
    sys.exit(main())

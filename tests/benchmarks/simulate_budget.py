"""What a shared rate limit costs beyond one machine: a simulation on a virtual clock, and Redis's time by measurement.

Run: ``python -m tests.benchmarks.simulate_budget`` (``--windows``). Each organization has workers that make call after
call on one token; a call takes some time, asking for a place takes a round trip, a worker wakes up a little late, at
times much too late, and now and then one dies while it waits. The places are granted by the model of the script on Redis
(``tests/helpers/places_model.py``), which the tests compare with the script. With ``--redis``, a Redis is started, and
its processor time measured for a command with as many places as the simulation keeps. The last result is in ``docs/cluster.md``.
"""

from __future__ import annotations

import argparse
import heapq
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from genesys_cloud import Pacing
from genesys_cloud.redis import RedisBudget
from genesys_cloud.transports.awaited import run_now
from genesys_core.session.pacing import Pacer
from tests.helpers.places_model import Places
from tests.helpers.redis_server import Redis, redis_server

SECOND = 1_000_000
LANE = Pacer.of(Pacing()).windows[-1]
CASES = (
    ("one worker", 1, 1),
    ("10 workers", 1, 10),
    ("100 workers", 1, 100),
    ("1,000 workers", 1, 1000),
    ("ten organizations of 100 workers", 10, 100),
    ("ten organizations of 1,000 workers", 10, 1000),
)


class Behavior(NamedTuple):
    """How workers behave, in microseconds and as shares of the calls."""

    call: tuple[int, int] = (50_000, 500_000)
    round_trip: tuple[int, int] = (300, 3_000)
    late: tuple[int, int] = (0, 20_000)
    stall: int = 2 * SECOND
    stalls: float = 0.001
    deaths: float = 0.0005


class Outcome(NamedTuple):
    """What one organization's workers did.

    Attributes:
        calls: how many they made after the first window.
        round_trips: to Redis, in the same time.
        lost: places given up by workers that came too late.
        died: places of workers that died while they waited.
        kept: the most places that Redis kept at a time.
        wait: the mean of a call's wait, in seconds.
        times: when the calls were sent, in microseconds.
    """

    calls: int
    round_trips: int
    lost: int
    died: int
    kept: int
    wait: float
    times: list[int]


def simulate(
    workers: int,
    windows: int,
    *,
    seed: int,
    limit: int = LANE.limit,
    behavior: Behavior | None = None,
) -> Outcome:
    """Simulate the workers of one token.

    Args:
        workers: their number.
        windows: how many are counted, after the first.
        seed: of the random numbers.
        limit: calls a minute.
        behavior: how they behave.
    """
    behavior = behavior or Behavior()
    chance, places = random.Random(seed), Places(limit, round(LANE.window * SECOND))
    window = round(LANE.window * SECOND)
    until, died, asked = window * (windows + 1), 0, 0
    times: list[int] = []
    waits: list[float] = []
    # When a worker asks, its number, its ticket, and when it asked first.
    asking = [(chance.randrange(SECOND), number, 0, -1) for number in range(workers)]
    heapq.heapify(asking)
    while asking[0][0] < until:
        now, number, ticket, first = heapq.heappop(asking)
        first = now if first < 0 else first
        wait, granted = places.take(now, ticket or None)
        asked += now >= window
        trip = chance.randint(*behavior.round_trip)
        if wait > 0:
            if chance.random() < behavior.deaths:
                died += 1
                granted, first = 0, -1  # another one takes its part of the work
            late = (
                behavior.stall
                if chance.random() < behavior.stalls
                else chance.randint(*behavior.late)
            )
            heapq.heappush(asking, (now + trip + wait + late, number, granted, first))
            continue
        sent = now + trip
        times.append(sent)
        waits.append((sent - first) / SECOND)
        heapq.heappush(asking, (sent + chance.randint(*behavior.call), number, 0, -1))
    calls = sum(window <= at < until for at in times)
    return Outcome(calls, asked, places.lost, died, places.most_kept, mean(waits), times)


def predict(workers: int, behavior: Behavior) -> float:
    """Return, on paper, the share of the allowance that is used: by the demand, or by the limit.

    A worker makes a call, waits for its place and so forth, so it wants one call in the mean time of a call
    and a round trip. Of the limit, the margin of 2% is not used, nor the places of the workers that die or stall.
    """
    each = (sum(behavior.call) + sum(behavior.round_trip)) / 2 / SECOND
    wanted = workers * 60 / each / LANE.limit
    return min(wanted, 60 / LANE.window * (1 - behavior.deaths - behavior.stalls))


def most_in_a_minute(times: list[int]) -> int:
    """Return the most calls in any minute, as the platform may count them."""
    ordered, first, most = sorted(times), 0, 0
    for last, at in enumerate(ordered):
        while ordered[first] <= at - 60 * SECOND:
            first += 1
        most = max(most, last - first + 1)
    return most


@contextmanager
def new_redis() -> Iterator[Redis]:
    """Start a Redis in a new directory."""
    with tempfile.TemporaryDirectory() as directory, redis_server(Path(directory)) as server:
        yield server


def measure(server: Redis, kept: int, commands: int = 200) -> tuple[float, float]:
    """Return Redis's milliseconds for a request that asks anew, and for one with a ticket, among so many places."""
    budget, key, lanes = RedisBudget(server.url, timeout=60), f"kept-{kept}", (LANE,)

    def ask(ticket: int | None) -> int:
        place = run_now(
            budget.take_place(key, lanes, ticket=ticket, had_places=False, is_blocking=True)
        )
        return place.ticket

    for _ in range(max(kept - commands, 0)):
        ask(None)
    spent = []
    for ticket in (None, kept):
        before = server.processor_time()
        for _ in range(commands):
            ask(ticket)
        spent.append((server.processor_time() - before) / commands * 1000)
    return spent[0], spent[1]


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Simulate a shared rate limit.")
    parser.add_argument("--windows", type=int, default=60)
    parser.add_argument("--redis", action="store_true")
    options = parser.parse_args()
    print(
        "| | calls a minute | used | calculated | peak in a minute (limit 300) | round trips a call "
        "| commands a second | unused places | mean wait |\n|---|---|---|---|---|---|---|---|---|"
    )
    sizes = set[int]()
    for name, organizations, workers in CASES:
        ran = [simulate(workers, options.windows, seed=seed) for seed in range(organizations)]
        calls, trips = sum(one.calls for one in ran), sum(one.round_trips for one in ran)
        minutes = options.windows * LANE.window / 60
        allowance = LANE.limit * minutes * organizations
        unused = sum(one.lost + one.died for one in ran)
        sizes.add(max(one.kept for one in ran))
        print(
            f"| {name} | {calls / minutes:,.0f} | {calls / allowance:.1%} "
            f"| {predict(workers, Behavior()):.1%} | {max(most_in_a_minute(one.times) for one in ran)} "
            f"| {trips / calls:.2f} | {trips / minutes / 60:.1f} | {unused / calls:.2%} "
            f"| {mean(one.wait for one in ran):.1f} s |",
            flush=True,
        )
    if options.redis:
        print("\n| places kept | asking anew | asking with a ticket |\n|---|---|---|")
        with new_redis() as server:
            for kept in sorted(sizes):
                anew, again = measure(server, kept)
                print(f"| {kept:,} | {anew:.2f} ms | {again:.2f} ms |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

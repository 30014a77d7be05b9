"""What watching calls costs: a call with logging off, and on, against one with no observer at all.

Run: ``python -m tests.benchmarks.bench_logging``. Exit code 1 if a call over a loopback socket with logging
off costs more than 5 % over one that nobody watches.

The second pair of columns is of a transport that answers from memory: it shows the cost itself, which
on a socket drowns in that of the network. The variants take turns, so that a slow moment of the
machine is shared by all; each figure is the best of many rounds.
"""

from __future__ import annotations

import os
import sys
import timeit
from collections.abc import Mapping, Sequence

from genesys_cloud import Client
from genesys_cloud._logging import LoggingObserver
from genesys_cloud._observation import Observer, observing
from genesys_cloud._stats import StatsObserver
from genesys_cloud.testing import json_response
from genesys_cloud.transports import Transport
from genesys_core.api import users
from genesys_core.configuration import LoggingConfiguration
from genesys_core.message import Request, Response
from tests.support.server import Reply, scripted_server


def _to(level: str, where: Mapping[str, object]) -> LoggingConfiguration:
    return LoggingConfiguration(level=level, **where)


MOST = 1.05
ANSWER = json_response({"id": "1", "name": "Ann"})
NOWHERE: Mapping[str, object] = {"to_console": False, "file_path": os.devnull}
VARIANTS: Mapping[str, Sequence[Observer]] = {
    "nobody watches": (),
    "logging off": (LoggingObserver(),),
    "logging off, counted (a client as it is)": (StatsObserver(), LoggingObserver()),
    "errors, of which there are none": (LoggingObserver(_to("error", NOWHERE)),),
    "debug, to a file": (LoggingObserver(_to("debug", NOWHERE)),),
    "trace, to a file": (LoggingObserver(_to("trace", NOWHERE)),),
}


def measure(host: str, transport: Transport | None, calls: int, rounds: int) -> dict[str, float]:
    """Seconds a call, by variant."""
    timers = {}
    for title, observers in VARIANTS.items():
        client = Client(
            host=host, access_token="t", transport=transport, pacing=None, trust_env=False
        )
        client._observer = observing(observers)
        timers[title] = timeit.Timer(lambda client=client: client.send(users.get_users_me()))
    best = dict.fromkeys(timers, float("inf"))
    for _ in range(rounds):
        for title, timer in timers.items():
            best[title] = min(best[title], timer.timeit(calls) / calls)
    return best


class Canned:
    """Answers from memory."""

    def send(self, request: Request) -> Response:
        return ANSWER

    def close(self) -> None:
        pass


def main() -> int:
    """Print the table."""
    memory = measure("https://api.example", Canned(), 300, 60)
    with scripted_server(lambda _: Reply(json={"id": "1", "name": "Ann"})) as server:
        socket = measure(server.url, None, 50, 60)
    base, memory_base = socket["nobody watches"], memory["nobody watches"]
    print(f"{'a call':44} {'socket µs':>10} {'ratio':>7} {'memory µs':>10} {'ratio':>7}")
    for title in VARIANTS:
        over, within = socket[title], memory[title]
        print(
            f"{title:44} {over * 1e6:10.1f} {over / base:7.3f} "
            f"{within * 1e6:10.1f} {within / memory_base:7.3f}"
        )
    return int(socket["logging off"] > MOST * base)


if __name__ == "__main__":
    sys.exit(main())

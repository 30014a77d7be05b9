"""What watching calls costs: a call with logging off, and on, against one with no observer at all.

Run: ``python -m tests.benchmarks.bench_logging``. Exit code 1 if a call over a loopback socket with logging
off costs more than 5 % over one that nobody watches.

The second pair of columns is of a transport that answers from memory: it shows the cost itself, which
on a socket drowns in that of the network.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from genesys_cloud import Client
from genesys_cloud.observability.logging import LoggingObserver
from genesys_cloud.observability.statistics import StatisticsCell
from genesys_cloud.testing import json_response
from genesys_cloud.transports import Transport
from genesys_core.api import users
from genesys_core.configuration import LoggingConfiguration
from genesys_core.http.messages import Request, Response
from genesys_core.observability.observers import Observer
from genesys_core.observability.statistics import StatisticsObserver
from tests.benchmarks.measure import Spent, compare, ratio, served


def _to(level: str, where: Mapping[str, object]) -> LoggingConfiguration:
    return LoggingConfiguration(level=level, **where)


MOST = 1.05
ANSWER = json_response({"id": "1", "name": "Ann"})
NOWHERE: Mapping[str, object] = {"to_console": False, "file_path": os.devnull}
BASE = "nobody watches"
VARIANTS: Mapping[str, Sequence[Observer]] = {
    BASE: (),
    "logging off": (LoggingObserver(),),
    "logging off, counted (a client as it is)": (
        StatisticsObserver(StatisticsCell().apply),
        LoggingObserver(),
    ),
    "errors, of which there are none": (LoggingObserver(_to("error", NOWHERE)),),
    "debug, to a file": (LoggingObserver(_to("debug", NOWHERE)),),
    "trace, to a file": (LoggingObserver(_to("trace", NOWHERE)),),
}


def measure(host: str, transport: Transport | None, calls: int, rounds: int) -> Spent:
    """Seconds a call, by variant."""
    with ExitStack() as stack:
        cases = {}
        for title, observers in VARIANTS.items():
            client = stack.enter_context(
                Client(
                    host=host, access_token="t", transport=transport, pacing=None, trust_env=False
                )
            )
            client._observers = tuple(observers)
            cases[title] = lambda client=client: client.send(users.get_users_me())
        return compare(cases, calls, rounds)


class Canned:
    """Answers from memory."""

    def send(self, request: Request) -> Response:
        return ANSWER

    def close(self) -> None:
        pass


def main() -> int:
    """Print the table."""
    memory = measure("https://api.example", Canned(), 200, 120)
    with served(ANSWER.body) as url:
        socket = measure(url, None, 25, 240)
    print(f"{'a call':44} {'socket µs':>10} {'ratio':>7} {'memory µs':>10} {'ratio':>7}")
    for title in VARIANTS:
        print(
            f"{title:44} "
            f"{min(socket[title]) * 1e6:10.1f} {ratio(socket, title, BASE):7.3f} "
            f"{min(memory[title]) * 1e6:10.1f} {ratio(memory, title, BASE):7.3f}"
        )
    return int(ratio(socket, "logging off", BASE) > MOST)


if __name__ == "__main__":
    sys.exit(main())

"""What watching calls costs: a call with logging off, and on, against one with no observer at all.

Run: ``python tests/benchmarks/bench_logging.py``. Exit code 1 if a call with logging off costs more
than 5 % over one that nobody watches.

The transport answers from memory, which makes the share of logging as large as it can be: over a
socket a call takes a hundred times as long. The variants take turns, so that a slow moment of the
machine is shared by all; each figure is the best of many rounds.
"""

from __future__ import annotations

import os
import sys
import timeit

from genesys_cloud import Client
from genesys_cloud._logging import LoggingObserver
from genesys_cloud._observation import observing
from genesys_cloud._stats import StatsObserver
from genesys_cloud.testing import MockTransport, json_response
from genesys_core.api import users
from genesys_core.configuration import LoggingConfiguration

MOST = 1.05
CALLS = 300
ROUNDS = 60

ANSWER = json_response({"id": "1", "name": "Ann"})


def client(*observers: object) -> Client:
    """A client that is watched by these and nobody else."""
    made = Client(
        host="https://api.example",
        access_token="t",
        transport=MockTransport(lambda request: ANSWER),
        trust_env=False,
    )
    made._setup.observer = observing(observers)
    return made


def work(made: Client):
    def calls() -> None:
        for _ in range(CALLS):
            made.send(users.get_users_me())
        made._transport.requests.clear()

    return calls


def main() -> int:
    """Print the table."""
    nowhere = {"to_console": False, "file_path": os.devnull}
    variants = {
        "nobody watches": client(),
        "logging off": client(LoggingObserver()),
        "logging off, counted (a client as it is)": client(StatsObserver(), LoggingObserver()),
        "errors, of which there are none": client(LoggingObserver(_to("error", nowhere))),
        "debug, to a file": client(LoggingObserver(_to("debug", nowhere))),
        "trace, to a file": client(LoggingObserver(_to("trace", nowhere))),
    }
    timers = {title: timeit.Timer(work(made)) for title, made in variants.items()}
    best = dict.fromkeys(timers, float("inf"))
    for _ in range(ROUNDS):
        for title, timer in timers.items():
            best[title] = min(best[title], timer.timeit(1) / CALLS)
    base = best["nobody watches"]
    print(f"{'a call':44} {'µs':>8} {'ratio':>7}")
    for title, seconds in best.items():
        print(f"{title:44} {seconds * 1e6:8.1f} {seconds / base:7.3f}")
    return int(best["logging off"] > MOST * base)


def _to(level: str, where: dict[str, object]) -> LoggingConfiguration:
    return LoggingConfiguration(level=level, **where)


if __name__ == "__main__":
    sys.exit(main())

"""A million conversations exported on a Dask cluster, through ten kills: each is there once, and memory stays flat.

Run: ``python -m tests.soak.soak_export`` (``--records``, ``--days``, ``--kills``, ``--format``). The server, the
scheduler, two workers and the driver are processes. When a share of the slices is there, a worker, the scheduler or
the driver is killed in turn, and what is gone is started again. The first half of the days comes from the results of
jobs, the second from queries. At the end, every record is compared with its source. Exit code 1 if one is missing,
repeated or different, or if the largest worker of the second half needs more memory (by 10 % and 16 MiB) than that
of the first. ``--write`` stores the figures, from which ``python -m tests.helpers.charts`` writes the table and
the chart of ``docs/export-measured.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import timedelta
from functools import lru_cache
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

from genesys_cloud.export import ExportPart, read_records, read_status
from tests.benchmarks.results import Rows, write_result
from tests.helpers.conversations_server import FIRST_DAY, Platform, stamp
from tests.helpers.dask_cluster import ROOT, DaskCluster, start_python
from tests.helpers.server import scripted_server

VICTIMS = ("worker", "scheduler", "driver")
DAY = 86_400_000
HOUR = 3_600_000


class Source:
    """Conversations that are made when they are asked for, in order of their start.

    Args:
        count: their number.
        days: the days over which they are spread.
    """

    def __init__(self, count: int, days: int) -> None:
        self.count = count
        self._gap = days * DAY // count

    def start(self, number: int) -> str:
        offset = number * self._gap + _mix(number) % self._gap
        return stamp(FIRST_DAY + timedelta(milliseconds=offset))

    def end(self, number: int) -> str:
        offset = number * self._gap + _mix(number) % self._gap + _mix(number + 1) % HOUR
        return stamp(FIRST_DAY + timedelta(milliseconds=offset))

    def record(self, number: int) -> dict[str, Any]:
        chance, end = _mix(number + 2), self.end(number)
        metrics = [
            {"name": name, "value": (chance >> shift) % 100_000, "emitDate": end}
            for shift, name in enumerate(("tTalk", "tHeld", "tAcw", "tHandle"))
        ]
        session = {
            "sessionId": f"s{number}",
            "mediaType": ("voice", "email", "message")[chance % 3],
            "direction": "inbound",
            "metrics": metrics,
        }
        return {
            "conversationId": self.id(number),
            "conversationStart": self.start(number),
            "conversationEnd": end,
            "originatingDirection": ("inbound", "outbound")[chance % 2],
            "mediaStatsMinConversationMos": chance % 500 / 100,
            "divisionIds": ["home"] * (chance % 3),
            "participants": [
                {"participantId": f"c{number}", "purpose": "customer", "sessions": [session]},
                {"participantId": f"a{number}", "purpose": "agent", "sessions": [session]},
            ],
            "fieldOfTomorrow": {"number": number},
        }

    def id(self, number: int) -> str:
        return f"{number:08x}-0000-4000-8000-{_mix(number) % 2**48:012x}"


def _mix(number: int) -> int:
    """A number that looks random, always the same (the finalizer of splitmix64)."""
    number = (number + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    number = (number ^ number >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
    return number ^ number >> 31


class _Made(Sequence[Any]):
    """A sequence whose items are made when they are read."""

    def __init__(self, count: int, make: Callable[[int], Any]) -> None:
        self._count, self._make = count, make

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: Any) -> Any:
        return self._make(number)


def new_platform(count: int, days: int) -> Platform:
    """Return a platform with the conversations."""
    source, platform = Source(count, days), Platform([])
    platform._starts = _Made(count, source.start)
    platform._ends = _Made(count, source.end)
    platform._bytes = _Made(count, lambda number: json.dumps(source.record(number)).encode())
    platform.active = lru_cache(64)(platform.active)
    return platform


def serve(count: int, days: int) -> None:
    """Print the URL of a server of the conversations, and serve until killed."""
    with scripted_server(new_platform(count, days).answer) as running:
        print(running.url, flush=True)
        threading.Event().wait()


class Sample(NamedTuple):
    """What the processes use at a time: memory in MiB, processor time in seconds since the start."""

    at: float
    worker: float
    driver: float
    processor: float


class Run:
    """An export whose processes are killed and started again.

    Args:
        url: the server's.
        directory: for the export and the processes.
        options: those of the command.
    """

    def __init__(self, url: str, directory: Path, options: argparse.Namespace) -> None:
        self.out = directory / "out"
        self._directory = directory
        self._words = (
            url,
            str(self.out),
            str(options.days),
            options.format,
            str(options.days // 2),
        )
        self._kills = [options.days * n // (options.kills + 1) for n in range(1, options.kills + 1)]
        self._victims = cycle(VICTIMS)
        self.killed: list[tuple[float, str]] = []
        self.samples: list[Sample] = []
        self._spent: dict[int, float] = {}

    def finish(self) -> None:
        """Export until all is there."""
        while True:
            with ExitStack() as stack:
                cluster = DaskCluster(stack, self._directory)
                while (ended := self._drive(stack, cluster)) is not None:
                    if ended == 0:
                        return
                    if cluster.scheduler.poll() is not None:
                        break

    def _drive(self, stack: ExitStack, cluster: DaskCluster) -> int | None:
        words = ("-m", "tests.helpers.cluster_driver", cluster.address, *self._words)
        driver = start_python(stack, self._directory, *words)
        while driver.poll() is None:
            time.sleep(0.1)
            self._measure(cluster, driver)
            if self._kills and self._count_parts() >= self._kills[0]:
                self._kill(self._kills.pop(0), cluster, driver)
            if cluster.scheduler.poll() is not None:
                driver.kill()
                driver.wait()
        return driver.returncode

    def _kill(self, parts: int, cluster: DaskCluster, driver: subprocess.Popen[bytes]) -> None:
        victim = next(self._victims)
        self.killed.append((time.time(), victim))
        print(f"{parts} slices are there: the {victim} is killed", file=sys.stderr, flush=True)
        match victim:
            case "worker":
                cluster.workers[0].kill()
                cluster.workers[0].wait()
                cluster.workers = [*cluster.workers[1:], cluster.add_worker()]
            case "scheduler":
                cluster.scheduler.kill()
                cluster.scheduler.wait()
            case _:
                driver.kill()
                driver.wait()

    def _measure(self, cluster: DaskCluster, driver: subprocess.Popen[bytes]) -> None:
        for process in (*cluster.workers, driver):
            self._spent[process.pid] = max(
                processor_time(process.pid), self._spent.get(process.pid, 0)
            )
        worker = max(memory(process.pid) for process in cluster.workers)
        spent = sum(self._spent.values())
        self.samples.append(Sample(time.time(), worker, memory(driver.pid), spent))

    def _count_parts(self) -> int:
        return len(list(self.out.glob("manifest/*.json")))


def memory(process: int) -> float:
    """The resident memory of a process in MiB; 0 if it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    _, _, rest = status.partition("VmRSS:")
    return int(rest.split()[0]) / 1024 if rest else 0


def processor_time(process: int) -> float:
    """The seconds of processor time that a process has used; 0 if it has ended."""
    try:
        fields = (
            Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        )
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Tenth(NamedTuple):
    """A tenth of the export."""

    records: int
    seconds: float
    rate: float
    worker: float
    driver: float
    kills: str


def divide(run: Run, begun: float) -> list[Tenth]:
    """Return what each tenth of the records took, by the times of the manifest's entries."""
    parts = read_status(run.out).parts
    ended = {
        part.slice: (run.out / "manifest" / f"{part.slice}.json").stat().st_mtime for part in parts
    }
    ordered = sorted(parts, key=lambda part: ended[part.slice])
    total, tenths = sum(part.totals.records for part in parts), list[Tenth]()
    here: list[ExportPart] = []
    done, since = 0, begun
    for part in ordered:
        here.append(part)
        done += part.totals.records
        if done * 10 < total * (len(tenths) + 1):
            continue
        until = ended[part.slice]
        samples = [one for one in run.samples if since <= one.at <= until]
        kills = [victim for at, victim in run.killed if since <= at < until]
        records = sum(one.totals.records for one in here)
        tenths.append(
            Tenth(
                done,
                until - begun,
                records / max(until - since, 0.001),
                max((one.worker for one in samples), default=0),
                max((one.driver for one in samples), default=0),
                ", ".join(kills),
            )
        )
        here, since = [], until
    return tenths


def compare(out: Path, source: Source, format: str) -> list[str]:
    """Return what is wrong with the records of an export."""
    seen, different, repeated = bytearray(source.count), 0, 0
    for record in read_records(out):
        number = int(str(record["conversationId"])[:8], 16)
        repeated += seen[number]
        seen[number] = 1
        different += not is_same(record, source.record(number), format)
    counts = {"missing": seen.count(0), "repeated": repeated, "different": different}
    return [f"{count} records are {what}" for what, count in counts.items() if count]


def is_same(record: dict[str, Any], wanted: dict[str, Any], format: str) -> bool:
    """Whether an exported record is its source: as JSON, or in the typed columns of Parquet."""
    if format == "jsonl":
        return record == wanted
    return (
        record["conversationId"] == wanted["conversationId"]
        and stamp(record["conversationStart"]) == wanted["conversationStart"]
        and stamp(record["conversationEnd"]) == wanted["conversationEnd"]
        and record["mediaStatsMinConversationMos"] == wanted["mediaStatsMinConversationMos"]
        and record["divisionIds"] == wanted["divisionIds"]
        and [values(one) for one in record["participants"]]
        == [values(one) for one in wanted["participants"]]
        and json.loads(record["_rest"]) == {"$.fieldOfTomorrow": wanted["fieldOfTomorrow"]}
    )


def values(participant: dict[str, Any]) -> list[object]:
    session = participant["sessions"][0]
    metrics = [(one["name"], one["value"]) for one in session["metrics"]]
    return [participant["participantId"], session["sessionId"], metrics]


def table(tenths: Sequence[Tenth]) -> str:
    """Return the table of the documentation."""
    lines = [
        "| records | seconds | records a second | largest worker, MiB | driver, MiB | killed |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.records:,} | {one.seconds:.0f} | {one.rate:,.0f} | {one.worker:.0f} | {one.driver:.0f} "
        f"| {one.kills} |"
        for one in tenths
    ]
    return "\n".join(lines)


def write_tenths(tenths: Sequence[Tenth]) -> None:
    """Store the figures, from which the documentation's table and chart are written."""
    rows: Rows = {
        f"{one.records:,} records": {
            "seconds": {"": one.seconds},
            "records a second": {"": one.rate},
            "largest worker, MiB": {"": one.worker},
            "driver, MiB": {"": one.driver},
            "kills": {kill: 1 for kill in one.kills.split(", ") if kill},
        }
        for one in tenths
    }
    write_result("export-million", "python -m tests.soak.soak_export", {"export-million": rows})


def main() -> int:
    """Run the soak."""
    parser = argparse.ArgumentParser(
        description="Export a million conversations through ten kills."
    )
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--format", choices=("jsonl", "parquet"), default="jsonl")
    parser.add_argument("--write", action="store_true", help="store the figures for the chart")
    options = parser.parse_args()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-export-")))
        words = (
            f"from tests.soak.soak_export import serve; serve({options.records}, {options.days})"
        )
        server = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-c", words], cwd=ROOT, stdout=subprocess.PIPE, text=True
            )
        )
        stack.callback(server.kill)
        run, begun = Run(server.stdout.readline().strip(), directory, options), time.time()
        run.finish()
        tenths = divide(run, begun)
        status = read_status(run.out)
        print(table(tenths))
        if options.write:
            write_tenths(tenths)
        spent = run.samples[-1].processor / status.records
        print(
            f"{status.records:,} records, {status.size / 1e6:,.0f} MB of {options.format}, "
            f"{len(run.killed)} kills, {spent * 1e6:.0f} µs of processor time a record"
        )
        problems = [f"{one.id}: {one.why}" for one in status.missing]
        problems += compare(run.out, Source(options.records, options.days), options.format)
    halves = [max(one.worker for one in half) for half in (tenths[:5], tenths[5:])]
    if halves[1] > halves[0] * 1.1 + 16:
        problems.append(f"the largest worker grew from {halves[0]:.0f} to {halves[1]:.0f} MiB")
    print("\n".join(problems) or "every record equals its source")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())

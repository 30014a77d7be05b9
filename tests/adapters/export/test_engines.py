"""20,000 conversations on threads, processes and a Dask cluster, equal to the source record by record."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from genesys_cloud.export import read_records, run, verify
from tests.helpers.cluster_driver import new_client, slices_of
from tests.helpers.conversations_server import conversations
from tests.helpers.server import refused_url

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
COUNT, DAYS = 20_000, 20
LIMIT = 90


@pytest.fixture(scope="module")
def source():
    """The records, and the URL of a server that has them."""
    command = [sys.executable, "-m", "tests.helpers.conversations_server", str(COUNT), str(DAYS)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8") as server:
        try:
            url = server.stdout.readline().strip()
            yield conversations(COUNT, DAYS), url
        finally:
            server.kill()


def assert_equal(out: Path, records: list[dict[str, object]]) -> None:
    found = sorted(read_records(out), key=lambda one: one["conversationId"])
    assert found == records
    assert verify(out).problems == ()


@pytest.mark.parametrize("executor", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_threads_and_processes(source, tmp_path, executor):
    records, url = source
    with executor(2) as workers:
        list(run(slices_of(DAYS), out=tmp_path, client=partial(new_client, url), executor=workers))
    assert_equal(tmp_path, records)


class Cluster:
    """A scheduler and two workers, each a process."""

    def __init__(self, stack: ExitStack, directory: Path) -> None:
        port = refused_url().rpartition(":")[2]
        self.address = f"tcp://127.0.0.1:{port}"
        self._stack, self._directory = stack, directory
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", port)
        self.workers = [self.add_worker() for _ in range(2)]

    def add_worker(self) -> subprocess.Popen[bytes]:
        options = ("--nthreads", "1", "--no-nanny", "--death-timeout", "30")
        return self._start("worker", self.address, *options)

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        return start(
            self._stack,
            self._directory,
            "-m", "dask", words[0], *words[1:], "--no-dashboard",
        )  # fmt: skip


def start(stack: ExitStack, directory: Path, *words: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, *words],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process


def wait_for_parts(out: Path, count: int, driver: subprocess.Popen[bytes]) -> None:
    """Wait for a number of parts, or for the end of the driver."""
    until = time.monotonic() + LIMIT
    while len(list(out.glob("manifest/*.json"))) < count and driver.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_dask_cluster_whose_worker_scheduler_and_driver_are_killed(source, tmp_path):
    pytest.importorskip("distributed")
    records, url = source
    out = tmp_path / "out"

    def driver(stack: ExitStack, cluster: Cluster) -> subprocess.Popen[bytes]:
        words = ("-m", "tests.helpers.cluster_driver", cluster.address, url, str(out), str(DAYS))
        return start(stack, tmp_path, *words)

    with ExitStack() as stack:
        cluster = Cluster(stack, tmp_path)
        first = driver(stack, cluster)
        wait_for_parts(out, 2, first)
        cluster.workers[0].kill()
        wait_for_parts(out, 5, first)
        cluster.scheduler.kill()
    with ExitStack() as stack:
        cluster = Cluster(stack, tmp_path)
        second = driver(stack, cluster)
        wait_for_parts(out, 9, second)
        second.kill()
        second.wait()
        third = driver(stack, cluster)
        assert third.wait(LIMIT) == 0
    assert_equal(out, records)

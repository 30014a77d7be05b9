"""20,000 conversations on threads, processes and a Dask cluster, equal to the source record by record."""

from __future__ import annotations

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
from tests.helpers.dask_cluster import ROOT, DaskCluster, start_python

pytestmark = pytest.mark.slow

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

    def driver(stack: ExitStack, cluster: DaskCluster) -> subprocess.Popen[bytes]:
        words = ("-m", "tests.helpers.cluster_driver", cluster.address, url, str(out), str(DAYS))
        return start_python(stack, tmp_path, *words)

    with ExitStack() as stack:
        cluster = DaskCluster(stack, tmp_path)
        first = driver(stack, cluster)
        wait_for_parts(out, 2, first)
        cluster.workers[0].kill()
        wait_for_parts(out, 5, first)
        cluster.scheduler.kill()
    with ExitStack() as stack:
        cluster = DaskCluster(stack, tmp_path)
        second = driver(stack, cluster)
        wait_for_parts(out, 9, second)
        second.kill()
        second.wait()
        third = driver(stack, cluster)
        assert third.wait(LIMIT) == 0
    assert_equal(out, records)

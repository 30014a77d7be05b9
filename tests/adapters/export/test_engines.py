"""20,000 conversations on threads, processes and a Dask cluster, equal to the source record by record."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import duckdb
import polars
import pytest

from genesys_cloud.export import read_records, run, verify
from tests.helpers.cluster_driver import new_client, slices_of
from tests.helpers.conversations_server import conversations, stamp
from tests.helpers.dask_cluster import ROOT, DaskCluster, start_python

pytestmark = pytest.mark.slow

COUNT, DAYS = 20_000, 20
LIMIT = 600  # a hang, not a slow machine


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
    lines = polars.scan_ndjson(out / "*.jsonl", infer_schema_length=None)
    selected = lines.select("conversationId", "mediaStatsMinConversationMos").collect()
    assert selected.schema.to_python() == {
        "conversationId": str,
        "mediaStatsMinConversationMos": float,
    }
    assert_same_ids(selected["conversationId"], records)
    query = f"""
        select count(distinct conversationId), sum(fieldOfTomorrow.number),
               typeof(any_value(conversationStart))
        from read_json('{out}/*.jsonl', union_by_name = true)
    """
    ((distinct, numbers, kind),) = duckdb.sql(query).fetchall()
    assert (distinct, numbers) == (COUNT, COUNT * (COUNT - 1) // 2)
    assert kind.startswith("TIMESTAMP")


def assert_same_ids(found: Iterable[str], records: list[dict[str, object]]) -> None:
    assert sorted(found) == [one["conversationId"] for one in records]


def test_threads(source, tmp_path):
    records, url = source
    with ThreadPoolExecutor(2) as workers:
        list(run(slices_of(DAYS), out=tmp_path, client=partial(new_client, url), executor=workers))
    assert_equal(tmp_path, records)


def test_processes_write_parquet_that_other_programs_read(source, tmp_path):
    records, url = source
    client = partial(new_client, url)
    with ProcessPoolExecutor(2) as workers:
        list(run(slices_of(DAYS), out=tmp_path, client=client, executor=workers, format="parquet"))
    assert verify(tmp_path).problems == ()
    frame = polars.read_parquet(tmp_path / "*.parquet").sort("conversationId")
    assert frame.schema["conversationStart"] == polars.Datetime("ms", "UTC")
    assert frame.schema["mediaStatsMinConversationMos"] == polars.Float64
    assert frame.schema["divisionIds"] == polars.List(polars.String)
    assert frame.height == COUNT
    participant = polars.col("participants").list.first().struct
    session = participant.field("sessions").list.first().struct
    metric = session.field("metrics").list.first().struct
    rows = frame.select(
        "conversationId",
        "conversationStart",
        "conversationEnd",
        "originatingDirection",
        "mediaStatsMinConversationMos",
        "divisionIds",
        "_rest",
        participant.field("participantId").alias("participant"),
        metric.field("name").alias("metric"),
        metric.field("value").alias("value"),
        metric.field("emitDate").alias("emitted"),
    )
    for row, one in zip(rows.iter_rows(named=True), records, strict=True):
        assert stamp(row.pop("conversationStart")) == one["conversationStart"]
        assert stamp(row.pop("conversationEnd")) == one["conversationEnd"]
        assert json.loads(row.pop("_rest")) == {"$.fieldOfTomorrow": one["fieldOfTomorrow"]}
        (here,) = one["participants"]
        wanted = here["sessions"][0]["metrics"][0]
        assert stamp(row.pop("emitted")) == wanted["emitDate"]
        assert row == {
            "conversationId": one["conversationId"],
            "originatingDirection": one["originatingDirection"],
            "mediaStatsMinConversationMos": one["mediaStatsMinConversationMos"],
            "divisionIds": one["divisionIds"],
            "participant": here["participantId"],
            "metric": wanted["name"],
            "value": wanted["value"],
        }
    query = f"""
        select count(*), count(distinct conversationId), typeof(any_value(conversationStart)),
               typeof(any_value(mediaStatsMinConversationMos)), typeof(any_value(divisionIds)),
               any_value(participants[1].sessions[1].metrics[1].name),
               sum(participants[1].sessions[1].metrics[1].value)
        from '{tmp_path}/*.parquet'
    """
    talked = sum(one["participants"][0]["sessions"][0]["metrics"][0]["value"] for one in records)
    types = ("TIMESTAMP WITH TIME ZONE", "DOUBLE", "VARCHAR[]", "tTalk", talked)
    assert duckdb.sql(query).fetchall() == [(COUNT, COUNT, *types)]


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

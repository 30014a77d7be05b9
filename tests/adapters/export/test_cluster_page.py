"""The programs of ``docs/cluster.md`` for Dask, Ray and Spark run as they stand, where the engine is installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from contextlib import ExitStack
from pathlib import Path

import pytest

from genesys_cloud.export import read_records, read_status
from genesys_cloud.export.formats import read_part
from tests.helpers.conversations_server import conversations_server
from tests.helpers.dask_cluster import DaskCluster

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "cluster.md"
COUNT, DAYS = 2000, 4
EXPORTS = """
import os

from genesys_cloud import Client


def new_client():
    return Client(host=os.environ["GENESYS_HOST"], access_token="t", trust_env=False)
"""


@pytest.fixture(scope="module")
def served():
    with conversations_server(COUNT, DAYS) as (server, platform):
        yield server.url, platform


def block(name: str) -> str:
    found = re.search(
        rf'^```py title="{name}"\n(.*?)^```$', PAGE.read_text(), re.MULTILINE | re.DOTALL
    )
    return textwrap.dedent(found[1])


def run_program(directory: Path, name: str, url: str, **environment: str) -> list[str]:
    """Run a program of the page beside a module ``exports``, and return the lines that it prints."""
    (directory / "exports.py").write_text(EXPORTS)
    (directory / name).write_text(block(name))
    paths = [str(directory), *(str(Path(path).resolve()) for path in sys.path if path)]
    done = subprocess.run(
        [sys.executable, name],
        cwd=directory,
        env={
            **os.environ,
            **environment,
            "PYTHONPATH": os.pathsep.join(paths),
            "GENESYS_HOST": url,
            "INTERVAL": "2024-03-01T00:00:00Z/2024-03-05T00:00:00Z",
            "OUT": str(directory / "out"),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("conversations-")]
    assert len(lines) == DAYS
    assert sum(int(line.split()[1]) for line in lines) == COUNT
    return lines


def assert_equal(out: Path, platform) -> None:
    assert read_status(out).is_complete
    found = sorted(read_records(out), key=lambda one: one["conversationId"])
    assert found == sorted(platform.records, key=lambda one: one["conversationId"])


def test_dask(served, tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    url, platform = served
    monkeypatch.setenv("GENESYS_HOST", url)  # for the workers, which are started in this directory
    with ExitStack() as stack:
        cluster = DaskCluster(stack, tmp_path)
        run_program(tmp_path, "export_on_dask.py", url, DASK_SCHEDULER=cluster.address)
    assert_equal(tmp_path / "out", platform)


def test_ray(served, tmp_path):
    pytest.importorskip("ray")
    url, platform = served
    run_program(tmp_path, "export_on_ray.py", url, RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO="0")
    assert_equal(tmp_path / "out", platform)


def test_spark(served, tmp_path):
    pytest.importorskip("pyspark")
    url, platform = served
    run_program(tmp_path, "export_on_spark.py", url, PYSPARK_PYTHON=sys.executable)
    found = {}
    for path in (tmp_path / "out").glob("*.parquet"):
        with path.open("rb") as file:
            found |= {row["conversationId"]: row for row in read_part("parquet", file)}
    assert len(found) == COUNT
    for one in platform.records:
        row = found[one["conversationId"]]
        assert row["mediaStatsMinConversationMos"] == one["mediaStatsMinConversationMos"]
        assert row["divisionIds"] == one["divisionIds"]

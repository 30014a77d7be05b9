"""Every named export on the simulator, which rejects requests that the platform would reject."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from genesys_cloud import Client, ClientCredentials, Interval
from genesys_cloud.export import DATASETS, find_export, plan, run, verify
from genesys_cloud.simulator import running_simulator

pytestmark = pytest.mark.slow

NOW = datetime.now(UTC).replace(microsecond=0)
FOUR_DAYS = Interval(NOW - timedelta(days=4), NOW)


@pytest.fixture(scope="module")
def client():
    with running_simulator() as simulator:
        auth = (simulator.client_id, simulator.client_secret)
        yield partial(new_client, simulator.url, *auth)


def new_client(host: str, client_id: str, client_secret: str) -> Client:
    auth = ClientCredentials(client_id, client_secret)
    return Client(host=host, auth=auth, trust_env=False)


ARCHIVED = sorted(name for name, dataset in DATASETS.items() if dataset.availability)


@pytest.mark.parametrize(
    ("name", "archived"),
    [*((name, False) for name in sorted(DATASETS)), *((name, True) for name in ARCHIVED)],
)
def test_a_named_export(client, tmp_path, name, archived):
    interval = FOUR_DAYS if DATASETS[name].interval else None
    body = {"metrics": ["nOffered"]} if name == "conversation-aggregates" else None
    slices = plan(find_export(name, interval, body=body, available_until=NOW if archived else None))
    assert not archived or slices[0].source == "job"
    list(run(slices, out=tmp_path, client=client))
    # Simulated results of jobs of users' details are an example, whose archive ends in 2024.
    problems = [one for one in verify(tmp_path).problems if "complete only up to 2024" not in one]
    assert problems == []

"""The simulator without sockets: sync, asyncio, trio, several threads."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest

from genesys_cloud import AsyncClient, Client, ClientCredentials, NotFoundError
from genesys_cloud.simulator import InProcessSimulator, Simulator
from genesys_core import Now
from tests.strategies.simulator import definition

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture
def platform():
    return InProcessSimulator(Simulator(definition()))


def test_a_client_signs_in_and_reads_what_it_wrote(platform):
    auth = ClientCredentials(platform.client_id, platform.client_secret)
    with Client(auth=auth, transport=platform.transport(), trust_env=False) as client:
        skill = client.routing.post_routing_skills({"name": "Spanish"})
        assert client.routing.get_routing_skill(skill.id).name == "Spanish"
        client.routing.delete_routing_skill(skill.id)
        with pytest.raises(NotFoundError):
            client.routing.get_routing_skill(skill.id)
    assert platform.simulator.count("POST", "/oauth/token") == 1


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_asynchronous_client(platform, backend):
    async def main():
        transport = platform.async_transport()
        token = platform.access_token()
        async with AsyncClient(access_token=token, transport=transport, trust_env=False) as client:
            skill = await client.routing.post_routing_skills({"name": "Spanish"})
            return (await client.routing.get_routing_skill(skill.id)).name

    assert anyio.run(main, backend=backend) == "Spanish"


def test_a_restored_state_can_be_restored_again(platform):
    token = platform.access_token()
    before = platform.snapshot()
    for _ in range(2):
        with Client(access_token=token, transport=platform.transport(), trust_env=False) as client:
            assert client.routing.get_routing_skills().entities == []
            client.routing.post_routing_skills({"name": "Spanish"})
        platform.restore(before)


def test_the_clock_is_the_tests():
    now = [Now(0.0, 1_700_000_000.0)]
    platform = InProcessSimulator(Simulator(definition()), clock=lambda: now[0])
    token = platform.access_token()
    with Client(access_token=token, transport=platform.transport(), trust_env=False) as client:
        query = {"interval": "2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z"}
        jobs = client.analytics
        job = jobs.post_analytics_conversations_details_jobs(query)
        assert jobs.get_analytics_conversations_details_job(job.job_id).state == "QUEUED"
        now[0] = Now(1.0, 1_700_000_001.0)
        assert jobs.get_analytics_conversations_details_job(job.job_id).state == "FULFILLED"


def test_threads_share_it(platform):
    token = platform.access_token()
    with (
        Client(access_token=token, transport=platform.transport(), trust_env=False) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        names = [f"Skill {number:02d}" for number in range(40)]
        list(pool.map(lambda name: client.routing.post_routing_skills({"name": name}), names))
        listed = client.routing.get_routing_skills(page_size=100).entities
        assert sorted(each.name for each in listed) == names


def test_its_repr_has_no_secret(platform):
    assert repr(platform).startswith("InProcessSimulator(Simulator(")
    assert platform.client_secret not in repr(platform)


def test_the_test_file_of_the_docs_runs_as_written(tmp_path):
    text = (DOCS / "simulator.md").read_text(encoding="utf-8")
    (snippet,) = re.findall(r"```python\n(import pytest\n.*?)```", text, re.DOTALL)
    assert len([line for line in snippet.splitlines() if line]) <= 20
    (tmp_path / "test_written.py").write_text(snippet, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout

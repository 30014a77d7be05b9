"""What importing and calling costs, in things that can be counted."""

from __future__ import annotations

import json
import py_compile
import subprocess
import sys
from pathlib import Path

import pytest

import genesys_cloud
import genesys_core

SCRIPT = """
import json, sys
counts = {}
def count(step):
    # A package's __init__ holds a docstring or a table of names, and is not counted.
    ours = [
        name for name, module in sys.modules.items()
        if name.startswith(("genesys_core", "genesys_cloud"))
        and ("." not in name or not hasattr(module, "__path__"))
    ]
    models = [name for name in ours if name.startswith("genesys_core.models._")]
    built = 0
    if "genesys_core.codec.model" in sys.modules:
        def below(kind):
            return sum(1 + below(child) for child in kind.__subclasses__())
        built = below(sys.modules["genesys_core.codec.model"].Model) - 1
    counts[step] = {
        "ours": len(ours), "shards": len(models), "models": built,
        "apis": len([  # the table of listings is none
            name for name in ours
            if name.startswith("genesys_core.api.") and not name.endswith("._listings")
        ]),
        "foreign": sorted({name.partition(".")[0] for name in sys.modules} & {
            "httpx", "asyncio", "trio", "anyio", "typer", "rich", "starlette", "hypercorn",
            "msgspec", "h11", "wsproto", "ssl", "logging", "threading"}),
    }
import genesys_core
count("core")
import genesys_cloud
count("import")
from genesys_cloud import Client
from genesys_core.http.messages import Response
class Canned:
    def send(self, request):
        return Response(200, body=b'{"id": "1", "manager": {"id": "2"}}')
    def close(self):
        pass
client = Client(host="http://x.example", access_token="t", transport=Canned(), trust_env=False)
count("client")
assert client.users.get_users_me().manager.id == "2"
count("call")
client.users.get_users_me()
client.users.get_user("1")
count("more")
print(json.dumps(counts))
"""


@pytest.fixture(scope="module")
def counts() -> dict[str, dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


def test_importing_the_package_loads_itself_alone(counts) -> None:
    assert counts["core"]["ours"] == 2  # the helper of lazy faces
    assert counts["import"]["ours"] == 3
    assert counts["core"]["foreign"] == counts["import"]["foreign"] == []


def test_a_client_loads_no_model_and_no_api(counts) -> None:
    client = counts["client"]
    assert (client["shards"], client["models"], client["apis"]) == (0, 0, 0)
    # 95 at the time of writing, the __init__ of packages aside: 74 when there were no packages, and since then what
    # was decided in adapters is in modules of the core. Three more serve downloads that are continued,
    # two the fields that a model keeps, two rate limits that are shared. Channels, simulator, generator and login are not among them.
    assert client["ours"] <= 95
    # Neither an HTTP client nor TLS before there is a client that sends over httpx.
    assert client["foreign"] == ["logging", "msgspec", "threading"]


def test_a_call_loads_one_api_and_the_models_it_returns(counts) -> None:
    call = counts["call"]
    assert call["apis"] == 1
    assert call["shards"] == 1
    assert call["models"] <= 110
    assert call["ours"] <= counts["client"]["ours"] + 8


def test_a_call_over_a_transport_of_ones_own_loads_no_http_client(counts) -> None:
    assert counts["more"]["foreign"] == counts["client"]["foreign"]


def test_further_calls_load_nothing_that_is_there_already(counts) -> None:
    assert counts["more"]["shards"] <= counts["call"]["shards"] + 1
    assert counts["more"]["apis"] == 1


def test_the_first_decoded_model_needs_no_client() -> None:
    script = (
        "import sys\n"
        "from genesys_core import models\n"
        "from genesys_core.codec.decoding import decode\n"
        "decode(models.UserMe, b'{}')\n"
        "print(*sorted(name for name in sys.modules if name.startswith('genesys_')))\n"
        "print(*sorted({'asyncio', 'h11', 'httpx', 'ssl', 'wsproto'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    ours, foreign = done.stdout.splitlines()
    assert len(ours.split()) <= 13, ours
    assert foreign == ""


@pytest.mark.slow
def test_the_installed_packages_are_small(tmp_path: Path) -> None:
    """Sources, their bytecode and data, as an installer leaves them: under 22.4 MB.

    Generated code is 12 MB of them. It was under 16 MB before listings, jobs, rate limit files, strategies
    for property tests and the comparison of definitions, and under 17 MB before the command line reached
    every operation, the simulator had the rules of its events, and every operation had a summary (0.4 MB), a
    link to the platform's page (0.8 MB) and words for its parameters (0.1 MB) in its docstring, from tables of
    words (0.3 MB); the simulator's rules for members, searches and commands are 0.15 MB. Exports and Redis took it
    over 20 MB; the simulator's permissions and references, and the download of recordings, over 20.5 MB; the reference of
    commands, keys and changes, and the jobs of every family, over 20.8 MB; the simulator's sample organization
    and the rules of what may be deleted, over 21.1 MB; events of every topic, SCIM groups, work items, divisions and
    documented bounds in the simulator, over 21.4 MB; longer docstrings and the state of a notification handler,
    over 21.7 MB; comments that give reasons, docstrings that are clear on their own, and mended bugs, over 22.2 MB.
    The official SDK takes 152 MB.
    """
    total = 0
    for package in (genesys_core, genesys_cloud):
        root = Path(package.__file__ or "").parent
        for path in sorted(root.rglob("*")):
            if "__pycache__" in path.parts or not path.is_file():
                continue
            total += path.stat().st_size
            if path.suffix == ".py":
                compiled = tmp_path / "compiled.pyc"
                shown = path.relative_to(root.parent).as_posix()
                py_compile.compile(str(path), str(compiled), shown, doraise=True)
                total += compiled.stat().st_size
    assert total < 22_400_000, total


def test_importing_starts_no_thread_and_reads_no_configuration() -> None:
    script = (
        "import threading, builtins, os\n"
        "threading.Thread.start = None\n"
        "os.environ = None\n"
        "import genesys_cloud, genesys_cloud.sync, genesys_cloud.client.async_client, genesys_cloud.aio\n"
        "assert threading.active_count() == 1\n"
    )
    # The standard library reads the environment while it is imported, so it goes first.
    first = "import asyncio, msgspec, random, ssl\n"
    done = subprocess.run(
        [sys.executable, "-c", first + script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr

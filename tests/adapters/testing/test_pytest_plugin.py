"""The pytest plugin: in plain, anyio and trio tests, as the docs say, and loaded lazily."""

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[3]
PLUGIN = "genesys_cloud.testing.pytest_plugin"

INSTALLED = any(each.value == PLUGIN for each in importlib.metadata.entry_points(group="pytest11"))
"""An environment that was made before there was a plugin does not know it."""


@pytest.fixture
def run(pytester):
    """Run the test files of a directory in a process of its own."""

    def run(*arguments):
        known = [] if INSTALLED else ["-p", PLUGIN]
        options = ("-q", "-p", "no:cacheprovider", "-W", "error")
        return pytester.runpytest_subprocess(*known, *options, *arguments)

    return run


def test_the_package_registers_the_plugin():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"genesys_cloud": PLUGIN}


def write_files_of_the_docs(folder):
    text = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    files = dict(re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", text, re.DOTALL))
    assert sorted(files) == ["organization.json", "test_support.py"]
    assert len(files["test_support.py"].splitlines()) <= 20
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")


FRESH = """
    import pytest

    @pytest.mark.parametrize("again", [0, 1])
    def test_plain(again, genesys_cloud, genesys_simulator):
        assert genesys_cloud.routing.get_routing_skills().entities == []
        genesys_cloud.routing.post_routing_skills({"name": "Spanish"})
        assert genesys_simulator.simulator.count("POST", "/api/v2/routing/skills") == 1

    @pytest.mark.anyio
    async def test_anyio(async_genesys_cloud, genesys_cloud):
        await async_genesys_cloud.routing.post_routing_skills({"name": "Spanish"})
        assert len(genesys_cloud.routing.get_routing_skills().entities) == 1

    @pytest.mark.anyio
    async def test_notifications(async_genesys_cloud, genesys_simulator):
        async with async_genesys_cloud.notification_handler() as handler:
            await handler.add_subscription("v2.users.x.presence")
            genesys_simulator.publish("v2.users.x.presence", {"message": "m"})
            assert (await anext(handler)).event_body.message == "m"
"""

# As pytest-trio does it.
TRIO_PLUGIN = """
    import functools, inspect, pytest, trio

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(pyfuncitem):
        if pyfuncitem.get_closest_marker("trio"):
            names = inspect.signature(pyfuncitem.obj).parameters
            given = {name: pyfuncitem.funcargs[name] for name in names}
            trio.run(functools.partial(pyfuncitem.obj, **given))
            return True

    def pytest_configure(config):
        config.addinivalue_line("markers", "trio: a test on trio")
"""

TRIO = """
    import pytest, trio

    @pytest.mark.trio
    async def test_trio(async_genesys_cloud, genesys_simulator):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(async_genesys_cloud.users.get_users_me)
            nursery.start_soon(async_genesys_cloud.users.get_users)
        assert len(genesys_simulator.requests) == 2
"""

OVERRIDDEN = """
    import pytest
    from genesys_cloud.simulator import Settings, World

    @pytest.fixture
    def genesys_settings():
        return Settings(token_lifetime=10)

    @pytest.fixture
    def genesys_world():
        return World.sample(users=2, seed=7)

    def test_it(genesys_cloud, genesys_simulator, genesys_definition):
        assert genesys_cloud.users.get_users().total == 2
        assert genesys_simulator.simulator.settings.token_lifetime == 10
        assert genesys_simulator.simulator.definition is genesys_definition
"""


@pytest.mark.slow
def test_the_fixtures_in_plain_anyio_and_trio_tests(pytester, run):
    """The test file of the docs as it is written, and tests that each get an organization of their own."""
    write_files_of_the_docs(pytester.path)
    pytester.makeconftest(TRIO_PLUGIN)
    pytester.makepyfile(test_fresh=FRESH, test_trio=TRIO, test_overridden=OVERRIDDEN)
    run().assert_outcomes(passed=11)  # those with anyio on asyncio and on trio


@pytest.mark.slow
def test_fixtures_are_listed_with_their_descriptions(run):
    listed = run("--fixtures").stdout.str()
    for name in ("genesys_cloud", "async_genesys_cloud", "genesys_simulator"):
        assert re.search(rf"^{name} .*\n +\S", listed, re.MULTILINE), listed


@pytest.mark.slow
def test_loading_the_plugin_loads_neither_client_nor_simulator():
    """What every run of pytest pays, counted in modules of a bare interpreter."""
    script = (
        "import sys, pytest\n"
        "before = set(sys.modules)\n"
        f"import {PLUGIN}\n"
        "print(*sorted(set(sys.modules) - before))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert set(done.stdout.split()) <= {
        "genesys_cloud",
        "genesys_cloud.testing",
        PLUGIN,
        "genesys_core",
        "genesys_core._lazy",
    }

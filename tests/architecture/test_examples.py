"""The programs of ``docs/examples`` run as they stand, each in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from genesys_cloud import Client
from genesys_cloud.simulator import RunningSimulator, running_simulator

FOLDER = Path(__file__).parents[2] / "docs" / "examples"
PROGRAMS = sorted(path.name for path in FOLDER.glob("*.py"))

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


def environment(simulator: RunningSimulator, home: Path) -> dict[str, str]:
    own = {
        "HOME": str(home),
        "GENESYSCLOUD_HOST": simulator.url,
        "GENESYSCLOUD_OAUTHCLIENT_ID": simulator.client_id,
        "GENESYSCLOUD_OAUTHCLIENT_SECRET": simulator.client_secret,
        "ORGANIZATIONS": "NORTH SOUTH",
        "BROWSER": "true",  # a command that opens nothing
    }
    for name, client_id in {"NORTH": simulator.client_id, "SOUTH": "unknown"}.items():
        own[f"{name}_HOST"] = simulator.url
        own[f"{name}_CLIENT_ID"] = client_id
        own[f"{name}_CLIENT_SECRET"] = simulator.client_secret
    inherited = {name: value for name, value in os.environ.items() if "GENESYS" not in name}
    return {**inherited, **own}


def run(
    name: str,
    *arguments: str,
    simulator: RunningSimulator,
    home: Path,
    on_line: Callable[[str], None] = lambda line: None,
) -> list[str]:
    """Run a program and return the lines that it prints."""
    command = [sys.executable, "-W", "error", str(FOLDER / name), *arguments]
    lines = []
    with subprocess.Popen(
        command,
        cwd=home,
        env=environment(simulator, home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        timer = threading.Timer(120, process.kill)
        timer.start()
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            on_line(lines[-1])
        errors = process.stderr.read()
        timer.cancel()
    assert process.returncode == 0, errors
    assert errors == ""
    return lines


def set_presence(simulator: RunningSimulator, name: str) -> None:
    with Client(host=simulator.url, access_token=simulator.access_token()) as client:
        me = client.users.get_users_me().id or ""
        found = next(one for one in client.presence.get_systempresences() if one.name == name)
        client.presence.patch_user_presences_purecloud(me, {"presenceDefinition": {"id": found.id}})


def test_there_are_ten_whole_programs() -> None:
    assert len(PROGRAMS) == 10
    index = (FOLDER / "index.md").read_text()
    for name in PROGRAMS:
        text = (FOLDER / name).read_text()
        assert len(text.splitlines()) < 80
        assert f"({name})" in index


def test_list_agents(simulator: RunningSimulator, tmp_path: Path) -> None:
    lines = run("list_agents.py", simulator=simulator, home=tmp_path)
    assert lines[-1] == f"{len(lines) - 1} users"
    assert re.fullmatch(r"User 001 +user001@example\.com +\w+", lines[0])


def test_export_users(simulator: RunningSimulator, tmp_path: Path) -> None:
    [line] = run("export_users.py", simulator=simulator, home=tmp_path)
    rows = (tmp_path / "users.csv").read_text().splitlines()
    assert line == f"users.csv: {len(rows) - 1} users"
    assert rows[0] == "id,name,email,department,title,state"
    assert not list(tmp_path.glob("*.part"))


def test_import_users(simulator: RunningSimulator, tmp_path: Path) -> None:
    assert run("import_users.py", simulator=simulator, home=tmp_path) == ["2 users created"]


def test_queue_overview(simulator: RunningSimulator, tmp_path: Path) -> None:
    lines = run("queue_overview.py", simulator=simulator, home=tmp_path)
    assert len(lines) == 5
    assert re.fullmatch(r"Queue 001: \d+ members", lines[0])


def test_wallboard(simulator: RunningSimulator, tmp_path: Path) -> None:
    set_presence(simulator, "AVAILABLE")
    seen: list[str] = []

    def change(line: str) -> None:
        seen.append(line)
        if len(seen) == 1:
            set_presence(simulator, "BUSY")

    lines = run("wallboard.py", "1", simulator=simulator, home=tmp_path, on_line=change)
    assert "BUSY" not in lines[0]
    assert "BUSY 1" in lines[1]


def test_several_organizations(simulator: RunningSimulator, tmp_path: Path) -> None:
    north, south = run("several_organizations.py", simulator=simulator, home=tmp_path)
    assert re.fullmatch(r"NORTH: \d+ users, \d+ queues", north)
    assert south.startswith("SOUTH: ")
    assert "invalid_client" in south


def test_watch_presence(simulator: RunningSimulator, tmp_path: Path) -> None:
    def change(line: str) -> None:
        if line.startswith("listening"):
            set_presence(simulator, "BREAK")

    lines = run("watch_presence.py", "3", simulator=simulator, home=tmp_path, on_line=change)
    assert lines[0] == "listening to 25 users"
    assert lines[-1] == "done"


def test_conversations_of_a_week(simulator: RunningSimulator, tmp_path: Path) -> None:
    first, *_, last = run("conversations_of_a_week.py", simulator=simulator, home=tmp_path)
    assert first.startswith("job ")
    assert re.fullmatch(r"\d+ sessions", last)


def test_sign_in(simulator: RunningSimulator, tmp_path: Path) -> None:
    def play_user(line: str) -> None:
        if line.startswith("Sign in at "):
            form = {
                "email": simulator.email,
                "password": simulator.password,
                "action": "sign-in",
            }
            body = urllib.parse.urlencode(form).encode()
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(line.removeprefix("Sign in at "), body) as page:
                assert "Signed in" in page.read().decode()

    arguments = (simulator.client_id, simulator.url, "0")
    lines = run("sign_in.py", *arguments, simulator=simulator, home=tmp_path, on_line=play_user)
    assert lines[-1].startswith("Signed in as ")
    [again] = run("sign_in.py", *arguments, simulator=simulator, home=tmp_path)
    assert again.startswith("Welcome back, ")


def test_embedded_core(simulator: RunningSimulator, tmp_path: Path) -> None:
    lines = run("embedded_core.py", simulator=simulator, home=tmp_path)
    assert len(lines) == 5
    assert all(lines)

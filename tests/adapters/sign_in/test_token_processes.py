"""Clients in several processes on one token file: one refresh between them, no rotation lost."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from genesys_core.oauth.tokens import Token
from tests.helpers.processes import Process, kept, processes
from tests.helpers.server import Reply, ScriptedServer, Seen, scripted_server

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).parents[2] / "helpers" / "token_client_process.py"

flavours = pytest.mark.parametrize("flavour", ["sync", "asyncio", "trio"])
running_clients = partial(processes, program=PROGRAM)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "kept" / "tokens.json"


@contextlib.contextmanager
def platform() -> Iterator[ScriptedServer]:
    """Takes the token that it gave last, rotates refresh tokens, refuses those that are spent."""
    lock, current = threading.Lock(), [0]

    def handler(seen: Seen) -> Reply:
        with lock:
            if seen.path == "/oauth/token":
                return exchanged(seen)
            known = seen.header("authorization") == f"Bearer a{current[0]}" and current[0] > 0
            return Reply(json={"id": "1"}) if known else Reply(401, {"message": "no"})

    def exchanged(seen: Seen) -> Reply:
        if parse_qs(seen.body.decode())["refresh_token"] != [f"r{current[0]}"]:
            return Reply(400, {"error": "invalid_grant", "description": "spent"})
        current[0] += 1
        number = current[0]
        return Reply(json={"access_token": f"a{number}", "refresh_token": f"r{number}"})

    with scripted_server(handler) as server:
        yield server


def said_by(running: list[Process]) -> list[str]:
    assert [process.said() for process in running] == ["ready"] * len(running)
    for process in running:
        process.go_on()
    return [process.said() for process in running]


@flavours
def test_processes_that_share_a_file_refresh_once_between_them(flavour, path):
    with platform() as server:
        store, key = kept(path, server)
        command = (flavour, "call", str(path), server.url)
        with running_clients(command, command, command) as running:
            assert said_by(running) == ["a1"] * 3
        assert len(server.asked("/oauth/token")) == 1
    assert store.load(key) == Token("a1", refresh_token="r1")


def test_so_do_processes_of_every_flavour(path):
    with platform() as server:
        kept(path, server)
        commands = [(each, "call", str(path), server.url) for each in ("sync", "asyncio", "trio")]
        with running_clients(*commands) as running:
            assert said_by(running) == ["a1"] * 3
        assert len(server.asked("/oauth/token")) == 1


@flavours
def test_no_rotation_is_lost_however_they_take_turns(flavour, path):
    with platform() as server:
        store, key = kept(path, server)
        command = (flavour, "refresh", str(path), server.url, "10")
        with running_clients(command, command) as running:
            last = said_by(running)
            assert [process.end() for process in running] == [0, 0]
        spent = [
            parse_qs(seen.body.decode())["refresh_token"][0]
            for seen in server.asked("/oauth/token")
        ]
    assert spent == [f"r{number}" for number in range(len(spent))]
    assert 10 <= len(spent) <= 20
    assert f"a{len(spent)}" in last
    assert store.load(key).refresh_token == f"r{len(spent)}"


@flavours
def test_a_process_killed_before_the_rename_loses_no_rotation(flavour, path):
    with platform() as server:
        store, key = kept(path, server)
        with running_clients((flavour, "stop-before-rename", str(path), server.url)) as (killed,):
            assert said_by([killed]) == ["stopped"]
            killed.kill()
        with running_clients((flavour, "call", str(path), server.url)) as running:
            assert said_by(running) == ["a1"]
        assert len(server.asked("/oauth/token")) == 1
    assert store.load(key) == Token("a1", refresh_token="r1")


@flavours
def test_a_process_killed_in_the_content_locks_nobody_out(flavour, path):
    with platform() as server:
        store, key = kept(path, server)
        with running_clients((flavour, "stop-in-content", str(path), server.url)) as (killed,):
            assert said_by([killed]) == ["stopped"]
            killed.kill()
        # What it had been given is gone with it, the one loss that nobody can prevent; the file is
        # whole, and the next process is told what to do.
        with running_clients((flavour, "call", str(path), server.url)) as running:
            assert said_by(running) == ["InvalidGrantError"]
        # What was refused is not offered to the process after that.
        assert store.load(key) == Token("a0")

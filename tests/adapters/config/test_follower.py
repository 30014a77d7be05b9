"""A configuration file that changes under a client: every way of editing, in every driver."""

from __future__ import annotations

import builtins
import gc
import logging
import os
import threading
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import pytest

from genesys_cloud import Client, ClientCredentials
from genesys_cloud.client import setup
from genesys_cloud.config import follower
from genesys_cloud.config.file import read_snapshot
from genesys_cloud.config.follower import FileEvents, Follower, Polling, trigger_for
from genesys_core import errors
from genesys_core.api import users
from genesys_core.configuration.file_changes import FileSnapshot
from tests.helpers.flavours import Api, every_flavour
from tests.helpers.server import TOKEN, Reply, scripted_server
from tests.helpers.threads import threads_end
from tests.strategies.observability import program_logging

GRANT = ClientCredentials("id", "secret")


class Steps:
    """A trigger that a test pulls: the follower looks when told to, and the test waits for it."""

    def __init__(self) -> None:
        self._turn = threading.Condition()
        self._granted = 0
        self._resting = False
        self._stopped = False
        self.closed = False

    def wait(self) -> bool:
        with self._turn:
            self._resting = True
            self._turn.notify_all()
            assert self._turn.wait_for(lambda: self._stopped or self._granted, 60)
            if self._stopped:
                return False
            self._granted -= 1
            self._resting = False
            return True

    settle = wait

    def stop(self) -> None:
        with self._turn:
            self._stopped = True
            self._turn.notify_all()

    def close(self) -> None:
        with self._turn:
            self.closed = True
            self._turn.notify_all()

    def look(self, times: int = 2) -> None:
        """Let the follower look; twice is what it takes to act."""
        for _ in range(times):
            with self._turn:
                self._granted += 1
                self._turn.notify_all()
                done = lambda: self.closed or (self._resting and not self._granted)  # noqa: E731
                assert self._turn.wait_for(done, 60)


@pytest.fixture
def steps(monkeypatch):
    trigger = Steps()
    monkeypatch.setattr(follower, "trigger_for", lambda path: trigger)
    return trigger


@pytest.fixture(autouse=True)
def no_thread_is_left():
    with threads_end():
        yield


def retries(number: int, more: str = "") -> str:
    return f"[retry]\nretry_max = {number}\n{more}"


def in_force(api: Api) -> int:
    return api.client._cell.session.settings.retry.retry_max


# --- every way of editing, in every driver ----------------------------------------------------------


def in_place(path: Path, text: str) -> None:
    path.write_text(text)


def by_rename(path: Path, text: str) -> None:
    fresh = path.with_name("fresh")
    fresh.write_text(text)
    fresh.replace(path)


def with_a_backup(path: Path, text: str) -> None:
    path.replace(path.with_name("config~"))
    path.write_text(text)


def by_another_link(path: Path, text: str) -> None:
    target = path.with_name(f"target-{len(list(path.parent.iterdir()))}")
    target.write_text(text)
    path.unlink()
    path.symlink_to(target)


def mount(volume: Path, number: int) -> None:
    """As Kubernetes does it: config -> ..data/config, ..data -> a directory that is replaced."""
    version = volume / f"..version-{number}"
    version.mkdir()
    (version / "config").write_text(retries(number))
    link = volume / "..data_tmp"
    link.symlink_to(version.name)
    link.replace(volume / "..data")
    if not (volume / "config").is_symlink():
        (volume / "config").symlink_to(Path("..data") / "config")


EDITS = [in_place, by_rename, with_a_backup, by_another_link]


@every_flavour
@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_taken_over(run, edit, steps, tmp_path):
    path = tmp_path / "config"
    path.write_text(retries(1))

    async def scenario(api: Api) -> None:
        assert in_force(api) == 1
        for number in (2, 3, 4):
            edit(path, retries(number))
            steps.look()
            assert in_force(api) == number

    run(scenario, config_file=path)
    assert steps.closed


@every_flavour
def test_a_mounted_volume_that_is_swapped(run, steps, tmp_path):
    mount(tmp_path, 1)

    async def scenario(api: Api) -> None:
        for number in (2, 3):
            mount(tmp_path, number)
            steps.look()
            assert in_force(api) == number

    run(scenario, config_file=tmp_path / "config")


@every_flavour
@pytest.mark.parametrize(("pacing", "is_limited"), [({}, True), ({"pacing": None}, False)])
def test_a_client_that_moves_from_a_loopback_host_to_the_platform_gets_a_rate_limit(
    run, steps, tmp_path, pacing, is_limited
):
    path = tmp_path / "config"
    path.write_text("[general]\nhost = http://127.0.0.1:1\n")

    async def scenario(api: Api) -> None:
        assert api.client._cell.session.pacer is None
        in_place(path, "[general]\nhost = https://api.mypurecloud.com\n")
        steps.look()
        assert (api.client._cell.session.pacer is not None) is is_limited

    run(scenario, config_file=path, **pacing)


@every_flavour
def test_a_file_that_goes_and_comes_back(run, steps, tmp_path):
    path = tmp_path / "config"
    path.write_text(retries(1))

    async def scenario(api: Api) -> None:
        path.unlink()
        steps.look(5)
        assert in_force(api) == 1
        path.write_text(retries(2))
        steps.look()
        assert in_force(api) == 2

    run(scenario, config_file=path)


@every_flavour
def test_a_file_that_is_made_later_with_its_directory(run, steps, tmp_path):
    path = tmp_path / "not" / "yet" / "config"

    async def scenario(api: Api) -> None:
        assert in_force(api) == 5
        steps.look()
        path.parent.mkdir(parents=True)
        path.write_text(retries(1))
        steps.look()
        assert in_force(api) == 1

    with program_logging() as kept:
        run(scenario, config_file=path)
    assert [record.name for record in kept.records] == ["genesys_cloud.config"]
    assert kept.messages == [f"{path}: no such file yet; it is read when it is created"]


@every_flavour
def test_a_burst_of_writes_is_one_change(run, steps, tmp_path):
    path = tmp_path / "config"
    path.write_text(retries(1))

    async def scenario(api: Api) -> None:
        for text in ("", "[ret", "[retry]\nretry_ma", retries(7)):
            path.write_text(text)
            steps.look(1)
            assert in_force(api) == 1
        steps.look(1)
        assert in_force(api) == 7

    with program_logging() as kept:
        run(scenario, config_file=path)
    assert kept.records == []


@every_flavour
def test_a_bad_edit_is_reported_once_and_changes_nothing(run, steps, tmp_path):
    path = tmp_path / "config"
    path.write_text(retries(1))

    async def scenario(api: Api) -> None:
        path.write_text("[retry]\nretry_max = lots\n[logging]\nlog_level = loud\n")
        steps.look(6)
        assert in_force(api) == 1
        path.write_text(retries(2))
        steps.look()
        assert in_force(api) == 2

    with program_logging() as kept:
        run(scenario, config_file=path)
    (record,) = kept.records
    assert (record.name, record.levelno) == ("genesys_cloud.config", logging.WARNING)
    for words in (
        f"{path}:2: [retry] retry_max = 'lots'",
        f"{path}:4: [logging] log_level = 'loud'",
    ):
        assert words in record.getMessage()


@every_flavour
def test_what_cannot_be_read_or_written_is_a_bad_edit_too(run, steps, tmp_path):
    path = tmp_path / "config"
    path.write_text(retries(1))
    bad_log = f"[logging]\nlog_level = debug\nlog_file_path = {tmp_path}/missing/log\n"

    async def scenario(api: Api) -> None:
        path.write_bytes(b"[retry]\nretry_max = \xff\n")
        steps.look()
        path.write_text(retries(2, bad_log))
        steps.look()
        assert in_force(api) == 1

    with program_logging() as kept:
        run(scenario, config_file=path)
    first, second = kept.messages
    assert "is not UTF-8" in first
    assert "cannot be written" in second


@every_flavour
def test_unknown_keys_are_warned_of_on_each_change(run, steps, tmp_path):
    path = tmp_path / "config"
    path.write_text(retries(1, "[loging]\n"))

    async def scenario(api: Api) -> None:
        path.write_text(retries(2, "[generel]\n"))
        steps.look()

    with program_logging() as kept:
        run(scenario, config_file=path)
    assert ["loging" in kept.messages[0], "generel" in kept.messages[1]] == [True, True]
    assert len(kept.messages) == 2


# --- when a file is followed ------------------------------------------------------------------------


@every_flavour
def test_an_edit_that_switches_following_off_is_the_last_one(run, steps, tmp_path):
    path = tmp_path / "config"
    path.write_text(retries(1))

    async def scenario(api: Api) -> None:
        assert api.client._setup.following
        path.write_text(retries(2, "[general]\nlive_reload_config = false\n"))
        steps.look()
        assert steps.closed
        path.write_text(retries(3, "[general]\nlive_reload_config = true\n"))
        assert in_force(api) == 2

    run(scenario, config_file=path)


@every_flavour
def test_a_file_that_switches_it_off_is_never_followed(run, monkeypatch, tmp_path):
    path = tmp_path / "config"
    path.write_text(retries(1, "[general]\nlive_reload_config = false\n"))
    monkeypatch.setattr(follower, "trigger_for", None)  # would not work

    async def scenario(api: Api) -> None:
        assert in_force(api) == 1
        assert not api.client._setup.following

    run(scenario, config_file=path)


@every_flavour
@pytest.mark.parametrize("argument", [False, True])
def test_the_argument_wins_over_the_file(run, argument, steps, tmp_path):
    path = tmp_path / "config"
    path.write_text(retries(1, f"[general]\nlive_reload_config = {not argument}\n"))

    async def scenario(api: Api) -> None:
        assert api.client._setup.following is argument
        if argument:
            path.write_text(retries(2, "[general]\nlive_reload_config = false\n"))
            steps.look()
            assert in_force(api) == 2
            assert api.client._setup.following

    run(scenario, config_file=path, live_reload_config=argument)


def test_the_default_file_is_followed_where_it_is_used(steps, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    with Client() as client:
        assert not client._setup.following
    path = tmp_path / ".genesyscloudpython" / "config"
    path.parent.mkdir()
    with Client() as client:
        path.write_text(retries(3))
        steps.look()
        assert client._cell.session.settings.retry.retry_max == 3
        assert "config" in str(client._setup.configuration.origin("retry", "retry_max"))


def test_a_client_that_is_forgotten_stops_following(steps, tmp_path):
    path = tmp_path / "config"
    path.write_text(retries(1))
    client = Client(config_file=path, trust_env=False)
    thread = client._setup._follower._thread
    client._transport.close()
    del client
    gc.collect()
    thread.join(60)
    assert not thread.is_alive()


@every_flavour
def test_closing_twice_is_closing(run, steps, tmp_path):
    path = tmp_path / "config"
    path.write_text(retries(1))

    async def scenario(api: Api) -> None:
        done = api.client.close()
        if done is not None:
            await done
        assert steps.closed

    run(scenario, config_file=path)


# --- what a change does to calls and tokens ---------------------------------------------------------


@every_flavour
def test_calls_go_where_the_file_says_with_a_token_from_there(run, steps, tmp_path):
    path = tmp_path / "config"

    def platform(name: str):
        def answer(seen):
            if seen.path == "/oauth/token":
                return Reply(json={**TOKEN, "access_token": f"token-of-{name}"})
            return Reply(json={"id": name})

        return answer

    async def scenario(api: Api) -> None:
        assert (await api.send(users.get_users_me())).id == "here"
        path.write_text(f"[general]\nhost = {there.url}\n")
        steps.look()
        assert (await api.send(users.get_users_me())).id == "there"

    with (
        scripted_server(platform("here")) as here,
        scripted_server(platform("there")) as there,
        program_logging() as kept,
    ):
        path.write_text(f"[general]\nhost = {here.url}\n")
        run(scenario, config_file=path, auth=GRANT)
    for server, name in ((here, "here"), (there, "there")):
        (call,) = server.asked("/api/v2/users/me")
        assert call.header("authorization") == f"Bearer token-of-{name}"
    assert "the token was discarded" in kept.messages[0]


@every_flavour
def test_a_static_token_is_not_shown_to_another_host(run, steps, tmp_path):
    path = tmp_path / "config"

    async def scenario(api: Api) -> None:
        await api.send(users.get_users_me())
        path.write_text(f"[general]\nhost = {there.url}\n")
        steps.look()
        with pytest.raises(errors.GenesysCloudError, match="signed out"):
            await api.send(users.get_users_me())

    with (
        scripted_server(lambda _: Reply(json={})) as here,
        scripted_server(lambda _: Reply()) as there,
    ):
        path.write_text(f"[general]\nhost = {here.url}\n")
        run(scenario, config_file=path, access_token="mine")
    assert there.requests == []


@every_flavour
def test_other_changes_keep_the_token(run, steps, tmp_path):
    path = tmp_path / "config"

    async def scenario(api: Api) -> None:
        await api.send(users.get_users_me())
        path.write_text(f"[general]\nhost = {server.url}\n{retries(2)}")
        steps.look()
        await api.send(users.get_users_me())
        assert in_force(api) == 2

    def answer(seen):
        return Reply(json=TOKEN if seen.path == "/oauth/token" else {})

    with scripted_server(answer) as server:
        path.write_text(f"[general]\nhost = {server.url}\n")
        run(scenario, config_file=path, auth=GRANT)
    assert len(server.asked("/oauth/token")) == 1


@every_flavour
def test_a_call_under_way_finishes_as_it_began(run, steps, tmp_path):
    """The file changes while the platform thinks: the call is repeated as its own policy says."""
    path = tmp_path / "config"
    begun = "[retry]\nretry_wait_max = 60\nretry_after_default = 0\n[general]\nhost = {}\n"

    def answer(seen):
        if len(here.requests) == 1:
            path.write_text(f"[general]\nhost = {there.url}\n[retry]\nretry_wait_max = 0\n")
            steps.look()
            return Reply(503)
        return Reply(json={"id": "here"})

    async def scenario(api: Api) -> None:
        assert (await api.send(users.get_users_me())).id == "here"
        assert api.client._cell.session.settings.hosts.api == there.url

    with scripted_server(answer) as here, scripted_server(lambda _: Reply(500)) as there:
        path.write_text(begun.format(here.url))
        run(scenario, config_file=path)
    assert (len(here.requests), len(there.requests)) == (2, 0)


@every_flavour
def test_logging_follows_the_file(run, steps, tmp_path):
    path, first, second = tmp_path / "config", tmp_path / "first", tmp_path / "second"
    text = "[logging]\nlog_level = {}\nlog_to_console = false\nlog_file_path = {}\n"

    async def scenario(api: Api) -> None:
        for target, level in ((first, "error"), (second, "debug"), (second, "none")):
            path.write_text(text.format(level, target))
            steps.look()
            await api.send(users.get_users_me())

    with scripted_server(lambda _: Reply(json={})) as server:
        path.write_text(text.format("debug", first))
        run(scenario, config_file=path, host=server.url)
    assert first.read_text() == ""
    assert second.read_text().count("=== REQUEST ===") == 1


# --- the triggers -----------------------------------------------------------------------------------


@contextmanager
def following(path: Path, trigger):
    seen, changed = [], threading.Event()

    def take(snapshot: FileSnapshot) -> bool:
        seen.append(snapshot.text)
        changed.set()
        return True

    follower = Follower(str(path), read_snapshot(path), take, trigger)

    def expect(text: str) -> None:
        while text not in seen:
            assert changed.wait(60)
            changed.clear()

    yield expect
    follower.close()
    assert not follower.following


@pytest.mark.slow
@pytest.mark.parametrize("installed", [True, False], ids=["watchfiles", "polling"])
def test_a_real_trigger_sees_each_kind_of_change(installed, tmp_path, monkeypatch):
    path = tmp_path / "there" / "config"
    if not installed:
        monkeypatch.setattr(follower, "INTERVAL", 0.02)
    trigger = trigger_for(str(path)) if installed else Polling()
    with following(path, trigger) as expect:
        path.parent.mkdir()
        path.write_text("made later")
        expect("made later")
        by_rename(path, "renamed")
        expect("renamed")
        path.unlink()
        path.write_text("made again")
        expect("made again")
        path.parent.rename(tmp_path / "away")
        path.parent.mkdir()
        path.write_text("in another directory")
        expect("in another directory")


class TakenOver:
    """Waits, without looking at the clock, until a client has taken a setting over."""

    def __init__(self, monkeypatch) -> None:
        self._turn = threading.Condition()
        real = setup._Reload.__call__

        def told(reload, snapshot: FileSnapshot) -> bool:
            follows = real(reload, snapshot)
            with self._turn:
                self._turn.notify_all()
            return follows

        monkeypatch.setattr(setup._Reload, "__call__", told)

    def expect(self, api: Api, number: int) -> None:
        self.until(lambda: in_force(api) == number)

    def until(self, holds: Callable[[], bool]) -> None:
        with self._turn:
            assert self._turn.wait_for(holds, 60)


@pytest.fixture
def taken_over(monkeypatch):
    return TakenOver(monkeypatch)


@pytest.fixture(params=[FileEvents, Polling], ids=["watchfiles", "polling"])
def trigger_kind(request, monkeypatch):
    if request.param is Polling:
        monkeypatch.setattr(follower, "INTERVAL", 0.02)
        monkeypatch.setattr(follower, "trigger_for", lambda path: Polling())
    return request.param


@pytest.mark.slow
@every_flavour
def test_a_client_sees_every_kind_of_edit_with_a_real_trigger(
    run, trigger_kind, taken_over, tmp_path
):
    path = tmp_path / "later" / "config"

    async def scenario(api: Api) -> None:
        assert isinstance(follower.trigger_for(str(path)), trigger_kind)
        path.parent.mkdir()
        path.write_text(retries(10))
        taken_over.expect(api, 10)
        for number, edit in enumerate(EDITS, 11):
            edit(path, retries(number))
            taken_over.expect(api, number)
        path.unlink()
        path.write_text(retries(20))
        taken_over.expect(api, 20)
        for number in range(21, 51):
            path.write_text(retries(number))
        taken_over.expect(api, 50)
        path.write_text("[retry]\nretry_max = lots\n")
        taken_over.until(lambda: any("retry_max = 'lots'" in text for text in kept.messages))
        assert in_force(api) == 50
        path.write_text(retries(51, "[general]\nlive_reload_config = false\n"))
        taken_over.expect(api, 51)
        api.client._setup._follower._thread.join(60)
        assert not api.client._setup.following

    with program_logging() as kept:
        run(scenario, config_file=path)


@pytest.mark.slow
@every_flavour
@pytest.mark.usefixtures("trigger_kind")
def test_a_client_sees_a_mounted_volume_swapped_with_a_real_trigger(run, taken_over, tmp_path):
    mount(tmp_path, 1)

    async def scenario(api: Api) -> None:
        for number in (2, 3, 4):
            mount(tmp_path, number)
            taken_over.expect(api, number)

    run(scenario, config_file=tmp_path / "config")


def test_a_notice_is_not_waited_for_where_none_can_come(tmp_path, monkeypatch):
    monkeypatch.setattr(follower, "INTERVAL", 0.01)

    def broken(*paths, **options):
        raise OSError("no more watches")
        yield

    def ended(*paths, **options):
        return
        yield

    for detector in (broken, ended):
        trigger = FileEvents(str(tmp_path / "config"), detector)
        assert [trigger.wait() for _ in range(3)] == [True] * 3
        trigger.stop()
        assert not trigger.wait()
        trigger.close()


def test_polling_without_the_extra(monkeypatch):
    real = builtins.__import__

    def missing(name, *arguments, **keywords):
        if name == "watchfiles":
            raise ImportError
        return real(name, *arguments, **keywords)

    assert isinstance(trigger_for("/x/config"), FileEvents)
    monkeypatch.setattr(builtins, "__import__", missing)
    assert type(trigger_for("/x/config")) is Polling


def test_a_follower_can_be_closed_from_within(tmp_path):
    path = tmp_path / "config"
    path.write_text("a")
    steps, closed = Steps(), threading.Event()

    def take(snapshot: FileSnapshot) -> bool:
        follower.close()
        closed.set()
        return True

    follower = Follower(str(path), read_snapshot(path), take, steps)
    path.write_text("b")
    steps.look()
    assert closed.wait(60)
    follower.close()
    assert not follower.following


@pytest.mark.skipif(os.name == "nt", reason="no such files there")
def test_a_pipe_is_no_configuration_and_blocks_nobody(tmp_path):
    os.mkfifo(tmp_path / "config")
    assert read_snapshot(tmp_path / "config") == FileSnapshot(
        problem="cannot be read: not a regular file; use the path of a file that can be read"
    )

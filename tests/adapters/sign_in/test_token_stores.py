from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from genesys_cloud.sign_in import token_stores
from genesys_cloud.token_stores import FileTokenStore, KeyringTokenStore, MemoryTokenStore
from genesys_core.errors import GenesysCloudError
from genesys_core.oauth.token_store import TokenKey, TokenStore, TokenStoreError
from genesys_core.oauth.tokens import Token
from tests.helpers.processes import kept, processes
from tests.helpers.server import Reply, ScriptedServer, Seen, scripted_server
from tests.strategies.oauth import MARK

KEY = TokenKey("id", "https://login.mypurecloud.ie")
OTHER = TokenKey("id", "https://login.mypurecloud.de")
TOKEN = Token("a1", expires_in=10, expires_at=20.5, refresh_token="r1", extra={"x": [1]})


class FakeKeyring:
    """A keyring of this test's own."""

    def __init__(self) -> None:
        self.secrets: dict[tuple[str, str], str] = {}

    def get_password(self, service, username):
        return self.secrets.get((service, username))

    def set_password(self, service, username, password):
        self.secrets[service, username] = password

    def delete_password(self, service, username):
        del self.secrets[service, username]


@pytest.fixture(params=["memory", "file", "keyring"])
def store(request, tmp_path) -> TokenStore:
    return {
        "memory": MemoryTokenStore,
        "file": lambda: FileTokenStore(tmp_path / "tokens.json"),
        "keyring": lambda: KeyringTokenStore(backend=FakeKeyring(), lock_directory=tmp_path),
    }[request.param]()


# Every store


def test_what_was_saved_is_loaded(store):
    assert store.load(KEY) is None
    store.save(KEY, TOKEN)
    assert store.load(KEY) == TOKEN
    store.save(KEY, Token("a2"))
    assert store.load(KEY) == Token("a2")


def test_each_client_and_login_host_has_its_own(store):
    store.save(KEY, TOKEN)
    store.save(OTHER, Token("a2"))
    assert store.load(KEY) == TOKEN
    store.delete(KEY)
    assert store.load(KEY) is None
    assert store.load(OTHER) == Token("a2")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_lock_in_memory_that_was_held_at_a_fork_is_free_in_the_child():
    store = MemoryTokenStore()
    with store.lock(KEY, timeout=1):
        pid = os.fork()
        if pid == 0:
            code = 9
            try:
                with store.lock(KEY, timeout=0):
                    code = 0
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_forgetting_what_is_not_there_is_no_error(store):
    store.delete(KEY)
    assert store.load(KEY) is None


def test_one_at_a_time_holds_a_keys_lock(store):
    with store.lock(KEY, timeout=0):
        with (
            pytest.raises(TokenStoreError, match=r"(for more than|waited) 0 s"),
            store.lock(KEY, timeout=0),
        ):
            pytest.fail("two hold it")
        with store.lock(OTHER, timeout=0):
            pass  # another key is another lock
        # Saving needs no lock, and minds none.
        store.save(KEY, TOKEN)
        assert store.load(KEY) == TOKEN
    with store.lock(KEY, timeout=0):
        pass


def test_the_lock_is_given_back_on_an_error(store):
    with pytest.raises(ZeroDivisionError), store.lock(KEY, timeout=0):
        raise ZeroDivisionError
    with store.lock(KEY, timeout=0):
        pass


def test_a_lock_may_be_taken_in_one_thread_and_given_back_in_another(store):
    # As event loops do, which call in worker threads.
    lock = store.lock(KEY, timeout=0)
    for step in (lock.__enter__, lambda: lock.__exit__(None, None, None)):
        thread = threading.Thread(target=step)
        thread.start()
        thread.join()
    with store.lock(KEY, timeout=0):
        pass


def test_threads_wait_for_each_other(store):
    inside, most = 0, []

    def work() -> None:
        nonlocal inside
        with store.lock(KEY, timeout=60):
            inside += 1
            most.append(inside)
            inside -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8


def test_no_store_shows_a_secret(store):
    store.save(KEY, Token(MARK, refresh_token=MARK))
    assert MARK not in f"{store!r}{store}"


# The file


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "kept" / "tokens.json"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_owner_can_read_what_is_written(path):
    before = os.umask(0)
    try:
        FileTokenStore(path).save(KEY, TOKEN)
        with FileTokenStore(path).lock(KEY, timeout=0):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    files = list(path.parent.iterdir())
    assert path in files
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_file_that_others_could_read_is_closed_to_them(path):
    path.parent.mkdir()
    path.write_text("")
    path.chmod(0o644)
    FileTokenStore(path).save(KEY, TOKEN)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_users_of_one_client_are_told_apart(path):
    FileTokenStore(path, account="ann").save(KEY, Token("ann"))
    FileTokenStore(path, account="bob").save(KEY, Token("bob"))
    assert FileTokenStore(path, account="ann").load(KEY) == Token("ann")
    assert FileTokenStore(path).load(KEY) is None
    lock = FileTokenStore(path, account="ann").lock(KEY, timeout=0)
    with lock, FileTokenStore(path, account="bob").lock(KEY, timeout=0):
        pass


def test_loading_writes_nothing(path):
    assert FileTokenStore(path).load(KEY) is None
    assert not path.parent.exists()


def test_the_home_directory_can_be_written_as_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    FileTokenStore("~/tokens.json").save(KEY, TOKEN)
    assert (tmp_path / "tokens.json").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_the_file_behind_a_link_is_written_and_the_link_stays(tmp_path, path):
    link = tmp_path / "link.json"
    path.parent.mkdir()
    link.symlink_to(path)
    FileTokenStore(link).save(KEY, TOKEN)
    assert link.is_symlink()
    assert FileTokenStore(path).load(KEY) == TOKEN


def test_somebody_elses_file_is_not_touched(path):
    path.parent.mkdir()
    path.write_text("[logging]\nlog_level = trace\n")
    for work in (
        lambda: FileTokenStore(path).load(KEY),
        lambda: FileTokenStore(path).save(KEY, TOKEN),
        lambda: FileTokenStore(path).delete(KEY),
    ):
        with pytest.raises(TokenStoreError, match="not a token file") as caught:
            work()
        assert str(path) in str(caught.value)
    assert path.read_text() == "[logging]\nlog_level = trace\n"


def test_a_place_where_nothing_can_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    store = FileTokenStore(tmp_path / "file" / "tokens.json")
    with pytest.raises(TokenStoreError, match=r"token file .*tokens\.json: cannot lock") as caught:
        store.save(KEY, TOKEN)
    assert isinstance(caught.value, GenesysCloudError)
    with pytest.raises(TokenStoreError, match="cannot lock"), store.lock(KEY, timeout=0):
        pytest.fail("there is no lock to be had")


def test_a_directory_in_the_files_place_is_told(path):
    path.mkdir(parents=True)
    with pytest.raises(TokenStoreError, match="is not a regular file"):
        FileTokenStore(path).load(KEY)


def test_a_full_disk_leaves_the_old_token(path, monkeypatch):
    store = FileTokenStore(path)
    store.save(KEY, TOKEN)
    real = os.write
    monkeypatch.setattr(token_stores.os, "write", lambda fd, content: real(fd, content[:10]))
    with pytest.raises(TokenStoreError, match="cannot be written: No space left"):
        store.save(KEY, Token("a2"))
    monkeypatch.undo()
    assert store.load(KEY) == TOKEN
    assert [file.name for file in path.parent.iterdir() if file.suffix == ".new"] == []


def test_a_file_system_that_cannot_flush_directories_can_hold_tokens(path, monkeypatch):
    """Some network file systems reject it, after the file has been replaced."""
    flush = os.fsync

    def refuse(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    FileTokenStore(path).save(KEY, TOKEN)
    assert FileTokenStore(path).load(KEY) == TOKEN


def test_a_token_that_json_cannot_hold_leaves_the_old_one(path):
    store = FileTokenStore(path)
    store.save(KEY, TOKEN)
    with pytest.raises(TokenStoreError, match="JSON"):
        store.save(KEY, Token("a2", extra={"x": object()}))
    assert store.load(KEY) == TOKEN


@pytest.mark.parametrize("content", [b"", b"{", b'{"genesys_cloud_tokens": []}', b"\xff"])
def test_what_a_killed_writer_left_half_is_dropped(path, content):
    store = FileTokenStore(path)
    store.save(KEY, TOKEN)
    left = path.with_name("tokens.json.new")
    left.write_bytes(content)
    left.chmod(0o600)
    assert store.load(KEY) == TOKEN
    assert not left.exists()


def test_what_a_killed_writer_left_whole_is_finished(path):
    store = FileTokenStore(path)
    left = path.with_name("tokens.json.new")
    store.save(KEY, TOKEN)
    path.rename(left)
    assert store.load(KEY) == TOKEN
    assert not left.exists()
    path.rename(left)
    store.save(OTHER, Token("a2"))
    assert not left.exists()
    assert (store.load(KEY), store.load(OTHER)) == (TOKEN, Token("a2"))


# Files that are not what they seem


planted = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs and modes")
WORKS = {
    "load": lambda store: store.load(KEY),
    "save": lambda store: store.save(KEY, Token("a2")),
    "delete": lambda store: store.delete(KEY),
    "lock": lambda store: store.lock(KEY, timeout=0).__enter__(),
}
FILES = {
    "the token file": ("tokens.json", ("load", "save", "delete")),
    "what a writer left": ("tokens.json.new", ("load", "save", "delete")),
    "the writers' lock": ("tokens.json.lock", ("save", "delete")),
}
CASES = [(name, work) for name, works in FILES.values() for work in works]


@planted
@pytest.mark.parametrize(("name", "work"), CASES)
def test_a_fifo_is_refused_and_nobody_hangs(path, name, work):
    store = FileTokenStore(path)
    store.save(KEY, TOKEN)
    path.with_name(name).unlink(missing_ok=True)
    os.mkfifo(path.with_name(name))
    with pytest.raises(TokenStoreError, match="is not a regular file"):
        WORKS[work](store)


@planted
@pytest.mark.parametrize(("name", "work"), CASES[3:])
def test_no_symbolic_link_is_followed_beside_the_token_file(path, name, work):
    store = FileTokenStore(path)
    store.save(KEY, TOKEN)
    victim = path.with_name("victim")
    path.with_name(name).unlink(missing_ok=True)
    path.with_name(name).symlink_to(victim)
    for exists in (False, True):
        if exists:
            victim.write_bytes(path.read_bytes())
        with pytest.raises(TokenStoreError, match="is a symbolic link, which is not followed"):
            WORKS[work](store)
        assert victim.exists() == exists


@planted
def test_a_lock_is_never_taken_through_a_symbolic_link(path):
    store = FileTokenStore(path)
    with store.lock(KEY, timeout=0):
        (lock,) = [file for file in path.parent.iterdir() if file.suffix == ".lock"]
    lock.unlink()
    lock.symlink_to(path.with_name("victim"))
    with pytest.raises(TokenStoreError, match="is a symbolic link"):
        WORKS["lock"](store)
    assert not path.with_name("victim").exists()


@planted
@pytest.mark.parametrize("work", ["load", "save", "delete"])
@pytest.mark.parametrize("mode", [0o644, 0o660, 0o606])
def test_a_planted_token_is_not_taken_over(path, work, mode):
    store = FileTokenStore(path)
    store.save(KEY, TOKEN)
    left = path.with_name("tokens.json.new")
    left.write_bytes(path.read_bytes().replace(b"a1", b"planted"))
    left.chmod(mode)
    with pytest.raises(TokenStoreError, match="may have been planted") as caught:
        WORKS[work](store)
    assert str(left) in str(caught.value)
    left.unlink()
    assert store.load(KEY) == TOKEN


@planted
def test_a_file_that_others_can_read_is_warned_of_once(path, caplog):
    FileTokenStore(path).save(KEY, TOKEN)
    assert caplog.records == []
    path.chmod(0o640)
    store = FileTokenStore(path)
    for _ in range(3):
        assert store.load(KEY) == TOKEN
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("genesys_cloud.tokens", "WARNING")
    assert record.getMessage() == (
        f"token file {path}: other users can read or write it; run chmod 600 on it, and sign in again "
        "if another user may have read or written it"
    )
    store.save(KEY, Token("a2"))
    caplog.clear()
    assert FileTokenStore(path).load(KEY) == Token("a2")
    assert caplog.records == []


# The keyring


def test_users_of_one_client_are_told_apart_in_a_keyring(tmp_path):
    backend = FakeKeyring()
    for account in ("ann", "bob"):
        store = KeyringTokenStore(account=account, backend=backend, lock_directory=tmp_path)
        store.save(KEY, Token(account))
    assert backend.secrets.keys() == {
        ("genesys-cloud", "ann id https://login.mypurecloud.ie"),
        ("genesys-cloud", "bob id https://login.mypurecloud.ie"),
    }
    # Short, because Windows keeps no more than 2,560 bytes.
    assert "\n" not in backend.secrets["genesys-cloud", "ann id https://login.mypurecloud.ie"]


def test_what_somebody_else_keeps_there_is_no_token(tmp_path):
    backend = FakeKeyring()
    backend.set_password("genesys-cloud", "id https://login.mypurecloud.ie", "hunter2")
    assert KeyringTokenStore(backend=backend, lock_directory=tmp_path).load(KEY) is None


def test_the_systems_keyring_is_the_default(tmp_path, monkeypatch):
    backend = FakeKeyring()
    monkeypatch.setitem(sys.modules, "keyring", backend)
    KeyringTokenStore(lock_directory=tmp_path).save(KEY, TOKEN)
    assert len(backend.secrets) == 1


def test_without_the_extra_the_error_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ImportError, match=r"pip install 'genesys-cloud\[keyring\]'"):
        KeyringTokenStore()


@pytest.mark.parametrize("work", ["load", "save", "delete"])
def test_a_keyring_that_fails_is_told_without_its_words(tmp_path, work):
    class Broken:
        def get_password(self, service, username):
            raise RuntimeError(f"cannot use {MARK}")

        def set_password(self, service, username, password):
            raise RuntimeError(f"cannot use {password}")

        delete_password = get_password

    store = KeyringTokenStore(backend=Broken(), lock_directory=tmp_path)
    arguments = (KEY, Token(MARK)) if work == "save" else (KEY,)
    with pytest.raises(TokenStoreError, match="the keyring: RuntimeError") as caught:
        getattr(store, work)(*arguments)
    assert MARK not in str(caught.value)
    assert caught.value.__suppress_context__


# Several processes on one file


@contextlib.contextmanager
def login_host() -> Iterator[ScriptedServer]:
    """Rotates refresh tokens, and refuses those that are spent."""
    lock, current = threading.Lock(), ["r0"]

    def handler(seen: Seen) -> Reply:
        with lock:
            if parse_qs(seen.body.decode())["refresh_token"] != [current[-1]]:
                return Reply(400, {"error": "invalid_grant", "description": "spent"})
            current.append(f"r{len(current)}")
            number = len(current) - 1
            return Reply(json={"access_token": f"a{number}", "refresh_token": current[-1]})

    with scripted_server(handler) as server:
        yield server


@pytest.mark.slow
def test_processes_that_share_a_file_renew_once(path):
    with login_host() as server:
        store, key = kept(path, server)
        command = ("renew", str(path), server.url, "1")
        with processes(command, command, command) as running:
            assert [process.said() for process in running] == ["ready"] * 3
            for process in running:
                process.go_on()
            assert [process.said() for process in running] == ["a1"] * 3
        assert len(server.requests) == 1
    assert store.load(key) == Token("a1", refresh_token="r1")


@pytest.mark.slow
def test_no_rotation_is_lost_however_they_take_turns(path):
    with login_host() as server:
        store, key = kept(path, server)
        command = ("renew", str(path), server.url, "10")
        with processes(command, command) as running:
            assert [process.said() for process in running] == ["ready"] * 2
            for process in running:
                process.go_on()
            last = [process.said() for process in running]
            assert [process.end() for process in running] == [0, 0]
        # A spent token would have been refused, and its process ended with the error.
        spent = [parse_qs(seen.body.decode())["refresh_token"][0] for seen in server.requests]
        assert spent == [f"r{number}" for number in range(len(spent))]
        assert 10 <= len(spent) <= 20
        assert f"a{len(spent)}" in last
    assert store.load(key).refresh_token == f"r{len(spent)}"


@pytest.mark.slow
def test_a_process_killed_before_the_rename_loses_no_rotation(path):
    with login_host() as server:
        store, key = kept(path, server)
        with processes(("renew-and-stop-before-rename", str(path), server.url)) as (killed,):
            assert killed.said() == "ready"
            killed.go_on()
            assert killed.said() == "stopped"
            killed.kill()
        left = path.with_name("tokens.json.new")
        assert stat.S_IMODE(left.stat().st_mode) == 0o600
        assert json.loads(path.read_text())["genesys_cloud_tokens"][0]["token"]["access_token"] == (
            "a0"
        )
        with processes(("renew", str(path), server.url)) as (next_one,):
            assert next_one.said() == "ready"
            next_one.go_on()
            assert next_one.said() == "a2"
        assert len(server.requests) == 2
        assert not left.exists()
        assert store.load(key) == Token("a2", refresh_token="r2")


def test_a_process_killed_in_the_content_leaves_the_old_token_whole(path):
    with login_host() as server:
        store, key = kept(path, server)
        with processes(("renew-and-stop-in-content", str(path), server.url)) as (killed,):
            assert killed.said() == "ready"
            killed.go_on()
            assert killed.said() == "stopped"
            left = path.with_name("tokens.json.new")
            assert 0 < left.stat().st_size < path.stat().st_size
            killed.kill()
        assert store.load(key) == Token("a0", refresh_token="r0")
        # Nobody is locked out by the dead.
        with store.lock(key, timeout=60):
            store.save(key, Token("a5", refresh_token="r5"))
        assert store.load(key) == Token("a5", refresh_token="r5")
        assert not left.exists()


def test_a_process_that_is_killed_gives_its_lock_back(path):
    with login_host() as server:
        store, key = kept(path, server)
        with processes(("hold", str(path), server.url)) as (holder,):
            assert holder.said() == "stopped"
            with pytest.raises(TokenStoreError, match="is locked by another process"):
                store.lock(key, timeout=0).__enter__()
            holder.kill()
            with store.lock(key, timeout=60):
                pass

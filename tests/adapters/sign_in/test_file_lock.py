from __future__ import annotations

import pytest

from genesys_cloud import file_locking
from genesys_cloud.sign_in.file_lock import hold_lock
from genesys_core.oauth.token_store import TokenStoreError


def test_who_waits_gets_the_lock_when_it_is_given_back(tmp_path, monkeypatch):
    first = hold_lock(tmp_path / "lock", timeout=0)
    first.__enter__()
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        first.__exit__(None, None, None)

    monkeypatch.setattr(file_locking.time, "sleep", sleep)
    with hold_lock(tmp_path / "lock", timeout=60):
        pass
    assert len(slept) == 1


def test_who_waits_too_long_is_told_which_file(tmp_path, monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr(file_locking.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(file_locking.time, "sleep", lambda _: None)
    with hold_lock(tmp_path / "lock", timeout=0):
        with pytest.raises(
            TokenStoreError, match=r"lock is locked by another process or thread; waited 5 s"
        ):
            hold_lock(tmp_path / "lock", timeout=5).__enter__()
        assert next(clock) < 20


def test_the_directory_is_made_and_the_file_stays(tmp_path):
    with hold_lock(tmp_path / "a" / "b" / "lock", timeout=0):
        pass
    assert (tmp_path / "a" / "b" / "lock").read_bytes() == b""


def test_the_lock_of_another_file_is_another_lock(tmp_path):
    with hold_lock(tmp_path / "one", timeout=0), hold_lock(tmp_path / "two", timeout=0):
        pass


def test_a_file_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TokenStoreError, match="cannot lock") as caught:
        hold_lock(tmp_path / "file" / "lock", timeout=0).__enter__()
    assert str(tmp_path / "file" / "lock") in str(caught.value)

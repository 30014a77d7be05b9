"""Files of a sign-in that are not what they seem."""

import os
import sys
from pathlib import Path

import pytest

from genesys_cloud.sign_in import private_files
from genesys_cloud.sign_in.private_files import (
    is_open_to_others,
    open_file,
    read_file,
    read_own_file,
)
from genesys_core.oauth.token_store import TokenStoreError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs and modes")


@pytest.fixture
def path(tmp_path) -> Path:
    file = tmp_path / "file"
    file.write_bytes(b"content")
    file.chmod(0o600)
    return file


def test_a_file_of_ones_own_is_read(path):
    content, facts = read_file(path)
    assert content == read_own_file(path) == b"content"
    assert not is_open_to_others(facts)


def test_a_file_that_is_much_too_large_is_not_read(path):
    os.truncate(path, 16 << 20)
    assert len(read_file(path)[0]) == 16 << 20
    os.truncate(path, 1 << 40)
    with pytest.raises(TokenStoreError, match=r"larger than 16 MiB; move it away"):
        read_file(path)


def test_a_fifo_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for flags in (os.O_RDONLY, os.O_RDWR | os.O_CREAT):
        with pytest.raises(TokenStoreError, match=r"fifo is not a regular file; remove it"):
            open_file(tmp_path / "fifo", flags)


def test_a_symbolic_link_is_refused_wherever_it_leads(path):
    for target in (path, path.with_name("nothing")):
        link = path.with_name(f"link to {target.name}")
        link.symlink_to(target)
        with pytest.raises(TokenStoreError, match="is a symbolic link, which is not followed"):
            open_file(link, os.O_RDWR | os.O_CREAT)
    assert not path.with_name("nothing").exists()


def test_a_link_that_appears_after_the_look_is_not_followed_either(path, monkeypatch):
    link = path.with_name("link")
    link.symlink_to(path)
    monkeypatch.setattr(Path, "is_symlink", lambda self: False)
    with pytest.raises(OSError, match="symbolic links"):
        open_file(link)


def test_a_directory_is_refused_and_no_descriptor_is_left(tmp_path):
    before = len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0
    for _ in range(3):
        with pytest.raises(TokenStoreError, match="is not a regular file"):
            read_file(tmp_path)
    if sys.platform == "linux":
        assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_what_others_can_read_write_or_link_to_may_be_planted(path):
    for mode in (0o640, 0o604, 0o620, 0o602):
        path.chmod(mode)
        with pytest.raises(TokenStoreError, match="may have been planted"):
            read_own_file(path)
        assert is_open_to_others(path.stat())
    path.chmod(0o600)
    path.with_name("another name").hardlink_to(path)
    with pytest.raises(TokenStoreError, match="may have been planted"):
        read_own_file(path)


def test_a_file_that_is_replaced_while_it_is_read_is_our_own(path, monkeypatch):
    """As the settings of a sign-in are when two processes sign in."""

    def open_and_replace(path: Path) -> int:
        descriptor = open_file(path)
        new = path.with_name("new")
        new.write_bytes(b"new")
        new.chmod(0o600)
        new.replace(path)
        return descriptor

    path.write_bytes(b"old")
    path.chmod(0o600)
    with monkeypatch.context() as patch:
        patch.setattr(private_files, "open_file", open_and_replace)
        assert read_own_file(path) == b"old"
    assert read_own_file(path) == b"new"


def test_a_file_of_somebody_else_may_be_planted(path, monkeypatch):
    monkeypatch.setattr(private_files.os, "geteuid", lambda: 4711)
    assert is_open_to_others(path.stat())


def test_where_there_are_no_users_and_modes_nothing_is_said_of_them(path, monkeypatch):
    path.chmod(0o644)
    monkeypatch.delattr(private_files.os, "geteuid")
    assert not is_open_to_others(path.stat())

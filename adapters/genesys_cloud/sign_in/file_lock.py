"""File locks that exclude other clients, in this process and in others.

Invariants: the operating system releases a lock when its process dies. The lock file is empty and
never removed: otherwise, one process could lock the removed file while another locks a new file.
"""

import contextlib
import os
from collections.abc import Generator
from pathlib import Path
from typing import Final

from genesys_cloud.file_locking import unlock, wait_for_lock
from genesys_cloud.sign_in.private_files import open_file
from genesys_core.oauth.token_store import TokenStoreError

__all__ = ["hold_lock"]

_POLL: Final = 0.02
"""Seconds between attempts to lock the file."""


@contextlib.contextmanager
def hold_lock(path: Path, *, timeout: float) -> Generator[None, None, None]:
    """Return a context manager that holds a lock on a file.

    The file is created if necessary, and never removed.

    Args:
        path: the path of the lock file.
        timeout: seconds to wait for the lock.

    Raises:
        TokenStoreError: the timeout has passed, the file cannot be created or locked, or it is not
            a regular file.
    """
    with _lock_errors(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = open_file(path, os.O_RDWR | os.O_CREAT)
    try:
        with _lock_errors(path):
            is_locked = wait_for_lock(descriptor, timeout=timeout, poll=_POLL)
        if not is_locked:
            raise TokenStoreError(
                f"{path} is locked by another process or thread; waited {timeout:g} s"
            )
        try:
            yield
        finally:
            unlock(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _lock_errors(path: Path) -> Generator[None, None, None]:
    try:
        yield
    except OSError as error:
        problem = f"cannot lock {path}: {error.strerror or type(error).__name__}"
        raise TokenStoreError(problem) from None

"""Rate limits shared by the processes on one machine, stored in files.

Invariants: the state is read, changed and replaced under a lock that the operating system releases
if its holder dies. Times are those of the machine's monotonic clock. If a process is
killed before it has replaced the state, the previous state remains.
"""

import contextlib
import os
import re
import secrets
import time
from collections.abc import Callable, Generator
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import Final, TypeVar

from genesys_cloud.file_locking import unlock, wait_for_lock
from genesys_core.checks import PATH
from genesys_core.errors import BudgetBusyError, BudgetError

__all__ = ["FileBudget"]

R = TypeVar("R")

_POLL: Final = 0.002
"""Seconds between attempts to lock the state file."""

_STALE: Final = 2 * 86_400.0
"""Seconds after which an unchanged state is removed; no rate limit window exceeds one day."""

_STATE: Final = r"\.([0-9a-f]{32}|none)(\.[0-9a-f]{8}\.new)?"
"""Matches the name suffixes of state files and of temporary files left by killed writers; see
:func:`~genesys_core.session.budget.token_key`.
"""


class FileBudget:
    """Shares each token's rate limit between clients on one machine, in files.

    Pass it as ``budget`` to clients that share a token, in addition to their
    :class:`~genesys_cloud.token_stores.FileTokenStore`. The files are accessible only to their
    owner and contain no token.

    Args:
        path: prefix of the file names, such as ``~/.genesyscloudpython/budget``. Its directory must
            be on a local disk, and is created if it does not exist.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        PATH.check("path", path)
        self._path = Path(os.path.expanduser(path))  # noqa: PTH111 - Path's own may raise

    def change_state(
        self, key: str, change: Callable[[bytes | None], tuple[bytes, R]], *, wait: float
    ) -> R:
        """Replace a token's rate limit state; see :class:`genesys_core.session.budget.Budget`."""
        path = self._path.with_name(f"{self._path.name}.{key or 'none'}")
        with self._errors(), self._locked(wait):
            try:
                kept = path.read_bytes() or None
            except FileNotFoundError:
                kept = None
                self._remove_stale()  # only here, because new tokens are rare
            try:
                state, result = change(kept)
            except BudgetError as error:
                raise BudgetError(f"rate limit in {path}: {error}") from None
            self._replace(path, state)
            return result

    @contextlib.contextmanager
    def _locked(self, wait: float) -> Generator[None]:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = self._path.with_name(f"{self._path.name}.lock")
        with _open(name, os.O_CREAT) as file:
            descriptor = file.fileno()
            if not wait_for_lock(descriptor, timeout=wait, poll=_POLL):
                seconds = f" for more than {wait:g} s" if wait else ""
                raise BudgetBusyError(
                    f"rate limit in {self._path}: locked by another process or thread{seconds}"
                )
            try:
                yield
            finally:
                unlock(descriptor)

    def _replace(self, path: Path, state: bytes) -> None:
        unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
        opened = _open(unfinished, os.O_CREAT | os.O_EXCL)
        try:
            # Not flushed to disk, because that would take milliseconds in each call. A power
            # failure may leave an empty file, but it also restarts the clock and so the windows.
            with BufferedWriter(opened) as file:
                file.write(state)
            unfinished.replace(path)
        except BaseException:
            # Otherwise, on a full disk, each call would leave a temporary file behind.
            unfinished.unlink(missing_ok=True)
            raise

    def _remove_stale(self) -> None:
        oldest = time.time() - _STALE
        # Other files may begin with the same name, such as budget.py next to FileBudget("budget").
        name = re.compile(re.escape(self._path.name) + _STATE)
        for path in self._path.parent.iterdir():
            if name.fullmatch(path.name) and path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _errors(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            problem = error.strerror or type(error).__name__
            raise BudgetError(f"rate limit in {self._path}: {problem}") from None


def _open(path: Path, flags: int) -> FileIO:
    # Both steps in one call: an exception from a signal handler between two calls would leave the
    # descriptor open, whereas an unreferenced file object closes it.
    descriptors = map(os.open, (path,), (flags | os.O_RDWR | _FLAGS,), (0o600,))
    return next(map(FileIO, descriptors, ("r+",)))


# O_BINARY exists only on Windows, the other flags only on other systems.
_FLAGS: Final = (
    getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
)

"""Opening the files of a sign-in: tokens, what is kept beside them, and lock files.

Invariants: opening never waits (as it would for a FIFO with no writer) and never follows a symbolic
link. What is not a regular file is refused, and so is a file that somebody else may have planted
where only this user's own is believed; the error says what to do.
"""

import os
import stat
from pathlib import Path
from typing import Final

from genesys_core.oauth.token_store import TokenStoreError

__all__ = ["is_open_to_others", "open_file", "read_file", "read_own_file"]

# Windows has neither; its access lists are no mode bits, and its FIFOs are no files.
_FLAGS: Final = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def open_file(path: Path, flags: int = os.O_RDONLY) -> int:
    """Open a regular file, readable by its owner alone if it is made; the descriptor is the caller's.

    Raises:
        OSError: it cannot be opened.
        TokenStoreError: it is a symbolic link, a FIFO, a device, a directory.
    """
    if path.is_symlink():
        raise TokenStoreError(f"{path} is a symbolic link, which is not followed; remove it")
    descriptor = os.open(path, flags | _FLAGS, 0o600)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise TokenStoreError(f"{path} is not a regular file; remove it or give another path")
    return descriptor


def read_file(path: Path) -> tuple[bytes, os.stat_result]:
    """A regular file's content, and what the system says of the very file that was read.

    Raises:
        OSError: it cannot be opened or read.
        TokenStoreError: it is no regular file.
    """
    with os.fdopen(open_file(path), "rb") as file:
        return file.read(), os.fstat(file.fileno())


def read_own_file(path: Path) -> bytes:
    """The content of a file that nobody else can have written.

    Raises:
        OSError: it cannot be opened or read.
        TokenStoreError: it is no regular file, belongs to somebody else, or is open to others.
    """
    content, facts = read_file(path)
    if is_open_to_others(facts) or facts.st_nlink != 1:
        raise TokenStoreError(
            f"{path} may have been planted by somebody else; look at it, remove it"
        )
    return content


def is_open_to_others(facts: os.stat_result) -> bool:
    """Whether others than this user can read or write a file, by its owner and mode."""
    if not hasattr(os, "geteuid"):
        return False
    return facts.st_uid != os.geteuid() or bool(stat.S_IMODE(facts.st_mode) & 0o077)

"""Opens token files, sign-in settings and lock files safely.

Invariants: opening a file never blocks, not even a FIFO without a writer. Symbolic links and all other
files that are not regular are rejected, and :func:`read_own_file` rejects files that another user may
have planted; the error message explains what to do.
"""

import os
import stat
from pathlib import Path
from typing import Final

from genesys_core.oauth.token_store import TokenStoreError

__all__ = ["is_open_to_others", "open_file", "read_file", "read_own_file"]

# O_BINARY exists only on Windows, the other flags only on other systems. Windows does not need the
# other flags: it has no FIFOs in the file system, and access control lists instead of modes.
_FLAGS: Final = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)

_LARGEST: Final = 16 << 20
"""Maximum size in bytes of a file that is read. A token has a few hundred bytes."""


def open_file(path: Path, flags: int = os.O_RDONLY) -> int:
    """Open a regular file and return its descriptor; if the file is created, its mode is 0600.

    Raises:
        OSError: the file cannot be opened.
        TokenStoreError: the path is a symbolic link, FIFO, device or directory.
    """
    # This check is for Windows, and for a clear message. On other systems, O_NOFOLLOW also rejects a
    # link that is created after it.
    if path.is_symlink():
        raise TokenStoreError(f"{path} is a symbolic link, which is not followed; remove it")
    descriptor = os.open(path, flags | _FLAGS, 0o600)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise TokenStoreError(f"{path} is not a regular file; remove it or use another path")
    return descriptor


def read_file(path: Path) -> tuple[bytes, os.stat_result]:
    """Read a regular file, and return its content and the ``stat`` result of the open file.

    Raises:
        OSError: the file cannot be opened or read.
        TokenStoreError: the path is not a regular file, or the file is larger than 16 MiB.
    """
    with os.fdopen(open_file(path), "rb") as file:
        content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise TokenStoreError(f"{path} is larger than 16 MiB; move it away or use another path")
        return content, os.fstat(file.fileno())


def read_own_file(path: Path) -> bytes:
    """Read a file that no other user can have written.

    Raises:
        OSError: the file cannot be opened or read.
        TokenStoreError: the path is not a regular file, other users can access the file, or it has
            several hard links.
    """
    content, facts = read_file(path)
    # The number of links is checked because a hard link that another user made to one of our files
    # has the same owner and mode as our file. It is 0 if another process has replaced the file since it
    # was opened.
    if is_open_to_others(facts) or facts.st_nlink > 1:
        raise TokenStoreError(
            f"{path} may have been planted by another user; inspect it and remove it"
        )
    return content


def is_open_to_others(facts: os.stat_result) -> bool:
    """Return whether a file belongs to another user, or other users can access it.

    Args:
        facts: the ``stat`` result of the file.
    """
    if not hasattr(os, "geteuid"):  # Windows, where access control lists decide
        return False
    return facts.st_uid != os.geteuid() or bool(stat.S_IMODE(facts.st_mode) & 0o077)

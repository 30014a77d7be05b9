"""Atomic file writes: a file appears complete or not at all.

Invariants: data is written to a temporary file in the same directory, flushed to disk, and then
renamed in one step. A failure or cancellation before the rename leaves nothing behind.
"""

import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Self

from genesys_core.calls.downloads import safe_file_name
from genesys_core.calls.partial_content import PartialFile
from genesys_core.checks import PATH
from genesys_core.errors import InvalidValueError

__all__ = ["AtomicFile", "flush_directory", "target_path"]

# Lone surrogates, except U+DC80 to U+DCFF, which represent undecodable bytes (PEP 383).
_SURROGATE = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")


def target_path(path: str | os.PathLike[str]) -> Path:
    """Check the path of a file to write, and return it as a ``Path``.

    Raises:
        TypeError: ``path`` is not a path.
        InvalidValueError: ``path`` contains a character that file names cannot have.
    """
    PATH.check("path", path)
    text = os.fspath(path)
    if "\0" in text or _SURROGATE.search(text):
        raise InvalidValueError(f"path {text!r}: must not contain NUL or lone surrogates")
    return Path(text)


class AtomicFile:
    """A file written under a temporary name, and removed on exit unless it was committed.

    Args:
        target: the path to replace, or a directory. In a directory, the file gets the name passed
            to :meth:`commit` and never replaces an existing file.

    Raises:
        OSError: the temporary file cannot be created in the directory.
    """

    def __init__(self, target: Path) -> None:
        self._directory = target if target.is_dir() else target.parent
        self._target = None if target.is_dir() else target
        self._path, self._file = self._open()

    def _open(self) -> tuple[Path, BinaryIO]:
        import secrets  # noqa: PLC0415 - few clients download

        path = self._directory / f".{secrets.token_hex(8)}.part"
        # The mode follows the caller's umask, unlike tempfile's 0600.
        return path, path.open("xb")

    @property
    def part(self) -> PartialFile:
        """An empty partial file, because this class does not resume downloads."""
        return PartialFile()

    def begin(self, part: PartialFile) -> None:
        """Truncate the file to the size of ``part``; further bytes are appended after that part."""
        self._file.seek(part.size)
        self._file.truncate()

    def write(self, chunk: bytes) -> None:
        """Append a chunk of bytes to the file."""
        self._file.write(chunk)

    def commit(self, name: str) -> Path:
        """Rename the complete file to its final name, and return its path.

        Args:
            name: a proposed name, which is sanitized; used only if the target is a directory.

        Raises:
            FileExistsError: the directory already has a file of that name.
        """
        # Flushed before the rename: otherwise, after a crash, some file systems have an empty file.
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()  # Windows cannot rename an open file
        target = self._target or self._claimed(safe_file_name(None, name))
        try:
            self._path.replace(target)
        except BaseException:
            # Remove the empty file, which reserves a name that the next download may need. If the
            # rename was complete before an interrupt, the temporary file no longer exists.
            if self._target is None and self._path.exists():
                target.unlink(missing_ok=True)
            raise
        flush_directory(self._directory)
        return target

    def discard(self) -> None:
        """Remove the temporary file unless it was committed."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def _claimed(self, name: str) -> Path:
        """Reserve an unused name atomically, with an empty file that the rename then replaces."""
        target = self._directory / name
        target.open("xb").close()
        return target


def flush_directory(path: Path) -> None:
    """Flush a directory to disk if the file system supports this; a rename in it is then durable.

    On Windows, this function does nothing: flushing is neither possible nor necessary.
    """
    if sys.platform != "win32":
        # Network file systems may reject fsync. Even if a crash undoes the rename, the file is
        # complete.
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

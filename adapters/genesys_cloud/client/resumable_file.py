"""Partial files, which stay on disk until a later download completes them.

Invariants: the downloaded file appears complete or not at all. Only bytes that were flushed to disk are
recorded as downloaded, and a partial file never has two writers.
"""

import errno
import os
import sys
from pathlib import Path
from typing import BinaryIO, Final

from msgspec.structs import replace

from genesys_cloud.client.atomic_file import AtomicFile
from genesys_cloud.file_locking import try_lock, unlock
from genesys_core.calls.partial_content import PartialFile
from genesys_core.errors import InvalidValueError

__all__ = ["ResumableFile"]

CHECKPOINT: Final = 16 << 20
"""Number of bytes after which a partial file is flushed to disk and its size recorded.

A download that resumes after a crash repeats at most about this many bytes.
"""


class ResumableFile(AtomicFile):
    """The destination file of a download that may resume an earlier, interrupted download.

    The partial file of ``report.csv`` is ``.report.csv.part``, and its record is
    ``.report.csv.part.json``; the record is locked while a download writes to the partial file.

    Args:
        target: the path of the file to create or replace.
        source: a text that identifies the remote file; a partial file of another source is
            downloaded from the beginning.

    Raises:
        InvalidValueError: the target is a directory.
        BlockingIOError: another download of the file is in progress.
        OSError: the partial file cannot be created in the directory.
    """

    def __init__(self, target: Path, source: str) -> None:
        if target.is_dir():
            raise InvalidValueError(
                f"path {str(target)!r}: is a directory; with resume=True, pass the path of the file, "
                "because in a directory the server determines the file's name"
            )
        self._name = target.name
        self._unrecorded = 0
        super().__init__(target)
        self._record.seek(0)
        size = self._file.seek(0, os.SEEK_END)
        self._part = PartialFile.from_record(self._record.read(), source, size)
        self._file.seek(self._part.size)

    @property
    def part(self) -> PartialFile:
        """The part of the file that has been downloaded so far; a resumed download appends to it."""
        return replace(self._part, size=self._file.tell())

    def begin(self, part: PartialFile) -> None:
        """Truncate the file to the size of ``part``; further bytes are appended after that part."""
        super().begin(part)
        self._part = part
        self._checkpoint()

    def write(self, chunk: bytes) -> None:
        """Append a chunk of bytes to the partial file."""
        super().write(chunk)
        self._unrecorded += len(chunk)
        if self._unrecorded >= CHECKPOINT:
            self._checkpoint()

    def commit(self, name: str) -> Path:
        """Rename the complete file to its final name, and return its path."""
        path = super().commit(name)
        self._remove_record()
        return path

    def discard(self) -> None:
        """Keep the partial file if it can be resumed, and remove it otherwise."""
        if self._record.closed:  # committed
            return
        # An interrupted `commit` may have closed or renamed the file; its record is still valid.
        is_open = not self._file.closed
        part = self.part if is_open else self._part
        if part.can_continue and self._path.exists():
            if is_open:
                self._checkpoint()
            self._file.close()
            self._close_record()
        else:
            super().discard()
            self._remove_record()

    def _open(self) -> tuple[Path, BinaryIO]:
        path = self._directory / f".{self._name}.part"
        self._record_path = self._directory / f".{self._name}.part.json"
        self._record = self._record_path.open("a+b")
        try:
            self._claim()
            path.open("ab").close()  # not `touch`: an interrupt would leave its descriptor open
            return path, path.open("r+b")
        except BaseException:
            self._record.close()
            raise

    def _claim(self) -> None:
        descriptor = self._record.fileno()
        # A download that ended may have removed the record after it was opened here.
        if not try_lock(descriptor) or not self._is_current(descriptor):
            raise BlockingIOError(
                errno.EAGAIN, "another download of this file is in progress", str(self._record_path)
            )

    def _is_current(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self._record_path.stat())
        except FileNotFoundError:
            return False

    def _checkpoint(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._part, self._unrecorded = self.part, 0
        self._record.truncate(0)  # opened for appending
        self._record.write(self._part.to_record())
        self._record.flush()
        os.fsync(self._record.fileno())

    def _remove_record(self) -> None:
        if sys.platform == "win32":  # Windows cannot remove an open file
            self._close_record()
        # Remove the record before releasing its lock: another download could lock it in between.
        self._record_path.unlink(missing_ok=True)
        self._close_record()

    def _close_record(self) -> None:
        if sys.platform != "win32" and not self._record.closed:
            # Closing is not enough: a child forked in the meantime shares the open file and so its lock.
            unlock(self._record.fileno())
        self._record.close()

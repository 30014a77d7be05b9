"""Destinations of exports: a local directory, or any fsspec file system.

Invariants: in a local directory, a file appears complete or not at all; its data is on disk before
the file is renamed. On fsspec file systems, each file is written with one upload; a file that a
failed upload leaves behind has no entry in the manifest.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, Final, Protocol, cast

from genesys_cloud.client.atomic_file import flush_directory
from genesys_cloud.file_locking import wait_for_lock
from genesys_core.checks import PATH
from genesys_core.errors import ExportError, InvalidValueError

__all__ = ["DirectoryTarget", "FileSystemTarget", "Target", "open_target"]

_UNFINISHED: Final = ".unfinished"
_LOCK: Final = ".lock"

TIMEOUT: Final = 30.0
"""Seconds to wait for the lock of a directory, which other processes hold for milliseconds."""

_POLL: Final = 0.02
"""Seconds between attempts to lock a directory."""


class Target(Protocol):
    """The files of an export; a file's name is its path relative to the export's directory."""

    def read(self, name: str) -> bytes | None:
        """Return a file's content, or ``None`` if the file does not exist."""
        ...

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Write a file, replacing an existing one."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file if it exists."""
        ...

    def list(self, folder: str) -> list[str]:
        """Return the names of the files in a folder; ``""`` is the export's own directory."""
        ...

    def lock(self) -> AbstractContextManager[None]:
        """Return a context manager that holds the export's lock, if the target supports locks."""
        ...

    def new_file(self) -> AbstractContextManager[Path]:
        """Return a context manager that yields a temporary file's path and removes the file on exit."""
        ...

    def put(self, path: Path, name: str) -> None:
        """Copy a local file to its destination; the local file was already flushed to disk."""
        ...

    def clean(self) -> None:
        """Remove temporary files of killed processes.

        Call this only while no other process is writing.
        """
        ...


def open_target(out: str | os.PathLike[str]) -> Target:
    """Return the target of a local path or of an fsspec URL such as ``s3://bucket/export``.

    Raises:
        ImportError: the target is a URL, but fsspec or the file system's package is not installed.
        InvalidValueError: fsspec has no file system for the URL's protocol.
    """
    PATH.check("out", out)
    text = os.fspath(out)
    return FileSystemTarget(text) if "://" in text else DirectoryTarget(Path(text))


class DirectoryTarget:
    """The files of an export in a local directory, which is created if it does not exist.

    Args:
        path: the path of the directory.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, name: str) -> bytes | None:
        """Return a file's content, or ``None`` if the file does not exist."""
        try:
            return (self._path / name).read_bytes()
        except FileNotFoundError:
            return None

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading."""
        return (self._path / name).open("rb")

    def write(self, name: str, content: bytes) -> None:
        """Write a file, replacing an existing one."""
        with self.new_file() as path:
            with path.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            self.put(path, name)

    def remove(self, name: str) -> None:
        """Remove a file if it exists."""
        (self._path / name).unlink(missing_ok=True)

    def list(self, folder: str) -> list[str]:
        """Return the names of the files in a folder."""
        try:
            return sorted(path.name for path in (self._path / folder).iterdir())
        except FileNotFoundError:
            return []

    @contextmanager
    def lock(self) -> Generator[None]:
        """Return a context manager that locks the directory against other processes.

        Raises:
            ExportError: another process has held the lock for longer than :data:`TIMEOUT`.
        """
        if not self._path.exists():
            self._path.mkdir(parents=True, exist_ok=True)
        # Closing the file releases the lock, as does the end of the process. The file is never
        # removed, because then two processes could have a lock at once.
        with (self._path / _LOCK).open("ab") as file:
            # Some network file systems have no locks; an export there is not locked at all.
            with suppress(OSError):
                if not wait_for_lock(file.fileno(), timeout=TIMEOUT, poll=_POLL):
                    raise ExportError(
                        f"{self._path}: another process has locked the export for more than "
                        f"{TIMEOUT:g} s; run it again when that process has ended"
                    )
            yield

    @contextmanager
    def new_file(self) -> Generator[Path]:
        """Return a context manager that yields a temporary file's path and removes the file on exit."""
        folder = self._path / _UNFINISHED
        folder.mkdir(parents=True, exist_ok=True)
        # In the same file system, so that a rename is atomic; the name is unique across machines.
        path = folder / secrets.token_hex(8)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def put(self, path: Path, name: str) -> None:
        """Write a copy of a local file to its destination, where it appears complete or not at all."""
        final = self._path / name
        final.parent.mkdir(parents=True, exist_ok=True)
        # A copy, because the caller puts the file again if another process removes it.
        with self.new_file() as copy:
            _copy(path, copy)
            copy.replace(final)
        flush_directory(final.parent)

    def clean(self) -> None:
        """Remove temporary files of killed processes.

        Call this only while no other process is writing.
        """
        shutil.rmtree(self._path / _UNFINISHED, ignore_errors=True)


def _copy(path: Path, copy: Path) -> None:
    """Copy a file within a file system, as a hard link if the file system supports it."""
    try:
        os.link(path, copy)
    except OSError:
        with path.open("rb") as source, copy.open("wb") as file:
            shutil.copyfileobj(source, file)
            file.flush()
            os.fsync(file.fileno())


class FileSystemTarget:
    """The files of an export on an fsspec file system: S3, Google Cloud Storage, Azure, SFTP.

    Args:
        url: the directory's URL.

    Raises:
        ImportError: fsspec or the file system's package is not installed.
        InvalidValueError: fsspec has no file system for the URL's protocol.
    """

    def __init__(self, url: str) -> None:
        try:
            fsspec = import_module("fsspec")
        except ImportError:
            raise ImportError(
                f"{url}: needs an extra: pip install 'genesys-cloud[export]'"
            ) from None
        try:
            found = fsspec.core.url_to_fs(url)
        except ValueError:
            # Show only the protocol, because the rest of the URL may contain a password.
            shown = f"{url.partition('://')[0]}://..."
            raise InvalidValueError(
                f"out={shown!r}: fsspec has no file system for this protocol; use another URL"
            ) from None
        self._files, self._root = found[0], str(found[1]).rstrip("/")

    def read(self, name: str) -> bytes | None:
        """Return a file's content, or ``None`` if the file does not exist."""
        try:
            return cast(bytes, self._files.cat_file(self._at(name)))
        except FileNotFoundError:
            return None

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading."""
        return cast(BinaryIO, self._files.open(self._at(name), "rb"))

    def write(self, name: str, content: bytes) -> None:
        """Write a file, replacing an existing one."""
        self._make_parent(name)
        self._files.pipe_file(self._at(name), content)

    def remove(self, name: str) -> None:
        """Remove a file if it exists."""
        with suppress(FileNotFoundError):
            self._files.rm_file(self._at(name))

    def list(self, folder: str) -> list[str]:
        """Return the names of the files in a folder."""
        self._files.invalidate_cache()  # other processes write as well
        try:
            found = self._files.ls(self._at(folder), detail=False)
        except FileNotFoundError:
            return []
        return sorted(str(path).rpartition("/")[2] for path in found)

    def lock(self) -> AbstractContextManager[None]:
        """Return a context manager that does nothing: object stores have no locks."""
        return nullcontext()

    @contextmanager
    def new_file(self) -> Generator[Path]:
        """Return a context manager that yields a temporary file's path and removes the file on exit."""
        with tempfile.TemporaryDirectory(prefix="genesys-export-") as folder:
            yield Path(folder) / "part"

    def put(self, path: Path, name: str) -> None:
        """Upload a local file to its destination."""
        self._make_parent(name)
        self._files.put_file(str(path), self._at(name))

    def clean(self) -> None:
        """Do nothing: temporary files are in local directories that are removed after each use."""

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}".rstrip("/")

    def _make_parent(self, name: str) -> None:
        self._files.makedirs(self._at(name).rpartition("/")[0], exist_ok=True)

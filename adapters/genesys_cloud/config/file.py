"""Reads configuration files in the format of :mod:`genesys_core.configuration`.

Invariants: a file is read completely or not at all. An error message contains the path, the reason and
a remedy.
"""

import os
import stat
import sys
from pathlib import Path
from typing import Final, Self

from genesys_core import configuration as core
from genesys_core.checks import PATH
from genesys_core.configuration.configuration import (
    DEFAULTS,
    Credentials,
    GeneralConfiguration,
    LoggingConfiguration,
    ReauthenticationConfiguration,
    merge,
)
from genesys_core.configuration.file_changes import FileSnapshot
from genesys_core.errors import ConfigurationError

__all__ = [
    "DEFAULTS",
    "Configuration",
    "Credentials",
    "GeneralConfiguration",
    "LoggingConfiguration",
    "ReauthenticationConfiguration",
    "configuration_from_file",
    "default_path",
    "merge",
]

LARGEST: Final = 1 << 20
"""Maximum size of a configuration file in bytes."""


class Configuration(core.Configuration, frozen=True, kw_only=True, eq=False):
    """A client's configuration; see :class:`genesys_core.configuration.Configuration`."""

    @classmethod
    def from_file(cls, path: str | os.PathLike[str] | None = None) -> Self:
        """Read a configuration file, INI or JSON, in UTF-8.

        Args:
            path: the path of the file; ``None`` for the path that :func:`default_path` returns.

        Raises:
            ConfigurationError: the file cannot be read or is invalid; the message lists all
                problems.
        """
        PATH.or_none().check("path", path)
        named = default_path() if path is None else path
        if named is None:
            raise ConfigurationError(
                "configuration: the environment has no home directory; pass a path"
            )
        snapshot = read_snapshot(named)
        if snapshot.is_missing:
            raise ConfigurationError(
                f"{os.fspath(named)}: no such file; create it or pass another path"
            )
        source = os.fspath(named)
        return cls.from_text(snapshot.readable_text(source), source=source)


def configuration_from_file(path: str | os.PathLike[str] | None = None) -> Configuration:
    """Read a configuration file; see :meth:`Configuration.from_file`."""
    return Configuration.from_file(path)


def default_path() -> str | None:
    """Return the default path of the configuration file, the same as in the official Python SDK.

    The path is ``.genesyscloudpython/config`` in the home directory: ``$HOME``, or
    ``%HOMEDRIVE%%HOMEPATH%`` on Windows. It is ``None`` if the environment has no home directory.
    """
    return core.default_path(os.environ, sys.platform)


def read_snapshot(path: str | os.PathLike[str]) -> FileSnapshot:
    """Read a configuration file, and return its text or the reason why it cannot be used.

    If the file does not exist, the snapshot contains neither a text nor a reason.
    """
    try:
        content = _read(Path(path))
    except (FileNotFoundError, NotADirectoryError):
        return FileSnapshot()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        remedy = "use the path of a file that can be read"
        if isinstance(error, PermissionError):
            remedy = "allow this process to read it"
        return FileSnapshot(problem=f"cannot be read: {reason}; {remedy}")
    if len(content) > LARGEST:
        return FileSnapshot(problem=f"is larger than {LARGEST} bytes; not a configuration file")
    try:
        return FileSnapshot(content.decode())
    except UnicodeDecodeError as error:
        words = f"is not UTF-8 (byte {error.start + 1} is 0x{content[error.start]:02x})"
        return FileSnapshot(problem=f"{words}; save it as UTF-8")


def _read(path: Path) -> bytes:
    # Reading a pipe or a device could block or never end.
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError("not a regular file")
    with path.open("rb") as file:
        return file.read(LARGEST + 1)  # one more, to detect a larger file

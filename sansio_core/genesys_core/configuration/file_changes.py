"""Snapshots of a configuration file, and detection of settled changes.

Invariants: only the file's content counts, never its metadata. A change takes effect only after the
same content has been read twice in a row, so a burst of writes is one change. A missing file is not
a change, because some editors remove the file briefly while they save it.
"""

from typing import ClassVar

from msgspec import Struct

from genesys_core.confidential import Confidential
from genesys_core.configuration.configuration import Configuration
from genesys_core.errors import ConfigurationError

__all__ = ["ChangeDetector", "FileSnapshot"]


class FileSnapshot(Confidential, frozen=True):
    """The result of reading a file; ``repr`` omits the text, which may contain a password.

    Attributes:
        text: the file's content; ``None`` if the file does not exist or cannot be read.
        problem: why the file cannot be read; ``None`` if it can be read.
    """

    text: str | None = None
    problem: str | None = None

    __secrets__: ClassVar[frozenset[str]] = frozenset({"text"})

    @property
    def is_missing(self) -> bool:
        """Whether the file does not exist."""
        return self.text is None and self.problem is None

    def configuration(self, source: str) -> Configuration:
        """Return the file's configuration, which is empty if there is no file.

        Args:
            source: the file's path, for problems, warnings and origins.

        Raises:
            ConfigurationError: the file cannot be read, or is invalid; the error lists all problems.
        """
        return Configuration.from_text(self.readable_text(source), source=source)

    def readable_text(self, source: str) -> str:
        """Return the file's text; empty if there is no file.

        Raises:
            ConfigurationError: the file cannot be read.
        """
        if self.problem is not None:
            raise ConfigurationError(f"{source}: {self.problem}")
        return self.text or ""


class ChangeDetector(Struct, frozen=True):
    """Detects when a changed file has settled, that is, when it is no longer being written.

    Attributes:
        current: the snapshot that is in effect.
        candidate: a different snapshot that has been read once.
    """

    current: FileSnapshot
    candidate: FileSnapshot | None = None

    def snapshot_taken(
        self, snapshot: FileSnapshot
    ) -> "tuple[ChangeDetector, FileSnapshot | None]":
        """Process another snapshot of the file.

        Returns:
            The next state of the detector, and the snapshot if it is a settled change to apply.
        """
        if snapshot == self.current or snapshot.is_missing:
            return ChangeDetector(self.current), None
        if snapshot == self.candidate:
            return ChangeDetector(snapshot), snapshot
        return ChangeDetector(self.current, snapshot), None

    @property
    def is_settling(self) -> bool:
        """Whether a change has been read only once, so that the file should be read again soon."""
        return self.candidate is not None

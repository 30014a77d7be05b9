"""The log file of a client.

Law: a record is appended in one piece and nothing is ever cut or moved here; a file that somebody
moves away is made anew, and one that cannot be written ends no call.
"""

import io
import logging
import os
from logging.handlers import WatchedFileHandler

from genesys_core.configuration.configuration import LogFormat
from genesys_core.observability.log_records import LogEntry, LogNotice

__all__ = ["LogFile"]


class LogFile(WatchedFileHandler):
    """Appends records to a file, each in one piece, and opens it anew when it was moved away."""

    def __init__(self, path: str, style: LogFormat | None) -> None:
        self._open_for_good = True
        super().__init__(path, encoding="utf-8", errors="backslashreplace")
        self.write_as(style)

    def write_as(self, style: LogFormat | None) -> None:
        """Write records as ``text`` or ``json`` from here on."""
        self.setFormatter(_Formatter(style))

    def _open(self) -> io.TextIOWrapper:
        # Unbuffered, so that a record is one write, and those of several clients do not mix.
        binary = open(self.baseFilename, "ab", buffering=0)  # noqa: PTH123, SIM115 - kept open
        return io.TextIOWrapper(
            binary,  # `python -u` does the same with standard output
            encoding=self.encoding,
            errors=self.errors,
            newline="\n",
            write_through=True,
        )

    def reopenIfNeeded(self) -> None:  # noqa: N802 - the standard library's name
        """Open the file anew if it was moved away; Windows lets nobody move an open file."""
        if os.name != "nt":
            super().reopenIfNeeded()

    def emit(self, record: logging.LogRecord) -> None:
        """Append a record. What the file system refuses is reported as ``logging`` does it."""
        if not self._open_for_good:
            return
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)

    def close(self) -> None:
        """Close the file for good: a record that comes later must not open it again."""
        self._open_for_good = False
        super().close()


class _Formatter(logging.Formatter):
    def __init__(self, style: LogFormat | None) -> None:
        super().__init__()
        self._record_format: LogFormat | None = style

    def format(self, record: logging.LogRecord) -> str:
        said: object = record.msg
        if isinstance(said, LogEntry | LogNotice):
            return said.formatted(self._record_format)
        return super().format(record)

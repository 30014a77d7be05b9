"""Logs calls with the standard ``logging`` package.

Invariants: :mod:`genesys_core.observability.log_records` computes the content of a record, once,
and only if the level is enabled. A client does not change the program's loggers and handlers: it
has its own handlers for console and file, so clients with different settings can coexist in a
process. A record is appended to the file with one write, and a failing write never fails a call.

If the client's configuration has no level, the level of the logger ``genesys_cloud`` applies. A level
that this logger inherits applies only if it is ``DEBUG`` or lower.
"""

import contextlib
import io
import logging
import os
import sys
from collections.abc import Callable
from typing import Any, Final, TextIO

import msgspec

from genesys_cloud.step_lock import StepLock
from genesys_core.calls.lifecycle import Raised, Returned, Sending, State
from genesys_core.clock import Now
from genesys_core.configuration.configuration import LogFormat, LoggingConfiguration, LogLevel
from genesys_core.errors import ConfigurationError
from genesys_core.http.known_secrets import KnownSecrets
from genesys_core.http.messages import Purpose, Request, Response, TransportFailure
from genesys_core.http.redaction import DEFAULT_REDACTION, Redaction
from genesys_core.observability.log_records import (
    LEVEL_NUMBERS,
    LogEntry,
    LogNotice,
    RoundTrip,
    issues_notice,
    log_entry,
    log_notice,
)
from genesys_core.observability.observers import CallObserver, Observer

__all__ = [
    "CONFIG_LOGGER",
    "LOGGER",
    "NOTIFICATIONS_LOGGER",
    "TOKENS_LOGGER",
    "TRACE",
    "LoggingObserver",
]

LOGGER: Final = "genesys_cloud"
"""The name of the logger for calls."""

CONFIG_LOGGER: Final = "genesys_cloud.config"
"""The name of the logger for problems in a configuration file."""

NOTIFICATIONS_LOGGER: Final = "genesys_cloud.notifications"
"""The name of the logger for notification channels."""

TOKENS_LOGGER: Final = "genesys_cloud.tokens"
"""The name of the logger for failures of token stores."""

TRACE: Final = LEVEL_NUMBERS["trace"]
"""The numeric level of trace records, below ``DEBUG``; the standard library has no such level."""


class LoggingObserver(Observer):
    """Logs the calls of one client.

    The message of a record is one line of text. The record's attribute ``genesys_cloud`` is a
    dictionary with all fields of the JSON format and the field ``operation``.

    Args:
        settings: level, format and destinations; ``None`` in a field selects its default.
        redaction: the names whose values are redacted, in addition to the default names.
        secrets: a function that returns the client's secrets, which are redacted in every warning.

    Raises:
        ConfigurationError: the log file cannot be written.
    """

    def __init__(
        self,
        settings: LoggingConfiguration = LoggingConfiguration(),  # noqa: B008 - immutable
        redaction: Redaction = DEFAULT_REDACTION,
        secrets: Callable[[], KnownSecrets] = KnownSecrets,
    ) -> None:
        # Unless the program has already given the level a name.
        if logging.getLevelName(TRACE) == f"Level {TRACE}":
            logging.addLevelName(TRACE, "TRACE")
        self.redaction = redaction
        self.secrets = secrets
        self._lock = StepLock()
        self._settings = settings
        self._file = _file_of(settings)
        self._logger = logging.getLogger(LOGGER)

    def begin(
        self,
        operation_name: str,
        purpose: Purpose,  # noqa: ARG002 - Observer
        now: Now,  # noqa: ARG002 - Observer
    ) -> "_LoggedCall | None":
        """Return an observer that logs the call, or ``None`` if its level is disabled."""
        settings = self._settings
        level = settings.level or _level_of(self._logger)
        if level == "none":
            return None
        if level != settings.level:
            settings = msgspec.structs.replace(settings, level=level)
        return _LoggedCall(self, operation_name, settings)

    def configure(self, settings: LoggingConfiguration) -> None:
        """Apply new settings; calls in progress keep their level but use the new destinations.

        Raises:
            ConfigurationError: the log file cannot be written; nothing was changed.
        """
        self._lock.run(self._configure, settings)

    def _configure(self, settings: LoggingConfiguration) -> None:
        old = self._file
        same = old is not None and _path_of(settings) == old.baseFilename
        # The new file is opened before the old one is closed, so that a failure changes nothing.
        self._file = old if same else _file_of(settings)
        self._settings = settings
        if self._file is not None:
            self._file.write_as(settings.format)
        if old is not None and not same:
            old.close(self._file)

    def warn(self, message: str, *, now: Now, name: str = CONFIG_LOGGER) -> None:
        """Log a warning, regardless of the configured level.

        Args:
            message: the message, in which secrets are redacted.
            now: the current time.
            name: the name of the logger.
        """
        warning = log_notice(self.secrets().hide(message), now=now, redaction=self.redaction)
        logger, file = logging.getLogger(name), self._file
        logger.warning(warning)
        if file is not None:
            file.handle(_record(logger, logging.WARNING, warning))

    def emit(self, entry: LogEntry | LogNotice, operation: str) -> None:
        """Pass a record to the program's handlers, and to the client's own console and file.

        Args:
            entry: the content of the record.
            operation: the name of the operation, for the record's attribute ``genesys_cloud``.
        """
        logger = logging.getLogger(LOGGER)
        level = logging.WARNING if isinstance(entry, LogNotice) else LEVEL_NUMBERS[entry.level]
        settings, file = self._settings, self._file
        taken = _takes(logger, level)
        if settings.to_console or (settings.to_console is None and not taken):
            _to_console(entry.formatted(settings.format))
        if file is None and not taken:
            return
        facts: dict[str, object] | None = None
        if taken:
            facts = {"operation": operation, **msgspec.to_builtins(entry)}
        record = _record(logger, level, entry, facts)
        if file is not None:
            file.handle(record)
        if taken:
            logger.handle(record)

    def close(self) -> None:
        """Close the log file; later records are no longer written to a file."""
        self._lock.run(self._close)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None


class _LoggedCall(CallObserver):
    __slots__ = ("_name", "_observer", "_settings")

    def __init__(
        self, observer: LoggingObserver, name: str, settings: LoggingConfiguration
    ) -> None:
        self._observer = observer
        self._name = name
        self._settings = settings

    def attempted(
        self,
        sending: Sending[Any],
        request: Request,
        outcome: Response | TransportFailure,
        state: State[Any],
        now: Now,
    ) -> None:
        trip = RoundTrip.of(sending, request, outcome, state, now=now)
        entry = log_entry(trip, self._settings, self._observer.redaction)
        if entry is not None:
            self._observer.emit(entry, self._name)

    def ended(self, outcome: Returned[Any] | Raised | None, now: Now) -> None:
        if isinstance(outcome, Returned) and outcome.response.issues:
            warning = issues_notice(self._name, outcome.response, now=now)
            if warning is not None and self._settings.level != "error":
                self._observer.emit(warning, self._name)


def _level_of(logger: logging.Logger) -> LogLevel:
    """Return the level that the program configured with ``logging``.

    The root logger passes warnings and errors by default, so errors count as enabled only if the
    logger itself has a level.
    """
    if logger.isEnabledFor(logging.DEBUG):
        return "trace" if logger.isEnabledFor(TRACE) else "debug"
    return "error" if logger.level and logger.isEnabledFor(logging.ERROR) else "none"


def _takes(logger: logging.Logger, level: int) -> bool:
    """Return whether the program's handlers receive a record.

    A client's level replaces a level that the logger inherits, but not a level that was set on the
    logger itself.
    """
    if logger.disabled or logger.manager.disable >= level or level < logger.level:
        return False
    return logger.hasHandlers()


def _record(
    logger: logging.Logger,
    level: int,
    entry: LogEntry | LogNotice,
    facts: dict[str, object] | None = None,
) -> logging.LogRecord:
    extra = None if facts is None else {"genesys_cloud": facts}
    # The message is formatted only if a handler emits it.
    return logger.makeRecord(
        logger.name, level, __file__, 0, entry, (), None, func=None, extra=extra
    )


_console_lock: Final = StepLock()
"""Serializes writes to the console, without blocking a forked child or a signal handler."""


def _to_console(line: str) -> None:
    stream = sys.stderr
    if stream is None:  # pythonw has no console
        return
    _console_lock.run(_write_line, stream, line)


def _write_line(stream: TextIO, line: str) -> None:
    # A call must not fail because the console is closed or cannot encode a character, or because a
    # signal handler interrupted another write, in which case its own write raises RuntimeError.
    with contextlib.suppress(OSError, ValueError, RuntimeError):
        stream.write(line + "\n")
        stream.flush()


def _path_of(settings: LoggingConfiguration) -> str | None:
    if settings.file_path is None or settings.level == "none":
        return None
    return str(os.path.abspath(os.path.expanduser(settings.file_path)))  # noqa: PTH100, PTH111


def _file_of(settings: LoggingConfiguration) -> "_LogFile | None":
    path = _path_of(settings)
    if path is None:
        return None
    try:
        return _LogFile(path, settings.format)
    except OSError as error:
        raise ConfigurationError(
            f"log_file_path {path!r}: cannot be written: {error.strerror or error}; "
            "create the directory, or use another file"
        ) from None


class _LogFile(logging.FileHandler):
    """Appends each record to a file with one write, and reopens the file if it was moved.

    The standard library's ``WatchedFileHandler`` also reopens moved files, but loads ``socket`` and
    ``pickle``.
    """

    def __init__(self, path: str, style: LogFormat | None) -> None:
        self._is_closed = False
        self._successor: _LogFile | None = None
        super().__init__(path, encoding="utf-8", errors="backslashreplace")
        self.write_as(style)

    def write_as(self, style: LogFormat | None) -> None:
        """Write later records as ``text`` or ``json``."""
        self.setFormatter(_Formatter(style))

    def _open(self) -> io.TextIOWrapper:
        # Unbuffered: each record is one write, so records of several clients do not interleave.
        binary = open(self.baseFilename, "ab", buffering=0)  # noqa: PTH123, SIM115 - kept open
        return io.TextIOWrapper(
            binary,  # `python -u` does the same with standard output
            encoding=self.encoding,
            errors=self.errors,
            newline="\n",
            write_through=True,
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Append a record; pass an error to :meth:`logging.Handler.handleError`."""
        if self._is_closed:
            # A call may have selected this file just before new settings replaced it.
            if self._successor is not None:
                self._successor.handle(record)
            return
        try:
            stream = self.stream
            if stream is not None and self._was_moved(stream):
                self.stream = None
                stream.close()
            super().emit(record)  # opens the file if it is not open
        except OSError:
            self.handleError(record)

    def _was_moved(self, stream: io.TextIOWrapper) -> bool:
        if os.name == "nt":  # Windows cannot move an open file
            return False
        try:
            there = os.stat(self.baseFilename)  # noqa: PTH116 - text
        except FileNotFoundError:
            return True
        return not os.path.samestat(there, os.fstat(stream.fileno()))

    def close(self, successor: "_LogFile | None" = None) -> None:
        """Close the file; later records are written to the successor, or discarded without one."""
        self._successor = successor
        self._is_closed = True
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

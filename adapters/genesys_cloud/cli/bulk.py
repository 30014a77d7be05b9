"""``--from-file``: runs an operation for each row of a file.

Invariants: :class:`~genesys_core.command_line.bulk.BulkRun` decides which rows are started and when
the run ends. Each row is recorded in the journal before the row's call is sent, and again when the
call has ended.
"""

import csv
import hashlib
import json
import os
import queue
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO

from genesys_core.command_line.bulk import (
    BulkRun,
    RowOutcome,
    complete_lines,
    describe_failure,
    ends_run,
    journal_head,
    journal_line,
    read_journal,
    stop_code,
    summarize_run,
)
from genesys_core.command_line.bulk_rows import check_csv_header, csv_row, parse_json_row
from genesys_core.command_line.call_lines import progress_line
from genesys_core.command_line.exit_codes import CommandExit, ExitCode, exit_code_of, is_expected
from genesys_core.command_line.usage import UsageError
from genesys_core.observability.terminal import escape_line

if TYPE_CHECKING:
    from genesys_cloud.cli.call_report import CallReport

__all__ = ["BulkFiles", "run_rows"]

Row = tuple[int, "Mapping[str, object] | UsageError", object]
"""A row's number; its values, or the error if they cannot be read; and its content as read."""

_CHUNK = 1 << 20
"""The number of characters that are read from the rows file at a time."""


class BulkFiles:
    """The files of a bulk run.

    Args:
        rows: the path of the file with the rows.
        failures: the path of the failures file, or ``None`` for the default.
        journal: the path of an earlier run's journal, to continue that run; ``None`` for a new run.
    """

    def __init__(self, rows: str, failures: str | None, journal: str | None) -> None:
        self.rows = Path(rows)
        self.failures = Path(failures or f"{rows}.failures.jsonl")
        self.journal = Path(journal or f"{rows}.journal")
        self.is_continued = journal is not None

    def digest(self) -> str:
        """Return the SHA-256 digest of the rows file, in hexadecimal.

        Raises:
            UsageError: the rows file cannot be read, is not UTF-8, or is not valid CSV.
        """
        # Decoded as well, so that no row is started if a later one cannot be decoded.
        with self._read_errors(), self.rows.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            text = TextIOWrapper(file, "utf-8-sig", newline="")
            if self._is_csv:
                deque(_csv_rows(text), maxlen=0)
            while text.read(_CHUNK):
                pass
            return digest

    def open_failures(self) -> TextIO:
        """Open the failures file: a new run overwrites it, a continued run appends to it.

        Raises:
            UsageError: the failures file cannot be written, or is another file of the run.
        """
        for path, what in ((self.rows, "file with the rows"), (self.journal, "journal")):
            if self.failures.resolve() == path.resolve():
                raise UsageError(
                    f"--failures {self.failures}: must not be the {what}; use another path"
                )
        try:
            ending = self._end_failures() if self.is_continued else ""
            # A lone surrogate, which is valid in JSON, is written as a JSON escape.
            file = self.failures.open(
                "a" if self.is_continued else "w", encoding="utf-8", errors="backslashreplace"
            )
        except OSError as error:
            raise UsageError(f"{self.failures}: cannot be written: {error.strerror}") from None
        file.write(ending)
        return file

    def _end_failures(self) -> str:
        """Remove a line that a killed run left incomplete; return what to write before further lines."""
        if not self.failures.is_file():
            return ""
        with self.failures.open("r+b") as file:
            size, ending = complete_lines(file.read())
            file.truncate(size)
        return ending

    def tidy(self) -> None:
        """Delete the journal of a run that has ended, and the failures file if it is empty."""
        self.journal.unlink(missing_ok=True)
        # A device such as /dev/null is not removed.
        if self.failures.is_file() and not self.failures.stat().st_size:
            self.failures.unlink()

    def discard_new_journal(self) -> None:
        """Delete the journal of a new run that could not begin; keep the journal of a continued run."""
        if not self.is_continued:
            with suppress(OSError):  # Windows does not delete an open file
                self.journal.unlink()

    def read(self) -> Iterator[Row]:
        """Yield the rows; a row that cannot be read has the error instead of its values.

        Raises:
            UsageError: the rows file cannot be read.
        """
        with self._read_errors(), self.rows.open(encoding="utf-8-sig", newline="") as file:
            if self._is_csv:
                yield from _csv_rows(file)
                return
            number = 0
            for line in file:
                if not line.strip():
                    continue
                number += 1
                try:
                    values: Mapping[str, object] | UsageError = parse_json_row(line)
                except UsageError as error:
                    yield number, error, line.rstrip("\r\n")
                else:
                    yield number, values, values

    @property
    def _is_csv(self) -> bool:
        return self.rows.suffix.lower() == ".csv"

    @contextmanager
    def _read_errors(self) -> Generator[None]:
        try:
            yield
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            raise UsageError(f"{self.rows}: cannot be read: {reason}") from None
        except UsageError as error:
            raise UsageError(f"{self.rows}: {error}") from None


def _csv_rows(file: TextIO) -> Iterator[Row]:
    lines = _csv_lines(file)
    header = next(lines, list[str]())
    check_csv_header(header)
    for number, cells in enumerate((each for each in lines if each), 1):
        try:
            values = csv_row(header, cells)
        except UsageError as error:
            yield number, error, cells
        else:
            yield number, values, values


def _csv_lines(file: TextIO) -> Iterator[list[str]]:
    # The default of 128 KiB is too small for some cells with JSON. Windows allows no larger limit.
    csv.field_size_limit(2**31 - 1)
    # Strict: otherwise a quote that is never closed makes the rest of the file a single cell.
    reader = csv.reader(file, strict=True)
    first = 1
    try:
        for cells in reader:
            yield cells
            first = reader.line_num + 1
    except csv.Error as error:
        raise UsageError(f"the row that begins on line {first} is not valid CSV: {error}") from None


def run_rows(
    files: BulkFiles,
    run: BulkRun,
    name: str,
    *,
    send: Callable[[Mapping[str, object]], object],
    show: Callable[[Iterator[object]], None],
    report: "CallReport",
) -> None:
    """Run an operation for each row of a file.

    Args:
        files: the files of the run.
        run: the initial state of the run; this function reads the journal into it.
        name: the name of the operation.
        send: sends a row's call and returns the response's data.
        show: prints the results of successful rows.
        report: the observer of the calls, which records why they wait.

    Raises:
        CommandExit: rows failed, or the run was interrupted.
        UsageError: a file cannot be read or written.
    """
    began = time.monotonic()
    with ExitStack() as stack:
        driver = _Driver(files, run, stack, name=name, send=send, report=report)
        stack.enter_context(_stopping_on_interrupt(run))
        results = stack.enter_context(closing(driver.results()))
        try:
            show(results)
        except OSError:  # the pipe was closed, or the disk is full
            _report_continuation(files)
            raise
    sys.stdout.flush()
    _report(summarize_run(run, time.monotonic() - began, str(files.failures)))
    if run.stop_reason:
        _report_continuation(files)
        raise CommandExit(driver.code or stop_code(run))
    files.tidy()
    if run.has_failures:
        raise CommandExit(ExitCode.ROWS_FAILED)


class _Driver:
    """Starts rows in threads, and records their outcomes."""

    def __init__(
        self,
        files: BulkFiles,
        run: BulkRun,
        stack: ExitStack,
        *,
        name: str,
        send: Callable[[Mapping[str, object]], object],
        report: "CallReport",
    ) -> None:
        self.code: ExitCode | None = None
        self._run = run
        self._send = send
        self._report = report
        self._ended: queue.SimpleQueue[tuple[int, object, object, BaseException | None]]
        self._ended = queue.SimpleQueue()
        head = journal_head(name, files.digest())
        self._journal = stack.enter_context(_open_journal(files, run, head))
        try:
            self._failures = stack.enter_context(files.open_failures())
        except UsageError:
            files.discard_new_journal()  # no row was started
            raise
        self._rows = files.read()
        self._pool = stack.enter_context(ThreadPoolExecutor(run.parallel))
        self._has_rows = True

    def results(self) -> Generator[object]:
        """Yield the results of successful rows, in order."""
        began = shown = time.monotonic()
        try:
            while True:
                while self._has_rows and self._run.wants_row:
                    self._start_next()
                yield from self._take_results()
                if self._run.is_idle:
                    if self._has_rows and self._run.wants_row:
                        continue
                    return
                self._finish(*self._next_ended())
                yield from self._take_results()
                now = time.monotonic()
                if now - shown >= 0.2 and sys.stderr.isatty():
                    shown = now
                    self._show_progress(now - began)
        except GeneratorExit:
            # The output was closed, for example by `head`.
            self._run.stop("the output was closed")
            raise
        finally:
            while not self._run.is_idle:
                self._finish(*self._next_ended())
            for _ in self._take_results():
                """Record failures, and discard results, because the output is closed."""
            if shown != began:
                sys.stderr.write("\r\x1b[K")

    def _next_ended(self) -> tuple[int, object, object, BaseException | None]:
        # A signal that arrives just before the wait does not end the wait, and the signal's handler
        # only runs between bytecodes; hence the timeout.
        while True:
            with suppress(queue.Empty):
                return self._ended.get(timeout=0.2)

    def _start_next(self) -> None:
        found = next(self._rows, None)
        if found is None:
            self._has_rows = False
            return
        number, values, given = found
        if self._run.offer(number, given) != "start":
            return
        # Before the call: after a crash, the journal must show that the row may have been executed.
        self._record_state("started", number)
        if isinstance(values, UsageError):
            self._ended.put((number, given, None, values))
        else:
            self._pool.submit(self._call, number, values, given)

    def _call(self, number: int, values: Mapping[str, object], given: object) -> None:
        try:
            result = self._send(values)
        except BaseException as error:  # noqa: BLE001 - raised in the main thread if unexpected
            self._ended.put((number, given, None, error))
        else:
            self._ended.put((number, given, result, None))

    def _finish(
        self, number: int, given: object, result: object, error: BaseException | None
    ) -> None:
        if error is None:
            self._record_state("done", number)
            self._run.finish(RowOutcome(number, None, result, given))
        elif ends_run(error):
            self._record_state("withdrawn", number)
            self.code = exit_code_of(error)
            self._run.withdraw(number, str(error))
        elif not is_expected(error):
            self._run.withdraw(number, str(error))
            raise error
        else:
            self._run.finish(RowOutcome(number, describe_failure(error), None, given))

    def _take_results(self) -> Iterator[object]:
        for outcome in self._run.take_ended():
            if outcome.failure is None:
                yield {"row": outcome.row, "result": outcome.result}
                continue
            entry = outcome.failure.line(outcome.row, outcome.given)
            self._failures.write(f"{json.dumps(entry, ensure_ascii=False)}\n")
            self._failures.flush()
            # After the entry, so that a row is reported twice rather than never.
            self._record("failed", outcome.row)

    def _record_state(self, event: Any, row: int) -> None:  # noqa: ANN401 - as below
        try:
            self._record(event, row)
        except OSError as error:
            self._run.withdraw(row, str(error))  # otherwise, the run would wait for the row's end
            raise

    def _record(self, event: Any, row: int) -> None:  # noqa: ANN401 - the core's literal
        self._journal.write(f"{journal_line(event, row)}\n")
        self._journal.flush()

    def _show_progress(self, seconds: float) -> None:
        line = progress_line(self._run.done + self._run.failed, None, seconds, "rows")
        if self._run.failed:
            line += f", {self._run.failed:,} failed"
        if reason := self._report.waiting_for:
            line += f", waiting: {reason}"
        sys.stderr.write(f"\r{escape_line(line)[: terminal_columns() - 1]}\x1b[K")
        sys.stderr.flush()


def terminal_columns() -> int:
    """Return the width of the terminal on standard error, in characters; 80 if it is unknown."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except OSError:
        return 80


@contextmanager
def _open_journal(files: BulkFiles, run: BulkRun, head: str) -> Generator[TextIO]:
    try:
        # "x" fails if the journal exists, so that two runs of the same rows cannot both begin.
        mode: Literal["r+", "x"] = "r+" if files.is_continued else "x"
        file = files.journal.open(mode, encoding="utf-8", errors="replace")
    except FileExistsError:
        raise UsageError(
            f"{files.journal}: already exists, so an earlier run did not finish; continue it with "
            f"--resume {files.journal}, or delete the file to start over"
        ) from None
    except OSError as error:
        what = "read" if files.is_continued else "written"
        raise UsageError(f"{files.journal}: cannot be {what}: {error.strerror}") from None
    with file:
        # Locked before it is read, because the run that wrote the journal may still be in progress.
        if not try_lock_file(file):
            raise UsageError(f"{files.journal}: another run with this journal is in progress")
        if files.is_continued:
            run.journal = read_journal(file, head, str(files.journal))
            file.seek(0, os.SEEK_END)
            file.write(run.journal.ending)
        else:
            file.write(f"{head}\n")
        try:
            file.flush()
        except OSError:
            files.discard_new_journal()  # no row was started
            raise
        yield file


def try_lock_file(file: TextIO) -> bool:
    """Lock a file for this run; return ``False`` if another run has locked it.

    On a file system without locks, nothing is locked, and the result is ``True``.
    """
    from genesys_cloud.file_locking import try_lock  # noqa: PLC0415 - for long runs alone

    try:
        return try_lock(file.fileno())
    except OSError:  # a file system without locks
        return True


@contextmanager
def _stopping_on_interrupt(run: BulkRun) -> Generator[None]:
    """End the run after the running rows on the first Ctrl-C or SIGTERM, and at once on the second."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread receives signals
        return

    def stop(number: int, frame: object) -> None:  # noqa: ARG001 - the signature of handlers
        if run.is_interrupted:
            # The journal is up to date, because every event is written when it occurs.
            os._exit(int(ExitCode.INTERRUPTED))
        run.interrupt()
        _report("finishing running rows; press Ctrl-C again to abandon them")

    before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _report_continuation(files: BulkFiles) -> None:
    _report(f"continue with --from-file {files.rows} --resume {files.journal}")


def _report(line: str) -> None:
    sys.stderr.write(f"genesys-cloud: {escape_line(line)}\n")

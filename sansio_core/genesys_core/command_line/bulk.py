"""Bulk runs: one call of an operation for each row of a file, several calls in parallel.

Invariants: a row's call is made at most once, unless it can be repeated safely. Every row whose call
was made is recorded either as done or in the failures file, even if the run is interrupted and later
continued. Outcomes are returned in the order of the rows.
"""

import json
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from genesys_core.command_line.exit_codes import ExitCode
from genesys_core.command_line.usage import UsageError
from genesys_core.errors import (
    ApiError,
    AuthenticationError,
    DecodeError,
    GenesysCloudError,
    OAuthError,
)

__all__ = [
    "BulkJournal",
    "BulkRun",
    "RowAction",
    "RowFailure",
    "RowOutcome",
    "complete_lines",
    "describe_failure",
    "ends_run",
    "is_repeatable",
    "journal_head",
    "journal_line",
    "read_journal",
    "stop_code",
    "summarize_run",
]

JournalEvent: TypeAlias = Literal["started", "done", "failed", "withdrawn"]
RowAction: TypeAlias = Literal["start", "skip", "fail"]
"""The action for a row: start its call, skip the row because an earlier run finished it, or fail
the row because the outcome of its call is unknown.
"""

_LETTERS: Final[Mapping[str, JournalEvent]] = {
    "s": "started",
    "d": "done",
    "f": "failed",
    "w": "withdrawn",
}
_IDEMPOTENT: Final = frozenset({"GET", "HEAD", "PUT", "DELETE"})
"""The idempotent HTTP methods (RFC 9110 section 9.2.2) that operations use."""

_AHEAD: Final = 16
"""Maximum number of rows, per parallel call, whose outcomes have not been returned yet."""


@dataclass(frozen=True)
class RowFailure:
    """The reason why a row failed in a bulk run.

    Attributes:
        reason: the error message.
        status: the HTTP status of the response; ``None`` if there was no response.
        correlation_id: the response's correlation id, for support requests.
        may_be_done: whether the call may have taken effect.
    """

    reason: str
    status: int | None = None
    correlation_id: str | None = None
    may_be_done: bool = False

    def line(self, row: int, given: object) -> dict[str, object]:
        """Return the failed row's entry in the failures file; another run can read it as a row.

        Args:
            row: the row's number, from 1.
            given: the content of the row as read from the file.
        """
        entry: dict[str, object] = {"row": row, "reason": self.reason}
        if self.status is not None:
            entry["status"] = self.status
        if self.correlation_id is not None:
            entry["correlationId"] = self.correlation_id
        if self.may_be_done:
            entry["mayBeDone"] = True
        return {**entry, "input": given}


@dataclass(frozen=True)
class RowOutcome:
    """A row's outcome in a bulk run.

    Attributes:
        row: the row's number, from 1.
        failure: why the row failed; ``None`` if it succeeded.
        result: the data of the response to the row's call; ``None`` if the row failed.
        given: the content of the row as read from the file.
    """

    row: int
    failure: RowFailure | None = None
    result: object = None
    given: object = None


@dataclass(frozen=True)
class BulkJournal:
    """The rows that an earlier bulk run started, as recorded in its journal.

    Attributes:
        finished: numbers of the rows that succeeded or failed.
        unknown: numbers of rows that were started and whose outcome is unknown.
        failed: numbers of the finished rows that failed.
        ending: text to append before further lines, so that a truncated last line stays invalid.
    """

    finished: frozenset[int] = frozenset()
    unknown: frozenset[int] = frozenset()
    failed: frozenset[int] = frozenset()
    ending: str = ""


def is_repeatable(method: str, reads: bool) -> bool:  # noqa: FBT001 - a fact, no switch
    """Return whether an operation can be repeated safely: it only reads, or is idempotent.

    Args:
        method: the HTTP method.
        reads: whether the operation only reads data.
    """
    return reads or method in _IDEMPOTENT


def journal_head(operation: str, digest: str) -> str:
    """Return the first line of a journal, which identifies the operation and the rows file.

    Args:
        operation: the operation's name.
        digest: a digest of the rows file.
    """
    return f"genesys-cloud bulk run: {operation} {digest}"


def journal_line(event: JournalEvent, row: int) -> str:
    """Return the journal line that records an event of a row, such as its start."""
    return f"{event[0]} {row}"


def read_journal(lines: Iterable[str], head: str, source: str) -> BulkJournal:
    """Read the journal of an earlier run; an incomplete last line is ignored.

    Args:
        lines: the journal's lines, with their line feeds.
        head: the first line that this run would write.
        source: the journal's path, for errors.

    Raises:
        UsageError: the journal belongs to another operation or rows file, or is not a journal.
    """
    reading = iter(lines)
    first = last = next(reading, "")
    if first.rstrip("\n") != head:
        raise UsageError(
            f"{source}: is not a journal of this operation and --from-file; the file may have changed"
        )
    finished: set[int] = set()
    failed: set[int] = set()
    started: set[int] = set()
    for line in reading:
        last = line
        letter, _, number = line.partition(" ")
        event = _LETTERS.get(letter)
        if not line.endswith("\n") or event is None or not number.strip().isdecimal():
            continue
        row = int(number)
        if event == "started":
            started.add(row)
        else:
            started.discard(row)
            # A withdrawn row was not executed, so it is neither finished nor unknown.
            finished |= {row} if event != "withdrawn" else set()
            failed |= {row} if event == "failed" else set()
    # With a line feed alone, the next run would read "d 12", cut off from "d 123", as complete.
    ending = "" if last.endswith("\n") else "\n" if last is first else "#\n"
    return BulkJournal(
        frozenset(finished), frozenset(started - finished), frozenset(failed), ending
    )


def complete_lines(content: bytes) -> tuple[int, str]:
    """Return where and how to append to a failures file whose last line may be incomplete.

    The last line is incomplete if the run that wrote it was killed.

    Args:
        content: the file's content.

    Returns:
        The number of bytes to keep, and the text to append before further lines. An incomplete entry
        is not kept, because its row is not recorded as failed and is reported again.
    """
    start = content.rfind(b"\n") + 1
    if start == len(content):
        return start, ""
    try:
        json.loads(content[start:])
    except (ValueError, RecursionError):
        return start, ""
    return len(content), "\n"


@dataclass
class BulkRun:
    """The state of a bulk run.

    Attributes:
        repeatable: whether a call can be repeated without applying its effect twice.
        parallel: the maximum number of rows processed in parallel.
        max_failures: the maximum number of failed rows; if it is exceeded, no more rows are started.
            ``None`` for no limit.
        journal: the rows in the journal of the earlier run that is continued.
        done: the number of rows that succeeded in this run.
        failed: the number of rows that failed in this run.
        skipped: the number of rows that an earlier run finished.
        stop_reason: why no more rows are started; empty before that.
        is_interrupted: whether the user has interrupted the run.
    """

    repeatable: bool
    parallel: int = 8
    max_failures: int | None = None
    journal: BulkJournal = field(default_factory=BulkJournal)
    done: int = 0
    failed: int = 0
    skipped: int = 0
    stop_reason: str = ""
    is_interrupted: bool = False
    _running: set[int] = field(default_factory=set[int])
    _order: deque[int] = field(default_factory=deque[int])
    _ended: dict[int, RowOutcome | None] = field(default_factory=dict[int, "RowOutcome | None"])

    @property
    def wants_row(self) -> bool:
        """Whether to read another row from the file and pass it to :meth:`offer`."""
        if self.stop_reason or len(self._running) >= self.parallel:
            return False
        # Outcomes wait for those of earlier rows, so one slow row could fill the memory.
        return len(self._order) < self.parallel * _AHEAD

    @property
    def is_idle(self) -> bool:
        """Whether no row is in progress."""
        return not self._running

    @property
    def has_failures(self) -> bool:
        """Whether any row failed, in this run or in an earlier run that this run continues."""
        return bool(self.failed or self.journal.failed)

    def offer(self, row: int, given: object) -> RowAction:
        """Decide whether to start, skip or fail the next row.

        Args:
            row: the row's number, from 1.
            given: the content of the row as read from the file.
        """
        if row in self.journal.finished:
            self.skipped += 1
            return "skip"
        self._order.append(row)
        if row in self.journal.unknown and not self.repeatable:
            unknown = RowFailure(
                "an earlier run ended during this call, so it may have taken effect",
                may_be_done=True,
            )
            self.finish(RowOutcome(row, unknown, given=given))
            return "fail"
        self._running.add(row)
        return "start"

    def finish(self, outcome: RowOutcome) -> None:
        """Record the outcome of a row."""
        self._running.discard(outcome.row)
        self._ended[outcome.row] = outcome
        if outcome.failure is None:
            self.done += 1
            return
        self.failed += 1
        if self.max_failures is not None and self.failed > self.max_failures:
            self.stop(f"more than {self.max_failures} rows failed")

    def withdraw(self, row: int, reason: str) -> None:
        """Stop the run at a row that was not executed, because all further rows would fail too.

        Args:
            row: the number of the row, which is not recorded as failed.
            reason: why the row was not executed, for the summary.
        """
        self._running.discard(row)
        self._ended[row] = None
        self.stop(reason)

    def stop(self, reason: str) -> None:
        """Stop starting rows; running rows are completed."""
        self.stop_reason = self.stop_reason or reason

    def interrupt(self) -> None:
        """Record that the user interrupted the run."""
        self.is_interrupted = True
        self.stop("interrupted")

    def take_ended(self) -> list[RowOutcome]:
        """Return the outcomes that can be reported now, in the order of the rows."""
        found: list[RowOutcome] = []
        while self._order and self._order[0] in self._ended:
            outcome = self._ended.pop(self._order.popleft())
            if outcome is not None:
                found.append(outcome)
        return found


def describe_failure(error: BaseException) -> RowFailure:
    """Return the failure to record for a row whose call raised an error."""
    # An earlier attempt may have taken effect although the last one did not, and so may a call
    # whose response cannot be read.
    may_be_done = isinstance(error, DecodeError) or (
        isinstance(error, GenesysCloudError) and error.is_retry_safe is False
    )
    if not isinstance(error, ApiError):
        return RowFailure(str(error), may_be_done=may_be_done)
    # A server that failed may have executed the request.
    may_be_done = may_be_done or error.status >= 500
    return RowFailure(str(error), error.status, error.correlation_id, may_be_done)


def ends_run(error: BaseException) -> bool:
    """Return whether an error ends the run, because the credentials were rejected."""
    return isinstance(error, AuthenticationError | OAuthError)


def stop_code(run: BulkRun) -> ExitCode:
    """Return the exit code of a run that was stopped before the last row."""
    return ExitCode.INTERRUPTED if run.is_interrupted else ExitCode.ROWS_FAILED


def summarize_run(run: BulkRun, seconds: float, failures: str) -> str:
    """Return a one-sentence summary of a bulk run.

    Args:
        run: the bulk run.
        seconds: the duration of the run in seconds.
        failures: the path of the failures file.
    """
    parts = [f"{run.done:,} done in {seconds:,.1f} s"]
    if run.failed:
        parts.append(f"{run.failed:,} failed (see {failures})")
    if run.skipped:
        parts.append(f"{run.skipped:,} finished earlier")
    if run.journal.failed:
        parts.append(f"{len(run.journal.failed):,} failed earlier (see {failures})")
    text = ", ".join(parts)
    return f"{text}; stopped: {run.stop_reason}" if run.stop_reason else text

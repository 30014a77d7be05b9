"""Downloads recordings to a folder, in parallel.

Invariants: a file is recorded in the manifest when its download is complete. A partial file is kept
next to its destination, and the next run resumes the download.
"""

import json
import os
import queue
import sys
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from genesys_cloud.cli.bulk import terminal_columns, try_lock_file
from genesys_cloud.cli.call_report import CallReport
from genesys_cloud.cli.connection import open_client
from genesys_cloud.cli.terminal import print_error, print_line
from genesys_core.command_line.call_lines import progress_line
from genesys_core.command_line.exit_codes import (
    CommandExit,
    ExitCode,
    exit_code_of,
    is_expected,
)
from genesys_core.command_line.intervals import parse_period
from genesys_core.command_line.recordings import (
    DownloadTask,
    FetchFile,
    FoundRecording,
    LookUp,
    RecordingLink,
    RecordingManifest,
    RecordingRun,
    RequestLinks,
    read_conversation_ids,
    recordings_query,
    summarize_downloads,
)
from genesys_core.command_line.usage import UsageError
from genesys_core.observability.terminal import escape_line

if TYPE_CHECKING:
    from genesys_cloud import Client, Interval

__all__ = ["DownloadRequest", "download_recordings"]

_MANIFEST = "recordings.jsonl"
_FOUND = ".conversations.jsonl"
_FAILURES = "failures.jsonl"
_GRACE = 3.0
"""Seconds that running downloads may take to stop after Ctrl-C."""


@dataclass(frozen=True)
class DownloadRequest:
    """The recordings to download, and the folder to download them to.

    Attributes:
        out: the path of the download folder.
        conversations: ids of conversations whose recordings are downloaded.
        from_file: the path of a file of conversation ids, or ``-`` for standard input; ``None`` if
            the option was not given.
        period: the values of ``--from`` and ``--to``, each a day or date-time, or ``None``.
    """

    out: Path
    conversations: tuple[str, ...]
    from_file: str | None
    period: tuple[str | None, str | None]

    def interval(self) -> "Interval | None":
        """Return the interval that selects conversations; ``None`` if they are selected by id.

        Raises:
            UsageError: the interval is invalid, or no conversation is selected.
        """
        found = parse_period(*self.period)
        if found is None and not self.conversations and self.from_file is None:
            raise UsageError(
                "recordings download: needs conversation ids, --from-file, or --from and --to"
            )
        return found


class _Stopped(Exception):  # noqa: N818 - ends a download that is in progress
    """Raised in downloads that are in progress when the run ends."""


def download_recordings(
    options: Mapping[str, object], request: DownloadRequest, *, parallel: int, is_verbose: bool
) -> None:
    """Download the recordings of a request to its folder.

    Args:
        options: the command's options, by name without dashes.
        request: the recordings to download.
        parallel: the number of calls and downloads that run in parallel.
        is_verbose: whether each attempt and each wait is printed.

    Raises:
        CommandExit: some recordings were not downloaded, the platform rejected the credentials, or
            the run was interrupted.
        GenesysCloudError: the conversations cannot be listed.
        UsageError: a file cannot be read or written.
    """
    interval = request.interval()
    began = time.monotonic()
    report = CallReport(is_verbose=is_verbose)
    with ExitStack() as stack:
        folder = stack.enter_context(_open_folder(request.out))
        run = RecordingRun(parallel, folder.manifest)
        client = stack.enter_context(open_client(options, observer=report))
        conversations = _conversations(client, request, interval)
        driver = _Driver(client, folder, run, report)
        driver.run(conversations)
    folder.write_failures(run)
    failures = str(request.out / _FAILURES)
    print_error(
        "genesys-cloud: "
        + summarize_downloads(run, driver.received, time.monotonic() - began, failures)
    )
    if run.stop_reason or run.failures:
        print_error("genesys-cloud: run the same command to continue")
    if driver.is_abandoned:
        sys.stdout.flush()
        # A normal exit would wait for the threads whose downloads receive no bytes.
        os._exit(int(ExitCode.INTERRUPTED))
    if run.stop_error is not None:
        raise CommandExit(exit_code_of(run.stop_error))
    if run.failures:
        raise CommandExit(ExitCode.INCOMPLETE)


def _conversations(
    client: "Client", request: DownloadRequest, interval: "Interval | None"
) -> Iterator[str]:
    yield from request.conversations
    if request.from_file == "-":
        yield from read_conversation_ids(sys.stdin)
    elif request.from_file is not None:
        try:
            with Path(request.from_file).open(encoding="utf-8-sig") as file:
                yield from read_conversation_ids(file)
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            raise UsageError(f"{request.from_file}: cannot be read: {reason}") from None
    if interval is None:
        return
    from genesys_core.api import analytics  # noqa: PLC0415 - for --from alone

    for day in interval.split("day"):
        query = analytics.post_analytics_conversations_details_query(recordings_query(str(day)))
        for conversation in client.paginate(query):
            if conversation.conversation_id:
                yield conversation.conversation_id


class _Folder:
    """The download folder, with the manifest and other files that record finished downloads."""

    def __init__(self, path: Path, manifest: TextIO, found: TextIO) -> None:
        self.path = path
        self.manifest = RecordingManifest()
        self._files = manifest
        self._found = found
        self.manifest.read_files(_lines(manifest))
        self.manifest.read_found(_lines(found))
        # Files that have since been deleted or changed are downloaded again.
        for key, entry in list(self.manifest.files.items()):
            if not self._has(entry):
                del self.manifest.files[key]

    def _has(self, entry: Mapping[str, Any]) -> bool:
        try:
            return bool((self.path / str(entry["file"])).stat().st_size == entry["size"])
        except (OSError, KeyError):
            return False

    def record_file(self, line: str) -> None:
        """Append a downloaded file's entry to the manifest."""
        _append(self._files, line)

    def record_found(self, line: str) -> None:
        """Append a line with a conversation's recordings to the journal, unless the line is empty."""
        if line:
            _append(self._found, line)

    def write_failures(self, run: RecordingRun) -> None:
        """Write the failures file; if a complete run had no failures, remove the file."""
        path = self.path / _FAILURES
        if run.failures:
            lines = (json.dumps(each, ensure_ascii=False) for each in run.failures)
            # Lone surrogates, such as those for non-UTF-8 bytes of standard input, become JSON escapes.
            path.write_text("".join(f"{line}\n" for line in lines), "utf-8", "backslashreplace")
        elif not run.stop_reason:
            path.unlink(missing_ok=True)


def _open_journal(path: Path) -> TextIO:
    # A crash may have cut off the last character in the middle of its bytes.
    return path.open("a+", encoding="utf-8", errors="replace")


def _lines(file: TextIO) -> Iterator[str]:
    file.seek(0)
    line = "\n"
    for line in file:
        yield line
    if not line.endswith("\n"):
        file.write("\n")  # ends a line that was cut off


def _append(file: TextIO, line: str) -> None:
    file.write(f"{line}\n")
    file.flush()


@contextmanager
def _open_folder(path: Path) -> Generator[_Folder]:
    with ExitStack() as stack:
        try:
            path.mkdir(parents=True, exist_ok=True)
            files = stack.enter_context(_open_journal(path / _MANIFEST))
            found = stack.enter_context(_open_journal(path / _FOUND))
        except OSError as error:
            raise UsageError(f"{path}: cannot be written: {error.strerror}") from None
        # Before the manifest is read: another process would append to it.
        if not try_lock_file(files):
            raise UsageError(f"{path}: another download into this folder is in progress")
        yield _Folder(path, files, found)


class _Driver:
    """Runs tasks in threads, and records their outcomes.

    Attributes:
        received: the number of bytes received.
        is_abandoned: whether threads are still running, because they receive no data.
    """

    def __init__(
        self, client: "Client", folder: _Folder, run: RecordingRun, report: CallReport
    ) -> None:
        self.received = 0
        self._client = client
        self._folder = folder
        self._run = run
        self._report = report
        self._ended: queue.SimpleQueue[tuple[DownloadTask, Any, BaseException | None]]
        self._ended = queue.SimpleQueue()
        self._count = threading.Lock()
        self._is_stopped = False
        self._began = time.monotonic()
        self._shows_progress = sys.stderr.isatty()
        self._has_progress = False
        self.is_abandoned = False

    def run(self, conversations: Iterator[str]) -> None:
        """Run until every recording is downloaded or has failed."""
        # Two more threads, because up to two batches are waited for in addition to the downloads.
        pool = ThreadPoolExecutor(self._run.parallel + 2)
        try:
            self._run_in(pool, conversations)
        except KeyboardInterrupt as error:
            self._run.stop("interrupted", error)
            self._await_rest()
        finally:
            self._is_stopped = True
            pool.shutdown(wait=not self.is_abandoned)
            self._clear_progress()
            # After an error too, so that the next run does not download these files again.
            self._record_rest()

    def _run_in(self, pool: ThreadPoolExecutor, conversations: Iterator[str]) -> None:
        while True:
            self._read(conversations)
            while (task := self._run.take_task()) is not None:
                pool.submit(self._perform, task)
            if not self._run.is_idle:
                self._finish(*self._await_one())
            elif not self._run.wants_conversation:
                return

    def _await_rest(self) -> None:
        """Wait until running downloads end at their next bytes; abandon downloads that are stalled."""
        self._is_stopped = True
        until = time.monotonic() + _GRACE
        while not self._run.is_idle:
            try:
                ended = self._ended.get(timeout=max(until - time.monotonic(), 0.001))
            except queue.Empty:
                self.is_abandoned = True
                return
            self._finish(*ended)

    def _read(self, conversations: Iterator[str]) -> None:
        while self._run.wants_conversation:
            found = next(conversations, None)
            if found is None:
                self._run.complete()
            else:
                self._run.offer(found)

    def _await_one(self) -> tuple[DownloadTask, Any, BaseException | None]:
        while True:
            try:
                return self._ended.get(timeout=0.2 if self._shows_progress else None)
            except queue.Empty:
                self._show_progress(time.monotonic() - self._began)

    def _clear_progress(self) -> None:
        if self._has_progress:
            sys.stderr.write("\r\x1b[K")
            self._has_progress = False

    def _perform(self, task: DownloadTask) -> None:
        try:
            match task:
                case LookUp():
                    result: Any = self._look_up(task)
                case RequestLinks():
                    result = self._request_links(task)
                case FetchFile():
                    result = self._fetch(task)
        except BaseException as error:  # noqa: BLE001 - raised in the main thread if unexpected
            self._ended.put((task, None, error))
        else:
            self._ended.put((task, result, None))

    def _finish(self, task: DownloadTask, result: Any, error: BaseException | None) -> None:  # noqa: ANN401
        if error is not None:
            if isinstance(error, _Stopped):
                self._run.withdraw(task)
                return
            if is_expected(error):
                self._run.failed(task, error)
                return
            if isinstance(error, OSError) and isinstance(task, FetchFile):
                reason = error.strerror or type(error).__name__
                path = self._folder.path / task.file
                raise UsageError(f"{path}: cannot be written: {reason}")
            raise error
        match task:
            case LookUp():
                self._folder.record_found(self._run.looked_up(task, result))
            case RequestLinks():
                self._run.linked(task, result)
            case FetchFile():
                self._folder.record_file(self._run.fetched(task, result))
                self._clear_progress()
                print_line(str(self._folder.path / task.file))

    def _record_rest(self) -> None:
        """Record the files that became complete while the run ended."""
        while not self._ended.empty():
            task, result, error = self._ended.get()
            if error is None and isinstance(task, FetchFile):
                with suppress(OSError):  # the next run downloads the file again
                    self._folder.record_file(self._run.fetched(task, result))

    def _look_up(self, task: LookUp) -> list[FoundRecording]:
        found = self._client.recording.get_conversation_recordingmetadata(task.conversation_id)
        return [
            FoundRecording(
                task.conversation_id,
                each.id or "",
                str(each.file_state or ""),
                each.media or "",
                each.start_time or "",
                each.end_time or "",
            )
            for each in found
        ]

    def _request_links(self, task: RequestLinks) -> list[RecordingLink]:
        body = {
            "batchDownloadRequestList": [
                {"conversationId": each.conversation_id, "recordingId": each.id}
                for each in task.recordings
            ]
        }
        job = self._client.recording.post_recording_batchrequests.run(body)
        return [
            RecordingLink(
                each.conversation_id or "",
                each.recording_id or "",
                each.result_url or "",
                each.content_type or "",
                each.error_msg or "",
            )
            for each in job.results()
        ]

    def _fetch(self, task: FetchFile) -> int:
        path = self._folder.path / task.file
        path.parent.mkdir(parents=True, exist_ok=True)
        before = 0

        def count(done: int, total: int | None) -> None:  # noqa: ARG001 - the signature of progress
            nonlocal before
            # A thread cannot be interrupted, so a running download ends here, between two chunks.
            if self._is_stopped:
                raise _Stopped
            with self._count:
                self.received += max(done - before, 0)  # a retry may start again at 0
            before = done

        self._client.download(task.url, path, resume=True, progress=count)
        return path.stat().st_size

    def _show_progress(self, seconds: float) -> None:
        self._has_progress = True
        run = self._run
        line = progress_line(run.done, run.total, seconds, "recordings")
        line += f", {self.received / 1e6:,.1f} MB"
        if run.failures:
            line += f", {len(run.failures):,} failed"
        if reason := self._report.waiting_for:
            line += f", waiting: {reason}"
        sys.stderr.write(f"\r{escape_line(line)[: terminal_columns() - 1]}\x1b[K")
        sys.stderr.flush()

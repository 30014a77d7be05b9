"""Downloads many recordings: decides which call to make next, and which recordings remain.

Invariants: a recording in the folder's manifest is not downloaded again. Links are requested in
batches and, because links expire, only when most earlier links have been used; a new attempt after a
failure gets a new link. A run that is not stopped ends with a file or a failure entry for every
recording that is not deleted.
"""

import json
import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast
from urllib.parse import urlsplit

from genesys_core.command_line.bulk import describe_failure, ends_run

__all__ = [
    "BATCH_SIZE",
    "DownloadTask",
    "FetchFile",
    "FoundRecording",
    "LookUp",
    "RecordingLink",
    "RecordingManifest",
    "RecordingRun",
    "RequestLinks",
    "read_conversation_ids",
    "recording_file",
    "recordings_query",
    "summarize_downloads",
]

BATCH_SIZE: Final = 100
"""The maximum number of recordings in a batch request.

The platform rejects larger batches with the error code ``batch.download.too.many.items``.
"""

_BATCHES: Final = 2
"""The maximum number of batch requests in progress."""

_ATTEMPTS: Final = 3
"""The maximum number of attempts to download a recording, each with a new link."""

# A recording without a state may be available, so its download is attempted.
_READY: Final = frozenset({"AVAILABLE", "RESTORED", ""})
_REASONS: Final[Mapping[str, str]] = {
    "UPLOADING": "the recording is not ready yet (UPLOADING); run the same command later",
    "RESTORING": "the recording is being restored (RESTORING); run the same command later",
    "ARCHIVED": (
        "the recording is archived; restore it with genesys-cloud recording "
        "put_conversation_recording, and run the same command later"
    ),
    "ERROR": "the platform could not store the recording (ERROR)",
}
_PASSING: Final = frozenset({"UPLOADING", "RESTORING", "ARCHIVED"})
_EXTENSIONS: Final[Mapping[str, str]] = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "audio/webm": "webm",
    "audio/x-wav": "wav",
    "application/json": "json",
    "application/zip": "zip",
    "message/rfc822": "eml",
    "text/plain": "txt",
    "video/mp4": "mp4",
    "video/webm": "webm",
}
_UNSAFE: Final = re.compile(r"[^\w-]", re.ASCII)
_EXTENSION: Final = re.compile(r"\.([A-Za-z0-9]{1,5})$")


@dataclass(frozen=True)
class FoundRecording:
    """A recording of a conversation.

    Attributes:
        conversation_id: the conversation's id.
        id: the recording's id.
        state: the platform's file state; empty if unknown.
        media: the kind of recording, such as ``audio`` or ``email``.
        start: when the recording begins, as a date-time in the platform's format.
        end: when the recording ends, in the same format.
    """

    conversation_id: str
    id: str
    state: str = ""
    media: str = ""
    start: str = ""
    end: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """The ids that identify the recording."""
        return self.conversation_id, self.id


@dataclass(frozen=True)
class RecordingLink:
    """A recording's entry in the result of a batch request.

    Attributes:
        conversation_id: the conversation's id.
        id: the recording's id.
        url: the signed URL of the file; empty if the platform returned none.
        content_type: the file's media type; empty if unknown.
        error: why the platform returned no URL; empty if it returned one.
    """

    conversation_id: str
    id: str
    url: str = field(default="", repr=False)
    content_type: str = ""
    error: str = ""


@dataclass(frozen=True)
class LookUp:
    """Task: request the list of a conversation's recordings."""

    conversation_id: str


@dataclass(frozen=True)
class RequestLinks:
    """Task: request download links for recordings with one batch request."""

    recordings: tuple[FoundRecording, ...]


@dataclass(frozen=True)
class FetchFile:
    """Task: download the file of a recording.

    Attributes:
        recording: the recording to download.
        url: the signed URL of the file.
        content_type: the file's media type; empty if unknown.
        file: the file's path, relative to the download folder, with ``/``.
    """

    recording: FoundRecording
    url: str = field(repr=False)
    content_type: str
    file: str


DownloadTask: TypeAlias = LookUp | RequestLinks | FetchFile


def recording_file(recording: FoundRecording, link: RecordingLink) -> str:
    """Return the path of a recording's file, relative to the download folder, with ``/``.

    The path depends only on the ids and the file's type, so that a later run resumes the same file.
    """
    kind = link.content_type.partition(";")[0].strip().lower()
    found = _EXTENSION.search(urlsplit(link.url).path)
    extension = _EXTENSIONS.get(kind) or (found.group(1) if found else "bin")
    # An id, which the platform or a file of ids determines, must not select a path outside the folder.
    names = (_UNSAFE.sub("_", each) or "_" for each in recording.key)
    return f"{'/'.join(names)}.{extension}"


def recordings_query(interval: str) -> dict[str, object]:
    """Return the request body of a query for conversations in an interval that have recordings.

    Args:
        interval: the interval in ISO 8601 format, with start and end.
    """
    predicates = [
        {"type": "dimension", "dimension": name, "operator": "exists"}
        for name in ("recording", "screenRecording")
    ]
    return {
        "interval": interval,
        "order": "asc",
        "orderBy": "conversationStart",
        "segmentFilters": [{"type": "or", "predicates": predicates}],
        "paging": {"pageSize": 100, "pageNumber": 1},
    }


def read_conversation_ids(lines: Iterable[str]) -> Iterable[str]:
    """Yield the conversation ids in lines that contain one id each, as plain text or JSON.

    A JSON line is a string, or an object with ``conversationId`` or ``id``. Lines without an id are
    ignored.
    """
    for line in lines:
        text = line.strip()
        if text.startswith(("{", '"')):
            text = _id_in(text)
        if text:
            yield text


def _id_in(text: str) -> str:
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(found, dict):
        fields = cast(Mapping[str, object], found)
        found = fields.get("conversationId", fields.get("id"))
    return found if isinstance(found, str) else ""


@dataclass
class RecordingManifest:
    """The contents of a download folder's manifest, written by earlier runs.

    Attributes:
        files: the entries of downloaded files, by conversation id and recording id.
        found: the recordings of conversations whose lists no longer change, by conversation id.
    """

    files: dict[tuple[str, str], Mapping[str, Any]] = field(
        default_factory=dict[tuple[str, str], Mapping[str, Any]]
    )
    found: dict[str, tuple[FoundRecording, ...]] = field(
        default_factory=dict[str, tuple[FoundRecording, ...]]
    )

    def read_files(self, lines: Iterable[str]) -> None:
        """Read the entries of downloaded files; ignore other lines, such as a truncated last line."""
        for entry in _documents(lines):
            conversation, recording = entry.get("conversationId"), entry.get("recordingId")
            if isinstance(conversation, str) and isinstance(recording, str):
                self.files[conversation, recording] = entry

    def read_found(self, lines: Iterable[str]) -> None:
        """Read the manifest's lists of recordings, one per conversation; ignore other lines."""
        for entry in _documents(lines):
            try:
                recordings = tuple(_recording_in(each) for each in entry["recordings"])
                self.found[str(entry["conversationId"])] = recordings
            except (KeyError, TypeError, AttributeError):
                continue


def _recording_in(entry: Mapping[str, Any]) -> FoundRecording:
    """Return the recording in an entry that an earlier run wrote.

    Raises:
        AttributeError: the entry is not an object.
        TypeError: the entry has other fields, or values that are not strings.
    """
    for value in entry.values():
        if not isinstance(value, str):
            raise TypeError(type(value).__name__)
    return FoundRecording(**entry)


def _documents(lines: Iterable[str]) -> Iterable[Mapping[str, Any]]:
    for line in lines:
        try:
            found: object = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield cast(Mapping[str, Any], found)


@dataclass
class RecordingRun:
    """The state of a download run.

    Attributes:
        parallel: the maximum number of parallel calls and downloads.
        manifest: the folder's manifest.
        done: the number of files downloaded by this run.
        skipped: the number of files that an earlier run downloaded.
        found: the number of recordings to download that are known so far.
        failures: the entries for the failures file, one for each recording that failed, and for each
            conversation whose recordings could not be listed.
        stop_reason: why no more tasks are started; empty until the run is stopped.
        stop_error: the error that stopped the run; ``None`` if no error did.
    """

    parallel: int = 4
    manifest: RecordingManifest = field(default_factory=RecordingManifest)
    done: int = 0
    skipped: int = 0
    found: int = 0
    failures: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    stop_reason: str = ""
    stop_error: BaseException | None = None
    _is_complete: bool = False
    _known: set[str] = field(default_factory=set[str])
    _conversations: deque[str] = field(default_factory=deque[str])
    _waiting: deque[FoundRecording] = field(default_factory=deque[FoundRecording])
    _links: deque[FetchFile] = field(default_factory=deque[FetchFile])
    _attempts: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    _batches: int = 0
    _look_ups: int = 0
    _fetches: int = 0

    @property
    def wants_conversation(self) -> bool:
        """Whether to read the next conversation from the input."""
        if self.stop_reason or self._is_complete:
            return False
        return len(self._conversations) < self.parallel and len(self._waiting) < 2 * BATCH_SIZE

    @property
    def is_idle(self) -> bool:
        """Whether no task is running."""
        return not (self._look_ups or self._batches or self._fetches)

    @property
    def total(self) -> int | None:
        """The number of recordings to download; ``None`` while more may be found."""
        return self.found if self._are_all_found else None

    @property
    def _are_all_found(self) -> bool:
        return self._is_complete and not self._conversations and not self._look_ups

    @property
    def _has_capacity(self) -> bool:
        return self._look_ups + self._fetches < self.parallel

    def offer(self, conversation_id: str) -> None:
        """Add a conversation whose recordings are to be downloaded; ignore one added before."""
        if conversation_id in self._known:
            return
        self._known.add(conversation_id)
        known = self.manifest.found.get(conversation_id)
        if known is None:
            self._conversations.append(conversation_id)
        else:
            self._add(known)

    def complete(self) -> None:
        """Record that all conversations have been added."""
        self._is_complete = True

    def take_task(self) -> DownloadTask | None:
        """Return the next task to start; ``None`` if no task can be started now."""
        if self.stop_reason:
            return None
        # Files come first, because links expire; recordings are looked up only to fill the next batch.
        if self._has_capacity and self._links:
            self._fetches += 1
            return self._links.popleft()
        if self._wants_links:
            self._batches += 1
            size = min(len(self._waiting), BATCH_SIZE)
            return RequestLinks(tuple(self._waiting.popleft() for _ in range(size)))
        if self._has_capacity and self._conversations and len(self._waiting) < BATCH_SIZE:
            self._look_ups += 1
            return LookUp(self._conversations.popleft())
        return None

    @property
    def _wants_links(self) -> bool:
        if not self._waiting or self._batches >= _BATCHES or len(self._links) >= self.parallel:
            return False
        return self._are_all_found or len(self._waiting) >= BATCH_SIZE

    def looked_up(self, task: LookUp, recordings: Sequence[FoundRecording]) -> str:
        """Process the list of a conversation's recordings.

        Returns:
            The line that records these recordings for a later run; empty if a recording's state may
            still change.
        """
        self.withdraw(task)
        self._add(recordings)
        if any(each.state in _PASSING for each in recordings):
            return ""
        entry = {
            "conversationId": task.conversation_id,
            "recordings": [vars(each) for each in recordings],
        }
        return json.dumps(entry, ensure_ascii=False)

    def _add(self, recordings: Iterable[FoundRecording]) -> None:
        for each in recordings:
            if each.key in self.manifest.files:
                self.skipped += 1
            elif each.state in _READY:
                self.found += 1
                self._waiting.append(each)
            elif each.state != "DELETED":  # a deleted recording is not a failure
                reason = _REASONS.get(each.state, f"the recording is in the state {each.state}")
                self._fail(each, {"reason": reason})

    def linked(self, task: RequestLinks, links: Iterable[RecordingLink]) -> None:
        """Process the download links that a batch request returned."""
        self.withdraw(task)
        by_key = {(each.conversation_id, each.id): each for each in links}
        for recording in task.recordings:
            link = by_key.get(recording.key)
            if link is not None and link.url:
                file = recording_file(recording, link)
                self._links.append(FetchFile(recording, link.url, link.content_type, file))
            else:
                why = link.error if link is not None else ""
                self._fail(recording, {"reason": why or "the platform returned no link"})

    def fetched(self, task: FetchFile, size: int) -> str:
        """Record that a recording's file was downloaded completely.

        Returns:
            The line that records the file in the manifest.
        """
        self.withdraw(task)
        self.done += 1
        recording = task.recording
        entry = {
            "conversationId": recording.conversation_id,
            "recordingId": recording.id,
            "file": task.file,
            "size": size,
            "contentType": task.content_type,
            "media": recording.media,
            "startTime": recording.start,
            "endTime": recording.end,
        }
        return json.dumps(
            {name: value for name, value in entry.items() if value != ""}, ensure_ascii=False
        )

    def failed(self, task: DownloadTask, error: BaseException) -> None:
        """Record that a task failed: its recordings are retried, or recorded as failures.

        If the credentials were rejected, the run stops instead.
        """
        self.withdraw(task)
        # The recordings did not fail: without an entry, the next run downloads them.
        if ends_run(error):
            self.stop(str(error), error)
            return
        reason = _reason_of(error)
        match task:
            case LookUp(conversation_id):
                self.failures.append({"conversationId": conversation_id, **reason})
            case RequestLinks(recordings):
                for each in recordings:
                    self._attempt_again(each, reason)
            case FetchFile(recording):
                self._attempt_again(recording, reason)

    def withdraw(self, task: DownloadTask) -> None:
        """Record that a task is no longer running.

        The methods that record a task's outcome call this method; a driver calls it only for a task
        that ends without an outcome.
        """
        match task:
            case LookUp():
                self._look_ups -= 1
            case RequestLinks():
                self._batches -= 1
            case FetchFile():
                self._fetches -= 1

    def _attempt_again(self, recording: FoundRecording, reason: Mapping[str, object]) -> None:
        attempts = self._attempts.get(recording.key, 1)
        if attempts < _ATTEMPTS:
            self._attempts[recording.key] = attempts + 1
            self._waiting.append(recording)
        else:
            self._fail(recording, reason)

    def _fail(self, recording: FoundRecording, reason: Mapping[str, object]) -> None:
        names = {"conversationId": recording.conversation_id, "recordingId": recording.id}
        self.failures.append({**names, **reason})

    def stop(self, reason: str, error: BaseException | None = None) -> None:
        """Stop starting tasks.

        Args:
            reason: the reason for stopping, for the summary.
            error: the error that stopped the run; ``None`` if no error did.
        """
        self.stop_reason = self.stop_reason or reason
        self.stop_error = self.stop_error or error


def _reason_of(error: BaseException) -> dict[str, object]:
    found = describe_failure(error)
    facts = {
        "reason": found.reason,
        "status": found.status,
        "correlationId": found.correlation_id,
    }
    return {name: value for name, value in facts.items() if value is not None}


def summarize_downloads(run: RecordingRun, size: int, seconds: float, failures: str) -> str:
    """Return a one-sentence summary of a download run.

    Args:
        run: the download run.
        size: the number of bytes received.
        seconds: the duration of the run in seconds.
        failures: the path of the failures file.
    """
    parts = [f"{run.done:,} downloaded ({size / 1e6:,.1f} MB) in {seconds:,.1f} s"]
    if run.failures:
        parts.append(f"{len(run.failures):,} failed (see {failures})")
    if run.skipped:
        parts.append(f"{run.skipped:,} downloaded earlier")
    text = ", ".join(parts)
    return f"{text}; stopped: {run.stop_reason}" if run.stop_reason else text

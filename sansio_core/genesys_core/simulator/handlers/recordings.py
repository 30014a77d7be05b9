"""Handlers for conversation recordings and their media: audio of calls, text of emails.

Invariants: like a signed link, a link to media needs no token, and is valid as long as the
conversation exists. Audio is a WAVE file regardless of the requested format; messages have no
media.

Guess: transcoding takes ``Settings(job_duration)`` seconds after the end of the conversation.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.conversations.recordings import list_recordings
from genesys_core.simulator.conversations.wave_audio import make_wave
from genesys_core.simulator.handlers.conversation_lookup import find_conversation
from genesys_core.simulator.http.exchange import ApiCall, Handler, Reply, json_reply
from genesys_core.simulator.http.problems import no_such_entity, no_such_resource
from genesys_core.simulator.state.definition import OperationFacts
from genesys_core.simulator.state.routes import RouteTable, ServedRoute
from genesys_core.simulator.state.timeline import ConversationTimeline
from genesys_core.simulator.state.world import Record

__all__ = ["BATCHES", "HANDLERS", "MEDIA", "ROUTES", "show_batch"]

MEDIA: Final = "/simulator/recordings"
"""The path below which the simulator serves the media of recordings."""

BATCHES: Final = "/api/v2/recording/batchrequests"
"""The path of the jobs that prepare the media of recordings in batches."""

_TYPES: Final = {"audio": "audio/wav", "email": "message/rfc822"}
"""The content type of the media, by kind of media."""

_TEMPLATE: Final = f"{MEDIA}/{{conversationId}}/{{recordingId}}"

ROUTES: Final[RouteTable[OperationFacts]] = RouteTable(
    [ServedRoute("GET", _TEMPLATE, OperationFacts())]
)
"""Routes that serve the media of recordings, and are not in the definition."""

_DATES: Final = ("archiveDate", "deleteDate", "exportDate")
"""The properties of a recording that callers can change."""

_WAIT: Final = 5000
"""How long a request waits for a recording's media by default, in milliseconds."""


def get_recordings(call: ApiCall) -> Reply:
    """Return a conversation's recordings; respond with 202 until their media are ready."""
    conversation = find_conversation(call)
    if _is_transcoding(call, conversation):
        return Reply(202)
    return json_reply([_show(call, each) for each in list_recordings(conversation)])


def get_recording(call: ApiCall) -> Reply:
    """Return a recording; respond with 202 until its media are ready."""
    conversation = find_conversation(call)
    found = _find(conversation, call.arguments["recordingId"])
    return Reply(202) if _is_transcoding(call, conversation) else json_reply(_show(call, found))


def put_recording(call: ApiCall) -> Reply:
    """Change the dates at which a recording is archived, deleted or exported."""
    found = _find(find_conversation(call), call.arguments["recordingId"])
    document = call.document()
    call.state.singles[_place(found)] = {
        name: document[name] for name in _DATES if document.get(name) is not None
    }
    return json_reply(_show(call, found))


def get_media(call: ApiCall) -> Reply:
    """Return the media file of a recording."""
    conversation = call.state.contact_center.conversations.get(call.arguments["conversationId"])
    recordings = [] if conversation is None else list_recordings(conversation)
    for each in recordings:
        if conversation is not None and each["id"] == call.arguments["recordingId"]:
            if each["media"] == "audio":
                length = ((conversation.ended or 0) - conversation.started) // 1000
                return Reply(200, make_wave(length), _TYPES["audio"])
            if each["media"] == "email":
                return Reply(200, _show_mail(conversation), _TYPES["email"])
    raise no_such_resource()


def show_batch(call: ApiCall, query: Record, *, is_over: bool) -> Record:
    """Return the counts and results of a job that prepares recording media.

    Args:
        call: the API call that starts or reads the job.
        query: the body that started the job, a ``BatchDownloadJobSubmission``.
        is_over: whether the job has ended.
    """
    wanted = query.get("batchDownloadRequestList")
    requests = (
        [each for each in wanted if isinstance(each, dict)] if isinstance(wanted, list) else []
    )
    counts: Record = {"expectedResultCount": len(requests), "resultCount": 0, "errorCount": 0}
    if not is_over:
        return counts
    results = [result for each in requests for result in _show_downloads(call, each)]
    errors = sum("errorMsg" in each for each in results)
    return {**counts, "resultCount": len(results), "errorCount": errors, "results": [*results]}


def _show_downloads(call: ApiCall, request: Record) -> list[Record]:
    """Return the downloads of one recording, or of all recordings of a conversation."""
    asked = {name: request.get(name) for name in ("conversationId", "recordingId")}
    conversation = call.state.contact_center.conversations.get(str(asked["conversationId"]))
    found = [] if conversation is None else list_recordings(conversation)
    wanted = [each for each in found if asked["recordingId"] in (None, each["id"])]
    if not wanted:
        return [{**asked, "errorMsg": "The recording was not found."}]
    return [_show_download(call, each) for each in wanted]


def _show_download(call: ApiCall, recording: Record) -> Record:
    shown: Record = {"conversationId": recording["conversationId"], "recordingId": recording["id"]}
    kind = _TYPES.get(str(recording["media"]))
    if kind is None:
        return {**shown, "errorMsg": "The recording has no media."}
    return {**shown, "resultUrl": _uri(call, recording), "contentType": kind}


def _uri(call: ApiCall, recording: Record) -> str:
    return f"http://{call.host}{MEDIA}/{recording['conversationId']}/{recording['id']}"


def _find(conversation: ConversationTimeline, identity: str) -> Record:
    for each in list_recordings(conversation):
        if each["id"] == identity:
            return each
    raise no_such_entity("recording", identity)


def _is_transcoding(call: ApiCall, conversation: ConversationTimeline) -> bool:
    """Return whether the media are not ready even after the time that the request waits."""
    if call.argument("formatId", "") == "NONE" or conversation.ended is None:
        return False
    wait = call.number("maxWaitMs", _WAIT) or 0
    ready = conversation.ended + call.settings.job_duration * 1000
    return call.now.wall * 1000 + wait < ready


def _place(recording: Record) -> tuple[str, ...]:
    return tuple(str(recording["selfUri"]).split("/"))


def _show(call: ApiCall, recording: Record) -> Record:
    shown: Record = {**recording, **call.state.singles.get(_place(recording), {})}
    if recording["media"] in _TYPES and call.argument("formatId", "") != "NONE":
        media: Record = {"0": {"mediaUri": _uri(call, recording), "waveformData": []}}
        shown |= {"mediaUris": media, "actualTranscodeTimeMs": 0}
    return shown


def _show_mail(conversation: ConversationTimeline) -> bytes:
    """Return an email conversation as a message (RFC 5322)."""
    customer = conversation.participants[0]
    subject = " ".join(conversation.subject.split())
    lines = [f"Subject: {subject}", f"X-Participant-Id: {customer.id}", "", "An email.", ""]
    return "\r\n".join(lines).encode()


_RECORDINGS: Final = "/api/v2/conversations/{conversationId}/recordings"

HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("GET", _RECORDINGS): get_recordings,
    ("GET", f"{_RECORDINGS}/{{recordingId}}"): get_recording,
    ("PUT", f"{_RECORDINGS}/{{recordingId}}"): put_recording,
    ("GET", _TEMPLATE): get_media,
}

"""REST representations of conversations, with all media types or only one, and of wrap-ups.

Invariants: a view depends only on the timeline and the names of users and queues. REST and
analytics spell segments and disconnect types differently (REST: ``Interact``,
``transfer.noanswer``).
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.http.exchange import format_instant
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.timeline import (
    ConversationTimeline,
    MediaKind,
    MediaSession,
    Participant,
    TimelineSegment,
    WrapUp,
)
from genesys_core.simulator.state.world import Record

__all__ = [
    "MEDIA_PATHS",
    "show_call_history",
    "show_conversation",
    "show_media_conversation",
    "show_time",
    "show_wrap_up",
]

MEDIA_PATHS: Final[Mapping[MediaKind, str]] = {
    "voice": "calls",
    "callback": "callbacks",
    "email": "emails",
    "message": "messages",
}
"""The name of the list of communications, by media type; also used in paths and topics."""

_ALL_MEDIA: Final = (
    "calls",
    "callbacks",
    "chats",
    "cobrowsesessions",
    "emails",
    "messages",
    "internalMessages",
    "screenshares",
    "socialExpressions",
    "videos",
)
_TYPES: Final[Mapping[str, str]] = {
    "customer": "External",
    "external": "External",
    "acd": "ACD",
    "agent": "Internal",
    "user": "Internal",
}
_SEGMENTS: Final[Mapping[str, str]] = {
    "alert": "Alert",
    "dialing": "Dialing",
    "hold": "Hold",
    "interact": "Interact",
    "scheduled": "Scheduled",
    "wrapup": "Wrapup",
}


def show_time(at: int) -> str:
    """Format a time, given in milliseconds since 1970-01-01 UTC, as in REST responses."""
    return format_instant(at / 1000)


def show_conversation(state: PlatformState, conversation: ConversationTimeline) -> Record:
    """Return a conversation as a ``Conversation``, with all participants and media lists."""
    return _present(
        {
            "id": conversation.id,
            "startTime": show_time(conversation.started),
            "endTime": _time(conversation.ended),
            "participants": [
                _show_participant(state, conversation, each) for each in conversation.participants
            ],
            "recordingState": conversation.recording_state,
            "externalTag": conversation.external_tag,
            "utilizationLabelId": conversation.label_id,
            "divisions": [],
            "selfUri": f"/api/v2/conversations/{conversation.id}",
        }
    )


def show_media_conversation(
    conversation: ConversationTimeline, media: MediaKind | None = None
) -> Record:
    """Return a conversation as the model for a media type, such as ``CallConversation``.

    Args:
        conversation: the conversation to show.
        media: one of the conversation's media types; by default the initial media type.
    """
    kind = media or conversation.media
    path, is_call = MEDIA_PATHS[kind], kind == "voice"
    return _present(
        {
            "id": conversation.id,
            "recordingState": conversation.recording_state.lower() if is_call else None,
            "utilizationLabelId": conversation.label_id,
            "participants": [
                _show_media_participant(conversation, each)
                for each in conversation.participants
                if each.session.media == kind
            ],
            "otherMediaUris": [],
            "divisions": [],
            "selfUri": f"/api/v2/conversations/{path}/{conversation.id}",
        }
    )


def show_call_history(conversation: ConversationTimeline) -> Record:
    """Return an ended call as in the call history, a ``CallHistoryConversation``."""
    parties = [each for each in conversation.participants if each.purpose != "acd"]
    return {
        "id": conversation.id,
        "direction": conversation.direction,
        "startTime": show_time(conversation.started),
        "missedCall": not any(each.user_id and each.session.connected for each in parties),
        "wasConference": sum(each.session.connected is not None for each in parties) > _PAIR,
        "participants": [
            _present(
                {
                    "id": each.id,
                    "name": each.name,
                    "address": each.session.address,
                    "startTime": show_time(each.session.started),
                    "endTime": _time(each.session.ended),
                    "purpose": each.purpose,
                    "user": _reference(each.user_id, "users"),
                    "queue": _reference(each.queue_id, "routing/queues"),
                    "disconnectType": each.session.disconnect_type,
                    "didInteract": each.session.connected is not None,
                    "flaggedReason": each.flag,
                }
            )
            for each in conversation.participants
        ],
        "selfUri": f"/api/v2/conversations/calls/{conversation.id}",
    }


_PAIR: Final = 2
"""The maximum number of connected parties in a call that is not a conference."""


def show_wrap_up(wrap_up: WrapUp) -> Record:
    """Return an agent's wrap-up as an ``AssignedWrapupCode``."""
    return {
        "code": wrap_up.code,
        "notes": wrap_up.notes,
        "tags": list(wrap_up.tags),
        "durationSeconds": wrap_up.seconds,
        "endTime": show_time(wrap_up.at),
    }


def _show_participant(
    state: PlatformState, conversation: ConversationTimeline, participant: Participant
) -> Record:
    media: Record = {name: [] for name in _ALL_MEDIA}
    media[MEDIA_PATHS[participant.session.media]] = [
        _show_session(conversation, participant, participant.session)
    ]
    return _present(
        {
            **_common_facts(participant),
            "participantType": _TYPES[participant.purpose],
            "userId": participant.user_id,
            "userUri": _uri("users", participant.user_id),
            "queueId": participant.queue_id,
            "queueName": _name(state, participant.queue_id),
            "wrapup": None if participant.wrap_up is None else show_wrap_up(participant.wrap_up),
            **_show_company(participant),
            **media,
        }
    )


def _show_media_participant(conversation: ConversationTimeline, participant: Participant) -> Record:
    session = participant.session
    extra: Record = {}
    if session.media == "callback":
        extra = {
            "callbackNumbers": list(conversation.callback_numbers),
            "callbackScheduledTime": _time(conversation.scheduled),
        }
    if session.media == "voice":
        extra = {
            "muted": session.is_muted,
            "recording": conversation.recording_state == "ACTIVE",
            "confined": False,
            **_show_company(participant),
        }
    if session.media == "email":
        extra = {"subject": conversation.subject}
    return _present(
        {
            **_common_facts(participant),
            "startAlertingTime": _alerting_since(session),
            "state": session.state,
            "direction": session.direction,
            "disconnectType": session.disconnect_type,
            "held": session.is_held,
            "startHoldTime": _held_since(session),
            "user": _reference(participant.user_id, "users"),
            "queue": _reference(participant.queue_id, "routing/queues"),
            "peer": session.peer_id,
            "provider": "Simulator",
            "wrapup": None if participant.wrap_up is None else show_wrap_up(participant.wrap_up),
            **extra,
        }
    )


def _show_company(participant: Participant) -> Record:
    """Return the ids of the participants that a participant consults and supervises."""
    watched = (
        {}
        if participant.watching is None
        else {f"{participant.watching}ParticipantId": participant.watched}
    )
    return {"consultParticipantId": participant.consult, **watched}


def _common_facts(participant: Participant) -> Record:
    return {
        "id": participant.id,
        "name": participant.name,
        "address": participant.session.address,
        "purpose": participant.purpose,
        "startTime": show_time(participant.session.started),
        "connectedTime": _time(participant.session.connected),
        "endTime": _time(participant.session.ended),
        "attributes": dict(participant.attributes),
        "flaggedReason": participant.flag,
        "wrapupRequired": participant.is_in_acw,
        "wrapupPrompt": participant.prompt,
        "wrapupTimeoutMs": participant.acw_timeout,
        "startAcwTime": _time(participant.acw_started),
        "endAcwTime": _time(participant.acw_ended),
    }


def _show_session(
    conversation: ConversationTimeline, participant: Participant, session: MediaSession
) -> Record:
    facts: Record = {
        "id": session.id,
        "state": session.state,
        "initialState": session.initial_state,
        "direction": session.direction,
        "held": session.is_held,
        "startHoldTime": _held_since(session),
        "segments": [_show_segment(each) for each in session.segments],
        "disconnectType": session.disconnect_type,
        "startAlertingTime": _alerting_since(session),
        "connectedTime": _time(session.connected),
        "disconnectedTime": _time(session.ended),
        "provider": "Simulator",
        "peerId": session.peer_id,
        "afterCallWork": _show_acw(participant),
        "afterCallWorkRequired": participant.is_in_acw,
    }
    match session.media:
        case "voice":
            facts |= {
                "muted": session.is_muted,
                "confined": False,
                "recording": False,
                "recordingState": "none",
                "self": {"addressRaw": session.address},
                "other": {"addressRaw": session.other_address},
            }
        case "callback":
            facts |= {
                "callbackNumbers": list(conversation.callback_numbers),
                "callbackScheduledTime": _time(conversation.scheduled),
            }
        case "email":
            facts |= {"subject": conversation.subject}
        case "message":
            facts |= {"type": "open", "messages": []}
    return _present(facts)


def _show_segment(segment: TimelineSegment) -> Record:
    return _present(
        {
            "type": _SEGMENTS[segment.kind],
            "startTime": show_time(segment.start),
            # The model requires an end, but the platform's value for an open segment is not known.
            "endTime": show_time(segment.start if segment.end is None else segment.end),
            "disconnectType": segment.disconnect_type,
        }
    )


def _show_acw(participant: Participant) -> Record:
    if participant.acw_started is None:
        return {}
    state = "pending" if participant.is_in_acw else "complete"
    times = {"startTime": _time(participant.acw_started), "endTime": _time(participant.acw_ended)}
    return _present({"state": state, **times})


def _held_since(session: MediaSession) -> str | None:
    return show_time(session.segments[-1].start) if session.is_held else None


def _alerting_since(session: MediaSession) -> str | None:
    started = next((each.start for each in session.segments if each.kind == "alert"), None)
    return _time(started)


def _time(at: int | None) -> str | None:
    return None if at is None else show_time(at)


def _name(state: PlatformState, queue_id: str | None) -> str | None:
    queue = state.queues.get(queue_id or "")
    return None if queue is None else str(queue.get("name"))


def _reference(identity: str | None, path: str) -> Record | None:
    return None if identity is None else {"id": identity, "selfUri": f"/api/v2/{path}/{identity}"}


def _uri(path: str, identity: str | None) -> str | None:
    return None if identity is None else f"/api/v2/{path}/{identity}"


def _present(record: Record) -> Record:
    return {name: value for name, value in record.items() if value is not None}

"""The dimensions by which analytics queries filter and group conversations, sessions and segments.

Invariants: an unknown dimension has no values: a ``matches`` predicate on it is false, and
``notExists`` is true.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.conversations.rest_views import show_time
from genesys_core.simulator.state.timeline import (
    ConversationTimeline,
    Participant,
    TimelineSegment,
)

__all__ = [
    "analytics_disconnect_type",
    "conversation_dimensions",
    "segment_dimensions",
    "session_dimensions",
]

_DISCONNECTS: Final[Mapping[str, str]] = {
    "transfer.noanswer": "noAnswerTransfer",
    "transfer.consult": "consultTransfer",
}

Dimensions = dict[str, str | None]


def analytics_disconnect_type(known: str | None) -> str | None:
    """Return a disconnect type as spelled in analytics."""
    return known if known is None else _DISCONNECTS.get(known, known)


def conversation_dimensions(conversation: ConversationTimeline) -> Dimensions:
    """Return a conversation's dimension values, by dimension."""
    return {
        "conversationId": conversation.id,
        "conversationStart": show_time(conversation.started),
        "conversationEnd": None if conversation.ended is None else show_time(conversation.ended),
        "originatingDirection": conversation.direction,
    }


def session_dimensions(conversation: ConversationTimeline, participant: Participant) -> Dimensions:
    """Return a session's dimension values, including those of its conversation, by dimension."""
    session, wrap_up = participant.session, participant.wrap_up
    is_customer = participant.purpose in {"customer", "external"}
    return {
        **conversation_dimensions(conversation),
        "mediaType": session.media,
        "direction": session.direction,
        "purpose": participant.purpose,
        "participantName": participant.name or None,
        "queueId": participant.queue_id,
        "userId": participant.user_id,
        "sessionId": session.id,
        "peerId": session.peer_id,
        "provider": "Simulator",
        "ani": (session.address if is_customer else session.other_address) or None,
        "wrapUpCode": None if wrap_up is None else wrap_up.code,
        "disconnectType": analytics_disconnect_type(session.disconnect_type),
        "requestedRouting": "Standard" if participant.queue_id else None,
        "usedRouting": "Standard" if participant.answered_by or participant.answers else None,
    }


def segment_dimensions(
    conversation: ConversationTimeline, participant: Participant, segment: TimelineSegment
) -> Dimensions:
    """Return a segment's dimension values, including those of its session and conversation."""
    return {
        **session_dimensions(conversation, participant),
        "segmentType": segment.kind,
        "segmentEnd": None if segment.end is None else show_time(segment.end),
        "disconnectType": analytics_disconnect_type(segment.disconnect_type),
    }

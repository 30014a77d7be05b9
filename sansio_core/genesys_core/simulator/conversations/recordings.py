"""Metadata of conversation recordings, derived from the timeline.

Invariants: each agent who was connected in an ended conversation has one recording, from the
connection to the end of the session.

Guesses: there is one recording for each agent; recordings are available when the conversation ends.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from genesys_core.simulator.conversations.rest_views import show_time
from genesys_core.simulator.state.examples import uuid_shaped
from genesys_core.simulator.state.timeline import (
    ConversationTimeline,
    MediaKind,
    Participant,
)
from genesys_core.simulator.state.world import Record

__all__ = ["list_recordings"]

_MEDIA: Final[Mapping[MediaKind, str]] = {
    "voice": "audio",
    "callback": "audio",
    "email": "email",
    "message": "messaging",
}


def list_recordings(conversation: ConversationTimeline) -> list[Record]:
    """Return the metadata of a conversation's recordings, each a ``RecordingMetadata``."""
    if conversation.ended is None:
        return []
    return [
        {
            "id": uuid_shaped("recording", agent.session.id),
            "conversationId": conversation.id,
            "startTime": show_time(connected),
            "endTime": show_time(ended),
            "media": _MEDIA[conversation.media],
            "mediaSubtype": "Trunk",
            "annotations": [],
            "fileState": "AVAILABLE",
            "sessionId": agent.session.id,
            "selfUri": f"/api/v2/conversations/{conversation.id}/recordings"
            f"/{uuid_shaped('recording', agent.session.id)}",
        }
        for agent, connected, ended in _recorded(conversation)
    ]


def _recorded(conversation: ConversationTimeline) -> Iterator[tuple[Participant, int, int]]:
    for each in conversation.participants:
        session = each.session
        if each.user_id and session.connected is not None and session.ended is not None:
            yield each, session.connected, session.ended

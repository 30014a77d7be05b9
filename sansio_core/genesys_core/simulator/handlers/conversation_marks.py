"""Tags, utilization labels, flags, recording states and wrap-up codes of conversations and participants.

Invariants: all of them are included in every view that has a property for them.

Guess: any wrap-up code may be assigned to a participant without a queue, or whose queue has no
codes.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.conversations.rest_views import MEDIA_PATHS
from genesys_core.simulator.handlers.conversation_lookup import find_conversation, find_party
from genesys_core.simulator.http.exchange import ApiCall, Handler, Reply, json_reply, no_content
from genesys_core.simulator.state.timeline import ConversationTimeline
from genesys_core.simulator.state.world import WRAP_UP_CODES

__all__ = ["HANDLERS"]


def put_tags(call: ApiCall) -> Reply:
    """Set a conversation's external tag."""
    conversation = find_conversation(call)
    conversation.external_tag = str(call.document().get("externalTag"))
    return _changed(call, conversation)


def patch_label(call: ApiCall) -> Reply:
    """Set or remove a conversation's utilization label."""
    conversation = find_conversation(call)
    label = call.document().get("utilizationLabelId")
    conversation.label_id = label if isinstance(label, str) else None
    return _changed(call, conversation)


def change_recording_state(call: ApiCall) -> Reply:
    """Set the state of a conversation's recording: started, paused or ended."""
    conversation = find_conversation(call)
    conversation.recording_state = str(call.document().get("recordingState") or "NONE")
    return _changed(call, conversation)


def put_flag(call: ApiCall) -> Reply:
    """Flag a conversation's participant."""
    conversation = find_conversation(call)
    find_party(call, conversation).flag = "general"
    return _changed(call, conversation)


def delete_flag(call: ApiCall) -> Reply:
    """Remove the flag of a conversation's participant."""
    conversation = find_conversation(call)
    find_party(call, conversation).flag = None
    return _changed(call, conversation)


def get_wrap_up_codes(call: ApiCall) -> Reply:
    """Return the wrap-up codes assigned to a participant's queue; if there are none, all codes."""
    queue_id = find_party(call, find_conversation(call)).queue_id or ""
    codes = call.state.collections.get(WRAP_UP_CODES, {})
    place = ("", "api", "v2", "routing", "queues", queue_id, "wrapupcodes")
    members = call.state.collections.get(place, {})
    return json_reply([code for each, code in codes.items() if not members or each in members])


def _changed(call: ApiCall, conversation: ConversationTimeline) -> Reply:
    call.state.contact_center.changed[conversation.id] = None
    return no_content() if call.route.facts.reply_schema is None else json_reply("")


_BASE: Final = "/api/v2/conversations"
_PARTY: Final = "{conversationId}/participants/{participantId}"
_MEDIA: Final = tuple(f"{_BASE}/{each}" for each in MEDIA_PATHS.values())

HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("PUT", f"{_BASE}/{{conversationId}}/tags"): put_tags,
    ("PATCH", f"{_BASE}/{{conversationId}}/utilizationlabel"): patch_label,
    ("PATCH", f"{_BASE}/{{conversationId}}/recordingstate"): change_recording_state,
    **{
        ("PUT", f"{each}/{{conversationId}}/recordingstate"): change_recording_state
        for each in _MEDIA
    },
    ("PUT", f"{_BASE}/{_PARTY}/flaggedreason"): put_flag,
    ("DELETE", f"{_BASE}/{_PARTY}/flaggedreason"): delete_flag,
    **{("GET", f"{each}/{_PARTY}/wrapupcodes"): get_wrap_up_codes for each in (_BASE, *_MEDIA)},
}

"""Handlers that read conversations: one by id, the caller's own, and wrap-ups.

Invariants: listings contain the conversations that the caller has not finished, in the order in which
the caller joined them.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.conversations.rest_views import (
    MEDIA_PATHS,
    show_conversation,
    show_media_conversation,
    show_wrap_up,
)
from genesys_core.simulator.handlers.conversation_lookup import (
    find_conversation,
    find_party,
    media_of_path,
    require_user_context,
)
from genesys_core.simulator.http.exchange import ApiCall, Handler, Reply, json_reply
from genesys_core.simulator.http.paging import make_page
from genesys_core.simulator.state.timeline import ConversationTimeline
from genesys_core.simulator.state.world import Record

__all__ = ["HANDLERS"]


def get_conversations(call: ApiCall) -> Reply:
    """Return the caller's active conversations, of all media types or of one."""
    user_id, media, center = (
        require_user_context(call),
        media_of_path(call),
        call.state.contact_center,
    )
    mine = (center.conversations[each] for each in center.busy.get(user_id, ()))
    chosen = [_show(call, each) for each in mine if media is None or media in each.media_kinds]
    return json_reply(make_page(call, chosen, lambda each: each))


def get_conversation(call: ApiCall) -> Reply:
    """Return a conversation as the model for the path's media type."""
    return json_reply(_show(call, find_conversation(call)))


def get_wrap_up(call: ApiCall) -> Reply:
    """Return a participant's wrap-up, or an empty object if there is none."""
    wrap_up = find_party(call, find_conversation(call)).wrap_up
    return json_reply({} if wrap_up is None else show_wrap_up(wrap_up))


_BASE: Final = "/api/v2/conversations"
_PARTY: Final = "{conversationId}/participants/{participantId}"
_MEDIA: Final = tuple(f"{_BASE}/{each}" for each in MEDIA_PATHS.values())

HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("GET", _BASE): get_conversations,
    **{("GET", each): get_conversations for each in _MEDIA},
    **{("GET", f"{each}/{{conversationId}}"): get_conversation for each in (_BASE, *_MEDIA)},
    **{("GET", f"{each}/{_PARTY}/wrapup"): get_wrap_up for each in (_BASE, *_MEDIA)},
    **{
        ("GET", f"{each}/{_PARTY}/communications/{{communicationId}}/wrapup"): get_wrap_up
        for each in _MEDIA
    },
}


def _show(call: ApiCall, conversation: ConversationTimeline) -> Record:
    if media_of_path(call) is None:
        return show_conversation(call.state, conversation)
    return show_media_conversation(conversation, media_of_path(call))

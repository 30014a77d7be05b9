"""Sending and reading messages in message conversations.

Invariants: a message belongs to one conversation and is returned as it was sent.

Guess: a message is sent immediately.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.handlers.conversation_lookup import find_conversation, make_refusal
from genesys_core.simulator.http.exchange import (
    ApiCall,
    Handler,
    Reply,
    format_instant,
    json_reply,
)
from genesys_core.simulator.http.problems import no_such_entity
from genesys_core.simulator.state.world import Record

__all__ = ["HANDLERS"]


def post_message(call: ApiCall) -> Reply:
    """Send a message from one communication of a message conversation."""
    conversation = find_conversation(call)
    wanted = call.arguments["communicationId"]
    sender = next((e for e in conversation.participants if e.session.id == wanted), None)
    if sender is None or not sender.session.is_connected:
        message = f"The conversation has no connected communication {wanted}."
        code = "conversation.error.not.conversation.participant"
        raise make_refusal(code, message, status=404)
    sent = _make_message(call, conversation.id, sender.session.other_address)
    conversation.messages[str(sent["id"])] = sent
    call.state.contact_center.changed[conversation.id] = None
    return json_reply(sent)


def _make_message(call: ApiCall, conversation_id: str, address: str) -> Record:
    identity = call.state.new_id("message")
    return {
        "id": identity,
        "timestamp": format_instant(call.now.wall),
        "status": "sent",
        "direction": "outbound",
        "messengerType": "open",
        "toAddress": address,
        "normalizedMessage": {
            "id": identity,
            "type": "Text",
            "direction": "Outbound",
            "text": str(call.document().get("textBody")),
        },
        "conversationId": conversation_id,
        "selfUri": f"/api/v2/conversations/messages/{conversation_id}/messages/{identity}",
    }


def get_message(call: ApiCall) -> Reply:
    """Return a message of the conversation in the path, by id."""
    found = find_conversation(call).messages.get(call.arguments["messageId"])
    if found is None:
        raise no_such_entity("message", call.arguments["messageId"])
    return json_reply(found)


def get_any_message(call: ApiCall) -> Reply:
    """Return a message of any conversation, by id."""
    wanted = call.arguments["messageId"]
    for each in call.state.contact_center.conversations.values():
        if wanted in each.messages:
            return json_reply(each.messages[wanted])
    raise no_such_entity("message", wanted)


def get_many_messages(call: ApiCall) -> Reply:
    """Return the messages of a conversation with the given ids; unknown ids are ignored."""
    known = find_conversation(call).messages
    names = call.body if isinstance(call.body, list) else []
    return json_reply({"entities": [known[str(each)] for each in names if str(each) in known]})


_MESSAGES: Final = "/api/v2/conversations/messages"
_ONE: Final = f"{_MESSAGES}/{{conversationId}}"

HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("POST", f"{_ONE}/communications/{{communicationId}}/messages"): post_message,
    ("GET", f"{_ONE}/messages/{{messageId}}"): get_message,
    ("POST", f"{_ONE}/messages/bulk"): get_many_messages,
    ("GET", f"{_MESSAGES}/{{messageId}}/details"): get_any_message,
}

"""Commands for consult transfers and conference calls.

Invariants: only a connected agent can consult, one party at a time, and never themselves. If there
is no consult to change or cancel, a 404 with the platform's error code is returned.

Guesses: the error codes that reject the start of a consult; only connected calls can be merged into
a conference.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.conversations import lifecycle
from genesys_core.simulator.conversations.consults import (
    begin_consult,
    cancel_consult,
    change_consult,
    consulted_party,
    merge_conversations,
)
from genesys_core.simulator.handlers.conversation_lookup import (
    find_conversation,
    find_party,
    make_refusal,
    number_of_contact,
    require_queue,
    require_user,
)
from genesys_core.simulator.http.exchange import ApiCall, Handler, Reply, json_reply
from genesys_core.simulator.http.problems import bad_request
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.timeline import ConversationTimeline, Participant

__all__ = ["HANDLERS"]

_ACCEPTED: Final = Reply(202)


def post_consult(call: ApiCall) -> Reply:
    """Begin an agent's consult with a user, a queue, an address or a contact."""
    conversation = find_conversation(call)
    initiator, body = find_party(call, conversation), call.document()
    if initiator.user_id is None or not initiator.session.is_connected:
        raise bad_request("Only a connected agent can consult.")
    if consulted_party(conversation, initiator) is not None:
        raise bad_request("The agent already has a consult transfer.")
    inside = body.get("destination")
    wanted = {**body, **inside} if isinstance(inside, Mapping) else body
    destination = _join_destination(call, conversation, initiator, wanted)
    speak_to = str(body.get("speakTo"))
    begin_consult(call.state, conversation, initiator, destination, call.now, speak_to=speak_to)
    return json_reply({"destinationParticipantId": destination.id})


def _join_destination(
    call: ApiCall,
    conversation: ConversationTimeline,
    initiator: Participant,
    wanted: Mapping[str, Json],
) -> Participant:
    if wanted.get("userId"):
        user_id = require_user(call, wanted["userId"])
        if user_id == initiator.user_id:
            message = "Agents cannot consult themselves."
            raise make_refusal("conversations.error.transfer.same.party", message)
        return lifecycle.alert_agent(call.state, conversation, user_id, call.now)
    if wanted.get("queueId"):
        queue_id = require_queue(call, wanted["queueId"])
        return lifecycle.enter_queue(call.state, conversation, queue_id, call.now)
    address = wanted.get("address") or number_of_contact(call, wanted)
    if not address:
        raise bad_request(
            "Specify a userId, a queueId, an address or a contact with a phone number."
        )
    return lifecycle.call_address(call.state, conversation, str(address), call.now)


def patch_consult(call: ApiCall) -> Reply:
    """Change the party to which an agent speaks during a consult."""
    conversation = find_conversation(call)
    initiator = find_party(call, conversation)
    destination = _require_consult(conversation, initiator)
    speak_to = str(call.document().get("speakTo"))
    change_consult(call.state, conversation, initiator, speak_to, call.now)
    return json_reply({"destinationParticipantId": destination.id})


def delete_consult(call: ApiCall) -> Reply:
    """Cancel an agent's consult."""
    conversation = find_conversation(call)
    initiator = find_party(call, conversation)
    _require_consult(conversation, initiator)
    cancel_consult(call.state, conversation, initiator, call.now)
    return _ACCEPTED


def _require_consult(conversation: ConversationTimeline, initiator: Participant) -> Participant:
    found = consulted_party(conversation, initiator)
    if found is None:
        message = "The participant has no consult transfer."
        code = "conversation.error.consult.transfer.pending.not.found"
        raise make_refusal(code, message, status=404)
    return found


def patch_conference(call: ApiCall) -> Reply:
    """Merge other calls into the call in the path, as a conference."""
    kept = find_conversation(call)
    names = call.document().get("conversationIds")
    wanted = [str(each) for each in names] if isinstance(names, list) else []
    known = call.state.contact_center.conversations
    merged = [known[each] for each in wanted if each in known and each != kept.id]
    if not merged:
        raise bad_request("Specify the ids of the calls to merge.", field="conversationIds")
    for each in (kept, *merged):
        if each.media != "voice" or not any(p.session.is_connected for p in each.participants):
            raise bad_request(f"The conversation {each.id} is not a connected call.")
    for each in merged:
        merge_conversations(call.state, kept, each, call.now)
    return _ACCEPTED


_CALL: Final = "/api/v2/conversations/calls/{conversationId}"
_PARTY: Final = f"{_CALL}/participants/{{participantId}}"

HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("POST", f"{_PARTY}/consult"): post_consult,
    ("POST", f"{_PARTY}/consult/agent"): post_consult,
    ("POST", f"{_PARTY}/consult/queue"): post_consult,
    ("POST", f"{_PARTY}/consult/external"): post_consult,
    ("POST", f"{_PARTY}/consult/contact/external"): post_consult,
    ("POST", f"{_PARTY}/voice/consult"): post_consult,
    ("PATCH", f"{_PARTY}/consult"): patch_consult,
    ("DELETE", f"{_PARTY}/consult"): delete_consult,
    ("PATCH", f"{_CALL}/conference"): patch_conference,
}

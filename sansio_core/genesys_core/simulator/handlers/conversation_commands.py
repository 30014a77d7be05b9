"""Commands that begin, change and end conversations.

Invariants: a command that the state does not allow is rejected with the platform's error code, and
changes nothing. Most commands return 202 without a body; those that create a conversation return its id.
Any caller may control any participant.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from genesys_core.simulator.conversations import lifecycle
from genesys_core.simulator.conversations.consults import leave_conversation
from genesys_core.simulator.conversations.rest_views import (
    MEDIA_PATHS,
    show_conversation,
    show_media_conversation,
)
from genesys_core.simulator.conversations.sessions import wall_milliseconds
from genesys_core.simulator.handlers.conversation_lookup import (
    find_conversation,
    find_party,
    make_refusal,
    number_of_contact,
    read_time,
    require_queue,
    require_user,
    require_user_context,
)
from genesys_core.simulator.http.exchange import ApiCall, Handler, Reply, json_reply, no_content
from genesys_core.simulator.http.problems import bad_request
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.timeline import ConversationTimeline, Participant
from genesys_core.simulator.state.world import Record

__all__ = ["HANDLERS"]

_ACCEPTED: Final = Reply(202)


# Beginnings


def post_call(call: ApiCall) -> Reply:
    """Begin a call to a number, a user or a queue, for the caller or for another user."""
    named, body = call.arguments.get("userId"), call.document()
    user_id = require_user_context(call) if named is None else require_user(call, named)
    targets = [name for name in ("phoneNumber", "callUserId", "callQueueId") if body.get(name)]
    if len(targets) != 1:
        message = "Specify exactly one of phoneNumber, callUserId and callQueueId."
        raise make_refusal("too.many.create.conversation.parameters", message)
    (target,) = targets
    if target == "callQueueId":
        queue_id = require_queue(call, body["callQueueId"])
        conversation = lifecycle.begin_inbound(
            call.state, "voice", call.now, address=user_id, attributes=_map(body.get("attributes"))
        )
        lifecycle.enter_queue(call.state, conversation, queue_id, call.now)
        return _created(conversation)
    callee = require_user(call, body["callUserId"]) if target == "callUserId" else None
    behalf = body.get("callFromQueueId")
    conversation = lifecycle.begin_outbound(
        call.state,
        "voice",
        user_id,
        call.now,
        address=str(body[target]),
        queue_id=require_queue(call, behalf) if behalf else None,
        callee_id=callee,
    )
    return _created(conversation)


def post_callback(call: ApiCall) -> Reply:
    """Create a callback for a customer, now or at a scheduled time."""
    body, wanted = _callback(call)
    conversation = lifecycle.begin_inbound(
        call.state,
        "callback",
        call.now,
        address=wanted.address,
        name=wanted.name,
        attributes=_map(body.get("data")),
    )
    conversation.callback_numbers, conversation.scheduled = wanted.numbers, wanted.scheduled
    acd = lifecycle.enter_queue(
        call.state, conversation, wanted.queue_id, call.now, seconds=wanted.seconds
    )
    identifiers: Json = [
        {"type": "ACD", "id": acd.id},
        {"type": "EXTERNAL", "id": conversation.participants[0].id},
    ]
    return json_reply(
        {"conversation": _reference(conversation), "callbackIdentifiers": identifiers}
    )


def post_callback_on_conversation(call: ApiCall) -> Reply:
    """Add a callback to a conversation; the callback continues after the other media have ended.

    Guess: if the body names no queue, the callback waits in the participant's queue.
    """
    conversation = find_conversation(call)
    party = find_party(call, conversation)
    if conversation.ended is not None:
        raise bad_request("The conversation has ended.")
    body, wanted = _callback(call, party.queue_id)
    customer, _ = lifecycle.add_callback(
        call.state,
        conversation,
        wanted.queue_id,
        call.now,
        address=wanted.address,
        name=wanted.name,
        seconds=wanted.seconds,
    )
    customer.attributes = dict(_map(body.get("data")))
    conversation.callback_numbers, conversation.scheduled = wanted.numbers, wanted.scheduled
    return no_content()


class _WantedCallback(Struct, frozen=True):
    """The properties of a callback in a request body, validated."""

    queue_id: str
    numbers: tuple[str, ...]
    name: str
    scheduled: int | None
    seconds: float

    @property
    def address(self) -> str:
        return self.numbers[0] if self.numbers else ""


def _callback(
    call: ApiCall, queue_id: str | None = None
) -> tuple[Mapping[str, Json], _WantedCallback]:
    body = call.document()
    wanted = body.get("queueId") or _map(body.get("routingData")).get("queueId") or queue_id
    if not wanted:
        raise make_refusal("callback.error.missing.queue.id", "Specify a queueId for the callback.")
    scheduled = read_time(body.get("callbackScheduledTime"), field="callbackScheduledTime")
    return body, _WantedCallback(
        queue_id=require_queue(call, wanted),
        numbers=tuple(str(each) for each in _list(body.get("callbackNumbers"))),
        name=str(body.get("callbackUserName") or ""),
        scheduled=scheduled,
        seconds=0.0 if scheduled is None else (scheduled - wall_milliseconds(call.now)) / 1000,
    )


def post_email(call: ApiCall) -> Reply:
    """Begin an email conversation: inbound to a queue, or outbound from the caller."""
    body = call.document()
    if body.get("queueId") and body.get("flowId"):
        message = "Specify either queueId or flowId, not both."
        raise make_refusal("too.many.create.email.parameters", message)
    queue_id = require_queue(call, body.get("queueId"))
    if body.get("direction") == "OUTBOUND":
        conversation = lifecycle.begin_outbound(
            call.state,
            "email",
            require_user_context(call),
            call.now,
            address=str(body.get("toAddress") or ""),
            name=str(body.get("toName") or ""),
            queue_id=queue_id,
        )
    else:
        conversation = lifecycle.begin_inbound(
            call.state,
            "email",
            call.now,
            address=str(body.get("fromAddress") or ""),
            to=str(body.get("toAddress") or ""),
            name=str(body.get("fromName") or ""),
            attributes=_map(body.get("attributes")),
        )
        lifecycle.enter_queue(call.state, conversation, queue_id, call.now)
    conversation.subject = str(body.get("subject") or "")
    return json_reply(show_media_conversation(conversation))


def post_message(call: ApiCall) -> Reply:
    """Begin a message conversation between the caller and a customer."""
    body = call.document()
    conversation = lifecycle.begin_outbound(
        call.state,
        "message",
        require_user_context(call),
        call.now,
        address=str(body.get("toAddress")),
        queue_id=require_queue(call, body.get("queueId")),
    )
    return _created(conversation)


def post_open_message(call: ApiCall) -> Reply:
    """Receive a customer's message; begin a conversation unless the customer has an active one.

    The message is not stored. A new conversation waits in the organization's first queue, because
    there are no message flows.
    """
    body = call.document()
    sender = _map(_map(body.get("channel")).get("from"))
    address = str(sender.get("id") or "")
    center = call.state.contact_center
    if not any(_is_with(each, address) for each in center.conversations.values()):
        queue_id = require_queue(call, next(iter(call.state.queues), None))
        name = str(sender.get("nickname") or "")
        conversation = lifecycle.begin_inbound(
            call.state, "message", call.now, address=address, name=name
        )
        lifecycle.enter_queue(call.state, conversation, queue_id, call.now)
    return json_reply({**body, "id": call.state.new_id("message"), "direction": "Inbound"})


# Changes


def patch_participant(call: ApiCall) -> Reply:
    """Change a participant as the body requests: answer, hang up, hold, mute or wrap up."""
    conversation = find_conversation(call)
    participant, body = find_party(call, conversation), call.document()
    # A body may request several changes: all are checked before the first is made.
    _check_changes(conversation, participant, body)
    wrap_up = body.get("wrapup")
    if isinstance(wrap_up, Mapping):
        _wrap_up(call, conversation, participant, wrap_up)
    if body.get("wrapupSkipped") is True:
        lifecycle.wrap_up(call.state, conversation, participant, lifecycle.SKIPPED_CODE, call.now)
    if isinstance(body.get("held"), bool):
        is_held = body["held"] is True
        lifecycle.hold_participant(call.state, conversation, participant, call.now, held=is_held)
    if isinstance(body.get("muted"), bool):
        participant.session.is_muted = body["muted"] is True
        call.state.contact_center.changed[conversation.id] = None
    match body.get("state"):
        case "connected":
            lifecycle.connect_participant(call.state, conversation, participant, call.now)
        case "disconnected":
            leave_conversation(call.state, conversation, participant, call.now)
        case _:
            pass
    return _ACCEPTED


def _check_changes(
    conversation: ConversationTimeline, participant: Participant, body: Mapping[str, Json]
) -> None:
    wrap_up = body.get("wrapup")
    if isinstance(wrap_up, Mapping):
        _check_wrap_up(participant, wrap_up)
    if body.get("wrapupSkipped") is True and participant.prompt in {"mandatory", "forcedTimeout"}:
        message = "A wrap-up is mandatory in this queue."
        raise make_refusal("conversation.error.wrapup.cannot.skip", message)
    if isinstance(body.get("held"), bool):
        _require_connected(participant, "conversation.error.hold.alerting")
    if isinstance(body.get("muted"), bool):
        _require_connected(participant, "conversation.error.mute.not.connected")
    match body.get("state"):
        case None:
            pass
        case "connected":
            _require_alerting(conversation, participant)
        case "disconnected":
            _require_live(participant)
        case other:
            raise bad_request(f"The state [{other}] cannot be requested.", field="state")


def patch_communication(call: ApiCall) -> Reply:
    """Disconnect a participant's communication; other changes are rejected."""
    conversation = find_conversation(call)
    participant = find_party(call, conversation)
    if call.document().get("state") != "disconnected":
        message = "A communication can only be disconnected."
        raise make_refusal("communication.state.required", message)
    _require_live(participant)
    leave_conversation(call.state, conversation, participant, call.now)
    return json_reply({})


def patch_attributes(call: ApiCall) -> Reply:
    """Merge the attributes in the body into the participant data."""
    conversation = find_conversation(call)
    participant = find_party(call, conversation)
    attributes = call.document().get("attributes")
    if not isinstance(attributes, Mapping):
        message = "The attributes must be an object."
        raise make_refusal("conversation.error.participant.attribute.null", message)
    lifecycle.change_attributes(call.state, conversation, participant, attributes, call.now)
    if call.route.facts.reply_schema is None:
        return Reply(202)
    return json_reply({"attributes": dict(participant.attributes)})


def post_wrap_up(call: ApiCall) -> Reply:
    """Record the wrap-up of an agent's communication."""
    conversation = find_conversation(call)
    participant, given = find_party(call, conversation), call.document()
    _check_wrap_up(participant, given)
    _wrap_up(call, conversation, participant, given)
    return _ACCEPTED


def replace_participant(call: ApiCall) -> Reply:
    """Transfer a conversation from a participant to a user, a queue, an address or a contact."""
    conversation = find_conversation(call)
    participant, body = find_party(call, conversation), call.document()
    _require_connected(participant, "conversations.error.transfer.not.connected")
    if participant.purpose in {"customer", "external"}:
        raise bad_request("Customers and external parties cannot transfer a conversation.")
    is_attended = body.get("transferType") == "Attended"
    if body.get("queueId"):
        queue_id = require_queue(call, body["queueId"])
        lifecycle.transfer_to_queue(
            call.state, conversation, participant, queue_id, call.now, attended=is_attended
        )
    elif body.get("userId"):
        user_id = require_user(call, body["userId"])
        if user_id == participant.user_id:
            message = "A conversation cannot be transferred to the user who transfers it."
            raise make_refusal("conversations.error.transfer.same.party", message)
        lifecycle.transfer_to_agent(
            call.state, conversation, participant, user_id, call.now, attended=is_attended
        )
    elif address := body.get("address") or number_of_contact(call, body):
        if participant.session.media in {"email", "message"}:
            raise bad_request("Only calls and callbacks can be transferred to an address.")
        target = str(address)
        lifecycle.transfer_to_address(call.state, conversation, participant, target, call.now)
    else:
        raise bad_request(
            "Specify a userId, a queueId, an address or a contact with a phone number."
        )
    return _ACCEPTED


def assign_conversation(call: ApiCall) -> Reply:
    """Assign a waiting conversation to a user, even one who is not available."""
    conversation = find_conversation(call)
    user_id = require_user(call, call.document().get("id"))
    center = call.state.contact_center
    waiting = (
        each
        for each in conversation.participants
        if each.id in center.waiting.get(each.queue_id or "", ())
    )
    acd = next(waiting, None)
    if acd is None:
        raise bad_request("The conversation is not waiting for an agent.")
    lifecycle.alert_agent(call.state, conversation, user_id, call.now, acd=acd)
    return json_reply("")


def disconnect_conversation(call: ApiCall) -> Reply:
    """End a conversation for everyone."""
    conversation = find_conversation(call)
    lifecycle.disconnect_all(call.state, conversation, "system", call.now)
    return _ACCEPTED if call.route.facts.reply_schema is None else json_reply("")


def patch_conversation(call: ApiCall) -> Reply:
    """End a conversation if the body has ``state: disconnected``; other changes are ignored."""
    conversation = find_conversation(call)
    if call.document().get("state") == "disconnected":
        lifecycle.disconnect_all(call.state, conversation, "client", call.now)
    return json_reply(show_conversation(call.state, conversation))


def _is_with(conversation: ConversationTimeline, address: str) -> bool:
    """Return whether this is an active message conversation with the customer at an address."""
    customer = conversation.participants[0]
    is_open = conversation.media == "message" and conversation.ended is None
    return is_open and customer.session.address == address


def _require_alerting(conversation: ConversationTimeline, participant: Participant) -> None:
    if not participant.session.is_alerting:
        code = (
            "postino.error.answer.not.alerting" if conversation.media == "email" else "bad.request"
        )
        raise make_refusal(code, "Only an alerted participant can be connected.")


def _require_live(participant: Participant) -> None:
    if not participant.is_live:
        message = "The participant is already disconnected."
        raise make_refusal("conversation.error.call.disconnected", message)


def _require_connected(participant: Participant, code: str) -> None:
    if not participant.session.is_connected:
        raise make_refusal(code, "The participant is not connected.")


def _wrap_up(
    call: ApiCall,
    conversation: ConversationTimeline,
    participant: Participant,
    given: Mapping[str, Json],
) -> None:
    code, seconds = given.get("code"), given.get("durationSeconds")
    if not code:
        return  # a provisional wrap-up
    lifecycle.wrap_up(
        call.state,
        conversation,
        participant,
        str(code),
        call.now,
        seconds=seconds if isinstance(seconds, int) and seconds >= 0 else None,
        notes=str(given.get("notes") or ""),
        tags=[str(each) for each in _list(given.get("tags"))],
    )


def _check_wrap_up(participant: Participant, given: Mapping[str, Json]) -> None:
    if participant.user_id is None:
        raise bad_request("Only an agent can submit a wrap-up.")
    if not given.get("code") and given.get("provisional") is not True:
        raise make_refusal("conversation.error.wrapup.code.required", "A wrap-up must have a code.")


def _reference(conversation: ConversationTimeline) -> Record:
    return {"id": conversation.id, "selfUri": f"/api/v2/conversations/{conversation.id}"}


def _created(conversation: ConversationTimeline) -> Reply:
    path = MEDIA_PATHS[conversation.media]
    uri = f"/api/v2/conversations/{path}/{conversation.id}"
    return json_reply({"id": conversation.id, "selfUri": uri})


def _map(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list) else []


_BASE: Final = "/api/v2/conversations"
_PARTY: Final = "{conversationId}/participants/{participantId}"


_MEDIA: Final = tuple(f"{_BASE}/{each}" for each in MEDIA_PATHS.values())
_COMMUNICATION: Final = f"{_PARTY}/communications/{{communicationId}}"


def _below(
    roots: Sequence[str], method: str, suffix: str, handler: Handler
) -> Mapping[tuple[str, str], Handler]:
    return {(method, f"{root}/{suffix}"): handler for root in roots}


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("POST", f"{_BASE}/calls"): post_call,
    ("POST", f"{_BASE}/calls/user/{{userId}}"): post_call,
    ("POST", f"{_BASE}/callbacks"): post_callback,
    ("POST", f"{_BASE}/emails"): post_email,
    ("POST", f"{_BASE}/messages"): post_message,
    ("POST", f"{_BASE}/messages/inbound/open"): post_open_message,
    **_below((_BASE, *_MEDIA), "PATCH", _PARTY, patch_participant),
    **_below((_BASE, *_MEDIA), "PATCH", f"{_PARTY}/attributes", patch_attributes),
    **_below((_BASE, *_MEDIA), "POST", f"{_PARTY}/replace", replace_participant),
    **_below(_MEDIA, "PATCH", _COMMUNICATION, patch_communication),
    **_below(_MEDIA, "POST", f"{_COMMUNICATION}/wrapup", post_wrap_up),
    **_below(_MEDIA, "PATCH", "{conversationId}", patch_conversation),
    ("POST", f"{_BASE}/{_PARTY}/callbacks"): post_callback_on_conversation,
    ("POST", f"{_BASE}/{_PARTY}/replace/agent"): replace_participant,
    ("POST", f"{_BASE}/{_PARTY}/replace/external"): replace_participant,
    ("POST", f"{_BASE}/{_PARTY}/replace/contact/external"): replace_participant,
    ("POST", f"{_BASE}/{_PARTY}/replace/queue"): replace_participant,
    ("POST", f"{_BASE}/{_PARTY}/transfer"): replace_participant,
    ("POST", f"{_BASE}/{{conversationId}}/assign"): assign_conversation,
    ("POST", f"{_BASE}/{{conversationId}}/disconnect"): disconnect_conversation,
    ("DELETE", f"{_BASE}/{{conversationId}}"): disconnect_conversation,
}

"""Commands that change or end callbacks, individually or in bulk.

Invariants: a bulk update changes every callback whose state allows a change; all other callbacks
are counted as errors.

Guesses: only callbacks that no agent has answered can be changed; a new time does not affect a
callback that already waits in its queue.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from genesys_core.simulator.conversations import lifecycle
from genesys_core.simulator.conversations.sessions import wall_milliseconds
from genesys_core.simulator.handlers.conversation_lookup import (
    make_refusal,
    read_time,
    require_queue,
)
from genesys_core.simulator.http.exchange import ApiCall, Handler, Reply, json_reply, no_content
from genesys_core.simulator.http.problems import Problem, bad_request
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.timeline import ConversationTimeline, Participant
from genesys_core.simulator.state.world import Record

__all__ = ["HANDLERS"]


def patch_callback(call: ApiCall) -> Reply:
    """Change the time, the phone numbers or the queue of a waiting callback."""
    return json_reply(_change(call, call.document()))


def update_callbacks(call: ApiCall) -> Reply:
    """Change the times, the phone numbers or the queues of many waiting callbacks."""
    results: list[Json] = []
    failed: list[Json] = []
    for index, each in enumerate(_mappings(call.document().get("patchCallbackRequests"))):
        try:
            results.append(_change(call, each))
        except Problem:
            failed.append(index)
    return json_reply({"results": results, "errorCount": len(failed), "errorIndexes": failed})


def disconnect_callbacks(call: ApiCall) -> Reply:
    """End many callbacks, given by conversation id; unknown ids are ignored."""
    for each in _mappings(call.document().get("callbackDisconnectIdentifiers")):
        found = call.state.contact_center.conversations.get(str(each.get("conversationId")))
        if found is not None and "callback" in found.media_kinds and found.ended is None:
            lifecycle.disconnect_all(call.state, found, "system", call.now, media="callback")
    return no_content()


def _change(call: ApiCall, body: Mapping[str, Json]) -> Record:
    # Everything that can be rejected is read before the first change.
    conversation, acd = _find_waiting(call, str(body.get("conversationId")))
    numbers = body.get("callbackNumbers")
    scheduled = read_time(body.get("callbackScheduledTime"), field="callbackScheduledTime")
    is_scheduled = acd.session.state == "scheduled"  # otherwise, the callback waits already
    due = conversation.scheduled if scheduled is None else scheduled
    seconds = 0.0
    if is_scheduled and due is not None:
        seconds = (due - wall_milliseconds(call.now)) / 1000
    if body.get("queueId"):
        queue_id = require_queue(call, body["queueId"])
        acd = lifecycle.transfer_to_queue(
            call.state, conversation, acd, queue_id, call.now, seconds=seconds
        )
    elif is_scheduled and scheduled is not None:
        lifecycle.reschedule_callback(call.state, conversation, acd, seconds, call.now)
    if isinstance(numbers, list):
        conversation.callback_numbers = tuple(str(each) for each in numbers)
    if scheduled is not None:
        conversation.scheduled = scheduled
    call.state.contact_center.changed[conversation.id] = None
    reference: Json = {
        "id": conversation.id,
        "selfUri": f"/api/v2/conversations/{conversation.id}",
    }
    return {"conversation": reference, "callbackIdentifiers": [{"type": "ACD", "id": acd.id}]}


def _find_waiting(call: ApiCall, identity: str) -> tuple[ConversationTimeline, Participant]:
    found = call.state.contact_center.conversations.get(identity)
    if found is None or "callback" not in found.media_kinds:
        message = f"There is no callback {identity}."
        raise make_refusal("conversation.error.conversation.not.found", message, status=404)
    acd = next(
        (
            each
            for each in found.participants
            if each.purpose == "acd" and each.is_live and each.session.media == "callback"
        ),
        None,
    )
    if acd is None:
        raise bad_request("The callback is not waiting for an agent.")
    return found, acd


def _mappings(value: Json) -> Sequence[Mapping[str, Json]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


_CALLBACKS: Final = "/api/v2/conversations/callbacks"

HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("PATCH", _CALLBACKS): patch_callback,
    ("POST", f"{_CALLBACKS}/bulk/update"): update_callbacks,
    ("POST", f"{_CALLBACKS}/bulk/disconnect"): disconnect_callbacks,
}

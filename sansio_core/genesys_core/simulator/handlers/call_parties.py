"""Commands that add participants and supervisors to a call, and the call history.

Invariants: a party that is added is a new participant, alerted or dialed. A supervisor is connected
immediately.

Guess: a supervisor who barges in acts as the agent, and the agent stays in the call.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from genesys_core.simulator.conversations import lifecycle
from genesys_core.simulator.conversations.rest_views import (
    show_call_history,
    show_conversation,
)
from genesys_core.simulator.handlers.conversation_lookup import (
    find_conversation,
    find_party,
    require_user,
    require_user_context,
)
from genesys_core.simulator.http.exchange import ApiCall, Handler, Reply, json_reply
from genesys_core.simulator.http.paging import make_page
from genesys_core.simulator.http.problems import bad_request
from genesys_core.simulator.http.values import conform_reply
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.timeline import ConversationTimeline, Participant

__all__ = ["HANDLERS"]

_ACCEPTED: Final = Reply(202)


def post_participants(call: ApiCall) -> Reply:
    """Add participants, each identified by user or address, to a call."""
    conversation = _find_active(call)
    given = call.document().get("participants")
    added = [each for each in given if isinstance(each, Mapping)] if isinstance(given, list) else []
    users = [require_user(call, each["userId"]) for each in added if each.get("userId")]
    addresses = [str(each["address"]) for each in added if each.get("address")]
    if not users and not addresses:
        raise bad_request("Specify participants with a userId or an address.", field="participants")
    for user_id in users:
        lifecycle.alert_agent(call.state, conversation, user_id, call.now)
    for address in addresses:
        lifecycle.call_address(call.state, conversation, address, call.now)
    return json_reply(show_conversation(call.state, conversation))


def post_participant_user(call: ApiCall) -> Reply:
    """Add a user to a call as a participant."""
    conversation = _find_active(call)
    user_id = require_user(call, call.arguments["userId"])
    lifecycle.alert_agent(call.state, conversation, user_id, call.now)
    return json_reply(show_conversation(call.state, conversation))


def watch_participant(call: ApiCall) -> Reply:
    """Add the caller as a supervisor who monitors, coaches or barges in on an agent."""
    conversation = find_conversation(call)
    caller = require_user_context(call)
    verb = call.route.template.rpartition("/")[2]
    watched = (
        find_party(call, conversation)
        if "participantId" in call.arguments
        else next(_connected_agents(conversation), None)
    )
    if watched is None or watched.user_id is None or not watched.session.is_connected:
        raise bad_request("Only a connected agent can be supervised.")
    supervisor = lifecycle.alert_agent(call.state, conversation, caller, call.now, purpose="user")
    if supervisor.session.is_alerting:
        lifecycle.connect_participant(call.state, conversation, supervisor, call.now)
    supervisor.watching, supervisor.watched = _WATCHING[verb], watched.id
    return _ACCEPTED


def _find_active(call: ApiCall) -> ConversationTimeline:
    conversation = find_conversation(call)
    if conversation.ended is not None:
        raise bad_request("The conversation has ended.")
    return conversation


def _connected_agents(conversation: ConversationTimeline) -> Iterator[Participant]:
    return (e for e in conversation.participants if e.user_id and e.session.is_connected)


def get_call_history(call: ApiCall) -> Reply:
    """Return the ended calls in which the caller took part, latest first."""
    user_id = require_user_context(call)
    mine = [
        show_call_history(each)
        for each in call.state.contact_center.conversations.values()
        if each.media == "voice"
        and each.ended is not None
        and any(party.user_id == user_id for party in each.participants)
    ]
    page = make_page(call, mine[::-1], lambda each: each)
    return json_reply(conform_reply(call, call.route.facts.reply_schema or Schema(), page))


_WATCHING: Final = {"monitor": "monitored", "coach": "coached", "barge": "barged"}
_CONVERSATIONS: Final = "/api/v2/conversations"
_CALLS: Final = f"{_CONVERSATIONS}/calls"
_CALL: Final = f"{_CALLS}/{{conversationId}}/participants"
_PARTY: Final = "participants/{participantId}"

HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("GET", f"{_CALLS}/history"): get_call_history,
    ("POST", _CALL): post_participants,
    ("POST", f"{_CALL}/user/{{userId}}"): post_participant_user,
    **{("POST", f"{_CALL}/{{participantId}}/{verb}"): watch_participant for verb in _WATCHING},
    ("POST", f"{_CONVERSATIONS}/messages/{{conversationId}}/{_PARTY}/monitor"): watch_participant,
    ("POST", f"{_CONVERSATIONS}/{{conversationId}}/barge"): watch_participant,
}

"""Conversation analytics: details, aggregates, queue observations, recording metadata.

Invariants: everything is computed from the current state at the time of the request.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.conversations.aggregates import query_aggregates
from genesys_core.simulator.conversations.detail_queries import query_details
from genesys_core.simulator.conversations.detail_records import show_detail_record
from genesys_core.simulator.conversations.observations import query_observations
from genesys_core.simulator.conversations.recordings import list_recordings
from genesys_core.simulator.handlers.conversation_lookup import find_conversation
from genesys_core.simulator.http.exchange import ApiCall, Handler, Reply, json_reply
from genesys_core.simulator.http.problems import no_such_entity

__all__ = ["HANDLERS"]


def get_details(call: ApiCall) -> Reply:
    """Return a conversation's detail record."""
    return json_reply(show_detail_record(find_conversation(call)))


def get_many_details(call: ApiCall) -> Reply:
    """Return the detail records of conversations, by their ids; unknown ids are ignored."""
    known = call.state.contact_center.conversations
    names = [each for value in call.query.get("id", ()) for each in value.split(",")]
    shown = [show_detail_record(known[each]) for each in dict.fromkeys(names) if each in known]
    return json_reply({"conversations": shown})


def post_details_query(call: ApiCall) -> Reply:
    """Return the response to a conversation details query."""
    conversations = call.state.contact_center.conversations.values()
    return json_reply(query_details(conversations, call.document()))


def post_aggregates_query(call: ApiCall) -> Reply:
    """Return the response to a conversation aggregates query."""
    conversations = call.state.contact_center.conversations.values()
    return json_reply(query_aggregates(conversations, call.document()))


def post_observations_query(call: ApiCall) -> Reply:
    """Return the response to a queue observations query."""
    return json_reply(query_observations(call.state, call.document()))


def get_recording_metadata(call: ApiCall) -> Reply:
    """Return the metadata of a conversation's recordings, or of one recording."""
    recordings = list_recordings(find_conversation(call))
    wanted = call.arguments.get("recordingId")
    if wanted is None:
        return json_reply(recordings)
    found = next((each for each in recordings if each["id"] == wanted), None)
    if found is None:
        raise no_such_entity("recording", wanted)
    return json_reply(found)


_ANALYTICS: Final = "/api/v2/analytics/conversations"
_METADATA: Final = "/api/v2/conversations/{conversationId}/recordingmetadata"

HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("GET", f"{_ANALYTICS}/{{conversationId}}/details"): get_details,
    ("GET", f"{_ANALYTICS}/details"): get_many_details,
    ("POST", f"{_ANALYTICS}/details/query"): post_details_query,
    ("POST", f"{_ANALYTICS}/aggregates/query"): post_aggregates_query,
    ("POST", "/api/v2/analytics/queues/observations/query"): post_observations_query,
    ("GET", _METADATA): get_recording_metadata,
    ("GET", f"{_METADATA}/{{recordingId}}"): get_recording_metadata,
}

"""Handlers for queues: ``/api/v2/routing/queues`` and ``/api/v2/routing/queues/{queueId}``.

Invariants: a PUT replaces all properties of a queue except its id, creation date and member counts.
No two queues have the same name.
"""

from collections.abc import Mapping
from typing import Final, cast

from genesys_core.simulator.conversations.agents import forget_member
from genesys_core.simulator.conversations.lifecycle import disconnect_all
from genesys_core.simulator.http.exchange import (
    ApiCall,
    Handler,
    Reply,
    format_instant,
    json_reply,
    no_content,
)
from genesys_core.simulator.http.name_filters import has_name
from genesys_core.simulator.http.paging import make_page
from genesys_core.simulator.http.problems import PlatformProblem, bad_request, no_such_entity
from genesys_core.simulator.http.unique_names import check_unique_name
from genesys_core.simulator.http.values import conform_reply
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.world import QUEUE_DEFAULTS, Record

__all__ = ["HANDLERS"]

_KEPT: Final = (
    "id",
    "selfUri",
    "dateCreated",
    "memberCount",
    "userMemberCount",
    "joinedMemberCount",
)
_NOT_THE_CALLERS: Final = frozenset({"dateCreated", "dateModified", "sourceQueueId"})


def get_queues(call: ApiCall) -> Reply:
    """Return a page of queues, optionally filtered by id or name."""
    ids, name = call.query.get("id"), call.argument("name", "")
    template = call.route.template
    chosen = [
        queue
        for queue in call.state.queues.values()
        if (ids is None or queue["id"] in ids)
        and (not name or has_name(template, _name(queue), name))
    ]
    chosen.sort(key=_name, reverse=call.argument("sortOrder", "asc").startswith("desc"))
    return json_reply(make_page(call, chosen, lambda queue: queue))


def get_queue(call: ApiCall) -> Reply:
    """Return a queue."""
    return json_reply(_find(call))


def post_queues(call: ApiCall) -> Reply:
    """Create a queue, with the settings of the queue ``sourceQueueId`` if the body names one.

    Raises:
        Problem: 400 if the simulator stores the maximum number of queues.
    """
    if len(call.state.queues) >= call.settings.max_items:
        raise bad_request(
            f"The simulator stores at most {call.settings.max_items} queues (Settings.max_items)."
        )
    identity, when = call.state.new_id("queue"), format_instant(call.now.wall)
    source = call.state.queues.get(str(call.document().get("sourceQueueId")), {})
    copied: Record = {name: each for name, each in source.items() if name not in _KEPT}
    queue: Record = {
        **QUEUE_DEFAULTS,
        **copied,
        **_given(call),
        "id": identity,
        "dateCreated": when,
        "dateModified": when,
        "selfUri": f"/api/v2/routing/queues/{identity}",
    }
    return _keep(call, queue)


def put_queue(call: ApiCall) -> Reply:
    """Replace a queue; omitted properties are reset to their defaults."""
    old = _find(call)
    kept: Record = {name: old[name] for name in _KEPT if name in old}
    queue: Record = {
        **QUEUE_DEFAULTS,
        **_given(call),
        **kept,
        "dateModified": format_instant(call.now.wall),
    }
    return _keep(call, queue)


def delete_queue(call: ApiCall) -> Reply:
    """Delete a queue and its memberships; with ``forceDelete``, end its conversations first."""
    queue_id, center = str(_find(call)["id"]), call.state.contact_center
    active = [
        conversation
        for conversation in center.conversations.values()
        if any(each.is_live and each.queue_id == queue_id for each in conversation.participants)
    ]
    if active and call.argument("forceDelete", "false").lower() != "true":
        message = "The queue has active conversations; use forceDelete=true to end them."
        raise PlatformProblem(400, "active.queue", message)
    for conversation in active:
        disconnect_all(call.state, conversation, "system", call.now)
    for user_id in list(center.members.get(queue_id, ())):
        forget_member(call.state, queue_id, user_id)
    del call.state.queues[queue_id]
    return no_content()


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("GET", "/api/v2/routing/queues"): get_queues,
    ("POST", "/api/v2/routing/queues"): post_queues,
    ("GET", "/api/v2/routing/queues/{queueId}"): get_queue,
    ("PUT", "/api/v2/routing/queues/{queueId}"): put_queue,
    ("DELETE", "/api/v2/routing/queues/{queueId}"): delete_queue,
}


def _keep(call: ApiCall, queue: Record) -> Reply:
    """Store a queue, without properties that its model lacks, and return the response."""
    schema = call.route.facts.reply_schema or Schema()
    kept = cast(Record, conform_reply(call, schema, queue))
    others = call.state.queues.values()
    check_unique_name("/api/v2/routing/queues", "queue", kept, others, str(queue["id"]))
    call.state.queues[str(queue["id"])] = kept
    return json_reply(kept)


def _find(call: ApiCall) -> Record:
    identity = call.arguments["queueId"]
    queue = call.state.queues.get(identity)
    if queue is None:
        raise no_such_entity("queue", identity)
    return queue


def _given(call: ApiCall) -> Record:
    body = call.document()
    return {
        name: value
        for name, value in body.items()
        if value is not None and name not in _NOT_THE_CALLERS
    }


def _name(queue: Record) -> str:
    return str(queue.get("name"))

"""Handlers for queues: ``/api/v2/routing/queues`` and ``/api/v2/routing/queues/{queueId}``.

Invariants: a PUT replaces all properties of a queue except its id.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.http.exchange import (
    ApiCall,
    Handler,
    Reply,
    format_instant,
    json_reply,
    no_content,
)
from genesys_core.simulator.http.paging import make_page
from genesys_core.simulator.http.problems import no_such_entity
from genesys_core.simulator.state.world import QUEUE_DEFAULTS, Record

__all__ = ["HANDLERS"]

_NOT_THE_CALLERS: Final = frozenset({"dateCreated", "dateModified", "sourceQueueId"})


def get_queues(call: ApiCall) -> Reply:
    """Return a page of queues, optionally filtered by id or name."""
    ids, name = call.query.get("id"), call.argument("name", "").strip("*").lower()
    chosen = [
        queue
        for queue in call.state.queues.values()
        if (ids is None or queue["id"] in ids) and name in str(queue.get("name")).lower()
    ]
    chosen.sort(key=_name, reverse=call.argument("sortOrder", "asc").startswith("desc"))
    return json_reply(make_page(call, chosen, lambda queue: queue))


def get_queue(call: ApiCall) -> Reply:
    """Return a queue."""
    return json_reply(_find(call))


def post_queues(call: ApiCall) -> Reply:
    """Create a queue."""
    identity, when = call.state.new_id("queue"), format_instant(call.now.wall)
    queue: Record = {
        **QUEUE_DEFAULTS,
        **_given(call),
        "id": identity,
        "dateCreated": when,
        "dateModified": when,
        "selfUri": f"/api/v2/routing/queues/{identity}",
    }
    call.state.queues[identity] = queue
    return json_reply(queue)


def put_queue(call: ApiCall) -> Reply:
    """Replace a queue; omitted properties are reset to their defaults."""
    old = _find(call)
    kept: Record = {name: old[name] for name in ("id", "selfUri", "dateCreated") if name in old}
    queue: Record = {
        **QUEUE_DEFAULTS,
        **_given(call),
        **kept,
        "dateModified": format_instant(call.now.wall),
    }
    call.state.queues[str(old["id"])] = queue
    return json_reply(queue)


def delete_queue(call: ApiCall) -> Reply:
    """Delete a queue."""
    del call.state.queues[str(_find(call)["id"])]
    return no_content()


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("GET", "/api/v2/routing/queues"): get_queues,
    ("POST", "/api/v2/routing/queues"): post_queues,
    ("GET", "/api/v2/routing/queues/{queueId}"): get_queue,
    ("PUT", "/api/v2/routing/queues/{queueId}"): put_queue,
    ("DELETE", "/api/v2/routing/queues/{queueId}"): delete_queue,
}


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

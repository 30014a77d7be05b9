"""Handlers for queue members.

Invariants: members are existing users. A queue's member counts are kept up to date. A request
for ``members/{memberId}`` gets a 404 if the user is not a member; other requests that set
``joined`` ignore such users. Adding a member twice has no further effect.

Guesses: a new member is joined immediately; the error for removing a member by group.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from genesys_core.simulator.conversations.agents import (
    forget_member,
    make_direct_member,
    set_member,
)
from genesys_core.simulator.handlers.conversation_lookup import require_user, require_user_context
from genesys_core.simulator.http.exchange import ApiCall, Handler, Reply, json_reply, no_content
from genesys_core.simulator.http.paging import make_page
from genesys_core.simulator.http.problems import bad_request, no_such_entity
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.world import Record, reference_of

__all__ = ["HANDLERS"]

_MOST: Final = 100
_USER_FACTS: Final = ("id", "name", "email", "version", "selfUri")


def get_members(call: ApiCall) -> Reply:
    """Return a page of a queue's members, sorted by name.

    The parameters ``joined``, ``name`` and ``memberBy`` filter the members.
    """
    queue_id = _queue_id(call)
    members = call.state.contact_center.members.get(queue_id, {})
    joined, name = call.argument("joined", "").lower(), call.argument("name", "").casefold()
    origin = call.argument("memberBy", "").lower()
    shown = [
        _show_member(call, queue_id, user_id, joined=is_joined)
        for user_id, is_joined in members.items()
        if joined in {"", str(is_joined).lower()}
    ]
    chosen = [
        each
        for each in shown
        if name in str(each["name"]).casefold() and origin in {"", str(each["memberBy"])}
    ]
    chosen.sort(key=lambda each: str(each["name"]))
    return _listing(call, chosen)


def post_members(call: ApiCall) -> Reply:
    """Add users to a queue or, with ``delete=true``, remove members from it."""
    queue_id = _queue_id(call)
    users = [require_user(call, each.get("id")) for each in _given(call)]
    for user_id in users:
        if call.argument("delete", "false").lower() == "true":
            _forget(call, queue_id, user_id)
        else:
            make_direct_member(call.state, queue_id, user_id)
    return no_content()


def patch_members(call: ApiCall) -> Reply:
    """Set whether several members of a queue are joined; users who are not members are ignored."""
    queue_id = _queue_id(call)
    for each in _given(call):
        _join(call, queue_id, str(each.get("id")), each.get("joined"))
    return get_members(call)


def patch_member(call: ApiCall) -> Reply:
    """Set whether a member of a queue is joined."""
    queue_id, user_id = _queue_id(call), _member_id(call)
    _join(call, queue_id, user_id, call.document().get("joined"))
    return no_content()


def delete_member(call: ApiCall) -> Reply:
    """Remove a member from a queue."""
    _forget(call, _queue_id(call), _member_id(call))
    return no_content()


def get_queues_of_user(call: ApiCall) -> Reply:
    """Return the queues that have a user as a member, filtered by ``joined``."""
    user_id = call.arguments.get("userId") or require_user_context(call)
    require_user(call, user_id)
    joined, center = call.argument("joined", "").lower(), call.state.contact_center
    queues = [
        _show_queue(call, queue_id, user_id)
        for queue_id in center.memberships.get(user_id, ())
        if queue_id in call.state.queues
    ]
    return _listing(call, [e for e in queues if joined in {"", str(e["joined"]).lower()}])


def patch_queues_of_user(call: ApiCall) -> Reply:
    """Set whether a user is joined to several queues; queues without this member are ignored."""
    user_id = require_user(call, call.arguments["userId"])
    for each in _given(call):
        _join(call, str(each.get("id")), user_id, each.get("joined"))
    return get_queues_of_user(call)


def patch_queue_of_user(call: ApiCall) -> Reply:
    """Set whether a user is joined to a queue."""
    user_id, queue_id = require_user(call, call.arguments["userId"]), _queue_id(call)
    joined = call.document().get("joined")
    _join(call, queue_id, user_id, joined)
    return json_reply(_show_queue(call, queue_id, user_id))


def _queue_id(call: ApiCall) -> str:
    queue_id = call.arguments["queueId"]
    if queue_id not in call.state.queues:
        raise no_such_entity("queue", queue_id)
    return queue_id


def _member_id(call: ApiCall) -> str:
    user_id = call.arguments["memberId"]
    if user_id not in call.state.contact_center.members.get(_queue_id(call), {}):
        raise no_such_entity("member", user_id)
    return user_id


def _given(call: ApiCall) -> list[Mapping[str, Json]]:
    given = [each for each in _each(call.body) if isinstance(each, Mapping)]
    if len(given) > _MOST:
        raise bad_request(f"At most {_MOST} members can be changed at once.")
    return given


def _each(body: Json) -> Iterator[Json]:
    yield from body if isinstance(body, list) else ()


def _join(call: ApiCall, queue_id: str, user_id: str, joined: Json) -> None:
    members = call.state.contact_center.members.get(queue_id, {})
    if user_id in members and isinstance(joined, bool):
        set_member(call.state, queue_id, user_id, joined=joined)


def _forget(call: ApiCall, queue_id: str, user_id: str) -> None:
    if user_id in call.state.contact_center.by_group.get(queue_id, {}):
        raise bad_request("A member by group can be removed only by removing the group.")
    forget_member(call.state, queue_id, user_id)


def _show_member(call: ApiCall, queue_id: str, user_id: str, *, joined: bool) -> Record:
    user = call.state.users[user_id]
    status = user.get("routingStatus")
    by_group = call.state.contact_center.by_group.get(queue_id, {})
    return {
        **reference_of(user),
        "name": str(user.get("name") or ""),
        "user": {"version": 1, **{key: user[key] for key in _USER_FACTS if key in user}},
        "ringNumber": 1,
        "joined": joined,
        "memberBy": "group" if user_id in by_group else "user",
        **({} if status is None else {"routingStatus": status}),
        "selfUri": f"/api/v2/routing/queues/{queue_id}/members/{user_id}",
    }


def _show_queue(call: ApiCall, queue_id: str, user_id: str) -> Record:
    """Return a queue as a ``UserQueue``."""
    joined = call.state.contact_center.members.get(queue_id, {}).get(user_id, False)
    known = call.definition.resolve(Schema(ref="#/definitions/UserQueue")).properties or {}
    queue: Record = {**call.state.queues[queue_id], "joined": joined}
    return {name: value for name, value in queue.items() if name in known}


def _listing(call: ApiCall, items: Sequence[Record]) -> Reply:
    """Return a page of items, limited to the properties that the operation's response declares."""
    page = make_page(call, items, lambda each: each)
    schema = call.route.facts.reply_schema
    known = {} if schema is None else call.definition.resolve(schema).properties or {}
    return json_reply({name: value for name, value in page.items() if name in known})


_QUEUE: Final = "/api/v2/routing/queues/{queueId}"
_USER: Final = "/api/v2/users/{userId}/queues"

HANDLERS: Mapping[tuple[str, str], Handler] = {
    **{
        key: handler
        for each in ("members", "users")
        for key, handler in {
            ("GET", f"{_QUEUE}/{each}"): get_members,
            ("POST", f"{_QUEUE}/{each}"): post_members,
            ("PATCH", f"{_QUEUE}/{each}"): patch_members,
            ("PATCH", f"{_QUEUE}/{each}/{{memberId}}"): patch_member,
            ("DELETE", f"{_QUEUE}/{each}/{{memberId}}"): delete_member,
        }.items()
    },
    ("GET", "/api/v2/routing/queues/me"): get_queues_of_user,
    ("GET", _USER): get_queues_of_user,
    ("PATCH", _USER): patch_queues_of_user,
    ("PATCH", f"{_USER}/{{queueId}}"): patch_queue_of_user,
}

"""Adds, replaces, changes and removes the members in a list of members.

Invariants: a member is in a list at most once. A member has the name of the entity that it refers
to. The list owner's member count is kept up to date.
"""

from collections.abc import Iterator, Mapping, Sequence

from genesys_core.simulator.handlers.generic import respond_with_example
from genesys_core.simulator.http.capacity import check_room
from genesys_core.simulator.http.exchange import ApiCall, Reply, json_reply
from genesys_core.simulator.http.values import adopt_properties, conform_reply
from genesys_core.simulator.resources.listings import list_items
from genesys_core.simulator.resources.member_rules import find_member_list, member_identity
from genesys_core.simulator.resources.rule_types import (
    Collection,
    ResourceAction,
    ResourceRule,
    are_alike,
)
from genesys_core.simulator.resources.shapes import PathShapes
from genesys_core.simulator.resources.store import (
    ResourcePath,
    ResourceStore,
    resource_path,
)
from genesys_core.simulator.state.changes import stored_items
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.world import Record

__all__ = ["change_members", "read_ids"]


def change_members(
    store: ResourceStore, call: ApiCall, rule: ResourceRule, collection: Collection
) -> Reply:
    """Change a list of members as a call's body requests, and return the response.

    Raises:
        Problem: 400 if the simulator stores the maximum number of items.
    """
    place = resource_path(collection.template, call.arguments)
    members = stored_items(call.state, place)
    changed = [*_changes(call, rule.entity, place)]
    match _effective(call, rule.action):
        case "remove_members":
            # Without ids, all members are removed.
            ids = read_ids(call) or [identity for identity, _ in changed] or list(members)
            for identity in ids:
                store.forget_item(call.state, (*place, identity))
        case "change_members":
            # Ids of other entities are ignored, as on the platform.
            for identity, member in changed:
                if identity in members:
                    members[identity] = {**members[identity], **member}
        case action:
            replaced = len(members) if action == "set_members" else 0
            check_room(call, len(changed) - replaced)
            if replaced:
                members.clear()
            for identity, member in changed:
                members[identity] = {**members.get(identity, {}), **member}
    _count(call, place, len(members))
    return _respond(call, rule, [identity for identity, _ in changed], members)


def read_ids(call: ApiCall) -> list[str]:
    """Return the member ids in a request's query, where they may be joined with commas."""
    names = [name for name in call.query if name.lower().endswith(("id", "ids"))]
    return [part for name in names for each in call.query[name] for part in each.split(",")]


def _effective(call: ApiCall, action: ResourceAction) -> ResourceAction:
    """Return a call's action; with ``delete=true`` in the query, it is to remove members."""
    return "remove_members" if call.argument("delete", "") == "true" else action


def _changes(call: ApiCall, entity: Schema, place: ResourcePath) -> Iterator[tuple[str, Record]]:
    """Yield the members in the body of a call, each with its id."""
    shapes = PathShapes(call.definition)
    path = find_member_list(shapes, shapes.body(call.route))
    given = call.body
    for name in path or ():
        given = given.get(name) if isinstance(given, Mapping) else None
    elements = given if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    name = member_identity(entity) or "id"
    for each in elements:
        if isinstance(each, str):
            yield each, {**_known(call, entity, each), name: each}
        elif isinstance(each, Mapping):
            member = adopt_properties(call.definition, entity, each)
            known = {key: value for key, value in member.items() if value is not None}
            given_id = each.get("id") or each.get(name)
            identity = given_id if isinstance(given_id, str) else call.state.new_id("/".join(place))
            yield identity, {**_known(call, entity, identity), **known, name: identity}


def _known(call: ApiCall, entity: Schema, identity: str) -> Record:
    """Return the properties that a member copies from its entity: name, email, the user itself."""
    properties = entity.properties or {}
    for held in (call.state.users, call.state.queues, *call.state.collections.values()):
        target = held.get(identity)
        if target is not None:
            known: Record = {
                "name": target.get("name"),
                "user": target,
                "email": target.get("email"),
            }
            adopted = adopt_properties(call.definition, entity, known)
            return {key: each for key, each in adopted.items() if each and key in properties}
    return {}


def _count(call: ApiCall, place: ResourcePath, count: int) -> None:
    """Set the ``memberCount`` of the entity that owns a list of members or users."""
    if place[-1] in {"members", "users"}:
        owners = stored_items(call.state, place[:-2])
        owner = owners.get(place[-2])
        if owner is not None:
            owners[place[-2]] = {**owner, "memberCount": count}


def _respond(
    call: ApiCall,
    rule: ResourceRule,
    ids: Sequence[str],
    members: Mapping[str, Record],
) -> Reply:
    """Return the response: the list, the members that a call names, or the only member it names."""
    schema = call.route.facts.reply_schema
    shapes = PathShapes(call.definition)
    listed = shapes.items(call.route)
    named = [members[each] for each in ids if each in members]
    if schema is None:
        return respond_with_example(call)
    if listed is not None and rule.entity.type == "string":
        return json_reply(list_items(call, list(members)))
    if listed is not None and are_alike(shapes.resolved(listed[1]), rule.entity):
        return json_reply(list_items(call, named if listed[0] == () else list(members.values())))
    if len(named) == 1 and are_alike(shapes.reply(call.route), rule.entity):
        return json_reply(conform_reply(call, schema, named[0]))
    return respond_with_example(call)

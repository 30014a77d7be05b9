"""Bulk operations, which create, read, change or delete several items of a collection.

Invariants: unknown ids of items to read, change or delete are ignored, as on the platform.
"""

from collections.abc import Iterator, Mapping, Sequence

from genesys_core.simulator.handlers.generic import respond_with_example
from genesys_core.simulator.http.capacity import check_room
from genesys_core.simulator.http.exchange import ApiCall, Reply, json_reply
from genesys_core.simulator.http.values import adopt_properties
from genesys_core.simulator.resources.listing_styles import find_listing_style
from genesys_core.simulator.resources.member_answers import read_ids
from genesys_core.simulator.resources.pages import make_listing
from genesys_core.simulator.resources.rule_types import Collection, ResourceRule, are_alike
from genesys_core.simulator.resources.store import ResourcePath, ResourceStore, resource_path
from genesys_core.simulator.state.changes import stored_items
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.world import Record

__all__ = ["respond_to_bulk_command"]


def respond_to_bulk_command(
    store: ResourceStore, call: ApiCall, rule: ResourceRule, collection: Collection
) -> Reply:
    """Perform a bulk operation on a collection's items, and return the response.

    Raises:
        Problem: 409 for an outdated version or a name that is already in use, 400 if the simulator
            stores the maximum number of items.
    """
    place = resource_path(collection.template, call.arguments)
    items = stored_items(call.state, place)
    match rule.action:
        case "create_many":
            documents = list(_documents(call.body))
            check_room(call, sum(str(each.get("id")) not in items for each in documents))
            named = [_create(store, call, rule, place, each) for each in documents]
        case "change_many":
            named = [*_change(store, call, rule, place)]
        case _:
            ids = [*read_ids(call), *_ids(call.body)]
            if rule.action == "delete_many" and not ids and call.body is None:
                ids = list(items)
            named = [items[each] for each in ids if each in items]
    if rule.action == "delete_many":
        for each in named:
            store.forget_item(call.state, (*place, str(each["id"])))
    return _respond(call, rule, named)


def _create(
    store: ResourceStore,
    call: ApiCall,
    rule: ResourceRule,
    place: ResourcePath,
    document: Mapping[str, Json],
) -> Record:
    """Create an item or, if its id is that of an existing item, change that item.

    The platform does so for the contacts of a contact list.
    """
    identity = str(document.get("id"))
    old = stored_items(call.state, place).get(identity)
    if old is None:
        return store.create_record(call, rule.entity, place, document)
    return store.change_record(call, rule.entity, (*place, identity), old, document)


def _change(
    store: ResourceStore, call: ApiCall, rule: ResourceRule, place: ResourcePath
) -> Iterator[Record]:
    items = stored_items(call.state, place)
    # A body such as {"ids": [...], "state": "x"} changes `state` of all items with these ids.
    common: Mapping[str, Json] = call.body if isinstance(call.body, Mapping) else {}
    shared = {
        name: each
        for name, each in common.items()
        if not isinstance(each, Sequence) or isinstance(each, str)
    }
    for document in _documents(call.body):
        old = items.get(str(document.get("id")))
        if old is not None:
            at = (*place, str(old["id"]))
            yield store.change_record(call, rule.entity, at, old, document)
    for identity in (each for each in _lists(call.body) if isinstance(each, str)):
        if identity in items:
            old = items[identity]
            yield store.change_record(call, rule.entity, (*place, identity), old, shared)


def _lists(body: Json) -> Iterator[Json]:
    """Yield the elements of a body that is a list, or of all lists in a body that is an object."""
    if isinstance(body, Mapping):
        for each in body.values():
            if isinstance(each, Sequence) and not isinstance(each, str):
                yield from each
    elif isinstance(body, Sequence) and not isinstance(body, str):
        yield from body


def _documents(body: Json) -> Iterator[Mapping[str, Json]]:
    return (each for each in _lists(body) if isinstance(each, Mapping))


def _ids(body: Json) -> list[str]:
    named = [each.get("id") if isinstance(each, Mapping) else each for each in _lists(body)]
    return [each for each in named if isinstance(each, str)]


def _respond(call: ApiCall, rule: ResourceRule, named: Sequence[Record]) -> Reply:
    """Return the response: a listing of the items, or of one result for each item."""
    style = find_listing_style(call.definition, call.route.facts)
    if style is None:
        return respond_with_example(call)
    item = call.definition.resolve(style.item)
    if are_alike(item, rule.entity) and len(item.properties or {}) > _SMALLEST:
        return json_reply(make_listing(call, style, list(named)))
    results: list[Json] = []
    for each in named:
        facts: Record = {"id": each["id"], "success": True, "status": 200, "statusCode": 200}
        for name, inside in (item.properties or {}).items():
            if are_alike(call.definition.resolve(inside), rule.entity):
                facts[name] = each
        results.append(adopt_properties(call.definition, item, facts))
    return json_reply(make_listing(call, style, results))


_SMALLEST = 5
"""The maximum number of properties of a model that is assumed to be a result, not the item."""

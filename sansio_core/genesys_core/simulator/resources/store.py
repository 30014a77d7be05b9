"""Finds, creates, changes and deletes the stored items and single resources, as the rules define.

Invariants: an item has an id, even if its model has no such property, every required property, and no
other property that its model lacks. The id and ``selfUri`` follow from the item's path. Deleting an
item deletes everything below it.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

from genesys_core.simulator.handlers.flow_locks import FLOWS, missing_flow
from genesys_core.simulator.handlers.generic import WAYS_ON, respond_with_example
from genesys_core.simulator.http.capacity import check_room
from genesys_core.simulator.http.exchange import ApiCall, Reply, format_instant, json_reply
from genesys_core.simulator.http.problems import (
    PlatformProblem,
    no_such_entity,
    version_conflict,
)
from genesys_core.simulator.http.unique_names import check_unique_name
from genesys_core.simulator.http.values import adopt_properties, conform_reply
from genesys_core.simulator.resources.chosen_ids import find_chosen_id
from genesys_core.simulator.resources.rule_types import Collection, are_alike
from genesys_core.simulator.resources.rules import ResourceRules
from genesys_core.simulator.state.changes import stored_items
from genesys_core.simulator.state.definition import Definition, Schema
from genesys_core.simulator.state.examples import Json, example_of, minimal_value, uuid_shaped
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.world import Record, home_division, reference_of

__all__ = [
    "CREATED",
    "ResourcePath",
    "ResourceStore",
    "kind_of",
    "missing_item",
    "resource_path",
]

_OUTBOUND: Final = "/api/v2/outbound/"
"""The path prefix of collections whose version conflicts have a specific error code."""

CREATED: Final = ("dateCreated", "createdDate", "createdAt", "dateModified", "modifiedDate")
"""Properties that are set to the time of an item's creation."""

_BEGINNINGS: Final[Mapping[str, Record]] = {
    "/api/v2/outbound/campaigns": {"campaignStatus": "off"},
    "/api/v2/outbound/contactlists": {"size": 0},
    "/api/v2/outbound/messagingcampaigns": {"campaignStatus": "off"},
}
"""The properties of every new item, regardless of the request body, by the collection's path."""

_MODIFIED: Final = ("dateModified", "modifiedDate", "updatedAt", "dateUpdated")
_SERVERS: Final = frozenset({"id", "selfUri", "version", *CREATED, *_MODIFIED})
"""Properties that the platform sets itself, regardless of the request body."""

ResourcePath: TypeAlias = tuple[str, ...]
"""The decoded segments of a path."""


class ResourceStore:
    """Reads and changes the stored items and single resources.

    Args:
        definition: the API definition.
        rules: the definition's rules.
    """

    def __init__(self, definition: Definition, rules: ResourceRules) -> None:
        self._definition = definition
        self._rules = rules

    def check_parents(self, call: ApiCall) -> None:
        """Check that every parent resource in a call's path exists.

        Raises:
            Problem: 404 for a parent that was never created or has been deleted; 410 for a deleted
                flow.
        """
        for owner, item in self._rules.parents(call.route.template):
            known = self.known_items(call.state, owner, call.arguments)
            identity = call.arguments[item.rpartition("/")[2].strip("{}")]
            if known is not None and identity not in known:
                raise missing_item(call.state, owner, identity)

    def known_items(
        self, state: PlatformState, owner: str, arguments: Mapping[str, str]
    ) -> dict[str, Record] | None:
        """Return a collection's items by id, or ``None`` if every id must be accepted."""
        match owner:
            case "/api/v2/users":
                return state.users
            case "/api/v2/routing/queues":
                return state.queues
            case _:
                found = self._rules.collection(owner)
                if found is None or not found.is_creatable or found.letter == "E":
                    return None
                return state.collections.setdefault(resource_path(owner, arguments), {})

    def items_of(
        self, state: PlatformState, collection: Collection, place: ResourcePath
    ) -> Mapping[str, Record]:
        """Return a collection's items by id.

        A collection whose items cannot be created contains one example item until an item is
        written or deleted.
        """
        stored = state.collections.get(place, {})
        if stored or collection.is_creatable:
            return stored
        identity = uuid_shaped(state.seed, *place)
        if any(each[:-1] == place for each in state.deleted):
            return {}
        seed = self.make_example(collection.entity)
        return {identity: self.place_record(seed, collection.entity, (*place, identity))}

    def create_record(
        self, call: ApiCall, entity: Schema, place: ResourcePath, document: Mapping[str, Json]
    ) -> Record:
        """Create an item, and return its record.

        Args:
            call: the call that creates the item.
            entity: the item's model.
            place: the segments of the collection's path.
            document: the properties of the new item.

        Raises:
            Problem: 409 for a name that is already in use, 400 if the simulator stores the maximum
                number of items.
        """
        state = call.state
        given = adopt_properties(self._definition, entity, document)
        stored = state.collections.get(place, {})
        path = "/".join(place)
        check_unique_name(path, kind_of(path), given, stored.values())
        check_room(call)
        identity = find_chosen_id(place, given) or state.new_id(path)
        record: Record = {
            name: value
            for name, value in given.items()
            if value is not None and name not in _SERVERS
        }
        record |= _BEGINNINGS.get(path, {})
        properties = entity.properties or {}
        # A guess: entities whose body names no division are in the home division.
        if "division" in properties and "division" not in record:
            home = reference_of(home_division(state.seed))
            record |= adopt_properties(self._definition, entity, {"division": home})
        self.stamp_dates(call, entity, record, CREATED)
        if "version" in properties:
            record["version"] = 1 if properties["version"].type == "integer" else "1"
        record = self.place_record(record, entity, (*place, identity))
        self.complete_record(entity, record)
        stored_items(state, place)[identity] = record
        return record

    def change_record(
        self,
        call: ApiCall,
        entity: Schema,
        at: ResourcePath,
        old: Record,
        document: Mapping[str, Json],
    ) -> Record:
        """Change an item, and return the changed record.

        Args:
            call: the call that changes the item.
            entity: the item's model.
            at: the segments of the item's path.
            old: the item before the change.
            document: the changed properties.

        Raises:
            Problem: 409 for an outdated version or a name that is already in use, 400 if the
                simulator stores the maximum number of items.
        """
        place, identity = at[:-1], at[-1]
        stored = stored_items(call.state, place)
        changed = self.apply_document(call, entity, old, document)
        path = "/".join(place)
        check_unique_name(path, kind_of(path), changed, stored.values(), identity)
        if identity not in stored:
            check_room(call)
        changed = self.place_record(changed, entity, at)
        stored_items(call.state, place)[identity] = changed
        return changed

    def apply_document(
        self, call: ApiCall, entity: Schema, old: Record, document: Mapping[str, Json]
    ) -> Record:
        """Return the record after a change, without storing it; see :meth:`change_record`.

        Raises:
            Problem: 409 for an outdated version.
        """
        # `document` lacks the version if the body's model declares it as read-only.
        sent: Mapping[str, Json] = call.body if isinstance(call.body, Mapping) else {}
        given, current = document.get("version", sent.get("version")), old.get("version")
        # Some models declare the version as a string, others as an integer.
        if given is not None and current is not None and str(given) != str(current):
            kind, is_outbound = kind_of(call.route.template), call.path.startswith(_OUTBOUND)
            code = "invalid.update.wrong.version" if is_outbound else "general.conflict"
            raise version_conflict(kind, call.path, given, current, code=code)
        adopted = adopt_properties(self._definition, entity, document)
        new = {name: value for name, value in adopted.items() if name not in _SERVERS}
        kept = old
        if call.route.method == "PUT":
            replaced = self._writable(call)
            kept = {name: old[name] for name in old if name not in replaced}
        record: Record = {
            name: value for name, value in {**kept, **new}.items() if value is not None
        }
        self.stamp_dates(call, entity, record, _MODIFIED)
        if type(current) is int:
            record["version"] = current + 1
        elif isinstance(current, str) and current.isdecimal():
            record["version"] = str(int(current) + 1)
        self.complete_record(entity, record)
        return record

    def _writable(self, call: ApiCall) -> set[str]:
        """Return the names of the properties that a PUT replaces: those of the body's model."""
        body = call.route.facts.body
        schema = Schema() if body is None or body.schema is None else body.schema
        known = self._definition.resolve(schema).properties or {}
        names = {name for name, each in known.items() if not each.is_read_only}
        return (names | {name.removesuffix("Id") for name in names}) - _SERVERS

    def forget_item(self, state: PlatformState, at: ResourcePath) -> None:
        """Delete an item, and all items and single resources below its path."""
        stored_items(state, at[:-1]).pop(at[-1], None)
        for kept in (state.jobs, state.collections, state.singles):
            below = [each for each in kept if each[: len(at)] == at]
            for place in below:
                del kept[place]
        # Numbering of ids below the path restarts, so that deleted items leave nothing in the state.
        under = f"{'/'.join(at)}/"
        for kind in [each for each in state.issued if each.startswith(under)]:
            del state.issued[kind]

    def show_record(self, call: ApiCall, entity: Schema, record: Record) -> Reply:
        """Return a response with an item, or an example if the operation returns another model."""
        schema = call.route.facts.reply_schema
        if schema is None or not are_alike(self._definition.resolve(schema), entity):
            return respond_with_example(call)
        return json_reply(conform_reply(call, schema, record))

    def make_example(self, entity: Schema) -> Record:
        """Return an example of a model, without properties that link to the next page."""
        made = example_of(self._definition, entity)
        known: Mapping[str, Json] = made if isinstance(made, Mapping) else {}
        return {name: each for name, each in known.items() if name not in WAYS_ON}

    def place_record(self, record: Record, entity: Schema, at: ResourcePath) -> Record:
        """Return a record with the id and the ``selfUri`` that follow from its path."""
        located = {**record, "id": at[-1]}
        if "selfUri" in (entity.properties or {}):
            located["selfUri"] = "/".join(at)
        return located

    def stamp_dates(
        self, call: ApiCall, entity: Schema, record: Record, names: tuple[str, ...]
    ) -> None:
        """Set a record's properties with the given names to the time of the call."""
        for name in names:
            facts = (entity.properties or {}).get(name)
            if facts is not None and facts.format == "date-time":
                record[name] = format_instant(call.now.wall)

    def complete_record(self, entity: Schema, record: Record) -> None:
        """Add the required properties that a record lacks."""
        properties = entity.properties or {}
        for name in entity.required:
            if name not in record and name in properties:
                record[name] = minimal_value(self._definition, properties[name], name)


def resource_path(template: str, arguments: Mapping[str, str]) -> ResourcePath:
    """Return the segments of a path template, with the ids filled in."""
    return tuple(
        arguments[each[1:-1]] if each.startswith("{") else each for each in template.split("/")
    )


def missing_item(state: PlatformState, template: str, identity: str) -> PlatformProblem:
    """Return the problem for an unknown item id: 410 for a deleted flow, otherwise 404."""
    if template == FLOWS:
        return missing_flow(state, identity)
    return no_such_entity(kind_of(template), identity)


def kind_of(template: str) -> str:
    """Return the name of a collection's items for error messages, such as ``queue``."""
    return template.rpartition("/")[2].strip("{}").removesuffix("s")

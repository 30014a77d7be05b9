"""Implements operations by the rules in :mod:`genesys_core.simulator.resources.rules`.

Invariants: a read returns what was written. Every operation at or below an item's path returns 404
(410 for a flow) if the item has been deleted, and 404 if its collection allows creation and the item
was never created.
Dates are derived from the time of the call, which tests control.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.handlers.generic import respond_with_example
from genesys_core.simulator.http.capacity import check_room
from genesys_core.simulator.http.exchange import ApiCall, Reply, json_reply
from genesys_core.simulator.http.problems import no_such_entity
from genesys_core.simulator.resources.body_references import check_body_references
from genesys_core.simulator.resources.bulk_answers import respond_to_bulk_command
from genesys_core.simulator.resources.field_changes import read_changes
from genesys_core.simulator.resources.job_answers import (
    read_results,
    resume_job,
    show_job,
    start_job,
    state_of,
)
from genesys_core.simulator.resources.job_states import STATE_PROPERTIES, JobStates
from genesys_core.simulator.resources.listing_styles import find_listing_style
from genesys_core.simulator.resources.listings import list_items
from genesys_core.simulator.resources.member_answers import change_members
from genesys_core.simulator.resources.pages import make_listing, read_search
from genesys_core.simulator.resources.path_references import check_references
from genesys_core.simulator.resources.rule_types import Collection, ResourceRule
from genesys_core.simulator.resources.rules import ResourceRules
from genesys_core.simulator.resources.searches import find_matches
from genesys_core.simulator.resources.seeded_listings import find_page, list_seeds
from genesys_core.simulator.resources.shapes import PathShapes
from genesys_core.simulator.resources.single_rules import find_list_property
from genesys_core.simulator.resources.store import (
    ResourcePath,
    ResourceStore,
    kind_of,
    missing_item,
    resource_path,
)
from genesys_core.simulator.resources.view_rules import view_identity
from genesys_core.simulator.state.changes import stored_items
from genesys_core.simulator.state.definition import Definition
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.world import Record

__all__ = ["EXAMPLE_HEADER", "ResourceEngine"]

EXAMPLE_HEADER: Final = ("Simulator-Answer", "example")
"""The header that marks a response as an example instead of stored state."""


class ResourceEngine:
    """Implements every operation without a handler: by a rule, or with an example.

    Args:
        definition: the API definition, from which the rules are derived.

    Attributes:
        rules: the rules that apply to the definition's operations.
        store: reads and changes the stored items and single resources.
    """

    def __init__(self, definition: Definition) -> None:
        self.rules = ResourceRules.of(definition)
        self.store = ResourceStore(definition, self.rules)

    def respond(self, call: ApiCall) -> Reply:
        """Return the response to a call, by the operation's rule or as an example.

        Raises:
            Problem: 404 for an unknown id, 409 for an outdated version or a name that is already in
                use, 400 for an invalid page.
        """
        if not call.settings.stateful:
            return respond_with_example(call)
        self.store.check_parents(call)
        rule = self.rules.find(call.route)
        seeded = list_seeds(call)
        # Tests may seed a listing for ids that do not exist.
        if seeded is None:
            check_references(self.rules, self.store, call)
        if rule is None:
            return _marked(seeded or respond_with_example(call))
        if seeded is not None and rule.action not in {"read", "results"}:
            return seeded
        if rule.collection is None:
            return self._answer_single(call, rule)
        return self._answer_rule(call, rule, rule.collection)

    def check_body(self, call: ApiCall) -> None:
        """Check that all entities referenced in a request body exist.

        Raises:
            Problem: 400 for an unknown id; 404 instead if an entity in the path does not exist.
        """
        if call.settings.stateful and call.body is not None:
            check_body_references(self.rules, self.store, call)

    def _answer_rule(self, call: ApiCall, rule: ResourceRule, collection: Collection) -> Reply:
        reply: Reply
        match rule.action:
            case "list_view" | "read_view":
                reply = self._answer_view(call, rule, collection)
            case "search":
                reply = self._answer_search(call, collection)
            case "command" | "copy":
                reply = self._answer_command(call, rule, collection)
            case "create_many" | "read_many" | "change_many" | "delete_many":
                reply = respond_to_bulk_command(self.store, call, rule, collection)
            case "add_members" | "set_members" | "change_members" | "remove_members":
                reply = change_members(self.store, call, rule, collection)
            case _ if collection.states is not None:
                reply = self._answer_job(call, rule, collection, collection.states)
            case _:
                reply = self._answer_collection(call, rule, collection)
        return reply

    def _answer_view(self, call: ApiCall, rule: ResourceRule, collection: Collection) -> Reply:
        known = self.store.known_items(call.state, collection.template, call.arguments) or {}
        if rule.action == "list_view":
            wanted = {
                name: self._caller(call) if parameter == "me" else call.arguments[parameter]
                for parameter, name in rule.filters
            }
            shown = [
                each
                for each in known.values()
                if all(_refers(each.get(name), value) for name, value in wanted.items())
            ]
            return json_reply(list_items(call, shown))
        identity = call.arguments[view_identity(collection, call.route.template)]
        record = known.get(identity)
        if record is None:
            raise missing_item(call.state, collection.template, identity)
        return self.store.show_record(call, rule.entity, record)

    def _caller(self, call: ApiCall) -> str:
        return call.user_id or ""

    def _answer_search(self, call: ApiCall, collection: Collection) -> Reply:
        known = self.store.known_items(call.state, collection.template, call.arguments) or {}
        found: list[Json] = [*find_matches(known.values(), read_search(call))]
        style = find_listing_style(call.definition, call.route.facts)
        return (
            respond_with_example(call)
            if style is None
            else json_reply(make_listing(call, style, found))
        )

    def _answer_command(self, call: ApiCall, rule: ResourceRule, collection: Collection) -> Reply:
        place = resource_path(collection.template, call.arguments)
        identity = resource_path(call.route.template, call.arguments)[len(place)]
        items = stored_items(call.state, place)
        old = items[identity]
        if rule.action == "copy":
            wanted = {**old, **call.document()}
            made = self.store.create_record(call, rule.entity, place, wanted)
            return self.store.show_record(call, rule.entity, made)
        at = (*place, identity)
        changed = self.store.change_record(call, rule.entity, at, old, call.document())
        return self.store.show_record(call, rule.entity, changed)

    def _answer_collection(
        self, call: ApiCall, rule: ResourceRule, collection: Collection
    ) -> Reply:
        place = resource_path(call.route.template, call.arguments)
        if rule.action == "create":
            return self.store.show_record(
                call,
                rule.entity,
                self.store.create_record(call, rule.entity, place, call.document()),
            )
        is_list = rule.action == "list"
        place, identity = (place, "") if is_list else (place[:-1], place[-1])
        items = self.store.items_of(call.state, collection, place)
        written = call.state.collections.get(place, {})
        if is_list:
            is_text = rule.entity.type == "string"
            members: list[Json] = [each["id"] if is_text else each for each in items.values()]
            listed = list_items(call, members)
            return _marked_unless(json_reply(listed), written or collection.is_creatable)
        at, record = (*place, identity), items.get(identity)
        # Items of rule C exist without being created; a PUT also restores one that was deleted.
        is_there = at not in call.state.deleted or rule.action == "replace"
        if record is None and collection.letter == "C" and is_there:
            record = self.store.place_record(self.store.make_example(rule.entity), rule.entity, at)
        if record is None:
            raise missing_item(call.state, collection.template, identity)
        match rule.action:
            case "read":
                shown = self.store.show_record(call, rule.entity, _with_page(call, record))
                return _marked_unless(shown, identity in written)
            case "delete":
                self.store.forget_item(call.state, at)
                # A deleted item of rule C would be an example again, so its deletion is remembered.
                if not collection.is_creatable:
                    check_room(call)
                    call.state.deleted.add(at)
                return respond_with_example(call)
            case _:
                call.state.deleted.discard(at)
                document = read_changes(record, call.document())
                changed = self.store.change_record(call, rule.entity, at, record, document)
                return self.store.show_record(call, rule.entity, changed)

    def _answer_job(
        self, call: ApiCall, rule: ResourceRule, collection: Collection, states: JobStates
    ) -> Reply:
        if rule.action == "start":
            return start_job(self.store, call, collection, states)
        at = resource_path(call.route.template, call.arguments)
        if rule.action == "results":
            return _marked(read_results(call, collection, states, _owner(collection, at)))
        if rule.action == "list":
            jobs = call.state.collections.get(at, {})
            shown = [show_job(call, collection, states, (*at, each)) for each in jobs]
            return json_reply(list_items(call, shown))
        at = _owner(collection, at)
        if at not in call.state.jobs:
            raise no_such_entity(kind_of(collection.template), at[-1])
        match rule.action:
            case "delete":
                self.store.forget_item(call.state, at)
                return respond_with_example(call)
            case "resume":
                job = resume_job(call, collection, states, at)
            case _:
                job = show_job(call, collection, states, at)
                if states.has_results(state_of(call, collection, states, at)):
                    job = _with_page(call, job)
        return self.store.show_record(call, rule.entity, job)

    def _answer_single(self, call: ApiCall, rule: ResourceRule) -> Reply:
        place = resource_path(call.route.template, call.arguments)
        stored = call.state.singles.get(place)
        if rule.action == "read_single":
            return (
                _marked(respond_with_example(call))
                if stored is None
                else self.store.show_record(call, rule.entity, stored)
            )
        if rule.action == "reset_single":
            call.state.singles.pop(place, None)
            return respond_with_example(call)
        if stored is None:
            check_room(call)
            stored = self.store.make_example(rule.entity)
        changed = self.store.apply_document(
            call, rule.entity, stored, self._single_document(call, rule)
        )
        call.state.singles[place] = changed
        return self.store.show_record(call, rule.entity, changed)

    def _single_document(self, call: ApiCall, rule: ResourceRule) -> Mapping[str, Json]:
        """Return the properties that a call writes to a single resource.

        A body that is a list replaces the property that contains the list.
        """
        shapes = PathShapes(call.definition)
        given = shapes.body(call.route)
        if given.type != "array" or not isinstance(call.body, list):
            return call.document()
        name = find_list_property(shapes, rule.entity, given) or ""
        inside = shapes.resolved((rule.entity.properties or {}).get(name, given).items)
        if inside.type == "string" or inside.properties is None:
            return {name: call.body}
        return {name: [{"id": each} if isinstance(each, str) else each for each in call.body]}


def _with_page(call: ApiCall, record: Record) -> Record:
    """Add the seeded page of results to an item that itself contains results, as some jobs do."""
    page = find_page(call)
    if not isinstance(page, Mapping):
        return record
    return {**record, **{name: each for name, each in page.items() if name not in _FIXED}}


_FIXED: Final = frozenset({"id", "selfUri", *STATE_PROPERTIES})
"""Properties of an item that a seeded response, such as a job's results, does not overwrite."""


def _refers(value: Json, identity: str) -> bool:
    """Return whether a property's value is an id, or a reference to the entity with that id."""
    return value == identity or (isinstance(value, Mapping) and value.get("id") == identity)


def _owner(collection: Collection, at: ResourcePath) -> ResourcePath:
    """Return the path of the job to which a path below it belongs."""
    return at[: len(collection.template.split("/")) + 1]


def _marked_unless(reply: Reply, is_real: object) -> Reply:
    return reply if is_real else _marked(reply)


def _marked(reply: Reply) -> Reply:
    return Reply(reply.status, reply.body, reply.content_type, (*reply.headers, EXAMPLE_HEADER))

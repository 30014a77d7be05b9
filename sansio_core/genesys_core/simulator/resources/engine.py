"""Answers operations by the rules of :mod:`genesys_core.simulator.resources.rules`.

Invariants: what was written is what is read. An id that was never created, or was deleted, is a 404
for every operation at or below it. Dates come from the call's time, so a test decides them.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.handlers.generic import respond_with_example
from genesys_core.simulator.http.exchange import ApiCall, Reply, json_reply
from genesys_core.simulator.http.problems import no_such_entity
from genesys_core.simulator.resources.job_answers import (
    read_results,
    resume_job,
    show_job,
    start_job,
)
from genesys_core.simulator.resources.job_states import JobStates
from genesys_core.simulator.resources.listings import list_items
from genesys_core.simulator.resources.rules import Collection, ResourceRule, ResourceRules
from genesys_core.simulator.resources.seeded_listings import find_page, list_seeds
from genesys_core.simulator.resources.store import (
    ResourcePath,
    ResourceStore,
    check_room,
    kind_of,
    resource_path,
)
from genesys_core.simulator.state.definition import Definition
from genesys_core.simulator.state.world import Record

__all__ = ["EXAMPLE_HEADER", "ResourceEngine"]

EXAMPLE_HEADER: Final = ("Simulator-Answer", "example")
"""The header of a response that is an example: it has no state behind it."""


class ResourceEngine:
    """Answers every operation without a handler: by a rule, or with an example.

    Args:
        definition: the definition, from which the rules are derived.

    Attributes:
        rules: the rules.
        store: what they keep.
    """

    def __init__(self, definition: Definition) -> None:
        self.rules = ResourceRules(definition)
        self.store = ResourceStore(definition, self.rules)

    def respond(self, call: ApiCall) -> Reply:
        """Answer a call.

        Raises:
            Problem: 404 for an unknown id, 409 for an outdated version or a name that is taken, 400
                for a page that cannot be.
        """
        if not call.settings.stateful:
            return respond_with_example(call)
        self.store.check_parents(call)
        rule = self.rules.find(call.route)
        if rule is None:
            return _marked(list_seeds(call) or respond_with_example(call))
        if rule.collection is None:
            return self._answer_single(call, rule)
        if rule.letter == "F":
            return self._answer_view(call, rule, rule.collection)
        if rule.collection.states is not None:
            return self._answer_job(call, rule, rule.collection, rule.collection.states)
        return self._answer_collection(call, rule, rule.collection)

    def _answer_view(self, call: ApiCall, rule: ResourceRule, collection: Collection) -> Reply:
        known = self.store.known_items(call.state, collection.template, call.arguments) or {}
        if rule.action == "list_view":
            return json_reply(list_items(call, list(known.values())))
        identity = resource_path(call.route.template, call.arguments)[-1]
        record = known.get(identity)
        if record is None:
            raise no_such_entity(kind_of(collection.template), identity)
        return self.store.show_record(call, rule.entity, record)

    def _answer_collection(
        self, call: ApiCall, rule: ResourceRule, collection: Collection
    ) -> Reply:
        place = resource_path(call.route.template, call.arguments)
        if rule.action == "create":
            return self.store.show_record(
                call, rule.entity, self.store.create_record(call, rule.entity, place)
            )
        is_list = rule.action == "list"
        place, identity = (place, "") if is_list else (place[:-1], place[-1])
        items = self.store.items_of(call.state, collection, place)
        written = call.state.collections.get(place, {})
        if is_list:
            listed = list_items(call, list(items.values()))
            return _marked_unless(json_reply(listed), written or collection.is_creatable)
        at, record = (*place, identity), items.get(identity)
        if record is None and collection.letter == "C":
            record = self.store.place_record(self.store.make_example(rule.entity), rule.entity, at)
        if record is None:
            raise no_such_entity(kind_of(collection.template), identity)
        match rule.action:
            case "read":
                shown = self.store.show_record(call, rule.entity, _with_page(call, record))
                return _marked_unless(shown, identity in written)
            case "delete":
                self.store.forget_item(call.state, at)
                return respond_with_example(call)
            case _:
                changed = self.store.change_record(call, rule.entity, at, record)
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
        if at not in call.state.jobs:
            raise no_such_entity(kind_of(collection.template), at[-1])
        match rule.action:
            case "delete":
                self.store.forget_item(call.state, at)
                return respond_with_example(call)
            case "resume":
                job = resume_job(call, collection, states, at)
            case _:
                job = _with_page(call, show_job(call, collection, states, at))
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
        if stored is None:
            check_room(call)
            stored = self.store.make_example(rule.entity)
        changed = self.store.apply_body(call, rule.entity, stored)
        call.state.singles[place] = changed
        return self.store.show_record(call, rule.entity, changed)


def _with_page(call: ApiCall, record: Record) -> Record:
    """Return an item with the seeded page of what it lists itself, such as a job with its results."""
    page = find_page(call)
    if not isinstance(page, Mapping):
        return record
    return {**record, **{name: each for name, each in page.items() if name not in _FIXED}}


_FIXED: Final = frozenset({"id", "selfUri", "state", "status"})
"""Properties of an item that a page of its own does not replace."""


def _owner(collection: Collection, at: ResourcePath) -> ResourcePath:
    """Return the path of the job above a path."""
    return at[: len(collection.template.split("/")) + 1]


def _marked_unless(reply: Reply, is_real: object) -> Reply:
    return reply if is_real else _marked(reply)


def _marked(reply: Reply) -> Reply:
    return Reply(reply.status, reply.body, reply.content_type, (*reply.headers, EXAMPLE_HEADER))

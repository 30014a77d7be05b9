"""Answers operations by the rules of :mod:`genesys_core.simulator.resources.rules`.

Invariants: what was written is what is read. An id that was never created, or was deleted, is a 404
for every operation at or below it. Dates come from the call's time, so a test decides them.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias, cast

from genesys_core.simulator.handlers.generic import respond_with_example, respond_with_last_page
from genesys_core.simulator.http.exchange import (
    ApiCall,
    Reply,
    format_instant,
    json_reply,
)
from genesys_core.simulator.http.problems import (
    PlatformProblem,
    bad_request,
    no_such_entity,
    version_conflict,
)
from genesys_core.simulator.resources.job_states import JobStates
from genesys_core.simulator.resources.listings import conform_reply, list_items
from genesys_core.simulator.resources.rules import (
    Collection,
    ResourceRule,
    ResourceRules,
    are_alike,
)
from genesys_core.simulator.resources.values import adopt_properties
from genesys_core.simulator.state.definition import Definition, Schema
from genesys_core.simulator.state.examples import example_of, minimal_value, uuid_shaped
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.world import Record, home_division, reference_of

__all__ = ["EXAMPLE_HEADER", "ResourceEngine"]

EXAMPLE_HEADER: Final = ("Simulator-Answer", "example")
"""The header of a response that is an example: it has no state behind it."""

UNIQUE_NAMES: Final = frozenset(
    {
        "/api/v2/authorization/divisions",
        "/api/v2/authorization/roles",
        "/api/v2/flows/datatables",
        "/api/v2/groups",
        "/api/v2/routing/languages",
        "/api/v2/routing/skills",
        "/api/v2/routing/wrapupcodes",
        "/api/v2/teams",
    }
)
"""Collections without two items of one name. That the answer is 409 ``general.conflict`` is a guess."""

_CREATED: Final = ("dateCreated", "createdDate", "createdAt", "dateModified", "modifiedDate")
_MODIFIED: Final = ("dateModified", "modifiedDate", "updatedAt", "dateUpdated")
_SERVERS: Final = frozenset({"id", "selfUri", "version", *_CREATED, *_MODIFIED})
"""Properties that the platform sets, whatever a caller writes."""


ResourcePath: TypeAlias = tuple[str, ...]
"""The segments of a path, decoded."""


class ResourceEngine:
    """Answers every operation without a handler: by a rule, or with an example.

    Args:
        definition: the definition, from which the rules are derived.
    """

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self.rules = ResourceRules(definition)

    def respond(self, call: ApiCall) -> Reply:
        """Answer a call.

        Raises:
            Problem: 404 for an unknown id, 409 for an outdated version or a name that is taken, 400
                for a page that cannot be.
        """
        if not call.settings.stateful:
            return respond_with_example(call)
        self._check_parents(call)
        rule = self.rules.find(call.route)
        if rule is None:
            return _marked(respond_with_example(call))
        if rule.collection is None:
            return self._answer_single(call, rule)
        if rule.letter == "F":
            return self._answer_view(call, rule, rule.collection)
        if rule.collection.states is not None and rule.action in {"start", "results"}:
            return self._answer_job(call, rule, rule.collection, rule.collection.states)
        return self._answer_collection(call, rule, rule.collection)

    def _check_parents(self, call: ApiCall) -> None:
        for owner, item in self.rules.parents(call.route.template):
            known = self._known_ids(call.state, owner, call.arguments)
            identity = call.arguments[item.rpartition("/")[2].strip("{}")]
            if known is not None and identity not in known:
                raise no_such_entity(_kind(owner), identity)

    def _known_ids(
        self, state: PlatformState, owner: str, arguments: Mapping[str, str]
    ) -> Mapping[str, Record] | None:
        """Return the items of a collection by id, or ``None`` if any id may exist."""
        match owner:
            case "/api/v2/users":
                return state.users
            case "/api/v2/routing/queues":
                return state.queues
            case _:
                found = self.rules.collection(owner)
                if found is None or not found.is_creatable:
                    return None
                return state.collections.get(_place(owner, arguments), {})

    def _answer_view(self, call: ApiCall, rule: ResourceRule, collection: Collection) -> Reply:
        known = self._known_ids(call.state, collection.template, call.arguments) or {}
        if rule.action == "list_view":
            return json_reply(list_items(call, list(known.values()), collection.listing or ""))
        identity = _place(call.route.template, call.arguments)[-1]
        record = known.get(identity)
        if record is None:
            raise no_such_entity(_kind(collection.template), identity)
        return self._show(call, rule.entity, record)

    def _answer_collection(
        self, call: ApiCall, rule: ResourceRule, collection: Collection
    ) -> Reply:
        place = _place(call.route.template, call.arguments)
        if rule.action == "create":
            return self._create(call, rule, place)
        is_list = rule.action == "list"
        place, identity = (place, "") if is_list else (place[:-1], place[-1])
        items = self._items(call, collection, place)
        written = call.state.collections.get(place, {})
        if is_list:
            listed = list_items(call, list(items.values()), collection.listing or "")
            return _marked_unless(json_reply(listed), written or collection.is_creatable)
        at, record = (*place, identity), items.get(identity)
        if record is None and collection.letter == "C":
            record = self._located(self._example(rule.entity), rule.entity, at)
        if record is None:
            raise no_such_entity(_kind(collection.template), identity)
        match rule.action:
            case "read":
                return _marked_unless(self._show(call, rule.entity, record), identity in written)
            case "delete":
                _forget(call.state, at)
                return respond_with_example(call)
            case _:
                return self._update(call, rule, at, record)

    def _items(
        self, call: ApiCall, collection: Collection, place: ResourcePath
    ) -> Mapping[str, Record]:
        state = call.state
        stored = state.collections.get(place, {})
        states = collection.states
        if states is not None:
            return {
                each: {**job, states.name: _job_state(call, collection, states, (*place, each))}
                for each, job in stored.items()
            }
        if stored or collection.is_creatable:
            return stored
        identity = uuid_shaped(state.seed, *place)
        seed = self._example(collection.entity)
        return {identity: self._located(seed, collection.entity, (*place, identity))}

    def _create(self, call: ApiCall, rule: ResourceRule, place: ResourcePath) -> Reply:
        entity, state = rule.entity, call.state
        given = adopt_properties(self._definition, entity, call.document())
        _check_name(call.route.template, given, state.collections.get(place, {}), "")
        _check_room(call)
        identity = state.new_id("/".join(place))
        record: Record = {
            name: value
            for name, value in given.items()
            if value is not None and name not in _SERVERS
        }
        properties = entity.properties or {}
        if "division" in properties and "division" not in record:
            home = reference_of(home_division(state.seed))
            record |= adopt_properties(self._definition, entity, {"division": home})
        self._stamp(call, entity, record, _CREATED)
        if "version" in properties:
            record["version"] = 1 if properties["version"].type == "integer" else "1"
        record = self._located(record, entity, (*place, identity))
        self._complete(entity, record)
        state.collections.setdefault(place, {})[identity] = record
        return self._show(call, entity, record)

    def _answer_job(
        self, call: ApiCall, rule: ResourceRule, collection: Collection, states: JobStates
    ) -> Reply:
        place = _place(call.route.template, call.arguments)
        if rule.action == "start":
            return self._start_job(call, collection, states, place)
        if _job_state(call, collection, states, place[:-1]) != states.success:
            # What the platform replies before the end is not documented: a guess.
            raise no_such_entity("result", place[-2])
        return _marked(respond_with_last_page(call))

    def _start_job(
        self, call: ApiCall, collection: Collection, states: JobStates, place: ResourcePath
    ) -> Reply:
        _check_room(call)
        state, entity = call.state, collection.entity
        identity = state.new_id("/".join(place))
        at = (*place, identity)
        given = adopt_properties(self._definition, entity, call.document())
        job = self._example(entity) | {k: v for k, v in given.items() if v is not None}
        job |= dict.fromkeys({"id", collection.identity} & set(entity.properties or {}), identity)
        self._stamp(call, entity, job, _CREATED)
        if "selfUri" in (entity.properties or {}):
            job["selfUri"] = "/".join(at)
        state.collections.setdefault(place, {})[identity] = job
        state.jobs_started[at] = call.now.monotonic
        schema = call.route.facts.reply_schema or Schema()
        shown = {**job, collection.identity: identity, states.name: states.waiting}
        reply = {name: shown.get(name, each) for name, each in self._example(schema).items()}
        return json_reply(conform_reply(call, schema, reply))

    def _update(self, call: ApiCall, rule: ResourceRule, at: ResourcePath, old: Record) -> Reply:
        place, identity = at[:-1], at[-1]
        stored = call.state.collections.get(place, {})
        changed = self._changed(call, rule, old)
        _check_name("/".join(place), changed, stored, identity)
        if identity not in stored:
            _check_room(call)
        changed = self._located(changed, rule.entity, at)
        call.state.collections.setdefault(place, {})[identity] = changed
        return self._show(call, rule.entity, changed)

    def _changed(self, call: ApiCall, rule: ResourceRule, old: Record) -> Record:
        given, current = _given_version(call.body), old.get("version")
        if given is not None and current is not None and str(given) != str(current):
            raise version_conflict(_kind(call.route.template), call.path, given, current)
        adopted = adopt_properties(self._definition, rule.entity, call.document())
        new = {name: value for name, value in adopted.items() if name not in _SERVERS}
        kept = old
        if call.route.method == "PUT":
            replaced = self._writable(call)
            kept = {name: old[name] for name in old if name not in replaced}
        record: Record = {
            name: value for name, value in {**kept, **new}.items() if value is not None
        }
        self._stamp(call, rule.entity, record, _MODIFIED)
        if type(current) is int:
            record["version"] = current + 1
        elif isinstance(current, str) and current.isdecimal():
            record["version"] = str(int(current) + 1)
        self._complete(rule.entity, record)
        return record

    def _writable(self, call: ApiCall) -> set[str]:
        """Return the properties that a PUT replaces: those of its body."""
        body = call.route.facts.body
        schema = Schema() if body is None or body.schema is None else body.schema
        known = self._definition.resolve(schema).properties or {}
        names = {name for name, each in known.items() if not each.is_read_only}
        return (names | {name.removesuffix("Id") for name in names}) - _SERVERS

    def _answer_single(self, call: ApiCall, rule: ResourceRule) -> Reply:
        place = _place(call.route.template, call.arguments)
        stored = call.state.singles.get(place)
        if rule.action == "read_single":
            return (
                _marked(respond_with_example(call))
                if stored is None
                else self._show(call, rule.entity, stored)
            )
        if stored is None:
            _check_room(call)
            stored = self._example(rule.entity)
        changed = self._changed(call, rule, stored)
        call.state.singles[place] = changed
        return self._show(call, rule.entity, changed)

    def _show(self, call: ApiCall, entity: Schema, record: Record) -> Reply:
        schema = call.route.facts.reply_schema
        if schema is None or not are_alike(self._definition.resolve(schema), entity):
            return respond_with_example(call)
        return json_reply(conform_reply(call, schema, record))

    def _example(self, entity: Schema) -> Record:
        made = example_of(self._definition, entity)
        return dict(made) if isinstance(made, Mapping) else {}

    def _located(self, record: Record, entity: Schema, at: ResourcePath) -> Record:
        located = {**record, "id": at[-1]}
        if "selfUri" in (entity.properties or {}):
            located["selfUri"] = "/".join(at)
        return located

    def _stamp(self, call: ApiCall, entity: Schema, record: Record, names: tuple[str, ...]) -> None:
        for name in names:
            facts = (entity.properties or {}).get(name)
            if facts is not None and facts.format == "date-time":
                record[name] = format_instant(call.now.wall)

    def _complete(self, entity: Schema, record: Record) -> None:
        properties = entity.properties or {}
        for name in entity.required:
            if name not in record and name in properties:
                record[name] = minimal_value(self._definition, properties[name], name)


def _marked_unless(reply: Reply, is_real: object) -> Reply:
    return reply if is_real else _marked(reply)


def _marked(reply: Reply) -> Reply:
    return Reply(reply.status, reply.body, reply.content_type, (*reply.headers, EXAMPLE_HEADER))


def _place(template: str, arguments: Mapping[str, str]) -> ResourcePath:
    """Return the segments of a path, with the ids in their places."""
    return tuple(
        arguments[each[1:-1]] if each.startswith("{") else each for each in template.split("/")
    )


def _job_state(call: ApiCall, collection: Collection, states: JobStates, at: ResourcePath) -> str:
    seconds = call.now.monotonic - call.state.jobs_started[at]
    fails = collection.template in call.state.failing_jobs
    return states.state_after(seconds, call.settings.job_duration, fails=fails)


def _forget(state: PlatformState, at: ResourcePath) -> None:
    """Delete an item, and everything below it."""
    state.collections.get(at[:-1], {}).pop(at[-1], None)
    for place in [each for each in state.jobs_started if each[: len(at)] == at]:
        del state.jobs_started[place]
    for place in [each for each in state.collections if each[: len(at)] == at]:
        del state.collections[place]
    for place in [each for each in state.singles if each[: len(at)] == at]:
        del state.singles[place]


def _kind(template: str) -> str:
    return template.rpartition("/")[2].strip("{}").removesuffix("s")


def _check_name(template: str, given: Record, items: Mapping[str, Record], identity: str) -> None:
    if template not in UNIQUE_NAMES:
        return
    name = str(given.get("name") or "").casefold()
    for each in items.values():
        if each["id"] != identity and name == str(each.get("name") or "").casefold():
            message = f"A {_kind(template)} with the name [{given.get('name')}] exists already."
            raise PlatformProblem(409, "general.conflict", message)


def _check_room(call: ApiCall) -> None:
    held = sum(map(len, call.state.collections.values())) + len(call.state.singles)
    if held >= call.settings.max_items:
        raise bad_request(f"The simulator holds at most {call.settings.max_items} items.")


def _given_version(body: object) -> object:
    return cast(Mapping[str, object], body).get("version") if isinstance(body, Mapping) else None

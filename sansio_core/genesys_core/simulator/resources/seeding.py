"""Creates the items of listings, for tests.

Invariants: seeded items differ in their ids, names and dates. They are stored in the listing's
collection or, if the listing has no collection, for this listing only. Missing parent resources are
created.
"""

from collections.abc import Mapping, Sequence
from typing import Final, cast
from urllib.parse import parse_qsl

from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.simulator.http.exchange import format_instant
from genesys_core.simulator.resources.job_answers import place_job
from genesys_core.simulator.resources.listing_styles import find_listing_style
from genesys_core.simulator.resources.path_references import CONVERSATIONS, list_references
from genesys_core.simulator.resources.rule_types import Collection
from genesys_core.simulator.resources.rules import ResourceRules
from genesys_core.simulator.resources.shapes import is_placeholder
from genesys_core.simulator.resources.store import ResourcePath, ResourceStore, resource_path
from genesys_core.simulator.state.definition import Definition, OperationFacts, Schema
from genesys_core.simulator.state.examples import Json, example_of, uuid_shaped
from genesys_core.simulator.state.jobs import JobRun
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.routes import ServedRoute
from genesys_core.simulator.state.timeline import ConversationTimeline
from genesys_core.simulator.state.world import Record

__all__ = ["Seeding"]


class Seeding:
    """Adds example items to listings, and starts jobs, for tests.

    Args:
        definition: the API definition.
        rules: the definition's rules.
        store: reads and changes the stored items.
    """

    def __init__(self, definition: Definition, rules: ResourceRules, store: ResourceStore) -> None:
        self._definition = definition
        self._rules = rules
        self._store = store

    def fill_listing(
        self, state: PlatformState, method: str, target: str, count: int
    ) -> Sequence[Json]:
        """Add items to a listing and return them; see :meth:`Simulator.seed_items`.

        Raises:
            InvalidValueError: there is no such listing.
        """
        path, _, query = target.partition("?")
        found = self._definition.routes.find(path)
        route = None if found is None else found.routes.get(method)
        if found is None or route is None:
            raise InvalidValueError(f"{method} {path}: the definition has no such operation")
        style = find_listing_style(self._definition, route.facts)
        if style is None:
            raise InvalidValueError(f"{method} {path}: the operation is not a listing")
        arguments = found.arguments(route)
        if any("{" in each for each in arguments.values()):
            stored = None
        else:
            self._create_parents(state, route, arguments)
            stored = self._stored(state, route, arguments)
        base = tuple(path.split("/")) if stored is None else stored[0]
        items = state.listings.setdefault((method, path), []) if stored is None else stored[1]
        rule = self._rules.find(route)
        item = style.item if stored is None or rule is None else rule.entity
        first = len(items) + 1
        made = [
            self._make(state, item, base, number, dict(parse_qsl(query)))
            for number in range(first, first + count)
        ]
        if isinstance(items, list):
            items.extend(made)
            return made
        wanted = self._referred(state, route, arguments)
        records = [{**each, **wanted} for each in cast(list[Record], made)]
        items.update({str(each["id"]): each for each in records})
        self._end_jobs(state, route, base, items)
        return records

    def start_job(
        self, state: PlatformState, path: str, *, now: Now
    ) -> tuple[ResourcePath, Collection]:
        """Start a job without a request; return the segments of its path, and the job's collection.

        See :meth:`Simulator.start_job`.

        Raises:
            InvalidValueError: there are no jobs at the path.
        """
        for target in (f"{path}/x", f"{path}/x/results"):
            found = self._definition.routes.find(target)
            route = None if found is None else found.routes.get("GET")
            rule = None if route is None else self._rules.find(route)
            if found and route and rule and rule.collection and rule.collection.states:
                arguments = found.arguments(route)
                jobs = rule.collection.template
                above = [each for each in self._rules.parents(route.template) if each[0] != jobs]
                self._create_above(state, route, arguments, above)
                place = resource_path(jobs, arguments)
                run = JobRun(now.monotonic)
                identity = place_job(self._store, state, rule.collection, place, run)
                return (*place, identity), rule.collection
        raise InvalidValueError(f"{path}: the definition has no jobs at this path")

    def _referred(
        self, state: PlatformState, route: ServedRoute[OperationFacts], arguments: Mapping[str, str]
    ) -> Record:
        """Return the references that items need in order to be in a view."""
        rule = self._rules.find(route)
        referred: Record = {}
        for parameter, name in () if rule is None else rule.filters:
            known = {} if rule is None else rule.entity.properties or {}
            value = arguments.get(parameter) or next(iter(state.users), "")  # "me"
            is_text = known.get(name, Schema()).type == "string"
            referred[name] = value if is_text else {"id": value}
        return referred

    def _create_parents(
        self,
        state: PlatformState,
        route: ServedRoute[OperationFacts],
        arguments: Mapping[str, str],
    ) -> None:
        above = [*self._rules.parents(route.template)]
        rule = self._rules.find(route)
        is_item = is_placeholder(route.template.rpartition("/")[2])
        if is_item and rule is not None and rule.collection is not None and rule.action == "read":
            above.insert(0, (rule.collection.template, route.template))
        self._create_above(state, route, arguments, above)

    def _create_above(
        self,
        state: PlatformState,
        route: ServedRoute[OperationFacts],
        arguments: Mapping[str, str],
        above: Sequence[tuple[str, str]],
    ) -> None:
        for owner, item in reversed(above):  # the outermost first
            self._create_item(state, owner, resource_path(item, arguments), arguments)
        for name, target in list_references(self._rules, route.template):
            identity = arguments[name]
            if target == CONVERSATIONS:
                over = ConversationTimeline(identity, "voice", "inbound", started=0, ended=0)
                state.contact_center.conversations.setdefault(identity, over)
            else:
                self._create_item(state, target, (*target.split("/"), identity), {})

    def _create_item(
        self, state: PlatformState, owner: str, at: ResourcePath, arguments: Mapping[str, str]
    ) -> None:
        """Create an example item at a path, unless it exists or cannot be created."""
        known = self._store.known_items(state, owner, arguments)
        collection = self._rules.collection(owner)
        if known is not None and collection is not None and at[-1] not in known:
            made = self._store.make_example(collection.entity)
            known[at[-1]] = self._store.place_record(made, collection.entity, at)
            if collection.states is not None:
                state.jobs[at] = JobRun(started=0, ended=collection.states.success)

    def _stored(
        self,
        state: PlatformState,
        route: ServedRoute[OperationFacts],
        arguments: Mapping[str, str],
    ) -> tuple[ResourcePath, dict[str, Record]] | None:
        """Return the path and items of a listing's collection; ``None`` if it has none."""
        rule = self._rules.find(route)
        if rule is None or rule.collection is None or rule.action not in _LISTS:
            return None
        if rule.collection.template in SHOWN_ELSEWHERE:
            return None
        if rule.letter == "E":  # members may lack ids, by which collections are keyed
            return None
        template = rule.collection.template
        known = self._store.known_items(state, template, arguments)
        at = resource_path(template, arguments)
        return at, state.collections.setdefault(at, {}) if known is None else known

    def _end_jobs(
        self,
        state: PlatformState,
        route: ServedRoute[OperationFacts],
        base: ResourcePath,
        items: Mapping[str, Record],
    ) -> None:
        """Mark the jobs among the items as ended with success."""
        rule = self._rules.find(route)
        states = None if rule is None or rule.collection is None else rule.collection.states
        if states is not None:
            for identity in items:
                state.jobs.setdefault((*base, identity), JobRun(started=0, ended=states.success))

    def _make(
        self,
        state: PlatformState,
        item: Schema,
        base: Sequence[str],
        number: int,
        wanted: Mapping[str, Json],
    ) -> Json:
        made = example_of(self._definition, item)
        if isinstance(made, str):
            return f"{made} {number:03d}"
        if not isinstance(made, Mapping):
            return number if type(made) is int else made
        identity = uuid_shaped(state.seed, *base, number, "seeded")
        properties = self._definition.resolve(item).properties or {}
        record: Record = dict(made)
        for name, facts in properties.items():
            if facts.format == "date-time":
                record[name] = format_instant(_FIRST_DATE + number)
            elif _is_free(facts) and name in wanted and name != "id":
                record[name] = wanted[name]
            elif _is_free(facts) and (name == "id" or name.endswith("Id")):
                record[name] = identity
            elif _is_free(facts) and name in _NAMES:
                record[name] = f"{record[name]} {number:03d}"
        if _is_free(properties.get("email", Schema())):
            record["email"] = f"{identity}@example.com"
        if "selfUri" in record:
            record["selfUri"] = "/".join([*base, identity])
        return record


SHOWN_ELSEWHERE: Final = frozenset(
    {
        "/api/v2/scim/groups",
        "/api/v2/scim/users",
        "/api/v2/scim/v2/groups",
        "/api/v2/scim/v2/users",
    }
)
"""The paths of collections that show another collection's items: SCIM users and groups."""

_LISTS: Final = frozenset({"list", "list_view"})
"""The actions of operations that list a collection's items."""

_FIRST_DATE: Final = 1_700_000_000
"""The base of seeded items' dates, in seconds since 1970-01-01 UTC: item n is dated n seconds later."""

_NAMES: Final = frozenset({"name", "title", "label", "displayName", "body", "value", "word"})


def _is_free(facts: Schema) -> bool:
    """Return whether a property may have any text."""
    return facts.type == "string" and facts.enum is None and facts.format is None

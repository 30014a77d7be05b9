"""The rules for which state an operation reads or changes, derived from the definition.

Invariants: the rules depend on the definition alone, and are evaluated for a path when it is first
asked for. A path that no rule fits has no state.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

from msgspec import Struct, structs

from genesys_core.simulator.resources.job_states import JobStates, find_job_states
from genesys_core.simulator.state.definition import Definition, OperationFacts, Schema
from genesys_core.simulator.state.routes import ServedRoute

__all__ = [
    "EXAMPLES_ONLY",
    "RULES",
    "Collection",
    "ResourceAction",
    "ResourceRule",
    "ResourceRules",
    "are_alike",
]

ResourceAction: TypeAlias = Literal[
    "list",
    "create",
    "read",
    "replace",
    "merge",
    "delete",
    "read_single",
    "write_single",
    "start",
    "resume",
    "results",
    "list_view",
    "read_view",
]
"""What an operation does with a collection or a single resource."""

RULES: Final[Mapping[str, str]] = {
    "A": "a collection whose items are created, read and deleted",
    "B": "the same, below a parent",
    "C": "items that are written but not created: an example until written",
    "D": "a single resource: an example until written",
    "F": "a view of another collection, such as its division view",
    "H": "jobs, which pass through their states with time",
    "S": "a read-only collection with one item",
}
"""The rules by letter."""

EXAMPLES_ONLY: Final = frozenset(
    {
        "activation",  # a command with a result
        "bulk",  # commands over many things
        "downloads",
        "executions",
        "exports",
        "imports",
        "jobs",  # they have states that change with time
        "query",
        "queries",
        "search",
        "uploads",
        "validate",
    }
)
"""Path segments of commands and computations, which look like resources but are none."""

_JOBS: Final = frozenset(
    {"batchrequests", "exports", "imports", "jobs", "publishjobs", "query", "uploads"}
)
"""The last path segment of collections of jobs."""

ALIKE: Final = 0.6
"""The share of the properties of two models from which on they describe the same thing."""

_PLACEHOLDER: Final = re.compile(r"\{[^}]*\}")

_Routes: TypeAlias = Mapping[str, ServedRoute[OperationFacts]]


class Collection(Struct, frozen=True):
    """A collection, its items at ``{template}/{id}``.

    Attributes:
        template: the path of the collection.
        letter: the rule that found it, of :data:`RULES`.
        entity: the model of an item.
        listing: the property of the listing that has the items; ``None`` if the listing is an array
            or not stateful.
        operations: what each method of the collection and of an item does, keyed by ``("", method)``
            and ``("item", method)``.
        identity: the property of the reply to a create that has the new id.
        states: the states of jobs; ``None`` for everything else.
    """

    template: str
    letter: str
    entity: Schema
    listing: str | None
    operations: Mapping[tuple[str, str], ResourceAction]
    identity: str = "id"
    states: JobStates | None = None

    @property
    def is_creatable(self) -> bool:
        """Whether items can be created, so that there are none but those."""
        return self.letter in {"A", "B", "H"}


class ResourceRule(Struct, frozen=True):
    """What one operation does.

    Attributes:
        letter: of :data:`RULES`.
        action: what it does.
        collection: the collection, or ``None`` for a single resource.
        entity: the model of the item or resource.
    """

    letter: str
    action: ResourceAction
    collection: Collection | None
    entity: Schema


class ResourceRules:
    """The rules of a definition.

    Args:
        definition: the definition.
    """

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._collections: dict[str, Collection | None] = {}

    def find(self, route: ServedRoute[OperationFacts]) -> ResourceRule | None:
        """Return the rule of an operation, or ``None`` if it has no state."""
        method = "GET" if route.method == "HEAD" else route.method
        view = self._view(route) if method == "GET" else None
        if view is not None:
            return view
        owner, _, last = route.template.rpartition("/")
        is_item = _PLACEHOLDER.fullmatch(last) is not None
        known = self.collection(owner if is_item else route.template)
        if known is not None:
            action = known.operations.get(("item" if is_item else "", method))
            return (
                None if action is None else ResourceRule(known.letter, action, known, known.entity)
            )
        if is_item:
            return None
        return self._results(owner, method) or self._single(route.template, method)

    def collection(self, template: str) -> Collection | None:
        """Return the collection at a path, or ``None`` if there is none with state."""
        key = _PLACEHOLDER.sub("{}", template)
        if key not in self._collections:
            self._collections[key] = self._derive(key)
        return self._collections[key]

    def parents(self, template: str) -> Iterator[tuple[str, str]]:
        """Yield the path of each collection above, and the path of its item."""
        owner = template
        while (at := owner.rfind("/{")) >= 0:
            item = template[: template.index("}", at) + 1]
            owner = template[:at]
            if item != template:
                yield owner, item

    def _view(self, route: ServedRoute[OperationFacts]) -> ResourceRule | None:
        base, view, rest = route.template.partition("/divisionviews")
        owner = self.collection(base) if view else None
        if owner is None or not owner.is_creatable:
            return None
        if _PLACEHOLDER.fullmatch(rest.removeprefix("/")):
            return ResourceRule("F", "read_view", owner, owner.entity)
        listing = self._listing(route, owner.entity) if rest in {"", "/all"} else None
        if listing is None:
            return None
        owner = structs.replace(owner, letter="F", listing=listing or None)
        return ResourceRule("F", "list_view", owner, owner.entity)

    def _results(self, owner: str, method: str) -> ResourceRule | None:
        """Return the rule of what is read below a job."""
        if method != "GET":
            return None
        for above, _ in self.parents(f"{owner}/"):
            job = self.collection(above)
            if job is not None and job.states is not None:
                return ResourceRule(job.letter, "results", job, job.entity)
        return None

    def _derive(self, key: str) -> Collection | None:
        if key.rpartition("/")[2] in _JOBS:
            return self._derive_jobs(key)
        top, item = self._routes(key), self._routes(f"{key}/{{}}")
        read = item.get("GET")
        if read is None or _is_excluded(key):
            return None
        entity = self._resolved(read.facts.reply_schema)
        if not _has_id(entity) or not _is_plain_text(read):
            return None
        operations: dict[tuple[str, str], ResourceAction] = {("item", "GET"): "read"}
        listing = self._listing(top.get("GET"), entity)
        if listing is not None:
            operations["", "GET"] = "list"
        if self._creates(top.get("POST"), entity):
            operations["", "POST"] = "create"
        for method, action in _WRITES.items():
            if method in item and self._writes(item[method]):
                operations["item", method] = action
        letter = _letter(key, operations)
        if letter is None:
            return None
        template = next(iter(item.values())).template.rpartition("/")[0]
        return Collection(template, letter, entity, listing or None, operations)

    def _derive_jobs(self, key: str) -> Collection | None:
        top, item = self._routes(key), self._routes(f"{key}/{{}}")
        start, read = top.get("POST"), item.get("GET")
        if start is None or read is None:
            return None
        entity = self._resolved(read.facts.reply_schema)
        writes = [each for each in ("PUT", "PATCH") if each in item]
        states = find_job_states(entity, is_writable=bool(writes))
        parameter = read.template.rpartition("/")[2].strip("{}")
        started = self._resolved(start.facts.reply_schema).properties or {}
        identity = next((each for each in ("id", "jobId", parameter) if each in started), None)
        if states is None or identity is None:
            return None
        operations: dict[tuple[str, str], ResourceAction] = {
            ("", "POST"): "start",
            ("item", "GET"): "read",
        }
        if "DELETE" in item:
            operations["item", "DELETE"] = "delete"
        operations |= {("item", each): "resume" for each in writes}
        listing = self._listing(top.get("GET"), entity)
        if listing is not None:
            operations["", "GET"] = "list"
        template = read.template.rpartition("/")[0]
        return Collection(template, "H", entity, listing or None, operations, identity, states)

    def _single(self, template: str, method: str) -> ResourceRule | None:
        routes = self._routes(_PLACEHOLDER.sub("{}", template))
        read = routes.get("GET")
        writes = [routes[each] for each in ("PUT", "PATCH") if each in routes]
        if read is None or not writes or "POST" in routes or _is_excluded(template):
            return None
        entity = self._resolved(read.facts.reply_schema)
        if not entity.properties or self._items_of(entity) is not None:
            return None
        if not all(self._is_single_write(each, entity) for each in writes):
            return None
        match method:
            case "GET":
                return ResourceRule("D", "read_single", None, entity)
            case "PUT" | "PATCH":
                return ResourceRule("D", "write_single", None, entity)
            case _:
                return None

    def _is_single_write(self, route: ServedRoute[OperationFacts], entity: Schema) -> bool:
        body = route.facts.body
        given = self._resolved(None if body is None else body.schema)
        reply = self._resolved(route.facts.reply_schema)
        return are_alike(given, entity) and (not reply.properties or are_alike(reply, entity))

    def _routes(self, key: str) -> _Routes:
        found = self._definition.routes.find(key)
        if found is None:
            return {}
        return {
            method: route
            for method, route in found.routes.items()
            if _PLACEHOLDER.sub("{}", route.template) == key
        }

    def _resolved(self, schema: Schema | None) -> Schema:
        return Schema() if schema is None else self._definition.resolve(schema)

    def _listing(self, route: ServedRoute[OperationFacts] | None, entity: Schema) -> str | None:
        """Return the property with the items; empty if the reply is the array itself."""
        if route is None:
            return None
        reply = self._resolved(route.facts.reply_schema)
        if reply.type == "array" and reply.items is not None:
            return "" if are_alike(self._resolved(reply.items), entity) else None
        found = self._items_of(reply)
        if found is None or not are_alike(found[1], entity):
            return None
        return found[0]

    def _items_of(self, reply: Schema) -> tuple[str, Schema] | None:
        for name in _LISTS:
            facts = (reply.properties or {}).get(name)
            if facts is not None and facts.type == "array" and facts.items is not None:
                return name, self._resolved(facts.items)
        return None

    def _creates(self, route: ServedRoute[OperationFacts] | None, entity: Schema) -> bool:
        return (
            route is not None
            and self._writes(route)
            and are_alike(self._resolved(route.facts.reply_schema), entity)
        )

    def _writes(self, route: ServedRoute[OperationFacts]) -> bool:
        """Return whether the body, if there is one, describes a single thing."""
        body = route.facts.body
        if body is None:
            return route.method in {"DELETE", "POST"}
        return bool(self._resolved(body.schema).properties)


_LISTS: Final = ("entities", "results", "items", "conversations")
"""Names of the property of a listing that has the items."""

_WRITES: Final[Mapping[str, ResourceAction]] = {
    "PUT": "replace",
    "PATCH": "merge",
    "DELETE": "delete",
}


def _letter(key: str, operations: Mapping[tuple[str, str], ResourceAction]) -> str | None:
    actions = set(operations.values())
    if "create" in actions:
        return "B" if "{}" in key else "A"
    if actions & {"replace", "merge"}:
        return "C"
    return "S" if "list" in actions and "delete" not in actions else None


def _is_excluded(template: str) -> bool:
    return not EXAMPLES_ONLY.isdisjoint(template.split("/"))


def _has_id(entity: Schema) -> bool:
    identity = (entity.properties or {}).get("id")
    return identity is not None and identity.type == "string"


def _is_plain_text(item: ServedRoute[OperationFacts]) -> bool:
    """Return whether the item's path ends in a text, not in a number or a date.

    Conversations are none of these collections: commands change them, which no rule describes.
    """
    name = item.template.rpartition("/")[2].strip("{}")
    return name != "conversationId" and all(
        each.type == "string" and each.format in {None, "uuid"}
        for each in item.facts.parameters
        if each.name == name and each.location == "path"
    )


def are_alike(one: Schema, other: Schema) -> bool:
    """Return whether two models describe the same thing: most properties of the smaller are shared."""
    if one is other:
        return True
    names, known = set(one.properties or ()), set(other.properties or ())
    smaller = min(len(names), len(known))
    return smaller > 0 and len(names & known) >= ALIKE * smaller

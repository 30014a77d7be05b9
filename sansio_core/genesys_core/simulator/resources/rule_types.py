"""Types of operation rules, which describe the state that an operation reads or changes.

Invariants: two models describe the same resource if they share most properties of the smaller one.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from genesys_core.simulator.resources.job_states import JobStates
from genesys_core.simulator.state.definition import Schema

__all__ = ["RULES", "Collection", "ResourceAction", "ResourceRule", "are_alike"]

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
    "reset_single",
    "add_members",
    "set_members",
    "change_members",
    "remove_members",
    "search",
    "command",
    "copy",
    "create_many",
    "read_many",
    "change_many",
    "delete_many",
]
"""The actions that an operation can perform on a collection, its items or a single resource."""

RULES: Final[Mapping[str, str]] = {
    "A": "a collection whose items are created, read and deleted",
    "B": "a collection below a parent, whose items are created, read and deleted",
    "C": "items that exist without being created, with example values until the first write",
    "D": "a single resource, with example values until the first write",
    "E": "a list of members, which are added, replaced and removed",
    "F": "a view of another collection, such as its division view",
    "G": "a search of another collection",
    "H": "jobs, whose state changes with time",
    "I": "a command on an item that returns the item",
    "M": "a command on many items of a collection",
    "S": "a read-only collection with one example item",
}
"""A description of each rule, by the rule's letter."""

ALIKE: Final = 0.6
"""The minimum share of common properties of two models that describe the same resource."""


class Collection(Struct, frozen=True):
    """A collection of items, each at the path ``{template}/{id}``.

    Attributes:
        template: the path template of the collection.
        letter: the rule's letter in :data:`RULES`.
        entity: the model of the collection's items.
        operations: the action of each HTTP method on the collection, by ``("", method)``, and on an
            item, by ``("item", method)``.
        states: the states of the jobs in the collection; ``None`` if the items are not jobs.
        template_parameter: the name of the path parameter that contains a job's id.
    """

    template: str
    letter: str
    entity: Schema
    operations: Mapping[tuple[str, str], ResourceAction]
    states: JobStates | None = None
    template_parameter: str = ""

    @property
    def is_creatable(self) -> bool:
        """Whether callers can create items; if so, a request for an unknown id gets a 404."""
        return self.letter in {"A", "B", "E", "H"}


class ResourceRule(Struct, frozen=True):
    """The rule of one operation, which determines the operation's effect.

    Attributes:
        letter: the rule's letter in :data:`RULES`.
        action: what the operation does with the collection, its item or the single resource.
        collection: the collection to which the rule applies; ``None`` for a single resource.
        entity: the model of the collection's items, or of the single resource.
        filters: the path parameters that filter a view, each with the item property that must equal
            the parameter.
    """

    letter: str
    action: ResourceAction
    collection: Collection | None
    entity: Schema
    filters: tuple[tuple[str, str], ...] = ()


def are_alike(one: Schema, other: Schema) -> bool:
    """Return whether two models share most properties of the smaller one."""
    if one is other:
        return True
    names, known = set(one.properties or ()), set(other.properties or ())
    smaller = min(len(names), len(known))
    return smaller > 0 and len(names & known) >= ALIKE * smaller

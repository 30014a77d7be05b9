"""Changes to individual fields of external contacts: ``{"changes": [{"field": ...}]}``.

Invariants: only a body with such a list is interpreted this way. An action that does not apply
changes nothing.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.state.examples import Json

__all__ = ["read_changes"]

_FIELDS: Final = frozenset({"action", "field"})


def read_changes(old: Mapping[str, Json], document: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return the changed properties of an item: the body itself, or those in its ``changes``.

    Args:
        old: the item before the change.
        document: the request body.
    """
    changes = document.get("changes")
    if set(document) != {"changes"} or not isinstance(changes, list):
        return document
    changed: dict[str, Json] = {}
    for each in changes:
        if isinstance(each, Mapping) and set(each) >= _FIELDS:
            name = str(each["field"])
            present = changed.get(name, old.get(name))
            changed[name] = _change(str(each["action"]), present, each.get("value"))
    return changed


def _change(action: str, present: Json, value: Json) -> Json:
    """Return a property's value after a change; ``None`` removes the property."""
    items = list(present) if isinstance(present, list) else []
    match action:
        case "Update":
            return value
        case "UpdateIfEmpty":
            return present or value
        case "UpdateIfExists":
            return present and value
        case "AppendToCollection":
            return [*items, value]
        case "RemoveFromCollection":
            return [each for each in items if each != value]
        case _:  # Remove
            return None

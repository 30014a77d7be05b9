"""Edits of a small definition that each cause one known change, whatever the others do."""

from typing import Any, NamedTuple

from tests.strategies.definition_changes import KINDS, Json, base

__all__ = ["EDITS", "Edit"]


class Edit(NamedTuple):
    """An edit of one place, and the change that it must be reported as."""

    name: str
    target: str
    """What it touches; a script has one edit of each target."""
    place: str
    rule: str

    def apply(self, document: Json) -> None:
        KINDS[self.name].edit(document)


def _touched(name: str) -> str:
    """Return the first place at which an edit changes the definition."""
    old, new = base(), base()
    KINDS[name].edit(new)
    return _first_difference(old, new)


def _first_difference(old: Any, new: Any) -> str:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *new]:
            if key not in old or key not in new:
                return f".{key}"
            if old[key] != new[key]:
                return f".{key}{_first_difference(old[key], new[key])}"
    return ""


def _edits() -> list[Edit]:
    # Removals take other edits' places away, and lists are edited by position: left to the pairs.
    unfit = ("removed", "lost", "reordered", "replaced", "preview", "required property added")
    return [
        Edit(name, _touched(name), place, rule)
        for name, kind in KINDS.items()
        for place, rule in list(kind.rules.items())[:1]
        if kind.before is None and len(kind.rules) == 1 and not any(word in name for word in unfit)
    ]


EDITS = _edits()

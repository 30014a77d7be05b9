"""Filters listings by name: by wildcard, prefix or substring, depending on the API family.

Invariants: filters are case-insensitive. Guess: for listings that are not in :data:`NAME_FILTERS`,
any substring matches, and asterisks around the filter are ignored.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

__all__ = ["NAME_FILTERS", "NameFilter", "has_name"]

NameFilter: TypeAlias = Literal["pattern", "start"]
"""How a filter selects names. ``pattern``: names equal to the filter, in which ``*`` stands for any
text; ``start``: names that begin with the filter."""

NAME_FILTERS: Final[Mapping[str, NameFilter]] = {
    "/api/v2/flows/datatables": "pattern",
    "/api/v2/flows/datatables/divisionviews": "pattern",
    "/api/v2/routing/queues": "pattern",
    "/api/v2/routing/queues/divisionviews": "pattern",
    "/api/v2/routing/skillgroups": "start",
    "/api/v2/routing/skills": "start",
    "/api/v2/routing/wrapupcodes": "pattern",
    "/api/v2/routing/wrapupcodes/divisionviews": "pattern",
    "/api/v2/telephony/providers/edges/phones": "pattern",
}
"""How a listing compares names with the filter, by the listing's path."""


def has_name(template: str, name: str, wanted: str) -> bool:
    """Return whether a name matches a listing's filter.

    Args:
        template: the listing's path template.
        name: the name of an item.
        wanted: the text of the filter.
    """
    known, text = name.casefold(), wanted.casefold()
    match NAME_FILTERS.get(template):
        case "pattern":
            parts = [re.escape(each) for each in text.split("*")]
            return re.fullmatch(".*".join(parts), known, re.DOTALL) is not None
        case "start":
            return known.startswith(text.strip("*"))
        case _:
            return text.strip("*") in known

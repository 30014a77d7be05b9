"""Evaluates searches: compares items with the criteria in the body.

Invariants: all of a search's criteria must match, except those with the operator ``OR``, of which
at least one must match (a guess). Deleted items are found only if a criterion refers to the
property ``state``. A criterion that is not supported, or whose property the items do not have,
matches everything.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from genesys_core.simulator.resources.listings import order_of
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.world import Record

__all__ = ["find_matches"]

_CRITERIA: Final = ("query", "filters")
_NO_FILTERS: Final = frozenset(
    {
        "aggregations",
        "expand",
        "pageNumber",
        "pageSize",
        "returnFields",
        "sort",
        "sortBy",
        "sortOrder",
    }
)


def find_matches(items: Iterable[Record], search: Json) -> list[Record]:
    """Return the items that meet a search's criteria, in the requested order.

    Args:
        items: the collection's items.
        search: the search as clients send it: criteria under ``query`` or ``filters``, and
            properties that items must have.
    """
    known: Mapping[str, Json] = search if isinstance(search, Mapping) else {}
    criteria = [
        each for name in _CRITERIA for each in _listed(known.get(name)) if isinstance(each, Mapping)
    ]
    required = [each for each in criteria if each.get("operator") != "OR"]
    alternatives = [each for each in criteria if each.get("operator") == "OR"]
    candidates = list(items)
    names = frozenset[str]().union(*candidates)
    found = [
        item
        for item in candidates
        if all(_meets(item, each, names) for each in required)
        and (not alternatives or any(_meets(item, each, names) for each in alternatives))
        and _has_properties(item, known, names)
        and (item.get("state") != "deleted" or any(_is_about_state(each) for each in criteria))
    ]
    key = known.get("sortBy")
    if isinstance(key, str):
        found.sort(key=lambda item: order_of(item, key))
    order = known.get("sortOrder")
    if isinstance(order, str) and order.lower().startswith("desc"):
        found.reverse()
    return found


def _is_about_state(criterion: Mapping[str, Json]) -> bool:
    return "state" in (*_listed(criterion.get("fields")), criterion.get("field"))


def _listed(value: Json) -> Sequence[Json]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _meets(item: Record, criterion: Mapping[str, Json], known: frozenset[str]) -> bool:
    """Return whether an item meets a criterion of a search or a query."""
    names = [*_listed(criterion.get("fields")), criterion.get("field"), criterion.get("name")]
    fields = [each for each in names if isinstance(each, str) and each in known]
    wanted = [*_listed(criterion.get("values")), criterion.get("value")]
    texts = [str(each).casefold() for each in wanted if each is not None]
    if not fields or not texts:
        return True
    # `operator` is AND, OR or NOT in searches, but the kind of comparison in queries.
    kind = str(criterion.get("operator") or criterion.get("type") or "").upper()
    kind = str(criterion.get("type") or "").upper() if kind in {"AND", "OR", "NOT"} else kind
    found = any(
        _compare(kind, _text(item.get(name, "")), text) for name in fields for text in texts
    )
    return not found if criterion.get("operator") == "NOT" else found


def _text(value: Json) -> str:
    inside = value.get("id", "") if isinstance(value, Mapping) else value
    return ("true" if inside else "false") if isinstance(inside, bool) else str(inside).casefold()


def _compare(kind: str, value: str, wanted: str) -> bool:
    match kind:
        case "EXACT" | "TERM" | "TERMS" | "EQ" | "IN" | "EQUALS":
            return value == wanted
        case "STARTS_WITH" | "BEGINS_WITH":
            return value.startswith(wanted)
        case "ENDS_WITH":
            return value.endswith(wanted)
        case "CONTAINS" | "QUERY_STRING" | "MATCH_ALL":
            return wanted in value
        case _:
            return True


def _has_properties(item: Record, search: Mapping[str, Json], known: frozenset[str]) -> bool:
    return all(
        name in _NO_FILTERS
        or not isinstance(wanted, str)
        or wanted in {"", "*"}
        or name not in known
        or wanted.strip("*").casefold() in str(item.get(name, "")).casefold()
        for name, wanted in search.items()
    )

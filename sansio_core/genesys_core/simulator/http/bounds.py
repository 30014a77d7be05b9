"""Checks values against the JSON Schema bounds for numbers, strings and lists.

Invariants: a bound applies only to values of its own kind, and is inclusive unless it is declared
exclusive. A pattern matches anywhere in a string; one that Python cannot compile is ignored.
"""

import re
from collections.abc import Iterator

from genesys_core.definition.read.definition import format_number
from genesys_core.simulator.state.definition import Bounds
from genesys_core.simulator.state.examples import Json

__all__ = ["find_broken_bound"]


def find_broken_bound(bounds: Bounds, value: Json) -> str | None:
    """Return the bound that a value violates, such as ``at most 25``, or ``None``."""
    return next(_broken(bounds, value), None)


def _broken(bounds: Bounds, value: Json) -> Iterator[str]:
    match value:
        case bool() | None:
            return
        case int() | float():
            least, most = bounds.minimum, bounds.maximum
            is_open, is_open_above = bounds.exclusive_minimum, bounds.exclusive_maximum
            if least is not None and (value < least or (is_open and value == least)):
                yield f"{'more than' if is_open else 'at least'} {format_number(least)}"
            if most is not None and (value > most or (is_open_above and value == most)):
                yield f"{'less than' if is_open_above else 'at most'} {format_number(most)}"
        case str():
            yield from _outside(bounds.min_length, bounds.max_length, len(value), "characters")
            if bounds.pattern is not None and not _matches(bounds.pattern, value):
                yield f"a string matching {bounds.pattern}"
        case list():
            yield from _outside(bounds.min_items, bounds.max_items, len(value), "items")
        case _:  # an object has no bounds
            return


def _outside(least: int | None, most: int | None, count: int, unit: str) -> Iterator[str]:
    if least is not None and count < least:
        yield f"at least {least} {unit}"
    if most is not None and count > most:
        yield f"at most {most} {unit}"


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error:
        return True

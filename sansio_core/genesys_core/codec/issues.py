"""Decoding issues: values that did not match their type, and their locations.

Invariants: an issue names the location and the JSON types, never a secret and never a long value.
``message`` contains no part of the document, so exceptions may quote it.
"""

import json
from collections.abc import Mapping
from typing import Final, TypeAlias

from msgspec import Struct

from genesys_core.confidential import REDACTED

__all__ = [
    "ROOT",
    "Issue",
    "JsonPath",
    "JsonValue",
    "json_kind",
    "json_path",
    "mask_issue",
    "show_value",
]

JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | int | float | bool | None"
"""A JSON value as plain Python values, decoded without an expected type."""

JsonPath: TypeAlias = "tuple[JsonPath, str | int] | None"
"""A location in a document: the location of the parent, and the key or index within the parent.
Locations are formatted as text only when an issue is reported, so that traversal is cheap.
"""

ROOT: Final[JsonPath] = None
"""The location of the document's root."""

# In characters: enough for dates, ids (36) and numbers, too few for sentences, which may be personal.
_LONGEST_VALUE = 40
_LONGEST_KEY = 80


class Issue(Struct, frozen=True):
    """A mismatch between a document and its type, and how it was handled.

    Attributes:
        path: the location, as a JSON path such as ``$.entities[3].dateCreated``.
        message: the expected JSON type, the type found and how the value was handled; contains no
            values from the document.
        value: a short form of the value found: ``"12"``, ``array of 3``, ``[REDACTED]``; empty if
            the issue does not concern a value.
    """

    path: str
    message: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" + (f" ({self.value})" if self.value else "")


def json_path(at: JsonPath) -> str:
    """Format a location in a document as a JSON path (RFC 9535), truncating long keys."""
    steps: list[str] = []
    while at is not None:
        at, step = at
        steps.append(_step(step))
    return "$" + "".join(reversed(steps))


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if len(step) > _LONGEST_KEY:
        step = step[:_LONGEST_KEY] + "..."
    return f".{step}" if step.isascii() and step.isidentifier() else f"[{json.dumps(step)}]"


def json_kind(value: JsonValue) -> str:
    """Return the JSON type of a decoded value: ``string``, ``null``, ..."""
    return _KINDS[type(value)]


_KINDS: Final[Mapping[type, str]] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


def show_value(value: JsonValue) -> str:
    """Return a short form of a value for an issue: short scalars in full, other values by type and size."""
    match value:
        case list() | dict():
            return f"{json_kind(value)} of {len(value)}"
        case str() if len(value) > _LONGEST_VALUE:
            return f"string of {len(value)} characters"
        # A digit has 3.3 bits. Converting a long integer is slow, or refused above 4,300 digits.
        case int() if value.bit_length() > 4 * _LONGEST_VALUE:
            return f"number of {value.bit_length()} bits"
        case _:
            return json.dumps(value)


def mask_issue(issue: Issue) -> Issue:
    """Return a copy of the issue with the value redacted."""
    return Issue(issue.path, issue.message, REDACTED)

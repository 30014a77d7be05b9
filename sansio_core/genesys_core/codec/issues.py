"""What did not fit its type, where, and how that is said.

Law: an issue names the place and the kinds of value, never a secret and never a long value;
``message`` holds nothing of the document at all, so that an exception may quote it.
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
"""A JSON value read without a type."""

JsonPath: TypeAlias = "tuple[JsonPath, str | int] | None"
"""A place in a document: the place of its parent and the key or index that leads on. Written out
as text only where something is reported, which keeps walking cheap."""

ROOT: Final[JsonPath] = None
"""The document itself."""

_LONGEST_VALUE = 40  # characters; dates, ids (36) and numbers fit, sentences do not
_LONGEST_KEY = 80


class Issue(Struct, frozen=True):
    """One place of a document that did not fit its type, and what was done about it.

    Attributes:
        path: where, as a JSON path such as ``$.entities[3].dateCreated``.
        message: what was expected, what was found and what was done, in words without values.
        value: what was found, in short: ``"12"``, ``array of 3``, ``[REDACTED]``; empty where
            the value cannot be told.
    """

    path: str
    message: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" + (f" ({self.value})" if self.value else "")


def json_path(at: JsonPath) -> str:
    """The place as a JSON path (RFC 9535), over-long keys cut."""
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
    """What JSON calls a value that was read from it: ``string``, ``null``, ..."""
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
    """A value in short for an issue: scalars written out while they are short, others by size."""
    match value:
        case list() | dict():
            return f"{json_kind(value)} of {len(value)}"
        case str() if len(value) > _LONGEST_VALUE:
            return f"string of {len(value)} characters"
        case int() if value.bit_length() > 4 * _LONGEST_VALUE:
            return f"number of {value.bit_length()} bits"
        case _:
            return json.dumps(value)


def mask_issue(issue: Issue) -> Issue:
    """The same issue for a secret, whose value is not shown."""
    return Issue(issue.path, issue.message, REDACTED)

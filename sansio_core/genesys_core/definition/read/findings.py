"""Findings: problems in a published document, with their locations.

Invariants: a document is read to its end, even if there are findings. An invalid part is dropped or
replaced, as its finding states; the caller decides whether findings are acceptable.
"""

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

from genesys_core.errors import InvalidValueError

__all__ = ["Finding", "Place", "format_place", "refuse_findings"]

Place: TypeAlias = tuple[str | int, ...]
"""The location of a value: the keys and indexes that lead to it from the document's root."""

_SHOWN = 20


class Finding(Struct, frozen=True):
    """An invalid or incomplete part of a document, and how the part was handled.

    Attributes:
        place: the location of the part, such as ``paths./api/v2/users.get.parameters[3]``.
        message: the problem, and whether the part was dropped or replaced.
    """

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


def format_place(place: Place) -> str:
    """Format a location, such as ``paths./api/v2/users.get.parameters[3]``."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in place]
    return "".join(parts).removeprefix(".") or "the document"


def refuse_findings(findings: Sequence[Finding]) -> None:
    """Raise an exception that lists the findings, unless there are none.

    Raises:
        InvalidValueError: there is at least one finding; the message lists the first 20.
    """
    if not findings:
        return
    more = len(findings) - _SHOWN
    lines = [*map(str, findings[:_SHOWN]), *([f"and {more} more"] if more > 0 else [])]
    raise InvalidValueError("definition: " + "\n  ".join(lines))

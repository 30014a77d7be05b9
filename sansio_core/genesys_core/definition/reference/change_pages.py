"""Writes the page about changes between versions of the definition.

Invariants: the changes are those of severity ``minor`` or higher in the reports of ``genesys-cloud
definition diff --format json``; each version has one section, newest first; operations, models
and topics that still exist are linked.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from genesys_core.definition.read.definition import ApiDefinition
from genesys_core.definition.reference.markdown import (
    anchor_of,
    inline_code,
    plain_text,
    write_heading,
    write_table,
)
from genesys_core.definition.reference.places import ReferenceLinks
from genesys_core.errors import InvalidValueError

__all__ = ["CHANGES", "DefinitionChange", "DefinitionChanges", "changes_text", "parse_changes"]

CHANGES: Final = "changes.md"
_TITLES: Final = (
    ("major", "Breaking changes"),
    ("warn", "Possible changes in behavior"),
    ("minor", "New"),
)
_WEIGHTS: Final = ("none", "point", "minor", "warn", "major")
_LONGEST: Final = 120
_ONLY_VERSION: Final = (
    "This library has not been generated from a newer version yet. Each newer version gets a section "
    "with its additions, changes and removals. `genesys-cloud definition diff` compares [any two definitions](../definition.md)."
)


class DefinitionChange(Struct, frozen=True):
    """One change in a JSON report; the attributes are the fields of the report's entry."""

    rule: str
    about: str
    subject: str
    part: str = ""
    old: str = ""
    new: str = ""
    preview: bool = False
    python: str = "none"
    wire: str = "none"

    @property
    def weight(self) -> str:
        """The greater of two severities: :attr:`python` and :attr:`wire`."""
        return max(self.python, self.wire, key=_WEIGHTS.index)


class DefinitionChanges(Struct, frozen=True):
    """A JSON report: the changes between two versions of the definition."""

    old: str
    new: str
    changes: tuple[DefinitionChange, ...]


def parse_changes(report: bytes, source: str) -> DefinitionChanges:
    """Parse a JSON report from ``genesys-cloud definition diff --format json``.

    Args:
        report: the report's JSON text.
        source: the report's name in error messages, such as its path.

    Raises:
        InvalidValueError: the text is not such a report.
    """
    try:
        found = msgspec.json.decode(report, type=DefinitionChanges)
        for each in found.changes:
            _WEIGHTS.index(each.weight)  # raises ValueError for an unknown severity
    except (msgspec.MsgspecError, ValueError) as error:
        raise InvalidValueError(
            f"{source}: {error}; must be a report from genesys-cloud definition diff --format json"
        ) from None
    return found


def changes_text(
    definition: ApiDefinition, reports: Sequence[DefinitionChanges], places: ReferenceLinks
) -> str:
    """Return the page about changes between versions of the definition.

    Args:
        definition: the current definition.
        reports: a report for each new version, oldest first.
        places: creates links to operations, models and topics.
    """
    links = _links(definition, places)
    lines = [
        "# What changed in the API",
        "",
        (
            "The changes in each version of the platform's definition, newest first; "
            "[the rules](../definition-rules.md) explain their severities. Changes to the library itself "
            "are in the [changelog](../changelog.md)."
        ),
        "",
    ]
    for report in reversed(reports):
        count = len(report.changes)
        lines += [write_heading(2, report.new, anchor_of(report.new)), ""]
        lines += [f"Since {inline_code(report.old)}: {count:,} changes.", ""]
        for weight, title in _TITLES:
            rows = [_row(each, links) for each in report.changes if each.weight == weight]
            lines += write_table((title, "", "change"), rows)
    first = reports[0].old if reports else definition.version
    lines += [
        write_heading(2, first, anchor_of(first)),
        "",
        "The first version that this library was generated from.",
        *([] if reports else [_ONLY_VERSION]),
        "",
    ]
    return "\n".join(lines)


def _links(definition: ApiDefinition, places: ReferenceLinks) -> dict[str, str]:
    """Return a link for each possible subject of a change: model, topic, path, or operation."""
    links = {model.name: places.model(model.name, CHANGES) for model in definition.models}
    links |= {topic: places.topic(topic, CHANGES) for topic, _ in definition.topics}
    for api in definition.apis:
        for one in api.operations:
            shown = f"{places.method(api.name, one.name, CHANGES)} ({one.method})"
            for subject in (one.path, f"{one.method} {one.path}"):
                before = links.get(subject)
                links[subject] = shown if before is None else f"{before}, {shown}"
    return links


def _row(change: DefinitionChange, links: dict[str, str]) -> tuple[str, ...]:
    shown = links.get(change.subject) or inline_code(change.subject)
    about = (
        f"{plain_text(change.about)}, in preview" if change.preview else plain_text(change.about)
    )
    part = f" {inline_code(_cut(change.part))}" if change.part else ""
    values = [inline_code(_cut(text)) for text in (change.old, change.new) if text]
    return f"{shown}{part}", about, " to ".join(values)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."

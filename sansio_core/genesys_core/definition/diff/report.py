"""Comparison reports: text for terminals, Markdown for release notes, JSON for other programs.

Invariants: a report is a pure function of the changes. Changes that an ignore file matches are omitted
from all formats, and do not affect the exit code.
"""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from genesys_core.definition.diff.changes import Change, heaviest_weight
from genesys_core.definition.diff.compare import compare_definitions
from genesys_core.definition.diff.rules import RULES, ChangeRule, Weight
from genesys_core.definition.diff.source_names import SourceNames
from genesys_core.definition.diff.usage import find_touched
from genesys_core.definition.read.parse import DefinitionSources, interpret_sources
from genesys_core.definition.write.source_text import count_things
from genesys_core.errors import InvalidValueError

__all__ = [
    "REPORT_SCHEMA",
    "Comparison",
    "IgnoreRule",
    "apply_ignores",
    "changelog_report",
    "json_report",
    "markdown_report",
    "parse_ignores",
    "parse_weight",
    "text_report",
]


class IgnoreRule(Struct, frozen=True):
    """A line of an ignore file: a rule's id or ``*``, and a pattern for the places of changes.

    Attributes:
        rule: the id of the rule whose changes are ignored, or ``*`` for all rules.
        place: a pattern such as ``GET /api/v2/users*`` or ``User *``; ``*`` for all places.
        line: the line number in the ignore file.
    """

    rule: str
    place: str
    line: int

    def matches(self, change: Change) -> bool:
        """Return whether the line matches a change, so that the change is ignored."""
        # Not fnmatch, which ignores case and converts slashes on Windows.
        return self.rule in {"*", change.rule} and fnmatchcase(change.place, self.place)


def parse_ignores(text: str) -> tuple[IgnoreRule, ...]:
    """Parse an ignore file.

    A line contains a rule's id or ``*``, and optionally a pattern of places; ``#`` begins a comment.

    Raises:
        InvalidValueError: a line names a rule that does not exist.
    """
    found: list[IgnoreRule] = []
    for number, line in enumerate(text.splitlines(), 1):
        rule, _, place = line.partition("#")[0].strip().partition(" ")
        if not rule:
            continue
        if rule != "*" and rule not in RULES:
            raise InvalidValueError(
                f"ignore file, line {number}: {rule!r} is not a rule; see docs/definition-rules.md"
            )
        found.append(IgnoreRule(rule, place.strip() or "*", number))
    return tuple(found)


def apply_ignores(
    changes: Iterable[Change], ignores: Sequence[IgnoreRule]
) -> tuple[tuple[Change, ...], tuple[IgnoreRule, ...]]:
    """Remove the changes that the lines of an ignore file match.

    Returns:
        The remaining changes, and the lines that matched no change.
    """
    used: set[IgnoreRule] = set()
    kept: list[Change] = []
    for change in changes:
        matching = [ignore for ignore in ignores if ignore.matches(change)]
        used.update(matching)
        if not matching:
            kept.append(change)
    return tuple(kept), tuple(ignore for ignore in ignores if ignore not in used)


def parse_weight(name: str) -> Weight:
    """Return the severity with the given name, such as ``major``, ignoring case.

    Raises:
        InvalidValueError: no severity has that name.
    """
    try:
        return Weight[name.upper()]
    except KeyError:
        known = ", ".join(weight.name.lower() for weight in Weight)
        raise InvalidValueError(f"severity {name!r}: must be one of {known}") from None


Places: TypeAlias = Mapping[Change, tuple[str, ...]]
"""The lines of a program that each change affects, such as ``app.py:12``."""


def text_report(
    changes: Sequence[Change],
    *,
    least: Weight = Weight.POINT,
    places: Places = MappingProxyType({}),
) -> str:
    """Format the changes as text: one line for each change, and a line with totals.

    Args:
        changes: the changes, in the order in which to write them.
        least: the minimum severity of changes to write; less severe ones are only counted.
        places: the lines of a program that each change affects; written below the change.
    """
    lines: list[str] = []
    for change in changes:
        if change.weight >= least:
            lines.append(f"{_level(change)} {change.rule}: {_described(change)}")
            lines += [f"      {place}" for place in places.get(change, ())]
    return "\n".join([*lines, _totals(changes), ""])


def _level(change: Change) -> str:
    return f"{change.weight.name.lower():5}"


def _described(change: Change) -> str:
    notes: list[str] = [change.direction] if change.direction else []
    notes += ["preview"] if change.is_preview else []
    shown = f" ({', '.join(notes)})" if notes else ""
    return f"{_on_one_line(change.place)}{_values(change)}{shown}"


def _values(change: Change) -> str:
    old, new = _short(change.old), _short(change.new)
    if old and new:
        return f": {old} -> {new}"
    return f": {old or new}" if old or new else ""


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _short(text: str) -> str:
    """Return a text on one line, truncated to 80 characters."""
    line = _on_one_line(text)
    return line if len(line) <= 80 else f"{line[:77]}..."


def _totals(changes: Sequence[Change]) -> str:
    counts = [
        f"{count} {weight.name.lower()}"
        for weight in sorted(Weight, reverse=True)
        if (count := sum(change.weight == weight for change in changes))
    ]
    return (
        f"{count_things(len(changes), 'change')}: {', '.join(counts)}" if counts else "no changes"
    )


_SECTIONS: Final = (
    (Weight.MAJOR, "Breaking changes"),
    (Weight.WARN, "Possible changes in behavior"),
    (Weight.MINOR, "New"),
)


def markdown_report(
    changes: Sequence[Change], old: str, new: str, *, places: Places = MappingProxyType({})
) -> str:
    """Format the changes as release notes in Markdown.

    There is a section for each severity from ``minor`` to ``major``, one for permissions and
    authentication, and one for preview operations.

    Args:
        changes: the changes, in the order in which to write them.
        old: the older definition's version.
        new: the newer definition's version.
        places: the lines of a program that each change affects; written after the change.
    """
    lines = [f"# API definition {old} to {new}", "", f"{_totals(changes)}.", ""]
    previews = [change for change in changes if change.is_preview]
    access = [
        change
        for change in changes
        if not change.is_preview and change.rule in {"permissions-tightened", "security-changed"}
    ]
    shown = {*previews, *access}
    rest = [change for change in changes if change not in shown]
    # Less severe changes than `minor` affect no program, and are only counted.
    for weight, title in _SECTIONS:
        lines += _section(title, [change for change in rest if change.weight == weight], places)
    lines += _section("Permissions and authentication", access, places)
    lines += _section("Operations in preview, which may change without notice", previews, places)
    return "\n".join(lines)


def _section(title: str, changes: Sequence[Change], places: Places) -> list[str]:
    if not changes:
        return []
    lines = [f"## {title}", ""]
    for rule in RULES.values():
        found = [change for change in changes if change.rule == rule.id]
        if found:
            lines += [f"### {rule.about[:1].upper()}{rule.about[1:]}", "", _weights(rule), ""]
            lines += [
                f"* `{_on_one_line(change.place)}`{_quoted(change)}{_used(places.get(change, ()))}"
                for change in found
            ]
            lines.append("")
    return lines


def _weights(rule: ChangeRule) -> str:
    """Return a sentence with a rule's three severities, and a sentence with the reason for them."""
    python, wire, official = (
        weight.name.lower() for weight in (rule.python, rule.wire, rule.official)
    )
    return f"Python: {python}; wire: {wire}; official SDKs: {official}. {rule.why[:1].upper()}{rule.why[1:]}."


def _used(places: Sequence[str]) -> str:
    return f" ({', '.join(places)})" if places else ""


def _quoted(change: Change) -> str:
    old, new = (f"`{_short(text)}`" if text else "" for text in (change.old, change.new))
    if old and new:
        return f": {old} to {new}"
    return f": {old or new}" if old or new else ""


def changelog_report(changes: Sequence[Change], old: str, new: str) -> str:
    """Format the changes as a changelog entry in Markdown.

    Changes of severity ``major`` or ``warn`` are listed individually, those of severity ``minor`` are
    counted.

    Args:
        changes: the changes, in the order in which to write them.
        old: the older definition's version.
        new: the newer definition's version.
    """
    lines = [f"* API definition {old} to {new}: {_totals(changes)}."]
    for weight, title in _CHANGELOG:
        for rule in RULES.values():
            found = [one for one in changes if one.rule == rule.id and one.weight == weight]
            places = ", ".join(f"`{_on_one_line(one.place)}`{_quoted(one)}" for one in found)
            lines += [f"  * {title}, {rule.about}: {places}."] if found else []
    new_things = [
        f"{count} x {rule.about}"
        for rule in RULES.values()
        if (count := sum(one.rule == rule.id and one.weight == Weight.MINOR for one in changes))
    ]
    lines += [f"  * New: {', '.join(new_things)}."] if new_things else []
    return "\n".join([*lines, ""])


_CHANGELOG: Final = ((Weight.MAJOR, "Breaking"), (Weight.WARN, "Check"))


def json_report(
    changes: Sequence[Change], old: str, new: str, *, places: Places = MappingProxyType({})
) -> str:
    """Format the changes as a JSON document that conforms to :data:`REPORT_SCHEMA`."""
    document = {
        "format": 1,  # so that programs can detect an incompatible later format
        "old": old,
        "new": new,
        "weight": heaviest_weight(changes).name.lower(),
        "official": max((one.kind.official for one in changes), default=Weight.NONE).name.lower(),
        "changes": [
            {
                "rule": change.rule,
                "about": change.kind.about,
                "subject": change.subject,
                "part": change.part,
                "old": change.old,
                "new": change.new,
                "direction": change.direction,
                "preview": change.is_preview,
                "python": change.python.name.lower(),
                "wire": change.wire.name.lower(),
                "official": change.kind.official.name.lower(),
                "uses": list(places.get(change, ())),
            }
            for change in changes
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


_TEXT: Final = {"type": "string"}
_WEIGHT: Final = {"enum": [weight.name.lower() for weight in Weight]}
_CHANGE: Final[Mapping[str, object]] = {
    "rule": {"enum": list(RULES)},
    "about": _TEXT,
    "subject": _TEXT,
    "part": _TEXT,
    "old": _TEXT,
    "new": _TEXT,
    "direction": {"enum": ["request", "response", "both", ""]},
    "preview": {"type": "boolean"},
    "python": _WEIGHT,
    "wire": _WEIGHT,
    "official": _WEIGHT,
    "uses": {"type": "array", "items": _TEXT},
}
REPORT_SCHEMA: Final[Mapping[str, object]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Comparison of two API definitions",
    "type": "object",
    "required": ["format", "old", "new", "weight", "official", "changes"],
    "properties": {
        "format": {"const": 1},
        "old": _TEXT,
        "new": _TEXT,
        "weight": _WEIGHT,
        "official": _WEIGHT,
        "changes": {
            "type": "array",
            "items": {"type": "object", "required": list(_CHANGE), "properties": _CHANGE},
        },
    },
}
"""The JSON schema of the documents that :func:`json_report` returns."""


class Comparison(Struct, frozen=True):
    """The result of comparing two definitions; its methods format reports.

    Attributes:
        old: the older definition's version.
        new: the newer definition's version.
        changes: the changes that no line of the ignore file matches, the most severe first.
        unused_ignores: the lines of the ignore file that matched no change.
        places: the lines that each change affects, if the comparison is limited to a program.
    """

    old: str
    new: str
    changes: tuple[Change, ...]
    unused_ignores: tuple[IgnoreRule, ...] = ()
    places: Places = {}

    @classmethod
    def of(
        cls,
        old: DefinitionSources,
        new: DefinitionSources,
        ignores: Sequence[IgnoreRule] = (),
        program: Sequence[SourceNames] | None = None,
    ) -> "Comparison":
        """Compare two definitions, leaving out changes that match the ignore file.

        Args:
            old: the older definition.
            new: the newer definition.
            ignores: the lines of an ignore file.
            program: the names used in each file of a program, to leave out changes that do not
                affect the program.
        """
        changes, unused = apply_ignores(compare_definitions(old, new), ignores)
        if program is None:
            return cls(old.version, new.version, changes, unused)
        touched = find_touched(changes, interpret_sources(old).definition, program)
        return cls(old.version, new.version, tuple(touched), unused, touched)

    def fails(self, limit: str | None) -> bool:
        """Return whether any change has at least the severity ``limit``; false for ``None``.

        Raises:
            InvalidValueError: no severity has that name.
        """
        if limit is None:
            return False
        least = parse_weight(limit)
        return any(change.weight >= least for change in self.changes)

    def text(self, least: str = "minor") -> str:
        """Format the changes of severity ``least`` or higher as text, followed by the totals.

        Raises:
            InvalidValueError: ``least`` is not the name of a severity.
        """
        return text_report(self.changes, least=parse_weight(least), places=self.places)

    def markdown(self) -> str:
        """Format the changes as release notes in Markdown."""
        return markdown_report(self.changes, self.old, self.new, places=self.places)

    def changelog(self) -> str:
        """Format the changes as a changelog entry in Markdown."""
        return changelog_report(self.changes, self.old, self.new)

    def json(self) -> str:
        """Format the changes as a JSON document that conforms to :data:`REPORT_SCHEMA`."""
        return json_report(self.changes, self.old, self.new, places=self.places)

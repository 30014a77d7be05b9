"""The parsed form of a configuration file, INI or JSON, and the format of its problems.

Invariants: a document contains a file's values as text, validated only later, so INI and JSON cannot
differ in the meaning of a value. A problem never quotes a line that could not be parsed, because it
may contain a password.
"""

import re
from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from genesys_core.confidential import REDACTED
from genesys_core.http.redaction import DEFAULT_REDACTION

__all__ = [
    "ConfigurationProblem",
    "Document",
    "Entry",
    "ValueKind",
    "find_nearest",
    "format_name",
    "format_value",
]

ValueKind: TypeAlias = Literal["text", "literal", "container"]
"""The form of a value: text; a bare number, ``true``, ``false`` or JSON ``null``; or a JSON object
or array.
"""


class Entry(Struct, frozen=True):
    """A key of a configuration file with its value.

    Attributes:
        section: the section's name in lower case; empty for a key outside any section.
        key: the key's name in lower case.
        text: the value as text, without quotes; empty if there is none.
        line: line number of the key, from 1.
        kind: the form of the value in the file.
    """

    section: str
    key: str
    text: str
    line: int
    kind: ValueKind = "text"


class ConfigurationProblem(Struct, frozen=True, order=True):
    """A problem or a warning that concerns a line of a configuration file.

    Attributes:
        line: the line's number, from 1.
        text: section, key, value, the rule, and how to fix it, without file and line.
    """

    line: int
    text: str

    def located(self, source: str) -> str:
        """Return the text prefixed with file and line: ``config:3: [logging] log_level = ...``."""
        return f"{source}:{self.line}: {self.text}"


class Document(Struct, frozen=True):
    """The contents of a configuration file, in the file's order.

    Attributes:
        sections: the name, in lower case, and the line number of each section.
        entries: the keys and their values.
        problems: one for each part of the file that could not be parsed.
    """

    sections: tuple[tuple[str, int], ...] = ()
    entries: tuple[Entry, ...] = ()
    problems: tuple[ConfigurationProblem, ...] = ()


_PLAIN_NAME = re.compile(r"[\w.$-]{1,60}")
_LONGEST_SHOWN: Final = 80


def format_name(name: str) -> str:
    """Format the name of a section or key for a message: truncated, and quoted if necessary."""
    return name if _PLAIN_NAME.fullmatch(name) else repr(_shortened(name))


def format_value(text: str, *, quoted: bool = True) -> str:
    """Format a value for a message: truncated, with possible secrets masked."""
    # Masked first: truncation could remove the "@" by which a password is recognized.
    masked = DEFAULT_REDACTION.shown_text(text)
    # The part before an "@" may contain a password, with or without a scheme before it.
    before, at, after = masked.rpartition("@")
    if at:
        scheme, slashes, _ = before.partition("//")
        masked = f"{scheme + slashes if slashes else ''}{REDACTED}@{after}"
    return repr(_shortened(masked)) if quoted else _shortened(masked)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def find_nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was most likely meant; ``None`` if no known word is similar."""
    # Truncated, because the comparison takes time proportional to the product of the lengths.
    import difflib  # noqa: PLC0415 - few files have a wrong key

    close = difflib.get_close_matches(word[:_LONGEST_SHOWN], list(known), n=1)
    return close[0] if close else None

"""What both formats of a configuration file are read into, and how a problem is worded.

Law: a document says what stands where and judges no value, so that INI and JSON cannot differ in
what a value means. A report never shows a line that nobody understood: it may hold a password.
"""

import difflib
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
"""How a value is written: as text; as a bare number, ``true`` or ``false``, or ``null`` of JSON; or
as an object or array of JSON."""


class Entry(Struct, frozen=True):
    """One key with its value.

    Attributes:
        section: in lower case; empty for a key that stands outside any section.
        key: in lower case.
        text: the value as text, without quotes; empty where nothing is given.
        line: where the key stands, from 1.
        kind: how the value is written.
    """

    section: str
    key: str
    text: str
    line: int
    kind: ValueKind = "text"


class ConfigurationProblem(Struct, frozen=True, order=True):
    """One thing to report.

    Attributes:
        line: where it stands, from 1.
        text: section, key, value, the rule and the way out, without file and line.
    """

    line: int
    text: str

    def located(self, source: str) -> str:
        """The report's line, such as ``config:3: [logging] log_level = 'loud': must be ...``."""
        return f"{source}:{self.line}: {self.text}"


class Document(Struct, frozen=True):
    """A file's content, in the order written.

    Attributes:
        sections: the name, in lower case, and the line of each section.
        entries: the keys.
        problems: what could not be read at all.
    """

    sections: tuple[tuple[str, int], ...] = ()
    entries: tuple[Entry, ...] = ()
    problems: tuple[ConfigurationProblem, ...] = ()


_PLAIN_NAME = re.compile(r"[\w.$-]{1,60}")
# In front of an "@" there may be a password, with or without a scheme before it.
_BEFORE_AT = re.compile(r"^(.*?//)?.*@", re.DOTALL)
_LONGEST_SHOWN: Final = 80


def format_name(name: str) -> str:
    """A section or key as a report shows it: quoted unless plain, and never long."""
    return name if _PLAIN_NAME.fullmatch(name) else repr(_shortened(name))


def format_value(text: str, *, quoted: bool = True) -> str:
    """A value as a report shows it: never long, what looks like a secret masked."""
    masked = _BEFORE_AT.sub(rf"\1{REDACTED}@", DEFAULT_REDACTION.shown_text(text))
    return repr(_shortened(masked)) if quoted else _shortened(masked)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def find_nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was most likely meant, if any is near."""
    # The comparison takes time in proportion to the product of the lengths.
    close = difflib.get_close_matches(word[:_LONGEST_SHOWN], list(known), n=1)
    return close[0] if close else None

"""The JSON form of configuration files: parser and writer.

Invariants: :func:`read_json` reads back exactly what :func:`write_json` writes, and determines the
line number of each key, although JSON parsers do not report it. The text is first parsed by a
standard JSON parser, which rejects other text; only then is it scanned for the positions of keys.
"""

import json
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from genesys_core.configuration.document import ConfigurationProblem, Document, Entry, ValueKind

__all__ = ["looks_like_json", "read_json", "write_json"]

_LOOKS_LIKE_JSON = re.compile(r'\s*(?:\{|\[\s*[{"])')
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


def looks_like_json(text: str) -> bool:
    """Return whether a file is meant to be JSON: its text begins an object or an array of objects.

    An INI file cannot begin with ``{``, and its section names never begin with ``{`` or a quote.
    """
    return _LOOKS_LIKE_JSON.match(text.removeprefix("\ufeff")) is not None


def read_json(text: str) -> Document:
    """Parse a JSON file: one object with an object for each section.

    Returns:
        A document with all keys and their line numbers, or with a single problem if the text is not
        JSON.
    """
    text = text.removeprefix("\ufeff")
    try:
        # Numbers stay text: the key defines what a number means, not the parser.
        root: object = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as error:
        rule = f"invalid JSON at column {error.colno}: {error.msg}"
        return Document(problems=(ConfigurationProblem(error.lineno, rule),))
    except RecursionError:
        rule = "nested too deeply; a section is an object of plain values"
        return Document(problems=(ConfigurationProblem(1, rule),))
    if not isinstance(root, dict):
        rule = 'must be one object of sections; for example {"logging": {"log_level": "debug"}}'
        return Document(problems=(ConfigurationProblem(1, rule),))
    return _document(text)


class _Member(Struct, frozen=True):
    depth: int
    name: str
    value: str
    line: int


def _document(text: str) -> Document:
    sections: list[tuple[str, int]] = []
    entries: list[Entry] = []
    for member in _members(text):
        if member.depth == 1 and member.value == "{":
            sections.append((member.name, member.line))
        # A section of null is empty.
        elif member.depth == 1 and member.value != "null":
            entries.append(_entry("", member))
        elif member.depth == 2:
            entries.append(_entry(sections[-1][0], member))
    return Document(tuple(sections), tuple(entries))


def _members(text: str) -> Iterator[_Member]:
    """Yield each ``"name": value`` of text that is known to be JSON."""
    tokens = [(match[0], match.start()) for match in _TOKEN.finditer(text)]
    depth, line, counted = 0, 1, 0
    for index, (token, start) in enumerate(tokens):
        if token in {"{", "["}:
            depth += 1
        elif token in {"}", "]"}:
            depth -= 1
        elif tokens[index + 1][0] == ":":  # the last token is the object's closing brace
            # Counted from the previous key, so that the whole scan takes linear time.
            line += text.count("\n", counted, start)
            counted = start
            yield _Member(depth, _string(token).strip().lower(), tokens[index + 2][0], line)


def _string(token: str) -> str:
    return str(json.loads(token))


def _entry(section: str, member: _Member) -> Entry:
    text, kind = _scalar(member.value)
    return Entry(section, member.name, text, member.line, kind)


def _scalar(written: str) -> tuple[str, ValueKind]:
    if written[0] == '"':
        return _string(written), "text"
    if written[0] in "{[":
        return written, "container"
    return "" if written == "null" else written, "literal"


def write_json(sections: Mapping[str, Mapping[str, str | float]]) -> str:
    """Return the text of a JSON file, indented by two spaces; numbers and booleans are not quoted."""
    return json.dumps(sections, ensure_ascii=False, indent=2, allow_nan=False) + "\n"

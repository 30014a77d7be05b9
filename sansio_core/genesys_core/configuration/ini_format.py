"""The INI dialect of configuration files: parser and writer.

Invariants: :func:`read_ini` reads back exactly what :func:`write_ini` writes, and no line is
silently ignored: each one is blank, a comment, a section, a key with its value, or a problem.

The dialect: lines end with LF, CRLF or CR; a byte order mark is ignored; whitespace around names
and values is insignificant, and so is indentation. ``[section]`` begins a section; names are
case-insensitive. The first ``=`` or ``:`` ends the key, and the value may contain more of both. A
line that starts with ``#`` or ``;`` is a comment; after a value or a header, a comment begins at a
``#`` or ``;`` that follows whitespace. A value in ``"`` or ``'`` is literal, including spaces,
``#`` and ``;``, except that the quote character itself is doubled; a backslash is not special.
There are no continuation lines and no interpolation.
"""

import re
from collections.abc import Mapping

from genesys_core.configuration.document import ConfigurationProblem, Document, Entry, format_name

__all__ = ["read_ini", "write_ini"]

_LINE_END = re.compile(r"\r\n|\n|\r")
_COMMENT = re.compile(r"\s[#;]")
_HEADER = re.compile(r"\[([^\[\]]*)\]\s*(?:(?<=\s)[#;].*)?")
_BROKEN_HEADER = re.compile(r"\[+\s*([\w-]*)")
_DELIMITER = re.compile(r"[=:]")
# Possessive (*+), so that a value without its closing quote is rejected in linear time.
_QUOTED = {
    quote: re.compile(rf"{quote}((?:[^{quote}]|{quote}{quote})*+){quote}\s*(?:(?<=\s)[#;].*)?")
    for quote in ('"', "'")
}


class _MalformedError(Exception):
    """A line that is invalid in the dialect; the message states the rule and how to fix it."""


def read_ini(text: str) -> Document:
    """Parse an INI file.

    Returns:
        A document with the sections and keys; lines that could not be parsed are ``problems``.
    """
    sections: list[tuple[str, int]] = []
    entries: list[Entry] = []
    problems: list[ConfigurationProblem] = []
    for number, raw in enumerate(_LINE_END.split(text.removeprefix("\ufeff")), start=1):
        section = sections[-1][0] if sections else ""
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        try:
            if line[0] == "[":
                # The name is recorded before the header is validated: a missing bracket is one
                # problem, and the keys below it are not reported as being in the wrong place.
                sections.append((_header_name(line), number))
                _check_header(line)
            else:
                key, value = _pair(line)
                entries.append(Entry(section, key, value, number))
        except _MalformedError as malformed:
            place = f"[{format_name(section)}] " if section and line[0] != "[" else ""
            problems.append(ConfigurationProblem(number, f"{place}{malformed}"))
    return Document(tuple(sections), tuple(entries), tuple(problems))


def _header_name(line: str) -> str:
    match = _HEADER.fullmatch(line) or _BROKEN_HEADER.match(line)
    return match[1].strip().lower() if match else ""


def _check_header(line: str) -> None:
    match = _HEADER.fullmatch(line)
    if match is None:
        raise _MalformedError(
            'a section header must consist of "[", the name and "]" only; for example [logging]'
        )
    if not match[1].strip():
        raise _MalformedError("a section must have a name; for example [logging]")


def _pair(line: str) -> tuple[str, str]:
    delimiter = _DELIMITER.search(line)
    if delimiter is None:
        raise _MalformedError(
            'a line must have "=" or ":" after its key; write key = value, or start a comment with #'
        )
    key = line[: delimiter.start()].strip().lower()
    if not key:
        raise _MalformedError('a line must have a key before its "="; write key = value')
    try:
        return key, _value(line[delimiter.end() :])
    except _MalformedError as malformed:
        raise _MalformedError(f"{format_name(key)}: {malformed}") from None


def _value(rest: str) -> str:
    text = rest.strip()
    if text[:1] not in _QUOTED:
        # Not in `text`, which has lost its leading whitespace: directly after the delimiter, "#" is part
        # of the value, and after whitespace it begins a comment.
        comment = _COMMENT.search(rest)
        return (rest[: comment.start()] if comment else rest).strip()
    quote = text[0]
    match = _QUOTED[quote].fullmatch(text)
    if match is None:
        raise _MalformedError(
            "a value that begins with a quote must end with the same quote; write it twice inside the value"
        )
    return match[1].replace(quote * 2, quote)


def write_ini(sections: Mapping[str, Mapping[str, str | float]]) -> str:
    """Return the text of an INI file; numbers and booleans are bare, text is quoted if necessary."""
    return "\n".join(
        f"[{section}]\n" + "".join(f"{key} = {_written(value)}\n" for key, value in keys.items())
        for section, keys in sections.items()
    )


def _written(value: str | float) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return repr(value)
    bare = value and value == value.strip() and value[0] not in "\"'#;"
    if bare and not _COMMENT.search(value):
        return value
    doubled = value.replace('"', '""')
    return f'"{doubled}"'

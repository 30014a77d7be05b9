"""A tolerant JSON parser that produces plain Python values.

Invariants: every byte sequence yields a document or a :class:`~genesys_core.errors.DecodeError`.
Only the violations of RFC 8259 listed at :func:`parse_json` are tolerated, and each is reported.
"""

import json
from codecs import BOM_UTF8
from typing import NamedTuple, TypeAlias, cast

import msgspec
from msgspec import Struct

from genesys_core.codec.issues import ROOT, Issue, JsonPath, JsonValue, json_path
from genesys_core.errors import DecodeError

__all__ = ["ParsedJson", "describe_other_body", "parse_json"]

_WHITESPACE = b" \t\r\n"


class ParsedJson(NamedTuple):
    """A document decoded without types, and the violations of RFC 8259 that were tolerated."""

    tree: JsonValue
    issues: tuple[Issue, ...]


def parse_json(body: bytes) -> ParsedJson:
    """Parse a body as JSON, tolerating some violations of RFC 8259.

    Tolerated and reported: a byte order mark, raw control characters in strings, bytes that are not
    UTF-8 and lone surrogates (replaced with ``U+FFFD``), numbers that exceed a double or have more
    than 4,300 digits, and ``NaN`` or ``Infinity`` (replaced with ``None``). If a key is repeated,
    its last value wins, as in :mod:`json`.

    Raises:
        DecodeError: the body is not JSON, or nested too deeply.
    """
    try:
        return ParsedJson(msgspec.json.decode(body), ())
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass  # raised below, outside this block: those exceptions contain the body
    parsed = _tolerant(body)
    if isinstance(parsed, str):
        raise DecodeError(describe_other_body(body) or parsed, body=body)
    return parsed


class _Odd(Struct, frozen=True):
    """Placeholder in the tree for a number that cannot be represented."""

    message: str


_Loaded: TypeAlias = "dict[str, _Loaded] | list[_Loaded] | str | int | float | bool | _Odd | None"


def _tolerant(body: bytes) -> ParsedJson | str:
    """Return the document, or the message of the error if it cannot be parsed."""
    issues: list[Issue] = []
    if body.startswith(BOM_UTF8):
        # RFC 8259 section 8.1: parsers may ignore the mark, which senders must not add.
        issues.append(Issue("$", "starts with a byte order mark: ignored"))
    # Bytes that are not UTF-8 become lone surrogates, which `_text` finds and reports with their
    # path.
    text = body.removeprefix(BOM_UTF8).decode("utf-8", "surrogateescape")
    try:
        return ParsedJson(_clean(_load(text, issues), ROOT, issues), tuple(issues))
    except RecursionError:
        return f"the body is nested too deeply ({len(body):,} bytes)"
    except json.JSONDecodeError as error:
        size = f"{len(body):,} bytes"
        return f"the body is not valid JSON ({size}): {error.msg} at character {error.pos:,}"


def _load(text: str, issues: list[Issue]) -> _Loaded:
    try:
        return cast(_Loaded, _STRICT.decode(text))
    except json.JSONDecodeError:
        tree = cast(_Loaded, _LENIENT.decode(text))
    issues.append(Issue("$", "raw control characters in strings: kept"))
    return tree


def _float(text: str) -> float | _Odd:
    value = float(text)
    # RFC 8259 section 6: "implementations ... can set limits on the range and precision of
    # numbers".
    return value if abs(value) != float("inf") else _Odd("number out of range")


def _int(text: str) -> int | _Odd:
    try:
        return int(text)
    except ValueError:  # longer than sys.get_int_max_str_digits()
        return _Odd(f"integer of {len(text):,} digits")


def _constant(name: str) -> _Odd:
    return _Odd(f"{name} is not valid JSON")


_STRICT, _LENIENT = (
    json.JSONDecoder(parse_float=_float, parse_int=_int, parse_constant=_constant, strict=strict)
    for strict in (True, False)
)


def _clean(value: _Loaded, at: JsonPath, issues: list[Issue]) -> JsonValue:
    """Replace numbers and text that cannot be represented."""
    match value:
        case str():
            return _text(value, at, issues)
        case list():
            return [_clean(item, (at, index), issues) for index, item in enumerate(value)]
        case dict():
            return {
                _text(key, at, issues): _clean(item, (at, key), issues)
                for key, item in value.items()
            }
        case _Odd():
            issues.append(Issue(json_path(at), f"{value.message}: replaced with None"))
            return None
        case _:
            return value


def _text(text: str, at: JsonPath, issues: list[Issue]) -> str:
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        issues.append(
            Issue(json_path(at), "text is not valid Unicode: invalid parts replaced with U+FFFD")
        )
        # not "replace", which encodes as "?": a real question mark looks the same
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    return text


def describe_other_body(body: bytes) -> str | None:
    """Describe an empty body, HTML or XML by its type and size; return ``None`` for anything else.

    No part of the body is shown, because bodies contain personal data.
    """
    size = f"{len(body):,} bytes"
    start = body.removeprefix(BOM_UTF8).lstrip(_WHITESPACE)[:14].lower()
    if not start:
        return f"the body is empty ({size})"
    if start.startswith((b"<!doctype html", b"<html")):
        return (
            f"the body looks like HTML, not JSON ({size}): a proxy or login page may have answered"
        )
    if start.startswith(b"<"):
        return f"the body looks like XML or HTML, not JSON ({size})"
    return None

"""URLs from templates and values.

Invariants: a value never changes the structure of a URL. Regardless of an id's content, the request
goes to the path in the definition, with the same number of segments, on the configured host.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from math import isfinite
from typing import TypeAlias, cast
from urllib.parse import quote

from genesys_core.codec.values import TextValue
from genesys_core.errors import InvalidValueError

__all__ = ["QueryValue", "Scalar", "encode_query", "expand_path", "format_scalar"]

Scalar: TypeAlias = str | int | float | bool | date | TextValue
"""A value that is valid in a path or a query, including ``datetime``, a subclass of ``date``."""

QueryValue: TypeAlias = Scalar | Sequence[Scalar] | None
"""A query value: ``None`` is omitted, each element of a sequence becomes a ``name=value`` pair."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def expand_path(template: str, values: Collection[tuple[str, Scalar]]) -> str:
    """Replace each ``{name}`` in a path with its value, percent-encoded as one segment.

    Raises:
        InvalidValueError: a value is empty, ``.`` or ``..``, which would change the path; or the
            values' names differ from the template's.
    """
    literals, names = _split(template)
    if not (names or values):
        return template
    given = dict(values)
    if set(names) != set(given):
        raise InvalidValueError(
            f"path {template!r}: takes {sorted(set(names))}, got {sorted(given)}"
        )
    parts = [literals[0]]
    for name, literal in zip(names, literals[1:], strict=True):
        parts += (_segment(name, given[name]), literal)
    return "".join(parts)


@lru_cache(maxsize=4096)
def _split(template: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    pieces = _PLACEHOLDER.split(template)
    return tuple(pieces[::2]), tuple(pieces[1::2])


def _segment(name: str, value: Scalar) -> str:
    text = format_scalar(name, value)
    # RFC 3986 section 5.2.4 removes "." and ".." segments, and servers do so even if percent-
    # encoded.
    if text in {"", ".", ".."}:
        raise InvalidValueError(
            f"path parameter {name}={text!r}: must not be empty, '.' or '..'; pass the id"
        )
    return _quote(name, text)


def encode_query(pairs: Iterable[tuple[str, QueryValue]]) -> str:
    """Encode a query string, without the ``?``.

    ``None`` is omitted, ``False`` and ``0`` are not; each element of a sequence becomes a pair
    (``collectionFormat: multi``); a space is ``%20``.

    Raises:
        InvalidValueError: a value is invalid in a query. Iterators are invalid too, because they
            can be consumed only once, while an operation may be sent any number of times.
    """
    return "&".join(
        f"{_quote(name, name)}={_quote(name, text)}"
        for name, value in pairs
        if value is not None
        for text in format_scalars(name, value)
    )


def format_scalars(name: str, value: QueryValue) -> Sequence[str]:
    """Return a parameter's formatted values: none for ``None``, one for a scalar.

    Raises:
        InvalidValueError: a value cannot be sent; see :func:`format_scalar`.
    """
    if value is None:
        return ()
    return [format_scalar(name, item) for item in _items(name, value)]


def _items(name: str, value: QueryValue) -> Sequence[Scalar]:
    # First: a string is a sequence of strings, but never meant as a list of its characters.
    if isinstance(value, _SCALARS):
        return (value,)
    if value.__class__ is list:  # by far the most common
        return [item for item in cast(list[Scalar | None], value) if item is not None]
    if isinstance(value, Collection) and not isinstance(value, _NO_LIST):
        items = cast(Collection[Scalar | None], value)
        return tuple(item for item in items if item is not None)
    raise InvalidValueError(
        f"parameter {name}: cannot send a {type(value).__name__} in a URL; "
        "pass one value or a list of values"
    )


_SCALARS = (str, int, float, date, TextValue)
_NO_LIST = (bytes, bytearray, memoryview, Mapping)


def format_scalar(name: str, value: Scalar) -> str:
    """Format one value for a URL, in the platform's format.

    Booleans are lower case, dates ``yyyy-MM-dd``, date-times ``yyyy-MM-ddTHH:mm:ss[.ffffff]Z``,
    year-months ``yyyy-MM``, intervals as their ``str``.

    Args:
        name: the parameter's name, for error messages.
        value: the value to format.

    Raises:
        InvalidValueError: a date-time without a zone or out of range in UTC, a float that is not
            finite, an integer of more than 1024 bits, or an unsupported type.
    """
    match value:
        case str():
            return str.__str__(value)  # an Enum of strings stands for its value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return _number(name, value)
        case datetime():
            return _date_time(name, value)
        case date():
            return date.isoformat(value)
        case TextValue():
            return str(value)
        case _:
            raise _refusal(name, value)


def _number(name: str, value: float) -> str:
    # With the methods of int and float: Enums and numpy's floats have another `repr`.
    if isinstance(value, int):
        if value.bit_length() > _LONGEST_INT:
            raise InvalidValueError(
                f"parameter {name}: must be an int of at most {_LONGEST_INT} bits, not {value.bit_length()}"
            )
        return int.__repr__(value)
    if not isfinite(value):
        raise _refusal(name, value)
    whole = value.is_integer() and abs(value) < 1e15
    return int.__repr__(int(value)) if whole else float.__repr__(value)


_LONGEST_INT = 1024  # bits; the interpreter refuses to format thousands of digits


def _refusal(name: str, value: object) -> InvalidValueError:
    plain = value is None or isinstance(value, float)
    given = str(value) if plain else f"a {type(value).__name__}"
    return InvalidValueError(
        f"parameter {name}: {given} is invalid in a URL; must be a str, bool, int, finite "
        "float, date, datetime, YearMonth or Interval"
    )


def _date_time(name: str, value: datetime) -> str:
    offset = value.utcoffset()
    if offset is None:
        raise InvalidValueError(
            f"parameter {name}={value!r}: has no time zone; add one, for example with "
            ".replace(tzinfo=timezone.utc)"
        )
    try:
        return (value.replace(tzinfo=None) - offset).isoformat() + "Z"
    except OverflowError:
        raise InvalidValueError(
            f"parameter {name}={value!r}: is outside the years 1 to 9999 in UTC"
        ) from None


def _quote(name: str, text: object) -> str:
    if not isinstance(text, str):
        raise InvalidValueError(f"parameter name {name!r}: must be a str")
    # A shortcut for names, numbers, words and ids, which need no encoding. Only for exact strings,
    # because a subclass may override the methods used here.
    if text.__class__ is str and text.isascii() and text.replace("-", "").isalnum():
        return text
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise InvalidValueError(
            f"parameter {name}={text!r}: contains a lone surrogate, which UTF-8 cannot encode"
        ) from None

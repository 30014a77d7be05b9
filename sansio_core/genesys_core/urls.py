"""URLs from templates and values.

Law: a value never changes the shape of a URL. Whatever is in an id, the request goes to the path
that the definition names, with as many segments as it has, on the host that was configured.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from urllib.parse import quote

from genesys_core.errors import InvalidValueError
from genesys_core.operation import QueryValue, Scalar
from genesys_core.values import YearMonth

__all__ = ["encode_query", "expand_path", "format_scalar"]

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def expand_path(template: str, values: Iterable[tuple[str, Scalar]]) -> str:
    """The path with each ``{name}`` replaced by its value, percent-encoded as one segment.

    Raises:
        InvalidValueError: a value that is empty, ``.`` or ``..``, which would change the path;
            or a template whose names are not the values' names.
    """
    given = dict(values)
    if not given:
        return template
    literals, names = _split(template)
    if set(names) != set(given):
        raise InvalidValueError(
            f"path {template!r}: takes {sorted(set(names))}, was given {sorted(given)}"
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
    # RFC 3986, 5.2.4 removes "." and ".." segments even when percent-encoded on the way.
    if text in {"", ".", ".."}:
        raise InvalidValueError(
            f"path parameter {name}={text!r}: must not be empty, '.' or '..'; give the id"
        )
    return _quote(name, text)


def encode_query(pairs: Iterable[tuple[str, QueryValue]]) -> str:
    """The query string, without its ``?``.

    ``None`` is left out, ``False`` and ``0`` are not; each element of a sequence becomes a pair
    (``collectionFormat: multi``); a space is ``%20``.

    Raises:
        InvalidValueError: a value that a query cannot hold.
    """
    return "&".join(
        f"{_quote(name, name)}={_quote(name, format_scalar(name, item))}"
        for name, value in pairs
        if value is not None
        for item in _items(name, value)
    )


def _items(name: str, value: QueryValue) -> Sequence[Scalar]:
    # A bare string is a sequence of its letters to a type checker; nobody means that.
    if isinstance(value, str | int | float | date | YearMonth):
        return (value,)
    if isinstance(value, Iterable) and not isinstance(value, bytes | dict):
        return tuple(item for item in value if item is not None)
    raise InvalidValueError(f"parameter {name}: cannot send a {type(value).__name__} in a URL")


def format_scalar(name: str, value: Scalar) -> str:
    """One value as the platform writes it.

    Booleans are lower case, dates ``yyyy-MM-dd``, date-times ``yyyy-MM-ddTHH:mm:ss[.ffffff]Z``,
    year-months ``yyyy-MM``.

    Args:
        name: the parameter's name, for the error.
        value: what to write.

    Raises:
        InvalidValueError: a date-time without a zone, a float that is not finite, another type.
    """
    match value:
        case str():
            return str.__str__(value)  # an Enum of strings means its value
        case bool():
            return "true" if value else "false"
        case int() | YearMonth():
            return str(value)
        case float() if value - value == 0:
            return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case datetime():
            return _date_time(name, value)
        case date():
            return value.isoformat()
        case _:
            raise InvalidValueError(
                f"parameter {name}={value!r}: must be a str, bool, int, finite float, "
                "date, datetime or YearMonth"
            )


def _date_time(name: str, value: datetime) -> str:
    offset = value.utcoffset()
    if offset is None:
        raise InvalidValueError(
            f"parameter {name}={value!r}: a date-time needs a zone; "
            "such as value.replace(tzinfo=timezone.utc)"
        )
    return (value.replace(tzinfo=None) - offset).isoformat() + "Z"


def _quote(name: str, text: str) -> str:
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise InvalidValueError(
            f"parameter {name}={text!r}: has half a surrogate pair, which UTF-8 cannot encode"
        ) from None

"""HTTP header fields as an immutable value.

Invariants: order and repetition are preserved; names are case-insensitive; the merged view joins
repeated fields with ``", "`` (RFC 9110 section 5.3). A value that could inject a header line is
rejected, except in the headers of a response, which are not validated.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias, cast

from genesys_core.confidential import REDACTED
from genesys_core.errors import InvalidValueError
from genesys_core.http.known_secrets import KnownSecrets

__all__ = ["Headers", "HeadersInput", "header_pairs"]

HeadersInput: TypeAlias = "Mapping[str, str] | Iterable[tuple[str, str]]"
"""The types that :class:`Headers` accepts: a mapping, or pairs of name and value."""

# RFC 9110 section 5.6.2: token = 1*tchar
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# RFC 9110 section 5.5: CR, LF and NUL are dangerous, "other CTL characters are also invalid"; a tab
# is allowed.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_new = object.__new__


class Headers(Mapping[str, str]):
    """Immutable header fields; ``headers["server"]`` returns the merged value of ``Server``.

    Names are case-insensitive. The fields ``Server: Google`` and ``Server: FrontEnd`` have the merged
    value ``Google, FrontEnd``; :meth:`get_list` returns the two values, and :attr:`raw` contains all
    fields in the order received.

    A value may be any text; transports send it as UTF-8.

    Raises:
        InvalidValueError: a name is not a token, or a value contains a line break, another control
            character or a lone surrogate.
    """

    __slots__ = ("_index", "_secrets", "raw")

    raw: tuple[tuple[str, str], ...]
    """All fields as ``(name, value)`` in the order received."""

    def __init__(self, fields: HeadersInput = ()) -> None:
        self.raw = tuple(
            (_checked_name(name), _checked_value(name, value))
            for name, value in header_pairs(fields)
        )
        self._index: dict[str, str] | None = None
        self._secrets: KnownSecrets | None = None

    @classmethod
    def received(cls, fields: Iterable[tuple[str, str]]) -> "Headers":
        """Create headers from a server's response, without validation."""
        headers = _new(cls)
        headers.raw = tuple(fields)
        headers._index = headers._secrets = None  # noqa: SLF001 - a constructor of this class
        return headers

    def hiding(self, secrets: KnownSecrets) -> "Headers":
        """Return the same fields, with these secrets redacted in every displayed value."""
        return self._with(self.raw, secrets)

    def _with(self, fields: Iterable[tuple[str, str]], secrets: KnownSecrets | None) -> "Headers":
        headers = Headers.received(fields)
        headers._secrets = secrets  # noqa: SLF001 - of this class
        return headers

    def __getitem__(self, name: str) -> str:
        return self.by_name()[name.lower()]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the field names in lower case, each once, in order of first appearance."""
        return iter(self.by_name())

    def __len__(self) -> int:
        return len(self.by_name())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self.by_name()

    def get_list(self, name: str) -> list[str]:
        """Return the values of the named field, one for each occurrence."""
        wanted = name.lower()
        return [value for field, value in self.raw if field.lower() == wanted]

    def merged(self) -> dict[str, str]:
        """Return merged values, keyed by the first spelling of a name, as in the official SDKs."""
        spelling: dict[str, str] = {}
        for name, _ in self.raw:
            spelling.setdefault(name.lower(), name)
        return {spelling[name]: value for name, value in self.by_name().items()}

    def set(self, name: str, value: str) -> "Headers":
        """Return a copy in which the named field occurs once, with the given value."""
        return self.updated({name: value})

    def without(self, name: str) -> "Headers":
        """Return a copy without the named field."""
        wanted = name.lower()
        kept = (pair for pair in self.raw if pair[0].lower() != wanted)
        return self._with(kept, self._secrets)

    def updated(self, changes: Mapping[str, str | None]) -> "Headers":
        """Return a copy with fields changed: a value replaces a field, ``None`` removes it.

        If the same field is changed twice, the later change wins. If ``changes`` are
        :class:`Headers`, their repeated fields are kept.
        """
        if isinstance(changes, Headers):
            # Validated already, and not treated as a mapping, which would merge repeated fields.
            added = changes.raw
            replaced = {name.lower() for name, _ in added}
        else:
            last = {_checked_name(name).lower(): (name, value) for name, value in changes.items()}
            added = tuple(
                (name, _checked_value(name, value))
                for name, value in last.values()
                if value is not None
            )
            replaced = set(last)
        kept = (field for field in self.raw if field[0].lower() not in replaced)
        return self._with((*kept, *added), self._secrets)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        return self._folded() == other._folded()

    def __hash__(self) -> int:
        return hash(self._folded())

    def redacted(self) -> "Headers":
        """Return a copy with all secrets in the values redacted."""
        return Headers.received(self._shown())

    def __repr__(self) -> str:
        return f"Headers({', '.join(f'{name}: {value}' for name, value in self._shown())})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Headers.received, (self.raw,)

    def __copy__(self) -> "Headers":
        return self  # immutable; a copy made by `__reduce__` would lose the secrets to redact

    def __deepcopy__(self, memo: object) -> "Headers":
        return self

    def _shown(self) -> Iterator[tuple[str, str]]:
        secrets = self._secrets or KnownSecrets()
        for name, value in self.raw:
            yield name, secrets.hide(mask_header(name, value) or "")

    def _folded(self) -> tuple[tuple[str, str], ...]:
        return tuple((name.lower(), value) for name, value in self.raw)

    def by_name(self) -> Mapping[str, str]:
        """Return the merged values, keyed by lower-case name; the mapping is created only once."""
        index = self._index
        if index is None:
            index = {name.lower(): value for name, value in self.raw}
            # Only repeated fields have to be joined, and few messages have any.
            if len(index) != len(self.raw):
                index = {}
                for name, value in self.raw:
                    key = name.lower()
                    index[key] = f"{index[key]}, {value}" if key in index else value
            self._index = index
        return index


SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"}
)
"""Names of secret headers, in lower case; their values are never shown."""


def mask_header(name: str, value: str | None) -> str | None:
    """Return a header's value for display, with credentials and URL parameters redacted."""
    if value is None or name.lower() not in SECRET_HEADERS:
        return value if value is None else _URL_SECRETS.sub(REDACTED, value)
    return REDACTED


# The URL in a Location or Referer may be signed: hide user and password, query, fragment.
_URL_SECRETS = re.compile(r"(?<=://)[^/@\s]+(?=@)|(?<=[\w/])[?#](?=[^\s]*=)\S+")


def header_pairs(fields: HeadersInput) -> Iterable[tuple[str, str]]:
    """Return the pairs of name and value in header fields; neither is checked.

    Raises:
        InvalidValueError: the headers are neither a mapping nor pairs.
    """
    if isinstance(fields, Headers):
        return fields.raw
    pairs = cast(
        Iterable[tuple[str, str]], fields.items() if isinstance(fields, Mapping) else fields
    )
    try:
        found = [(name, value) for name, value in pairs]
    except (TypeError, ValueError):
        raise InvalidValueError(
            "headers: must be a mapping of names to values, or pairs of a name and a value"
        ) from None
    return found


def _checked_name(name: object) -> str:
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise InvalidValueError(
            f"header name {name!r}: must be a token of letters, digits and !#$%&'*+-.^_`|~"
        )
    return name


def _checked_value(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValueError(
            f"header {name!r}: its value must be a str, not {type(value).__name__}"
        )
    if _CONTROL.search(value):
        raise InvalidValueError(
            f"header {name!r}: its value must not contain a line break or another control character"
        )
    if not value.isascii() and _SURROGATE.search(value):
        raise InvalidValueError(
            f"header {name!r}: its value contains a lone surrogate, which UTF-8 cannot encode"
        )
    return value.strip(" \t")

"""Redaction of known secrets wherever they appear in text.

Invariants: after :meth:`KnownSecrets.hide` no secret can be recovered from a text, neither
literally nor by undoing percent-encoding (RFC 3986 section 2.1) or JSON escapes (RFC 8259 section
7), in any combination and to any depth. If an escaped secret cannot be located, or if a text has too
many levels of escaping, the whole text is replaced. Redaction never fails.

Secrets that are recognized by name are handled by :mod:`genesys_core.http.redaction`.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import ClassVar, Final, TypeVar, cast
from urllib.parse import unquote

from msgspec.structs import asdict, replace

from genesys_core.codec.issues import Issue
from genesys_core.confidential import REDACTED, Confidential
from genesys_core.errors import Attempt

__all__ = ["KnownSecrets", "hide_credentials"]

T = TypeVar("T")

SHORTEST: Final = 8
"""Minimum length of a secret in characters; shorter secrets may be ordinary words, whose redaction
would garble other text."""


class KnownSecrets(Confidential, frozen=True):
    """Known secret values, longest first, so that redacting one leaves no part of another visible.

    Create one with :meth:`of`.

    Attributes:
        values: the secrets, never shown.
        are_plain: whether no secret has a character that forms or JSON would escape.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"values"})

    values: tuple[str, ...] = ()
    are_plain: bool = True

    @classmethod
    def of(cls, values: Iterable[str | None]) -> "KnownSecrets":
        """Create an object from secret values, ignoring values that are too short."""
        found = {value for value in values if value is not None and len(value) >= SHORTEST}
        ordered = sorted(found, key=lambda value: (-len(value), value))
        return cls(tuple(ordered), not any(_ODD & set(value) for value in ordered))

    def joined(self, other: "KnownSecrets") -> "KnownSecrets":
        """Return an object that contains the secrets of both objects."""
        return KnownSecrets.of((*self.values, *other.values)) if other.values else self

    def hide(self, text: str) -> str:
        """Redact the secrets in a text, and all credentials after ``Bearer`` or ``Basic``."""
        shown = text
        for secret in self.values:
            shown = shown.replace(secret, REDACTED)
        if "%" in shown or "\\" in shown or not self.are_plain:
            shown = self._hide_escaped(shown)
        return hide_credentials(shown)

    def hide_in(self, value: T) -> T:
        """Redact the secrets in every string of a value, including nested values, attempts and issues."""
        shown: object = value
        match value:
            case str():
                shown = self.hide(value)
            case list():
                shown = [self.hide_in(item) for item in cast("list[object]", value)]
            case tuple():
                shown = tuple(self.hide_in(item) for item in cast("tuple[object, ...]", value))
            case Mapping():
                pairs = cast("Mapping[object, object]", value).items()
                shown = {self.hide_in(key): self.hide_in(item) for key, item in pairs}
            case Attempt() | Issue():
                shown = replace(value, **self.hide_in(asdict(value)))
            case _:
                pass
        return cast("T", shown)

    def _hide_escaped(self, text: str) -> str:
        for secret in self.values:
            if not _can_be_read(secret, text):
                continue
            text = _spellings(secret).sub(REDACTED, text)
            if _can_be_read(secret, text):
                return REDACTED
        return text


def hide_credentials(text: str) -> str:
    """Redact credentials after ``Bearer`` (RFC 6750 section 2.1) or ``Basic`` (RFC 7617)."""
    lowered = text.lower()  # ten times as fast as a case-insensitive search
    if "bearer" not in lowered and "basic" not in lowered:
        return text
    return re.sub(_CREDENTIALS, rf"\1{REDACTED}", text, flags=re.IGNORECASE)


# Excluded are challenges ("Bearer realm=") and prose ("bearer token"). The pattern is compiled on first
# use, because few texts contain credentials.
_CREDENTIALS: Final = (
    r"(?<![a-z0-9])((?:bearer|basic)(?:\s|\+|%20|:)+)"
    r"(?!(?:tokens?|auth|authentication|authorization|credentials?|scheme|realm|error|scope)\b)"
    r"(?:[a-z0-9._~+/=-]|%[0-9a-f]{2}|\\/)+"
)

_ODD: Final = frozenset(" +\\")

_MOST_ROUNDS: Final = 8
"""Maximum number of times that a text is unescaped: once for each level of nested documents. A text
with more levels, which only an attacker sends, is treated as containing every secret.
"""

_JSON_ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})")


def _can_be_read(secret: str, text: str) -> bool:
    """Return whether a text contains a secret in any escaping.

    Also true for a text with more levels of escaping than are examined.
    """
    wanted = _folded(secret)
    for _ in range(_MOST_ROUNDS):
        if wanted in _folded(text):
            return True
        plain = unquote(text)
        if "\\" in plain:
            plain = _JSON_ESCAPE.sub(lambda match: chr(int(match[1], 16)), plain)
            # A character beyond U+FFFF is a pair of escapes.
            plain = plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if plain == text:
            return False
        text = plain
    return True


def _folded(text: str) -> str:
    """Normalize a text for comparison: remove backslashes, and replace spaces with plus signs."""
    return text.replace("\\", "").replace(" ", "+")


def _spellings(secret: str) -> re.Pattern[str]:
    return re.compile("".join(map(_spelling, secret)))


_BACKSLASH: Final = r"(?:\\|%(?:25)*5[cC])"


@lru_cache(512)  # a pattern is built for each new token, and tokens consist of the same characters
def _spelling(character: str) -> str:
    """Return a pattern for one character: literal, percent-encoded, or escaped in JSON."""
    if character == "\\":
        return f"{_BACKSLASH}+"
    percent = "".join(f"%(?:25)*{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
    units = character.encode("utf-16-be", "surrogatepass").hex()
    escaped = "".join(f"{_BACKSLASH}+u{units[at : at + 4]}" for at in range(0, len(units), 4))
    plain = "[ +]" if character in " +" else re.escape(character)
    return f"{_BACKSLASH}*(?:{plain}|(?i:{percent}|{escaped}))"

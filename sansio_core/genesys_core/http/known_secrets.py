"""Secrets that a client holds, replaced wherever they appear in text.

Invariants: after :meth:`KnownSecrets.hide` no secret can be read out of a text, neither as it is nor
after its percent-encoding (RFC 3986, 2.1) or JSON escapes (RFC 8259, 7) are undone, in any mixture
and depth. Where a spelling cannot be found again, the whole text is replaced. A text without a
secret comes back as it was, and nothing makes hiding fail.

Secrets recognised by name are handled by :mod:`genesys_core.http.redaction`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import ClassVar, Final, TypeVar, cast
from urllib.parse import unquote

from msgspec.structs import asdict, replace

from genesys_core.codec.issues import Issue
from genesys_core.confidential import REDACTED, Confidential
from genesys_core.errors import Attempt

__all__ = ["KnownSecrets", "hide_credentials"]

T = TypeVar("T")

SHORTEST: Final = 8
"""Characters; shorter secrets are words, and replacing those would make others unreadable."""


class KnownSecrets(Confidential, frozen=True):
    """Secret values; the longest first, so that none of them hides a part of another.

    Make one with :meth:`of`.

    Attributes:
        values: the secrets, never shown.
        are_plain: whether none of them has a character that a form or a string writes otherwise.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"values"})

    values: tuple[str, ...] = ()
    are_plain: bool = True

    @classmethod
    def of(cls, values: Iterable[str | None]) -> "KnownSecrets":
        """Those of some values that are long enough to be secrets."""
        found = {value for value in values if value is not None and len(value) >= SHORTEST}
        ordered = sorted(found, key=lambda value: (-len(value), value))
        return cls(tuple(ordered), not any(_ODD & set(value) for value in ordered))

    def joined(self, other: "KnownSecrets") -> "KnownSecrets":
        """These secrets and others."""
        return KnownSecrets.of((*self.values, *other.values)) if other.values else self

    def hide(self, text: str) -> str:
        """The text with each secret replaced, and what follows ``Bearer`` or ``Basic``."""
        shown = text
        for secret in self.values:
            shown = shown.replace(secret, REDACTED)
        if "%" in shown or "\\" in shown or not self.are_plain:
            shown = self._hide_escaped(shown)
        return hide_credentials(shown)

    def hide_in(self, value: T) -> T:
        """The value with each text in it hidden: in lists, tuples, mappings, attempts and issues."""
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
    """The text with what follows ``Bearer`` and ``Basic`` replaced (RFC 6750, 2.1; RFC 7617, 2)."""
    lowered = text.lower()  # which is ten times as fast as to search without regard to case
    if "bearer" not in lowered and "basic" not in lowered:
        return text
    return _CREDENTIALS.sub(rf"\1{REDACTED}", text)


# A challenge has parameters instead ("Bearer realm="), and prose goes on with one of these words.
_CREDENTIALS = re.compile(
    r"(?<![a-z0-9])((?:bearer|basic)(?:\s|\+|%20|:)+)"
    r"(?!(?:tokens?|auth|authentication|authorization|credentials?|scheme|realm|error|scope)\b)"
    r"(?:[a-z0-9._~+/=-]|%[0-9a-f]{2}|\\/)+",
    re.IGNORECASE,
)

_ODD: Final = frozenset(" +\\")

_MOST_ROUNDS: Final = 8
"""Of unescaping; each is another document within a document."""

_JSON_ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})")


def _can_be_read(secret: str, text: str) -> bool:
    """Whether a text holds a secret, in whatever escaping."""
    wanted = _folded(secret)
    for _ in range(_MOST_ROUNDS):
        if wanted in _folded(text):
            return True
        plain = unquote(text)
        if "\\" in plain:
            plain = _JSON_ESCAPE.sub(lambda match: chr(int(match[1], 16)), plain)
            # A character beyond U+FFFF is a pair of two escapes.
            plain = plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if plain == text:
            return False
        text = plain
    return wanted in _folded(text)


def _folded(text: str) -> str:
    """Without what escapes add and take away: backslashes, and a plus sign for a blank in forms."""
    return text.replace("\\", "").replace(" ", "+")


def _spellings(secret: str) -> re.Pattern[str]:
    return re.compile("".join(map(_spelling, secret)))


_BACKSLASH: Final = r"(?:\\|%(?:25)*5[cC])"


def _spelling(character: str) -> str:
    """Each way to write one character: as it is, percent-encoded, escaped in JSON."""
    if character == "\\":
        return f"{_BACKSLASH}+"
    percent = "".join(f"%(?:25)*{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
    units = character.encode("utf-16-be", "surrogatepass").hex()
    escaped = "".join(f"{_BACKSLASH}+u{units[at : at + 4]}" for at in range(0, len(units), 4))
    plain = "[ +]" if character in " +" else re.escape(character)
    return f"{_BACKSLASH}*(?:{plain}|(?i:{percent}|{escaped}))"

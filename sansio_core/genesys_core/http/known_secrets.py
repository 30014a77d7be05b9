"""Secrets that a client holds, replaced wherever they appear in text.

Invariants: after :meth:`KnownSecrets.hide` no secret can be read out of a text, neither as it is nor
after its percent-encoding (RFC 3986, 2.1) or JSON escapes (RFC 8259, 7) are undone, in any mixture
and depth. Where a spelling cannot be found again, the whole text is replaced. A text without a
secret comes back as it was, and nothing makes hiding fail.

What is secret by its name is the affair of :mod:`genesys_core.http.redaction`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import ClassVar, Final, cast
from urllib.parse import unquote

from msgspec.structs import asdict, replace

from genesys_core.confidential import REDACTED, Confidential
from genesys_core.errors import GenesysCloudError

__all__ = ["KnownSecrets", "hide_credentials"]

SHORTEST: Final = 8
"""Characters; shorter secrets are words, and replacing those would make others unreadable."""


class KnownSecrets(Confidential, frozen=True):
    """Secret values; the longest first, so that none of them hides a part of another.

    Make one with :meth:`of`.

    Attributes:
        values: the secrets, never shown.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"values"})

    values: tuple[str, ...] = ()

    @classmethod
    def of(cls, values: Iterable[str | None]) -> "KnownSecrets":
        """Those of some values that are long enough to be secrets."""
        found = {value for value in values if value is not None and len(value) >= SHORTEST}
        return cls(tuple(sorted(found, key=lambda value: (-len(value), value))))

    def hide(self, text: str) -> str:
        """The text with each secret replaced, and what follows ``Bearer`` or ``Basic``."""
        shown = text
        for secret in self.values:
            shown = shown.replace(secret, REDACTED)
        return hide_credentials(self._hide_escaped(shown))

    def hide_in(self, value: object) -> object:
        """The value with each text in it hidden, in lists, tuples, mappings and history entries."""
        match value:
            case str():
                return self.hide(value)
            case list() | tuple():
                items = [self.hide_in(item) for item in cast(Iterable[object], value)]
                return items if isinstance(value, list) else tuple(items)
            case Mapping():
                pairs = cast(Mapping[object, object], value).items()
                return {self.hide_in(key): self.hide_in(item) for key, item in pairs}
            case _:
                return value

    def hide_in_error(self, error: GenesysCloudError) -> None:
        """Hide the secrets in all that an error says; the messages it is about stay as they are."""
        error.args = cast(tuple[object, ...], self.hide_in(error.args))
        for name, value in vars(error).items():
            setattr(error, name, self.hide_in(value))
        error.attempts = tuple(
            replace(attempt, **{name: self.hide_in(said) for name, said in asdict(attempt).items()})
            for attempt in error.attempts
        )

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
    return _CREDENTIALS.sub(rf"\1{REDACTED}", text)


# A challenge has parameters instead ("Bearer realm="), and prose goes on with one of these words.
_CREDENTIALS = re.compile(
    r"(?<![a-z0-9])((?:bearer|basic)(?:\s|\+|%20|:)+)"
    r"(?!(?:tokens?|auth|authentication|authorization|credentials?|scheme|realm|error|scope)\b)"
    r"(?:[a-z0-9._~+/-]|%2[bf])+(?:=|%3d)*",
    re.IGNORECASE,
)

_MOST_ROUNDS: Final = 8
"""Of unescaping; each is another document within a document."""

_JSON_ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})")


def _can_be_read(secret: str, text: str) -> bool:
    """Whether a text holds a secret, in whatever escaping."""
    wanted = _folded(secret)
    for _ in range(_MOST_ROUNDS):
        if wanted in _folded(text):
            return True
        plain = _JSON_ESCAPE.sub(lambda match: chr(int(match[1], 16)), unquote(text))
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

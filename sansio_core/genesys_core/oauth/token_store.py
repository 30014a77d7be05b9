"""Where tokens are kept between runs: the protocol of a store, and what is written.

Law: what was written reads back the same. A document of somebody else's is refused and never
written over; entries that this version does not understand stay as they are. No error repeats what
a document holds.

What is asked of a store around an exchange, and what its failures mean, is decided in
:mod:`genesys_core.calls.token_transaction`.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

import msgspec
from msgspec import Struct

from genesys_core.confidential import Printable
from genesys_core.errors import GenesysCloudError
from genesys_core.hosts import Hosts
from genesys_core.oauth.grants import Grant
from genesys_core.oauth.tokens import Token

__all__ = [
    "TokenDocument",
    "TokenKey",
    "TokenStore",
    "TokenStoreError",
    "decode_token",
    "encode_token",
]


class TokenStoreError(GenesysCloudError):
    """A token store cannot be used: not readable, not writable, locked for too long, not ours."""

    is_retry_safe = True


class TokenKey(Struct, frozen=True):
    """Whose token it is. One client id may have users; a store tells those apart by itself.

    Args:
        client_id: the OAuth client's id.
        login: base URL of the login host that gave the token.
    """

    client_id: str
    login: str

    @classmethod
    def of(cls, grant: Grant, hosts: Hosts) -> "TokenKey":
        """The key of a grant's tokens."""
        return cls(grant.client_id, hosts.login)


class TokenStore(Protocol):
    """Keeps tokens; any object with these four methods is one.

    The methods may block: asynchronous clients call them in worker threads, not always the same
    one. They raise :class:`TokenStoreError` and nothing else.
    """

    def load(self, key: TokenKey) -> Token | None:
        """The token, or ``None`` where there is none; never half of one, whoever is writing."""
        ...

    def save(self, key: TokenKey, token: Token) -> None:
        """Keep a token in place of the one before; whole or not at all, even if killed in the act."""
        ...

    def delete(self, key: TokenKey) -> None:
        """Forget the token, if there is one."""
        ...

    def lock(self, key: TokenKey, *, timeout: float) -> AbstractContextManager[None]:
        """Keep all others who share the store from exchanging this key's token meanwhile.

        The other three methods may be called with or without it. A holder that dies gives it back.

        Args:
            key: whose token.
            timeout: seconds to wait for others; then it raises.
        """
        ...


_FIELDS: Final = ("token_type", "expires_in", "expires_at", "refresh_token", "scope")


def encode_token(token: Token) -> bytes:
    """A token as JSON, secrets and all; :func:`decode_token` reads it.

    Raises:
        TokenStoreError: something in :attr:`Token.extra` that JSON cannot hold.
    """
    return _encoded(_plain(token))


def decode_token(content: bytes) -> Token | None:
    """The token in what :func:`encode_token` gave; ``None`` for anything else."""
    try:
        return _TOKEN.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


# Made here, because msgspec learns a class at its first use, and threads may meet there.
_TOKEN: Final = msgspec.json.Decoder(Token)


class TokenDocument(Printable, frozen=True):
    """A JSON document with several tokens, each under its key and an account.

    Attributes:
        entries: as read; some may be of a later version.
        rest: what else the document holds.
    """

    entries: tuple[Mapping[str, object], ...] = ()
    rest: Mapping[str, object] = {}

    def __repr__(self) -> str:
        return f"TokenDocument({len(self.entries)} entries)"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("entries", len(self.entries))]

    @classmethod
    def from_bytes(cls, content: bytes) -> "TokenDocument":
        """Read a document; an empty one holds no tokens.

        Raises:
            TokenStoreError: this is something else.
        """
        if not content.strip():
            return cls()
        try:
            document = msgspec.json.decode(content, type=dict[str, Any])
            entries = msgspec.convert(document.pop(_ENTRIES), list[dict[str, Any]])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError):
            document, entries = {}, None
        if entries is None:
            raise TokenStoreError("this is no token file; move it away or give another path")
        return cls(tuple(entries), document)

    def to_bytes(self) -> bytes:
        """Write the document.

        Raises:
            TokenStoreError: something in :attr:`Token.extra` that JSON cannot hold.
        """
        return _encoded({**self.rest, _ENTRIES: self.entries})

    def get(self, key: TokenKey, account: str = "") -> Token | None:
        """The token of a key and an account; ``None`` where there is none that can be read."""
        wanted = _address(key, account)
        found = next((entry for entry in self.entries if _is_at(entry, wanted)), None)
        return None if found is None else _token(found.get("token"))

    def put(self, key: TokenKey, token: Token, account: str = "") -> "TokenDocument":
        """The document with this token in place of the one before."""
        entry = {**_address(key, account), "token": _plain(token)}
        return TokenDocument((*self.without(key, account).entries, entry), self.rest)

    def without(self, key: TokenKey, account: str = "") -> "TokenDocument":
        """The document less one token."""
        unwanted = _address(key, account)
        return TokenDocument(
            tuple(entry for entry in self.entries if not _is_at(entry, unwanted)), self.rest
        )


_ENTRIES: Final = "genesys_cloud_tokens"


def _address(key: TokenKey, account: str) -> dict[str, object]:
    return {"client_id": key.client_id, "login": key.login, "account": account}


def _is_at(entry: Mapping[str, object], address: Mapping[str, object]) -> bool:
    return all(entry.get(name) == value for name, value in address.items())


def _plain(token: Token) -> dict[str, object]:
    given = {name: getattr(token, name) for name in _FIELDS}
    plain: dict[str, object] = {"access_token": token.access_token}
    plain.update((name, value) for name, value in given.items() if value is not None)
    return {**plain, "extra": token.extra} if token.extra else plain


def _token(document: object) -> Token | None:
    try:
        return msgspec.convert(document, Token)
    except msgspec.ValidationError:
        return None


def _encoded(document: Mapping[str, object]) -> bytes:
    try:
        return msgspec.json.format(msgspec.json.encode(document), indent=2)
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        problem = "the token's `extra` holds what JSON cannot; keep it elsewhere"
    raise TokenStoreError(problem)

"""The token store protocol, and the document format of stored tokens.

Invariants: a token reads back exactly as it was written. A document in an unknown format is
rejected and never overwritten; entries that this version does not understand are preserved. No
error message contains parts of a document.

The module :mod:`genesys_core.calls.token_transaction` decides when a store is read and
written, and how failures of the store are handled.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, Final, Protocol, runtime_checkable

import msgspec
from msgspec import Struct

from genesys_core.confidential import Printable
from genesys_core.errors import GenesysCloudError
from genesys_core.hosts import Hosts
from genesys_core.oauth.grants import Grant
from genesys_core.oauth.tokens import Token

__all__ = [
    "AsyncTokenStore",
    "TokenDocument",
    "TokenKey",
    "TokenStore",
    "TokenStoreError",
    "decode_token",
    "encode_token",
]


class TokenStoreError(GenesysCloudError):
    """The token store cannot be read, written or locked, or its document has an unknown format."""

    is_retry_safe = True  # a call that fails for want of a token has had no effect


class TokenKey(Struct, frozen=True):
    """Identifies the tokens of an OAuth client at a login host.

    All users of the client have the same key; a store for several users must tell them apart.

    Args:
        client_id: the OAuth client's id.
        login: base URL of the login host that issued the token.
    """

    client_id: str
    login: str

    @classmethod
    def of(cls, grant: Grant, hosts: Hosts) -> "TokenKey":
        """Return the key for a grant's tokens."""
        return cls(grant.client_id, hosts.login)


class TokenStore(Protocol):
    """Protocol of token stores.

    Methods may block: unless the store is also an :class:`AsyncTokenStore`, asynchronous clients
    call them in worker threads, not always in the same one. The methods must raise only
    :class:`TokenStoreError`.
    """

    def load(self, key: TokenKey) -> Token | None:
        """Return the token, or ``None`` if there is none; never a partially written one."""
        ...

    def save(self, key: TokenKey, token: Token) -> None:
        """Replace the stored token. Must be atomic, even if the process is killed."""
        ...

    def delete(self, key: TokenKey) -> None:
        """Delete the stored token, if there is one."""
        ...

    def lock(self, key: TokenKey, *, timeout: float) -> AbstractContextManager[None]:
        """Return a context manager that locks a key, so that exchanges of its token do not overlap.

        ``load``, ``save`` and ``delete`` may be called with or without the lock. The lock must be
        released if the process that holds it dies.

        Args:
            key: the token's key.
            timeout: seconds to wait for the lock before raising :class:`TokenStoreError`.
        """
        ...


@runtime_checkable
class AsyncTokenStore(Protocol):
    """Protocol of token stores with asynchronous methods in addition to those of :class:`TokenStore`.

    The methods wait in the running asyncio or trio event loop, so asynchronous clients need no worker
    threads.
    """

    async def load_async(self, key: TokenKey) -> Token | None:
        """Return the token as :meth:`TokenStore.load` does."""
        ...

    async def save_async(self, key: TokenKey, token: Token) -> None:
        """Replace the token as :meth:`TokenStore.save` does."""
        ...

    async def delete_async(self, key: TokenKey) -> None:
        """Delete the token as :meth:`TokenStore.delete` does."""
        ...

    def lock_async(self, key: TokenKey, *, timeout: float) -> AbstractAsyncContextManager[None]:
        """Lock the key as :meth:`TokenStore.lock` does."""
        ...


_FIELDS: Final = ("token_type", "expires_in", "expires_at", "refresh_token", "scope")


def encode_token(token: Token) -> bytes:
    """Encode a token as JSON, including its secrets; :func:`decode_token` is the inverse.

    Raises:
        TokenStoreError: :attr:`Token.extra` contains a value that JSON cannot represent.
    """
    return _encoded(_plain(token))


def decode_token(content: bytes) -> Token | None:
    """Decode the output of :func:`encode_token`; ``None`` for anything else."""
    try:
        return _TOKEN.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


# Created here, because msgspec inspects a class on first use, which is not thread-safe.
_TOKEN: Final = msgspec.json.Decoder(Token)


class TokenDocument(Printable, frozen=True):
    """A JSON document with several tokens, by key and account.

    Attributes:
        entries: the entries as read; some may be from a later version.
        rest: the other members of the document.
    """

    entries: tuple[Mapping[str, object], ...] = ()
    rest: Mapping[str, object] = {}

    def __repr__(self) -> str:
        return f"TokenDocument({len(self.entries)} entries)"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("entries", len(self.entries))]

    @classmethod
    def from_bytes(cls, content: bytes) -> "TokenDocument":
        """Parse a document; an empty one contains no tokens.

        Raises:
            TokenStoreError: the document has an unknown format.
        """
        if not content.strip():
            return cls()
        try:
            document = msgspec.json.decode(content, type=dict[str, Any])
            entries = msgspec.convert(document.pop(_ENTRIES), list[dict[str, Any]])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError):
            # Raised below, because an error raised here would have the parser's error as its context,
            # whose frames contain the document.
            document, entries = {}, None
        if entries is None:
            raise TokenStoreError("not a token file; move it away or use another path")
        return cls(tuple(entries), document)

    def to_bytes(self) -> bytes:
        """Encode the document as JSON.

        Raises:
            TokenStoreError: :attr:`Token.extra` contains a value that JSON cannot represent.
        """
        return _encoded({**self.rest, _ENTRIES: self.entries})

    def get(self, key: TokenKey, account: str = "") -> Token | None:
        """Return the token for a key and account; ``None`` if it is missing or unreadable."""
        wanted = _address(key, account)
        found = next((entry for entry in self.entries if _is_at(entry, wanted)), None)
        return None if found is None else _token(found.get("token"))

    def put(self, key: TokenKey, token: Token, account: str = "") -> "TokenDocument":
        """Return the document with the token for a key and account replaced."""
        entry = {**_address(key, account), "token": _plain(token)}
        return TokenDocument((*self.without(key, account).entries, entry), self.rest)

    def without(self, key: TokenKey, account: str = "") -> "TokenDocument":
        """Return the document without the token for a key and account."""
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
        problem = (
            "the token's `extra` contains a value that JSON cannot represent; store it elsewhere"
        )
    # Outside of `except`: the original error, as the context of this one, may quote the token.
    raise TokenStoreError(problem)

"""Tokens in Redis, shared by several machines.

Synchronous clients block their thread; asynchronous clients wait in their event loop, without a thread.

Invariants: a token is stored atomically. The lock is a lease: it expires after a time, so that a
client that dies blocks other clients only until then, and only its holder can release it earlier.
"""

import contextlib
import secrets
import time
from collections.abc import AsyncGenerator, Generator
from typing import Final

from genesys_cloud.redis.server import RedisFailure, RedisServer
from genesys_cloud.transports.awaited import run_now
from genesys_cloud.transports.tls import Verify
from genesys_core.checks import NUMBER, TEXT
from genesys_core.errors import InvalidValueError
from genesys_core.oauth.token_store import TokenKey, TokenStoreError, decode_token, encode_token
from genesys_core.oauth.tokens import Token
from genesys_core.redis.leases import acquire_command, lease_name, release_command, token_name
from genesys_core.redis.resp import RedisReply, encode_command

__all__ = ["RedisTokenStore"]

_POLL: Final = 0.05
"""Seconds between attempts to acquire a lease."""


class RedisTokenStore:
    """Shares tokens between all clients that use the same Redis server, on any number of machines.

    Anyone who can read from the server can read the tokens: protect it with a password, TLS and a
    private network.

    Args:
        url: ``redis://host:6379/0``, or ``rediss://`` for TLS; may contain a user name and password.
        account: a name that distinguishes users who sign in with the same client id.
        prefix: the prefix of all Redis keys.
        lease: seconds after which a lock that was not released expires. It must be longer than a
            token request may take: if the lock expires earlier, two clients may exchange the
            grant at the same time. That is harmless for client credentials, but a refresh token
            that is rotated on each use may be lost, and the user must sign in again.
        timeout: seconds for a command, including connecting.
        verify: trusted certificate authorities; the same values as the ``verify`` of a client.

    Raises:
        InvalidValueError: ``url``, ``lease`` or ``timeout`` is invalid.
        TypeError: an argument has the wrong type.
    """

    def __init__(
        self,
        url: str = "redis://127.0.0.1:6379/0",
        *,
        account: str = "",
        prefix: str = "genesys-cloud",
        lease: float = 300.0,
        timeout: float = 5.0,
        verify: Verify = True,
    ) -> None:
        TEXT.check("account", account)
        TEXT.check("prefix", prefix)
        NUMBER.check("lease", lease)
        if not lease > 0:
            raise InvalidValueError(f"lease={lease}: must be more than 0")
        self._server = RedisServer(url, timeout=timeout, verify=verify)
        self._account, self._prefix, self._lease = account, prefix, lease

    def load(self, key: TokenKey) -> Token | None:
        """Return the stored token, or ``None`` if no token is stored.

        Raises:
            TokenStoreError: Redis cannot be used.
        """
        return run_now(self._load(key, is_blocking=True))

    async def load_async(self, key: TokenKey) -> Token | None:
        """See :meth:`load`; waits in the running event loop."""
        return await self._load(key, is_blocking=False)

    def save(self, key: TokenKey, token: Token) -> None:
        """Store a token in Redis.

        Raises:
            TokenStoreError: Redis cannot be used.
        """
        run_now(self._save(key, token, is_blocking=True))

    async def save_async(self, key: TokenKey, token: Token) -> None:
        """See :meth:`save`; waits in the running event loop."""
        await self._save(key, token, is_blocking=False)

    def delete(self, key: TokenKey) -> None:
        """Delete a token from Redis.

        Raises:
            TokenStoreError: Redis cannot be used.
        """
        run_now(self._delete(key, is_blocking=True))

    async def delete_async(self, key: TokenKey) -> None:
        """See :meth:`delete`; waits in the running event loop."""
        await self._delete(key, is_blocking=False)

    @contextlib.contextmanager
    def lock(self, key: TokenKey, *, timeout: float) -> Generator[None, None, None]:
        """Return a context manager that holds the lease of a key.

        Only one client at a time, in this process or elsewhere, can hold the lease. Clients hold it
        while they request a token for the key.

        Raises:
            TokenStoreError: the lease was not acquired within ``timeout`` seconds, or Redis cannot
                be used.
        """
        owner = run_now(self._acquire(key, timeout, is_blocking=True))
        try:
            yield
        finally:
            run_now(self._release(key, owner, is_blocking=True))

    @contextlib.asynccontextmanager
    async def lock_async(
        self,
        key: TokenKey,
        *,
        timeout: float,  # noqa: ASYNC109 - of the wait for another machine
    ) -> AsyncGenerator[None, None]:
        """See :meth:`lock`; waits in the running event loop."""
        owner = await self._acquire(key, timeout, is_blocking=False)
        try:
            yield
        finally:
            await self._release(key, owner, is_blocking=False)

    def close(self) -> None:
        """Close the idle connections. Idempotent; the store can be used again."""
        self._server.close()

    def __repr__(self) -> str:
        account = f", account={self._account!r}" if self._account else ""
        return f"RedisTokenStore({self._server.address!r}{account})"

    async def _load(self, key: TokenKey, *, is_blocking: bool) -> Token | None:
        command = encode_command("GET", token_name(self._prefix, key, self._account))
        found = await self._ask(command, is_blocking=is_blocking)
        return decode_token(found) if isinstance(found, bytes) else None

    async def _save(self, key: TokenKey, token: Token, *, is_blocking: bool) -> None:
        name = token_name(self._prefix, key, self._account)
        command = encode_command("SET", name, encode_token(token))
        await self._ask(command, is_blocking=is_blocking)

    async def _delete(self, key: TokenKey, *, is_blocking: bool) -> None:
        command = encode_command("DEL", token_name(self._prefix, key, self._account))
        await self._ask(command, is_blocking=is_blocking)

    async def _acquire(self, key: TokenKey, seconds: float, *, is_blocking: bool) -> str:
        """Acquire the lease of a token, and return the random text that identifies the owner."""
        name, owner = lease_name(self._prefix, key, self._account), secrets.token_hex(16)
        command = acquire_command(name, owner, self._lease)
        try:
            is_acquired = await self._wait_for_lease(command, seconds, is_blocking=is_blocking)
        except GeneratorExit:  # an abandoned coroutine cannot await
            raise
        except BaseException:
            # Failed, cancelled or interrupted: Redis may have granted the lease in a reply that was
            # not read.
            await self._release(key, owner, is_blocking=is_blocking)
            raise
        if not is_acquired:
            raise TokenStoreError(
                f"Redis at {self._server.address}: another client holds the lease of this token; "
                f"waited {seconds:g} s"
            )
        return owner

    async def _wait_for_lease(self, command: bytes, seconds: float, *, is_blocking: bool) -> bool:
        """Repeat a command until it acquires the lease; return ``False`` if the time is up."""
        until = time.monotonic() + seconds
        while await self._ask(command, is_blocking=is_blocking) is None:
            if time.monotonic() >= until:
                return False
            await self._server.pause(_POLL, is_blocking=is_blocking)
        return True

    async def _release(self, key: TokenKey, owner: str, *, is_blocking: bool) -> None:
        release = release_command(lease_name(self._prefix, key, self._account), owner)
        # If Redis cannot be reached, the lease expires by itself.
        with contextlib.suppress(TokenStoreError):
            if is_blocking:
                await self._ask(release, is_blocking=True)
                return
            import anyio  # noqa: PLC0415 - threads do not need it

            # Within a cancelled scope, the command would be cancelled as well.
            with anyio.CancelScope(shield=True):
                await self._ask(release, is_blocking=False)

    async def _ask(self, command: bytes, *, is_blocking: bool) -> RedisReply:
        try:
            return await self._server.ask(command, is_blocking=is_blocking)
        except RedisFailure as failure:
            raise TokenStoreError(str(failure)) from None

"""Rate limits in Redis, shared by several machines.

Invariants: this module sends a script of the core (:mod:`genesys_core.redis.places`) to Redis, which
runs the script to grant a place.
"""

from collections.abc import Sequence

from genesys_cloud.redis.server import RedisFailure, RedisServer
from genesys_cloud.transports.tls import Verify
from genesys_core.checks import NUMBER, TEXT
from genesys_core.errors import BudgetError, InvalidValueError
from genesys_core.redis.places import close_command, leave_command, read_place, take_command
from genesys_core.redis.resp import RedisReply
from genesys_core.session.budget import RatePlace
from genesys_core.session.pacing import RateWindow

__all__ = ["RedisBudget"]


class RedisBudget:
    """Shares each token's rate limit between all clients that use the same Redis server.

    Pass it as ``budget`` to clients that share a token. Redis grants places in the order of the
    requests, by its own clock; a request for a place is one round trip. Redis should write each change to disk
    (``appendfsync always``): if a client detects that Redis has lost its state, no places are
    granted for one window.

    Args:
        url: ``redis://host:6379/0``, or ``rediss://`` for TLS; may contain a user name and password.
        prefix: the prefix of all Redis keys.
        fallback: the share of the limit that each client uses while Redis cannot be reached, such
            as ``1 / 8`` for eight workers; ``None`` to raise an error instead.
        timeout: seconds for a command, including connecting.
        verify: trusted certificate authorities; the same values as the ``verify`` of a client.

    Raises:
        InvalidValueError: ``url``, ``fallback`` or ``timeout`` is invalid.
        TypeError: an argument has the wrong type.
    """

    def __init__(
        self,
        url: str = "redis://127.0.0.1:6379/0",
        *,
        prefix: str = "genesys-cloud",
        fallback: float | None = None,
        timeout: float = 5.0,
        verify: Verify = True,
    ) -> None:
        TEXT.check("prefix", prefix)
        NUMBER.or_none().check("fallback", fallback)
        if fallback is not None and not 0 < fallback <= 1:
            raise InvalidValueError(f"fallback={fallback}: must be more than 0 and at most 1")
        self._server = RedisServer(url, timeout=timeout, verify=verify)
        self._prefix = prefix
        self.fallback = fallback

    async def take_place(
        self,
        key: str,
        lanes: Sequence[RateWindow],
        *,
        ticket: int | None,
        had_places: bool,
        is_blocking: bool,
    ) -> RatePlace:
        """Request a place in a rate limit; see :func:`genesys_core.redis.places.take_command`.

        Raises:
            BudgetError: Redis cannot be used.
        """
        command = take_command(self._prefix, key, lanes, ticket=ticket, had_places=had_places)
        return read_place(await self._ask(command, is_blocking=is_blocking))

    async def leave_place(
        self, key: str, lanes: Sequence[RateWindow], ticket: int, *, is_blocking: bool
    ) -> None:
        """Release a place that was granted but not used.

        Raises:
            BudgetError: Redis cannot be used.
        """
        command = leave_command(self._prefix, key, lanes, ticket)
        await self._ask(command, is_blocking=is_blocking)

    async def close_gate(self, key: str, seconds: float, *, is_blocking: bool) -> None:
        """Make Redis grant no places in a token's rate limit, to any client, for ``seconds``.

        Raises:
            BudgetError: Redis cannot be used.
        """
        command = close_command(self._prefix, key, seconds)
        await self._ask(command, is_blocking=is_blocking)

    def close(self) -> None:
        """Close the idle connections. Idempotent; the budget can be used again."""
        self._server.close()

    def __repr__(self) -> str:
        return f"RedisBudget({self._server.address!r})"

    async def _ask(self, command: bytes, *, is_blocking: bool) -> RedisReply:
        try:
            return await self._server.ask(command, is_blocking=is_blocking)
        except RedisFailure as failure:
            raise BudgetError(str(failure)) from None

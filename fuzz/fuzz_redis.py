"""Any bytes from a server are replies of Redis, the beginning of one, or an error.

Invariants: only ``RedisProtocolError`` is raised; how the bytes are divided does not matter; any reply is a
place or a ``BudgetError``.
"""

from collections.abc import Callable
from typing import Final

from genesys_core.errors import BudgetError
from genesys_core.redis.places import read_place
from genesys_core.redis.resp import RedisProtocolError, RedisReplyError, ReplyReader

__all__ = ["TARGETS"]


def redis_replies(data: bytes) -> None:
    """The input is what the server sends."""
    whole, bytewise = read([data]), read([data[n : n + 1] for n in range(len(data))])
    assert whole == bytewise
    for reply in whole:
        try:
            place = read_place(reply)
        except BudgetError:
            continue
        assert place.wait >= 0


def read(pieces: list[bytes]) -> list[object]:
    reader, found = ReplyReader(), []
    try:
        for piece in pieces:
            reader.feed(piece)
            while (reply := reader.take()) is not None:
                found += [str(one) if isinstance(one, RedisReplyError) else one for one in reply]
    except RedisProtocolError:
        pass
    return found


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {"redis_replies": redis_replies}

"""The Redis protocol without I/O: encoding of commands and parsing of replies.

Source: the Redis serialization protocol, version 2 (RESP2).

Invariants: replies do not depend on how the bytes are split. Input that is not RESP2, or exceeds
the limit, raises :class:`RedisProtocolError`, after which the connection is unusable.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

__all__ = ["RedisProtocolError", "RedisReply", "RedisReplyError", "ReplyReader", "encode_command"]

MAX_REPLY: Final = 1 << 20
"""Maximum length of a reply in bytes; replies with tokens or places are much shorter."""

_MAX_DEPTH: Final = 8
"""Maximum depth of nested lists, which are parsed recursively; replies to this library's commands
have a depth of 1."""

_KINDS: Final = {b"", b"+", b"-", b":", b"$", b"*"}
"""The valid first bytes of a reply, and ``b""`` if no byte has arrived. Any other byte is rejected at
once, not only at the end of the line."""


class RedisProtocolError(Exception):
    """The server sent something that is not RESP2; perhaps the server is not Redis.

    Adapters convert this exception to an error of the library.
    """


class RedisReplyError(Exception):
    """An error reply from Redis. Adapters convert the reply to an error of the library."""

    @property
    def kind(self) -> str:
        """The first word of the error reply, such as ``NOAUTH`` or ``LOADING``."""
        return str(self).partition(" ")[0]


RedisReply: TypeAlias = "bytes | int | RedisReplyError | list[RedisReply] | None"
"""A Redis reply: a string, a number, null, an error or a list of replies."""


def encode_command(*words: str | bytes | int) -> bytes:
    """Encode a Redis command with its arguments."""
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    lines = [b"*%d\r\n" % len(parts)]
    lines += [b"$%d\r\n%b\r\n" % (len(part), part) for part in parts]
    return b"".join(lines)


class ReplyReader:
    """Parses Redis replies: call ``feed`` with bytes, then ``take`` until it returns ``None``."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        """Add bytes received from the server.

        Raises:
            RedisProtocolError: the bytes that are not yet parsed exceed :data:`MAX_REPLY`.
        """
        self._data += data
        if len(self._data) > MAX_REPLY:
            raise RedisProtocolError(f"the reply from Redis is longer than {MAX_REPLY} bytes")

    def take(self) -> "tuple[RedisReply] | None":
        """Return the next reply as a tuple of one item; ``None`` if the reply is incomplete.

        The tuple distinguishes a null reply, ``(None,)``, from an incomplete one.

        Raises:
            RedisProtocolError: the reply is not valid RESP2.
        """
        # From the start each time, because replies are short (MAX_REPLY).
        parsed = _parse(self._data, 0, _MAX_DEPTH)
        if parsed is None:
            return None
        reply, end = parsed
        del self._data[:end]
        return (reply,)


def _parse(data: bytearray, start: int, depth: int) -> tuple[RedisReply, int] | None:
    end = data.find(b"\r\n", start)
    if end < 0:
        if bytes(data[start : start + 1]) not in _KINDS:
            raise _foreign(data[start:])
        return None
    rest, after = bytes(data[start + 1 : end]), end + 2
    match bytes(data[start : start + 1]):
        case b"+":
            return rest, after
        case b"-":
            return RedisReplyError(rest.decode("utf-8", "replace")), after
        case b":":
            return _number(rest), after
        case b"$":
            return _parse_string(data, _number(rest), after)
        case b"*" if depth:
            return _parse_list(data, _number(rest), after, depth - 1)
        case _:
            raise _foreign(data[start:])


def _parse_string(data: bytearray, size: int, start: int) -> tuple[RedisReply, int] | None:
    # Null is a string of length -1.
    if size < 0:
        return None, start
    end = start + size
    if len(data) < end + 2:
        return None
    if bytes(data[end : end + 2]) != b"\r\n":
        raise _foreign(data[end:])
    return bytes(data[start:end]), end + 2


def _parse_list(
    data: bytearray, count: int, start: int, depth: int
) -> tuple[RedisReply, int] | None:
    # Null may also be a list of length -1.
    if count < 0:
        return None, start
    items: list[RedisReply] = []
    for _ in range(count):
        parsed = _parse(data, start, depth)
        if parsed is None:
            return None
        item, start = parsed
        items.append(item)
    return items, start


def _number(text: bytes) -> int:
    digits = text.removeprefix(b"-")
    if not digits.isdigit() or len(digits) > 19:  # the digits of a signed 64-bit integer
        raise _foreign(text)
    return int(text)


def _foreign(data: Sequence[int]) -> RedisProtocolError:
    return RedisProtocolError(
        f"the server does not speak RESP2: {bytes(data[:20])!r}; check that it is a Redis "
        "server, and whether it expects TLS"
    )

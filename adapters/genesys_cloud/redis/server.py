"""Connections to a Redis server: over sockets in threads, asyncio and trio.

Invariants: a command is sent and its reply read before the connection serves another one; after an error or a
cancellation it is closed. Threads keep connections for later commands; an event loop, which may end at any
time, opens one for each command and leaves nothing behind. No message contains the password.
"""

import contextlib
from collections.abc import Generator
from typing import Any, Final, Protocol, cast
from urllib.parse import unquote, urlsplit

from genesys_cloud.process_id import process_id
from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.async_dialer import open_connection as open_async
from genesys_cloud.transports.async_dialer import running_connector
from genesys_cloud.transports.connection_settings import ConnectionSettings
from genesys_cloud.transports.socket_connection import SocketConnection
from genesys_cloud.transports.socket_dialer import open_connection as open_socket
from genesys_cloud.transports.tls import Verify
from genesys_core.checks import NUMBER, TEXT
from genesys_core.errors import InvalidValueError
from genesys_core.http.messages import TransportFailure
from genesys_core.redis.resp import (
    RedisProtocolError,
    RedisReply,
    RedisReplyError,
    ReplyReader,
    encode_command,
)
from genesys_core.transport.dialer import DialFailed, dial

__all__ = ["RedisFailure", "RedisServer"]

_IDLE: Final = 8
"""Idle connections that threads keep."""


class RedisFailure(Exception):  # noqa: N818 - never leaves the room
    """Redis could not be asked; the message says why."""


class _Stream(Protocol):
    async def read(self, until: float | None) -> bytes: ...
    async def write(self, data: bytes, until: float | None) -> None: ...
    def close(self) -> None: ...


class _BlockingStream:
    """A socket of the calling thread."""

    def __init__(self, connection: SocketConnection) -> None:
        self._connection = connection

    async def read(self, until: float | None) -> bytes:
        return self._connection.read(until)

    async def write(self, data: bytes, until: float | None) -> None:
        self._connection.write_all(data, until)

    def close(self) -> None:
        self._connection.close()


class RedisServer:
    """A Redis server.

    Args:
        url: ``redis://host:port/database``, or ``rediss://`` for TLS; with user name and password if need
            be, percent-encoded.
        timeout: seconds for a command, connecting included.
        verify: see the client's argument.

    Raises:
        InvalidValueError: not such a URL.
    """

    def __init__(self, url: str, *, timeout: float, verify: Verify) -> None:
        TEXT.check("url", url)
        NUMBER.check("timeout", timeout)
        if not timeout > 0:
            raise InvalidValueError(f"timeout={timeout}: must be more than 0")
        parts = urlsplit(url)
        database = parts.path.strip("/") or "0"
        try:
            port = parts.port or 6379
        except ValueError:
            port = -1
        if parts.scheme not in ("redis", "rediss") or not parts.hostname or port < 0:
            raise InvalidValueError(
                "url: must look like redis://host:6379/0 or rediss://host:6379/0"
            )
        if not database.isdecimal():
            raise InvalidValueError("url: the database must be a number, as in redis://host:6379/0")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self.address = f"{host}:{port}"
        self._hello = [encode_command("SELECT", database)] if database != "0" else []
        if parts.password is not None:
            user = [unquote(parts.username)] if parts.username else []
            self._hello.insert(0, encode_command("AUTH", *user, unquote(parts.password)))
        self._settings = ConnectionSettings({"verify": verify, "trust_env": False})
        scheme = "https" if parts.scheme == "rediss" else "http"
        self._route = self._settings.router.route(f"{scheme}://{self.address}")
        self._timeout = timeout
        self._idle: list[_Stream] = []
        self._process = process_id()

    async def ask(self, command: bytes, *, is_blocking: bool) -> RedisReply:
        """Send a command and return its reply.

        Args:
            command: the command.
            is_blocking: whether to block the calling thread; otherwise the running event loop waits.

        Raises:
            RedisFailure: no reply, or an error reply.
        """
        until = read_clocks().monotonic + self._timeout
        with self._failures():
            if is_blocking and (stream := self._find_idle()) is not None:
                # A connection that has died since costs one more attempt. A place that is taken twice
                # stays unused.
                with contextlib.suppress(OSError, EOFError):
                    return await self._exchange(stream, command, until, keeps=True)
            stream = await self._open(until, is_blocking=is_blocking)
            for hello in self._hello:
                await self._exchange(stream, hello, until, keeps=None)
            return await self._exchange(stream, command, until, keeps=is_blocking)

    def _find_idle(self) -> _Stream | None:
        if self._process != process_id():  # a child must not use its parent's connections
            self._idle, self._process = [], process_id()
        with contextlib.suppress(IndexError):  # threads take them at the same time
            return self._idle.pop()
        return None

    async def _open(self, until: float, *, is_blocking: bool) -> _Stream:
        state = dial(self._route, timeout=None, expires=until, now=read_clocks())
        if not is_blocking:
            return cast(_Stream, await open_async(state, running_connector(), self._settings))
        opened = open_socket(state, self._settings)
        if isinstance(opened, DialFailed):
            raise opened.failure
        return _BlockingStream(opened)

    async def _exchange(
        self, stream: _Stream, command: bytes, until: float, *, keeps: bool | None
    ) -> RedisReply:
        """Send a command and read its reply.

        Args:
            stream: the connection.
            command: the command.
            until: when to give up, on the monotonic clock.
            keeps: whether the connection is idle afterwards, or closed; ``None`` for neither.
        """
        reader, is_whole = ReplyReader(), False
        try:
            await stream.write(command, until)
            while (found := reader.take()) is None:
                data = await stream.read(until)
                if not data:
                    raise EOFError("the connection was closed")
                reader.feed(data)
            is_whole = not isinstance(found[0], RedisReplyError)
        finally:
            if not is_whole or keeps is False or len(self._idle) >= _IDLE:
                stream.close()
            elif keeps:
                self._idle.append(stream)
        if isinstance(found[0], RedisReplyError):
            raise found[0]
        return found[0]

    @contextlib.contextmanager
    def _failures(self) -> Generator[None]:
        try:
            yield
        except TimeoutError:
            problem = f"no reply within {self._timeout:g} s"
        except (RedisReplyError, RedisProtocolError) as error:
            problem = str(error)
        except TransportFailure as error:
            problem = str(error)
        except (OSError, EOFError) as error:
            problem = getattr(error, "strerror", None) or str(error) or type(error).__name__
        else:
            return
        raise RedisFailure(f"Redis at {self.address}: {problem}")

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()

    def __del__(self) -> None:
        """Close the idle connections of a server that is not used any more."""
        if hasattr(self, "_idle"):
            self.close()

    def __reduce__(self) -> Any:  # noqa: ANN401 - always raises
        raise TypeError("a RedisServer cannot be pickled; create it in the process that uses it")

"""Connections to a Redis server over sockets, for threads, asyncio and trio.

Invariants: a connection sends a command only after the reply to the previous command was read, and
is closed after an error or a cancellation. Connections are reused only by the process and the event loop
that opened them; those of an event loop that has ended are discarded. No message contains the
password.
"""

import contextlib
import time
from collections.abc import Generator, Sequence
from typing import Any, Final, Protocol, cast
from urllib.parse import unquote, urlsplit

from genesys_cloud.process_id import process_id
from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.async_connection import Connector
from genesys_cloud.transports.async_dialer import open_connection as open_async
from genesys_cloud.transports.async_dialer import running_connector
from genesys_cloud.transports.connection_settings import ConnectionSettings
from genesys_cloud.transports.reported_errors import is_own_timeout
from genesys_cloud.transports.running_loop import has_ended, running_loop
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
from genesys_core.transport.owners import OwnedPools

__all__ = ["RedisFailure", "RedisServer"]

_IDLE: Final = 8
"""Maximum number of idle connections that threads share, and that each event loop has."""


class RedisFailure(Exception):  # noqa: N818 - internal to this package
    """A command to Redis failed; the message gives the reason."""


class _Stream(Protocol):
    async def read(self, until: float | None) -> bytes: ...
    async def write(self, data: bytes, until: float | None) -> None: ...
    def close(self) -> None: ...
    def drop(self) -> None: ...


class _BlockingStream:
    """A blocking connection, for the calling thread."""

    def __init__(self, connection: SocketConnection) -> None:
        self._connection = connection

    async def read(self, until: float | None) -> bytes:
        return self._connection.read(until)

    async def write(self, data: bytes, until: float | None) -> None:
        self._connection.write_all(data, until)

    def close(self) -> None:
        self._connection.close()

    drop = close  # it only closes the descriptor


class _IdleStreams:
    """The idle connections of one owner: the threads of a process, or an event loop.

    Args:
        connector: opens connections in the event loop; ``None`` for threads.
    """

    def __init__(self, connector: Connector | None) -> None:
        self.connector = connector
        self._streams: list[_Stream] = []

    def take(self) -> _Stream | None:
        """Remove and return the most recently used idle connection; ``None`` if there is none."""
        with contextlib.suppress(IndexError):  # empty; a check before pop() would be a race
            return self._streams.pop()
        return None

    def keep(self, stream: _Stream) -> None:
        """Keep a connection for a later command, or close it if enough connections are idle."""
        if len(self._streams) < _IDLE:
            self._streams.append(stream)
        else:
            stream.close()

    def close(self) -> None:
        """Close the idle connections; those of an event loop are closed by a callback in the loop."""
        if self.connector is None:
            self._close_all()
        elif self.connector.has_ended:
            self.drop()
        else:
            self.connector.call_soon(self._close_all)

    def drop(self) -> None:
        """Drop the idle connections: close their sockets, without using an event loop.

        The connections were inherited from a parent process, or belong to an ended event loop.
        """
        while (stream := self.take()) is not None:
            stream.drop()

    def _close_all(self) -> None:
        while (stream := self.take()) is not None:
            stream.close()


class RedisServer:
    """A Redis server and its pool of reusable connections.

    Args:
        url: ``redis://host:port/database``, or ``rediss://`` for TLS; may contain a user name and
            password, percent-encoded.
        timeout: seconds for a command, including connecting.
        verify: trusted certificate authorities; the same values as the ``verify`` of a client.

    Raises:
        InvalidValueError: the URL is invalid, or the timeout is not positive.
    """

    def __init__(self, url: str, *, timeout: float, verify: Verify) -> None:
        TEXT.check("url", url)
        NUMBER.check("timeout", timeout)
        if not timeout > 0:
            raise InvalidValueError(f"timeout={timeout}: must be more than 0")
        try:
            parts = urlsplit(url)
            port = parts.port or 6379
        except ValueError:  # its message may contain a part of the password
            parts, port = urlsplit(""), 0
        if parts.scheme not in ("redis", "rediss") or not parts.hostname:
            raise InvalidValueError(
                "url: must look like redis://host:6379/0 or rediss://host:6379/0"
            )
        database = parts.path.strip("/") or "0"
        if parts.query or parts.fragment:  # other Redis clients accept a query such as ?db=3
            raise InvalidValueError(
                "url: must have no query; write the database as in redis://host:6379/3, and pass other "
                "options as arguments"
            )
        if not database.isdecimal():
            raise InvalidValueError("url: the database must be a number, as in redis://host:6379/0")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self.address = f"{host}:{port}"
        self._hello = [encode_command("SELECT", database)] if database != "0" else []
        # AUTH is sent before SELECT. Without a user name, only the password is sent, because Redis
        # had no users before version 6.
        if parts.password is not None:
            user = [unquote(parts.username)] if parts.username else []
            self._hello.insert(0, encode_command("AUTH", *user, unquote(parts.password)))
        # The environment is ignored, because its proxies are for HTTP.
        self._settings = ConnectionSettings({"verify": verify, "trust_env": False})
        # The router accepts URLs of HTTP; `https` selects TLS.
        scheme = "https" if parts.scheme == "rediss" else "http"
        self._route = self._settings.router.route(f"{scheme}://{self.address}")
        self._timeout = timeout
        self._blocking = OwnedPools(lambda: _IdleStreams(None), _IdleStreams.drop)
        self._awaiting = OwnedPools(lambda: _IdleStreams(running_connector()), _IdleStreams.drop)

    async def ask(self, command: bytes, *, is_blocking: bool) -> RedisReply:
        """Send a command and return its reply.

        Args:
            command: the encoded command.
            is_blocking: whether to block the calling thread instead of waiting in the running event
                loop.

        Raises:
            RedisFailure: Redis cannot be reached, or sent no reply or an error reply.
        """
        until = read_clocks().monotonic + self._timeout
        with self._failures():
            idle = self._find_idle(is_blocking=is_blocking)
            if (stream := idle.take()) is not None:
                # If the idle connection was closed in the meantime, the command is sent again. It
                # is harmless if Redis executes it twice: one of two places that were taken remains
                # unused, and the owner of a lease can acquire the lease again.
                try:
                    return await self._exchange(stream, [command], until, idle)
                except (OSError, EOFError) as error:
                    if isinstance(error, OSError) and is_own_timeout(error):
                        raise
            stream = await self._open(until, idle.connector)
            return await self._exchange(stream, [*self._hello, command], until, idle)

    @staticmethod
    async def pause(seconds: float, *, is_blocking: bool) -> None:
        """Sleep, in the calling thread or in the running event loop."""
        if is_blocking:
            time.sleep(seconds)  # noqa: ASYNC251 - the caller may block
        else:
            connector = running_connector()
            await connector.wait(connector.new_waker(), read_clocks().monotonic + seconds)

    def _find_idle(self, *, is_blocking: bool) -> _IdleStreams:
        if is_blocking:
            return self._blocking.find(process_id())
        return self._awaiting.find(process_id(), running_loop(), has_ended=has_ended)

    async def _open(self, until: float, connector: Connector | None) -> _Stream:
        state = dial(self._route, timeout=None, expires=until, now=read_clocks())
        if connector is not None:
            return cast(_Stream, await open_async(state, connector, self._settings))
        opened = open_socket(state, self._settings)
        if isinstance(opened, DialFailed):
            raise opened.failure
        return _BlockingStream(opened)

    async def _exchange(
        self, stream: _Stream, commands: Sequence[bytes], until: float, idle: _IdleStreams
    ) -> RedisReply:
        """Send commands, each after the reply to the previous one, and return the last reply.

        Args:
            stream: the connection, which is kept if all commands succeed.
            commands: the commands.
            until: the time limit on the monotonic clock.
            idle: the pool in which the connection is kept.
        """
        reply, is_whole = None, False
        try:
            for command in commands:
                reply = await _read_reply(stream, command, until)
            is_whole = True
        finally:
            if is_whole:
                idle.keep(stream)
            else:
                # A reply that arrives later must not be read as the reply to another command.
                stream.close()
        return reply

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
        process = process_id()
        for idle in (*self._blocking.pools(process), *self._awaiting.pools(process)):
            idle.close()

    def __del__(self) -> None:
        """Close the idle connections when the object is garbage-collected."""
        if hasattr(self, "_awaiting"):
            self.close()

    def __reduce__(self) -> Any:  # noqa: ANN401 - always raises
        raise TypeError("a RedisServer cannot be pickled; create it in the process that uses it")


async def _read_reply(stream: _Stream, command: bytes, until: float) -> RedisReply:
    reader = ReplyReader()
    await stream.write(command, until)
    while (found := reader.take()) is None:
        data = await stream.read(until)
        if not data:
            raise EOFError("the connection was closed")
        reader.feed(data)
    if isinstance(found[0], RedisReplyError):
        raise found[0]
    return found[0]

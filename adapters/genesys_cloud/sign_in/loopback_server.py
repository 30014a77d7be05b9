"""The loopback HTTP server that receives the redirect of a browser sign-in.

Invariants: the server listens only on 127.0.0.1, and runs in the thread that waits for requests.
The core (:mod:`genesys_core.oauth.loopback_redirect`) interprets requests and creates responses.
"""

import contextlib
import selectors
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from genesys_core.errors import ConnectError
from genesys_core.oauth.loopback_redirect import BrowserPage, BrowserRequest, read_browser_request

__all__ = ["Arrival", "LoopbackServer"]

_ADDRESS: Final = "127.0.0.1"
_LONGEST_NAP: Final = 0.5
"""Maximum duration of one wait in seconds, because Ctrl-C does not interrupt a wait on Windows."""
_WRITE_TIMEOUT: Final = 5.0
"""Timeout in seconds for sending a page of a few kilobytes to a browser on this machine."""
_MOST_CONNECTIONS: Final = 32
"""Maximum number of open connections; if there are more, the oldest is closed.

Browsers open some connections speculatively.
"""


@dataclass(frozen=True)
class Arrival:
    """A request that the browser sent to the server, and its connection."""

    request: BrowserRequest
    _connection: socket.socket

    def answer(self, page: BrowserPage) -> None:
        """Send a page and close the connection; ignore errors such as a disconnected browser."""
        with contextlib.suppress(OSError), self._connection:
            self._connection.settimeout(_WRITE_TIMEOUT)
            self._connection.sendall(page.to_bytes())
            # Closing a socket with unread bytes, such as those of a rejected request, resets the
            # connection; after a shutdown, the browser has received the whole page.
            self._connection.shutdown(socket.SHUT_WR)


class LoopbackServer:
    """A server that listens as soon as it is created, so that no browser request is missed.

    Args:
        port: the port to listen on; 0 picks a free port.

    Raises:
        ConnectError: the port cannot be opened.
    """

    def __init__(self, port: int) -> None:
        try:
            self._listener = socket.create_server((_ADDRESS, port))
        except OSError as error:
            raise ConnectError(
                f"port {port} on {_ADDRESS} cannot be opened: {error.strerror or error}; "
                "stop the program that uses it, or use another port that is registered for the OAuth client",
                sent=False,
            ) from None
        self._listener.settimeout(0)
        self.port: int = self._listener.getsockname()[1]
        self._received: dict[socket.socket, bytes] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)

    def next(self, remaining: Callable[[], float]) -> Arrival | None:
        """Wait for the browser's next request and return it; return ``None`` on timeout.

        Args:
            remaining: a function that returns the seconds left until the timeout.
        """
        while (seconds := remaining()) > 0:
            for key, _ in self._selector.select(min(seconds, _LONGEST_NAP)):
                connection = key.fileobj
                assert isinstance(connection, socket.socket)  # noqa: S101 - nothing else is registered
                if connection is self._listener:
                    self._accept()
                elif (arrival := self._read(connection)) is not None:
                    return arrival
        return None

    def close(self) -> None:
        """Close the port and all connections. Idempotent."""
        for connection in list(self._received):
            self._drop(connection)
        self._selector.close()
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the browser disconnected
            connection, _ = self._listener.accept()
            connection.settimeout(0)
            self._received[connection] = b""
            self._selector.register(connection, selectors.EVENT_READ)
        if len(self._received) > _MOST_CONNECTIONS:
            self._drop(next(iter(self._received)))

    def _read(self, connection: socket.socket) -> Arrival | None:
        if connection not in self._received:
            return None  # closed after it was selected
        try:
            data = connection.recv(65_536)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        if not data:
            self._drop(connection)
            return None
        self._received[connection] += data
        request = read_browser_request(self._received[connection])
        if request is None:
            return None
        self._forget(connection)
        if isinstance(request, BrowserRequest):
            return Arrival(request, connection)
        # Not a valid request: `request` is the page that explains the error.
        Arrival(_NOBODY, connection).answer(request)
        return None

    def _forget(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        del self._received[connection]

    def _drop(self, connection: socket.socket) -> None:
        self._forget(connection)
        connection.close()


_NOBODY: Final = BrowserRequest("", "", "")

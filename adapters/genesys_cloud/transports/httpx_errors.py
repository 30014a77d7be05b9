"""Maps exceptions of httpx and httpx2 to transport failures, and tracks the progress of requests.

Invariants: every exception of the library or the operating system becomes a
:class:`~genesys_core.http.messages.TransportFailure`, whose ``sent`` is false only if it is certain
that nothing was sent. Its message consists of this module's own text, error codes of the operating
system and OpenSSL, and a proxy's status. The library's own message, which may quote the request or
the peer, is never used. The library's exceptions reference the request with its credentials, so no
failure is chained to them: some picklers and error reporters follow the chain. Exceptions are
recognized by their class names, which are the same in both libraries.
"""

import os
import re
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Any, Final, NoReturn, TypeAlias

from genesys_cloud.transports.tls_bytes import tls_reason
from genesys_core.http.messages import FailureKind, TransportFailure
from genesys_core.transport.dialer import describe_tls_error

__all__ = ["Progress", "deadline_failure", "failure_of", "raise_transport_failure"]


_Meaning: TypeAlias = tuple[FailureKind, bool, str]
"""The kind, ``sent`` and message of a failure; ``sent`` is false if nothing was written."""

_MEANINGS: Final[dict[str, _Meaning]] = {
    "PoolTimeout": ("timeout", False, "no connection in the pool became available in time"),
    "ConnectTimeout": ("timeout", False, "connecting timed out"),
    "WriteTimeout": ("timeout", True, "sending the request timed out"),
    "ReadTimeout": ("timeout", True, "no response was received in time"),
    "TimeoutException": ("timeout", True, "the request timed out"),
    "ProxyError": ("proxy", False, "the proxy refused the connection"),
    "ConnectError": ("connect", False, "connecting failed"),
    "UnsupportedProtocol": ("connect", False, "the URL's scheme is neither http nor https"),
    "InvalidURL": ("protocol", False, "the URL is invalid"),
    "LocalProtocolError": (
        "protocol",
        False,
        "the request is not valid HTTP, or its body does not have the declared length",
    ),
    "NetworkError": ("closed", True, "the connection failed"),
    "RemoteProtocolError": ("protocol", True, "the response is not valid HTTP"),
    "HTTPError": ("protocol", True, "the request failed"),
    "StreamError": ("protocol", True, "the response cannot be read"),
    "UnicodeError": ("connect", False, "the host or a header cannot be encoded"),
    "OverflowError": ("connect", False, "the port is invalid"),
    "OSError": ("closed", True, "the connection failed"),
}
"""The failure for each exception, by class name; the most specific class applies."""

_TRUNCATED: Final[_Meaning] = (
    "closed",
    True,
    "the peer closed the connection before the response was complete",
)
_TRUNCATED_TEXT: Final = re.compile(
    "Server disconnected|peer (?:unexpectedly )?closed|ConnectionClosed"
)
"""Matches the error messages of httpcore and h11 about a truncated response."""

_STATUS: Final = re.compile(r"[1-5][0-9]{2}(?= )")
"""Matches a proxy's HTTP status at the beginning of httpcore's message."""


class Progress:
    """The progress of one request, as reported by the ``trace`` extension of httpx.

    Attributes:
        sent: whether writing of the request's head has begun.
        proxy: the address of the proxy to which the connection was opened; ``None`` without one.
    """

    __slots__ = ("_connecting", "_head_sent", "_origin", "_traced", "proxy", "sent")

    def __init__(self, host: str, port: int) -> None:
        self._origin = (host, port)
        self._traced = self._connecting = self._head_sent = self.sent = False
        self.proxy: str | None = None

    def note(self, event: str, info: Mapping[str, Any]) -> None:
        """Record a trace event of httpx."""
        self._traced = True
        if event == "connection.connect_tcp.started":
            self._connecting = True
            to = (str(info["host"]), int(info["port"]))
            self.proxy = None if to == self._origin else shown_address(*to)
        elif event == "proxy.start_tls.started":
            self._connecting = False  # from now on, failures are those of the origin
        elif event.endswith(".send_request_headers.started"):
            # CONNECT is only for the proxy; the request itself is sent later.
            self.sent = info["request"].method != b"CONNECT"
        elif event.endswith(".send_request_headers.complete"):
            self._head_sent = self.sent

    async def note_async(self, event: str, info: Mapping[str, Any]) -> None:
        """Record a trace event of an asynchronous client; see :meth:`note`."""
        self.note(event, info)

    @property
    def may_have_sent(self) -> bool:
        """Whether the request may have reached the server; ``True`` if unknown."""
        return self.sent or not self._traced

    def failure(self, words: str, kind: FailureKind, *, sent: bool) -> TransportFailure:
        """Return a failure of the request, with the origin and the proxy in its message.

        Args:
            words: a description of the problem for the message.
            kind: the kind of the failure; ``proxy`` replaces it if connecting to the proxy failed.
            sent: the failure's ``sent`` if httpx reports no trace events, as is the case with a
                custom transport of httpx.
        """
        if self._traced:
            # Of a request that cannot be encoded, nothing is written except a complete head.
            sent = self._head_sent if kind == "protocol" and not sent else self.sent
            if self.proxy is not None and not sent and self._connecting and kind != "timeout":
                kind = "proxy"
        through = "" if self.proxy is None else f" (through the proxy {self.proxy})"
        where = shown_address(*self._origin)
        return TransportFailure(f"{where}{through}: {words}", kind=kind, sent=sent)


def shown_address(host: str, port: int) -> str:
    """Return a host and port as text for a message."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def raise_transport_failure(
    error: Exception,
    progress: Progress | None = None,
    *,
    began: bool = False,
    expires: float | None = None,
) -> NoReturn:
    """Convert an exception of httpx to a ``TransportFailure``, and raise the failure.

    Args:
        error: the exception of httpx.
        progress: the progress of the request.
        began: whether reading the request body has begun; the request then counts as possibly sent.
        expires: the request's deadline; a timeout after the deadline is reported as an expired
            deadline.
    """
    failure = error if isinstance(error, TransportFailure) else failure_of(error, progress)
    if failure is not error:
        failure.sent = failure.sent or began
        if failure.kind == "timeout" and expires is not None and time.monotonic() >= expires:
            failure = deadline_failure(sent=failure.sent)
    try:
        raise failure from None
    finally:
        # `from None` still stores the exception that is being handled as the context.
        failure.__context__ = None


def failure_of(error: Exception, progress: Progress | None = None) -> TransportFailure:
    """Convert an exception of httpx to a ``TransportFailure``, and return the failure."""
    name, (kind, sent, words) = _meaning(error)
    broken = _os_error(error)
    if kind in {"connect", "closed"} and broken is not None:
        if not isinstance(broken, ssl.SSLError):
            words = _os_words(broken) or words
        elif kind == "connect" or not _has_ended(broken):
            kind, words = "tls", describe_tls_error(*tls_reason(broken))
    if progress is None or name == "InvalidURL":
        return TransportFailure(words, kind=kind, sent=sent)
    return progress.failure(words, kind, sent=sent)


def _meaning(error: Exception) -> tuple[str, _Meaning]:
    """Return the name of the class that determines an exception's meaning, and that meaning."""
    names = (each.__name__ for each in type(error).__mro__)
    name = next((each for each in names if each in _MEANINGS), "")
    if not name:  # such as an exception of a custom transport of the caller's httpx client
        return name, ("protocol", True, f"the HTTP client raised {type(error).__name__}")
    if name == "RemoteProtocolError" and _TRUNCATED_TEXT.search(str(error)):
        return name, _TRUNCATED
    if name == "ProxyError" and (status := _STATUS.match(str(error))):
        return name, ("proxy", False, f"the proxy responded with status {status[0]}")
    return name, _MEANINGS[name]


def _os_error(error: BaseException | None) -> OSError | None:
    """Return the error of the operating system or of TLS that caused an exception, or ``None``."""
    # httpcore raises some exceptions `from None`, which keeps the context. Exceptions that the
    # caller is handling are part of the context too, so the first OSError in the chain applies.
    while error is not None and not isinstance(error, OSError | TransportFailure):
        error = error.__cause__ or error.__context__
    return error if isinstance(error, OSError) else None


def _os_words(error: OSError) -> str:
    """Return the operating system's message for an error; empty if the error has no code."""
    if isinstance(error, socket.gaierror):
        return error.strerror or ""
    return os.strerror(error.errno) if error.errno else ""


def _has_ended(error: ssl.SSLError) -> bool:
    """Return whether the connection under TLS ended, as opposed to a failure of TLS itself."""
    return isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)


def deadline_failure(*, sent: bool = True) -> TransportFailure:
    """Return the failure of a call whose deadline has passed."""
    words = "the call exceeded its deadline or retry budget"
    return TransportFailure(words, kind="timeout", sent=sent)

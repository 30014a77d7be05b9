"""What an exception of httpx or httpx2 means on the message seam, and how far its request had come.

Invariants: whatever the library or the operating system raises becomes a
:class:`~genesys_core.http.messages.TransportFailure`, which shows no secret, quotes no byte of the
peer, and claims that nothing was sent only where that is certain. Exceptions are told apart by the
names of their classes, which both libraries share.
"""

import re
import ssl
import time
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from genesys_core.http.messages import FailureKind, TransportFailure
from genesys_core.http.redaction import DEFAULT_REDACTION

__all__ = ["Progress", "deadline_failure", "failure_of", "raise_transport_failure"]

_FAILURES: Final[tuple[tuple[str, FailureKind, bool], ...]] = (
    ("PoolTimeout", "timeout", False),
    ("ConnectTimeout", "timeout", False),
    ("TimeoutException", "timeout", True),
    ("ProxyError", "proxy", False),
    ("ConnectError", "connect", False),
    ("UnsupportedProtocol", "connect", False),
    ("InvalidURL", "protocol", False),
    ("LocalProtocolError", "protocol", False),
    ("NetworkError", "closed", True),
    ("RemoteProtocolError", "protocol", True),
    ("HTTPError", "protocol", True),
    ("StreamError", "protocol", True),
    ("UnicodeError", "connect", False),
    ("OverflowError", "connect", False),  # of a port
    ("OSError", "closed", True),
)
"""In order: the first class that fits. ``sent`` is False only where nothing has been written yet."""

_OF_NO_KIND: Final[tuple[str, FailureKind, bool]] = ("", "protocol", True)

_CLOSED: Final = re.compile("Server disconnected|peer (?:unexpectedly )?closed|ConnectionClosed")
"""How httpcore and h11 say that a response was cut off, in an exception that means bad HTTP too."""

_QUOTED: Final = re.compile(r":? ?(?:bytearray\()?b['\"]")


class Progress:
    """How far one request has come, as the ``trace`` extension of httpx reports it.

    Attributes:
        sent: whether its head was about to be written, or more.
        proxy: the address connected to, where that is not the origin's.
    """

    __slots__ = ("_connecting", "_head_sent", "_origin", "_traced", "proxy", "sent")

    def __init__(self, host: str, port: int) -> None:
        self._origin = (host, port)
        self._traced = self._connecting = self._head_sent = self.sent = False
        self.proxy: str | None = None

    def note(self, event: str, info: Mapping[str, Any]) -> None:
        """Take an event of the trace."""
        self._traced = True
        if event == "connection.connect_tcp.started":
            self._connecting = True
            to = (str(info["host"]), int(info["port"]))
            self.proxy = None if to == self._origin else shown_address(*to)
        elif event == "proxy.start_tls.started":
            self._connecting = False  # what breaks now is the origin's
        elif event.endswith(".send_request_headers.started"):
            # CONNECT belongs to the proxy: the request itself is still to come.
            self.sent = info["request"].method != b"CONNECT"
        elif event.endswith(".send_request_headers.complete"):
            self._head_sent = self.sent

    def note_sync(self, event: str, info: Mapping[str, Any]) -> None:
        """The extension for a synchronous client."""
        self.note(event, info)

    async def note_async(self, event: str, info: Mapping[str, Any]) -> None:
        """The extension for an asynchronous client."""
        self.note(event, info)

    @property
    def may_have_sent(self) -> bool:
        """Whether the request may have reached the server, as far as is known."""
        return self.sent or not self._traced

    def failure(self, words: str, kind: FailureKind, *, sent: bool) -> TransportFailure:
        """A failure of the request, with what is known of the way it took.

        Args:
            words: what happened.
            kind: what broke, the proxy aside.
            sent: what is assumed where nothing is known of the way: a client may have a transport of
                the user's own, which traces nothing.
        """
        if self._traced:
            # Of our own request nothing is written that it cannot be.
            sent = self._head_sent if kind == "protocol" and not sent else self.sent
            if self.proxy is not None and not sent and self._connecting and kind != "timeout":
                kind = "proxy"
        through = "" if self.proxy is None else f" (through the proxy {self.proxy})"
        where = shown_address(*self._origin)
        return TransportFailure(f"{where}{through}: {words}", kind=kind, sent=sent)


def shown_address(host: str, port: int) -> str:
    """Host and port as they stand in a message."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def raise_transport_failure(
    error: Exception,
    progress: Progress | None = None,
    *,
    began: bool = False,
    expires: float | None = None,
) -> NoReturn:
    """Report an exception of httpx.

    Args:
        error: what httpx raised.
        progress: how far the request had come.
        began: whether a part of the body is known to have gone out.
        expires: the request's deadline: a timeout after it is not one of a single phase.
    """
    if isinstance(error, TransportFailure):
        raise error
    failure = failure_of(error, progress)
    failure.sent = failure.sent or began
    if failure.kind == "timeout" and expires is not None and time.monotonic() >= expires:
        failure = deadline_failure(sent=failure.sent)
    raise failure from (None if _is_quoting(error) else error)


def failure_of(error: Exception, progress: Progress | None = None) -> TransportFailure:
    """What an exception of httpx means on the message seam."""
    names = {kind_of_error.__name__ for kind_of_error in type(error).__mro__}
    fitting = (each for each in _FAILURES if each[0] in names)
    name, kind, sent = next(fitting, _OF_NO_KIND)
    if name == "RemoteProtocolError" and _CLOSED.search(str(error)):
        kind = "closed"
    broken = _broken_tls(error, kind)
    words = _words(error, broken or error)
    if broken is not None:
        kind = "tls"
    if progress is None or name == "InvalidURL":
        return TransportFailure(words, kind=kind, sent=sent)
    return progress.failure(words, kind, sent=sent)


def _words(error: Exception, reason: Exception) -> str:
    if _is_quoting(error):
        return "the request, or the length of its body, cannot be written as HTTP"
    text = _QUOTED.split(DEFAULT_REDACTION.shown_text(str(reason)))[0]
    return text or type(reason).__name__


def _is_quoting(error: Exception) -> bool:
    """Whether its words are h11's about our own request, which quote it and with it the token."""
    return type(error).__name__ == "LocalProtocolError"


def _broken_tls(error: BaseException | None, kind: FailureKind) -> ssl.SSLError | None:
    """What broke in TLS, if that is what broke, and not the connection under it."""
    # httpcore raises some of its exceptions "from None", which leaves the context alone. What the
    # caller is handling meanwhile is context too: the first word of the operating system counts.
    while error is not None and not isinstance(error, OSError | TransportFailure):
        error = error.__cause__ or error.__context__
    if kind not in {"connect", "closed"} or not isinstance(error, ssl.SSLError):
        return None
    ended = isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)
    return None if kind == "closed" and ended else error


def deadline_failure(*, sent: bool = True) -> TransportFailure:
    """The failure of a call whose time ran out meanwhile."""
    words = "the call's deadline, or its time for repeats, has passed"
    return TransportFailure(words, kind="timeout", sent=sent)

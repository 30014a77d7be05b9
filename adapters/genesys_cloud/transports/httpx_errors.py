"""Maps exceptions of httpx and httpx2 to transport failures, and tracks the progress of requests.

Invariants: every exception of the library or the operating system becomes a
:class:`~genesys_core.http.messages.TransportFailure` that contains no secret and no bytes of the
peer, and guarantees that nothing was sent only if that is certain. Exceptions are recognized by
class name, which both libraries share.
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
    ("OverflowError", "connect", False),  # from an invalid port
    ("OSError", "closed", True),
)
"""The first matching class applies. ``sent`` is false only if nothing has been written yet."""

_OF_NO_KIND: Final[tuple[str, FailureKind, bool]] = ("", "protocol", True)

_CLOSED: Final = re.compile("Server disconnected|peer (?:unexpectedly )?closed|ConnectionClosed")
"""Messages of httpcore and h11 for a truncated response; the same exception also means invalid HTTP."""

_QUOTED: Final = re.compile(r":? ?(?:bytearray\()?b['\"]")


class Progress:
    """The progress of one request, as reported by the ``trace`` extension of httpx.

    Attributes:
        sent: whether writing its head has at least begun.
        proxy: the address connected to, if it is not the origin's.
    """

    __slots__ = ("_connecting", "_head_sent", "_origin", "_traced", "proxy", "sent")

    def __init__(self, host: str, port: int) -> None:
        self._origin = (host, port)
        self._traced = self._connecting = self._head_sent = self.sent = False
        self.proxy: str | None = None

    def note(self, event: str, info: Mapping[str, Any]) -> None:
        """Process an event of the trace."""
        self._traced = True
        if event == "connection.connect_tcp.started":
            self._connecting = True
            to = (str(info["host"]), int(info["port"]))
            self.proxy = None if to == self._origin else shown_address(*to)
        elif event == "proxy.start_tls.started":
            self._connecting = False  # failures from now on are the origin's
        elif event.endswith(".send_request_headers.started"):
            # CONNECT is sent to the proxy; the request itself follows.
            self.sent = info["request"].method != b"CONNECT"
        elif event.endswith(".send_request_headers.complete"):
            self._head_sent = self.sent

    async def note_async(self, event: str, info: Mapping[str, Any]) -> None:
        """The ``trace`` extension for an asynchronous client."""
        self.note(event, info)

    @property
    def may_have_sent(self) -> bool:
        """Whether the request may have reached the server; true if unknown."""
        return self.sent or not self._traced

    def failure(self, words: str, kind: FailureKind, *, sent: bool) -> TransportFailure:
        """Return a failure of the request, with the origin and the proxy in its message.

        Args:
            words: the problem.
            kind: the kind of failure; replaced with ``proxy`` if connecting to the proxy failed.
            sent: the assumption if there was no trace, because the client uses a custom transport.
        """
        if self._traced:
            # A request that cannot be encoded is not written, apart from a complete head.
            sent = self._head_sent if kind == "protocol" and not sent else self.sent
            if self.proxy is not None and not sent and self._connecting and kind != "timeout":
                kind = "proxy"
        through = "" if self.proxy is None else f" (through the proxy {self.proxy})"
        where = shown_address(*self._origin)
        return TransportFailure(f"{where}{through}: {words}", kind=kind, sent=sent)


def shown_address(host: str, port: int) -> str:
    """Format host and port for a message."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def raise_transport_failure(
    error: Exception,
    progress: Progress | None = None,
    *,
    began: bool = False,
    expires: float | None = None,
) -> NoReturn:
    """Raise the transport failure for an exception of httpx.

    Args:
        error: the exception.
        progress: the progress of the request.
        began: whether a part of the body is known to have been sent.
        expires: the request's deadline; a timeout after it is reported as the deadline's.
    """
    if isinstance(error, TransportFailure):
        raise error
    failure = failure_of(error, progress)
    failure.sent = failure.sent or began
    if failure.kind == "timeout" and expires is not None and time.monotonic() >= expires:
        failure = deadline_failure(sent=failure.sent)
    raise failure from (None if _is_quoting(error) else error)


def failure_of(error: Exception, progress: Progress | None = None) -> TransportFailure:
    """Return the transport failure for an exception of httpx."""
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
    """Whether the message is h11's about our request, which quotes it and thereby the token."""
    return type(error).__name__ == "LocalProtocolError"


def _broken_tls(error: BaseException | None, kind: FailureKind) -> ssl.SSLError | None:
    """Return the TLS error in the chain, unless the connection below TLS failed."""
    # httpcore raises some exceptions "from None", which keeps the context. Exceptions that the
    # caller is handling are context too, so the first OSError in the chain applies.
    while error is not None and not isinstance(error, OSError | TransportFailure):
        error = error.__cause__ or error.__context__
    if kind not in {"connect", "closed"} or not isinstance(error, ssl.SSLError):
        return None
    ended = isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)
    return None if kind == "closed" and ended else error


def deadline_failure(*, sent: bool = True) -> TransportFailure:
    """Return the failure of a call whose deadline has passed."""
    words = "the call's deadline, or its time for repeats, has passed"
    return TransportFailure(words, kind="timeout", sent=sent)

"""The opening handshake of a WebSocket connection (RFC 6455 section 4).

Invariants: sans-IO, on h11. A handshake is accepted only if it meets every requirement of RFC 6455
section 4.1; any other outcome is a value with the details, never an exception. wsproto's own
handshake is not used because it generates the random key itself, which the core must not do.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import SplitResult, urlsplit

import h11
from msgspec import Struct

from genesys_core.confidential import Printable
from genesys_core.errors import InvalidValueError
from genesys_core.http.headers import Headers, HeadersInput
from genesys_core.transport.origins import Origin
from genesys_core.websocket.events import Failed, HandshakeDone
from genesys_core.websocket.permessage_deflate import OFFER, Deflate

__all__ = ["Accepted", "Upgrade", "WebSocketAddress"]

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3

_MAX_HEAD: Final = 64 * 1024
"""Maximum size in bytes of a response head and the informational responses before it."""

_FOREIGN: Final = "the server's response is not HTTP/1.1"

_RESERVED = frozenset({"host", "connection", "upgrade", "content-length", "transfer-encoding"})
_VISIBLE = re.compile(r"[!-~]+")


class WebSocketAddress(Printable, frozen=True):
    """The parsed address of a ``ws`` or ``wss`` URL.

    Attributes:
        origin: the scheme (``https`` for ``wss``, ``http`` for ``ws``), host and port.
        target: path and query; omitted from the ``repr``, because the path contains the channel's id.
    """

    origin: Origin
    target: str = "/"

    @classmethod
    def parse(cls, url: str) -> "WebSocketAddress":
        """Parse a WebSocket URL.

        Raises:
            InvalidValueError: the URL has another scheme, no host, credentials, a fragment, or
                characters that are invalid in a URL.
        """
        try:
            parts, origin = urlsplit(url.strip()), Origin.parse(url.strip())
        except ValueError:
            parts, origin = SplitResult("", "", "", "", ""), None
        if origin is None or parts.scheme not in {"ws", "wss"}:
            # The URL is not quoted: it may contain credentials or a channel's id.
            raise InvalidValueError(
                "address: must be a URL such as wss://streaming.example/path, with the scheme wss or ws"
            )
        shown = f"{parts.scheme}://{origin.address}/..."
        if parts.fragment or "@" in parts.netloc:
            # RFC 6455 section 3: "Fragment identifiers are meaningless ... and MUST NOT be used".
            raise InvalidValueError(
                f"address {shown!r}: must have no fragment and no user name; remove them"
            )
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if _VISIBLE.fullmatch(target) is None:
            raise InvalidValueError(
                f"address {shown!r}: its path has characters that must be percent-encoded"
            )
        return cls(origin, target)

    @property
    def scheme(self) -> str:
        """The URL's scheme: ``wss`` or ``ws``."""
        return "wss" if self.origin.scheme == "https" else "ws"

    @property
    def authority(self) -> str:
        """``host:port``, without the port if it is the scheme's default (RFC 9110 section 4.2)."""
        own = ":443" if self.scheme == "wss" else ":80"
        return self.origin.address.removesuffix(own)

    def __repr__(self) -> str:
        return f"WebSocketAddress({self.scheme}://{self.authority}/...)"


class Upgrade:
    """An opening handshake: send :attr:`request`, then call :meth:`receive` until it has a result."""

    def __init__(
        self,
        address: WebSocketAddress,
        *,
        nonce: bytes,
        headers: HeadersInput,
        subprotocols: Sequence[str],
        compression: bool,
    ) -> None:
        self._key = base64.b64encode(nonce)
        self._subprotocols = tuple(subprotocols)
        self._compression = compression
        fields = [
            ("Host", address.authority),
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", self._key.decode("ascii")),
            ("Sec-WebSocket-Version", "13"),
            *([("Sec-WebSocket-Protocol", ", ".join(subprotocols))] if subprotocols else []),
            *([("Sec-WebSocket-Extensions", OFFER)] if compression else []),
            *_own(headers),
        ]
        self._exchange = _HeadExchange("GET", address.target, fields)
        self.request = self._exchange.request

    def receive(self, data: bytes) -> "Accepted | Failed | None":
        """Process received bytes; return the result, or ``None`` if the response is incomplete.

        ``b""`` means that the server closed the connection.
        """
        head = self._exchange.receive(data)
        if head is None:
            return None
        if isinstance(head, str):
            return Failed("handshake", head, code=1006)
        if head.status != 101:
            return _refusal("the server rejected the WebSocket handshake", head)
        return self._accepted(head)

    def _accepted(self, head: "_Head") -> "Accepted | Failed":
        subprotocol = head.headers.get("sec-websocket-protocol")
        extensions = _tokens(head.headers, "sec-websocket-extensions")
        deflate = Deflate.agreed(extensions) if extensions else None
        problem = self._problem(head.headers, subprotocol, deflate)
        if problem is not None:
            return _refusal(f"the server's handshake is invalid: {problem}", head)
        done = HandshakeDone(subprotocol, extensions, head.headers)
        return Accepted(done, deflate if isinstance(deflate, Deflate) else None, head.trailing)

    def _problem(
        self, headers: Headers, subprotocol: str | None, deflate: Deflate | str | None
    ) -> str | None:
        # RFC 6455 section 4.1: the client's checks of the response, in this order. SHA-1 is prescribed
        # and protects nothing here; without the argument, FIPS builds of OpenSSL refuse it.
        digest = hashlib.sha1(self._key + _GUID, usedforsecurity=False).digest()
        accept = base64.b64encode(digest).decode("ascii")
        unoffered = subprotocol is not None and subprotocol not in self._subprotocols
        problems = (
            (not _names(headers, "upgrade", "websocket"), "no 'Upgrade: websocket'"),
            (not _names(headers, "connection", "upgrade"), "no 'Connection: Upgrade'"),
            (headers.get_list("sec-websocket-accept") != [accept], "a wrong Sec-WebSocket-Accept"),
            (deflate is not None and not self._compression, "an extension that was not offered"),
            (isinstance(deflate, str), str(deflate)),
            (unoffered, "a subprotocol that was not offered"),
        )
        return next((words for wrong, words in problems if wrong), None)


class _HeadExchange:
    """One request, and the head of its response."""

    def __init__(self, method: str, target: str, headers: Iterable[tuple[str, str]]) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD)
        fields = [(name.encode("ascii"), value.encode("utf-8")) for name, value in headers]
        try:
            request = h11.Request(method=method, target=target, headers=fields)
        except h11.LocalProtocolError:
            # h11's message quotes the value, which may be a secret.
            raise InvalidValueError("a header contains a control character; remove it") from None
        # The end of the message would add no bytes: the request has no body.
        self.request = self._http.send(request) or b""
        self._received = 0

    def receive(self, data: bytes) -> "_Head | str | None":
        """Return the response's head; an error message if it is not HTTP; ``None`` if incomplete.

        ``b""`` means that the peer closed the connection.
        """
        try:
            self._http.receive_data(data)
            head = self._head()
        except h11.RemoteProtocolError:
            # h11's messages quote the data, and depend on how it was split.
            return (
                _FOREIGN
                if data
                else "the connection closed before the server's response was complete"
            )
        self._received += len(data)
        # h11 limits only a head that is incomplete after a read, and each informational one alone.
        size = self._received if head is None else self._received - len(head.trailing)
        return _FOREIGN if size > _MAX_HEAD else head

    def _head(self) -> "_Head | None":
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.InformationalResponse) and event.status_code != 101:
                continue  # RFC 9110 section 15.2: "A client MUST be able to parse one or more 1xx"
            if isinstance(event, h11.Response | h11.InformationalResponse):
                return _Head(event.status_code, _received(event), self._http.trailing_data[0])
            return None


class _Head(Struct, frozen=True):
    """The head of a response, and the bytes received after it."""

    status: int
    headers: Headers
    trailing: bytes


def _received(event: h11.Response | h11.InformationalResponse) -> Headers:
    return Headers.received(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in event.headers.raw_items()
    )


def _refusal(what: str, head: _Head) -> Failed:
    """Return the failure for an unexpected response."""
    message = f"{what} (status {head.status})"
    return Failed("handshake", message, status=head.status, headers=head.headers, code=1006)


class Accepted(Struct, frozen=True):
    """A successful handshake.

    Attributes:
        done: the event that the connection returns to its caller.
        deflate: the negotiated compression, if any.
        trailing: bytes of the first frames, if received with the response.
    """

    done: HandshakeDone
    deflate: Deflate | None
    trailing: bytes


def _own(headers: HeadersInput) -> tuple[tuple[str, str], ...]:
    fields = Headers(headers).raw
    for name, _ in fields:
        if name.lower() in _RESERVED or name.lower().startswith("sec-websocket-"):
            raise InvalidValueError(f"header {name!r}: is set by the handshake; omit it")
    return fields


def _tokens(headers: Headers, name: str) -> tuple[str, ...]:
    return tuple(filter(None, (item.strip() for item in headers.get(name, "").split(","))))


def _names(headers: Headers, name: str, token: str) -> bool:
    return token in (item.lower() for item in _tokens(headers, name))

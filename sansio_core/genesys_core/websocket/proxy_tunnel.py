"""The tunnel through an HTTP proxy (``CONNECT``; RFC 9110, 9.3.6), as bytes in and bytes out, on h11.

Law: no sockets. A refusal is a value that tells what came back, never an exception.
"""

import base64
import contextlib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, unquote, urlsplit

import h11
from msgspec import Struct

from genesys_core.confidential import Printable
from genesys_core.errors import InvalidValueError
from genesys_core.http.headers import Headers
from genesys_core.websocket.events import Failed, FailedKind

if TYPE_CHECKING:
    from genesys_core.websocket.handshake import Address

__all__ = [
    "Head",
    "HeadExchange",
    "Proxy",
    "Tunnel",
    "ascii_host",
    "handshake_refusal",
    "mask_url",
    "port_of",
    "split_url",
]

_MAX_HEAD: Final = 64 * 1024
"""Bytes of a response head at most, as for HTTP elsewhere in this library."""

_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")


class Proxy(Printable, frozen=True):
    """An HTTP proxy that opens tunnels with ``CONNECT`` (RFC 9110, 9.3.6).

    Attributes:
        host: the proxy's host name.
        port: its port.
        tls: whether the proxy itself is spoken to over TLS.
        username: for Basic credentials; ``None`` sends none.
        password: likewise, never shown.
    """

    host: str
    port: int
    tls: bool = False
    username: str | None = None
    password: str | None = None

    @classmethod
    def parse(cls, url: str) -> "Proxy":
        """Read ``http://user:password@host:port``; user and password are percent-decoded.

        Raises:
            InvalidValueError: another scheme than http and https, or no host.
        """
        parts = split_url("proxy", url, ("http", "https"))
        username = None if parts.username is None else unquote(parts.username)
        password = None if parts.password is None else unquote(parts.password)
        return cls(ascii_host(parts), port_of(parts), parts.scheme == "https", username, password)

    def credentials(self) -> list[tuple[str, str]]:
        """The ``Proxy-Authorization`` header (RFC 7617), or nothing."""
        if self.username is None:
            return []
        pair = f"{self.username}:{self.password or ''}".encode()
        return [("Proxy-Authorization", "Basic " + base64.b64encode(pair).decode("ascii"))]

    def __repr__(self) -> str:
        user = "" if self.username is None else f"{self.username}:[REDACTED]@"
        return f"Proxy({'https' if self.tls else 'http'}://{user}{self.host}:{self.port})"


_DEFAULT_PORTS: Final = {"ws": 80, "wss": 443, "http": 80, "https": 443}


def split_url(what: str, url: str, schemes: tuple[str, str]) -> SplitResult:
    """The parts of a URL with one of two schemes and a host; anything else is an error."""
    with contextlib.suppress(ValueError):  # brackets or a port that cannot be
        parts = urlsplit(url.strip())
        if parts.scheme in schemes and parts.hostname and parts.port != 0:
            return parts
    # The URL is not quoted: it may hold credentials or a channel's id.
    raise InvalidValueError(f"{what}: must be {schemes[0]}://host or {schemes[1]}://host[:port]")


def mask_url(parts: SplitResult) -> str:
    """Scheme and host of a URL, its path left out: it may hold a channel's id."""
    return f"{parts.scheme}://{parts.hostname}/..."


def ascii_host(parts: SplitResult) -> str:
    """A URL's host in ASCII (IDNA), an IPv6 address in brackets."""
    name = parts.hostname or ""
    try:
        host = f"[{name}]" if ":" in name else name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        host = ""
    if _HOST.fullmatch(host) is None:
        raise InvalidValueError(f"host {name!r}: must be a host name or an IP address")
    return host


def port_of(parts: SplitResult) -> int:
    """A URL's port, or the one that its scheme implies."""
    return parts.port or _DEFAULT_PORTS[parts.scheme]


class HeadExchange:
    """One request, and the head of its response."""

    def __init__(self, method: str, target: str, headers: Iterable[tuple[str, str]]) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD)
        fields = [(name.encode("ascii"), value.encode("utf-8")) for name, value in headers]
        try:
            request = h11.Request(method=method, target=target, headers=fields)
        except h11.LocalProtocolError:
            # h11 quotes the value, which may be a secret.
            raise InvalidValueError("a header has a control character in it; remove it") from None
        head, end = self._http.send(request), self._http.send(h11.EndOfMessage())
        self.request = (head or b"") + (end or b"")

    def receive(self, data: bytes) -> "Head | str | None":
        """The head once it is there, words for what is no HTTP, or nothing yet.

        ``b""`` means that the peer closed.
        """
        try:
            self._http.receive_data(data)
            return self._head()
        except h11.RemoteProtocolError:
            # h11's own words quote what came, and depend on how it was cut up.
            return "not HTTP/1.1" if data else "the connection ended before the response did"

    def _head(self) -> "Head | None":
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.InformationalResponse) and event.status_code != 101:
                continue  # RFC 9110, 15.2: "A client MUST be able to parse one or more 1xx"
            if isinstance(event, h11.Response | h11.InformationalResponse):
                return Head(event.status_code, _received(event), self._http.trailing_data[0])
            return None


class Head(Struct, frozen=True):
    """The head of a response, and the bytes that came after it."""

    status: int
    headers: Headers
    trailing: bytes


def _received(event: h11.Response | h11.InformationalResponse) -> Headers:
    return Headers.received(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in event.headers.raw_items()
    )


def handshake_refusal(kind: FailedKind, what: str, head: Head) -> Failed:
    """The failure that an answer other than the one asked for is."""
    message = f"{what} (status {head.status})"
    return Failed(kind, message, status=head.status, headers=head.headers, code=1006)


class Tunnel:
    """``CONNECT`` through a proxy: :attr:`request` out, then :meth:`receive` until it answers."""

    def __init__(self, address: "Address", proxy: Proxy) -> None:
        where = f"{address.host}:{address.port}"
        headers = [("Host", where), *proxy.credentials()]
        self._exchange = HeadExchange("CONNECT", where, headers)
        self.request = self._exchange.request

    def receive(self, data: bytes) -> bytes | Failed | None:
        """What follows the proxy's consent, its refusal, or nothing yet; ``b""`` in is its end."""
        head = self._exchange.receive(data)
        if head is None:
            return None
        if isinstance(head, str):
            return Failed("proxy", f"the proxy did not answer in HTTP: {head}", code=1006)
        if 200 <= head.status < 300:
            return head.trailing
        return handshake_refusal("proxy", "the proxy refused the tunnel", head)

"""From an address to an open WebSocket: the upgrade.

Law: bytes in, bytes out, on h11. A handshake is accepted only if each thing that RFC 6455, 4.1
requires of it holds; any other outcome is a value that tells what came back, never an exception.
wsproto's own handshake is not used because it draws the key itself; the core has no randomness.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from genesys_core.confidential import Printable
from genesys_core.errors import InvalidValueError
from genesys_core.http.headers import Headers, HeadersInput
from genesys_core.websocket.events import Failed, HandshakeDone
from genesys_core.websocket.permessage_deflate import OFFER, Deflate
from genesys_core.websocket.proxy_tunnel import (
    Head,
    HeadExchange,
    ascii_host,
    handshake_refusal,
    mask_url,
    port_of,
    split_url,
)

__all__ = ["Accepted", "Address", "Upgrade"]

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3

_RESERVED = frozenset({"host", "connection", "upgrade", "content-length", "transfer-encoding"})
_VISIBLE = re.compile(r"[!-~]+")


class Address(Printable, frozen=True):
    """Where a ``ws`` or ``wss`` URL leads.

    Attributes:
        host: the host's name in ASCII, an IPv6 address in brackets.
        port: the port.
        tls: whether the scheme is ``wss``.
        target: path and query; not shown, because it holds the channel's id.
    """

    host: str
    port: int
    tls: bool
    target: str = "/"

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Read a URL.

        Raises:
            InvalidValueError: another scheme, no host, credentials, a fragment, or characters
                that a URL cannot hold.
        """
        parts = split_url("address", url, ("wss", "ws"))
        if parts.fragment or "@" in parts.netloc:
            # RFC 6455, 3: "Fragment identifiers are meaningless ... and MUST NOT be used".
            raise InvalidValueError(
                f"address {mask_url(parts)!r}: must have no fragment and no user name; remove them"
            )
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if _VISIBLE.fullmatch(target) is None:
            raise InvalidValueError(
                f"address {mask_url(parts)!r}: its path has characters that must be percent-encoded"
            )
        return cls(ascii_host(parts), port_of(parts), parts.scheme == "wss", target)

    @property
    def authority(self) -> str:
        """``host:port``, the port left out where it is the scheme's own (RFC 9110, 4.2)."""
        return self.host if self.port == (443 if self.tls else 80) else f"{self.host}:{self.port}"

    def __repr__(self) -> str:
        return f"Address({'wss' if self.tls else 'ws'}://{self.authority}/...)"


class Upgrade:
    """The opening handshake: :attr:`request` out, then :meth:`receive` until it is decided."""

    def __init__(
        self,
        address: Address,
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
        self._exchange = HeadExchange("GET", address.target, fields)
        self.request = self._exchange.request

    def receive(self, data: bytes) -> "Accepted | Failed | None":
        """The outcome, or nothing yet; ``b""`` in means that the server closed."""
        head = self._exchange.receive(data)
        if head is None:
            return None
        if isinstance(head, str):
            return Failed("handshake", f"the server did not answer in HTTP: {head}", code=1006)
        if head.status != 101:
            return handshake_refusal("handshake", "the server refused the WebSocket", head)
        return self._accepted(head)

    def _accepted(self, head: Head) -> "Accepted | Failed":
        subprotocol = head.headers.get("sec-websocket-protocol")
        extensions = _tokens(head.headers, "sec-websocket-extensions")
        deflate = Deflate.agreed(extensions) if extensions else None
        problem = self._problem(head.headers, subprotocol, deflate)
        if problem is not None:
            return handshake_refusal(
                "handshake", f"the server's handshake is not valid: {problem}", head
            )
        done = HandshakeDone(subprotocol, extensions, head.headers)
        return Accepted(done, deflate if isinstance(deflate, Deflate) else None, head.trailing)

    def _problem(
        self, headers: Headers, subprotocol: str | None, deflate: Deflate | str | None
    ) -> str | None:
        # RFC 6455, 4.1: what the client must check of the response, in its order.
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


class Accepted(Struct, frozen=True):
    """A handshake that succeeded.

    Attributes:
        done: the event for the user.
        deflate: the compression agreed on, if any.
        trailing: the first bytes of the frames, if they came along.
    """

    done: HandshakeDone
    deflate: Deflate | None
    trailing: bytes


def _own(headers: HeadersInput) -> tuple[tuple[str, str], ...]:
    fields = Headers(headers).raw
    for name, _ in fields:
        if name.lower() in _RESERVED or name.lower().startswith("sec-websocket-"):
            raise InvalidValueError(f"header {name!r}: belongs to the handshake; leave it out")
    return fields


def _tokens(headers: Headers, name: str) -> tuple[str, ...]:
    return tuple(filter(None, (item.strip() for item in headers.get(name, "").split(","))))


def _names(headers: Headers, name: str, token: str) -> bool:
    return token in (item.lower() for item in _tokens(headers, name))

"""HTTP/1.1 as bytes in, bytes out: the seam for an event loop that has no HTTP client.

Law: no sockets. :meth:`HTTP1Connection.send` gives the bytes of a request,
:meth:`HTTP1Connection.receive_data` takes whatever arrived, in pieces of any size, and the only
exception is :class:`~genesys_core.message.TransportFailure`.
"""

from typing import Final
from urllib.parse import urlsplit

import h11

from genesys_core.headers import Headers
from genesys_core.message import FailureKind, Request, Response, TransportFailure

__all__ = ["HTTP1Connection"]

MAX_BODY: Final = 512 * 1024 * 1024
"""Bytes of one response at most: a security limit, above any reply that the platform sends."""


class HTTP1Connection:
    """One connection to one origin, one request at a time.

    The caller opens the socket (and TLS), then for each request writes what :meth:`send` returns
    and feeds what it reads to :meth:`receive_data` until a response comes back. An empty ``bytes``
    means that the peer closed. While :attr:`reusable`, the next request may follow.
    """

    def __init__(self) -> None:
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=64 * 1024)
        self._response: h11.Response | None = None
        self._body: list[bytes] = []
        self._size = 0

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent on this connection."""
        return self._h11.our_state is h11.IDLE and self._h11.their_state is h11.IDLE

    def send(self, request: Request) -> bytes:
        """The bytes to write for a request.

        Raises:
            TransportFailure: the connection is busy or closed, or the request is no valid HTTP.
        """
        if not self.reusable:
            raise TransportFailure(
                "the connection cannot take a request", kind="closed", sent=False
            )
        body = request.body
        try:
            head = self._h11.send(
                h11.Request(
                    method=request.method, target=_target(request.url), headers=_fields(request)
                )
            )
            content = self._h11.send(h11.Data(data=body)) if body else b""
            end = self._h11.send(h11.EndOfMessage())
        except h11.LocalProtocolError as error:
            raise TransportFailure(str(error), kind="protocol", sent=False) from None
        return b"".join(part for part in (head, content, end) if part)

    def receive_data(self, data: bytes) -> Response | None:
        """Take bytes that arrived; ``b""`` means that the peer closed.

        Returns:
            The response once it is complete, else ``None``.

        Raises:
            TransportFailure: the peer closed too soon, or what it sent is not HTTP.
        """
        try:
            self._h11.receive_data(data)
            return self._advance()
        except h11.RemoteProtocolError as error:
            kind: FailureKind = "protocol" if data else "closed"
            raise TransportFailure(str(error), kind=kind, sent=True) from None

    def _advance(self) -> Response | None:
        while True:
            event = self._h11.next_event()
            if isinstance(event, h11.Response):
                self._response = event
            elif isinstance(event, h11.Data):
                self._append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                return self._complete()
            elif isinstance(event, h11.ConnectionClosed):
                raise TransportFailure("the peer closed the connection", kind="closed", sent=True)
            elif not isinstance(event, h11.InformationalResponse):
                return None  # NEED_DATA or PAUSED

    def _append(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > MAX_BODY:
            raise TransportFailure(
                f"the response is larger than {MAX_BODY} bytes", kind="protocol", sent=True
            )
        self._body.append(data)

    def _complete(self) -> Response:
        head = self._response
        if head is None:
            raise TransportFailure("the response has no head", kind="protocol", sent=True)
        body = b"".join(self._body)
        headers = Headers.received(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in head.headers.raw_items()
        )
        self._response, self._body, self._size = None, [], 0
        if self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE:
            self._h11.start_next_cycle()
        return Response(head.status_code, headers, body)


def _target(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"


def _fields(request: Request) -> list[tuple[bytes, bytes]]:
    fields = [("Host", urlsplit(request.url).netloc), *request.headers.raw]
    # RFC 9110, 8.6: a length is sent where the method gives a body a meaning, even for none.
    if request.body is not None or request.method in {"POST", "PUT", "PATCH"}:
        fields.append(("Content-Length", str(len(request.body or b""))))
    return [(name.encode("ascii"), value.encode("utf-8")) for name, value in fields]

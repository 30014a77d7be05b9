"""HTTP/1.1 as bytes in, bytes out: the seam for an event loop that has no HTTP client.

Law: no sockets. :meth:`HTTP1Connection.send` gives the bytes of a request,
:meth:`HTTP1Connection.receive_data` takes whatever arrived, in pieces of any size, and the only
exception is :class:`~genesys_core.http.messages.TransportFailure`. A byte that no request asked for ends
the connection's use: what it belongs to cannot be known.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Final, cast
from urllib.parse import urlsplit

import h11

from genesys_core.http.headers import Headers
from genesys_core.http.messages import FailureKind, Request, Response, TransportFailure

__all__ = ["HTTP1Connection"]

MAX_BODY: Final = 512 * 1024 * 1024
"""Bytes of one response at most: a security limit, above any reply that the platform sends."""


class HTTP1Connection:
    """One connection to one origin, one request at a time.

    The caller opens the socket (and TLS), then for each request writes what :meth:`send` returns
    and feeds what it reads to :meth:`receive_data` until a response comes back. An empty ``bytes``
    means that the peer closed. While :attr:`reusable`, the next request may follow; after a failure
    the connection is of no more use.
    """

    def __init__(self) -> None:
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=64 * 1024)
        self._busy = False
        self._spent = False
        self._response: h11.Response | None = None
        self._body: list[bytes | bytearray] = []
        self._size = 0

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent on this connection."""
        return not self._busy and not self._spent

    def send(self, request: Request) -> bytes:
        """The bytes to write for a request.

        Raises:
            TransportFailure: the connection is busy or of no more use, or the request is no valid
                HTTP; nothing of it was sent.
        """
        if not self.reusable:
            raise TransportFailure(
                "the connection cannot take a request", kind="closed", sent=False
            )
        try:
            sent = b"".join(self._h11.send(event) or b"" for event in _events(request))
        except (h11.LocalProtocolError, ValueError) as error:
            problem = _words(error)
        else:
            self._busy = True
            return sent
        # Raised outside the block above: those exceptions hold header values.
        self._spent = True
        raise TransportFailure(
            f"the request is no valid HTTP: {problem}", kind="protocol", sent=False
        )

    def receive_data(self, data: bytes) -> Response | None:
        """Take bytes that arrived; ``b""`` means that the peer closed.

        Returns:
            The response once it is complete, else ``None``.

        Raises:
            TransportFailure: the peer closed too soon, or what it sent is not HTTP.
        """
        if not self.reusable and not self._busy:
            raise self._failure("closed", "the connection is of no more use")
        if not self._busy:
            kind: FailureKind = "protocol" if data else "closed"
            words = "sent data that nobody asked for" if data else "closed the idle connection"
            raise self._failure(kind, f"the peer {words}")
        try:
            self._h11.receive_data(data)
            return self._advance()
        except h11.RemoteProtocolError as error:
            problem = _words(error)
        if data:
            raise self._failure("protocol", f"what came back is no valid HTTP: {problem}")
        raise self._failure(
            "closed", "the peer closed the connection before the reply was complete"
        )

    def _failure(self, kind: FailureKind, words: str) -> TransportFailure:
        sent, self._busy, self._spent = self._busy, False, True
        return TransportFailure(words, kind=kind, sent=sent)

    def _advance(self) -> Response | None:
        while True:
            event = self._h11.next_event()
            if isinstance(event, h11.Response):
                self._response = event
            elif isinstance(event, h11.Data):
                self._append(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return self._complete()
            elif event is h11.NEED_DATA:
                return None
            elif not isinstance(event, h11.InformationalResponse):
                # PAUSED: after CONNECT or an upgrade, which are not for this class.
                raise self._failure("protocol", "the peer speaks another protocol now")

    def _append(self, data: bytes | bytearray) -> None:
        self._size += len(data)
        if self._size > MAX_BODY:
            raise self._failure("protocol", _TOO_LARGE)
        self._body.append(data)

    def _complete(self) -> Response:
        head = cast(h11.Response, self._response)  # no end comes without a head
        body = b"".join(self._body)
        headers = Headers.received(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in head.headers.raw_items()
        )
        response = Response(head.status_code, headers, self._content(headers, body))
        self._response, self._body, self._size = None, [], 0
        self._busy = False
        done = self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE
        if done and self._h11.trailing_data == (b"", False):
            self._h11.start_next_cycle()
        else:
            self._spent = True
        return response

    def _content(self, headers: Headers, body: bytes) -> bytes:
        if not body or "content-encoding" not in headers:
            return body
        coding = headers["content-encoding"].strip().lower()
        if coding == "identity":
            return body
        if coding not in {"gzip", "x-gzip"}:
            raise self._failure(
                "protocol", f"the response has an unknown content coding {coding!r}"
            )
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            content = unpacker.decompress(body, MAX_BODY + 1)
        except zlib.error:
            content = b""
        if len(content) > MAX_BODY:
            raise self._failure("protocol", _TOO_LARGE)
        if not unpacker.eof:
            raise self._failure("protocol", "the response's gzip content is broken")
        return content


_TOO_LARGE = f"the response is larger than {MAX_BODY} bytes"


def _words(error: Exception) -> str:
    """What is wrong, without the bytes that are: they may be a secret."""
    return re.split(r":? (?:bytearray\()?b['\"]", str(error))[0]


def _events(request: Request) -> Iterator[h11.Event]:
    yield h11.Request(method=request.method, target=_target(request.url), headers=_fields(request))
    if request.body:
        yield h11.Data(data=request.body)
    yield h11.EndOfMessage()


def _target(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"


def _fields(request: Request) -> list[tuple[bytes, bytes]]:
    headers = request.headers
    if "transfer-encoding" in headers:
        raise ValueError("Transfer-Encoding, although the body is sent whole")
    fields = list(headers.raw)
    if "host" not in headers:
        host = urlsplit(request.url).netloc.rpartition("@")[2]
        fields.insert(0, ("Host", host.encode("ascii").decode()))
    if "accept-encoding" not in headers:
        fields.append(("Accept-Encoding", "gzip"))
    # RFC 9110, 8.6: a length is sent where the method gives a body a meaning, even for none.
    if request.body is not None or request.method in {"POST", "PUT", "PATCH"}:
        fields.append(("Content-Length", str(len(request.body or b""))))
    return [(name.encode("ascii"), value.encode("utf-8")) for name, value in fields]

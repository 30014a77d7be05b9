"""HTTP/1.1 as bytes in, bytes out: the seam for an event loop that has no HTTP client.

Invariants: no sockets. The only exception is :class:`~genesys_core.http.messages.TransportFailure`. What
came in pieces gives what it gives as a whole: the same response, the same failure, the same answer to
whether the connection may be used again. A byte that no request asked for ends the connection's use:
what it belongs to cannot be known.
"""

import re
from collections import deque
from collections.abc import Mapping
from typing import Final

from genesys_core.http.body_readers import (
    BodyReader,
    ChunkedReader,
    LengthReader,
    UntilCloseReader,
    cut_off,
)
from genesys_core.http.content_coding import ContentDecoder, content_codings, decode_content
from genesys_core.http.headers import Headers
from genesys_core.http.limits import (
    DEFAULT_LIMITS,
    ResponseLimits,
    broken_response,
    response_too_large,
)
from genesys_core.http.messages import FailureKind, Request, Response, TransportFailure
from genesys_core.http.request_head import encode_request_head
from genesys_core.http.response_head import (
    HeadSearch,
    ParsedHead,
    ResponseHead,
    parse_head,
    parse_plain_head,
)

__all__ = ["HTTP1Connection"]

# What the connection reads next.
_IDLE, _HEAD, _BODY, _SPENT = range(4)


class HTTP1Connection:
    """One connection to one server, one request at a time.

    The caller opens the socket (and TLS) and moves the bytes; which bytes, and what they mean, is
    decided here. For a call as a whole it writes what :meth:`send` returns and passes what it reads
    to :meth:`receive_data` until a response comes back::

        sock.sendall(connection.send(request))
        while (response := connection.receive_data(sock.recv(65536))) is None:
            pass

    For a response that is not held in memory, :meth:`receive_head` takes its place until the head is
    there; then the content is asked for piece by piece, and the socket read only when none is left::

        while (chunk := connection.read_body(65536)) != b"":
            if chunk is None:
                connection.receive_body(sock.recv(65536))
            else:
                file.write(chunk)

    For a request body that is not held in memory, :meth:`send_head` takes the place of :meth:`send`,
    then comes :meth:`send_chunk` for each piece and :meth:`send_end`. A caller that reads meanwhile
    learns from :attr:`sending` whether the body is still wanted, and from :attr:`waits_for_continue`
    whether it is wanted yet.

    In each ``receive`` an empty ``bytes`` means that the peer closed. While :attr:`reusable`, the
    next request may follow; after a failure the connection is of no more use.

    Args:
        limits: how much of a response is read before it counts as broken.
        proxy_headers: fields for the forwarding proxy at the other end, which is sent targets in
            absolute form; ``None`` if the other end is the server itself, or a tunnel to it.
    """

    __slots__ = (
        "_close",
        "_connect",
        "_decoder",
        "_exchanges",
        "_head",
        "_head_only",
        "_informational",
        "_keep_alive",
        "_limits",
        "_own_limits",
        "_phase",
        "_pieces",
        "_position",
        "_proxy_headers",
        "_reader",
        "_received",
        "_search",
        "_sending",
        "_started",
        "_upgrade",
        "_upload_left",
        "_waits",
        "leftover",
        "switched",
    )

    leftover: bytes
    """Bytes behind the response: those nobody asked for, or, once the peer has :attr:`switched`, the
    first of the other protocol."""

    switched: bool
    """Whether the peer switched to another protocol: with 101, or with 2xx to CONNECT."""

    def __init__(
        self, limits: ResponseLimits = DEFAULT_LIMITS, *, proxy_headers: Headers | None = None
    ) -> None:
        self._own_limits = self._limits = limits
        self._proxy_headers = proxy_headers
        self._phase = _IDLE
        self._exchanges = 0
        self._keep_alive: int | None = None
        # About one exchange:
        self._close = False  # the connection ends with it, whatever the response says
        self._head_only = False
        self._connect = False
        self._upgrade = False
        self._sending = False
        self._upload_left: int | None = 0
        self._waits = False
        self._started = False
        self._informational = 0
        self._search: HeadSearch | None = None
        self._head = _NO_HEAD
        self._reader: BodyReader = _NO_BODY
        self._received = False  # the body is complete, as far as its framing goes
        self._pieces: deque[bytes] = deque()  # of the body, received and not read
        self._position = 0  # in the first of these
        self._decoder: ContentDecoder | None = None
        self.leftover = b""
        self.switched = False

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent on this connection."""
        return self._phase == _IDLE

    @property
    def sending(self) -> bool:
        """Whether the request's body is to be continued, or ended, by the caller.

        It turns false with a final response that comes early: that response stands, the rest of the
        body is not to be sent, and the connection ends with this exchange.
        """
        return self._sending

    @property
    def waits_for_continue(self) -> bool:
        """Whether ``Expect: 100-continue`` was sent and not yet answered.

        A server need not answer it: the caller waits for a while (RFC 9110, 10.1.1), then sends.
        """
        return self._waits

    @property
    def stale(self) -> bool:
        """Whether no byte of a response has come, on a connection that served requests before.

        A failure then says that the server had closed the idle connection, or was about to
        (RFC 9112, 9.3.1): the request may be repeated at once on another one if it is idempotent.
        """
        return self._exchanges > 0 and not self._started

    @property
    def keep_alive_timeout(self) -> int | None:
        """Seconds for which the server keeps an idle connection, if it said so in ``Keep-Alive``."""
        return self._keep_alive

    # Requests

    def send(self, request: Request, *, limits: ResponseLimits | None = None) -> bytes:
        """The bytes to write for a request with its body.

        Args:
            request: what to send.
            limits: for the response to this request, instead of the connection's own.

        Raises:
            TransportFailure: the connection is busy or of no more use, or the request is not valid
                HTTP. Nothing of it was sent; in the latter case the connection stays as it was.
        """
        head = self._begin(request, limits, streamed=False)
        return head + request.body if request.body else head

    def send_head(self, request: Request, *, limits: ResponseLimits | None = None) -> bytes:
        """The bytes to write for a request whose body follows in pieces.

        The body has the length that ``Content-Length`` in the request's headers announces, and is
        sent in chunks if there is none. ``request.body`` is ignored.

        Raises:
            TransportFailure: as for :meth:`send`.
        """
        head = self._begin(request, limits, streamed=True)
        self._sending = True
        return head

    def _begin(self, request: Request, limits: ResponseLimits | None, *, streamed: bool) -> bytes:
        if self._phase != _IDLE:
            raise TransportFailure(
                "the connection cannot take a request", kind="closed", sent=False
            )
        method = request.method
        head = encode_request_head(request, proxy_headers=self._proxy_headers, streamed=streamed)
        self._phase = _HEAD
        self._limits = self._own_limits if limits is None else limits
        self._head_only = method == "HEAD"
        self._connect = method == "CONNECT"
        self._close = head.close
        self._upgrade = head.upgrade
        self._upload_left = head.length
        self._waits = head.expects_continue and streamed
        self._started = False
        self._informational = 0
        self._keep_alive = None
        self._received = False
        self._pieces.clear()
        self._position = 0
        self._decoder = None
        return head.data

    def send_chunk(self, chunk: bytes) -> bytes:
        """The bytes to write for the next piece of the request's body, of any size.

        Raises:
            TransportFailure: the body is longer than announced, or is not wanted (:attr:`sending`).
        """
        self._require_sending()
        self._waits = False
        if not chunk:
            return b""
        if self._upload_left is None:
            return b"%x\r\n%b\r\n" % (len(chunk), chunk)
        if len(chunk) > self._upload_left:
            raise self.abort("the request body is longer than its Content-Length", kind="protocol")
        self._upload_left -= len(chunk)
        return chunk

    def send_end(self) -> bytes:
        """The bytes to write after the last piece of the request's body.

        Raises:
            TransportFailure: the body is shorter than announced, or is not wanted.
        """
        self._require_sending()
        if self._upload_left:
            raise self.abort("the request body is shorter than its Content-Length", kind="protocol")
        self._sending = self._waits = False
        return b"0\r\n\r\n" if self._upload_left is None else b""

    def _require_sending(self) -> None:
        if not self._sending:
            raise TransportFailure(
                "the connection wants no request body", kind="closed", sent=self._phase != _IDLE
            )

    def stop_sending(self) -> None:
        """Note that the rest of the request will not be written.

        For a write that failed, a response that came early, a body that could not be produced. A
        response may still be read; the connection ends with this exchange.
        """
        self._sending = self._waits = False
        self._close = True

    def abort(
        self, message: str, *, kind: FailureKind = "closed", written: bool = True
    ) -> TransportFailure:
        """End the connection's use for a reason outside it, such as a timeout or a reset.

        Args:
            message: what happened, in words for the user.
            kind: what broke.
            written: whether any byte of the request went out.

        Returns:
            The failure of the request under way, for the caller to raise.
        """
        sent = self._phase in _BUSY and (written or self._started)
        self._end()
        return TransportFailure(message, kind=kind, sent=sent)

    def _end(self) -> None:
        self._phase = _SPENT
        self._sending = self._waits = self._received = False
        self._pieces.clear()

    # Responses

    def receive_data(self, data: bytes) -> Response | None:
        """Take bytes that arrived, for a response as a whole; ``b""`` means that the peer closed.

        Returns:
            The response once it is complete, else ``None``.

        Raises:
            TransportFailure: the peer closed too soon, what it sent is not valid HTTP, or the
                response is beyond the limits.
        """
        try:
            self._receive(data)
            if not self._received:
                return None
            pieces = self._pieces
            body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            head = self._head
            if body and (codings := self._codings()):
                body = decode_content(body, codings, self._limits.body)
            self._finish()
        except TransportFailure:
            self._end()
            raise
        return Response(head.status, head.headers, body)

    def receive_head(self, data: bytes) -> ResponseHead | None:
        """Take bytes that arrived, for a response whose body is read with :meth:`read_body`.

        Returns:
            The final response's head once it is there, else ``None``. After that, bytes that arrive
            go to :meth:`receive_body`.

        Raises:
            TransportFailure: as for :meth:`receive_data`.
        """
        self.receive_body(data)
        if self._phase == _HEAD:
            return None
        return ResponseHead(self._head.status, self._head.headers)

    def receive_body(self, data: bytes) -> None:
        """Take bytes that arrived after the response's head; ``b""`` means that the peer closed.

        They stay in memory until they are read: ask :meth:`read_body` for ``None`` before each call.

        Raises:
            TransportFailure: as for :meth:`receive_data`.
        """
        try:
            self._receive(data)
        except TransportFailure:
            self._end()
            raise

    def read_body(self, size: int = 65536) -> bytes | None:
        """The next bytes of content, with transfer and content codings removed.

        Args:
            size: bytes at most.

        Returns:
            Content, or ``None`` if more bytes must be received first, or ``b""`` at its end.

        Raises:
            TransportFailure: the content cannot be decoded, is damaged, or beyond the limit.
        """
        if self._phase != _BODY:
            if self._phase == _HEAD or not self._received:
                raise self.abort("there is no response body to read")
            return b""
        try:
            content = self._read(size)
            if content is None and self._received:
                if self._decoder is not None:
                    self._decoder.end()
                self._finish()
                return b""
        except TransportFailure:
            self._end()
            raise
        return content

    def discard_body(self) -> None:
        """Give up the rest of a response.

        The connection stays reusable only if all of it has arrived; nothing is unpacked for that.
        """
        if self._phase == _BODY and self._received:
            self._finish()
            self._pieces.clear()
            self._received = False
        elif self._phase != _IDLE:
            self._end()

    def _receive(self, data: bytes) -> None:
        if self._phase == _HEAD:
            if not data:
                raise cut_off()
            self._receive_head(data)
        elif self._phase == _BODY:
            if self._received:
                # The peer goes on, or closes, while the response is still being read.
                self.leftover += data
                self._close = True
            elif data:
                self._take(self._reader.feed(data, self._pieces))
            else:
                self._reader.end()
                self._received = True
        elif self._phase == _SPENT:
            raise TransportFailure("the connection is of no more use", kind="closed", sent=False)
        elif data:
            raise TransportFailure(
                "the peer sent data that nobody asked for", kind="protocol", sent=False
            )
        else:
            raise TransportFailure("the peer closed the idle connection", kind="closed", sent=False)

    def _receive_head(self, data: bytes) -> None:
        limits = self._limits
        if self._search is None:
            self._started = True
            # Nearly always the head comes in one piece and is plain.
            end = data.find(b"\r\n\r\n") + 4
            plain = parse_plain_head(data[:end], limits) if end > 3 else None
            if plain is not None and plain.status >= 200:
                self._begin_body(plain, data[end:])
                return
            self._search = HeadSearch(limits.head)
        while (found := self._search.feed(data)) is not None:
            head = parse_head(found[0], limits)
            data = found[1]
            if head.status >= 200 or head.status == 101:
                self._search = None
                self._begin_body(head, data)
                return
            self._informational += 1
            if self._informational > limits.informational:
                raise broken_response(
                    f"more than {limits.informational} informational responses came before it"
                )
            if head.status == 100:
                self._waits = False

    def _begin_body(self, head: ParsedHead, data: bytes) -> None:
        status = head.status
        self._head = head
        self._phase = _BODY
        if self._sending:
            # RFC 9112, 9.5: what the server did not read of the body would be the next request.
            self.stop_sending()
        self._waits = False
        if status == 101 or (self._connect and status < 300):
            if not self._upgrade:
                raise broken_response("it switches to a protocol that nobody asked for")
            self.switched = self._close = True
            self._take(data)
        elif self._head_only or status in _BODILESS:
            self._take(data)
        else:
            self._begin_framed_body(head.headers.by_name(), data)

    def _begin_framed_body(self, values: Mapping[str, str], data: bytes) -> None:
        pieces = self._pieces
        if "transfer-encoding" in values:
            self._reader = ChunkedReader(self._limits)
            if data:
                self._take(self._reader.feed(data, pieces))
        elif (length := values.get("content-length")) is not None:
            size = int(length)
            limit = self._limits.body
            if limit is not None and size > limit:
                raise response_too_large(limit)
            if size <= len(data):
                if size:
                    pieces.append(data[:size])
                self._take(data[size:])
            else:
                self._reader = LengthReader(size)
                if data:
                    self._reader.feed(data, pieces)
        else:
            self._close = True
            self._reader = UntilCloseReader(self._limits)
            if data:
                self._reader.feed(data, pieces)

    def _take(self, rest: bytes | None) -> None:
        """Note what came behind the body, if its end was there."""
        if rest is not None:
            self._received = True
            self.leftover = rest

    def _read(self, size: int) -> bytes | None:
        pieces = self._pieces
        if self._decoder is None and pieces and (codings := self._codings()):
            self._decoder = ContentDecoder(codings, self._limits.body)
        if (decoder := self._decoder) is not None:
            while not (content := decoder.read(size)):
                if not pieces:
                    return None
                decoder.feed(pieces.popleft())
            return content
        if not pieces:
            return None
        position = self._position
        if len(pieces[0]) - position > size:
            self._position += size
            return pieces[0][position : self._position]
        gathered = [pieces.popleft()[position:]]
        self._position = 0
        room = size - len(gathered[0])
        while pieces and len(pieces[0]) <= room:
            room -= len(pieces[0])
            gathered.append(pieces.popleft())
        return b"".join(gathered)

    def _codings(self) -> tuple[str, ...]:
        value = self._head.headers.by_name().get("content-encoding")
        if value is None:
            return ()
        codings = content_codings(value)
        if codings and self._head.status == 206:
            raise TransportFailure(
                "the response cannot be decoded: it is a part of packed content",
                kind="protocol",
                sent=True,
            )
        return codings

    def _finish(self) -> None:
        self._exchanges += 1
        self._phase = _SPENT if self._close or self.leftover or not self._persists() else _IDLE

    def _persists(self) -> bool:
        """Whether the response lets the connection go on (RFC 9112, 9.3)."""
        if self._head.version != "1.1":
            return False
        values = self._head.headers.by_name()
        for name in ("connection", "proxy-connection"):
            if name in values and "close" in _elements(values[name]):
                return False
        if "keep-alive" in values:
            parameters = dict(_KEEP_ALIVE.findall(values["keep-alive"].lower()))
            if "timeout" in parameters:
                self._keep_alive = int(parameters["timeout"])
            if self._keep_alive == 0 or int(parameters.get("max", 2)) < 2:
                return False
        # RFC 9112, 6.1: whoever sent both may be part of an attack on the framing.
        return "transfer-encoding" not in values or "content-length" not in values


_BUSY: Final = frozenset({_HEAD, _BODY})
_BODILESS: Final = frozenset({204, 304})
_NO_BODY: Final = LengthReader(0)
_NO_HEAD: Final = ParsedHead(0, Headers(), "1.1")
_KEEP_ALIVE: Final = re.compile(r"\b(timeout|max)[ \t]*=[ \t]*([0-9]{1,9})\b")


def _elements(value: str) -> list[str]:
    return [element.strip(" \t").lower() for element in value.split(",")]

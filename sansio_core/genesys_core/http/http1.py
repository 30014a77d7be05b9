"""Sans-IO HTTP/1.1 connections, for event loops without an HTTP client.

Invariants: no sockets. Every failure is a :class:`~genesys_core.http.messages.TransportFailure`.
The response, any failure, and whether the connection can be reused do not depend on how the bytes
were split. Unsolicited bytes make a connection unusable, because they belong to no request.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.errors import InvalidValueError
from genesys_core.http.body_readers import cut_off, read_whole_chunks
from genesys_core.http.content_coding import decode_content
from genesys_core.http.headers import Headers
from genesys_core.http.limits import DEFAULT_LIMITS, ResponseLimits
from genesys_core.http.messages import FailureKind, Request, Response, TransportFailure
from genesys_core.http.request_head import FieldLines, RequestHead, encode_request_head
from genesys_core.http.response_head import ParsedHead, ResponseHead, parse_plain_head
from genesys_core.http.response_reader import BODILESS, HTTP1ResponseReader

__all__ = ["HTTP1Connection"]

# In _ENDED and _FAILED the connection is unusable; in _ENDED, the last exchange was complete.
_IDLE, _BUSY, _ENDED, _FAILED = range(4)
_OVER: Final = frozenset({_ENDED, _FAILED})

# Fields that prevent reading a response in one step, because they affect the connection's reuse.
_UNUSUAL: Final = frozenset({"keep-alive", "proxy-connection"})


class HTTP1Connection:
    """A client connection to one server, for one request at a time.

    The caller opens the socket (and TLS) and transfers the bytes; this class interprets them. For
    complete messages, write what :meth:`send` returns and pass received bytes to
    :meth:`receive_data` until it returns a response::

        sock.sendall(connection.send(request))
        while (response := connection.receive_data(sock.recv(65536))) is None:
            pass

    To stream a response, use :meth:`receive_head` until the head is complete; then read the content
    in chunks, and from the socket only if none is buffered::

        while (chunk := connection.read_body(65536)) != b"":
            if chunk is None:
                connection.receive_body(sock.recv(65536))
            else:
                file.write(chunk)

    To stream a request, use :meth:`send_head` instead of :meth:`send`, then :meth:`send_chunk` for
    each chunk and :meth:`send_end`. A caller that reads at the same time checks :attr:`sending`
    (whether the server still needs the body) and :attr:`waits_for_continue` (whether to wait before
    sending it).

    For each method whose name begins with ``receive``, empty ``bytes`` mean that the peer has closed
    the connection. Another request may be sent while :attr:`reusable` is true.

    Args:
        limits: size limits of responses.
        proxy_headers: headers for a forwarding proxy at the other end; targets are then sent in
            absolute form. ``None`` if the other end is the server itself, or a tunnel to it.

    Attributes:
        unwritten: whether bytes of the request are still to be written; set by a caller that reads
            at the same time. A final response is then premature, and the connection is not reused.
    """

    __slots__ = (
        "_close",
        "_exchanges",
        "_field_lines",
        "_limits",
        "_own_limits",
        "_plain",
        "_proxy_headers",
        "_reader",
        "_request",
        "_sending",
        "_silent",
        "_state",
        "_upload_left",
        "_waits",
        "unwritten",
    )

    def __init__(
        self, limits: ResponseLimits = DEFAULT_LIMITS, *, proxy_headers: Headers | None = None
    ) -> None:
        self._own_limits = limits
        self._proxy_headers = proxy_headers
        self._field_lines = FieldLines()
        self._state = _IDLE
        self._exchanges = 0
        # The current or last exchange:
        self._request = _NO_REQUEST
        self._limits = limits
        self._close = False  # do not reuse, whatever the response says
        self._plain = False  # the request has no effect on framing and reuse
        self._sending = False
        self._waits = False
        self._upload_left: int | None = 0
        self.unwritten = False
        self._reader: HTTP1ResponseReader | None = (
            None  # none before the first byte of the response
        )

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent on this connection."""
        return self._state == _IDLE

    @property
    def sending(self) -> bool:
        """Whether the caller must still send data or the end of the request's body.

        Becomes false if a final response arrives early: that response is valid, the rest of the
        body must not be sent, and the connection is not reused.
        """
        return self._sending

    @property
    def waits_for_continue(self) -> bool:
        """Whether ``Expect: 100-continue`` was sent and not yet answered.

        A server need not answer it: wait for a limited time (RFC 9110 section 10.1.1), then send.
        """
        return self._waits

    @property
    def stale(self) -> bool:
        """Whether the connection was used before, and no byte of the current response was received.

        If the connection closes in this state, the server had closed it while it was idle, or was
        about to (RFC 9112 section 9.3.1): an idempotent request may be resent at once on another
        connection.
        """
        return self._exchanges > 0 and self._silent

    @property
    def status(self) -> int | None:
        """The final response's status code; ``None`` until its head has been received."""
        reader = self._reader
        return None if reader is None or reader.head is None else reader.head.status

    @property
    def switched(self) -> bool:
        """Whether the peer switched protocols, by a 101 or by a 2xx response to CONNECT."""
        return self._reader is not None and self._reader.switched

    @property
    def leftover(self) -> bytes:
        """Bytes received after the last response: data of the new protocol, or unsolicited bytes."""
        return b"" if self._reader is None else self._reader.leftover

    @property
    def keep_alive_timeout(self) -> int | None:
        """The keep-alive timeout in seconds that the last response stated; ``None`` if unknown."""
        return None if self._reader is None else self._reader.keep_alive_timeout

    # Requests

    def send(self, request: Request, *, limits: ResponseLimits | None = None) -> bytes:
        """Return the bytes of a complete request, including its body.

        Args:
            request: the request to send.
            limits: size limits of the response, instead of the connection's own.

        Raises:
            TransportFailure: the connection is busy or unusable, or the request is not valid HTTP.
                Nothing was sent, and an invalid request leaves the connection unchanged.
        """
        head = self._begin(request, limits, streamed=False)
        return head + request.body if request.body else head

    def send_head(self, request: Request, *, limits: ResponseLimits | None = None) -> bytes:
        """Return the bytes of a request whose body follows in chunks.

        The body must have the length in the request's ``Content-Length``; without this header, the
        body is sent chunked. ``request.body`` is ignored.

        Raises:
            TransportFailure: see :meth:`send`.
        """
        data = self._begin(request, limits, streamed=True)
        self._sending = True
        self._waits = self._request.expects_continue
        self._upload_left = self._request.length
        return data

    def _begin(self, request: Request, limits: ResponseLimits | None, *, streamed: bool) -> bytes:
        if self._state != _IDLE:
            raise TransportFailure(
                "the connection is busy or unusable, and cannot accept a request",
                kind="closed",
                sent=False,
            )
        # Encoded before the state changes, so that an invalid request leaves the connection usable.
        head = encode_request_head(
            request,
            proxy_headers=self._proxy_headers,
            streamed=streamed,
            field_lines=self._field_lines,
        )
        self._state = _BUSY
        self._request = head
        self._limits = self._own_limits if limits is None else limits
        self._close = head.close
        self._plain = head.method != "HEAD" and not head.close and not head.upgrade
        self._silent = True
        self.unwritten = False
        self._reader = None
        return head.data

    def send_chunk(self, chunk: bytes) -> bytes:
        """Return the bytes to send for the next chunk, of any size, of the request's body.

        Raises:
            TransportFailure: the body is longer than announced, or is not expected; see
                :attr:`sending`.
        """
        self._require_sending()
        self._waits = False
        # An empty chunk would end a chunked body.
        if not chunk:
            return b""
        if self._upload_left is None:
            return b"%x\r\n%b\r\n" % (len(chunk), chunk)
        if len(chunk) > self._upload_left:
            raise self.abort("the request body is longer than its Content-Length", kind="protocol")
        self._upload_left -= len(chunk)
        return chunk

    def send_end(self) -> bytes:
        """Return the bytes that end the request's body, after its last chunk.

        Raises:
            TransportFailure: the body is shorter than announced, or is not expected; see
                :attr:`sending`.
        """
        self._require_sending()
        if self._upload_left:
            raise self.abort("the request body is shorter than its Content-Length", kind="protocol")
        self._sending = self._waits = False
        return b"0\r\n\r\n" if self._upload_left is None else b""

    def _require_sending(self) -> None:
        if not self._sending:
            raise TransportFailure(
                "the connection does not expect a request body",
                kind="closed",
                sent=self._state == _BUSY,
            )

    def stop_sending(self) -> None:
        """Record that the rest of the request will not be written.

        Call this if a write failed, a response arrived early, or the body could not be produced. A
        response may still be read; the connection is not reused.
        """
        self._sending = self._waits = self._plain = False
        self._close = True

    def abort(
        self, message: str, *, kind: FailureKind = "closed", written: bool = True
    ) -> TransportFailure:
        """Make the connection unusable for an external reason, such as a timeout or a reset.

        Args:
            message: a description for the user.
            kind: the kind of failure.
            written: whether any byte of the request was written.

        Returns:
            The failure of the current request, for the caller to raise.
        """
        # Any byte of a response proves that the request arrived, even if no write was reported.
        sent = self._state == _BUSY and (written or not self._silent)
        self._fail()
        return TransportFailure(message, kind=kind, sent=sent)

    # Responses

    def receive_data(self, data: bytes) -> Response | None:
        """Process received bytes, for a response that is returned as a whole.

        ``b""`` means that the peer closed the connection.

        Returns:
            The response once it is complete, otherwise ``None``.

        Raises:
            TransportFailure: the peer closed too early, its data is not valid HTTP, or the response
                exceeds the limits.
        """
        try:
            # Most responses arrive in one read and need no incremental reader.
            if self._reader is None and self._state == _BUSY:
                response = self._receive_at_once(data)
                if response is not None:
                    return response
            else:
                self._receive(data)
            reader = self._reader
            if reader is None or not reader.complete or reader.head is None:
                return None
            response = Response(reader.head.status, reader.head.headers, reader.content())
        except TransportFailure:
            self._fail()
            raise
        self._finish(reader)
        return response

    def receive_head(self, data: bytes) -> ResponseHead | None:
        """Process received bytes, for a response whose body is read with :meth:`read_body`.

        Returns:
            The final response's head once it is complete, otherwise ``None``. After that, pass
            received bytes to :meth:`receive_body`.

        Raises:
            TransportFailure: see :meth:`receive_data`.
        """
        self.receive_body(data)
        head = None if self._reader is None else self._reader.head
        return None if head is None else ResponseHead(head.status, head.headers)

    def receive_body(self, data: bytes) -> None:
        """Process bytes received after the response's head.

        ``b""`` means that the peer closed the connection. The bytes are buffered until they are
        read: call this only if :meth:`read_body` returned ``None``.

        Raises:
            TransportFailure: see :meth:`receive_data`.
        """
        try:
            self._receive(data)
        except TransportFailure:
            self._fail()
            raise

    def read_body(self, size: int = 65536) -> bytes | None:
        """Return the next bytes of content, with transfer and content codings decoded.

        Args:
            size: maximum number of bytes, at least 1.

        Returns:
            The next content; ``None`` if more bytes must be received first; ``b""`` at the end of
            the content.

        Raises:
            TransportFailure: the content cannot be decoded, is corrupt, or exceeds the limit; or
                there is no response to read.
            InvalidValueError: the size is below 1.
        """
        if size < 1:
            raise InvalidValueError(f"size={size!r}: must be at least 1, because b'' means the end")
        reader = self._reader
        if reader is None or reader.head is None or self._state == _FAILED:
            raise self.abort("there is no response body to read")
        # The body has been read to its end, and the connection may be idle again.
        if self._state != _BUSY:
            return b""
        try:
            content = reader.read(size)
        except TransportFailure:
            self._fail()
            raise
        if content == b"":
            self._finish(reader)
        return content

    def discard_body(self) -> None:
        """Discard the rest of the current response.

        The connection stays reusable only if the whole response was received. The rest is not
        decoded.
        """
        if self._state == _BUSY:
            reader = self._reader
            if reader is not None and reader.complete:
                self._finish(reader)
            else:
                self._fail()

    def _receive_at_once(self, data: bytes) -> Response | None:
        """Return the response if ``data`` is exactly one plain response; else read incrementally."""
        limits = self._limits
        self._silent = not data
        end = data.find(b"\r\n\r\n") + 4
        head = parse_plain_head(data[:end], limits) if end > 3 else None
        if head is None or head.status < 200:
            self._receive(data)
            return None
        values = head.headers.by_name()
        if (
            self._plain
            and not self._sending
            and not self.unwritten
            and values.get("connection", "keep-alive") == "keep-alive"
            and _UNUSUAL.isdisjoint(values)
            and head.status not in BODILESS
            and (body := _whole_body(values, data, end, limits)) is not None
        ):
            coding = values.get("content-encoding")
            if coding is None or not body:
                return self._returned(head, body)
            # A range of compressed content cannot be decoded; the reader raises the failure.
            if coding == "gzip" and head.status != 206:
                return self._returned(head, decode_content(body, ("gzip",), limits.body))
        self._reader = reader = HTTP1ResponseReader(self._request, limits)
        reader.begin(head, data[end:])
        self._answered(reader)
        return None

    def _returned(self, head: ParsedHead, body: bytes) -> Response:
        self._exchanges += 1
        self._state = _IDLE
        return Response(head.status, head.headers, body)

    def _receive(self, data: bytes) -> None:
        if self._state == _BUSY:
            reader = self._reader
            if reader is None:
                if not data:
                    raise cut_off()
                reader = self._reader = HTTP1ResponseReader(self._request, self._limits)
                self._silent = False
            if data:
                reader.feed(data)
            else:
                reader.end()
            self._answered(reader)
        elif self._state in _OVER:
            raise TransportFailure("the connection is no longer usable", kind="closed", sent=False)
        elif data:
            raise TransportFailure("the peer sent unsolicited data", kind="protocol", sent=False)
        else:
            raise TransportFailure("the peer closed the idle connection", kind="closed", sent=False)

    def _answered(self, reader: HTTP1ResponseReader) -> None:
        """Update the sending state after a response was received."""
        if reader.continued:
            self._waits = False
        if reader.head is None:
            return
        # Once all of a Content-Length was sent (0 left), the request is complete even without
        # `send_end`.
        if self.unwritten or (self._sending and self._upload_left != 0):
            # The server will not read the rest, or would mistake it for the next request.
            self.stop_sending()
        self._sending = False

    def _finish(self, reader: HTTP1ResponseReader) -> None:
        self._exchanges += 1
        self._state = _IDLE if reader.persists and not self._close else _ENDED

    def _fail(self) -> None:
        self._state = _FAILED
        self._sending = self._waits = False


def _whole_body(
    values: Mapping[str, str], data: bytes, start: int, limits: ResponseLimits
) -> bytes | None:
    """Return the body if its framing is plain and no bytes follow; otherwise ``None``."""
    length = values.get("content-length")
    if length is None:
        chunked = "transfer-encoding" in values
        return read_whole_chunks(data, start, limits) if chunked else None
    size = len(data) - start
    within = limits.body is None or size <= limits.body
    return data[start:] if within and length == str(size) else None


_NO_REQUEST: Final = RequestHead("", b"", 0)

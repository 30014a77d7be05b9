"""An HTTP/1.1 connection without I/O, for event loops that have no HTTP client.

Invariants: no sockets. The only exception is :class:`~genesys_core.http.messages.TransportFailure`. However
the bytes are split, the result is the same: the response, the failure, and whether the connection is
reusable. Unsolicited bytes make the connection unusable, because they cannot be assigned to a request.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.errors import InvalidValueError
from genesys_core.http.body_readers import cut_off, read_whole_chunks
from genesys_core.http.content_coding import decode_content
from genesys_core.http.headers import Headers
from genesys_core.http.limits import DEFAULT_LIMITS, ResponseLimits
from genesys_core.http.messages import FailureKind, Request, Response, TransportFailure
from genesys_core.http.request_head import RequestHead, encode_request_head
from genesys_core.http.response_head import ParsedHead, ResponseHead, parse_plain_head
from genesys_core.http.response_reader import BODILESS, HTTP1ResponseReader

__all__ = ["HTTP1Connection"]

# Of the last two, the first ended with a complete exchange.
_IDLE, _BUSY, _ENDED, _FAILED = range(4)
_OVER: Final = frozenset({_ENDED, _FAILED})

# Fields of a response that is never read in one step: they have a say in what comes after it.
_UNUSUAL: Final = frozenset({"keep-alive", "proxy-connection"})


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
    next request may follow; after a failure the connection is unusable.

    Args:
        limits: how much of a response is read before it counts as broken.
        proxy_headers: fields for the forwarding proxy at the other end, which is sent targets in
            absolute form; ``None`` if the other end is the server itself, or a tunnel to it.

    Attributes:
        unwritten: whether bytes of the request are still to be written, for a caller that reads
            meanwhile to set: a final response then comes early, and ends the connection's use.
    """

    __slots__ = (
        "_close",
        "_exchanges",
        "_limits",
        "_own_limits",
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
        self._state = _IDLE
        self._exchanges = 0
        # About the current exchange, or the last one:
        self._request = _NO_REQUEST
        self._limits = limits
        self._close = False  # the connection ends with it, whatever the response says
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

        If it is closed in this state, the server had closed the idle connection, or was about to
        (RFC 9112, 9.3.1): a request that is idempotent may be repeated at once on another one.
        """
        return self._state != _IDLE and self._exchanges > 0 and self._silent

    @property
    def status(self) -> int | None:
        """The status code of the final response, once its head is there."""
        reader = self._reader
        return None if reader is None or reader.head is None else reader.head.status

    @property
    def switched(self) -> bool:
        """Whether the peer switched to another protocol: with 101, or with 2xx to CONNECT."""
        return self._reader is not None and self._reader.switched

    @property
    def leftover(self) -> bytes:
        """Bytes after the last response: of the protocol switched to, or unsolicited."""
        return b"" if self._reader is None else self._reader.leftover

    @property
    def keep_alive_timeout(self) -> int | None:
        """Seconds for which the server keeps an idle connection, if its last response said so."""
        return None if self._reader is None else self._reader.keep_alive_timeout

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
        data = self._begin(request, limits, streamed=True)
        self._sending = True
        self._waits = self._request.expects_continue
        self._upload_left = self._request.length
        return data

    def _begin(self, request: Request, limits: ResponseLimits | None, *, streamed: bool) -> bytes:
        if self._state != _IDLE:
            raise TransportFailure(
                "the connection cannot take a request", kind="closed", sent=False
            )
        head = encode_request_head(request, proxy_headers=self._proxy_headers, streamed=streamed)
        self._state = _BUSY
        self._request = head
        self._limits = self._own_limits if limits is None else limits
        self._close = head.close
        self._silent = True
        self.unwritten = False
        self._reader = None
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
                "the connection wants no request body", kind="closed", sent=self._state == _BUSY
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
            message: what happened, as text for the user.
            kind: what broke.
            written: whether any byte of the request went out.

        Returns:
            The failure of the request under way, for the caller to raise.
        """
        sent = self._state == _BUSY and (written or not self._silent)
        self._fail()
        return TransportFailure(message, kind=kind, sent=sent)

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
        """Take bytes that arrived, for a response whose body is read with :meth:`read_body`.

        Returns:
            The final response's head once it is there, else ``None``. After that, bytes that arrive
            go to :meth:`receive_body`.

        Raises:
            TransportFailure: as for :meth:`receive_data`.
        """
        self.receive_body(data)
        head = None if self._reader is None else self._reader.head
        return None if head is None else ResponseHead(head.status, head.headers)

    def receive_body(self, data: bytes) -> None:
        """Take bytes that arrived after the response's head; ``b""`` means that the peer closed.

        They stay in memory until they are read: call this when :meth:`read_body` returned ``None``.

        Raises:
            TransportFailure: as for :meth:`receive_data`.
        """
        try:
            self._receive(data)
        except TransportFailure:
            self._fail()
            raise

    def read_body(self, size: int = 65536) -> bytes | None:
        """The next bytes of content, with transfer and content codings removed.

        Args:
            size: bytes at most, 1 or more.

        Returns:
            Content, or ``None`` if more bytes must be received first, or ``b""`` at its end.

        Raises:
            TransportFailure: the content cannot be decoded, is damaged, or beyond the limit; or
                there is no response to read.
            InvalidValueError: a size below 1.
        """
        if size < 1:
            raise InvalidValueError(f"size={size!r}: must be at least 1, for b'' is the end")
        reader = self._reader
        if reader is None or reader.head is None or self._state == _FAILED:
            raise self.abort("there is no response body to read")
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
        """Give up the rest of a response.

        The connection stays reusable only if all of it has arrived; nothing is unpacked for that.
        """
        if self._state == _BUSY:
            reader = self._reader
            if reader is not None and reader.complete:
                self._finish(reader)
            else:
                self._fail()

    def _receive_at_once(self, data: bytes) -> Response | None:
        """The response, if ``data`` is all of it and plain; else it is begun."""
        request, limits = self._request, self._limits
        self._silent = not data
        end = data.find(b"\r\n\r\n") + 4
        head = parse_plain_head(data[:end], limits) if end > 3 else None
        if head is None or head.status < 200:
            self._receive(data)
            return None
        values = head.headers.by_name()
        if (
            values.get("connection", "keep-alive") == "keep-alive"
            and _UNUSUAL.isdisjoint(values)
            and request.method != "HEAD"
            and head.status not in BODILESS
            and not request.upgrade
            and not self._sending
            and not self._close
            and not self.unwritten
            and (body := _whole_body(values, data, end, limits)) is not None
        ):
            coding = values.get("content-encoding")
            if coding is None or not body:
                return self._returned(head, body)
            if coding == "gzip" and head.status != 206:
                return self._returned(head, decode_content(body, ("gzip",), limits.body))
        self._reader = reader = HTTP1ResponseReader(request, limits)
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
            raise TransportFailure("the connection is of no more use", kind="closed", sent=False)
        elif data:
            raise TransportFailure(
                "the peer sent data that nobody asked for", kind="protocol", sent=False
            )
        else:
            raise TransportFailure("the peer closed the idle connection", kind="closed", sent=False)

    def _answered(self, reader: HTTP1ResponseReader) -> None:
        """Let what came of a response decide about the rest of the request."""
        if reader.continued or reader.head is not None:
            self._waits = False
        if reader.head is None:
            return
        if self.unwritten or (self._sending and self._upload_left != 0):
            # The server will not read the rest, or take it for the next request.
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
    """The body, if its framing is plain, and it is all that follows the head."""
    length = values.get("content-length")
    if length is None:
        chunked = "transfer-encoding" in values
        return read_whole_chunks(data, start, limits) if chunked else None
    size = len(data) - start
    within = limits.body is None or size <= limits.body
    return data[start:] if within and length == str(size) else None


_NO_REQUEST: Final = RequestHead("", b"", 0)

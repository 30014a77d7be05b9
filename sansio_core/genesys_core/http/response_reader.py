"""Reads one response, from the first byte of its head to the last byte of its content.

Invariants: the head, the content, any failure, and whether the connection can be reused do not
depend on how the bytes were split. Unread content stays as received: it is neither decoded nor
copied.
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
from genesys_core.http.limits import ResponseLimits, broken_response, response_too_large
from genesys_core.http.messages import TransportFailure
from genesys_core.http.request_head import RequestHead
from genesys_core.http.response_head import HeadSearch, ParsedHead, parse_head

__all__ = ["BODILESS", "HTTP1ResponseReader"]

BODILESS: Final = frozenset({204, 304})
"""Statuses whose responses have no body, regardless of their headers (RFC 9112 section 6.3)."""


class HTTP1ResponseReader:
    """Reads the response to one request.

    Args:
        request: the head of the request; it determines the valid responses.
        limits: size limits of the response.

    Attributes:
        head: the final response's head, once received.
        continued: whether a 100 (Continue) was received before the final response.
        complete: whether the body's last byte has been received, according to its framing.
        leftover: bytes received after the response.
        switched: whether the peer has switched to another protocol.
    """

    __slots__ = (
        "_closed",
        "_decoder",
        "_framing",
        "_informational",
        "_limits",
        "_pieces",
        "_position",
        "_request",
        "_search",
        "complete",
        "continued",
        "head",
        "leftover",
        "switched",
    )

    def __init__(self, request: RequestHead, limits: ResponseLimits) -> None:
        self._request = request
        self._limits = limits
        self._search = HeadSearch(limits.head)
        self._informational = 0
        self._framing: BodyReader | None = None
        self._closed = False
        self._pieces: deque[bytes] = deque()  # of the body, received and not read
        self._position = 0  # position in the first of these
        self._decoder: ContentDecoder | None = None
        self.head: ParsedHead | None = None
        self.continued = False
        self.complete = False
        self.leftover = b""
        self.switched = False

    def feed(self, data: bytes) -> None:
        """Process received bytes of the response.

        Raises:
            TransportFailure: the bytes are not valid HTTP, or exceed a limit.
        """
        if self.complete:
            self.leftover += data
        elif self._framing is not None:
            self._end_body(self._framing.feed(data, self._pieces))
        else:
            self._feed_head(data)

    def end(self) -> None:
        """Report that the peer closed the connection.

        Raises:
            TransportFailure: the response is incomplete.
        """
        self._closed = True
        if not self.complete:
            if self._framing is None:
                raise cut_off()
            self._framing.end()
            self.complete = True

    def _feed_head(self, data: bytes) -> None:
        while (found := self._search.feed(data)) is not None:
            head = parse_head(found[0], self._limits)
            data = found[1]
            # RFC 9110 section 15.2.2: after a 101, the bytes belong to another protocol.
            if head.status >= 200 or head.status == 101:
                self.begin(head, data)
                return
            self._informational += 1
            if self._informational > self._limits.informational:
                raise broken_response(
                    f"more than {self._limits.informational} informational responses "
                    "before the final one"
                )
            self.continued = self.continued or head.status == 100

    def begin(self, head: ParsedHead, data: bytes) -> None:
        """Process the final response's head, and the bytes received after the head.

        Raises:
            TransportFailure: the head is not a response to this request, or exceeds a limit.
        """
        self.head = head
        request, status = self._request, head.status
        # RFC 9112 section 6.3: a 2xx to CONNECT has no body, whatever its headers are.
        if status == 101 or (request.method == "CONNECT" and status < 300):
            if not request.upgrade:
                raise broken_response("the server switched to a protocol that was not requested")
            self.switched = True
            self._end_body(data)
        elif request.method == "HEAD" or status in BODILESS:
            self._end_body(data)
        else:
            self._begin_body(head.headers.by_name(), data)

    def _begin_body(self, values: Mapping[str, str], data: bytes) -> None:
        framing: BodyReader
        # RFC 9112 section 6.3: Transfer-Encoding overrides Content-Length. With both, `persists` is
        # false.
        if "transfer-encoding" in values:
            framing = ChunkedReader(self._limits)
        elif (length := values.get("content-length")) is not None:
            size, limit = int(length), self._limits.body
            if limit is not None and size > limit:
                raise response_too_large(limit)
            if not size:
                self._end_body(data)
                return
            framing = LengthReader(size)
        else:
            framing = UntilCloseReader(self._limits)
        self._framing = framing
        if data:
            self._end_body(framing.feed(data, self._pieces))

    def _end_body(self, rest: bytes | None) -> None:
        """Record the bytes after the body, if its end was received."""
        if rest is not None:
            self.complete = True
            self.leftover = rest

    def content(self) -> bytes:
        """Return the decoded content of a complete response.

        Raises:
            TransportFailure: the content cannot be decoded, is corrupt, or exceeds the limit.
        """
        body = b"".join(self._pieces)
        self._pieces.clear()
        if body and (codings := self._codings()):
            return decode_content(body, codings, self._limits.body)
        return body

    def read(self, size: int) -> bytes | None:
        """Return up to ``size`` bytes of decoded content; ``b""`` at the end of the content.

        Return ``None`` if more bytes must be received first.

        Raises:
            TransportFailure: see :meth:`content`.
        """
        pieces = self._pieces
        # Only if there is content: an unsupported Content-Encoding of an empty body does not matter.
        if self._decoder is None and pieces and (codings := self._codings()):
            self._decoder = ContentDecoder(codings, self._limits.body)
        if self._decoder is None:
            if pieces:
                return self._read_plain(size)
        else:
            while not (content := self._decoder.read(size)) and pieces:
                self._decoder.feed(pieces.popleft())
            if content:
                return content
            if self.complete:
                self._decoder.end()
        return b"" if self.complete else None

    def _read_plain(self, size: int) -> bytes:
        pieces, position = self._pieces, self._position
        if len(pieces[0]) - position > size:
            self._position = position + size
            return pieces[0][position : self._position]
        gathered = [pieces.popleft()[position:]]
        self._position = 0
        room = size - len(gathered[0])
        while pieces and len(pieces[0]) <= room:
            room -= len(pieces[0])
            gathered.append(pieces.popleft())
        return b"".join(gathered)

    def _codings(self) -> tuple[str, ...]:
        head = self.head
        value = None if head is None else head.headers.by_name().get("content-encoding")
        if head is None or value is None:
            return ()
        codings = content_codings(value)
        if codings and head.status == 206:
            raise TransportFailure(
                "the response cannot be decoded: it is a range of compressed content",
                kind="protocol",
                sent=True,
            )
        return codings

    @property
    def persists(self) -> bool:
        """Whether the connection may be reused after this response (RFC 9112 section 9.3)."""
        head = self.head
        if head is None or head.version != "1.1" or self._closed or self.switched or self.leftover:
            return False
        values = head.headers.by_name()
        # Proxy-Connection is not standard, but old proxies send it (RFC 9112 appendix C.2.2).
        for name in ("connection", "proxy-connection"):
            value = values.get(name, "keep-alive")
            if value != "keep-alive" and "close" in _elements(value):
                return False
        if "keep-alive" in values:
            parameters = _keep_alive(values["keep-alive"])
            if parameters.get("timeout") == 0 or parameters.get("max", 2) < 2:
                return False
        # RFC 9112 section 6.1: sending both may be an attempt at request smuggling.
        return "transfer-encoding" not in values or "content-length" not in values

    @property
    def keep_alive_timeout(self) -> int | None:
        """The server's keep-alive timeout in seconds; ``None`` if the response states none."""
        value = None if self.head is None else self.head.headers.by_name().get("keep-alive")
        return None if value is None else _keep_alive(value).get("timeout")


def _elements(value: str) -> list[str]:
    return [element.strip(" \t").lower() for element in value.split(",")]


_KEEP_ALIVE: Final = re.compile(r"\b(timeout|max)[ \t]*+=[ \t]*+([0-9]{1,9}+)\b")


def _keep_alive(value: str) -> dict[str, int]:
    return {name: int(number) for name, number in _KEEP_ALIVE.findall(value.lower())}

"""What a connection makes of bytes, compared with h11 and with itself: for tests and fuzz targets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from genesys_core.http.content_coding import ContentDecoder, decode_content
from genesys_core.http.http1 import HTTP1Connection
from genesys_core.http.limits import DEFAULT_LIMITS
from genesys_core.http.messages import Request, TransportFailure
from genesys_core.http.request_head import encode_request_head
from genesys_core.http.response_head import parse_plain_head
from tests.helpers import h11_client
from tests.helpers.h11_client import Outcome, Reply
from tests.strategies.http1 import cut, packed, single_bytes

__all__ = [
    "check_announced_length",
    "check_any_request",
    "check_any_response",
    "check_cuts",
    "check_members",
    "check_plain_request",
    "check_plain_response",
    "check_streaming",
    "decode_streamed",
    "is_known_difference",
    "read",
    "read_streamed",
]

CLOSED = b""


def read(pieces: Iterable[bytes], method: str = "GET") -> tuple[HTTP1Connection, Outcome | None]:
    """What a connection makes of these pieces; its leftover includes those that it was not fed."""
    connection = HTTP1Connection()
    connection.send(Request(method, "http://h/", body=None))
    left = list(pieces)
    while left:
        try:
            response = connection.receive_data(left.pop(0))
        except TransportFailure as failure:
            assert failure.sent  # noqa: PT017 - one of several outcomes
            assert not connection.reusable
            return connection, failure.kind
        if response is not None:
            rest = connection.leftover + b"".join(left)
            reusable = connection.reusable and not rest
            raw = response.headers.raw
            return connection, Reply(response.status, raw, response.body, rest, reusable)
    return connection, None


def read_streamed(pieces: Iterable[bytes], size: int) -> Outcome | None:
    """The same, with the content asked for in pieces of ``size`` bytes."""
    connection = HTTP1Connection()
    connection.send(Request("GET", "http://h/"))
    left = list(pieces)
    try:
        response = None
        while response is None:
            if not left:
                return None
            response = connection.receive_head(left.pop(0))
        body = b""
        while (content := connection.read_body(size)) != b"":
            if content is None:
                if not left:
                    return None
                connection.receive_body(left.pop(0))
            else:
                assert len(content) <= size
                body += content
    except TransportFailure as failure:
        assert failure.sent  # noqa: PT017 - one of several outcomes
        assert not connection.reusable
        return failure.kind
    rest = connection.leftover + b"".join(left)
    reusable = connection.reusable and not rest
    return Reply(response.status, response.headers.raw, body, rest, reusable)


def check_plain_response(data: bytes, method: str) -> None:
    """A plain response is read here, and as h11 reads it."""
    end = data.index(b"\r\n\r\n") + 4
    assert parse_plain_head(data[:end], DEFAULT_LIMITS) is not None
    _, ours = read([data], method)
    assert ours == h11_client.read_response(data, method, closes=False)
    _, ours = read([data, CLOSED], method)
    assert ours == h11_client.read_response(data, method)


# Where the rules here are stricter than h11's, or see more in a response (transport case numbers).
def is_known_difference(data: bytes, ours: Outcome | None, theirs: Outcome | None) -> bool:
    """Whether the list of transport cases wants what h11 does otherwise."""
    if isinstance(ours, Reply) and isinstance(theirs, Reply):
        # 14, 76, 77: what else ends the connection.
        fields = {name.lower() for name, _ in ours.fields}
        ends = {"content-length", "transfer-encoding"} <= fields
        ends = ends or not fields.isdisjoint({"keep-alive", "proxy-connection"})
        return ends and ours == Reply(**{**vars(theirs), "reusable": False})
    if ours == "protocol":
        # 25 to 27: what cannot be a status line is refused before its end, and so are other versions.
        final = re.sub(rb"\A(?:HTTP/1\.1 10[03][^\n]*\r\n(?:Link[^\n]*\r\n)?\r\n)+", b"", data)
        if re.match(rb"HTTP/1\.[01] [1-9][0-9]{2}[ \r\n]", final) is None:
            return True
        # 32: in chunk framing a line break is CRLF, and other control bytes are none of it.
        body = final.partition(b"\n\r\n")[2]
        wrong = re.search(rb"(?<!\r)\n|\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", body)
        return b"chunked" in final.lower() and wrong is not None
    return False


def check_any_response(data: bytes, method: str) -> None:
    """Any response is read as h11 reads it, but for the rules that are stricter."""
    _, ours = read([data, CLOSED] if data else [CLOSED], method)
    theirs = h11_client.read_response(data, method)
    assert ours == theirs or is_known_difference(data, ours, theirs)


def check_cuts(data: bytes, method: str, places: Sequence[int]) -> None:
    """Any bytes yield the same results regardless of how they are split, and a result at their
    end."""
    _, whole = read([data, CLOSED] if data else [CLOSED], method)
    assert whole is not None
    assert read([*cut(data, places), CLOSED], method)[1] == whole
    assert read([*single_bytes(data), CLOSED], method)[1] == whole


def check_streaming(data: bytes, places: Sequence[int], size: int) -> None:
    """A response that is not packed is the same streamed."""
    _, whole = read([data, CLOSED] if data else [CLOSED])
    assert read_streamed([data, CLOSED] if data else [CLOSED], size) == whole
    assert read_streamed([*cut(data, places), CLOSED], size) == whole


def expected_request(request: Request) -> tuple[str, list[tuple[str, str]]]:
    """Target and fields of a plain request, worked out with string methods alone."""
    scheme, _, rest = request.url.partition("://")
    rest = rest.partition("#")[0]
    end = min([len(rest), *(rest.index(mark) for mark in "/?" if mark in rest)])
    authority, target = rest[:end].rpartition("@")[2], rest[end:]
    if authority.endswith((":", {"http": ":80", "https": ":443"}[scheme])):
        authority = authority.rpartition(":")[0]
    authority = authority.replace("%25eth0", "")
    target = target if target.startswith("/") else f"/{target}"
    fields = [("Host", authority), *request.headers.raw, ("Accept-Encoding", "gzip")]
    if request.body is not None or request.method in {"POST", "PUT", "PATCH"}:
        fields.append(("Content-Length", str(len(request.body or b""))))
    return target, fields


def check_plain_request(request: Request) -> None:
    """A plain request is written as h11 writes it."""
    target, fields = expected_request(request)
    theirs = h11_client.write_request(request.method, target, fields, request.body)
    assert theirs is not None
    assert HTTP1Connection().send(request) == theirs


def check_any_request(request: Request) -> None:
    """The server's side reads one request, with the fields that were given, or nothing was sent."""
    connection = HTTP1Connection()
    try:
        data = connection.send(request)
    except TransportFailure as failure:
        assert (failure.kind, failure.sent) == ("protocol", False)  # noqa: PT017 - one of several outcomes
        assert connection.reusable
        return
    received = h11_client.read_request(data)
    fields = [
        (name.lower(), value)
        for name, value in request.headers.raw
        if name.lower() not in {"host", "content-length", "expect"}
    ]
    assert received.method == request.method
    assert received.body == (request.body or b"")
    assert received.leftover == b""
    assert [field for field in received.fields if field in fields] == fields


def check_announced_length(request: Request, *, streamed: bool) -> None:
    """A head announces one length, or chunks, and that is what is sent."""
    try:
        encoded = encode_request_head(request, streamed=streamed)
    except TransportFailure:
        return
    lengths = re.findall(rb"(?i)\r\ncontent-length: *([0-9]+)", encoded.data)
    chunked = re.findall(rb"(?i)\r\ntransfer-encoding: chunked\r\n", encoded.data)
    assert len(lengths) + len(chunked) <= 1
    assert (encoded.length is None) == bool(chunked)
    if lengths:
        assert encoded.length == int(lengths[0])


def decode_streamed(
    pieces: Iterable[bytes], codings: tuple[str, ...], size: int = 7, limit: int | None = None
) -> bytes:
    """The content of a body that comes in pieces, asked for ``size`` bytes at a time."""
    decoder = ContentDecoder(codings, limit)
    content = b""
    for piece in pieces:
        decoder.feed(piece)
        while more := decoder.read(size):
            assert len(more) <= size
            content += more
    decoder.end()
    return content


def check_members(parts: Sequence[bytes], places: Sequence[int], size: int) -> None:
    """Members of gzip, split anywhere, are one content."""
    body = b"".join(packed(part, "gzip") for part in parts)
    assert decode_content(body, ("gzip",), 200) == b"".join(parts)
    assert decode_streamed(cut(body, places), ("gzip",), size) == b"".join(parts)

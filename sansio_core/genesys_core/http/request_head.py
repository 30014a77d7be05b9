"""Encoding of request heads.

Invariants: no value can inject a header line or a request. A plain head is written here and
verified: it has as many line breaks as lines, and no other control character. All other heads are
encoded by h11, which writes the same bytes for a plain one.
"""

import re
from functools import lru_cache
from typing import ClassVar, Final
from urllib.parse import urlsplit

from genesys_core.confidential import Confidential
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, TransportFailure

__all__ = ["FieldLines", "RequestHead", "encode_request_head", "invalid_request"]


class RequestHead(Confidential, frozen=True):
    """An encoded request head, and its properties that affect the exchange.

    Attributes:
        method: the request's method.
        data: the encoded head, from the request line to the blank line.
        length: length of the body in bytes, or ``None`` if the body is sent chunked.
        close: whether the request has ``Connection: close``.
        upgrade: whether the request may switch protocols, with ``Upgrade`` or CONNECT.
        expects_continue: whether the request has ``Expect: 100-continue``.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"data"})

    method: str
    data: bytes
    length: int | None
    close: bool = False
    upgrade: bool = False
    expects_continue: bool = False


# RFC 3986 section 3, without user information: unusual URLs are left to h11's path.
_PLAIN_URL: Final = re.compile(
    r"(https?)://([A-Za-z0-9.\-]++)(?::([0-9]{1,5}+))?(/[!\"$-~]*+)?(?:#|\Z)"
)
_METHOD: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PLAIN_TARGET: Final = re.compile(r"(/[!\"$-~]*+)(?:#|\Z)")
# Bytes of a plain head other than line breaks. A head with a tab, which is allowed, goes to h11.
_VISIBLE: Final = bytes((*range(0x20, 0x7F), *range(0x80, 0x100)))
_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]++")
# Fields that affect framing, routing, or the response.
_SPECIAL: Final = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "range",
        "transfer-encoding",
        "upgrade",
    }
)
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
_BODY_METHODS: Final = frozenset({"POST", "PUT", "PATCH"})


class FieldLines:
    """The encoded header fields of the last plain request on a connection.

    Most of a client's requests have the same header fields and differ only in their target, so
    these lines are neither checked nor encoded again.

    Attributes:
        fields: the header fields of that request; ``None`` if there was no such request.
        base: the URL of that request up to the path.
        lines: the encoded lines, from ``Host`` on, that do not depend on the body.
    """

    __slots__ = ("base", "fields", "lines")

    def __init__(self) -> None:
        self.fields: tuple[tuple[str, str], ...] | None = None
        self.base = ""
        self.lines = ""


def encode_request_head(
    request: Request,
    *,
    proxy_headers: Headers | None = None,
    streamed: bool = False,
    field_lines: FieldLines | None = None,
) -> RequestHead:
    """Encode a request head.

    Args:
        request: the request whose head is encoded.
        proxy_headers: headers for a forwarding proxy; the target is then sent in absolute form
            (RFC 9112 section 3.2.2). ``None`` without such a proxy.
        streamed: whether the body is sent separately, in chunks, and not from ``request.body``.
        field_lines: the connection's cache of encoded lines; read and updated.

    Raises:
        TransportFailure: the request is not valid HTTP.
    """
    if not streamed and proxy_headers is None:
        head = _encode_plain(request, field_lines or FieldLines())
        if head is not None:
            return head
    import h11  # noqa: PLC0415 - few requests need it, and startup is faster without it

    try:
        return _encode_with_h11(request, proxy_headers, streamed)
    except (h11.LocalProtocolError, ValueError) as error:
        problem = re.split(r":? (?:bytearray\()?b['\"]", str(error))[0]
    # Raised outside the block above: those exceptions contain header values.
    raise invalid_request(problem)


def invalid_request(problem: str) -> TransportFailure:
    """Return the failure for a request that is not valid HTTP; nothing was sent."""
    return TransportFailure(
        f"the request is not valid HTTP: {problem}", kind="protocol", sent=False
    )


def _encode_plain(request: Request, known: FieldLines) -> RequestHead | None:
    method, body = request.method, request.body
    if method not in _METHOD:
        return None
    length, content_length = 0, ""
    # RFC 9110 section 8.6: a length is sent if the method gives a body a meaning, even without one.
    if body is not None or method in _BODY_METHODS:
        length = len(body or b"")
        content_length = f"Content-Length: {length}\r\n"
    # Only the target is new, and its pattern matches no space and no control character.
    if request.headers.raw == known.fields and request.url.startswith(known.base):
        known_target = _PLAIN_TARGET.match(request.url, len(known.base))
        if known_target is not None:
            return RequestHead(
                method,
                f"{method} {known_target[1]} HTTP/1.1\r\n{known.lines}{content_length}\r\n".encode(),
                length,
            )
    return _encode_first(request, known, content_length, length)


def _encode_first(
    request: Request, known: FieldLines, content_length: str, length: int
) -> RequestHead | None:
    """Encode a plain head whose fields are not cached; return ``None`` if h11 must encode it."""
    method, fields = request.method, request.headers.raw
    url = _PLAIN_URL.match(request.url)
    if url is None:
        return None
    scheme, host, port, target = url.groups()
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        host = f"{host}:{port}"
    lines = f"Host: {host}\r\n"
    for name, value in fields:
        if not _is_plain_name(name) or value.strip(" \t") != value:
            return None
        lines += f"{name}: {value}\r\n"
    lines += "Accept-Encoding: gzip\r\n"
    try:
        data = f"{method} {target or '/'} HTTP/1.1\r\n{lines}{content_length}\r\n".encode()
    except UnicodeEncodeError:
        return None
    # As many line breaks as lines: no value contains one, or another control character.
    # 4: the request line, Host, Accept-Encoding and the blank line.
    if data.translate(None, _VISIBLE) != b"\r\n" * (len(fields) + 4 + bool(content_length)):
        return None
    if target is not None:
        known.fields, known.base, known.lines = fields, request.url[: url.start(4)], lines
    return RequestHead(method, data, length)


@lru_cache(maxsize=256)
def _is_plain_name(name: str) -> bool:
    return _TOKEN.fullmatch(name) is not None and name.lower() not in _SPECIAL


def _encode_with_h11(
    request: Request,
    proxy_headers: Headers | None,
    streamed: bool,  # noqa: FBT001 - private
) -> RequestHead:
    headers = request.headers
    target, host = _target(request, absolute=proxy_headers is not None)
    fields = list(headers.raw)
    if "host" not in headers:
        fields.append(("Host", host))  # h11 writes it first (RFC 9110 section 7.2)
    if proxy_headers is not None:
        fields += proxy_headers.raw
    if "accept-encoding" not in headers:
        # RFC 9110 section 14.2: a range of a compressed representation could not be decoded.
        fields.append(("Accept-Encoding", "identity" if "range" in headers else "gzip"))
    length = _framing(request, fields, streamed)
    expects = "100-continue" in _elements(headers, "expect")
    if expects and length == 0:
        # RFC 9110 section 10.1.1: not for a request without content.
        fields = [field for field in fields if field[0].lower() != "expect"]
        expects = False
    import h11  # noqa: PLC0415 - as above

    data = h11.Connection(h11.CLIENT).send(
        h11.Request(
            method=request.method,
            target=target,
            headers=[(name.encode("ascii"), value.encode("utf-8")) for name, value in fields],
        )
    )
    return RequestHead(
        request.method,
        bytes(data),
        length,
        close="close" in _elements(headers, "connection"),
        upgrade="upgrade" in headers or request.method == "CONNECT",
        expects_continue=expects,
    )


def _framing(request: Request, fields: list[tuple[str, str]], streamed: bool) -> int | None:  # noqa: FBT001 - private
    headers = request.headers
    if "transfer-encoding" in headers:
        raise ValueError("Transfer-Encoding must be omitted, because the connection sets it")
    announced = headers.get_list("content-length")
    if streamed:
        if not announced:
            fields.append(("Transfer-Encoding", "chunked"))
            return None
        if len(announced) > 1 or not re.fullmatch("[0-9]{1,18}", announced[0]):
            raise ValueError("Content-Length must appear at most once and contain only digits")
        return int(announced[0])
    length = len(request.body or b"")
    if announced and announced != [str(length)]:
        raise ValueError("Content-Length differs from the length of the body")
    # RFC 9110 section 8.6: a length is sent if the method gives a body a meaning, even without one.
    if not announced and (request.body is not None or request.method in _BODY_METHODS):
        fields.append(("Content-Length", str(length)))
    return length


def _elements(headers: Headers, name: str) -> list[str]:
    value = headers.by_name().get(name, "")
    return [element.strip(" \t").lower() for element in value.split(",")]


def _target(request: Request, *, absolute: bool) -> tuple[str, str]:
    """Return the request target and ``Host`` (RFC 9112 section 3.2; RFC 9110 section 7.2)."""
    parts = urlsplit(request.url)
    if _NOT_IN_URLS.search(request.url):
        raise ValueError("the URL contains a control character or a space")
    authority = parts.netloc.rpartition("@")[2]
    host, _, port = authority.rpartition(":") if _PORT.search(authority) else (authority, "", "")
    if host.endswith("]") and "%" in host:
        host = host.partition("%")[0] + "]"  # RFC 6874 section 1: a zone is local to this host
    if request.method == "CONNECT":
        if not port:
            raise ValueError("CONNECT needs a port in its URL")
        return f"{host}:{port}", f"{host}:{port}"
    if port and port != _DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    # A UnicodeEncodeError is a ValueError, which becomes the failure for an invalid request.
    host.encode("ascii")
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    return (f"{parts.scheme}://{host}{path}" if absolute else path), host


_NOT_IN_URLS: Final = re.compile(r"[\x00-\x20\x7f]")
_PORT: Final = re.compile(r":[0-9]*\Z")

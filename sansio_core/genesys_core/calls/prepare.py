"""Conversion of operations to HTTP requests.

Invariants: all checks of an operation happen here, before anything is sent. The caller's headers
override the client's, which override the library's; only ``Authorization`` is added later, when
there is a token.
"""

from functools import lru_cache

from msgspec import Struct

from genesys_core.calls.operation import Operation
from genesys_core.codec.encoding import encode_body
from genesys_core.errors import InvalidValueError
from genesys_core.http.headers import Headers
from genesys_core.http.messages import EncodedBody, Request, Timeout
from genesys_core.http.urls import QueryValue, encode_query, expand_path, format_scalar
from genesys_core.oauth.tokens import Token
from genesys_core.session.session import Settings
from genesys_core.version import USER_AGENT

__all__ = ["authorize_request", "prepare_request"]


def prepare_request(operation: Operation[object], settings: Settings) -> Request:
    """Build an operation's request, without a token.

    Raises:
        InvalidValueError: a path parameter, query value, header or body cannot be sent.
    """
    try:
        return _prepared(operation, settings)
    except InvalidValueError as error:
        refusal = error
    # Without the inner frames, whose variables contain the body and headers: some tracebacks show
    # variables.
    raise refusal.with_traceback(None)


def _prepared(operation: Operation[object], settings: Settings) -> Request:
    endpoint = operation.endpoint
    body, content_type = _body(operation)
    return Request(
        endpoint.method,
        _url(operation, settings),
        _headers(operation, settings, content_type),
        body,
        Timeout.given(operation.options.timeout, settings.timeout),
    )


def authorize_request(request: Request, token: Token | None) -> Request:
    """Return the request with a token, unless the caller set an ``Authorization`` header."""
    if token is None or "authorization" in request.headers.by_name():
        return request
    # Tokens are validated on construction, so the header is valid.
    field = ("Authorization", f"Bearer {token.access_token}")
    headers = Headers.received((*request.headers.raw, field))
    return Request(request.method, request.url, headers, request.body, request.timeout)


def _url(operation: Operation[object], settings: Settings) -> str:
    endpoint = operation.endpoint
    path = endpoint.link or expand_path(endpoint.path, operation.path)
    pairs: tuple[tuple[str, QueryValue], ...] = operation.query
    if operation.options.query:
        pairs = (*pairs, *operation.options.query.items())
    query = encode_query(pairs)
    # A link already has its query: see genesys_core.paging.links.
    separator = ("&" if "?" in path else "?") if query else ""
    return f"{settings.hosts.api}{path}{separator}{query}"


def _headers(operation: Operation[object], settings: Settings, content_type: str | None) -> Headers:
    headers = own = _own_headers(operation.endpoint.accept, content_type)
    if settings.headers.raw:
        headers = headers.updated(settings.headers)
    if operation.headers or operation.options.headers:
        changes: dict[str, str | None] = {
            name: format_scalar(name, value)
            for name, value in operation.headers
            if value is not None
        }
        headers = headers.updated({**changes, **operation.options.headers})
    # Only headers of the caller or the client can contain a forbidden field.
    return headers if headers is own else _unframed(headers)


@lru_cache(maxsize=64)  # so that most calls share one `Headers`, and the index that it builds
def _own_headers(accept: str, content_type: str | None) -> Headers:
    fields = [("Accept", accept), ("User-Agent", USER_AGENT)]
    if content_type is not None:
        fields.append(("Content-Type", content_type))
    return Headers.received(fields)


def _unframed(headers: Headers) -> Headers:
    # A length that contradicts the body would desynchronize the connection (RFC 9112 section 6.3).
    for name in _FRAMING:
        if name in headers:
            raise InvalidValueError(f"header {name}: must be omitted; the transport sets it")
    return headers


_FRAMING = ("content-length", "transfer-encoding")


def _body(operation: Operation[object]) -> tuple[bytes | None, str | None]:
    """Return the encoded body and its ``Content-Type``."""
    endpoint = operation.endpoint
    if isinstance(operation.body, EncodedBody):
        content_type, content = operation.body.encode()
        return content, content_type
    if operation.body is None:
        if endpoint.body_required:
            raise InvalidValueError(
                f"{endpoint.name}: body is None, but the operation requires one; "
                "pass a model or a dict, or NULL for a JSON null"
            )
        return None, None
    content = encode_body(operation.body, endpoint.body or "any")
    if b"_" in content and not isinstance(operation.body, Struct):
        # Imported on first use, because few programs pass dictionaries with such keys.
        from genesys_core.calls.body_keys import check_keys  # noqa: PLC0415

        check_keys(operation.body, endpoint)
    return content, "application/json"

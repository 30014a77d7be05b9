"""Cross-origin requests from browsers (the CORS protocol of the Fetch standard).

Invariants: pages of every origin may call the API and read all headers, because only the token
authorizes a request. Browser credentials, such as cookies, are never allowed.
"""

from typing import Final

from genesys_core.http.messages import Request
from genesys_core.simulator.http.exchange import Reply

__all__ = ["answer_preflight", "cross_origin_headers"]

_METHODS: Final = "GET, HEAD, POST, PUT, PATCH, DELETE"
_MAX_AGE: Final = "600"
"""The number of seconds for which browsers may cache the response to a preflight request."""


def answer_preflight(request: Request) -> Reply | None:
    """Return the response to a preflight request, or ``None`` for any other request."""
    headers = request.headers
    if (
        request.method != "OPTIONS"
        or "origin" not in headers
        or "access-control-request-method" not in headers
    ):
        return None
    fields = [
        ("Access-Control-Allow-Methods", _METHODS),
        ("Access-Control-Max-Age", _MAX_AGE),
    ]
    wanted = headers.get("access-control-request-headers")
    if wanted:
        fields.append(("Access-Control-Allow-Headers", wanted))
    if headers.get("access-control-request-private-network") == "true":
        fields.append(("Access-Control-Allow-Private-Network", "true"))
    return Reply(204, headers=tuple(fields))


def cross_origin_headers(request: Request) -> tuple[tuple[str, str], ...]:
    """Return the headers that let a page read the response; empty without an ``Origin`` header."""
    if "origin" not in request.headers:
        return ()
    return (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "*"))

"""Pages and links of listings, for the tests and the fuzz target of paging."""

import msgspec

from genesys_core.calls.listing import Listing
from genesys_core.calls.operation import Endpoint
from genesys_core.calls.prepare import prepare_request
from genesys_core.calls.responses import ApiResponse
from genesys_core.codec.model import Model
from genesys_core.http.headers import Headers
from genesys_core.paging.paging import Paging
from genesys_core.session.session import Settings


class Page(Model, kw_only=True):
    entities: list[str] | None = None
    results: list[str] | None = None
    resources: list[str] | None = None
    conversations: list[str] | None = None
    next_uri: str | None = None
    page_count: int | None = None
    page_number: int | None = None


API = "https://api.mypurecloud.ie"


BY_NUMBER = Listing("page", send="query.pageNumber", links=True)


USERS = Endpoint("get_users", "GET", "/api/v2/users", returns="Page", listing=BY_NUMBER)


LINKED = Endpoint("get_flows", "GET", "/api/v2/flows/{id}/runs", returns="Page")


def reply(page: object, *, raw: bytes | None = None) -> ApiResponse[object]:
    return ApiResponse(200, Headers(), page, msgspec.json.encode(page) if raw is None else raw)


def url_of(paging: Paging[object]) -> str:
    return prepare_request(paging.asked(), Settings(hosts=paging.hosts)).url


LINKS = [
    # As the platform writes them: from the root; absolute. Then relative ones, by RFC 3986.
    ("/api/v2/flows/f/runs?after=abc", "/api/v2/flows/f/runs?after=abc"),
    (f"{API}/api/v2/flows/f/runs?after=abc", "/api/v2/flows/f/runs?after=abc"),
    (f"{API.upper()}:443/api/v2/x", "/api/v2/x"),
    ("//api.mypurecloud.ie/api/v2/x", "/api/v2/x"),
    ("?after=abc", "/api/v2/flows/f%201/runs?after=abc"),
    ("runs?after=abc", "/api/v2/flows/f%201/runs?after=abc"),
    ("../other", "/api/v2/flows/other"),
    ("../../../../../../x", "/x"),
    # Opaque: what is encoded stays so, a plus stays a plus.
    ("/api/v2/x?c=a+b%2Bc%FF&d==&&e", "/api/v2/x?c=a+b%2Bc%FF&d==&&e"),
    ("/api/v2/x%2Fy/{id}?q={z} ü", "/api/v2/x%2Fy/%7Bid%7D?q=%7Bz%7D%20%C3%BC"),
    ("/api/v2/x?a=1#fragment", "/api/v2/x?a=1"),
    ("/\\evil.example/x", "/%5Cevil.example/x"),
    ("/@evil.example/x", "/@evil.example/x"),
    ("https:///x", "/x"),
]

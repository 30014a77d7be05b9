"""No pages and no links make a listing go on for ever or leave the host that it began on.

Invariants: with finitely many different pages it ends; every request goes to the configured base
URL; a link is followed as it stands, or refused after its page was handed out. The only exception
is PaginationError.
"""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from genesys_core.calls.operation import Endpoint, Operation
from genesys_core.calls.paging import Paging
from genesys_core.calls.prepare import prepare_request
from genesys_core.calls.responses import ApiResponse
from genesys_core.errors import PaginationError
from genesys_core.hosts import Hosts
from genesys_core.http.headers import Headers
from genesys_core.session.session import Settings
from tests.core.calls.test_paging import Page
from tests.core.calls.test_paging import (
    test_any_pages_and_links_end_and_never_leave_the_host as pages,
)

__all__ = ["TARGETS"]

BASES: Final = ("https://api.example", "http://127.0.0.1:8080/base", "https://gw.example/api")
OPERATION: Final = Operation[object](Endpoint("get_users", "GET", "/api/v2/users", paged=True))


def next_link(data: bytes) -> None:
    """The input is the ``nextUri`` of the first page."""
    link = data.decode("utf-8", "surrogateescape")
    response = ApiResponse(200, Headers(), Page(entities=["a"], next_uri=link), b"first")
    for base in BASES:
        hosts = Hosts(base, base)
        found, following = Paging(OPERATION, hosts).received(response)
        assert found == (response.data,)
        assert following is not None
        try:
            operation = following.asked()
        except PaginationError:
            continue
        url = prepare_request(operation, Settings(hosts=hosts)).url
        assert url.startswith(base)
        assert urlsplit(url).netloc == urlsplit(base).netloc
        assert url.isascii()
        assert not {".", ".."} & set(urlsplit(url).path.split("/"))


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "next_link": next_link,
    "paging": pages.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # added by @given
}

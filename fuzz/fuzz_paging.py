"""No pages and no links make a listing go on for ever or leave the host that it began on.

Invariants: with finitely many different pages it ends; every request goes to the configured base
URL; a link is followed as it stands, or refused after its page was handed out. The only exception
is PaginationError.
"""

from collections.abc import Callable
from itertools import count
from typing import Final
from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.calls.operation import Endpoint, Operation
from genesys_core.calls.paging import Paging
from genesys_core.calls.prepare import prepare_request
from genesys_core.calls.responses import ApiResponse
from genesys_core.errors import PaginationError
from genesys_core.hosts import Hosts
from genesys_core.http.headers import Headers
from genesys_core.session.session import Settings
from tests.helpers.paging import API, BY_NUMBER, LINKED, LINKS, USERS, Page, reply, url_of
from tests.strategies.values import hosts

__all__ = ["TARGETS"]

BASES: Final = ("https://api.example", "http://127.0.0.1:8080/base", "https://gw.example/api")
OPERATION: Final = Operation[object](
    Endpoint("get_users", "GET", "/api/v2/users", listing=BY_NUMBER)
)


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


_any_links = (
    st.none()
    | st.sampled_from([link for link, _ in LINKS])
    | st.text(max_size=8)
    | st.builds("{}{}".format, st.sampled_from(("/", "?", "//", "https://", API)), st.text(max_size=8))
)  # fmt: skip


_page_lists = st.builds(
    Page,
    entities=st.none() | st.lists(st.text(max_size=2), max_size=2),
    next_uri=_any_links,
    page_count=st.none() | st.integers(-1, 5),
)


@given(st.lists(_page_lists, min_size=1, max_size=5), hosts, st.sampled_from((USERS, LINKED)))
def check_pages(answers, hosts, endpoint):
    """A server with few pages ends any listing, whatever its links say."""
    operation = Operation[object](endpoint, () if endpoint is USERS else (("id", "f"),))
    turns = count()
    urls: list[str] = []
    paging: Paging[object] | None = Paging(operation, hosts)
    try:
        while paging is not None:
            urls.append(url_of(paging))
            assert len(urls) <= len(answers) + 1
            _, paging = paging.received(reply(answers[next(turns) % len(answers)]))
    except PaginationError as error:
        assert error.link is not None  # noqa: PT017 - not every link is refused
    for url in urls:
        assert url.startswith((hosts.api + "/", hosts.api + "?")) or url == hosts.api
        assert urlsplit(url).netloc == urlsplit(hosts.api).netloc


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "next_link": next_link,
    "paging": check_pages.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # added by @given
}

"""Listings in the user's hands: items, pages, totals, limits, pages ahead, and tokens to go on from."""

from __future__ import annotations

import asyncio
import inspect
import pydoc
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import anyio
import anyio.lowlevel
import pytest
import trio

from genesys_cloud import AsyncClient, Client, RetryConfiguration
from genesys_cloud.client.thread_loop import ThreadLoop
from genesys_cloud.client.token_lock import TokenLock
from genesys_cloud.testing import AsyncMockTransport, MockTransport, json_response
from genesys_core import models
from genesys_core.api import users
from genesys_core.calls.operation import raw_operation
from genesys_core.errors import (
    GenesysCloudError,
    IncompleteListingError,
    InvalidValueError,
    PaginationError,
    ServerError,
)
from genesys_core.http.messages import Request, Response
from genesys_core.paging.options import IncompleteListingWarning
from tests.helpers.flavours import Api, every_flavour
from tests.helpers.server import Reply, Seen, scripted_server

HOST: dict[str, Any] = {"host": "https://api.example", "access_token": "t", "trust_env": False}
PAGES = 5


def number_of(url: str) -> int:
    return int(parse_qs(urlsplit(url).query).get("pageNumber", ["1"])[0])


def numbered(number: int, *, total: int | None = PAGES, pages: int = PAGES) -> dict[str, Any]:
    return {
        "entities": [{"id": f"u{number}"}] if number <= pages else [],
        "pageNumber": number,
        "pageCount": pages,
        **({} if total is None else {"total": total}),
    }


def answer(request: Request) -> Response:
    return json_response(numbered(number_of(request.url)))


def client(handler: Callable[[Request], Response] = answer) -> Client:
    return Client(transport=MockTransport(handler), **HOST)


def ids(found: Any) -> list[str | None]:
    return [one.id for one in found]


ALL = [f"u{at}" for at in range(1, PAGES + 1)]


@every_flavour
def test_a_listing_is_read_over_sockets(run: Any) -> None:
    async def scenario(api: Api) -> None:
        assert ids(await api.items(users.get_users(page_size=1))) == ALL
        assert [page.total for page in await api.pages(users.get_users())] == [PAGES] * PAGES
        for prefetch in (1, 3):
            paginator = api.client.users.get_users.with_paging(prefetch=prefetch).paginate()
            found = [one async for one in paginator] if is_async(api) else list(paginator)
            assert ids(found) == ALL
            assert (paginator.total, paginator.fetched) == (PAGES, PAGES)

    def handler(seen: Seen) -> Reply:
        return Reply(json=numbered(number_of(seen.target)))

    with scripted_server(handler) as server:
        run(scenario, host=server.url)
    assert [number_of(seen.target) for seen in server.requests[: 2 * PAGES]] == [1, 2, 3, 4, 5] * 2
    assert len(server.requests) == 4 * PAGES  # no page twice, none too many


def is_async(api: Api) -> bool:
    return isinstance(api.client, AsyncClient)


def test_a_page_is_requested_when_it_is_needed() -> None:
    made = client()
    paginator = made.users.get_users.paginate(page_size=1)
    transport: Any = made._transport
    assert transport.requests == []
    assert (paginator.total, paginator.fetched) == (None, 0)
    assert next(paginator).id == "u1"
    assert (paginator.total, paginator.fetched, len(transport.requests)) == (PAGES, 1, 1)
    next(paginator)
    assert len(transport.requests) == 2


def test_options_reach_the_reader() -> None:
    made = client()
    assert ids(made.paginate(users.get_users(), limit=3)) == ALL[:3]
    assert len(list(made.pages(users.get_users(), max_pages=2))) == 2
    fewer = made.users.get_users.with_paging(limit=3)
    assert ids(fewer.paginate()) == ALL[:3]
    assert ids(fewer.with_paging(max_pages=2).paginate()) == ALL[:2]
    assert len(list(made.users.get_users.with_paging(max_pages=2).pages())) == 2
    with pytest.raises(InvalidValueError, match="limit=-1"):
        made.paginate(users.get_users(), limit=-1)
    with pytest.raises(TypeError, match="limits"):
        made.paginate(users.get_users(), limits=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="operation must be an operation"):
        made.pages("GET /")  # type: ignore[arg-type]


def test_defaults_of_the_client_reach_every_page() -> None:
    made = client()
    list(made.with_options(headers={"X-Team": "blue"}).users.get_users.paginate())
    transport: Any = made._transport
    assert [one.headers.get("X-Team") for one in transport.requests] == ["blue"] * PAGES


def test_an_error_leaves_the_iterator_where_it_was() -> None:
    for prefetch in (0, 2):
        broken = [3]

        def handler(request: Request, broken: list[int] = broken) -> Response:
            if number_of(request.url) in broken:
                return json_response({}, 500)
            return answer(request)

        paginator = client(handler).users.get_users.with_paging(prefetch=prefetch).paginate()
        assert ids([next(paginator), next(paginator)]) == ALL[:2]
        token = paginator.resume_token
        for _ in range(2):
            with pytest.raises(ServerError):
                next(paginator)
        broken.clear()
        assert ids(paginator) == ALL[2:]
        assert ids(client().users.get_users.with_paging(resume=token).paginate()) == ALL[2:]


@pytest.mark.parametrize("prefetch", [0, 2])
def test_a_page_without_a_list_is_requested_again(prefetch: int) -> None:
    broken = [3]

    def handler(request: Request) -> Response:
        is_broken = number_of(request.url) in broken
        return (
            json_response({"entities": "x", "pageCount": PAGES}) if is_broken else answer(request)
        )

    listing = raw_operation("GET", "/api/v2/things", query={"pageNumber": 1})
    items = client(handler).paginate(cast(Any, listing), prefetch=prefetch)
    assert [next(items), next(items)] == [{"id": "u1"}, {"id": "u2"}]
    with pytest.raises(PaginationError):
        next(items)
    broken.clear()
    assert list(items) == [{"id": f"u{number}"} for number in (3, 4, 5)]


@pytest.mark.parametrize("taken", range(PAGES + 1))
def test_a_token_goes_on_behind_any_item(taken: int) -> None:
    paginator = client().users.get_users.paginate()
    first = [next(paginator).id for _ in range(taken)]
    rest = client().paginate(users.get_users(), resume=paginator.resume_token)
    assert first + ids(rest) == ALL
    assert rest.fetched == PAGES if taken < PAGES else rest.fetched == 0


def test_a_closed_iterator_is_at_its_end() -> None:
    with client().users.get_users.with_paging(prefetch=2).paginate() as paginator:
        next(paginator)
    assert list(paginator) == []
    paginator.close()


def test_what_is_missing_at_the_end_is_an_error_or_a_warning() -> None:
    def handler(request: Request) -> Response:
        return json_response(numbered(number_of(request.url), total=PAGES + 1))

    paginator = client(handler).users.get_users.paginate()
    assert ids(next(paginator) for _ in range(PAGES)) == ALL
    with pytest.raises(IncompleteListingError, match="received 5 items of the 6"):
        next(paginator)
    lenient = client(handler).users.get_users.with_paging(shortfall="warn").paginate()
    with pytest.warns(IncompleteListingWarning, match="received 5 items of the 6") as warned:
        assert ids(lenient) == ALL
    assert warned[0].filename == __file__


def test_a_listing_that_is_none_says_so() -> None:
    made = client(lambda _: json_response({"id": "1"}))
    assert not hasattr(made.users.get_user, "paginate")
    with pytest.raises(PaginationError, match=r"client\.send"):
        list(made.paginate(users.get_user("1")))  # type: ignore[arg-type]


def test_raw_returns_the_whole_response() -> None:
    made = client()
    response = made.users.get_users.raw(page_size=1)
    assert (response.status, response.data.total) == (200, PAGES)
    assert made.users.get_user.raw("1").status == 200


def test_bound_methods_look_like_the_builders() -> None:
    made = client()
    for bound, builder in (
        (made.users.get_users, users.get_users),
        (made.users.get_user, users.get_user),
    ):
        parameters = inspect.signature(bound).parameters
        assert list(parameters) == list(inspect.signature(builder).parameters)
        assert (bound.__name__, bound.__doc__) == (builder.__name__, builder.__doc__)
        assert list(inspect.signature(bound.raw).parameters) == list(parameters)
        shown = pydoc.plaintext.document(bound)
        assert builder.__name__ in shown
        assert (builder.__doc__ or "").splitlines()[0] in shown


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_async_everything_is_the_same(backend: str) -> None:
    async def main() -> None:
        async with AsyncClient(transport=AsyncMockTransport(answer), **HOST) as made:
            assert [one.id async for one in made.users.get_users.paginate()] == ALL
            assert [page.total async for page in made.users.get_users.pages()] == [PAGES] * PAGES
            assert (await made.users.get_users.raw()).status == 200
            ahead = made.users.get_users.with_paging(prefetch=2, limit=4)
            async with ahead.paginate() as paginator:
                first = [(await anext(paginator)).id for _ in range(3)]
                token = paginator.resume_token
            assert [one async for one in paginator] == []
            rest = made.paginate(users.get_users(), resume=token)
            assert first + [one.id async for one in rest] == ALL

    anyio.run(main, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_async_a_shortfall_warns_where_the_loop_is(backend: str) -> None:
    async def main() -> None:
        transport = AsyncMockTransport(
            lambda request: json_response(numbered(number_of(request.url), total=9))
        )
        async with AsyncClient(transport=transport, **HOST) as made:
            lenient = made.users.get_users.with_paging(shortfall="warn").paginate()
            with pytest.warns(IncompleteListingWarning) as warned:
                assert [one.id async for one in lenient] == ALL
            assert warned[0].filename == __file__

    anyio.run(main, backend=backend)


class Gate:
    """A transport whose pages wait until they are let through."""

    is_mock = True

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.open = anyio.Event()
        self.waiting = 0
        self.cancelled = 0

    async def send(self, request: Request) -> Response:
        number = number_of(request.url)
        self.asked.append(number)
        if number > 1:
            self.waiting += 1
            try:
                await self.open.wait()
            except BaseException:
                self.cancelled += 1
                raise
            finally:
                self.waiting -= 1
        return answer(request)

    async def close(self) -> None:
        pass


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await anyio.lowlevel.checkpoint()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("prefetch", [0, 3])
def test_two_tasks_do_not_read_the_same_page(backend: str, prefetch: int) -> None:
    async def main() -> None:
        gate = Gate()
        async with AsyncClient(transport=gate, **HOST) as made:
            paginator = made.users.get_users.with_paging(prefetch=prefetch).paginate()
            first = [(await anext(paginator)).id]
            async with anyio.create_task_group() as tasks:

                async def read() -> None:
                    first.extend([one.id async for one in paginator])

                tasks.start_soon(read)
                await until(lambda: paginator._is_advancing)
                with pytest.raises(GenesysCloudError, match="another task or thread is reading"):
                    await anext(paginator)
                gate.open.set()
            assert first == ALL

    anyio.run(main, backend=backend)


def test_two_threads_do_not_read_the_same_page() -> None:
    def also_read(request: Request) -> Response:
        if number_of(request.url) == 2:  # as another thread would during the request
            with pytest.raises(GenesysCloudError, match="another task or thread is reading"):
                next(paginator)
        return answer(request)

    with Client(transport=MockTransport(also_read), **HOST) as made:
        paginator = made.users.get_users.paginate()
        assert [one.id for one in paginator] == ALL


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("prefetch", [0, 3])
def test_a_cancelled_page_is_read_when_it_is_asked_for_again(backend: str, prefetch: int) -> None:
    async def main() -> None:
        gate = Gate()
        async with AsyncClient(transport=gate, **HOST) as made:
            paginator = made.users.get_users.with_paging(prefetch=prefetch).paginate()
            assert (await anext(paginator)).id == "u1"
            async with anyio.create_task_group() as group:
                group.start_soon(anext, paginator)
                await until(lambda: gate.waiting == max(1, prefetch))
                group.cancel_scope.cancel()
            gate.open.set()
            assert [one.id async for one in paginator] == ALL[1:]
            if prefetch:  # what was on its way came to its end
                assert gate.cancelled == 0
                assert sorted(gate.asked) == [1, 2, 3, 4, 5]

    anyio.run(main, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("prefetch", [0, 1])
def test_a_cancelled_pause_is_not_waited_for_again(backend: str, prefetch: int) -> None:
    async def main() -> None:
        asked: list[int] = []

        def handler(request: Request) -> Response:
            number = number_of(request.url)
            asked.append(number)
            if asked.count(2) == 1 and number == 2:
                return json_response({}, 503, {"Retry-After": "150"})
            return answer(request)

        retry = RetryConfiguration(max_retry_time_sec=7200)
        transport = AsyncMockTransport(handler)
        async with AsyncClient(transport=transport, retry=retry, **HOST) as made:
            paginator = made.users.get_users.with_paging(prefetch=prefetch).paginate()
            assert (await anext(paginator)).id == "u1"
            token = paginator.resume_token
            async with anyio.create_task_group() as group:
                group.start_soon(anext, paginator)
                await until(lambda: asked == [1, 2])
                await anyio.wait_all_tasks_blocked()
                group.cancel_scope.cancel()
            if prefetch:  # the page ahead still pauses: begin anew where it was
                await paginator.aclose()
                paginator = made.paginate(users.get_users(), resume=token)
            assert [one.id async for one in paginator] == ALL[1:]

    anyio.run(main, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_closing_cancels_the_pages_requested_ahead(backend: str) -> None:
    async def main() -> None:
        gate = Gate()
        async with AsyncClient(transport=gate, **HOST) as made:
            async with made.users.get_users.with_paging(prefetch=3).paginate() as paginator:
                await anext(paginator)
                await until(lambda: gate.waiting == 3)
            await until(lambda: gate.waiting == 0)
            assert gate.cancelled == 3

    anyio.run(main, backend=backend)


def test_numbered_pages_are_on_their_way_side_by_side() -> None:
    together = threading.Barrier(3)

    def handler(request: Request) -> Response:
        if number_of(request.url) in (2, 3, 4):
            together.wait(30)  # all three, or none
        return answer(request)

    paginator = client(handler).users.get_users.with_paging(prefetch=3).paginate()
    assert ids(paginator) == ALL


def test_an_error_ahead_comes_where_its_page_would_have_come() -> None:
    for flavour in ("asyncio", "trio"):

        async def main() -> None:
            def handler(request: Request) -> Response:
                return answer(request) if number_of(request.url) < 4 else json_response({}, 500)

            async with AsyncClient(transport=AsyncMockTransport(handler), **HOST) as made:
                paginator = made.users.get_users.with_paging(prefetch=4).paginate()
                found = [(await anext(paginator)).id for _ in range(3)]
                assert found == ALL[:3]
                with pytest.raises(ServerError):
                    await anext(paginator)

        anyio.run(main, backend=flavour)


def test_asyncio_says_nothing_of_errors_ahead_that_are_not_needed() -> None:
    said: list[Any] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))

        def handler(request: Request) -> Response:
            return answer(request) if number_of(request.url) == 1 else json_response({}, 500)

        async with AsyncClient(transport=AsyncMockTransport(handler), **HOST) as made:
            paginator = made.users.get_users.with_paging(prefetch=3).paginate()
            await anext(paginator)
            await asyncio.sleep(0.01)

    asyncio.run(main())
    assert said == []


def test_trio_a_cancelled_request_has_no_result() -> None:
    async def main() -> None:
        from genesys_cloud.client.trio_loop import TrioLoop

        started = TrioLoop(TokenLock()).start(trio.sleep_forever)
        started.cancel()
        with pytest.raises(trio.ClosedResourceError):
            await started.result()

    trio.run(main)


def test_without_threads_pages_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    paginator = client().users.get_users.with_paging(prefetch=2).paginate()
    assert ids(paginator) == ALL
    loop = ThreadLoop(TokenLock())
    loop.start(_nothing).cancel()


async def _nothing() -> None:
    pass


KILLED = """
import os, sys
from genesys_cloud import Client
client = Client(host=sys.argv[1], access_token="t", trust_env=False)
paginator = client.users.get_users.with_paging(prefetch=2).paginate()
for user in paginator:
    print(user.id, paginator.resume_token, flush=True)
    if user.id == "u3":
        os._exit(9)
"""


def test_a_killed_process_is_resumed_by_another() -> None:
    def handler(seen: Seen) -> Reply:
        return Reply(json=numbered(number_of(seen.target)))

    with scripted_server(handler) as server:
        done = subprocess.run(
            [sys.executable, "-c", KILLED, server.url],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 9, done.stderr
        taken = [line.split() for line in done.stdout.splitlines()]
        with Client(host=server.url, access_token="t", trust_env=False) as made:
            rest = ids(made.paginate(users.get_users(), resume=taken[-1][1]))
    assert [one for one, _ in taken] + rest == ALL


def test_forms_of_a_listing_show_its_parameters() -> None:
    made = client()
    expected = list(inspect.signature(users.get_users).parameters)
    for form in (made.users.get_users.paginate, made.users.get_users.pages):
        assert list(inspect.signature(form).parameters) == expected
        assert inspect.signature(form).return_annotation is inspect.Signature.empty
        assert "page_size" in pydoc.plaintext.document(form)
    fewer = made.users.get_users.with_paging(limit=2)
    assert fewer(page_size=1).total == fewer.raw(page_size=1).data.total == PAGES


def test_typed_pages_have_counts() -> None:
    page = next(client().users.get_users.pages())
    assert isinstance(page, models.UserEntityListing)
    assert (page.total, page.page_count) == (PAGES, PAGES)

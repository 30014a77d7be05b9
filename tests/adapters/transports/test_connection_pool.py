"""The pools under httpx: which connection a request gets, and that no more are open than may be."""

from __future__ import annotations

import threading
from contextlib import aclosing, closing
from dataclasses import dataclass

import anyio
import httpcore
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_cloud.transports import AsyncHttpxTransport, HttpxTransport
from genesys_cloud.transports.connection_pool import (
    IDLE_SECONDS,
    AsyncPool,
    ConnectionTable,
    Pool,
    replace_pools,
)
from genesys_core.http.messages import Request, Timeout, TransportFailure
from tests.helpers.server import Raw, Reply, refused_url, scripted_server

HERE, THERE = (httpcore.Origin(b"https", host, 443) for host in (b"here", b"there"))


@dataclass(eq=False)
class Connection:
    """What the table asks of one."""

    origin: httpcore.Origin
    idle: bool = False
    expired: bool = False
    closed: bool = False

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        return origin == self.origin

    def has_expired(self) -> bool:
        return self.expired

    def is_idle(self) -> bool:
        return self.idle

    def is_closed(self) -> bool:
        return self.closed


# --- which connection -------------------------------------------------------------------------------


def shelf_of(*idle: Connection, limit: int = 10) -> ConnectionTable:
    table = ConnectionTable(limit)
    for connection in idle:
        table.add(connection)
        connection.idle = True
        table.give(connection, 0.0)
    return table


def test_the_connection_that_was_idle_last_comes_first():
    first, second, elsewhere = Connection(HERE), Connection(HERE), Connection(THERE)
    table = shelf_of(first, second, elsewhere)
    assert table.take(HERE) == (second, [])
    assert table.take(HERE) == (first, [])
    assert table.take(HERE) == (None, [])
    assert table.connections == [first, second, elsewhere]


def test_one_that_the_server_closed_meanwhile_is_dropped():
    first, second = Connection(HERE), Connection(HERE, expired=True)
    table = shelf_of(first, second)
    assert table.take(HERE) == (first, [second])
    assert table.connections == [first]


@pytest.mark.parametrize("broken", [Connection(HERE), Connection(HERE, idle=True, closed=True)])
def test_one_that_broke_or_never_connected_is_dropped_when_it_comes_back(broken):
    table = ConnectionTable(10)
    table.add(broken)
    assert table.give(broken, 0.0) == [broken]
    assert table.connections == []


def test_those_idle_for_too_long_are_dropped_when_another_comes_back():
    old, new = Connection(HERE), Connection(HERE)
    table = shelf_of(old)
    table.add(new)
    new.idle = True
    assert table.give(new, IDLE_SECONDS) == []
    assert table.take(HERE) == (new, [])
    assert table.give(new, IDLE_SECONDS + 0.1) == [old]


def test_the_longest_idle_makes_way_at_the_limit():
    first, second, third = Connection(HERE), Connection(HERE), Connection(THERE)
    table = shelf_of(first, second, limit=2)
    assert table.add(third) == [first]
    assert table.connections == [second, third]


def test_one_that_was_closed_with_the_pool_does_not_come_back():
    connection = Connection(HERE)
    table = ConnectionTable(1)
    table.add(connection)
    assert table.clear() == [connection]
    connection.idle = True
    assert table.give(connection, 0.0) == []
    assert table.connections == []


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["request", "reply", "break", "expire"]),
        st.sampled_from([HERE, THERE]),
        st.integers(0, 9),
    ),
    max_size=60,
)


@given(STEPS, st.integers(1, 4))
def test_every_connection_is_in_use_or_idle_or_closed_once_and_never_too_many(steps, limit):
    table: ConnectionTable = ConnectionTable(limit)
    busy: list[Connection] = []
    closed: list[Connection] = []
    for now, (step, origin, number) in enumerate(steps):
        if step == "request" and len(busy) < limit:
            connection, closing = table.take(origin)
            if connection is None:
                connection = Connection(origin)
                closing += table.add(connection)
            assert connection.origin == origin
            assert not connection.expired
            connection.idle = False
            busy.append(connection)
            closed += closing
        elif step in {"reply", "break"} and busy:
            connection = busy.pop(number % len(busy))
            connection.idle = step == "reply"
            closed += table.give(connection, float(now))
        elif step == "expire" and table.connections:
            connection = table.connections[number % len(table.connections)]
            connection.expired = connection.idle
        assert len(table.connections) <= limit
        assert set(busy) <= set(table.connections)
        assert not set(closed) & set(table.connections)
        assert len(closed) == len(set(closed))


# --- over sockets -----------------------------------------------------------------------------------


def over(client: httpx.Client, limit: int) -> HttpxTransport:
    replace_pools(client, limit)
    return HttpxTransport(client)


def over_async(client: httpx.AsyncClient, limit: int) -> AsyncHttpxTransport:
    replace_pools(client, limit)
    return AsyncHttpxTransport(client)


def get(url: str, pool: float | None = 30) -> Request:
    return Request("GET", url, timeout=Timeout(pool=pool))


backends = pytest.mark.parametrize("backend", ["asyncio", "trio"])


def test_a_client_of_this_library_has_these_pools_proxies_included(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    transport, asynchronous = HttpxTransport(), AsyncHttpxTransport()
    for client, kind in ((transport._client, Pool), (asynchronous._client, AsyncPool)):
        used = [client._transport, *client._mounts.values()]
        assert len(used) == 2
        assert all(isinstance(each._pool, kind) for each in used)
    transport.close()
    anyio.run(asynchronous.close)


def test_a_transport_without_a_pool_stays_as_it_is():
    mock = httpx.MockTransport(lambda _: httpx.Response(200))
    with closing(httpx.Client(transport=mock)) as client:
        assert over(client, 1).send(get("http://h/")).status == 200


def test_connections_are_used_again_and_broken_ones_are_not():
    answers = iter([Reply(json={}), Reply(json={}), Raw(), Reply(json={})])
    with scripted_server(lambda _: next(answers)) as server, closing(httpx.Client()) as client:
        transport = over(client, 1)
        transport.send(get(server.url))
        transport.send(get(server.url))
        with pytest.raises(TransportFailure):
            transport.send(get(server.url))
        transport.send(get(server.url))
    assert [seen.connection for seen in server.requests] == [1, 1, 1, 2]


@backends
def test_connections_are_used_again_and_broken_ones_are_not_async(backend):
    async def main() -> None:
        async with aclosing(httpx.AsyncClient()) as client:
            transport = over_async(client, 1)
            await transport.send(get(server.url))
            await transport.send(get(server.url))
            with pytest.raises(TransportFailure):
                await transport.send(get(server.url))
            await transport.send(get(server.url))

    answers = iter([Reply(json={}), Reply(json={}), Raw(), Reply(json={})])
    with scripted_server(lambda _: next(answers)) as server:
        anyio.run(main, backend=backend)
    assert [seen.connection for seen in server.requests] == [1, 1, 1, 2]


def test_a_request_that_finds_no_connection_free_in_time_was_not_sent():
    with scripted_server(lambda _: Reply(json={})) as server, closing(httpx.Client()) as client:
        transport = over(client, 1)
        with transport.stream(get(server.url)) as reply:
            with pytest.raises(TransportFailure) as caught:
                transport.send(get(server.url, pool=0.01))
            assert b"".join(reply.chunks) == b"{}"
        assert (caught.value.kind, caught.value.sent) == ("timeout", False)
        transport.send(get(server.url))
    assert len(server.requests) == 2


@backends
def test_a_request_that_finds_no_connection_free_in_time_was_not_sent_async(backend):
    async def main() -> None:
        async with aclosing(httpx.AsyncClient()) as client:
            transport = over_async(client, 1)
            async with transport.stream(get(server.url)):
                with pytest.raises(TransportFailure) as caught:
                    await transport.send(get(server.url, pool=0.01))
            assert (caught.value.kind, caught.value.sent) == ("timeout", False)
            await transport.send(get(server.url))

    with scripted_server(lambda _: Reply(json={})) as server:
        anyio.run(main, backend=backend)
    assert len(server.requests) == 2


def test_threads_at_the_limit_wait_for_their_turn():
    with scripted_server(lambda _: Reply(json={})) as server, closing(httpx.Client()) as client:
        transport = over(client, 2)

        def work() -> None:
            for _ in range(10):
                transport.send(get(server.url, pool=None))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(client._transport._pool.connections) <= 2
    assert len(server.requests) == 80
    assert server.connections <= 2


@backends
def test_tasks_at_the_limit_wait_for_their_turn_and_may_give_up(backend):
    async def main() -> None:
        async with aclosing(httpx.AsyncClient()) as client:
            transport = over_async(client, 2)

            async def work() -> None:
                for _ in range(10):
                    await transport.send(get(server.url, pool=None))

            async with (
                anyio.create_task_group() as group,
                transport.stream(get(server.url)),
                transport.stream(get(server.url)),
            ):
                async with anyio.create_task_group() as impatient:
                    impatient.start_soon(work)
                    await anyio.wait_all_tasks_blocked()
                    impatient.cancel_scope.cancel()
                for _ in range(8):
                    group.start_soon(work)
            assert len(client._transport._pool.connections) <= 2

    with scripted_server(lambda _: Reply(json={})) as server:
        anyio.run(main, backend=backend)
    assert len(server.requests) == 82
    assert server.connections <= 4  # those of the two replies that nobody read were closed


def test_a_failed_connect_gives_its_turn_back():
    with scripted_server(lambda _: Reply(json={})) as server, closing(httpx.Client()) as client:
        transport = over(client, 1)
        for _ in range(3):
            with pytest.raises(TransportFailure):
                transport.send(get(refused_url()))
            assert client._transport._pool.connections == []
        assert transport.send(get(server.url)).status == 200


@backends
def test_a_failed_connect_gives_its_turn_back_async(backend):
    async def main() -> None:
        async with aclosing(httpx.AsyncClient()) as client:
            transport = over_async(client, 1)
            for _ in range(3):
                with pytest.raises(TransportFailure):
                    await transport.send(get(refused_url()))
                assert client._transport._pool.connections == []
            assert (await transport.send(get(server.url))).status == 200

    with scripted_server(lambda _: Reply(json={})) as server:
        anyio.run(main, backend=backend)


def test_another_host_takes_the_place_of_an_idle_connection():
    with (
        scripted_server(lambda _: Reply(json={})) as first,
        scripted_server(lambda _: Reply(json={})) as second,
        closing(httpx.Client()) as client,
    ):
        transport = over(client, 1)
        for server in (first, second, first):
            transport.send(get(server.url))
            assert len(client._transport._pool.connections) == 1
    assert [seen.connection for seen in first.requests] == [1, 2]


@pytest.mark.parametrize("url", ["ftp://h/x", "//h/x"])
def test_what_is_not_http_is_not_sent(url):
    with closing(httpx.Client()) as client:
        transport = over(client, 1)
        with pytest.raises(TransportFailure) as caught:
            transport.send(get(url))
        assert (caught.value.kind, caught.value.sent) == ("connect", False)


def test_closing_the_pool_under_a_stream():
    with scripted_server(lambda _: Reply(json={})) as server:
        client = httpx.Client()
        transport = over(client, 1)
        with transport.stream(get(server.url)):
            client.close()
            assert client._transport._pool.connections == []
        assert client._transport._pool.connections == []

"""What a connection on asyncio does beyond what every transport does."""

from __future__ import annotations

import asyncio
import socket

import pytest

from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports import asyncio_connection
from genesys_cloud.transports.asyncio_connection import AsyncioConnector
from genesys_cloud.transports.reported_errors import report_error
from genesys_core.http.messages import Request, Timeout, TransportFailure
from genesys_core.transport.dialer import OpeningSockets, dial
from genesys_core.transport.happy_eyeballs import Address
from genesys_core.transport.origins import Origin
from genesys_core.transport.routes import Route
from tests.helpers.exchange_driver import dialed_exchange


def test_data_is_passed_on_before_a_task_is_resumed():
    taken: list[tuple[bytes, bool]] = []

    def take(data: bytes) -> None:
        taken.append((data, asyncio.current_task() is None))

    async def main() -> None:
        ours, peer = socket.socketpair()
        connection = await AsyncioConnector().adopt(ours)
        with peer:
            reading = asyncio.create_task(connection.read_early(take))
            await asyncio.sleep(0)
            peer.send(b"one")
            await reading
        await connection.read_early(take)
        connection.close()

    asyncio.run(asyncio.wait_for(main(), 20))
    assert taken[0] == (b"one", True)
    assert taken[1][0] == b""  # arrived while nobody read, or not


def test_a_request_that_is_written_in_part_and_times_out_may_have_been_sent():
    """The size is below that of one write to the event loop, which buffers what is not sent."""
    request = Request("POST", "http://h/", body=bytes(200_000), timeout=Timeout(write=0.01))

    async def main() -> None:
        ours, peer = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        connection = await AsyncioConnector().adopt(ours)
        exchange = dialed_exchange(request, connection, now=read_clocks())
        with peer, pytest.raises(TimeoutError) as late:
            await connection.send(exchange)
        with pytest.raises(TransportFailure) as caught:
            report_error(late.value, exchange)
        assert caught.value.sent
        connection.close()

    asyncio.run(asyncio.wait_for(main(), 20))


def test_attempts_that_fail_at_the_same_moment_leave_no_address_out(monkeypatch):
    hosts = ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    unreachable = asyncio.Event()
    tried: list[str] = []
    ours, peer = socket.socketpair()

    async def connected(address: Address) -> socket.socket:
        tried.append(address.host)
        if len(tried) == 2:
            unreachable.set()
        if len(tried) <= 2:
            await unreachable.wait()
            raise OSError(113, "No route to host")
        return ours

    monkeypatch.setattr(asyncio_connection, "_connected", connected)

    async def main() -> None:
        state = dial(Route(Origin("http", "h", 80)), timeout=5, expires=None, now=read_clocks())
        step = state.resolved([Address(host, 80) for host in hosts], now=read_clocks())
        assert isinstance(step, OpeningSockets)
        assert await AsyncioConnector().race(step) is ours

    with ours, peer:
        asyncio.run(asyncio.wait_for(main(), 20))
    assert sorted(tried) == hosts

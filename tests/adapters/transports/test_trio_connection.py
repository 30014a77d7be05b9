"""Reads and writes of one trio connection at the same time, as notification channels have them."""

import errno
import os
import socket
import time

import pytest
import trio
import trio.testing

from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports import trio_connection
from genesys_cloud.transports.reported_errors import report_error
from genesys_cloud.transports.trio_connection import TrioConnection, TrioConnector
from genesys_core.http.messages import Request, Timeout, TransportFailure
from genesys_core.transport.dialer import OpeningSockets, dial
from genesys_core.transport.happy_eyeballs import Address, Race
from genesys_core.transport.origins import Origin
from genesys_core.transport.routes import Route
from tests.helpers.exchange_driver import dialed_exchange

SIZE = 8 << 20


def drain(peer: socket.socket) -> int:
    """Read until the end of stream; returns the number of bytes."""
    total = 0
    while data := peer.recv(1 << 16):
        total += len(data)
    return total


def test_a_read_that_times_out_does_not_disturb_a_write_that_waits() -> None:
    async def run() -> int:
        ours, peer = socket.socketpair()
        ours.setblocking(False)
        connection = TrioConnection(ours)

        async def write() -> None:
            await connection.write(bytes(SIZE), None)
            connection.close()

        with peer:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(write)
                await trio.testing.wait_all_tasks_blocked()  # the socket's buffers are full
                with pytest.raises(TimeoutError):
                    await connection.read(time.monotonic() + 0.01)
                return await trio.to_thread.run_sync(drain, peer)

    assert trio.run(run) == SIZE


def test_a_write_that_waits_ends_when_its_connection_is_closed() -> None:
    async def run() -> None:
        ours, peer = socket.socketpair()
        ours.setblocking(False)
        connection = TrioConnection(ours)
        with peer:
            async with trio.open_nursery() as nursery:

                async def write() -> None:
                    # Of the protocol: callers, such as those of WebSockets, know no error of trio.
                    with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
                        await connection.write(bytes(SIZE), None)

                nursery.start_soon(write)
                await trio.testing.wait_all_tasks_blocked()
                connection.close()

    trio.run(run)


class Unencrypted:
    """A layer of TLS that changes nothing."""

    def write(self, data: bytes) -> None:
        self.data = bytes(data)

    def take(self) -> bytes:
        return self.data


def test_a_request_whose_records_are_sent_in_part_and_time_out_may_have_been_sent() -> None:
    request = Request("POST", "http://h/", body=bytes(60_000), timeout=Timeout(write=0.01))

    async def run() -> None:
        ours, peer = socket.socketpair()
        ours.setblocking(False)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        connection = TrioConnection(ours)
        connection.tls.push(Unencrypted(), None)
        exchange = dialed_exchange(request, connection, now=read_clocks())
        with peer, pytest.raises(TimeoutError) as late:
            await connection.send(exchange)
        with pytest.raises(TransportFailure) as caught:
            report_error(late.value, exchange)
        assert caught.value.sent
        connection.close()

    trio.run(run)


def test_a_connection_attempt_that_the_system_times_out_is_lost(monkeypatch) -> None:
    async def connected(_: Address) -> socket.socket:
        raise OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))

    monkeypatch.setattr(trio_connection, "_connected", connected)
    route = Route(Origin("http", "127.0.0.1", 80))
    step = dial(route, timeout=None, expires=None, now=read_clocks())

    async def run() -> None:
        assert isinstance(step, OpeningSockets)
        race = await TrioConnector().race(step)
        assert isinstance(race, Race)
        assert [reason for _, reason in race.failures] == ["Connection timed out"]

    trio.run(run)

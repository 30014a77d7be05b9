"""Reads and writes of one trio connection at the same time, as notification channels have them."""

import socket
import time

import pytest
import trio
import trio.testing

from genesys_cloud.transports.trio_connection import TrioConnection

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
                    with pytest.raises(trio.ClosedResourceError):
                        await connection.write(bytes(SIZE), None)

                nursery.start_soon(write)
                await trio.testing.wait_all_tasks_blocked()
                connection.close()

    trio.run(run)

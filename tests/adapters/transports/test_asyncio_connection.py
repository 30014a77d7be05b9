"""What a connection on asyncio does beyond what every transport does."""

from __future__ import annotations

import asyncio
import socket

from genesys_cloud.transports.asyncio_connection import AsyncioConnector


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

"""What opening a connection leaves behind, on asyncio and trio."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.async_dialer import open_connection, running_connector
from genesys_cloud.transports.connection_settings import ConnectionSettings
from genesys_core.http.messages import TransportFailure
from genesys_core.transport.dialer import dial
from genesys_core.transport.happy_eyeballs import Address
from genesys_core.transport.origins import Origin
from genesys_core.transport.routes import Route


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_socket_that_the_peer_has_already_reset_is_closed(backend: str) -> None:
    reset = socket.socket()  # has no peer, as after a reset

    async def main() -> None:
        connector: Any = SimpleNamespace(adopt=running_connector().adopt, race=race)
        start = dial(Route(Origin("http", "h", 80)), timeout=5, expires=None, now=read_clocks())
        state = start.resolved([Address("127.0.0.1", 80)], now=read_clocks())
        with pytest.raises(TransportFailure) as caught:
            await open_connection(state, connector, ConnectionSettings(None))
        assert not caught.value.sent

    async def race(step: object) -> socket.socket:
        return reset

    with reset:
        anyio.run(main, backend=backend)
        assert reset.fileno() == -1

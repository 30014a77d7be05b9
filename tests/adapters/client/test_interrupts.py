"""An exception out of a signal handler, wherever it falls in a call, costs that call alone."""

from __future__ import annotations

import gc
import threading

import pytest

from genesys_cloud import Client
from genesys_cloud.transports import PoolLimits, SocketTransport
from tests.helpers.interrupts import each_interrupt
from tests.helpers.server import Reply, scripted_server

WATCHED = (
    "client/base.py",
    "client/thread_loop.py",
    "client/sync_client.py",
    "client/session_cell.py",
    "genesys_cloud/step_lock.py",
    "observability/statistics.py",
    "observability/watch.py",
    "genesys_cloud/api_binding.py",
    "calls/rate_limit.py",
    "session/pacing.py",
    "transports/socket_transport.py",
)


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_before_any_instruction_of_a_clients_call_holds_nothing_up(step):
    with scripted_server(lambda _: Reply(json={"id": "1"})) as server:
        wire = SocketTransport({"trust_env": False}, limits=PoolLimits(connections=2))
        with Client(host=server.url, access_token="x", transport=wire, trust_env=False) as client:
            client.users.get_users_me()
            positions = 0
            for position in each_interrupt(lambda: client.users.get_users_me, *WATCHED, step=step):
                positions += 1
                replies: list[object] = []
                call = threading.Thread(
                    target=lambda: replies.append(client.users.get_users_me()),  # noqa: B023
                    daemon=True,
                )
                call.start()
                call.join(20)
                assert replies, f"a lock is held, interrupted at {position}"
                assert wire.statistics().in_use == 0, f"interrupted at {position}"
            assert positions > 700 / step
            for _ in range(100):
                assert client.users.get_users_me().id == "1"
        gc.collect()

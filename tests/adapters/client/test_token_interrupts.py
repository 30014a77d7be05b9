"""An exception out of a signal handler in the middle of a token's exchange costs that call alone."""

from __future__ import annotations

import gc
import threading

import pytest

from genesys_cloud import Client, ClientCredentials
from tests.helpers.interrupts import each_interrupt
from tests.helpers.server import TOKEN, Reply, Seen, scripted_server

WATCHED = (
    "client/base.py",
    "client/session_cell.py",
    "client/thread_loop.py",
    "client/token_transactions.py",
    "calls/token_actions.py",
    "calls/token_transaction.py",
    "genesys_cloud/step_lock.py",
    "session/vault.py",
)


def serve(seen: Seen) -> Reply:
    return Reply(json=dict(TOKEN)) if seen.path == "/oauth/token" else Reply(json={"id": "1"})


@pytest.mark.parametrize("step", [11, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.filterwarnings(
    "ignore:coroutine:RuntimeWarning"
)  # as an error it is kept, turn and all
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_whoever_comes_after_an_interrupt_gets_a_token(step):
    with scripted_server(serve) as server:
        clients: list[Client] = []

        def work():
            clients.append(
                Client(
                    host=server.url,
                    auth=ClientCredentials("id", "secret"),
                    trust_env=False,
                    refresh_token_wait_max=20,
                )
            )
            return clients[-1].users.get_users_me

        positions = 0
        for position in each_interrupt(work, *WATCHED, step=step):
            positions += 1
            outcomes: list[object] = []

            def call() -> None:
                try:
                    outcomes.append(clients[-1].users.get_users_me().id)  # noqa: B023
                except Exception as error:  # noqa: BLE001 - for the test to see
                    outcomes.append(error)  # noqa: B023

            thread = threading.Thread(target=call, daemon=True)
            thread.start()
            thread.join(30)
            assert outcomes == ["1"], f"interrupted at {position}"
            clients.pop().close()
        assert positions > 600 / step
        clients.pop().close()
    gc.collect()

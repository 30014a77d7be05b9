"""What a client counts."""

from __future__ import annotations

import threading

import pytest
from msgspec.structs import replace

from genesys_cloud import Client, ClientCredentials, RetryConfiguration
from genesys_cloud.observability.statistics import StatisticsCell
from genesys_cloud.testing import MockTransport, json_response
from genesys_cloud.transports import SocketTransport
from genesys_cloud.transports.hooks import Hooks
from genesys_cloud.transports.protocols import open_connections
from genesys_core import errors
from genesys_core.api import users
from genesys_core.observability.statistics import ClientStats, StatisticsObserver
from tests.helpers.flavours import Api, every_flavour
from tests.helpers.server import TOKEN, Reply, scripted_server
from tests.strategies.calls import at

GRANT = ClientCredentials("id", "secret")


def test_threads_count_together():
    cell = StatisticsCell()
    observer = StatisticsObserver(cell.apply)

    def work():
        for _ in range(1000):
            observer.begin("get_things", "api", at(0)).ended(None, at(0))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cell.read(observer.snapshot) == ClientStats(calls=4000)


def test_a_call_that_is_garbage_collected_during_a_step_is_counted():
    cell = StatisticsCell()
    observer = StatisticsObserver(cell.apply)
    pending = [observer.begin("get_things", "api", at(0))]

    def step(stats: ClientStats) -> ClientStats:
        while pending:
            pending.pop().ended(None, at(0))
        return replace(stats, retries=stats.retries + 1)

    cell.apply(step)
    assert cell.read(observer.snapshot) == ClientStats(calls=1, retries=1)


def test_open_connections_behind_hooks():
    with scripted_server(lambda _: Reply(json={})) as server:
        inner = SocketTransport({"trust_env": False})
        client = Client(host=server.url, transport=inner, hooks=Hooks(), trust_env=False)
        assert client.stats().open_connections == 0
        client.request("GET", "/x")
        assert client.stats().open_connections == open_connections(inner) == 1
        client.close()
        assert client.stats().open_connections == 0


def test_open_connections_of_transports_that_say_so_or_do_not():
    class Counting(MockTransport):
        def connections(self):
            return 4

    def handler(_):
        return json_response({})

    assert open_connections(MockTransport(handler)) is None
    assert open_connections(Counting(handler)) == 4


@every_flavour
def test_a_client_knows_what_it_did(run):
    def answer(seen):
        if seen.path == "/oauth/token":
            return Reply(json=TOKEN)
        if seen.path == "/api/v2/users/me":
            return Reply(503 if len(server.asked(seen.path)) == 1 else 200, {})
        return Reply(404)

    async def scenario(api: Api) -> None:
        assert api.client.stats() == ClientStats(open_connections=0)
        await api.send(users.get_users_me())
        with pytest.raises(errors.NotFoundError):
            await api.send(users.get_user("x"))
        assert api.client.with_options(timeout=5).stats() == ClientStats(
            calls=2, failures=1, retries=1, tokens_exchanged=1, open_connections=1
        )

    quick = RetryConfiguration(max_retry_time_sec=60, retry_after_default=0)
    with scripted_server(answer) as server:
        run(scenario, host=server.url, auth=GRANT, retry=quick)

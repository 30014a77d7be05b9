"""What a client counts."""

from __future__ import annotations

import threading

import httpx
import pytest

from genesys_cloud import ClientCredentials, RetryConfiguration
from genesys_cloud.observability.statistics import ClientStats, StatsObserver, open_connections
from genesys_cloud.testing import MockTransport, json_response
from genesys_cloud.transports import HttpxTransport
from genesys_cloud.transports.hooks import HookedTransport, Hooks
from genesys_core import errors
from genesys_core.api import users
from genesys_core.http.messages import Request
from genesys_core.session.pacing import Pacing
from genesys_core.session.vault import Vault
from tests.helpers.flavours import Api, every_flavour
from tests.helpers.server import TOKEN, Reply, scripted_server
from tests.strategies.calls import Driver, at, operation, reply, scripted, session, token_reply

GRANT = ClientCredentials("id", "secret")
RETRY = RetryConfiguration(max_retry_time_sec=600)


def counted(*outcomes, calls=1, **said):
    observer = StatsObserver()
    driver = Driver(session(**said), scripted(*outcomes), observers=(observer,))
    for _ in range(calls):
        driver.call(operation())
    return observer.read()


def test_a_client_that_has_done_nothing():
    assert StatsObserver().read() == ClientStats()


@pytest.mark.parametrize(
    ("outcomes", "said", "expected"),
    [
        ((reply(200),), {}, ClientStats(calls=1)),
        ((reply(404),), {}, ClientStats(calls=1, failures=1)),
        (
            (reply(429, "7"), reply(429, "2"), reply(200)),
            {"retry": RETRY},
            ClientStats(calls=1, retries=2, retry_seconds=9.0),
        ),
        (
            (token_reply("a"), reply(401), token_reply("b"), reply(200)),
            {"vault": Vault(GRANT)},
            ClientStats(calls=1, retries=1, tokens_exchanged=2),
        ),
        (
            (reply(400, body=b'{"error": "invalid_client"}'),),
            {"vault": Vault(GRANT)},
            ClientStats(calls=1, failures=1),
        ),
    ],
)
def test_what_is_counted(outcomes, said, expected):
    assert counted(*outcomes, **said) == expected


def test_time_spent_for_the_rate_limit():
    stats = counted(reply(200), calls=3, pacing=Pacing(limit=1, window=10), retry=RETRY)
    assert (stats.calls, stats.retries, stats.retry_seconds) == (3, 0, 0.0)
    assert stats.pacing_seconds == pytest.approx(20.4)


def test_a_cancelled_call_is_neither_under_way_nor_a_failure():
    observer = StatsObserver()
    call = observer.begin("get_things", "api", at(0))
    assert observer.read() == ClientStats(calls=1, calls_under_way=1)
    call.ended(None, at(1))
    assert observer.read() == ClientStats(calls=1)


def test_channels():
    observer = StatsObserver()
    observer.channel_opened()
    observer.channel_opened()
    observer.channel_closed()
    assert observer.read().channels == 1


def test_threads_count_together():
    observer = StatsObserver()

    def work():
        for _ in range(1000):
            observer.begin("get_things", "api", at(0)).ended(None, at(0))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert observer.read() == ClientStats(calls=4000)


def test_a_reading_does_not_change():
    observer = StatsObserver()
    before = observer.read()
    observer.channel_opened()
    assert before.channels == 0
    with pytest.raises(AttributeError):
        before.channels = 1


def test_open_connections_of_httpx_behind_hooks():
    with scripted_server(lambda _: Reply(json={})) as server:
        inner = HttpxTransport(network={"trust_env": False})
        outer = HookedTransport(inner, Hooks())
        assert open_connections(outer) == 0
        outer.send(Request("GET", server.url + "/x"))
        assert open_connections(outer) == open_connections(inner) == 1
        outer.close()
        assert open_connections(outer) == 0


def test_open_connections_of_transports_that_say_so_or_do_not():
    class Counting(MockTransport):
        open_connections = 3

    class Asking(MockTransport):
        def open_connections(self):
            return 4

    def handler(_):
        return json_response({})

    assert open_connections(MockTransport(handler)) is None
    assert open_connections(Counting(handler)) == 3
    assert open_connections(Asking(handler)) == 4
    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as client:
        assert open_connections(HttpxTransport(client)) is None


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

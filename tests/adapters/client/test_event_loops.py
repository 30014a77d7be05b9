"""The drivers that the documentation shows for other event loops, through the clients' scenarios.

Those of pacing and the gate are in ``test_pacing.py``, for all drivers.
"""

from __future__ import annotations

import pytest

from genesys_cloud import ClientCredentials, RetryConfiguration
from genesys_cloud.simulator import running_simulator
from genesys_core import errors
from genesys_core.api import routing, users
from tests.helpers.event_loops import every_loop
from tests.helpers.flavours import Api
from tests.helpers.server import TOKEN, Reply, Seen, refused_url, scripted_server

RETRY = RetryConfiguration(max_retry_time_sec=60, retry_after_default=0.01)


@every_loop
def test_a_call_gets_its_token_and_its_reply_from_the_simulator(run) -> None:
    async def scenario(api: Api) -> None:
        me = await api.send(users.get_users_me())
        assert me.id
        found = await api.at_once(2, lambda: api.send(routing.get_routing_queues()))
        assert [page.entities[0].name for page in found] == [found[0].entities[0].name] * 2
        with pytest.raises(errors.NotFoundError) as caught:
            await api.send(users.get_user("nobody"))
        assert caught.value.status == 404

    with running_simulator() as simulator:
        grant = ClientCredentials(simulator.client_id, simulator.client_secret)
        run(scenario, host=simulator.url, auth=grant)


@every_loop
def test_a_rejected_token_is_replaced(run) -> None:
    def handler(seen: Seen) -> Reply:
        if seen.path == "/oauth/token":
            number = len(server.asked("/oauth/token"))
            return Reply(json={**TOKEN, "access_token": f"token-{number}"})
        is_old = seen.header("authorization") == "Bearer token-1"
        return Reply(401, {"message": "expired"}) if is_old else Reply(json={"id": "1"})

    async def scenario(api: Api) -> None:
        assert (await api.send(users.get_users_me())).id == "1"

    with scripted_server(handler) as server:
        run(scenario, host=server.url, auth=ClientCredentials("id", "secret"))
    carried = [seen.header("authorization") for seen in server.asked("/api/v2/users/me")]
    assert carried == ["Bearer token-1", "Bearer token-2"]


@every_loop
def test_a_failure_is_retried_and_a_post_that_may_have_happened_is_not(run) -> None:
    def handler(seen: Seen) -> Reply:
        return Reply(502) if len(server.requests) < 3 else Reply(json={"id": "1"})

    async def scenario(api: Api) -> None:
        assert (await api.send(users.get_users_me())).id == "1"
        server.requests.clear()
        with pytest.raises(errors.ServerError):
            await api.send(users.post_users({"name": "Ann"}))

    with scripted_server(handler) as server:
        run(scenario, host=server.url, retry=RETRY)
    (posted,) = server.requests
    assert (posted.method, posted.body) == ("POST", b'{"name":"Ann"}')


@pytest.mark.slow
@every_loop
def test_nobody_listening_is_a_connect_error_and_nothing_was_sent(run) -> None:
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.ConnectError) as caught:
            await api.send(users.post_users({"name": "x"}))
        assert not caught.value.sent

    run(scenario, host=refused_url())

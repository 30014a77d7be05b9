"""Two hundred calls at once, over real sockets: one token request, whatever befell the token."""

from __future__ import annotations

import pytest

from genesys_cloud import ClientCredentials, Token
from genesys_cloud.simulator import running_simulator
from genesys_core.api import users
from tests.helpers.flavours import Api, every_flavour, settled

pytestmark = pytest.mark.slow

CALLS = 200
EXPIRED = Token("expired", expires_in=1, expires_at=1.0)


@pytest.fixture(scope="module")
def simulator():
    with running_simulator() as running:
        yield running


def exchanges(simulator) -> int:
    return simulator.simulator.count("POST", "/oauth/token")


async def all_at_once(api: Api) -> None:
    found = await api.at_once(CALLS, lambda: api.send(users.get_users_me()))
    assert {getattr(me, "id", me) for me in found} == {found[0].id}


def options(simulator) -> dict[str, object]:
    grant = ClientCredentials(simulator.client_id, simulator.client_secret)
    # Generous, so that a slow machine decides nothing.
    return {"host": simulator.url, "auth": grant, "refresh_token_wait_max": 300, "timeout": 300}


@every_flavour
def test_an_expired_token_is_renewed_once_for_all(run, simulator):
    before = exchanges(simulator)

    async def scenario(api: Api) -> None:
        await settled(api.client.auth.use(EXPIRED, options(simulator)["auth"]))
        await all_at_once(api)

    run(scenario, **options(simulator))
    assert exchanges(simulator) - before == 1


@every_flavour
def test_a_token_that_the_platform_revoked_is_replaced_once_for_all(run, simulator):
    before = exchanges(simulator)

    async def scenario(api: Api) -> None:
        await all_at_once(api)
        assert exchanges(simulator) - before == 1
        # In the server's thread, where alone the state changes.
        simulator._portal.call(simulator.simulator.state.tokens.clear)
        await all_at_once(api)

    run(scenario, **options(simulator))
    assert exchanges(simulator) - before == 2


@every_flavour
def test_two_hundred_who_refresh_by_hand_share_one_exchange(run, simulator):
    before = exchanges(simulator)

    async def scenario(api: Api) -> None:
        await api.send(users.get_users_me())
        tokens = await api.at_once(CALLS, lambda: settled(api.client.auth.refresh()))
        distinct = {token.access_token for token in tokens}
        assert api.client.auth.token.access_token in distinct
        # Tasks all ask before the first goes on. Threads begin one after another, so that some may
        # ask when an exchange has ended already; whoever asked meanwhile shares it.
        assert exchanges(simulator) - before == 1 + len(distinct)
        assert run.__name__ == "run_sync" or len(distinct) == 1

    run(scenario, **options(simulator), refresh_access_token=False)

"""A client of the API and its twin at the login host."""

import pytest

from genesys_core.simulator import OAuthClient
from genesys_core.simulator.state.oauth_clients import (
    GRANT_TYPES,
    grant_type_of,
    login_client,
    show_client,
)
from genesys_core.simulator.state.world import ALL_GRANTS


@pytest.mark.parametrize("kind", sorted(GRANT_TYPES))
def test_a_client_comes_back_as_it_was(kind):
    client = OAuthClient(
        id="c", secret="s", grants=(GRANT_TYPES[kind],), redirect_uris=("https://a.example.com",)
    )
    shown = show_client(client)
    assert shown["authorizedGrantType"] == grant_type_of(client) == kind
    assert login_client(shown) == client


def test_odd_clients():
    assert grant_type_of(OAuthClient(id="c", secret="s", grants=ALL_GRANTS)) == "CLIENT-CREDENTIALS"
    assert grant_type_of(OAuthClient(id="c", secret="s", grants=())) == "CODE"
    record = {"id": "c", "secret": "s", "authorizedGrantType": "PASSWORD"}
    assert login_client(record) == OAuthClient(id="c", secret="s", grants=())
    assert login_client(record | {"state": "inactive"}) is None
    lasting = login_client(record | {"accessTokenValiditySeconds": 300})
    assert lasting is not None
    assert lasting.token_lifetime == 300

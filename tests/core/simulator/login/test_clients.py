"""Which client is calling: by Basic, by name, and where it may send browsers."""

import pytest

from genesys_core.simulator import OAuthClient
from genesys_core.simulator.login.clients import is_registered
from tests.strategies.loopback import FORM, REDIRECT
from tests.strategies.simulator import Desk

ANYWHERE = OAuthClient("c", "s")


@pytest.mark.parametrize(
    "uri",
    [
        REDIRECT,
        "http://localhost",
        "https://localhost:8443/x?y=1",
        "http://[::1]:80/",
        "http://127.0.0.1",
    ],
)
def test_a_client_without_uris_may_use_the_loopback_address(uri):
    assert is_registered(ANYWHERE, uri)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/callback",
        "http://127.0.0.1.example.com/",
        "http://127.0.0.1@example.com/",
        "ftp://127.0.0.1/",
        "http://localhost/#",
        "http://localhost/ x",
        "http://localhost/\n",
    ],
)
def test_and_nothing_else(uri):
    assert not is_registered(ANYWHERE, uri)


def test_a_registered_uri_counts_alone():
    client = OAuthClient("c", "s", redirect_uris=("https://a.example.com/x",))
    assert is_registered(client, "https://a.example.com/x")
    assert not is_registered(client, REDIRECT)


@pytest.mark.parametrize("body", [b"", b"&client_id="])
def test_without_a_secret_a_client_needs_a_name(body):
    answer = Desk().send(
        "POST",
        "/oauth/token",
        headers={"Content-Type": FORM},
        body=b"grant_type=authorization_code&code=x&redirect_uri=y" + body,
    )
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")

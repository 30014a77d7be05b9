"""Which client is calling: by Basic, by name, and where it may send browsers."""

import base64

import pytest

from genesys_core.simulator import OAuthClient, Simulator, World
from genesys_core.simulator.login.clients import is_registered
from tests.strategies.loopback import FORM, REDIRECT
from tests.strategies.simulator import Desk, definition

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


def tokens(desk, authorization, form=b"grant_type=client_credentials"):
    headers = {"Content-Type": FORM, "Authorization": authorization}
    return desk.send("POST", "/oauth/token", headers=headers, body=form)


def basic(pair: bytes, scheme="Basic") -> str:
    return f"{scheme} {base64.b64encode(pair).decode()}"


def test_a_client_is_known_by_id_and_secret():
    desk = Desk()
    pair = f"{desk.client.id}:{desk.client.secret}".encode()
    assert tokens(desk, basic(pair)).status == 200
    assert tokens(desk, basic(pair, "bAsIc")).status == 200
    wrong = tokens(desk, basic(pair + b"x"))
    assert (wrong.status, wrong.json["error"]) == (401, "invalid_client")
    assert wrong.json["description"] == "authentication failed"


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_secret_may_be_in_utf_8_or_in_latin_1(encoding):
    client = OAuthClient("c", "schlüssel")
    desk = Desk(Simulator(definition(), world=World(clients=(client,))))
    assert tokens(desk, basic("c:schlüssel".encode(encoding))).status == 200


@pytest.mark.parametrize(
    "authorization",
    ["Basic", "Basic !!!", "Basic ü", basic(b"no colon"), basic(b"a:b", "Bearer"), "Bearer x"],
)
def test_what_is_no_pair_of_id_and_secret_is_refused(authorization):
    answer = tokens(Desk(), authorization)
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")
    assert answer.json["description"] == "client credentials are required"


def test_an_unknown_client_is_not_found():
    answer = tokens(Desk(), basic(b"stranger:secret"))
    assert (answer.status, answer.json["error"]) == (400, "invalid_client")
    assert answer.json["description"] == "client not found"


def test_a_client_uses_only_the_grants_that_it_may():
    client = OAuthClient("c", "s", grants=frozenset({"authorization_code"}))
    desk = Desk(Simulator(definition(), world=World(clients=(client,))))
    answer = tokens(desk, basic(b"c:s"))
    assert (answer.status, answer.json["error"]) == (400, "unauthorized_client")


def test_a_uri_that_cannot_be_read_is_not_registered():
    assert not is_registered(ANYWHERE, "http://[::1")


def test_a_public_client_is_known_by_its_name_alone():
    answer = Desk().send(
        "POST",
        "/oauth/token",
        headers={"Content-Type": FORM},
        body=b"grant_type=refresh_token&refresh_token=x&client_id=stranger",
    )
    assert (answer.status, answer.json["description"]) == (400, "client not found")

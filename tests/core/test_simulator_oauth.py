"""The login host: tokens and refusals."""

import base64

import pytest

from genesys_core.errors import InvalidValueError
from genesys_core.simulator import OAuthClient, Settings, Simulator, World
from tests.strategies_simulator import Desk, definition

FORM = "application/x-www-form-urlencoded"
GRANT = {"grant_type": "client_credentials"}


def test_client_credentials_give_a_bearer_token_that_works():
    desk = Desk()
    answer = desk.grant(GRANT)
    assert answer.status == 200
    assert answer.json["token_type"] == "bearer"
    assert answer.json["expires_in"] == 86_400
    assert set(answer.json) == {"access_token", "token_type", "expires_in"}
    assert answer.headers["cache-control"] == "no-store"
    assert desk.call("GET", "/api/v2/users/me", token=answer.json["access_token"]).status == 200


def test_each_token_is_a_new_one():
    desk = Desk()
    assert len({desk.log_in() for _ in range(20)}) == 20


def refusal(answer):
    assert answer.json["description"] == answer.json["error_description"]
    return answer.status, answer.json["error"], answer.json["description"]


@pytest.mark.parametrize(
    ("form", "credentials", "expected"),
    [
        (GRANT, ("nobody", "x"), (400, "invalid_client", "client not found")),
        (GRANT, (None, "wrong"), (401, "invalid_client", "authentication failed")),
        ({}, None, (400, "invalid_request", "grant_type is required")),
        (
            {"grant_type": "magic"},
            None,
            (400, "unsupported_grant_type", "grant_type 'magic' is not supported"),
        ),
    ],
)
def test_refusals(form, credentials, expected):
    desk = Desk()
    if credentials is not None:
        credentials = (credentials[0] or desk.client.id, credentials[1])
    assert refusal(desk.grant(form, credentials=credentials)) == expected
    assert desk.simulator.state.tokens == {}


@pytest.mark.parametrize(
    "authorization", ["", "Bearer abc", "Basic", "Basic !!!", "Basic é", "Basic bm9jb2xvbg=="]
)
def test_what_is_no_basic_authentication_is_refused(authorization):
    headers = [("Content-Type", FORM), ("Authorization", authorization)]
    answer = Desk().send(
        "POST", "/oauth/token", headers=headers, body=b"grant_type=client_credentials"
    )
    assert refusal(answer)[:2] == (401, "invalid_client")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"grant_type":"client_credentials"}'),
        (FORM, b"grant_type=client_credentials&grant_type=client_credentials"),
        (FORM, None),
        ("", b"grant_type=client_credentials"),
    ],
)
def test_what_is_no_form_is_refused(content_type, body):
    answer = Desk().send("POST", "/oauth/token", headers={"Content-Type": content_type}, body=body)
    assert refusal(answer)[:2] == (400, "invalid_request")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_secret_beyond_ascii_is_read_in_either_encoding(encoding):
    world = World(clients=(OAuthClient(id="é", secret="schlüssel:2"),))
    desk = Desk(Simulator(definition(), world=world))
    basic = base64.b64encode("é:schlüssel:2".encode(encoding)).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": f"{FORM}; charset=utf-8"}
    answer = desk.send(
        "POST", "/oauth/token", headers=headers, body=b"grant_type=client_credentials"
    )
    assert answer.status == 200


def test_a_client_gets_only_the_grants_it_may_use():
    world = World(clients=(OAuthClient(id="c", secret="s", grants=()),))
    answer = Desk(Simulator(definition(), world=world)).grant(GRANT)
    assert refusal(answer)[:2] == (400, "unauthorized_client")


def test_a_client_for_nobody_has_no_user():
    world = World(clients=(OAuthClient(id="c", secret="s"),))
    answer = Desk(Simulator(definition(), world=world)).call("GET", "/api/v2/users/me")
    assert answer.status == 400
    assert "requires a user context" in answer.json["message"]


def test_other_methods_and_paths_of_the_login_host():
    desk = Desk()
    answer = desk.send("GET", "/oauth/token")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert desk.send("GET", "/oauth/nothing").status == 404


def test_gateway_paths_lead_to_both_hosts():
    settings = Settings(login_prefixes=("login", "/a/b/"), api_prefixes=("/api", "gw"))
    desk = Desk(settings=settings)
    for path in ("/oauth/token", "/login/oauth/token", "/a/b/oauth/token"):
        assert desk.grant(GRANT, path=path).status == 200
    assert desk.grant(GRANT, path="/other/oauth/token").status == 404
    for path in ("/api/v2/users", "/api/api/v2/users", "/gw/api/v2/users"):
        answer = desk.call("GET", f"{path}?pageSize=1")
        assert answer.status == 200
        assert answer.json["nextUri"] == "/api/v2/users?pageSize=1&pageNumber=2"
    assert desk.call("GET", "/gateway/api/v2/users").status == 404
    assert desk.simulator.count("POST", "/oauth/token") == 4


def test_a_token_can_be_had_without_a_request():
    desk = Desk()
    token = desk.simulator.issue_token(desk.client.id, now=desk.now)
    assert desk.call("GET", "/api/v2/users/me", token=token).status == 200
    assert desk.simulator.count("POST", "/oauth/token") == 0
    with pytest.raises(InvalidValueError, match="'nobody'"):
        desk.simulator.issue_token("nobody", now=desk.now)

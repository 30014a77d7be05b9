"""The login host: tokens and refusals."""

import base64
from urllib.parse import urlencode

import pytest

from genesys_core.errors import InvalidValueError
from genesys_core.notifications.topics import topic_model_name
from genesys_core.simulator import OAuthClient, Settings, Simulator, World
from genesys_core.simulator.login import token_endpoint
from genesys_core.simulator.state.definition import Schema
from tests.helpers.token_requests import exchanged, refreshed
from tests.strategies.hub import ChannelDesk
from tests.strategies.loopback import CHALLENGE, FORM, REDIRECT, SAML2, VERIFIER, Visitor
from tests.strategies.simulator import Desk, definition, misfits

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


def test_a_simulator_does_not_keep_tokens_without_end(monkeypatch):
    monkeypatch.setattr(token_endpoint, "MAX_TOKENS", 3)
    desk = Desk(settings=Settings(token_lifetime=10))
    state = desk.simulator.state
    first, *others = (desk.log_in() for _ in range(4))
    assert list(state.tokens) == others  # the oldest made room
    assert desk.call("GET", "/api/v2/users/me", token=first).status == 401
    desk.sleep(10)
    last = desk.log_in()
    assert list(state.tokens) == [last]  # all others had expired
    refresh_tokens = [exchanged(desk, Visitor(desk).code()).json["refresh_token"] for _ in range(4)]
    assert list(state.refresh_tokens) == refresh_tokens[1:]


def test_a_client_may_have_a_token_lifetime_of_its_own():
    client = OAuthClient(id="c", secret="s", token_lifetime=60)
    desk = Desk(Simulator(definition(), world=World(clients=(client,))))
    assert desk.grant(GRANT).json["expires_in"] == 60
    assert token_endpoint.token_lifetime(client, Settings()) == 60


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


def public(desk, form):
    headers = {"Content-Type": FORM}
    return desk.send("POST", "/oauth/token", headers=headers, body=urlencode(form).encode())


def proven(desk, code, **changes):
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
        "client_id": desk.client.id,
        **changes,
    }
    return public(desk, {name: value for name, value in form.items() if value is not None})


PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


def test_a_code_gives_tokens_of_the_user_who_signed_in():
    desk = Desk()
    email = list(desk.simulator.state.users.values())[7]["email"]
    answer = exchanged(desk, Visitor(desk).code(email=email))
    assert answer.status == 200
    assert set(answer.json) == {"access_token", "token_type", "expires_in", "refresh_token"}
    me = desk.call("GET", "/api/v2/users/me", token=answer.json["access_token"])
    assert me.json["email"] == email


def test_a_code_is_good_for_one_exchange():
    desk = Desk()
    code = Visitor(desk).code()
    assert exchanged(desk, code).status == 200
    assert refusal(exchanged(desk, code))[:2] == (400, "invalid_grant")


def test_a_code_expires_by_the_clock():
    desk = Desk(settings=Settings(code_lifetime=60))
    codes = [Visitor(desk).code() for _ in range(2)]
    desk.sleep(59.9)
    assert exchanged(desk, codes[0]).status == 200
    desk.sleep(0.1)
    assert refusal(exchanged(desk, codes[1]))[:2] == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": f"{REDIRECT}/"}, "invalid_grant"),
        ({"redirect_uri": ""}, "invalid_request"),
        ({"code": ""}, "invalid_request"),
        ({"code": "x"}, "invalid_grant"),
        ({"code_verifier": VERIFIER}, "invalid_grant"),
    ],
)
def test_a_code_is_bound_to_its_redirect_uri_and_challenge(changes, error):
    desk = Desk()
    answer = exchanged(desk, Visitor(desk).code(), **changes)
    assert refusal(answer)[:2] == (400, error)
    assert desk.simulator.state.tokens == {}


def test_a_code_is_bound_to_its_client():
    grants = ("authorization_code",)
    world = World.sample(users=1)
    both = (OAuthClient("a", "s", grants), OAuthClient("b", "s", grants))
    world = World(clients=both, users=world.users, password="p")
    desk = Desk(Simulator(definition(), world=world))
    code = Visitor(desk).code()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    assert refusal(desk.grant(form, credentials=("b", "s")))[:2] == (400, "invalid_grant")


def test_pkce_needs_no_secret():
    desk = Desk()
    answer = proven(desk, Visitor(desk).code(**PKCE))
    assert answer.status == 200
    token = answer.json["refresh_token"]
    spent = public(
        desk,
        {"grant_type": "refresh_token", "refresh_token": token, "client_id": desk.client.id},
    )
    assert spent.status == 200


def test_a_secret_does_not_replace_the_verifier():
    desk = Desk()
    assert exchanged(desk, Visitor(desk).code(**PKCE), code_verifier=VERIFIER).status == 200
    assert refusal(exchanged(desk, Visitor(desk).code(**PKCE)))[:2] == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"code_verifier": VERIFIER[:-1] + "l"}, (400, "invalid_grant")),
        ({"code_verifier": CHALLENGE}, (400, "invalid_grant")),
        ({"code_verifier": "é"}, (400, "invalid_grant")),
        ({"code_verifier": None}, (400, "invalid_grant")),
        ({"client_id": "nobody"}, (400, "invalid_client")),
        ({"client_id": None}, (401, "invalid_client")),
    ],
)
def test_pkce_refusals(changes, expected):
    desk = Desk()
    assert refusal(proven(desk, Visitor(desk).code(**PKCE), **changes))[:2] == expected


def test_a_code_without_a_challenge_needs_the_secret():
    desk = Desk()
    answer = proven(desk, Visitor(desk).code(), code_verifier=None)
    assert refusal(answer)[:2] == (401, "invalid_client")


def test_the_challenge_of_the_rfc():
    # RFC 7636, appendix B.
    assert CHALLENGE == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_refreshing_rotates():
    desk = Desk()
    first = exchanged(desk, Visitor(desk).code()).json
    second = refreshed(desk, first["refresh_token"]).json
    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert refusal(refreshed(desk, first["refresh_token"]))[:2] == (400, "invalid_grant")
    assert refreshed(desk, second["refresh_token"]).status == 200
    me = desk.call("GET", "/api/v2/users/me", token=second["access_token"])
    assert me.json["id"] == desk.client.user_id


def test_a_refresh_token_of_a_client_with_a_secret_needs_it():
    desk = Desk()
    token = exchanged(desk, Visitor(desk).code()).json["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": desk.client.id}
    assert refusal(public(desk, form))[:2] == (400, "invalid_grant")
    assert refreshed(desk, token).status == 200  # and was not spent by the attempt
    assert refusal(desk.grant({"grant_type": "refresh_token"}))[:2] == (400, "invalid_request")


def assertion(xml="<a/>"):
    return base64.b64encode(xml.encode()).decode()


def vouched(desk, **changes):
    form = {"grant_type": SAML2, "orgName": "simulator", "assertion": assertion(), **changes}
    return desk.grant(form)


def test_saml2_gives_a_token_of_the_user_it_names():
    desk = Desk()
    email = list(desk.simulator.state.users.values())[3]["email"]
    xml = (
        f'<saml2:Subject><saml2:NameID Format="f"> {email.upper()} </saml2:NameID></saml2:Subject>'
    )
    answer = vouched(desk, assertion=assertion(xml))
    assert set(answer.json) == {"access_token", "token_type", "expires_in"}
    me = desk.call("GET", "/api/v2/users/me", token=answer.json["access_token"])
    assert me.json["email"] == email


@pytest.mark.parametrize("text", [assertion("<??>"), assertion("<??>").rstrip("="), "PD8-Pj8_"])
def test_saml2_takes_base64_and_base64url(text):
    assert vouched(Desk(), assertion=text).status == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"orgName": "elsewhere"}, "invalid_grant"),
        ({"orgName": ""}, "invalid_request"),
        ({"assertion": ""}, "invalid_request"),
        ({"assertion": "<xml/>"}, "invalid_grant"),
        ({"assertion": "é"}, "invalid_grant"),
        ({"assertion": assertion("<NameID>nobody@example.com</NameID>")}, "invalid_grant"),
    ],
)
def test_saml2_refusals(changes, error):
    assert refusal(vouched(Desk(), **changes))[:2] == (400, error)


@pytest.mark.parametrize("grant", ["authorization_code", SAML2])
def test_every_grant_is_the_clients_to_use_or_not(grant):
    world = World(clients=(OAuthClient("c", "s"),))
    desk = Desk(Simulator(definition(), world=world))
    assert refusal(desk.grant({"grant_type": grant}))[:2] == (400, "unauthorized_client")


def test_a_new_token_of_a_user_is_an_event_without_the_token():
    desk = ChannelDesk()
    topic = f"v2.users.{desk.user}.tokens"
    _, socket = desk.opened(topic)
    token = desk.grant(GRANT).json["access_token"]
    (event,) = desk.told(socket)
    body = event["eventBody"]
    model = Schema(ref=f"#/definitions/{topic_model_name('v2.users.{id}.tokens')}")
    assert misfits(definition(), model, body) == []
    assert (body["user"], body["clientId"]) == ({"id": desk.user}, desk.client.id)
    assert body["tokenExpirationDate"] > body["dateCreated"]
    assert token not in str(event)

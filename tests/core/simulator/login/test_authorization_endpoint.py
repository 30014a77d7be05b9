"""Signing in by browser: the page, codes, tokens in the fragment, sessions, refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.errors import OAuthError
from genesys_core.oauth.authorization import parse_code_redirect
from genesys_core.simulator import OAuthClient, Settings, Simulator, World
from genesys_core.simulator.login import authorization_endpoint
from genesys_core.simulator.state.world import ALL_GRANTS
from tests.strategies.loopback import (
    CHALLENGE,
    REDIRECT,
    Visitor,
    authorize_target,
    fragment_of,
    message_of,
    query_of,
)
from tests.strategies.simulator import Desk, definition, unhurried


@pytest.fixture
def visitor():
    return Visitor(Desk())


def desk_with(*clients, **world):
    sample = World.sample(users=2, queues=0)
    facts = {"users": sample.users, "password": "open sesame", **world}
    return Desk(Simulator(definition(), world=World(clients=clients, **facts)))


def test_the_page_asks_for_email_and_password(visitor):
    answer = visitor.open()
    page = answer.body.decode()
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert 'name="email"' in page
    assert 'name="password"' in page
    assert page.count("<option") == 60
    assert visitor.desk.simulator.state.codes == {}


def test_a_code_comes_with_the_state_and_nothing_else(visitor):
    answer = visitor.submit()
    location = answer.headers["location"]
    assert answer.status == 303
    assert location.startswith(f"{REDIRECT}?")
    assert query_of(location) == {
        "code": next(iter(visitor.desk.simulator.state.codes)),
        "state": "s&=1",
    }
    assert parse_code_redirect(location, state="s&=1")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_without_a_state_none_comes_back(visitor):
    assert set(query_of(visitor.submit(state=None).headers["location"])) == {"code"}


def test_sessions_and_codes_are_not_kept_without_end(monkeypatch):
    monkeypatch.setattr(authorization_endpoint, "MAX_TOKENS", 2)
    desk = Desk()
    for _ in range(5):
        assert Visitor(desk).submit().status == 303
    assert (len(desk.simulator.state.sessions), len(desk.simulator.state.codes)) == (2, 2)


def test_a_query_in_the_redirect_uri_is_kept(visitor):
    location = visitor.submit(redirect_uri=f"{REDIRECT}?a=1").headers["location"]
    assert location.startswith(f"{REDIRECT}?a=1&code=")


def test_the_implicit_grant_brings_a_token_in_the_fragment(visitor):
    location = visitor.submit(response_type="token").headers["location"]
    fields = fragment_of(location)
    assert location.startswith(f"{REDIRECT}#")
    assert set(fields) == {"access_token", "token_type", "expires_in", "state"}
    assert (fields["token_type"], fields["expires_in"]) == ("bearer", "86400")
    me = visitor.desk.call("GET", "/api/v2/users/me", token=fields["access_token"])
    assert me.json["email"] == visitor.email


def test_a_refusal_goes_back_in_the_place_of_the_answer(visitor):
    refused = query_of(visitor.submit("refuse", password="").headers["location"])
    assert refused == {
        "error": "access_denied",
        "error_description": "The user denied the request.",
        "state": "s&=1",
    }
    location = visitor.submit("refuse", response_type="token").headers["location"]
    assert fragment_of(location)["error"] == "access_denied"
    assert visitor.cookie is None


@pytest.mark.parametrize(
    "wrong", [{"password": "x"}, {"password": ""}, {"email": "nobody@example.com"}, {"email": ""}]
)
def test_a_mistyped_password_is_asked_for_again(visitor, wrong):
    answer = visitor.submit(**wrong)
    assert answer.status == 403
    assert "Incorrect email or password." in answer.body.decode()
    assert visitor.cookie is None
    assert visitor.desk.simulator.state.codes == {}


def test_emails_are_found_in_any_case_and_only_those_of_active_users(visitor):
    assert visitor.submit(email=visitor.email.upper()).status == 303
    user_id = visitor.desk.client.user_id
    visitor.desk.call("DELETE", f"/api/v2/users/{user_id}")
    assert visitor.submit().status == 403


def test_nobody_signs_in_to_a_world_without_a_password():
    visitor = Visitor(desk_with(OAuthClient("c", "s", ALL_GRANTS), password=""))
    assert visitor.submit(password="").status == 403


def test_a_session_goes_straight_back_unless_a_prompt_is_asked_for(visitor):
    visitor.submit()
    again = visitor.open()
    assert again.status == 303
    assert query_of(again.headers["location"])["code"]
    assert visitor.open(prompt="login").status == 200
    assert Visitor(visitor.desk).open().status == 200


def test_a_session_of_a_user_who_left_is_none(visitor):
    visitor.submit()
    visitor.desk.call("DELETE", f"/api/v2/users/{visitor.desk.client.user_id}")
    assert visitor.open().status == 200


@pytest.mark.parametrize(
    ("hint", "email"),
    [
        ("a@example.com", "a@example.com"),
        ("a@example.com:acme", "a@example.com"),
        ("acme", ""),
        ('"><script>@', "&quot;&gt;&lt;script&gt;@"),
    ],
)
def test_a_hint_fills_in_the_email(visitor, hint, email):
    assert f'value="{email}" required' in visitor.open(login_hint=hint).body.decode()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"org": "simulator"}, "invalid_request"),
        ({"provider": "okta"}, "invalid_request"),
        ({"org": "elsewhere", "provider": "okta"}, "invalid_request"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
    ],
)
def test_what_is_wrong_is_told_to_the_client(visitor, changes, error):
    for answer in (visitor.open(**changes), visitor.submit(**changes)):
        location = answer.headers["location"]
        assert (query_of(location)["error"], query_of(location)["state"]) == (error, "s&=1")
        with pytest.raises(OAuthError, match=error):
            parse_code_redirect(location, state="s&=1")


def test_org_and_provider_together_are_fine(visitor):
    assert visitor.open(org="simulator", provider="okta").status == 200


@pytest.mark.parametrize(
    ("grants", "response_type"), [(("implicit",), "code"), (("authorization_code",), "token")]
)
def test_a_client_gets_only_the_grants_it_may_use(grants, response_type):
    visitor = Visitor(desk_with(OAuthClient("c", "s", grants)))
    location = visitor.open(response_type=response_type).headers["location"]
    fields = fragment_of(location) if response_type == "token" else query_of(location)
    assert fields["error"] == "unauthorized_client"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_id": "nobody"}, "no client with this client_id"),
        ({"client_id": None}, "no client with this client_id"),
        ({"redirect_uri": None}, "redirect URI"),
        ({"redirect_uri": "http://example.com/callback"}, "redirect URI"),
        ({"redirect_uri": "javascript:alert(1)"}, "redirect URI"),
        ({"redirect_uri": f"{REDIRECT}#x"}, "redirect URI"),
        ({"redirect_uri": f"{REDIRECT}\r\nSet-Cookie: x=1"}, "redirect URI"),
        ({"redirect_uri": "http://[::1"}, "redirect URI"),
        ({"redirect_uri": "http://127.0.0.1/é"}, "redirect URI"),
    ],
)
def test_a_browser_is_never_sent_where_the_client_has_not_said(visitor, changes, words):
    for answer in (visitor.open(**changes), visitor.submit(**changes)):
        assert answer.status == 400
        assert "location" not in answer.headers
        assert words in message_of(answer.body.decode())


def test_registered_redirect_uris_are_compared_character_by_character():
    client = OAuthClient("c", "s", ALL_GRANTS, redirect_uris=("https://app.example.com/done",))
    visitor = Visitor(desk_with(client))
    assert visitor.open(redirect_uri="https://app.example.com/done").status == 200
    for other in ("https://app.example.com/done/", "https://app.example.com/Done", REDIRECT):
        assert visitor.open(redirect_uri=other).status == 400


def test_a_repeated_parameter_is_refused(visitor):
    answer = visitor.desk.send("GET", f"{authorize_target(visitor.desk)}&client_id=x")
    assert answer.status == 400
    assert "more than once" in message_of(answer.body.decode())


def test_a_gateway_leads_to_the_pages_too():
    desk = Desk(settings=Settings(login_prefixes=("/login",)))
    assert desk.send("GET", f"/login{authorize_target(desk)}").status == 200
    assert desk.send("GET", f"/login/logout?client_id={desk.client.id}").status == 200
    assert desk.send("GET", "/logouts").status == 404
    assert desk.send("POST", "/logout").headers["allow"] == "GET"
    assert desk.send("DELETE", "/oauth/authorize").headers["allow"] == "GET, POST"


def test_logging_out_ends_the_session_and_revokes_nothing(visitor):
    token = fragment_of(visitor.submit(response_type="token").headers["location"])["access_token"]
    code = visitor.code()
    answer = visitor.log_out(redirect_uri=REDIRECT)
    assert (answer.status, answer.headers["location"]) == (303, REDIRECT)
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert visitor.open().status == 200  # the login page, not straight back
    assert code in visitor.desk.simulator.state.codes
    assert visitor.desk.call("GET", "/api/v2/users/me", token=token).status == 200
    assert visitor.desk.call("DELETE", "/api/v2/tokens/me", token=token).status == 204
    me = visitor.desk.call("GET", "/api/v2/users/me", token=token)
    assert (me.status, me.json["code"]) == (401, "bad.credentials")


def test_another_browsers_session_outlives_a_log_out(visitor):
    visitor.submit()
    assert Visitor(visitor.desk).log_out().status == 200
    assert visitor.open().status == 303


def test_logging_out_sends_nobody_elsewhere(visitor):
    visitor.submit()
    assert visitor.log_out(redirect_uri="http://example.com").status == 400
    assert visitor.log_out(client_id="nobody").status == 400
    assert visitor.open().status == 303


@unhurried
@given(
    st.dictionaries(st.sampled_from(["state", "login_hint", "prompt", "org"]), st.text(max_size=9))
)
def test_whatever_is_asked_for_there_is_a_page_or_a_redirect_home(changes):
    visitor = Visitor(Desk())
    for answer in (visitor.open(**changes), visitor.submit(**changes)):
        assert answer.status in {200, 303}
        location = answer.headers.get("location", REDIRECT)
        assert location.startswith(REDIRECT)
        assert location.isprintable()
        if "state" in changes and "location" in answer.headers:
            assert query_of(location).get("state", "") == changes["state"]

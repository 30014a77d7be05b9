from __future__ import annotations

from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz import fuzz_oauth
from genesys_core.clock import Now
from genesys_core.errors import (
    AccessDeniedError,
    InvalidRequestError,
    InvalidValueError,
    OAuthError,
)
from genesys_core.hosts import Gateway, Hosts
from genesys_core.oauth.authorization import (
    Implicit,
    parse_code_redirect,
    parse_token_redirect,
    prepare_authorize_url,
    prepare_logout_url,
)
from genesys_core.oauth.pkce import compute_pkce_code_challenge
from genesys_core.oauth.tokens import Token
from tests.helpers.login_hosts import GATEWAYS, LOGIN
from tests.strategies.oauth import MARK, access_tokens, secrets, texts

HOSTS = Hosts.resolve(region="eu_west_1")
GATEWAY = Hosts.resolve(
    region="eu_west_1",
    gateway=Gateway(host="gw", protocol="http", port=8080, path_params_login="/login/"),
)
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
NOW = Now(1.0, 1000.0)


# The order of the parameters is the official JavaScript SDK's (official-sdks.md, 1.1.5).
def test_the_url_for_a_code():
    url = prepare_authorize_url(HOSTS, client_id="id", redirect_uri="https://app/cb", state="s")
    assert url == (
        "https://login.mypurecloud.ie/oauth/authorize?client_id=id"
        "&redirect_uri=https%3A%2F%2Fapp%2Fcb&response_type=code&state=s"
    )


def test_the_url_for_pkce_with_everything():
    url = prepare_authorize_url(
        HOSTS,
        client_id="id",
        redirect_uri="http://127.0.0.1:8400/",
        code_challenge=CHALLENGE,
        state="s",
        org="my org",
        provider="okta",
        target="t-1",
        login_hint="ann@example.com:my-org",
        prompt="login",
    )
    assert url == (
        "https://login.mypurecloud.ie/oauth/authorize?client_id=id"
        "&redirect_uri=http%3A%2F%2F127.0.0.1%3A8400%2F"
        f"&code_challenge={CHALLENGE}&response_type=code&code_challenge_method=S256"
        "&state=s&org=my%20org&provider=okta&target=t-1"
        "&login_hint=ann%40example.com%3Amy-org&prompt=login"
    )


def test_the_url_for_the_implicit_grant():
    implicit = Implicit("id", "https://app/")
    url = implicit.authorize_url(
        HOSTS,
        state="s",
        org="o",
        provider="p",
        target="t",
        login_hint="h",
        prompt="login",
    )
    assert url == (
        "https://login.mypurecloud.ie/oauth/authorize?client_id=id"
        "&redirect_uri=https%3A%2F%2Fapp%2F&response_type=token&state=s&org=o&provider=p"
        "&target=t&login_hint=h&prompt=login"
    )


def test_the_browser_goes_through_the_gateway():
    url = prepare_authorize_url(GATEWAY, client_id="id", redirect_uri="r")
    assert url.startswith("http://gw:8080/login/oauth/authorize?client_id=id&")
    assert Implicit("id", "r").authorize_url(GATEWAY).startswith("http://gw:8080/login/oauth/")
    assert prepare_logout_url(GATEWAY, client_id="id") == "http://gw:8080/login/logout?client_id=id"


@pytest.mark.parametrize("region", LOGIN)
@pytest.mark.parametrize("gateway", GATEWAYS)
def test_every_way_through_the_browser_everywhere(region, gateway):
    through, base = GATEWAYS[gateway]
    hosts, login = Hosts.resolve(region=region, gateway=through), base or LOGIN[region]
    redirect = "https%3A%2F%2Fapp%2F"
    start = f"{login}/oauth/authorize?client_id=id&redirect_uri={redirect}"
    said = {"client_id": "id", "redirect_uri": "https://app/"}
    assert prepare_authorize_url(hosts, **said) == f"{start}&response_type=code"
    assert prepare_authorize_url(hosts, **said, code_challenge=CHALLENGE) == (
        f"{start}&code_challenge={CHALLENGE}&response_type=code&code_challenge_method=S256"
    )
    assert Implicit("id", "https://app/").authorize_url(hosts) == f"{start}&response_type=token"
    assert (
        prepare_logout_url(hosts, **said) == f"{login}/logout?client_id=id&redirect_uri={redirect}"
    )


def test_the_logout_url():
    assert prepare_logout_url(HOSTS, client_id="id") == (
        "https://login.mypurecloud.ie/logout?client_id=id"
    )
    assert prepare_logout_url(HOSTS, client_id="i d", redirect_uri="https://app/?bye") == (
        "https://login.mypurecloud.ie/logout?client_id=i%20d&redirect_uri=https%3A%2F%2Fapp%2F%3Fbye"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"org": "o"}, "^org: requires provider as well"),
        ({"provider": "p"}, "^provider: requires org as well"),
        ({"state": ""}, "^state: must not be empty"),
        ({"client_id": " "}, "^client_id: must not be empty"),
        ({"redirect_uri": ""}, "^redirect_uri: must not be empty"),
        ({"login_hint": "\ud800"}, "^login_hint: contains a lone surrogate"),
        ({"code_challenge": "v" * 128}, "^code_challenge: must be 43 characters of base64url"),
        ({"code_challenge": CHALLENGE + "="}, "^code_challenge: must be 43 characters"),
        ({"code_challenge": "+" * 43}, "^code_challenge: must be 43 characters"),
        (
            {"code_challenge": CHALLENGE, "response_type": "token"},
            "^code_challenge: not used by the implicit grant",
        ),
    ],
)
def test_what_the_platform_would_not_understand_is_refused(options, message):
    with pytest.raises(InvalidValueError, match=message):
        prepare_authorize_url(HOSTS, **{"client_id": "id", "redirect_uri": "r", **options})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"client_id": None}, "^client_id must be a str, not None"),
        ({"redirect_uri": None}, "^redirect_uri must be a str, not None"),
        ({"state": 5}, "^state must be a str, not an int"),
        ({"code_challenge": 5}, "^code_challenge must be a str, not an int"),
        ({"hosts": "mypurecloud.ie"}, "^hosts must be the hosts, not a str"),
    ],
)
def test_a_value_of_the_wrong_type_is_named(options, message):
    with pytest.raises(TypeError, match=message):
        prepare_authorize_url(**{"hosts": HOSTS, "client_id": "id", "redirect_uri": "r", **options})


def test_a_logout_needs_hosts_and_a_client():
    with pytest.raises(TypeError, match=r"^hosts must be the hosts, not a str"):
        prepare_logout_url("mypurecloud.ie", client_id="id")
    with pytest.raises(TypeError, match=r"^client_id must be a str, not None"):
        prepare_logout_url(HOSTS, client_id=None)


def test_a_misspelt_option_is_a_type_error():
    with pytest.raises(TypeError):
        prepare_authorize_url(HOSTS, client_id="id", redirect_uri="r", promt="login")


@given(texts, texts, texts, texts)
def test_no_value_changes_the_shape_of_the_url(client_id, redirect_uri, state, org):
    url = prepare_authorize_url(
        HOSTS, client_id=client_id, redirect_uri=redirect_uri, state=state, org=org, provider=state
    )
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path) == (
        "https",
        "login.mypurecloud.ie",
        "/oauth/authorize",
    )
    assert parts.fragment == ""
    assert parse_qs(parts.query, strict_parsing=True) == {
        "client_id": [client_id],
        "redirect_uri": [redirect_uri],
        "response_type": ["code"],
        "state": [state],
        "org": [org],
        "provider": [state],
    }


def test_the_challenge_of_a_verifier_is_taken():
    challenge = compute_pkce_code_challenge("v" * 43)
    url = prepare_authorize_url(HOSTS, client_id="i", redirect_uri="r", code_challenge=challenge)
    assert f"&code_challenge={challenge}&" in url


# Redirects


@pytest.mark.parametrize(
    "url",
    [
        "https://app/cb?code=c1&state=s",
        "http://127.0.0.1:8400/?state=s&code=c1",
        "/cb?code=c1&state=s",
        "?code=c1&state=s&session_state=x",
        "https://app/cb?own=1&code=c1&state=s#_",
        "https://app/cb?code=%631&state=s&error=",
    ],
)
def test_the_code_that_a_redirect_brings(url):
    assert parse_code_redirect(url, state="s") == "c1"


def test_without_a_state_sent_none_may_come_back():
    assert parse_code_redirect("/cb?code=c1", state=None) == "c1"
    with pytest.raises(OAuthError, match=r"^state_mismatch: "):
        parse_code_redirect("/cb?code=c1&state=s", state=None)


def test_the_token_that_a_redirect_brings():
    url = (
        "https://app/#access_token=a-1&token_type=bearer&expires_in=86400&state=s&scope=users"
        "&id=7&cid=c"
    )
    expected = Token(
        "a-1",
        expires_in=86400,
        expires_at=87400.0,
        scope="users",
        extra={"id": "7", "cid": "c"},
    )
    assert parse_token_redirect(url, state="s", now=NOW) == expected
    assert Implicit("id", "https://app/").token(url, state="s", now=NOW) == expected


@pytest.mark.parametrize("state", ["t", "", "S", "ss", "s\0", "ß", "\ud800"])
@pytest.mark.parametrize("expected", ["s", "ä"])
def test_a_state_that_differs_is_not_believed(state, expected):
    query = urlencode({"code": MARK, "state": state}, errors="replace") + (
        "\ud800" if state == "\ud800" else ""
    )
    for parse in (_code, _token):
        with pytest.raises(OAuthError) as caught:
            parse(query, expected)
        assert caught.value.error == "state_mismatch"
        assert "start the sign-in again" in str(caught.value)
        assert MARK not in str(caught.value)


@pytest.mark.parametrize("fields", ["code=c1&access_token=t&state=", "code=c1&access_token=t"])
def test_an_empty_state_was_never_sent_and_matches_nothing(fields):
    """It is what an application has whose cookie is missing, as in a forged redirect."""
    for parse in (_code, _token):
        with pytest.raises(OAuthError, match=r"^state_mismatch: "):
            parse(fields, "")


def _code(fields: str, state: str | None) -> str:
    return parse_code_redirect(f"https://app/?{fields}", state=state)


def _token(fields: str, state: str | None) -> Token:
    return parse_token_redirect(f"https://app/#{fields}", state=state, now=NOW)


def test_a_state_outside_ascii_is_compared():
    assert _code("code=c&state=%C3%A4", "ä") == "c"


@pytest.mark.parametrize("parse", [_code, _token])
def test_a_missing_state_is_not_believed(parse):
    with pytest.raises(OAuthError, match=r"^state_mismatch: "):
        parse("code=c&access_token=a", "s")


@pytest.mark.parametrize("parse", [_code, _token])
@pytest.mark.parametrize(
    ("fields", "kind", "message"),
    [
        (
            "error=access_denied&error_description=The+user+said%20no&state=s",
            AccessDeniedError,
            "access_denied: The user said no",
        ),
        ("error=access_denied&state=s", AccessDeniedError, "access_denied"),
        ("error=access_denied", AccessDeniedError, "access_denied"),
        ("error=invalid_request&error_description=", InvalidRequestError, "invalid_request"),
        ("error=temporarily_unavailable", OAuthError, "temporarily_unavailable"),
        ("error=server_error&code=c&access_token=a&state=s", OAuthError, "server_error"),
    ],
)
def test_refusals_are_typed_by_wire_code(parse, fields, kind, message):
    with pytest.raises(OAuthError) as caught:
        parse(fields, "s")
    assert type(caught.value) is kind
    assert str(caught.value) == message
    assert caught.value.status is None


@pytest.mark.parametrize("parse", [_code, _token])
def test_a_refusal_with_the_wrong_state_is_not_believed(parse):
    with pytest.raises(OAuthError, match=r"^state_mismatch: "):
        parse("error=access_denied&state=t", "s")


def test_a_refusal_in_the_other_place_is_found():
    with pytest.raises(AccessDeniedError):
        parse_code_redirect("https://app/#error=access_denied&state=s", state="s")
    with pytest.raises(AccessDeniedError):
        parse_token_redirect("https://app/?error=access_denied", state="s", now=NOW)


@pytest.mark.parametrize("parse", [_code, _token])
@pytest.mark.parametrize(
    "fields", ["state=s", "state=s&code=&access_token=", "state=s&Code=c&ACCESS_TOKEN=a"]
)
def test_a_redirect_that_brings_nothing(parse, fields):
    with pytest.raises(OAuthError) as caught:
        parse(fields, "s")
    assert caught.value.error == "invalid_response"


def test_a_code_is_not_taken_from_the_fragment_nor_a_token_from_the_query():
    with pytest.raises(OAuthError):
        parse_code_redirect("https://app/#code=c", state=None)
    with pytest.raises(OAuthError):
        parse_token_redirect("https://app/?access_token=a", state=None, now=NOW)


@pytest.mark.parametrize(
    "fields",
    ["code=c&code=d&state=s", "code=&code=d&state=s", "code=c&state=s&state=s", "error=a&error=b", "access_token=a&access_token=a"],
)  # fmt: skip
def test_nothing_is_read_from_a_redirect_that_repeats_itself(fields):
    for parse in (_code, _token):
        with pytest.raises(OAuthError, match=r"^invalid_response: the redirect has a duplicate"):
            parse(fields, "s")


def test_a_token_that_no_header_could_carry_is_none():
    with pytest.raises(OAuthError, match=r"^invalid_response: "):
        _token("access_token=a%0D%0AX-Injected:+1", None)


@given(secrets, secrets)
def test_codes_and_states_come_through_whole(code, state):
    url = f"https://app/cb?{urlencode({'code': code, 'state': state})}"
    assert parse_code_redirect(url, state=state) == code
    url = f"https://app/cb?code={quote(code, safe='')}&state={quote(state, safe='')}"
    assert parse_code_redirect(url, state=state) == code


@given(access_tokens, st.integers(1, 10**6), secrets)
def test_tokens_come_through_whole(access_token, seconds, state):
    fields = {"access_token": access_token, "expires_in": str(seconds), "state": state}
    token = parse_token_redirect(f"https://app/#{urlencode(fields)}", state=state, now=NOW)
    assert token == Token(access_token, expires_in=seconds, expires_at=NOW.wall + seconds)


def test_any_redirect_is_an_answer_or_an_oauth_error():
    fuzz_oauth.check_redirects()

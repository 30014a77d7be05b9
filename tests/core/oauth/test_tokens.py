from __future__ import annotations

import base64
import json
from urllib.parse import parse_qsl

import pytest
from hypothesis import given

from fuzz import fuzz_oauth
from genesys_core.clock import Now
from genesys_core.errors import (
    ConfigurationError,
    InvalidClientError,
    InvalidGrantError,
    InvalidRequestError,
    OAuthError,
    UnauthorizedClientError,
)
from genesys_core.hosts import KNOWN_REGIONS, Hosts
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response, Timeout
from genesys_core.oauth.grants import (
    AuthorizationCode,
    ClientCredentials,
    Pkce,
    RefreshToken,
    Saml2Bearer,
)
from genesys_core.oauth.tokens import (
    Token,
    grant_secrets,
    oauth_error,
    parse_token_response,
    prepare_token_request,
    token_of,
    token_secrets,
)
from tests.helpers.login_hosts import GATEWAYS, LOGIN
from tests.strategies.oauth import (
    MARK,
    grants,
    header_texts,
    lives,
    reply_documents,
    tokens,
)

NOW = Now(monotonic=7.0, wall=1_000_000.0)
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
BASIC = "Basic " + base64.b64encode("ïd:sécret".encode()).decode()

# official-sdks.md 1.1.2: the order of the fields, and who gets a Basic header.
GRANTS = {
    "client credentials": (
        ClientCredentials("ïd", "sécret"),
        b"grant_type=client_credentials",
        BASIC,
    ),
    "authorization code": (
        AuthorizationCode("ïd", "sécret", "c/o+d e", "https://app.example/cb?x=1&y=ä"),
        (
            b"grant_type=authorization_code&code=c%2Fo%2Bd%20e"
            b"&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fx%3D1%26y%3D%C3%A4"
        ),
        BASIC,
    ),
    "refresh token": (
        RefreshToken("ïd", "sécret", "r=1"),
        b"grant_type=refresh_token&refresh_token=r%3D1",
        BASIC,
    ),
    "refresh token of a public client": (
        RefreshToken("ïd", refresh_token="r=1"),
        b"grant_type=refresh_token&refresh_token=r%3D1&client_id=%C3%AFd",
        None,
    ),
    "PKCE": (
        Pkce("ïd", "code", VERIFIER, "http://127.0.0.1:8400/"),
        b"grant_type=authorization_code&code=code&code_verifier=" + VERIFIER.encode() + b""
        b"&client_id=%C3%AFd&redirect_uri=http%3A%2F%2F127.0.0.1%3A8400%2F",
        None,
    ),
    "SAML2 bearer": (
        Saml2Bearer("ïd", "sécret", "my org", "PHNhbWw+/w=="),
        (
            b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Asaml2-bearer"
            b"&orgName=my%20org&assertion=PHNhbWw%2B%2Fw%3D%3D"
        ),
        BASIC,
    ),
}


def test_the_table_has_every_region():
    assert LOGIN.keys() == KNOWN_REGIONS.keys()
    assert len(LOGIN) == 18


@pytest.mark.parametrize("grant", GRANTS)
@pytest.mark.parametrize("region", LOGIN)
@pytest.mark.parametrize("gateway", GATEWAYS)
def test_the_request_of_every_grant_everywhere(grant, region, gateway):
    material, body, basic = GRANTS[grant]
    through, base = GATEWAYS[gateway]
    request = prepare_token_request(material, Hosts.resolve(region=region, gateway=through))
    assert request.method == "POST"
    assert request.url == (base or LOGIN[region]) + "/oauth/token"
    assert request.body == body
    headers = {
        "accept": "application/json",
        "content-type": "application/x-www-form-urlencoded",
    }
    assert dict(request.headers) == headers | ({"authorization": basic} if basic else {})


def test_the_timeout_is_the_callers():
    timeout = Timeout.of(3)
    hosts = Hosts.resolve()
    assert prepare_token_request(GRANTS["PKCE"][0], hosts).timeout == Timeout()
    assert prepare_token_request(GRANTS["PKCE"][0], hosts, timeout=timeout).timeout == timeout


@pytest.mark.parametrize("grant", GRANTS)
def test_headers_of_the_client_are_sent_but_replace_nothing(grant):
    material, _, basic = GRANTS[grant]
    theirs = Headers(
        {
            "X-Gateway-Key": "k",
            "authorization": "Bearer mine",
            "ACCEPT": "text/html",
            "content-type": "application/json",
            "User-Agent": "app/1",
        }
    )
    request = prepare_token_request(material, Hosts.resolve(), headers=theirs)
    assert request.headers.get_list("x-gateway-key") == ["k"]
    assert request.headers.get_list("user-agent") == ["app/1"]
    assert request.headers.get_list("accept") == ["application/json"]
    assert request.headers.get_list("content-type") == ["application/x-www-form-urlencoded"]
    assert request.headers.get_list("authorization") == ([basic] if basic else [])


@given(grants)
def test_what_is_sent_reads_back_and_is_not_shown(grant):
    request = prepare_token_request(grant, Hosts.resolve())
    assert request.body is not None
    assert tuple(parse_qsl(request.body.decode("ascii"), strict_parsing=True)) == grant.form()
    credentials = grant.basic()
    sent = request.headers.get("authorization")
    if credentials is None:
        assert sent is None
    else:
        decoded = base64.b64decode(sent.removeprefix("Basic "), validate=True).decode()
        assert tuple(decoded.split(":", 1)) == credentials
    assert MARK not in repr(request)
    assert sent is None or sent not in repr(request)


def reply(document: object, status: int = 200) -> Response:
    headers = Headers({"ININ-Correlation-Id": "c-1", "Content-Type": "application/json"})
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Response(status, headers, body)


def test_everything_the_platform_sends_is_kept():
    token = parse_token_response(
        reply(
            {
                "access_token": "a",
                "token_type": "Bearer",
                "expires_in": 86399,
                "refresh_token": "r",
                "scope": "users:readonly",
                "error": None,
                "id_token": "i",
            }
        ),
        now=NOW,
    )
    assert token == Token(
        access_token="a",
        token_type="Bearer",
        expires_in=86399,
        expires_at=1_086_399.0,
        refresh_token="r",
        scope="users:readonly",
        extra={"error": None, "id_token": "i"},
    )


def test_an_access_token_is_enough():
    assert parse_token_response(reply({"access_token": "a"}), now=NOW) == Token("a")


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        (86400, 86400),
        ("86400", 86400),
        (86400.0, 86400),
        ("86400.0", 86400),
        (300.9, 300),
        (1, 1),
        (10**10, 10**10),
        (10**10 + 1, None),
        # Less than a second, centuries, or no number: nobody knows when it ends, a 401 will tell.
        (0, None),
        (-1, None),
        ("-3600", None),
        (0.5, None),
        (10**11, None),
        (10**400, None),
        ("9" * 5000, None),
        ("NaN", None),
        ("Infinity", None),
        ("soon", None),
        ("", None),
        (True, None),
        (None, None),
        ([3600], None),
        ({}, None),
    ],
)
def test_how_long_a_token_lives(sent, seconds):
    token = token_of({"access_token": "a", "expires_in": sent}, now=NOW)
    assert token.expires_in == seconds
    assert token.expires_at == (None if seconds is None else NOW.wall + seconds)


@given(lives)
def test_any_life_is_a_number_of_seconds_or_unknown(sent):
    token = token_of({"access_token": "a", "expires_in": sent}, now=NOW)
    assert token.expires_in is None or 1 <= token.expires_in <= 10**10


@pytest.mark.parametrize(
    "odd",
    [
        {"token_type": None},
        {"token_type": 7},
        {"token_type": ""},
        {"refresh_token": None},
        {"refresh_token": ""},
        {"refresh_token": 4},
        {"scope": ["a"]},
        {"expires_in": {}},
    ],
)
def test_one_odd_field_never_loses_the_token(odd):
    token = parse_token_response(reply({"access_token": "a", **odd}), now=NOW)
    assert token == Token("a")


def test_an_error_beside_a_token_is_no_error():
    # The official .NET SDK has a field `error` in its token, next to the others.
    token = parse_token_response(reply({"access_token": "a", "error": "none"}), now=NOW)
    assert token.extra == {"error": "none"}


@pytest.mark.parametrize("status", [200, 201, 299])
def test_a_token_comes_with_any_status_of_success(status):
    assert parse_token_response(reply({"access_token": "a"}, status), now=NOW) == Token("a")


@pytest.mark.parametrize("status", [199, 300, 400, 500])
def test_what_looks_like_a_token_in_a_refusal_is_none(status):
    with pytest.raises(OAuthError, match=f"^http_{status}: ") as caught:
        parse_token_response(reply({"access_token": "a"}, status), now=NOW)
    assert caught.value.status == status


def test_an_error_with_status_200_is_one():
    with pytest.raises(InvalidGrantError, match="expired") as caught:
        parse_token_response(
            reply({"error": "invalid_grant", "error_description": "expired"}), now=NOW
        )
    assert caught.value.status == 200


def test_a_byte_order_mark_is_no_obstacle():
    body = b'\xef\xbb\xbf{"access_token": "a"}'
    assert parse_token_response(reply(body), now=NOW) == Token("a")


@pytest.mark.parametrize(
    ("odd", "kept"),
    [
        (b"1e400", None),
        (b"NaN", None),
        (b'"\\ud800"', "\ufffd"),
        (b'"\xff"', "\ufffd"),
        (b'"a\nb"', "a\nb"),
    ],
)
def test_a_field_that_is_not_quite_json_never_loses_the_token(odd, kept):
    body = b'{"access_token": "a", "refresh_token": "r", "odd": ' + odd + b"}"
    token = parse_token_response(reply(body), now=NOW)
    assert (token.access_token, token.refresh_token) == ("a", "r")
    assert token.extra == {"odd": kept}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Sign in to the hotel's network</html>",
        b"[]",
        b"null",
        b'"token"',
        b"{}",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"access_token": "a"',
        b'{"access_token": null}',
        b'{"access_token": ""}',
        b'{"access_token": 12}',
        b'{"access_token": {"a": 1}}',
        b'{"access_token": "a\\nX-Injected: 1"}',
        b'{"access_token": "a\\u0000"}',
        b'{"access_token": " a"}',
        b'{"access_token": "\\u00e4"}',
        b'{"refresh_token": "r"}',
    ],
)
def test_a_reply_that_is_neither_a_token_nor_an_error(body):
    with pytest.raises(OAuthError) as caught:
        parse_token_response(reply(body), now=NOW)
    error = caught.value
    assert (error.error, error.status, error.correlation_id) == ("invalid_response", 200, "c-1")
    assert "the login host's response has no valid access token" in str(error)


def test_fields_of_a_redirect_without_a_token():
    with pytest.raises(OAuthError, match=r"invalid_response: .* no valid access token$"):
        token_of({"access_token": ""}, now=NOW)


def test_a_login_page_in_place_of_a_token_is_named():
    page = b"<!DOCTYPE html><title>Sign in to the network</title>"
    with pytest.raises(OAuthError, match=r"HTML, not JSON \(52 bytes\): a proxy or login page"):
        parse_token_response(reply(page), now=NOW)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("invalid_client", InvalidClientError),
        ("invalid_grant", InvalidGrantError),
        ("invalid_request", InvalidRequestError),
        ("unauthorized_client", UnauthorizedClientError),
        ("slow_down", OAuthError),
    ],
)
@pytest.mark.parametrize("words", ["error_description", "description", "message"])
def test_refusals_are_typed_by_wire_code(code, kind, words):
    response = reply({"error": code, words: "client not found"}, status=400)
    with pytest.raises(OAuthError, match=f"^{code}: client not found$") as caught:
        parse_token_response(response, now=NOW)
    error = caught.value
    assert type(error) is kind
    assert (error.error, error.code, error.description) == (code, code, "client not found")
    assert (error.status, error.correlation_id) == (400, "c-1")
    assert error.is_retry_safe


def test_the_platforms_body_has_its_words_twice():
    body = {
        "error": "invalid_client",
        "description": "client not found",
        "error_description": "client not found",
    }
    assert str(oauth_error(reply(body, 400))) == "invalid_client: client not found"


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"description": "authentication failed"}, 401, "http_401: authentication failed"),
        (b"<html>", 502, "http_502: the login host returned HTTP 502 without a description"),
        ({"error": {"code": 1}}, 400, "http_400: the login host returned HTTP 400 without a description"),
        ({"error": "", "message": ["x"]}, 400, "http_400: the login host returned HTTP 400 without a description"),
        ({"error": "invalid_grant", "description": 4}, 400, "invalid_grant"),
        (b"", 302, "http_302: the login host returned HTTP 302 without a description"),
    ],
)  # fmt: skip
def test_bodies_that_are_not_as_they_should_be(body, status, message):
    error = oauth_error(reply(body, status))
    assert str(error) == message
    assert error.status == status


@pytest.mark.parametrize(
    ("status", "is_safe"), [(400, True), (499, True), (500, None), (503, None)]
)
def test_nobody_knows_what_a_failing_login_host_did(status, is_safe):
    assert oauth_error(reply({"error": "server_error"}, status)).is_retry_safe is is_safe


@given(grants)
def test_a_secret_that_the_login_host_repeats_is_masked(grant):
    request = prepare_token_request(grant, Hosts.resolve())
    said = [value for name, value in grant.form() if name != "grant_type"]
    if grant.basic() is not None:
        said += [grant.basic()[1], request.headers["authorization"]]
    response = reply({"error": "invalid_grant", "description": f"cannot use {' '.join(said)}"}, 400)
    error = oauth_error(response, request)
    assert MARK not in f"{error}{error!r}{error.description}"
    if isinstance(grant, Pkce):
        assert grant.code_verifier not in str(error)
    if isinstance(grant, Saml2Bearer):
        assert grant.assertion not in str(error)
    assert str(error).startswith("invalid_grant: cannot use ")


@pytest.mark.parametrize("header", ["Basic ä", "Basic abc", "Bearer a.b.c"])
def test_a_request_of_ones_own_making_is_no_obstacle(header):
    request = Request("POST", "https://login", Headers({"Authorization": header}))
    error = oauth_error(reply({"error": "x", "description": "abcd"}, 400), request)
    assert error.description == "abcd"


def test_words_are_left_alone_without_a_request():
    assert oauth_error(reply({"error": "x", "description": "abcd"}, 400)).description == "abcd"


def test_short_secrets_do_not_make_words_unreadable():
    request = prepare_token_request(RefreshToken("i", "s", "a"), Hosts.resolve())
    error = oauth_error(reply({"error": "x", "description": "a bad day"}, 400), request)
    assert error.description == "a bad day"


@given(reply_documents)
def test_the_token_is_what_the_document_says(document):
    try:
        token = parse_token_response(reply(document), now=NOW)
    except OAuthError:
        access_token = document.get("access_token")
        assert not (isinstance(access_token, str) and access_token.startswith(MARK))
        return
    assert token.access_token == document["access_token"]
    assert MARK not in f"{token}{token!r}{token.__rich_repr__()!r}"
    if isinstance(document.get("refresh_token"), str):
        assert token.refresh_token == (document["refresh_token"] or None)
    known = {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert token.extra.keys() == document.keys() - known


@given(tokens)
def test_no_token_shows_a_secret(token):
    assert MARK not in f"{token!r}{token}{token.__rich_repr__()!r}"
    assert f"expires_at={token.expires_at!r}" in repr(token) or token.expires_at is None


@given(header_texts.filter(bool))
def test_what_a_header_can_carry_is_an_access_token(text):
    Headers({"Authorization": f"Bearer {Token(text).access_token}"})


@pytest.mark.parametrize("text", ["", " ", "a\n", "\ta", "a\r\nb", "ä", "a\x7f", None, 7, b"a"])
def test_what_it_cannot_is_refused_without_repeating_it(text):
    with pytest.raises(ConfigurationError, match=r"^access_token: must be printable ASCII"):
        Token(text)


def test_any_reply_is_a_token_or_an_oauth_error():
    fuzz_oauth.check_replies()


@given(grants)
def test_what_a_grant_and_a_token_hold_that_is_secret(grant):
    held = set(grant_secrets(grant))
    assert {value for name, value in grant.form() if name in {"code", "assertion"}} <= held
    if grant.basic() is not None:
        assert grant.basic()[1] in held
        request = prepare_token_request(grant, Hosts.resolve())
        assert request.headers["authorization"].removeprefix("Basic ") in held
    assert set(token_secrets(Token("a", refresh_token="r"))) == {"a", "r"}
    assert set(token_secrets(Token("a"))) == {"a"}

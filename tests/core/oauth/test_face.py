from __future__ import annotations

import itertools
import json
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from genesys_core import oauth
from genesys_core.clock import Now
from genesys_core.errors import OAuthError
from genesys_core.hosts import Hosts
from genesys_core.http.messages import Response
from genesys_core.oauth import (
    AuthorizationCode,
    Pkce,
    RefreshToken,
    compute_pkce_code_challenge,
    generate_pkce_code_verifier,
    grants,
    parse_code_redirect,
    parse_token_response,
    pkce,
    prepare_authorize_url,
    prepare_token_request,
    tokens,
)
from genesys_core.oauth import authorization as authorize
from tests.strategies.oauth import MARK

HOSTS = Hosts.resolve(region="eu_west_1")


def test_every_name_is_the_one_of_its_home():
    assert oauth.__all__ == sorted(oauth.__all__)
    for name in oauth.__all__:
        homes = [home for home in (authorize, grants, pkce, tokens) if name in home.__all__]
        assert len(homes) == 1
        assert getattr(oauth, name) is getattr(homes[0], name)


def form(body: bytes | None) -> dict[str, list[str]]:
    assert body is not None
    return parse_qs(body.decode(), strict_parsing=True)


def test_signing_in_with_pkce_from_end_to_end():
    draws = itertools.cycle("aZ9-._~")
    verifier = generate_pkce_code_verifier(64, choice=lambda _: next(draws))
    url = prepare_authorize_url(
        HOSTS,
        client_id="id",
        redirect_uri="http://127.0.0.1:8400/",
        code_challenge=compute_pkce_code_challenge(verifier),
        state="s",
    )
    opened = parse_qs(urlsplit(url).query)
    assert verifier not in url

    # The login host sends the browser back.
    redirect = (
        f"{opened['redirect_uri'][0]}?{urlencode({'code': 'c', 'state': opened['state'][0]})}"
    )
    code = parse_code_redirect(redirect, state="s")
    grant = Pkce("id", code, verifier, "http://127.0.0.1:8400/")
    request = prepare_token_request(grant, HOSTS)
    assert form(request.body)["code_verifier"] == [verifier]
    # RFC 7636, 4.6: the login host recomputes the challenge.
    assert (
        compute_pkce_code_challenge(form(request.body)["code_verifier"][0])
        == (opened["code_challenge"][0])
    )

    body = {"access_token": "a", "expires_in": 300, "refresh_token": "r"}
    token = parse_token_response(Response(200, body=json.dumps(body).encode()), now=Now(0, 0))
    renewal = grant.renewed(token.refresh_token or "")
    assert form(prepare_token_request(renewal, HOSTS).body) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["r"],
        "client_id": ["id"],
    }


def test_nothing_of_a_sign_in_shows_a_secret():
    verifier = "v" * 100
    shown: list[object] = [
        AuthorizationCode("id", MARK, MARK, "https://app/"),
        Pkce("id", MARK, verifier, "https://app/"),
        RefreshToken("id", MARK, MARK),
    ]
    shown += [prepare_token_request(grant, HOSTS) for grant in list(shown)]
    reply = json.dumps({"access_token": MARK, "refresh_token": MARK, "id_token": MARK}).encode()
    shown.append(parse_token_response(Response(200, body=reply), now=Now(0, 0)))
    shown.append(Response(200, body=reply))
    with pytest.raises(OAuthError) as caught:
        parse_code_redirect(f"https://app/?code={MARK}&state={MARK}", state="s")
    shown.append(caught.value)
    text = "".join(f"{thing!r}{thing}" for thing in shown)
    assert MARK not in text
    assert verifier not in text

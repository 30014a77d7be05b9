"""The token endpoint: ``POST /oauth/token``.

Invariants: a token is issued only for a permitted grant. An authorization code is exchanged only
with the client's secret or a code verifier. Codes and refresh tokens are single-use. Every error
has an error code from RFC 6749 section 5.2.
"""

import re
from base64 import b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from genesys_core.clock import Now
from genesys_core.simulator.http.exchange import (
    LoginCall,
    LoginHandler,
    Reply,
    format_instant,
    json_reply,
)
from genesys_core.simulator.http.problems import OAuthProblem
from genesys_core.simulator.login.clients import (
    authenticate_client,
    check_grant,
    find_named_client,
    sends_secret,
)
from genesys_core.simulator.state.channels import Notice, is_heard
from genesys_core.simulator.state.credentials import (
    SAML2_BEARER,
    Code,
    IssuedRefreshToken,
    IssuedToken,
)
from genesys_core.simulator.state.memory import PlatformState, Settings
from genesys_core.simulator.state.world import OAuthClient, find_by_email

if TYPE_CHECKING:
    from genesys_core.simulator.state.examples import Json

__all__ = ["HANDLERS", "MAX_TOKENS", "issue_token", "token_lifetime"]

MAX_TOKENS: Final = 10_000
"""The maximum number of stored access tokens, of refresh tokens, of codes and of sessions. At the
maximum, a new access token replaces the expired ones or, if there are none, the oldest; a new
refresh token, code or session replaces the oldest of its kind."""


def post_token(call: LoginCall) -> Reply:
    """Exchange a grant for tokens: respond to a token request.

    Raises:
        Problem: the grant is rejected.
    """
    name = _field(call, "grant_type")
    grant = GRANTS.get(name)
    if grant is None:
        raise OAuthProblem(400, "unsupported_grant_type", f"grant_type {name!r} is not supported")
    return grant(call)


def client_credentials(call: LoginCall) -> Reply:
    """Issue an access token for the client itself, without a refresh token."""
    client = authenticate_client(call)
    check_grant(client, "client_credentials")
    return _granted(call, client, issue_token(client, call.state, call.settings, call.now))


def authorization_code(call: LoginCall) -> Reply:
    """Exchange an authorization code for tokens; requires the secret or a code verifier."""
    client = authenticate_client(call) if sends_secret(call) else find_named_client(call)
    check_grant(client, "authorization_code")
    value, redirect_uri = _field(call, "code"), _field(call, "redirect_uri")
    # RFC 6749 section 4.1.2: "The client MUST NOT use the authorization code more than once."
    code = call.state.codes.pop(value, None)
    if code is None or code.client_id != client.id or call.now.wall >= code.expires:
        raise OAuthProblem(400, "invalid_grant", "the code is unknown, already used or expired")
    if code.redirect_uri != redirect_uri:
        raise OAuthProblem(
            400, "invalid_grant", "redirect_uri differs from the one in the authorization request"
        )
    _check_verifier(call, code)
    is_public = not sends_secret(call)
    return _granted_to_user(call, client, code.user_id, code.family, is_public=is_public)


def refresh_token(call: LoginCall) -> Reply:
    """Issue new tokens for a refresh token, which becomes invalid."""
    client = authenticate_client(call) if sends_secret(call) else find_named_client(call)
    value = _field(call, "refresh_token")
    known = call.state.refresh_tokens.get(value)
    if known is None or known.client_id != client.id or known.is_public == sends_secret(call):
        raise OAuthProblem(
            400, "invalid_grant", "the refresh token is unknown, already used or revoked"
        )
    del call.state.refresh_tokens[value]
    return _granted_to_user(call, client, known.user_id, known.family, is_public=known.is_public)


def saml2_bearer(call: LoginCall) -> Reply:
    """Issue an access token for the user in a SAML assertion; signatures are not checked."""
    client = authenticate_client(call)
    check_grant(client, SAML2_BEARER)
    org, assertion = _field(call, "orgName"), _field(call, "assertion")
    if org != call.state.organization["name"]:
        raise OAuthProblem(400, "invalid_grant", f"organization {org!r} not found")
    user_id = _subject(call.state, assertion)
    token = issue_token(client, call.state, call.settings, call.now, user_id=user_id)
    return _granted(call, client, token)


def issue_token(
    client: OAuthClient,
    state: PlatformState,
    settings: Settings,
    now: Now,
    *,
    user_id: str | None = None,
    family: str | None = None,
) -> IssuedToken:
    """Issue an access token and store it in the state.

    Args:
        client: the client that the token is issued to.
        state: the platform's state.
        settings: the simulator's settings, which contain the default token lifetime.
        now: the current time.
        user_id: the id of the user whom the token represents; by default the client's user.
        family: the id of the sign-in from which the token results, if any.
    """
    token = IssuedToken(
        value=state.new_secret("token"),
        client_id=client.id,
        user_id=user_id or client.user_id,
        expires=now.wall + token_lifetime(client, settings),
        family=family,
    )
    if len(state.tokens) >= MAX_TOKENS:
        _drop_tokens(state, now)
    state.tokens[token.value] = token
    notice = _token_notice(token, now)
    if is_heard(state.channels, notice.topic):
        state.notices.append(notice)
    return token


def _token_notice(token: IssuedToken, now: Now) -> Notice:
    """Return the event about a user's new token, without the token or its hash."""
    body: Json = {
        "user": {"id": token.user_id},
        "dateCreated": format_instant(now.wall),
        "tokenExpirationDate": format_instant(token.expires),
        "clientId": token.client_id,
    }
    return Notice(f"v2.users.{token.user_id}.tokens", body)


def token_lifetime(client: OAuthClient, settings: Settings) -> float:
    """Return the number of seconds after which a client's tokens expire."""
    return settings.token_lifetime if client.token_lifetime is None else client.token_lifetime


def _drop_tokens(state: PlatformState, now: Now) -> None:
    """Discard the expired tokens or, if there are none, the oldest token."""
    expired = [token for token in state.tokens.values() if now.wall >= token.expires]
    for token in expired or [next(iter(state.tokens.values()))]:
        del state.tokens[token.value]
        state.spent.pop(token.value, None)


GRANTS: Mapping[str, LoginHandler] = {
    "client_credentials": client_credentials,
    "authorization_code": authorization_code,
    "refresh_token": refresh_token,
    SAML2_BEARER: saml2_bearer,
}

HANDLERS: Mapping[tuple[str, str], LoginHandler] = {("POST", "/oauth/token"): post_token}


def _field(call: LoginCall, name: str) -> str:
    value = call.form.get(name, "")
    if not value:
        raise OAuthProblem(400, "invalid_request", f"{name} is required")
    return value


def _check_verifier(call: LoginCall, code: Code) -> None:
    """Check the code verifier (RFC 7636 section 4.6).

    A verifier without a challenge is rejected, which prevents downgrades (RFC 9700 section 2.1.1).
    """
    verifier = call.form.get("code_verifier")
    if code.challenge is None and verifier is None:
        if not sends_secret(call):
            raise OAuthProblem(401, "invalid_client", "client credentials are required")
        return
    if verifier is None or _s256(verifier) != code.challenge:
        raise OAuthProblem(400, "invalid_grant", "code_verifier does not match the code_challenge")


def _s256(verifier: str) -> str:
    digest = sha256(verifier.encode("utf-8")).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


_NAME_ID = re.compile(rb"<(?:\w+:)?NameID\b[^>]*>\s*([^<]*?)\s*</")


def _subject(state: PlatformState, assertion: str) -> str:
    """Return the id of the user whom an assertion names, or of the first user if it names none.

    Raises:
        Problem: 400 if the assertion is not Base64, or names an unknown user.
    """
    try:
        # base64 and base64url, padded or not; `validate` rejects anything else.
        plain = assertion.translate(str.maketrans("-_", "+/")).rstrip("=")
        xml = b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (Error, ValueError):
        raise OAuthProblem(400, "invalid_grant", "the assertion is not valid base64") from None
    named_user = _NAME_ID.search(xml)
    if named_user is None:
        user = next(iter(state.users.values()), None)
    else:
        user = find_by_email(state.users, named_user[1].decode("utf-8", "replace"))
    if user is None:
        raise OAuthProblem(400, "invalid_grant", "the assertion does not identify a user")
    return str(user["id"])


def _granted_to_user(
    call: LoginCall, client: OAuthClient, user_id: str, family: str, *, is_public: bool
) -> Reply:
    state = call.state
    token = issue_token(client, state, call.settings, call.now, user_id=user_id, family=family)
    refresh = IssuedRefreshToken(
        state.new_secret("refresh"), client.id, user_id, family, is_public=is_public
    )
    if len(state.refresh_tokens) >= MAX_TOKENS:
        del state.refresh_tokens[next(iter(state.refresh_tokens))]
    state.refresh_tokens[refresh.value] = refresh
    return _granted(call, client, token, refresh)


def _granted(
    call: LoginCall,
    client: OAuthClient,
    token: IssuedToken,
    refresh: IssuedRefreshToken | None = None,
) -> Reply:
    body: dict[str, Json] = {
        "access_token": token.value,
        "token_type": "bearer",
        "expires_in": int(token_lifetime(client, call.settings)),
    }
    if refresh is not None:
        body["refresh_token"] = refresh.value
    # RFC 6749 section 5.1: "MUST include the HTTP "Cache-Control" ... "no-store" in any response
    # containing tokens".
    return json_reply(body, headers=[("Cache-Control", "no-store"), ("Pragma", "no-cache")])

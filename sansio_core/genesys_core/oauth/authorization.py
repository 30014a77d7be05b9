"""Signing in through a browser: the URL that is opened, and the redirect that comes back.

Law: what goes into a URL is encoded, what comes out of one is decoded once and compared before it
is believed. Whatever the redirect holds, the outcome is a code, a token or one documented error.
"""

import hmac
import re
from typing import Final, Literal
from urllib.parse import parse_qsl, quote

from msgspec import Struct

from genesys_core.clock import Now
from genesys_core.codec.values import Open
from genesys_core.errors import InvalidValueError, OAuthError
from genesys_core.hosts import Hosts
from genesys_core.oauth.tokens import INVALID_RESPONSE, Token, error_of, token_of

__all__ = [
    "STATE_MISMATCH",
    "Implicit",
    "parse_code_redirect",
    "parse_token_redirect",
    "prepare_authorize_url",
    "prepare_logout_url",
]

STATE_MISMATCH: Final = "state_mismatch"
"""The code of redirects that answer another request than ours; no login host sends it."""


def prepare_authorize_url(
    hosts: Hosts,
    *,
    client_id: str,
    redirect_uri: str,
    code_challenge: str | None = None,
    response_type: Open[Literal["code", "token"]] = "code",
    state: str | None = None,
    org: str | None = None,
    provider: str | None = None,
    target: str | None = None,
    login_hint: str | None = None,
    prompt: Open[Literal["login"]] | None = None,
) -> str:
    """The URL at which a user signs in (RFC 6749, 4.1.1 and 4.2.1; RFC 7636, 4.3).

    Args:
        hosts: the URL leads to the login host, through the gateway where there is one.
        client_id: the OAuth client's id.
        redirect_uri: where the browser is sent afterwards; must be registered with the client.
        code_challenge: for PKCE, see :func:`~genesys_core.oauth.pkce.compute_pkce_code_challenge`.
        response_type: ``code``; ``token`` for the implicit grant.
        state: an unguessable word that comes back, see :func:`parse_code_redirect`.
        org: the organization's short name, to go straight to its identity provider.
        provider: the identity provider's name (``okta``, ``adfs``, ...); together with ``org``.
        target: the id of a trusted organization to sign in to.
        login_hint: ``email:orgName``, an email address or an organization's name, filled in ahead.
        prompt: ``login`` asks for the password even where a session is open.

    Raises:
        InvalidValueError: a value that is empty or cannot be sent, ``org`` without ``provider`` or
            the other way round, or a challenge that is none.
    """
    if (org is None) != (provider is None):
        given, missing = ("org", "provider") if provider is None else ("provider", "org")
        raise InvalidValueError(f"{given}: the platform needs {missing} as well, or neither")
    _check_challenge(code_challenge, response_type)
    fields = (
        ("client_id", client_id),
        ("redirect_uri", redirect_uri),
        ("code_challenge", code_challenge),
        ("response_type", response_type),
        ("code_challenge_method", None if code_challenge is None else "S256"),
        ("state", state),
        ("org", org),
        ("provider", provider),
        ("target", target),
        ("login_hint", login_hint),
        ("prompt", prompt),
    )
    return f"{hosts.login}/oauth/authorize?{_query(fields)}"


def prepare_logout_url(hosts: Hosts, *, client_id: str, redirect_uri: str | None = None) -> str:
    """The URL that ends a user's session in the browser.

    That it revokes tokens is said nowhere, so it is not to be relied on: the platform's revocation is
    ``DELETE /api/v2/tokens/me``, which ``client.auth.sign_out()`` sends.

    Args:
        hosts: the URL leads to the login host, through the gateway where there is one.
        client_id: the OAuth client's id.
        redirect_uri: where the browser is sent afterwards.

    Raises:
        InvalidValueError: a value that is empty or cannot be sent.
    """
    fields = (("client_id", client_id), ("redirect_uri", redirect_uri))
    return f"{hosts.login}/logout?{_query(fields)}"


def parse_code_redirect(url: str, *, state: str | None) -> str:
    """The authorization code that a redirect brings in its query (RFC 6749, 4.1.2).

    Args:
        url: the URL that the browser was sent to, or its path with the query.
        state: the state of the authorize URL, ``None`` if it had none.

    Raises:
        OAuthError: by its wire code, ``access_denied`` if the user refused; ``state_mismatch`` if
            the redirect answers another request; ``invalid_response`` if it answers none.
    """
    fields = _received(url, _queried(url), state)
    if not fields.get("code"):
        raise OAuthError(INVALID_RESPONSE, "the redirect brings neither a code nor an error")
    return fields["code"]


def parse_token_redirect(url: str, *, state: str | None, now: Now) -> Token:
    """The token that a redirect of the implicit grant brings in its fragment (RFC 6749, 4.2.2).

    Args:
        url: the URL that the browser was sent to, with its fragment.
        state: the state of the authorize URL, ``None`` if it had none.
        now: when it came.

    Raises:
        OAuthError: as :func:`parse_code_redirect` does.
    """
    fields = _received(url, _fragment(url), state)
    return token_of({name: fields[name] for name in fields if name != "state"}, now=now)


class Implicit(Struct, frozen=True):
    """The implicit grant: the redirect itself brings the token. The platform is retiring it.

    No new clients since 2026, to end in 2027: use :class:`~genesys_core.oauth.grants.Pkce`. There is no
    exchange and no refresh token, so that this is nothing to give a client as ``auth``; give it
    the token.

    Args:
        client_id: the OAuth client's id.
        redirect_uri: where the browser is sent; must be registered with the client.
    """

    client_id: str
    redirect_uri: str

    def authorize_url(
        self,
        hosts: Hosts,
        *,
        state: str | None = None,
        org: str | None = None,
        provider: str | None = None,
        target: str | None = None,
        login_hint: str | None = None,
        prompt: Open[Literal["login"]] | None = None,
    ) -> str:
        """The URL at which the user signs in; see :func:`prepare_authorize_url`."""
        return prepare_authorize_url(
            hosts,
            client_id=self.client_id,
            redirect_uri=self.redirect_uri,
            response_type="token",
            state=state,
            org=org,
            provider=provider,
            target=target,
            login_hint=login_hint,
            prompt=prompt,
        )

    def token(self, url: str, *, state: str | None, now: Now) -> Token:
        """The token that the redirect brings; see :func:`parse_token_redirect`."""
        return parse_token_redirect(url, state=state, now=now)


# RFC 7636, 4.2: BASE64URL-ENCODE(SHA256(...)), which is 43 characters.
_CHALLENGE = re.compile(r"[0-9A-Za-z_-]{43}")


def _check_challenge(challenge: str | None, response_type: str) -> None:
    if challenge is None:
        return
    if response_type == "token":
        raise InvalidValueError("code_challenge: the implicit grant has no code to prove; leave it")
    if _CHALLENGE.fullmatch(challenge) is None:
        raise InvalidValueError(
            "code_challenge: must be 43 characters of base64url; "
            "give compute_pkce_code_challenge(code_verifier), never the verifier itself"
        )


def _query(fields: tuple[tuple[str, str | None], ...]) -> str:
    return "&".join(f"{name}={_quoted(name, value)}" for name, value in fields if value is not None)


def _quoted(name: str, value: str) -> str:
    if not value.strip():
        raise InvalidValueError(f"{name}: must not be empty; leave it out for none")
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise InvalidValueError(
            f"{name}: has half a surrogate pair, which UTF-8 cannot encode"
        ) from None


def _queried(url: str) -> dict[str, str]:
    return _fields(url.partition("#")[0].partition("?")[2])


def _fragment(url: str) -> dict[str, str]:
    return _fields(url.partition("#")[2])


def _fields(text: str) -> dict[str, str]:
    pairs = parse_qsl(text, keep_blank_values=True, errors="replace")
    # RFC 6749, 3.1: "Request and response parameters MUST NOT be included more than once."
    once = [name for name, _ in pairs if name in _ONCE]
    if len(set(once)) != len(once):
        raise OAuthError(INVALID_RESPONSE, "the redirect repeats a parameter; nothing is read")
    return dict(pairs)


_ONCE = frozenset({"access_token", "code", "error", "state"})


def _received(url: str, fields: dict[str, str], state: str | None) -> dict[str, str]:
    """The fields, if they are an answer to our request and no error."""
    # A login host that fails early may put the error in the other place.
    refusal = next((f for f in (fields, _queried(url), _fragment(url)) if f.get("error")), None)
    answer = fields if refusal is None else refusal
    # An error that brings no state is believed: nobody gains by forging a refusal.
    if (refusal is None or "state" in refusal) and not _same(answer.get("state"), state):
        raise OAuthError(
            STATE_MISMATCH,
            "the redirect does not answer this sign-in: its state differs; start it again",
        )
    if refusal is not None:
        raise error_of(refusal["error"], refusal.get("error_description") or None)
    return fields


def _same(received: str | None, sent: str | None) -> bool:
    # In constant time, so that nobody learns the state by measuring refusals.
    if received is None or sent is None:
        return received is sent
    return hmac.compare_digest(_bytes(received), _bytes(sent))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")

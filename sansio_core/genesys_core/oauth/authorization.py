"""Authorization requests and responses for a browser sign-in (RFC 6749, RFC 7636).

Invariants: values are percent-encoded into a URL, decoded exactly once from a redirect, and
validated before use. Parsing a redirect yields a code, a token or a documented error.
"""

import re
from typing import Final, Literal
from urllib.parse import parse_qsl, quote

from msgspec import Struct

from genesys_core.checks import TEXT, Expected
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
"""Error code for a redirect whose state does not match the request; never sent by a login host."""


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
    """Build the URL of the sign-in page (RFC 6749 sections 4.1.1 and 4.2.1; RFC 7636 section 4.3).

    Args:
        hosts: the login host, or the gateway in front of it.
        client_id: the OAuth client's id.
        redirect_uri: the URI to which the browser is redirected after the sign-in; must be
            registered for the OAuth client.
        code_challenge: for PKCE, see :func:`~genesys_core.oauth.pkce.compute_pkce_code_challenge`.
        response_type: ``code``; ``token`` for the implicit grant.
        state: an unguessable value that the redirect repeats; see :func:`parse_code_redirect`.
        org: the organization's short name, to go directly to its identity provider.
        provider: the identity provider's name (``okta``, ``adfs``, ...); required with ``org``.
        target: the id of a trusted organization to sign in to.
        login_hint: ``email:orgName``, an email address or an organization name to prefill.
        prompt: ``login`` requires the password even if a session exists.

    Raises:
        InvalidValueError: a value is empty or cannot be sent, only one of ``org`` and ``provider``
            is given, or the challenge is malformed.
    """
    _HOSTS.check("hosts", hosts)
    for name, value in (("client_id", client_id), ("redirect_uri", redirect_uri)):
        TEXT.check(name, value)
    if (org is None) != (provider is None):
        given, missing = ("org", "provider") if provider is None else ("provider", "org")
        raise InvalidValueError(f"{given}: requires {missing} as well; pass both or neither")
    _check_challenge(code_challenge, response_type)
    # The order of the official JavaScript SDK, so that URLs can be compared with it.
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
    """Build the URL that ends a user's browser session.

    The platform does not document that this revokes tokens, so do not rely on it: to revoke tokens,
    send ``DELETE /api/v2/tokens/me``, as ``client.auth.sign_out()`` does.

    Args:
        hosts: the login host, or the gateway in front of it.
        client_id: the OAuth client's id.
        redirect_uri: the URI to which the browser is redirected after signing out.

    Raises:
        InvalidValueError: a value is empty or cannot be sent.
    """
    _HOSTS.check("hosts", hosts)
    TEXT.check("client_id", client_id)
    fields = (("client_id", client_id), ("redirect_uri", redirect_uri))
    return f"{hosts.login}/logout?{_query(fields)}"


def parse_code_redirect(url: str, *, state: str | None) -> str:
    """Return the authorization code in the query of a redirect (RFC 6749 section 4.1.2).

    Args:
        url: the redirect URL, or its path and query.
        state: the authorization request's state. ``None`` if the request had no state: the
            application is then open to forged redirects (CSRF). An empty state never matches.

    Raises:
        OAuthError: its ``error`` is ``access_denied`` if the user refused, or another code of the
            login host; ``state_mismatch`` if the redirect belongs to another request;
            ``invalid_response`` if the redirect has neither a code nor an error, or has a code, an
            error or a state twice.
    """
    fields = _received(url, _queried(url), state)
    if not fields.get("code"):
        raise OAuthError(INVALID_RESPONSE, "the redirect has neither a code nor an error")
    return fields["code"]


def parse_token_redirect(url: str, *, state: str | None, now: Now) -> Token:
    """Return the token in the fragment of an implicit grant's redirect (RFC 6749 section 4.2.2).

    Args:
        url: the redirect URL, with its fragment.
        state: the authorization request's state; ``None`` if it had none.
        now: when the redirect was received.

    Raises:
        OAuthError: see :func:`parse_code_redirect`.
    """
    fields = _received(url, _fragment(url), state)
    return token_of({name: fields[name] for name in fields if name != "state"}, now=now)


class Implicit(Struct, frozen=True):
    """The implicit grant, whose redirect contains the token. Deprecated by the platform.

    The platform has accepted no new clients since 2026 and ends support in 2027; use
    :class:`~genesys_core.oauth.grants.Pkce`. There is no token request and no refresh token, so a
    client cannot use this grant as ``auth``; pass the token to the client instead.

    Args:
        client_id: the OAuth client's id.
        redirect_uri: the URI to which the browser is redirected; must be registered for the OAuth
            client.
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
        """Build the URL at which the user signs in; see :func:`prepare_authorize_url`."""
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
        """Return the token in a redirect URL; see :func:`parse_token_redirect`."""
        return parse_token_redirect(url, state=state, now=now)


# RFC 7636 section 4.2: BASE64URL-ENCODE(SHA256(...)), which is 43 characters.
_CHALLENGE = re.compile(r"[0-9A-Za-z_-]{43}")


def _check_challenge(challenge: str | None, response_type: str) -> None:
    if challenge is None:
        return
    TEXT.check("code_challenge", challenge)
    if response_type == "token":
        raise InvalidValueError(
            "code_challenge: not used by the implicit grant, which has no code; omit it"
        )
    if _CHALLENGE.fullmatch(challenge) is None:
        raise InvalidValueError(
            "code_challenge: must be 43 characters of base64url; "
            "pass compute_pkce_code_challenge(code_verifier), not the verifier"
        )


def _query(fields: tuple[tuple[str, str | None], ...]) -> str:
    return "&".join(f"{name}={_quoted(name, value)}" for name, value in fields if value is not None)


_HOSTS: Final = Expected("the hosts", "Hosts.resolve(region='eu_west_1')", (Hosts,))


def _quoted(name: str, value: str) -> str:
    TEXT.check(name, value)
    if not value.strip():
        raise InvalidValueError(f"{name}: must not be empty; omit it instead")
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise InvalidValueError(
            f"{name}: contains a lone surrogate, which UTF-8 cannot encode"
        ) from None


def _queried(url: str) -> dict[str, str]:
    return _fields(url.partition("#")[0].partition("?")[2])


def _fragment(url: str) -> dict[str, str]:
    return _fields(url.partition("#")[2])


def _fields(text: str) -> dict[str, str]:
    pairs = parse_qsl(text, keep_blank_values=True, errors="replace")
    # RFC 6749 section 3.1: "Request and response parameters MUST NOT be included more than once."
    once = [name for name, _ in pairs if name in _ONCE]
    if len(set(once)) != len(once):
        raise OAuthError(INVALID_RESPONSE, "the redirect has a duplicate parameter")
    return dict(pairs)


# Only the parameters whose values decide the result; other parameters may occur twice.
_ONCE = frozenset({"access_token", "code", "error", "state"})


def _received(url: str, fields: dict[str, str], state: str | None) -> dict[str, str]:
    """Return the redirect's fields; raise the error that it reports, or one for a wrong state."""
    # An error of the implicit grant may be in the query as well, if the login host fails early.
    refusal = next((f for f in (fields, _queried(url), _fragment(url)) if f.get("error")), None)
    answer = fields if refusal is None else refusal
    # An error without a state is accepted: forging a refusal gains an attacker nothing.
    if (refusal is None or "state" in refusal) and not _same(answer.get("state"), state):
        raise OAuthError(
            STATE_MISMATCH,
            "the redirect's state does not match this sign-in; start the sign-in again",
        )
    if refusal is not None:
        raise error_of(refusal["error"], refusal.get("error_description") or None)
    return fields


def _same(received: str | None, sent: str | None) -> bool:
    # prepare_authorize_url rejects an empty state, so an empty `sent` means that the caller has lost
    # the state, for example with a cookie.
    if not received or not sent:
        return received is None and sent is None
    import hmac  # noqa: PLC0415 - few clients sign users in

    # Constant-time comparison, so that response times do not leak the state.
    return hmac.compare_digest(_bytes(received), _bytes(sent))


def _bytes(text: str) -> bytes:
    # compare_digest takes strings in ASCII only, and a forged state may be any text.
    return text.encode("utf-8", "surrogatepass")

"""OAuth grants, which are exchanged for access tokens.

Invariants: a grant never shows its secrets, is validated on construction, and determines the token
request: the form fields, in the order of the official SDKs, and whether a Basic header is sent.

===================== ==============================================================  ===========
grant                 form                                                            Basic
===================== ==============================================================  ===========
ClientCredentials     ``grant_type=client_credentials``                               yes
AuthorizationCode     ``grant_type=authorization_code&code&redirect_uri``             yes
Pkce                  ``...&code&code_verifier&client_id&redirect_uri``               no
RefreshToken          ``grant_type=refresh_token&refresh_token``                      with a secret
RefreshToken, public  ``...&refresh_token&client_id``                                 no
Saml2Bearer           ``grant_type=urn:...:saml2-bearer&orgName&assertion``           yes
===================== ==============================================================  ===========

The implicit grant has no token request; see :class:`genesys_core.oauth.authorization.Implicit`.
"""

import re
from collections.abc import Iterator
from typing import ClassVar, Final, Protocol, TypeAlias

import msgspec

from genesys_core.checks import Expected
from genesys_core.confidential import Confidential
from genesys_core.errors import ConfigurationError
from genesys_core.oauth.pkce import verifier_problem

__all__ = [
    "EXPECTED_GRANT",
    "AuthorizationCode",
    "ClientCredentials",
    "Form",
    "Grant",
    "Pkce",
    "RefreshToken",
    "Saml2Bearer",
]

Form: TypeAlias = tuple[tuple[str, str], ...]
"""The form fields of a token request, in order."""


class Grant(Protocol):
    """Credentials that can be exchanged for a token."""

    @property
    def client_id(self) -> str:
        """The OAuth client's id."""
        ...

    @property
    def repeatable(self) -> bool:
        """Whether the grant can be exchanged any number of times."""
        ...

    @property
    def resumes(self) -> bool:
        """Whether a stored token may be used instead of exchanging this grant at startup.

        True only if the grant and the stored token necessarily belong to the same user or client.
        """
        ...

    def form(self) -> Form:
        """The form fields of the token request, in the order of the official SDKs."""
        ...

    def basic(self) -> tuple[str, str] | None:
        """Client id and secret for the Basic header, or ``None`` if the grant sends none."""
        ...

    def renewed(self, refresh_token: str) -> "Grant | None":
        """Return the grant for a refresh token that was issued for this grant."""
        ...


EXPECTED_GRANT: Final = Expected(
    "a grant",
    "ClientCredentials(client_id, client_secret)",
    methods=("form", "basic", "renewed"),
)
"""Checks that an argument is a grant. :class:`~genesys_core.oauth.authorization.Implicit` is not
accepted: its token is received by a browser, and passed as ``access_token`` or to
``client.auth.use``."""


class _Material(Confidential, frozen=True):
    """Base class of grants: validates the fields and reports all problems at once."""

    __instead_of_pickling__: ClassVar[str] = (
        "pass the client id and have that process read the secret from its own source, such as the environment"
    )

    @property
    def repeatable(self) -> bool:
        """Whether the grant can be exchanged more than once.

        ``False`` by default: codes are valid once, and refresh tokens are rotated.
        """
        return False

    @property
    def resumes(self) -> bool:
        """Whether a stored token may be used instead of exchanging this grant.

        ``False`` by default: a new code or assertion may belong to another user.
        """
        return False

    def __post_init__(self) -> None:
        problems = tuple(self._problems())
        if problems:
            raise ConfigurationError(problems)

    def _problems(self) -> Iterator[str]:
        for name, value in msgspec.structs.asdict(self).items():
            yield from text_problems(name, value)


class _WithSecret(_Material, frozen=True):
    """A confidential client, which sends its id and secret in a Basic header."""

    __secrets__: ClassVar[frozenset[str]] = frozenset({"client_secret"})

    client_id: str
    client_secret: str

    def basic(self) -> tuple[str, str]:
        """Client id and secret for the Basic header."""
        return self.client_id, self.client_secret

    def renewed(self, refresh_token: str) -> "RefreshToken":
        """Return the grant for a refresh token that was issued to the same client."""
        return RefreshToken(self.client_id, self.client_secret, refresh_token)

    def _problems(self) -> Iterator[str]:
        yield from super()._problems()
        yield from colon_problems(self.client_id)


class ClientCredentials(_WithSecret, frozen=True):
    """Client credentials (RFC 6749 section 4.4): a client acts on its own behalf.

    There is no refresh token; tokens are renewed by repeating the exchange.

    Args:
        client_id: the OAuth client's id.
        client_secret: the OAuth client's secret; never shown.

    Raises:
        ConfigurationError: a value is empty or cannot be sent.
    """

    @property
    def repeatable(self) -> bool:
        """Always ``True``: client credentials can be exchanged any number of times."""
        return True

    @property
    def resumes(self) -> bool:
        """Always ``True``: no user is involved, so the stored token belongs to the same client."""
        return True

    def form(self) -> Form:
        """Form field of the token request: ``grant_type=client_credentials``."""
        return (("grant_type", "client_credentials"),)


class AuthorizationCode(_WithSecret, frozen=True):
    """An authorization code for a confidential client (RFC 6749 section 4.1).

    Args:
        client_id: the OAuth client's id.
        client_secret: the OAuth client's secret; never shown.
        code: the authorization code in the redirect, as returned by
            :func:`~genesys_core.oauth.authorization.parse_code_redirect`; valid for one exchange;
            never shown.
        redirect_uri: the redirect URI, exactly as in the authorization request (RFC 6749 section
            4.1.3).

    Raises:
        ConfigurationError: a value is empty or cannot be sent.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"client_secret", "code"})

    code: str
    redirect_uri: str

    def form(self) -> Form:
        """Form fields of the token request: grant type, code and redirect URI."""
        return (
            ("grant_type", "authorization_code"),
            ("code", self.code),
            ("redirect_uri", self.redirect_uri),
        )


class Saml2Bearer(_WithSecret, frozen=True):
    """A SAML 2.0 assertion from an identity provider (RFC 7522).

    Args:
        client_id: the OAuth client's id.
        client_secret: the OAuth client's secret; never shown.
        org_name: the organization's short name.
        assertion: the SAML response in base64 or base64url, with or without padding; line breaks
            are removed; never shown.

    Raises:
        ConfigurationError: a value is empty or cannot be sent, or the assertion is not base64.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"client_secret", "assertion"})

    org_name: str
    assertion: str

    def __post_init__(self) -> None:
        super().__post_init__()
        # RFC 2045 section 6.8 breaks base64 into lines of 76 characters; the breaks are not data.
        msgspec.structs.force_setattr(self, "assertion", "".join(self.assertion.split()))

    @property
    def repeatable(self) -> bool:
        """Always ``True``: the login host accepts an assertion repeatedly until it expires."""
        return True

    def form(self) -> Form:
        """Form fields of the token request: grant type, organization name and assertion."""
        return (
            ("grant_type", "urn:ietf:params:oauth:grant-type:saml2-bearer"),
            ("orgName", self.org_name),
            ("assertion", self.assertion),
        )

    def _problems(self) -> Iterator[str]:
        # The inherited checks are not used, because they reject the line breaks of an assertion.
        yield from _client_problems(self.client_id, self.client_secret)
        yield from text_problems("org_name", self.org_name)
        yield from assertion_problems(self.assertion)


class Pkce(_Material, frozen=True):
    """An authorization code for a public client, with PKCE (RFC 7636): no Basic header.

    Args:
        client_id: the OAuth client's id.
        code: the authorization code in the redirect; valid for one exchange; never shown.
        code_verifier: the verifier of the authorization request's code challenge; never shown.
        redirect_uri: the redirect URI, exactly as in the authorization request.

    Raises:
        ConfigurationError: a value is empty or cannot be sent, or the code verifier is malformed.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"code", "code_verifier"})

    client_id: str
    code: str
    code_verifier: str
    redirect_uri: str

    def form(self) -> Form:
        """Form fields of the token request: grant type, code, verifier, client id, redirect URI."""
        return (
            ("grant_type", "authorization_code"),
            ("code", self.code),
            ("code_verifier", self.code_verifier),
            ("client_id", self.client_id),
            ("redirect_uri", self.redirect_uri),
        )

    def basic(self) -> None:
        """Always ``None``: a public client has no secret, so it sends no Basic header."""

    def renewed(self, refresh_token: str) -> "RefreshToken":
        """Return the grant for a refresh token that was issued to the same public client."""
        return RefreshToken(self.client_id, None, refresh_token)

    def _problems(self) -> Iterator[str]:
        yield from super()._problems()
        problem = verifier_problem(self.code_verifier)
        if problem is not None:
            yield problem


class RefreshToken(_Material, frozen=True):
    """A refresh token from an earlier sign-in. The platform may rotate it on each use.

    Args:
        client_id: the OAuth client's id.
        client_secret: the OAuth client's secret, never shown; ``None`` for a public client (PKCE).
        refresh_token: the refresh token; never shown.

    Raises:
        ConfigurationError: a value is empty or cannot be sent.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"client_secret", "refresh_token"})

    client_id: str
    client_secret: str | None = None
    # Required, although it has a default: it follows a field with a default, and "" is rejected.
    refresh_token: str = ""

    @property
    def resumes(self) -> bool:
        """Always ``True``: the stored token was obtained from this refresh token."""
        return True

    def form(self) -> Form:
        """Form fields of the token request: grant type, refresh token, and a public client's id.

        See RFC 6749 sections 6 and 3.2.1.
        """
        form: Form = (("grant_type", "refresh_token"), ("refresh_token", self.refresh_token))
        return form if self.client_secret is not None else (*form, ("client_id", self.client_id))

    def basic(self) -> tuple[str, str] | None:
        """Client id and secret for the Basic header; ``None`` if the client has no secret."""
        return None if self.client_secret is None else (self.client_id, self.client_secret)

    def renewed(self, refresh_token: str) -> "RefreshToken":
        """Return the grant for the refresh token that replaced this one."""
        return RefreshToken(self.client_id, self.client_secret, refresh_token)

    def _problems(self) -> Iterator[str]:
        if self.client_secret is None:
            yield from text_problems("client_id", self.client_id)
        else:
            yield from _client_problems(self.client_id, self.client_secret)
        yield from text_problems("refresh_token", self.refresh_token)


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def text_problems(name: str, value: object) -> Iterator[str]:
    """Yield the problems with a value: not a string, empty, control characters, lone surrogates."""
    if not isinstance(value, str) or not value.strip():
        yield f"{name}: must be a non-empty string"
    elif _CONTROL.search(value):
        # RFC 7617 section 2: "The user-id and password MUST NOT contain any control characters".
        yield f"{name}: contains a line break or another control character; remove it"
    elif any("\ud800" <= character <= "\udfff" for character in value):
        yield f"{name}: contains a lone surrogate, which UTF-8 cannot encode"


def colon_problems(client_id: object) -> Iterator[str]:
    """Yield a problem if a client id contains a colon; a Basic header does not allow it."""
    # RFC 7617 section 2: "a user-id containing a colon character is invalid".
    if isinstance(client_id, str) and ":" in client_id:
        yield "client_id: contains a colon, which a Basic header cannot represent; pass only the id"


def _client_problems(client_id: object, client_secret: object) -> Iterator[str]:
    yield from text_problems("client_id", client_id)
    yield from text_problems("client_secret", client_secret)
    yield from colon_problems(client_id)


_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]+|[A-Za-z0-9_-]+)(={0,2})")


def assertion_problems(assertion: object) -> Iterator[str]:
    """Yield a problem if an assertion is neither base64 nor base64url."""
    if not isinstance(assertion, str) or not assertion.strip():
        yield "assertion: must be a non-empty string"
    elif assertion.lstrip("\ufeff \t\r\n").startswith("<"):
        yield (
            "assertion: is raw XML; encode the whole SAML response: base64.b64encode(xml.encode()).decode()"
        )
    elif not _is_base64("".join(assertion.split())):
        yield "assertion: must be base64 or base64url (RFC 4648 sections 4 and 5), not a mixture of both"


def _is_base64(text: str) -> bool:
    match = _BASE64.fullmatch(text)
    if match is None:
        return False
    # RFC 4648 section 3.2: padding completes the last four characters, or is omitted entirely.
    return len(text) % 4 == 0 if match[1] else len(text) % 4 != 1

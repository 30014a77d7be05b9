"""Grants: the material that is exchanged for a token.

Law: a grant shows no secret, is checked when it is made, and says itself what goes on the wire:
the fields of the form in the order of the official SDKs, and whether a Basic header goes with them.

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

The implicit grant has no exchange; see :class:`genesys_core.oauth.authorization.Implicit`.
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
"""Fields of a form, in order."""


class Grant(Protocol):
    """How a token is obtained."""

    @property
    def client_id(self) -> str:
        """The OAuth client's id."""
        ...

    @property
    def repeatable(self) -> bool:
        """Whether the same material gets another token, any number of times."""
        ...

    @property
    def resumes(self) -> bool:
        """Whether a token in a store may be taken instead of exchanging this at the start.

        True only where the material cannot stand for somebody else than the stored token does.
        """
        ...

    def form(self) -> Form:
        """The form fields of the token request, in the order the official SDKs send them."""
        ...

    def basic(self) -> tuple[str, str] | None:
        """Client id and secret for the Basic header, or ``None`` for a grant without one."""
        ...

    def renewed(self, refresh_token: str) -> "Grant | None":
        """The grant that spends a refresh token which this one was given."""
        ...


EXPECTED_GRANT: Final = Expected(
    "a grant",
    "ClientCredentials(client_id, client_secret)",
    methods=("form", "basic", "renewed"),
)
"""What is checked of a grant. :class:`~genesys_core.oauth.authorization.Implicit` is none: its token
comes through a browser, and goes to ``access_token`` or ``client.auth.use``."""


class _Material(Confidential, frozen=True):
    """What all grants share: the check of their fields, all problems at once."""

    __instead_of_pickling__: ClassVar[str] = (
        "pass the client id, and let that process read the secret where this one did, "
        "such as in its environment"
    )

    def __post_init__(self) -> None:
        problems = tuple(self._problems())
        if problems:
            raise ConfigurationError(problems)

    def _problems(self) -> Iterator[str]:
        for name, value in msgspec.structs.asdict(self).items():
            yield from text_problems(name, value)


class _WithSecret(_Material, frozen=True):
    """A confidential client: it sends its id and secret in a Basic header."""

    __secrets__: ClassVar[frozenset[str]] = frozenset({"client_secret"})

    client_id: str
    client_secret: str

    def basic(self) -> tuple[str, str]:
        """Client id and secret."""
        return self.client_id, self.client_secret

    def renewed(self, refresh_token: str) -> "RefreshToken":
        """The same client, spending a refresh token."""
        return RefreshToken(self.client_id, self.client_secret, refresh_token)

    def _problems(self) -> Iterator[str]:
        yield from super()._problems()
        yield from colon_problems(self.client_id)


class ClientCredentials(_WithSecret, frozen=True):
    """A service signs in as itself: no user, no refresh token, renewed by asking again.

    Args:
        client_id: the OAuth client's id.
        client_secret: its secret; never shown.

    Raises:
        ConfigurationError: a value that is empty or cannot be sent.
    """

    @property
    def repeatable(self) -> bool:
        """Always."""
        return True

    @property
    def resumes(self) -> bool:
        """Always: a client is always itself."""
        return True

    def form(self) -> Form:
        """``grant_type=client_credentials``."""
        return (("grant_type", "client_credentials"),)


class AuthorizationCode(_WithSecret, frozen=True):
    """A user signed in, and the redirect brought a code to a server that can keep a secret.

    Args:
        client_id: the OAuth client's id.
        client_secret: its secret; never shown.
        code: from the redirect, see :func:`~genesys_core.oauth.authorization.parse_code_redirect`; good for
            one exchange; never shown.
        redirect_uri: exactly as in the authorize URL (RFC 6749, 4.1.3).

    Raises:
        ConfigurationError: a value that is empty or cannot be sent.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"client_secret", "code"})

    code: str
    redirect_uri: str

    @property
    def repeatable(self) -> bool:
        """Never: a code is good for one exchange."""
        return False

    @property
    def resumes(self) -> bool:
        """Never: a new code is a new sign-in."""
        return False

    def form(self) -> Form:
        """The code, and the URI that it was sent to."""
        return (
            ("grant_type", "authorization_code"),
            ("code", self.code),
            ("redirect_uri", self.redirect_uri),
        )


class Saml2Bearer(_WithSecret, frozen=True):
    """An identity provider vouches for a user (RFC 7522).

    Args:
        client_id: the OAuth client's id.
        client_secret: its secret; never shown.
        org_name: the organization's short name.
        assertion: the SAML response in base64 or base64url, with or without padding; line breaks
            are removed; never shown.

    Raises:
        ConfigurationError: a value that is empty or cannot be sent, or an assertion that is not
            encoded.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"client_secret", "assertion"})

    org_name: str
    assertion: str

    def __post_init__(self) -> None:
        super().__post_init__()
        # RFC 2045, 6.8 breaks base64 into lines of 76; nobody means the breaks.
        msgspec.structs.force_setattr(self, "assertion", "".join(self.assertion.split()))

    @property
    def repeatable(self) -> bool:
        """Until the assertion ends, which only the login host can tell."""
        return True

    @property
    def resumes(self) -> bool:
        """Never: another assertion may be another user's."""
        return False

    def form(self) -> Form:
        """The organization and the assertion, encoded as it was given."""
        return (
            ("grant_type", "urn:ietf:params:oauth:grant-type:saml2-bearer"),
            ("orgName", self.org_name),
            ("assertion", self.assertion),
        )

    def _problems(self) -> Iterator[str]:
        yield from _client_problems(self.client_id, self.client_secret)
        yield from text_problems("org_name", self.org_name)
        yield from assertion_problems(self.assertion)


class Pkce(_Material, frozen=True):
    """A user signed in to an app that cannot keep a secret (RFC 7636): no Basic header.

    Args:
        client_id: the OAuth client's id.
        code: from the redirect; good for one exchange; never shown.
        code_verifier: what the challenge in the authorize URL was computed from; never shown.
        redirect_uri: exactly as in the authorize URL.

    Raises:
        ConfigurationError: a value that is empty or cannot be sent, or no code verifier.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"code", "code_verifier"})

    client_id: str
    code: str
    code_verifier: str
    redirect_uri: str

    @property
    def repeatable(self) -> bool:
        """Never: a code is good for one exchange."""
        return False

    @property
    def resumes(self) -> bool:
        """Never: a new code is a new sign-in."""
        return False

    def form(self) -> Form:
        """The code, what proves that it is ours, and who we are."""
        return (
            ("grant_type", "authorization_code"),
            ("code", self.code),
            ("code_verifier", self.code_verifier),
            ("client_id", self.client_id),
            ("redirect_uri", self.redirect_uri),
        )

    def basic(self) -> None:
        """None: the client has no secret."""

    def renewed(self, refresh_token: str) -> "RefreshToken":
        """The same client, still without a secret."""
        return RefreshToken(self.client_id, None, refresh_token)

    def _problems(self) -> Iterator[str]:
        yield from super()._problems()
        problem = verifier_problem(self.code_verifier)
        if problem is not None:
            yield problem


class RefreshToken(_Material, frozen=True):
    """A refresh token kept from an earlier sign-in; each use may rotate it.

    Args:
        client_id: the OAuth client's id.
        client_secret: its secret, never shown; ``None`` for a client that signed in with PKCE.
        refresh_token: the token to spend; never shown.

    Raises:
        ConfigurationError: a value that is empty or cannot be sent.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"client_secret", "refresh_token"})

    client_id: str
    client_secret: str | None = None
    refresh_token: str = ""

    @property
    def repeatable(self) -> bool:
        """Never: the platform rotates refresh tokens."""
        return False

    @property
    def resumes(self) -> bool:
        """Always: what is stored is what this token has become."""
        return True

    def form(self) -> Form:
        """The token; with a public client also whose it is (RFC 6749, 6 and 3.2.1)."""
        form: Form = (("grant_type", "refresh_token"), ("refresh_token", self.refresh_token))
        return form if self.client_secret is not None else (*form, ("client_id", self.client_id))

    def basic(self) -> tuple[str, str] | None:
        """Client id and secret, where there is one."""
        return None if self.client_secret is None else (self.client_id, self.client_secret)

    def renewed(self, refresh_token: str) -> "RefreshToken":
        """The same client with the rotated token."""
        return RefreshToken(self.client_id, self.client_secret, refresh_token)

    def _problems(self) -> Iterator[str]:
        if self.client_secret is None:
            yield from text_problems("client_id", self.client_id)
        else:
            yield from _client_problems(self.client_id, self.client_secret)
        yield from text_problems("refresh_token", self.refresh_token)


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def text_problems(name: str, value: object) -> Iterator[str]:
    """Why a value cannot be sent: not text, empty, a control character, half a surrogate pair."""
    if not isinstance(value, str) or not value.strip():
        yield f"{name}: must be a non-empty string"
    elif _CONTROL.search(value):
        # RFC 7617, 2: "The user-id and password MUST NOT contain any control characters".
        yield f"{name}: has a line break or another control character in it; remove it"
    elif any("\ud800" <= character <= "\udfff" for character in value):
        yield f"{name}: has half a surrogate pair, which UTF-8 cannot encode"


def colon_problems(client_id: object) -> Iterator[str]:
    """Why a client id cannot go into a Basic header."""
    # RFC 7617, 2: "a user-id containing a colon character is invalid".
    if isinstance(client_id, str) and ":" in client_id:
        yield "client_id: has a colon in it, which a Basic header cannot hold; is it the id alone?"


def _client_problems(client_id: object, client_secret: object) -> Iterator[str]:
    yield from text_problems("client_id", client_id)
    yield from text_problems("client_secret", client_secret)
    yield from colon_problems(client_id)


_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]+|[A-Za-z0-9_-]+)(={0,2})")


def assertion_problems(assertion: object) -> Iterator[str]:
    """Why an assertion is neither base64 nor base64url."""
    if not isinstance(assertion, str) or not assertion.strip():
        yield "assertion: must be a non-empty string"
    elif assertion.lstrip("\ufeff \t\r\n").startswith("<"):
        yield (
            "assertion: is raw XML; encode it: base64.b64encode(xml.encode()).decode(), "
            "with xml the whole SAML response"
        )
    elif not _is_base64("".join(assertion.split())):
        yield "assertion: must be in base64 or base64url (RFC 4648, 4 and 5), without a mixture"


def _is_base64(text: str) -> bool:
    match = _BASE64.fullmatch(text)
    if match is None:
        return False
    # RFC 4648, 3.2: padding fills the last four characters, or is left out altogether.
    return len(text) % 4 == 0 if match[1] else len(text) % 4 != 1

"""Tokens, codes and browser sessions that the login host issues.

Invariants: secret values never appear in a repr. All credentials that result from one sign-in share
a ``family``, so that they can be revoked together.
"""

from typing import ClassVar, Final

from genesys_core.confidential import Confidential

__all__ = ["SAML2_BEARER", "BrowserSession", "Code", "IssuedRefreshToken", "IssuedToken"]

SAML2_BEARER: Final = "urn:ietf:params:oauth:grant-type:saml2-bearer"
"""The grant type of SAML 2.0 assertions (RFC 7522)."""


class IssuedToken(Confidential, frozen=True):
    """An issued access token.

    Attributes:
        value: the token; hidden in the repr.
        client_id: the id of the client to which the token was issued.
        user_id: the id of the user for whom the token was issued, if any.
        expires: when the token expires, in seconds since 1970-01-01 UTC.
        family: the id of the sign-in that the token results from, if any.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"value"})

    value: str
    client_id: str
    user_id: str | None
    expires: float
    family: str | None = None


class IssuedRefreshToken(Confidential, frozen=True):
    """An issued refresh token, valid for one exchange.

    Attributes:
        value: the token; hidden in the repr.
        client_id: the id of the client to which the token was issued.
        user_id: the id of the user for whom the token was issued.
        family: the id of the sign-in that the token results from.
        is_public: whether the token was issued to a public client, which has no secret.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"value"})

    value: str
    client_id: str
    user_id: str
    family: str
    is_public: bool


class Code(Confidential, frozen=True):
    """An issued authorization code, valid for one exchange.

    Attributes:
        value: the code; hidden in the repr.
        client_id: the id of the client to which the code was issued.
        redirect_uri: the URI to which the code was sent; the token request must contain the same
            URI.
        challenge: the code challenge, if the client sent one.
        user_id: the id of the user who signed in.
        family: the id of the sign-in that the code results from.
        expires: when the code expires, in seconds since 1970-01-01 UTC.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"value"})

    value: str
    client_id: str
    redirect_uri: str
    challenge: str | None
    user_id: str
    family: str
    expires: float


class BrowserSession(Confidential, frozen=True):
    """A browser in which a user is signed in.

    Attributes:
        value: the value of the session cookie; hidden in the repr.
        user_id: the id of the user who is signed in.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"value"})

    value: str
    user_id: str

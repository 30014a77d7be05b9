"""What the login host hands out: tokens, codes, sessions of browsers.

Law: what was handed out is never shown. All that follows from one sign-in carries its ``family``,
so that it can be taken back together.
"""

from typing import ClassVar, Final

from genesys_core.confidential import Confidential

__all__ = ["SAML2_BEARER", "BrowserSession", "Code", "IssuedRefreshToken", "IssuedToken"]

SAML2_BEARER: Final = "urn:ietf:params:oauth:grant-type:saml2-bearer"
"""The grant type of RFC 7522."""


class IssuedToken(Confidential, frozen=True):
    """An access token that was issued.

    Attributes:
        value: what the bearer sends; never shown.
        client_id: to whom it was issued.
        user_id: for whom it stands, if for a user.
        expires: seconds since 1970-01-01 UTC.
        family: the sign-in that it comes from, if from one.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"value"})

    value: str
    client_id: str
    user_id: str | None
    expires: float
    family: str | None = None


class IssuedRefreshToken(Confidential, frozen=True):
    """A refresh token that was issued; good for one exchange.

    Attributes:
        value: what the client sends; never shown.
        client_id: to whom it was issued.
        user_id: for whom it stands.
        family: the sign-in that it comes from.
        is_public: whether it was issued without a client secret, and is taken back without one.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"value"})

    value: str
    client_id: str
    user_id: str
    family: str
    is_public: bool


class Code(Confidential, frozen=True):
    """An authorization code that was issued; good for one exchange.

    Attributes:
        value: what the redirect brings; never shown.
        client_id: to whom it was issued.
        redirect_uri: where it was sent, to be repeated in the exchange.
        challenge: the code challenge, where the client gave one.
        user_id: who signed in.
        family: the sign-in.
        expires: seconds since 1970-01-01 UTC.
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
    """A browser in which a user has signed in.

    Attributes:
        value: of the cookie; never shown.
        user_id: who signed in.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"value"})

    value: str
    user_id: str

"""Diagnosis of a setup: why a step of ``doctor`` failed, and how to fix it.

Invariants: a cause is named only if the error identifies it; any other error is reported with its
message.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from genesys_core import errors
from genesys_core.command_line.usage import UsageError

__all__ = [
    "CLOCK_TOLERANCE",
    "NO_CREDENTIALS",
    "Cause",
    "Diagnosis",
    "DoctorStep",
    "diagnose_clock",
    "diagnose_error",
    "is_answer",
    "lacks_user",
]

DoctorStep: TypeAlias = Literal["configuration", "connection", "token", "user", "channel"]
"""The steps of ``doctor`` in order; each requires the previous ones."""

Cause: TypeAlias = Literal[
    "configuration",
    "DNS",
    "connection refused",
    "timeout",
    "proxy",
    "proxy credentials",
    "certificate",
    "host name",
    "expired certificate",
    "TLS",
    "clock",
    "unexpected response",
    "no credentials",
    "client secret",
    "unknown client",
    "grant",
    "token",
    "permission",
    "rate limit",
    "platform",
    "network",
    "other",
]
"""The recognized causes of failed steps."""

CLOCK_TOLERANCE: Final = 300.0
"""Maximum accepted difference, in seconds, between this machine's clock and the platform's."""


@dataclass(frozen=True)
class Diagnosis:
    """The cause of a failed step, and how to fix it.

    Attributes:
        cause: the name of the cause.
        advice: what the user should do to fix the cause.
        message: the message of the error that the step raised.
    """

    cause: Cause
    advice: str
    message: str = ""


_ADVICE: Final[dict[Cause, str]] = {
    "configuration": "correct the setting; genesys-cloud config show lists the source of each setting",
    "DNS": "check the spelling of the host or region, and this machine's DNS settings",
    "connection refused": "check the host and port; behind a firewall, set HTTPS_PROXY or --proxy",
    "timeout": "a firewall may drop the connection; set HTTPS_PROXY or --proxy if you need a proxy",
    "proxy": "check the proxy's address in HTTPS_PROXY or --proxy, and whether it allows this host",
    "proxy credentials": "put the user name and password into the URL in HTTPS_PROXY, percent-encoded",
    "certificate": (
        "a proxy that inspects TLS has its own CA: pass the CA's certificate with --ca or SSL_CERT_FILE"
    ),
    "host name": "the certificate is for another host: check the host, gateway and proxy",
    "expired certificate": "check this machine's clock; if it is right, the server's certificate must be renewed",
    "TLS": "the server does not use TLS on this port: check the URL's scheme and port",
    "clock": "set this machine's clock, or enable time synchronization",
    "unexpected response": "a proxy or the network's sign-in page responded: check the host and proxy",
    "no credentials": (
        "run genesys-cloud login, or set GENESYSCLOUD_OAUTHCLIENT_ID and "
        "GENESYSCLOUD_OAUTHCLIENT_SECRET"
    ),
    "client secret": "check GENESYSCLOUD_OAUTHCLIENT_SECRET; if the secret is lost, create a new one",
    "unknown client": "check GENESYSCLOUD_OAUTHCLIENT_ID, and whether the region is your organization's",
    "grant": "the OAuth client must allow this grant type; see its settings in the admin interface",
    "token": "sign in again with genesys-cloud login, or obtain another token",
    "permission": "add the permission to a role of the user, or of the OAuth client",
    "rate limit": "other programs may use the same token or OAuth client; wait a minute",
    "platform": "see https://status.mypurecloud.com and try again later",
    "network": "try again; the connection was closed early, perhaps by a proxy",
    "other": "the message above describes the error",
}


def diagnose_error(error: BaseException) -> Diagnosis:
    """Return the diagnosis of a step that failed with an error."""
    message = str(error)
    cause = _cause_of(error, message)
    return Diagnosis(cause, _ADVICE[cause], message)


def _cause_of(error: BaseException, message: str) -> Cause:
    match error:
        # By the library's own messages, because these exceptions have no attribute that
        # distinguishes the causes.
        case errors.ProxyError():
            return "proxy credentials" if "407" in message else "proxy"
        case errors.TlsError():
            return _tls_cause(message.lower())
        case errors.ConnectError():
            return "DNS" if "resolving the name" in message else "connection refused"
        case errors.OAuthError():
            return _sign_in_cause(error)
        case _:
            return _cause_by_type(error)


def _cause_by_type(error: BaseException) -> Cause:
    for kind, cause in _CAUSES:
        if isinstance(error, kind):
            return cause
    return "other"


# The first match decides, so subclasses come before their bases.
_CAUSES: Final[tuple[tuple[type[BaseException], Cause], ...]] = (
    (UsageError, "configuration"),
    (errors.ConfigurationError, "configuration"),
    (errors.InvalidValueError, "configuration"),
    (errors.TimeoutError, "timeout"),
    (errors.ProtocolError, "unexpected response"),
    (errors.DecodeError, "unexpected response"),
    (errors.TransportError, "network"),
    (errors.AuthenticationError, "token"),
    (errors.PermissionDeniedError, "permission"),
    (errors.RateLimitError, "rate limit"),
    (errors.ServerError, "platform"),
    (errors.RedirectError, "unexpected response"),
    (errors.NotFoundError, "unexpected response"),
)


def _tls_cause(message: str) -> Cause:
    # By the texts of OpenSSL in the message, which are all that the error contains.
    if "expired" in message or "not yet valid" in message:
        return "expired certificate"
    if "hostname mismatch" in message or "ip address mismatch" in message:
        return "host name"
    return "certificate" if "certificate" in message else "TLS"


def _sign_in_cause(error: errors.OAuthError) -> Cause:
    if isinstance(error, errors.InvalidClientError):
        # The platform uses one error code for an unknown client and for a wrong secret.
        is_unknown = "not found" in (error.description or "").lower()
        return "unknown client" if is_unknown else "client secret"
    if isinstance(error, errors.UnauthorizedClientError | errors.UnsupportedGrantTypeError):
        return "grant"
    return "token" if isinstance(error, errors.InvalidGrantError) else "other"


def is_answer(error: errors.ApiError) -> bool:
    """Return whether an error response is from the platform.

    A proxy or a network's sign-in page responds with HTML or a redirect instead.
    """
    is_html = "html" in (error.headers.get("content-type") or "")
    return not is_html and (error.code is not None or error.status in {401, 403, 404})


def lacks_user(error: errors.ApiError) -> bool:
    """Return whether a request failed because the token does not belong to a user."""
    # By the message, because its code is not specific: "This request requires a user context."
    return error.status == 400 and "user" in str(error).lower()


def diagnose_clock(difference: float | None) -> Diagnosis | None:
    """Return a diagnosis if the clock of this machine is wrong, otherwise ``None``.

    Args:
        difference: seconds by which the clock is ahead of the platform's; ``None`` if unknown.
    """
    if difference is None or abs(difference) <= CLOCK_TOLERANCE:
        return None
    direction = "ahead of" if difference > 0 else "behind"
    words = f"this machine's clock is {abs(difference):,.0f} s {direction} the platform's"
    return Diagnosis("clock", _ADVICE["clock"], words)


NO_CREDENTIALS: Final = Diagnosis(
    "no credentials",
    _ADVICE["no credentials"],
    "you are not signed in, and no OAuth client is configured",
)
"""The diagnosis of a setup without credentials."""

"""Detects model fields that contain secrets.

Invariants: a secret is a credential: a value that proves its holder's identity or grants access. A
rule on the field's name detects most secrets; a list in this module contains the others, each with
a reason. When in doubt, a field is masked, because masking only hides its value from the ``repr``.
"""

from collections.abc import Mapping

from genesys_core.definition.read.definition import Array, Map, Plain, Ref, Type
from genesys_core.definition.read.naming import to_snake_case

__all__ = ["SECRET_FIELDS", "is_secret"]

# The last word of a secret's name: `appSecret`, `pageAccessToken`, `auth-token`, but neither
# `clientSecretProvided` nor `tokenExpirationDate`.
_LAST_WORDS = frozenset(
    {
        "jwt",
        "passcode",
        "passphrase",
        "passwd",
        "password",
        "passwords",
        "pin",
        "pwd",
        "secret",
        "secrets",
        "token",
        "tokens",
    }
)
# The last two words, if the last one alone is ambiguous.
_LAST_PAIRS = frozenset(
    {
        "access_key",
        "api_key",
        "code_verifier",
        "credential_fields",
        "encryption_key",
        "master_key",
        "presigned_url",
        "private_key",
        "secret_key",
        "shared_key",
        "signed_url",
        "signing_key",
    }
)
# Tokens that mark a position in a listing.
_PLACES = frozenset({"continuation_token", "next_token", "page_token", "sync_token"})

SECRET_FIELDS: Mapping[str, str] = {
    "CobrowseWebMessagingSession.joinCode": "anyone with the code can join the session",
    "CreateJoinVideoResponse.joinCode": "anyone with the code can join the conference",
    "CreateVerifierResponse.encodedQuickResponseCode": "a QR code that contains keyUri",
    "CreateVerifierResponse.keyUri": "the URI contains the secret of the one-time passwords",
    "GeolocationSettings.mapboxKey": "an access token of the map service",
    "GoogleAuthTokenRequest.code": "an authorization code, which can be exchanged for a token",
    "HomerRecord.auth": "the authorization of a captured SIP message",
    "LearningAssignmentStepSignedCookie.cookieValues": "signed cookies give access to the content",
    "MaestroWebhooksInvocationTopicWebhooksInvocation.headers": "the headers of webhook calls, which may include Authorization",
    "OpenIntegration.webhookHeaders": "the headers of webhook calls, which may include Authorization",
    "OpenIntegrationRequest.webhookHeaders": "as in OpenIntegration",
    "OpenIntegrationUpdateRequest.webhookHeaders": "as in OpenIntegration",
    "RequestConfig.headers": "the headers of the action's requests, which may include Authorization",
    "SignedUrlResponse.url": "anyone with the signed URL can fetch the content",
    "TwitterIntegrationRequest.signupCode": "an authorization code, which can be exchanged for a token",
    "TwitterIntegrationUpdateRequest.signupCode": "as in TwitterIntegrationRequest",
    "WebDeploymentsOAuthRequestParameters.code": "an authorization code, which can be exchanged for a token",
    "WhatsAppIntegrationRequest.wabaCertificate": "the certificate with which the phone number is registered",
}
"""Secret fields that the rule on names does not detect (``Model.wireName``), each with a reason."""


def is_secret(model: str, wire: str, type_: Type) -> bool:
    """Return whether a field's value must be masked in a ``repr``.

    Args:
        model: the model's name in the definition.
        wire: the property's name in the definition.
        type_: the field's type. The rule on names applies only to strings that are not enums, to
            untyped values, and to lists and maps of them.
    """
    if f"{model}.{wire}" in SECRET_FIELDS:
        return True
    return _is_text(type_) and _sounds_secret(wire)


def _sounds_secret(wire: str) -> bool:
    words = to_snake_case(wire).rstrip("_").split("_")
    pair = "_".join(words[-2:])
    return pair in _LAST_PAIRS or (words[-1] in _LAST_WORDS and pair not in _PLACES)


def _is_text(type_: Type) -> bool:
    match type_:
        # A value without a type may be text; the values of an enum are public.
        case Plain(kind="string" | "object" | "any", values=()):
            return True
        case Array(items=inner) | Map(values=inner):
            return _is_text(inner)
        case Plain() | Ref():
            return False

"""Which fields hold secrets.

Law: a secret is a credential: a value that proves who its holder is, or lets whoever holds it in. A
rule on the field's name finds them; two reviewed lists correct it, each entry with its reason.
Masking one field too many hides a value from a ``repr`` and nothing else, so doubt is decided for
masking.
"""

from collections.abc import Mapping

from genesys_core.definition.read.definition import Array, Map, Plain, Ref, Type
from genesys_core.definition.read.naming import to_snake_case

__all__ = ["NEVER_SECRET", "SECRET_FIELDS", "is_secret"]

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
# The last two words, where the last alone says too little.
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
# Tokens that mark a place in a listing.
_PLACES = frozenset({"continuation_token", "next_token", "page_token", "sync_token"})

SECRET_FIELDS: Mapping[str, str] = {
    "CobrowseWebMessagingSession.joinCode": "lets its holder join the session",
    "CreateJoinVideoResponse.joinCode": "lets its holder join the conference",
    "CreateVerifierResponse.encodedQuickResponseCode": "an image of keyUri",
    "CreateVerifierResponse.keyUri": "the address holds the secret of the one-time passwords",
    "GeolocationSettings.mapboxKey": "an access token of the map service",
    "GoogleAuthTokenRequest.code": "an authorization code, good for a token",
    "HomerRecord.auth": "the authorization of a captured SIP message",
    "LearningAssignmentStepSignedCookie.cookieValues": "signed cookies give access to the content",
    "MaestroWebhooksInvocationTopicWebhooksInvocation.headers": "may hold Authorization",
    "OpenIntegration.webhookHeaders": "sent with each call of the webhook, Authorization included",
    "OpenIntegrationRequest.webhookHeaders": "as in OpenIntegration",
    "OpenIntegrationUpdateRequest.webhookHeaders": "as in OpenIntegration",
    "RequestConfig.headers": "sent with each request of the action, Authorization included",
    "SignedUrlResponse.url": "whoever has the signed address can fetch the content",
    "TwitterIntegrationRequest.signupCode": "an authorization code, good for a token",
    "TwitterIntegrationUpdateRequest.signupCode": "as in TwitterIntegrationRequest",
    "WebDeploymentsOAuthRequestParameters.code": "an authorization code, good for a token",
    "WhatsAppIntegrationRequest.wabaCertificate": "registers the phone number",
}
"""Secrets that the rule does not find: ``Model.wireName`` and why."""

NEVER_SECRET: Mapping[str, str] = {
    "Certificate.certificate": "a public X.509 certificate, as are all of this name but one",
    "Channel.connectUri": "says no more than the channel's id, which stands in paths",
    "LocalEncryptionKeyRequest.publicKey": "public by definition",
    "PublicKeyCredentialCreationOptions.challenge": "spent once, and worthless without the key",
    "UserTokensTopicTokenNotification.tokenHash": "cannot be turned back into the token",
    "UploadUrlResponse.uploadKey": "the name of an uploaded file",
    "WebDeploymentsOAuthRequestParameters.nonce": "ties a reply to its request; proves nothing",
}
"""Fields that look like secrets and are none, whatever the rule says: ``Model.wireName`` and why."""


def is_secret(model: str, wire: str, type_: Type) -> bool:
    """Whether a field is to be masked.

    Args:
        model: the definition's name of the model.
        wire: the definition's name of the property.
        type_: only text can be a secret, alone, in a list or as the values of a map.
    """
    full = f"{model}.{wire}"
    if full in SECRET_FIELDS:
        return True
    return full not in NEVER_SECRET and _is_text(type_) and _sounds_secret(wire)


def _sounds_secret(wire: str) -> bool:
    words = to_snake_case(wire).rstrip("_").split("_")
    pair = "_".join(words[-2:])
    return pair in _LAST_PAIRS or (words[-1] in _LAST_WORDS and pair not in _PLACES)


def _is_text(type_: Type) -> bool:
    match type_:
        case Plain(kind="string" | "object" | "any", values=()):
            return True
        case Array(items=inner) | Map(values=inner):
            return _is_text(inner)
        case Plain() | Ref():
            return False

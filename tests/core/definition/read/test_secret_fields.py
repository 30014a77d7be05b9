"""Secrets are found, and what only sounds like one is not."""

from __future__ import annotations

import pytest

from genesys_core.definition.read.definition import Array, Map, Plain, Ref, Type
from genesys_core.definition.read.secret_fields import SECRET_FIELDS, is_secret

TEXT = Plain("string")


@pytest.mark.parametrize(
    "wire",
    [
        *(
            "password",
            "oldPassword",
            "newPassword",
            "passcode",
            "passphrase",
            "secret",
            "appSecret",
        ),
        *("clientSecret", "token", "auth-token", "authToken", "accessToken", "refreshToken"),
        *("pageAccessToken", "apiKey", "api_key", "privateKey", "jwt", "pin", "codeVerifier"),
        *("credentialFields", "signedUrl", "presignedUrl", "webhookSignatureSecretToken"),
    ],
)
def test_the_rule_finds(wire: str) -> None:
    assert is_secret("Model", wire, TEXT)
    assert is_secret("Model", wire, Array(TEXT))
    assert is_secret("Model", wire, Map(TEXT))
    assert is_secret("Model", wire, Plain("any"))


@pytest.mark.parametrize(
    "wire",
    [
        *("accessTokenValiditySeconds", "tokenExpirationDate", "lastTokenIssued", "tokenHash"),
        *("clientSecretProvided", "passwordRequirements", "isPassed", "pass", "pinRequired"),
        *("pinnedMessages", "shippingPin1", "secretSize", "deviceTokenId", "authorizedScope"),
        *("publicKey", "uploadKey", "key", "certificate", "connectUri", "nextPageToken"),
        *("pageToken", "nextToken", "continuationToken", "credentialType", "grouping", "spin1"),
        *("challenge", "nonce"),
    ],
)
def test_the_rule_passes_over(wire: str) -> None:
    assert not is_secret("Model", wire, TEXT)


@pytest.mark.parametrize(
    "type_",
    [Plain("integer"), Plain("boolean"), Plain("date-time"), Plain("string", ("a",)), Ref("Token")],
)
def test_only_text_is_secret(type_: Type) -> None:
    assert is_secret("Model", "token", type_) is False
    assert not is_secret("Model", "tokens", Array(type_))


@pytest.mark.parametrize("full", SECRET_FIELDS)
def test_the_reviewed_list_adds_what_the_rule_does_not_find(full: str) -> None:
    model, wire = full.split(".")
    assert is_secret(model, wire, TEXT)
    assert not is_secret("Another", wire, TEXT), "the rule finds it: take it off the list"
    assert SECRET_FIELDS[full]

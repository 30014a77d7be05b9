"""Hypothesis strategies for grants, tokens, replies of the login host and redirects."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import urlencode

from hypothesis import strategies as st

from genesys_core.errors import OAuthError
from genesys_core.oauth.grants import (
    AuthorizationCode,
    ClientCredentials,
    Grant,
    Pkce,
    RefreshToken,
    Saml2Bearer,
)
from genesys_core.oauth.pkce import PKCE_ALPHABET
from genesys_core.oauth.tokens import Token

T = TypeVar("T")


def outcome(parse: Callable[[], T]) -> T | OAuthError:
    """What a parser returns, or the one error that it may raise."""
    try:
        return parse()
    except OAuthError as error:
        return error


MARK = "pl4nted-s3cret-"
"""Begins every secret that the strategies here plant, so that a search finds it anywhere."""

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
    str.strip
)
"""Whatever an id, a name or a URI may be."""

secrets = texts.map(lambda text: MARK + text)
client_ids = texts.map(lambda text: text.replace(":", "-"))
verifiers = st.text(PKCE_ALPHABET, min_size=43, max_size=128)
header_texts = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)
access_tokens = header_texts.map(lambda text: MARK + text)

_encodings = st.sampled_from(
    [
        base64.b64encode,
        base64.urlsafe_b64encode,
        lambda raw: base64.b64encode(raw).rstrip(b"="),
        lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"="),
    ]
)
assertions = st.builds(
    lambda encode, raw: encode(b"<samlp:Response>" + raw).decode(),
    _encodings,
    st.binary(max_size=40),
)

grants: st.SearchStrategy[Grant] = st.one_of(
    st.builds(ClientCredentials, client_ids, secrets),
    st.builds(AuthorizationCode, client_ids, secrets, secrets, texts),
    st.builds(RefreshToken, client_ids, secrets, secrets),
    st.builds(RefreshToken, texts, st.none(), secrets),
    st.builds(Pkce, texts, secrets, verifiers, texts),
    st.builds(Saml2Bearer, client_ids, secrets, texts, assertions),
)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inside)
    ),
    max_leaves=6,
)

tokens = st.builds(
    Token,
    access_token=access_tokens,
    token_type=st.sampled_from(["bearer", "Bearer"]),
    expires_in=st.none() | st.integers(1, 10**10),
    expires_at=st.none() | st.floats(0, 1e12),
    refresh_token=st.none() | secrets,
    scope=st.none() | texts,
    extra=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=8), json_values, max_size=3
    ),
)

lives = st.one_of(
    st.integers(-10, 10**6),
    st.integers(-10, 10**6).map(str),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["soon", "", "-1", "1e9", "1e999", "NaN", True, None, [], {}, 10**400]),
)
"""What ``expires_in`` may be; anything has been seen."""

reply_documents: st.SearchStrategy[Mapping[str, object]] = st.fixed_dictionaries(
    {},
    optional={
        "access_token": access_tokens | json_values,
        "token_type": st.sampled_from(["bearer", "", None, 7]),
        "expires_in": lives,
        "refresh_token": secrets | json_values,
        "scope": st.text(max_size=5) | json_values,
        "error": st.sampled_from(
            ["invalid_grant", "invalid_client", "slow_down", "", None, 4, {"code": "x"}]
        ),
        "error_description": json_values,
        "description": json_values,
        "message": json_values,
        "extra": json_values,
        "expires_at": json_values,
    },
)

reply_bodies = st.one_of(
    reply_documents.map(lambda document: json.dumps(document).encode("utf-8", "surrogatepass")),
    st.binary(max_size=60),
    st.sampled_from(
        [b"", b"<html>502</html>", b"[]", b"null", b'"x"', b"\xef\xbb\xbf{}", b"[" * 2000, b"{}x"]
    ),
)

_names = st.sampled_from(
    ["code", "state", "error", "error_description", "access_token", "expires_in", "token_type"]
)
_fields = st.lists(st.tuples(_names, st.sampled_from(["s1", "s2", "3600", ""]) | texts), max_size=5)

redirects = st.one_of(
    st.builds(
        lambda start, query, fragment: f"{start}?{urlencode(query)}#{urlencode(fragment)}",
        st.sampled_from(["http://127.0.0.1:8080/cb", "/cb", "", "https://[::1"]),
        _fields,
        _fields,
    ),
    st.text(max_size=40),
)

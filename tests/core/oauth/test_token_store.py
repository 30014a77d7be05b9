from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError, OAuthError
from genesys_core.hosts import Hosts
from genesys_core.http.messages import Response
from genesys_core.oauth.grants import ClientCredentials
from genesys_core.oauth.token_store import (
    TokenDocument,
    TokenKey,
    TokenStoreError,
    decode_token,
    encode_token,
)
from genesys_core.oauth.tokens import Token, parse_token_response
from tests.strategies.oauth import MARK, reply_bodies, texts, tokens

KEY = TokenKey("id", "https://login.mypurecloud.ie")
OTHER = TokenKey("id", "https://login.mypurecloud.de")
TOKEN = Token("a", expires_in=10, expires_at=20.5, refresh_token="r", scope="s", extra={"x": [1]})

keys = st.builds(TokenKey, texts, texts)
accounts = st.just("") | texts


def test_the_key_is_the_client_and_where_it_signs_in():
    grant = ClientCredentials("id", "secret")
    assert TokenKey.of(grant, Hosts.resolve(region="eu_west_1")) == KEY
    assert TokenKey.of(grant, Hosts.resolve(region="eu_central_1")) == OTHER


@given(tokens)
def test_what_was_written_reads_back_the_same(token):
    assert decode_token(encode_token(token)) == token


@given(reply_bodies)
def test_whatever_a_login_host_sends_can_be_kept(body):
    try:
        token = parse_token_response(Response(200, body=body), now=Now(0, 0))
    except OAuthError:
        return
    kept = decode_token(encode_token(token))
    assert kept is not None
    assert kept.access_token == token.access_token
    assert kept.refresh_token == token.refresh_token
    assert kept.expires_at == token.expires_at


def test_absent_facts_are_not_written():
    assert json.loads(encode_token(Token("a"))) == {"access_token": "a", "token_type": "bearer"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"access_token": ""}',
        b'{"access_token": "a\\n"}',
        b'{"access_token": "a", "expires_in": "soon"}',
        b'{"access_token": "a"',
    ],
)
def test_what_is_no_token_is_none(content):
    assert decode_token(content) is None


@pytest.mark.parametrize("value", [object(), "\ud800", {(1, 2): 3}, 1j])
def test_what_json_cannot_hold_is_refused(value):
    with pytest.raises(
        TokenStoreError, match="`extra` contains a value that JSON cannot"
    ) as caught:
        encode_token(Token(MARK, extra={"x": value}))
    assert isinstance(caught.value, GenesysCloudError)
    assert MARK not in str(caught.value)


@given(st.lists(st.tuples(keys, accounts, tokens), max_size=5))
def test_a_document_holds_several_tokens(entries):
    document = TokenDocument()
    expected = {}
    for key, account, token in entries:
        document = document.put(key, token, account)
        expected[key, account] = token
    read = TokenDocument.from_bytes(document.to_bytes())
    assert {address: read.get(*address) for address in expected} == expected
    assert len(read.entries) == len(expected)
    for key, account in expected:
        assert read.without(key, account).get(key, account) is None
        assert len(read.without(key, account).entries) == len(expected) - 1


def test_users_of_one_client_are_told_apart():
    document = TokenDocument().put(KEY, Token("ann"), "ann").put(KEY, Token("bob"), "bob")
    assert document.get(KEY, "ann") == Token("ann")
    assert document.get(KEY, "bob") == Token("bob")
    assert document.get(KEY) is None
    assert document.get(OTHER, "ann") is None


def test_what_a_later_version_wrote_stays_as_it_is():
    theirs = {"client_id": "x", "login": "y", "account": "", "token": {"sealed": "..."}, "v": 2}
    text = json.dumps({"genesys_cloud_tokens": [theirs, {"note": 1}], "format": 2}).encode()
    document = TokenDocument.from_bytes(text).put(KEY, TOKEN)
    written = json.loads(document.to_bytes())
    assert written["format"] == 2
    assert written["genesys_cloud_tokens"][:2] == [theirs, {"note": 1}]
    assert document.get(TokenKey("x", "y")) is None
    assert document.get(KEY) == TOKEN


@pytest.mark.parametrize("content", [b"", b" \n"])
def test_an_empty_document_holds_nothing(content):
    assert TokenDocument.from_bytes(content) == TokenDocument()


@pytest.mark.parametrize(
    "content",
    [
        b"[logging]\nlog_level = trace\n",
        b"{}",
        b'{"genesys_cloud_tokens": {}}',
        b'{"genesys_cloud_tokens": ["pl4nted-s3cret-"]}',
        b'{"genesys_cloud_tokens": []',
        b"null",
        b"\xff",
        b"[" * 100_000,
        b"-----BEGIN OPENSSH PRIVATE KEY-----",
    ],
)
def test_somebody_elses_document_is_refused(content):
    with pytest.raises(TokenStoreError, match=r"^not a token file; move it away") as caught:
        TokenDocument.from_bytes(content)
    assert MARK not in str(caught.value)


def test_a_document_shows_no_secret():
    document = TokenDocument().put(KEY, Token(MARK, refresh_token=MARK))
    assert repr(document) == "TokenDocument(1 entries)"
    assert document.__rich_repr__() == [("entries", 1)]


def test_a_document_is_written_for_people_to_read():
    document = TokenDocument().put(KEY, Token("a"), "ann")
    assert (
        document.to_bytes().decode()
        == """\
{
  "genesys_cloud_tokens": [
    {
      "client_id": "id",
      "login": "https://login.mypurecloud.ie",
      "account": "ann",
      "token": {
        "access_token": "a",
        "token_type": "bearer"
      }
    }
  ]
}"""
    )


def test_a_call_that_fails_for_want_of_a_token_may_be_repeated():
    assert TokenStoreError("locked").is_retry_safe is True

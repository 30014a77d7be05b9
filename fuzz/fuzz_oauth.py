"""Whatever a login host, a browser or a token file brings: a value, or one documented error.

Invariants: a token that was accepted can be sent in a header, kept, and read back, and shows no
secret; a redirect is believed only with our state; an error repeats no code and no token; a document
of tokens survives being written. The exceptions are OAuthError and TokenStoreError.
"""

from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import parse_qs

from hypothesis import example, given
from hypothesis import strategies as st

from genesys_core.clock import Now
from genesys_core.errors import OAuthError
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Response
from genesys_core.oauth.authorization import parse_code_redirect, parse_token_redirect
from genesys_core.oauth.token_store import (
    TokenDocument,
    TokenKey,
    TokenStoreError,
    decode_token,
    encode_token,
)
from genesys_core.oauth.tokens import Token, parse_token_response
from tests.strategies.oauth import outcome, redirects, reply_bodies

__all__ = ["TARGETS"]

T = TypeVar("T")

_NOW: Final = Now(1.0, 1_000_000.0)
_STATE: Final = "s"
_LONG: Final = 16  # characters from which a secret cannot be part of a word by chance


def token_reply(data: bytes) -> None:
    """The input is a line with the status, then the body."""
    status, _, body = data.partition(b"\n")
    code = int(status) if status.isdigit() and len(status) == 3 else 200
    outcome = _outcome(lambda: parse_token_response(Response(code, body=body), now=_NOW))
    if isinstance(outcome, Token):
        assert 200 <= code < 300
        _examine(outcome)
    else:
        assert outcome.status == code
        assert outcome.error


def redirect_url(data: bytes) -> None:
    """The input is the URL that a browser was sent to."""
    url = data.decode("utf-8", "surrogateescape")
    code = _outcome(lambda: parse_code_redirect(url, state=_STATE))
    token = _outcome(lambda: parse_token_redirect(url, state=_STATE, now=_NOW))
    if isinstance(code, str):
        assert code in _said(url, "code")
        assert _said(url, "state") == [_STATE]
    else:
        assert code.status is None
        said = [secret for secret in _said(url, "code") if len(secret) >= _LONG]
        assert not any(secret in str(code) for secret in said)
    if isinstance(token, Token):
        _examine(token)


def token_document(data: bytes) -> None:
    """The input is a token file."""
    key = TokenKey("id", "https://login.mypurecloud.ie")
    document = _outcome(lambda: TokenDocument.from_bytes(data))
    if not isinstance(document, TokenDocument):
        assert str(document).startswith("not a token file")
        return
    kept = document.get(key)
    changed = TokenDocument.from_bytes(document.put(key, Token("new")).to_bytes())
    assert changed.get(key) == Token("new")
    assert changed.without(key).get(key) is None
    assert changed.without(key) == document.without(key)
    if kept is not None:
        _examine(kept)


def _outcome(parse: Callable[[], T]) -> T | OAuthError | TokenStoreError:
    try:
        return parse()
    except (OAuthError, TokenStoreError) as error:
        return error


def _said(url: str, name: str) -> list[str]:
    query = url.partition("#")[0].partition("?")[2]
    return parse_qs(query, keep_blank_values=True, errors="replace").get(name, [])


def _examine(token: Token) -> None:
    Headers({"Authorization": f"Bearer {token.access_token}"})
    assert (decode_token(encode_token(token)) or token).access_token == token.access_token
    shown = f"{token!r}{token}{token.__rich_repr__()!r}"
    for secret in (token.access_token, token.refresh_token or ""):
        assert len(secret) < _LONG or secret not in shown


@given(redirects, st.none() | st.sampled_from(["s1", "s2"]))
@example("https://app/?code=%ff%&state=s1", "s1")
@example("?" + "&" * 2000, None)
@example("https://[::1?code=c#\ud800=\ud800&access_token=a", None)
def check_redirects(url, state):
    for parse in (
        lambda: parse_code_redirect(url, state=state),
        lambda: parse_token_redirect(url, state=state, now=_NOW).access_token,
    ):
        answer = outcome(parse)
        if isinstance(answer, OAuthError):
            assert answer.error
            assert answer.status is None
        else:
            assert answer
            assert state is None or f"state={state}" in url


@given(st.integers(100, 599), reply_bodies)
@example(200, b'{"access_token": "a", "expires_in": 1' + b"0" * 400 + b"}")
def check_replies(status, body):
    response = Response(status, Headers({"ININ-Correlation-Id": "c-1"}), body)
    token = outcome(lambda: parse_token_response(response, now=_NOW))
    if isinstance(token, OAuthError):
        assert (token.status, token.correlation_id) == (status, "c-1")
        assert token.error
    else:
        assert 200 <= status < 300
        assert token.access_token
        assert (token.expires_in is None) == (token.expires_at is None)
        assert token.access_token not in repr(token) or len(token.access_token) < 12


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "token_reply": token_reply,
    "redirect_url": redirect_url,
    "token_document": token_document,
    "token_replies": check_replies.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # added by @given
    "redirect_urls": check_redirects.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # added by @given
}

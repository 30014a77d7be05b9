from __future__ import annotations

import msgspec
import pytest

from genesys_core import errors
from genesys_core.calls.auth_actions import (
    Granted,
    Refresh,
    SignedOut,
    SignIn,
    SignOut,
    TokenSnapshot,
    UseToken,
)
from genesys_core.calls.lifecycle import Raised, Waiting
from genesys_core.calls.token_actions import Exchanging, Finished
from genesys_core.errors import (
    AuthenticationError,
    ConnectError,
    GenesysCloudError,
    InvalidGrantError,
    ServerError,
)
from genesys_core.http.messages import Request, Response, TransportFailure
from genesys_core.oauth.grants import AuthorizationCode, ClientCredentials, Pkce, RefreshToken
from genesys_core.oauth.token_store import TokenStoreError
from genesys_core.oauth.tokens import Token
from genesys_core.session.retry import RetryConfiguration
from genesys_core.session.session import Session
from genesys_core.session.vault import Vault
from tests.strategies.oauth import MARK
from tests.strategies.token_transaction import ELSEWHERE, Driver, at, session_with

SERVICE = ClientCredentials("id", "secret")
KEPT = RefreshToken("id", None, "r0")
CODE = AuthorizationCode("id", "secret", "code", "https://app/")
A1 = Token("a1", expires_in=1000, expires_at=1000.0, refresh_token="r1")
A2 = Token("a2", expires_in=1000, expires_at=1100.0, refresh_token="r2")


def driver(vault: Vault, *answers, wall: float = 0) -> Driver:
    return Driver(session_with(vault, store=False), answers=list(answers), now=at(wall))


def asked(over: Driver | Session) -> TokenSnapshot:
    session = over.session if isinstance(over, Driver) else over
    return TokenSnapshot.of(session, now=at(0))


def moved(session: Session) -> Session:
    settings = msgspec.structs.replace(session.settings, hosts=ELSEWHERE)
    return msgspec.structs.replace(session, settings=settings, vault=Vault(KEPT))


# Refresh


@pytest.mark.parametrize("renew", [True, False])
def test_a_fresh_token_is_replaced_when_asked_for_by_hand(renew):
    client = driver(Vault(KEPT, A1, renew=renew), A2)
    assert client.take(Refresh(asked(client))) == Granted(A2)
    assert client.session.vault.token == A2
    assert client.sent == [("POST", "grant_type=refresh_token&refresh_token=r1&client_id=id")]


def test_a_client_without_a_token_gets_its_first():
    client = driver(Vault(SERVICE), A1)
    assert client.take(Refresh(asked(client))) == Granted(A1)


def test_those_who_ask_at_the_same_time_share_one_exchange():
    client = driver(Vault(KEPT, A1), A2)
    both = Refresh(asked(client)), Refresh(asked(client))
    assert [client.take(action) for action in both] == [Granted(A2)] * 2
    assert len(client.sent) == 1
    # Who asks later gets another one.
    client.answers = [Token("a3")]
    assert client.take(Refresh(asked(client))).token.access_token == "a3"


def test_those_who_ask_at_the_same_time_share_a_failure():
    client = driver(Vault(KEPT, A1), InvalidGrantError("invalid_grant"))
    both = Refresh(asked(client)), Refresh(asked(client))
    first, second = (client.take(action) for action in both)
    assert isinstance(first.error, InvalidGrantError)
    assert isinstance(second.error, InvalidGrantError)
    assert first.error is not second.error
    assert "sign in again" in str(first.error)
    assert client.session.vault.token.access_token == "a1"


def test_a_refresh_after_one_that_a_call_made_meanwhile_needs_none():
    client = driver(Vault(KEPT, A1))
    action = Refresh(asked(client))
    client.session = client.session.with_vault(client.session.vault.granted(A2))
    assert client.take(action) == Granted(A2)
    assert client.sent == []


def test_a_token_that_came_meanwhile_and_has_ended_is_no_answer():
    client = driver(Vault(KEPT, A1), Token("a3"), wall=1100)
    action = Refresh(asked(client))
    client.session = client.session.with_vault(client.session.vault.granted(A2))
    assert client.take(action).token.access_token == "a3"


def test_the_same_token_given_anew_is_an_answer():
    client = driver(Vault(KEPT, A1), A1)
    assert client.take(Refresh(asked(client))) == Granted(A1)


def test_with_nothing_to_refresh_with_the_error_says_so():
    for vault in (Vault(token=Token("static")), Vault(), Vault(CODE, Token("a1"), spent=True)):
        client = driver(vault)
        result = client.take(Refresh(asked(client)))
        assert "pass the client a grant as `auth`" in str(result.error)


# Signing in


def test_a_grant_that_is_exchanged_is_the_clients_from_then_on():
    client = driver(Vault(SERVICE, A1), Token("user", refresh_token="r5"))
    result = client.take(SignIn(asked(client), CODE))
    assert result == Granted(Token("user", refresh_token="r5"))
    assert client.session.vault.grant == CODE
    client.answers = [Token("user2")]
    assert client.take(Refresh(asked(client))).token.refresh_token == "r5"
    assert client.sent[1][1] == "grant_type=refresh_token&refresh_token=r5"


def test_a_refresh_token_that_was_exchanged_stays_in_use_if_no_other_comes():
    client = driver(Vault(SERVICE), Token("user"))
    token = Token("user", refresh_token="r0")
    assert client.take(SignIn(asked(client), KEPT)) == Granted(token)
    assert client.session.vault.token == token


def test_only_a_grant_is_exchanged():
    with pytest.raises(TypeError, match="grant must be a grant, not a str; for example"):
        SignIn(asked(driver(Vault())), "code")


def test_a_grant_that_is_refused_leaves_the_client_as_it_was():
    client = driver(Vault(SERVICE, A1), InvalidGrantError("invalid_grant"))
    before = client.session.vault
    result = client.take(SignIn(asked(client), CODE))
    assert isinstance(result.error, InvalidGrantError)
    assert client.session.vault == before


def test_a_client_that_was_signed_out_signs_in_again():
    client = driver(Vault(SERVICE, A1).without_token(), A2)
    assert client.take(SignIn(asked(client), KEPT)) == Granted(A2)
    assert client.session.vault.usable(at(0)) == A2


# A token from elsewhere


def test_a_token_from_elsewhere_is_used_at_once():
    client = driver(Vault(SERVICE, A1))
    assert client.take(UseToken(asked(client), Token("theirs"))) == Granted(Token("theirs"))
    assert client.session.vault.usable(at(10**6)) == Token("theirs")
    assert not client.session.vault.refreshable
    client.take(UseToken(asked(client), A2, KEPT))
    assert client.session.vault.refreshable
    assert client.sent == []


def test_only_a_token_is_used_and_only_a_grant_renews_it():
    moment = asked(driver(Vault()))
    with pytest.raises(TypeError, match="token must be a Token, not a str; for example"):
        UseToken(moment, "theirs")
    with pytest.raises(TypeError, match="grant must be a grant or None, not a str; for example"):
        UseToken(moment, A1, "code")


def test_a_token_from_elsewhere_asks_for_nothing_and_survives_an_answer():
    client = driver(Vault())
    action = UseToken(asked(client), A1)
    session, answer = action.settle(client.session, Exchanging(None), Raised(None), now=at(0))
    assert answer == Finished(Granted(A1))
    assert session.vault.token == A1


# Signing out


def test_signing_out_revokes_the_token_and_forgets_it():
    client = driver(Vault(KEPT, A1), A1)
    assert client.take(SignOut(asked(client))) == SignedOut()
    assert client.sent == [("DELETE", "")]
    assert client.session.vault.signed_out
    assert client.session.vault.token is None


def test_the_revocation_is_a_call_of_the_api_with_that_token():
    session = session_with(Vault(KEPT, A1))
    session, step = SignOut(asked(session)).reserve(session, now=at(0))
    request = step.state.request
    assert (request.method, request.url) == (
        "DELETE",
        "https://api.mypurecloud.ie/api/v2/tokens/me",
    )
    assert request.headers["authorization"] == "Bearer a1"
    assert step.grant is None
    assert not step.state.call.refreshable
    replies = step.state.call.reader
    assert replies.read(Response(204), at(0)).data == A1
    refusal = replies.error(Response(401), Request("DELETE", request.url), None)
    assert isinstance(refusal, AuthenticationError)


def test_a_revocation_that_failed_is_sent_again():
    policy = RetryConfiguration(max_retry_time_sec=60)
    session = session_with(Vault(KEPT, A1), retry=policy)
    session, step = SignOut(asked(session)).reserve(session, now=at(0))
    broken = TransportFailure("the connection was reset", kind="closed", sent=True)
    waiting = step.state.failed(broken, now=at(0))
    assert isinstance(waiting, Waiting)
    assert waiting.woke(session, now=at(waiting.until)).request.method == "DELETE"


@pytest.mark.parametrize(
    "refusal",
    [
        AuthenticationError("no", response=Response(401), request=Request("GET", "https://x")),
        InvalidGrantError("invalid_grant"),
    ],
)
def test_a_token_that_the_platform_takes_no_longer_is_signed_out(refusal):
    client = driver(Vault(KEPT, A1), refusal)
    assert client.take(SignOut(asked(client))) == SignedOut()
    assert client.session.vault.signed_out


def test_signing_out_forgets_the_token_even_if_the_platform_cannot_be_reached():
    client = driver(Vault(KEPT, A1), ConnectError("down", sent=False))
    result = client.take(SignOut(asked(client)))
    assert isinstance(result.error, ConnectError)
    assert "signed out anyway" in result.error.__notes__[0]
    assert client.session.vault.signed_out


def test_an_ended_token_is_renewed_to_end_its_refresh_token_with_it():
    client = driver(Vault(KEPT, A1), A2, A2, wall=1050)
    assert client.take(SignOut(asked(client))) == SignedOut()
    assert [method for method, _ in client.sent] == ["POST", "DELETE"]
    # So is a refresh token that was never used.
    client = driver(Vault(KEPT), A1, A1)
    assert client.take(SignOut(asked(client))) == SignedOut()
    assert [method for method, _ in client.sent] == ["POST", "DELETE"]


@pytest.mark.parametrize(
    "refusal", [InvalidGrantError("invalid_grant"), ConnectError("down", sent=False)]
)
def test_a_renewal_that_fails_ends_in_signing_out_as_well(refusal):
    client = driver(Vault(KEPT, A1), refusal, wall=1050)
    result = client.take(SignOut(asked(client)))
    assert (result == SignedOut()) == isinstance(refusal, InvalidGrantError)
    assert client.session.vault.signed_out


@pytest.mark.parametrize(
    "vault",
    [
        Vault(SERVICE),
        Vault(),
        Vault(CODE),
        Vault(SERVICE, A1).without_token(),
        Vault(SERVICE, Token("a1", expires_in=1, expires_at=1.0)),
    ],
)
def test_with_nothing_to_revoke_nothing_is_sent(vault):
    client = driver(vault, wall=5)
    assert client.take(SignOut(asked(client))) == SignedOut()
    assert client.sent == []
    assert client.session.vault.token is None


def test_a_static_token_is_revoked_too():
    client = driver(Vault(token=A1), A1)
    assert client.take(SignOut(asked(client))) == SignedOut()
    assert client.sent == [("DELETE", "")]


# All of them


def actions(session) -> list:
    moment = asked(session)
    return [Refresh(moment), SignIn(moment, CODE), SignOut(moment), UseToken(moment, A1)]


def test_none_waits_for_others_longer_than_it_may():
    session = session_with(Vault(KEPT, A1))
    for action in actions(session):
        assert (action.since, action.expires) == (0, None)
        result = action.timed_out(session, now=at(10))
        assert isinstance(result.error, errors.TimeoutError)
        assert "timed out after waiting 10 s" in str(result.error)
        assert result.error.is_retry_safe
        assert action.refused(session, TokenStoreError("busy"), now=at(0)).error.message == "busy"


def test_none_takes_a_token_to_another_login_host():
    before = session_with(Vault(KEPT, A1))
    for action in actions(before)[:3]:
        session = moved(before)
        after, answer = action.reserve(session, now=at(0))
        assert after == session
        assert "login host changed" in str(answer.result.error)
        _, exchanging = action.reserve(before, now=at(0))
        for outcome in (A2, ServerError("no", response=Response(500), request=Request("GET", "u"))):
            client = Driver(session, answers=[outcome])
            ended = client.asked(_Asked(exchanging))
            after, answer = action.settle(session, exchanging, ended, now=at(0))
            assert after == session
            assert isinstance(answer.result.error, GenesysCloudError)


class _Asked:
    def __init__(self, exchanging) -> None:
        self.state = exchanging.state


def test_no_wish_shows_a_secret():
    session = session_with(Vault(RefreshToken("id", MARK, MARK), Token(MARK, refresh_token=MARK)))
    moment = TokenSnapshot.of(session, now=at(0))
    pkce = Pkce("id", MARK, "v" * 43, "https://app/")
    for action in (
        Refresh(moment),
        SignIn(moment, pkce),
        SignOut(moment),
        UseToken(moment, A1, pkce),
    ):
        _, answer = action.reserve(session, now=at(0))
        for shown in (action, answer):
            assert MARK not in f"{shown!r}{shown}{list(shown.__rich_repr__())!r}"

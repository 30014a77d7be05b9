from __future__ import annotations

import msgspec
import pytest

from genesys_core import errors
from genesys_core.calls.lifecycle import Raised, Sending, Waiting, start
from genesys_core.calls.token_actions import (
    Exchanging,
    Finished,
    ObtainForCall,
    moved_away_error,
    obtain_for_call,
    reserve_token,
    settle_token,
    start_exchange,
)
from genesys_core.errors import ConnectError, InvalidGrantError
from genesys_core.hosts import Hosts
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Timeout
from genesys_core.oauth.grants import ClientCredentials, RefreshToken
from genesys_core.oauth.token_store import TokenStoreError
from genesys_core.oauth.tokens import Token
from genesys_core.session.retry import RetryConfiguration
from genesys_core.session.vault import Vault
from tests.strategies.calls import CUT_OFF, operation, reply, session, with_token
from tests.strategies.token_transaction import at, need_of, returned, session_with

SERVICE = ClientCredentials("id", "secret")
KEPT = RefreshToken("id", None, "r0")
LASTING = Token("a1", expires_in=1000, expires_at=1000.0, refresh_token="r1")


def wish_of(session, now, **options) -> ObtainForCall:
    return obtain_for_call(need_of(session, now, **options), session, now=now)


def test_a_call_asks_for_an_exchange_and_is_sent_with_its_token():
    session = session_with(Vault(SERVICE))
    action = wish_of(session, at(3))
    assert (action.since, action.expires, action.grant) == (3, None, None)
    session, asked = action.reserve(session, now=at(3))
    assert isinstance(asked, Exchanging)
    assert asked.grant == SERVICE
    session, settled = action.settle(session, asked, returned(Token("a1")), now=at(4))
    assert isinstance(settled, Finished)
    assert isinstance(settled.result, Sending)
    assert not settled.forget_token
    assert settled.result.request.headers["authorization"] == "Bearer a1"
    assert session.vault.token == Token("a1")


def test_a_call_that_finds_a_token_asks_for_nothing():
    session = session_with(Vault(SERVICE))
    action = wish_of(session, at(0))
    later = session.with_vault(Vault(SERVICE, LASTING))
    _, settled = action.reserve(later, now=at(1))
    assert isinstance(settled, Finished)
    assert isinstance(settled.result, Sending)


def test_a_call_is_told_the_login_hosts_refusal():
    session = session_with(Vault(KEPT))
    action = wish_of(session, at(0))
    session, asked = action.reserve(session, now=at(0))
    outcome = Raised(InvalidGrantError("invalid_grant"))
    _, settled = action.settle(session, asked, outcome, now=at(1))
    assert isinstance(settled.result, Raised)
    assert isinstance(settled.result.error, InvalidGrantError)


def test_a_deadline_is_when_a_call_expires():
    session = session_with(Vault(SERVICE))
    action = wish_of(session, at(3), deadline=4)
    assert action.expires == 7
    ended = action.timed_out(session, now=at(7))
    assert isinstance(ended, Raised)
    assert isinstance(ended.error, errors.TimeoutError)
    assert "deadline of 4 s" in str(ended.error)


def test_without_the_store_a_call_goes_on_with_a_token_that_lasts():
    vault = Vault(KEPT, LASTING)
    session = session_with(vault)
    action = wish_of(session, at(950))
    assert isinstance(action.refused(session, TokenStoreError("busy"), now=at(950)), Sending)
    ended = action.refused(session, TokenStoreError("busy"), now=at(1001))
    assert isinstance(ended, Raised)
    assert isinstance(ended.error, TokenStoreError)
    assert ended.error.is_retry_safe


@pytest.mark.parametrize("outcome", [Raised(ConnectError("no", sent=False))])
def test_a_renewal_ahead_that_fails_fails_no_call(outcome):
    session = session_with(Vault(KEPT, LASTING))
    action = wish_of(session, at(950))
    session, asked = action.reserve(session, now=at(950))
    _, settled = action.settle(session, asked, outcome, now=at(951))
    assert isinstance(settled.result, Sending)


# --- the steps of a session

ON = RetryConfiguration(max_retry_time_sec=60)
GRANT = ClientCredentials("id", "secret")


def test_a_token_that_another_call_got_meanwhile_is_used_without_an_exchange():
    shared = session(vault=with_token("old"))
    state = start(operation(), shared, now=at(0))
    need = state.received(reply(401), now=at(1))
    later = msgspec.structs.replace(shared, vault=shared.vault.granted(Token("new")))
    _, step = reserve_token(later, need.joined(later), now=at(2))
    assert step.request.headers["authorization"] == "Bearer new"


def test_who_waited_for_an_exchange_that_failed_is_told_why():
    shared = session(vault=Vault(GRANT))
    first = start(operation(), shared, now=at(0)).joined(shared)
    second = start(operation(), shared, now=at(0)).joined(shared)
    shared, step = reserve_token(shared, first, now=at(0))
    failed = step.state.received(reply(400, body=b'{"error": "invalid_client"}'), now=at(1))
    shared, _ = settle_token(shared, first, failed, now=at(1))
    shared, ended = reserve_token(shared, second, now=at(1))
    assert isinstance(ended.error, errors.InvalidClientError)
    assert ended.error is not failed.error
    assert isinstance(reserve_token(shared, second.joined(shared), now=at(2))[1], Exchanging)


def test_an_exchange_is_a_call_of_its_own():
    shared = session(
        vault=Vault(GRANT), retry=ON, deadline=30, timeout=Timeout(read=5, connect=None)
    )
    exchange = start_exchange(GRANT, shared, now=at(7))
    assert exchange.request.url == "https://login.mypurecloud.ie/oauth/token"
    assert exchange.request.timeout == Timeout(connect=30, read=5, write=30, pool=10)
    assert (exchange.call.repeatable, exchange.call.paced, exchange.request.expires) == (
        True,
        False,
        37,
    )
    assert isinstance(exchange.failed(CUT_OFF, now=at(8)), Waiting)
    spent = start_exchange(RefreshToken("id", "s", "r"), shared, now=at(7))
    assert isinstance(spent.failed(CUT_OFF, now=at(8)), Raised)


def test_with_nothing_to_get_another_token_with_the_platforms_refusal_is_raised():
    shared = session(vault=with_token())
    need = start(operation(), shared, now=at(0)).received(
        reply(401, body=b'{"message": "token revoked"}'), now=at(1)
    )
    exhausted = msgspec.structs.replace(shared, vault=Vault(token=Token("token-0")))
    _, ended = reserve_token(exhausted, need, now=at(1))
    assert isinstance(ended.error, errors.AuthenticationError)
    assert ended.error.message == "token revoked"
    assert "cannot be renewed" in ended.error.__notes__[0]
    assert [attempt.status for attempt in ended.error.attempts] == [401]


def test_a_401_is_not_what_a_failed_exchange_says():
    shared = session(vault=Vault(GRANT, token=Token("token-0")))
    need = start(operation(), shared, now=at(0)).received(reply(401), now=at(1)).joined(shared)
    shared, step = reserve_token(shared, need, now=at(1))
    failed = step.state.received(reply(400, body=b'{"error": "invalid_client"}'), now=at(2))
    shared, _ = settle_token(shared, need, failed, now=at(2))
    _, ended = reserve_token(shared, need, now=at(2))
    assert isinstance(ended.error, errors.InvalidClientError)


def test_a_client_that_has_neither_token_nor_grant_says_so():
    shared = session(vault=Vault())
    need = start(operation(), session(vault=Vault(GRANT)), now=at(0))
    _, ended = reserve_token(shared, need, now=at(0))
    assert type(ended.error) is errors.GenesysCloudError


@pytest.mark.parametrize(
    ("vault", "is_rejected", "has_renewed"),
    [
        (Vault(SERVICE), False, False),
        (Vault(SERVICE, LASTING), False, True),
        (Vault(SERVICE, LASTING), True, True),
    ],
)
def test_a_call_renews_a_token_once(vault, is_rejected, has_renewed):
    """The client's first exchange is no renewal; one before the token has expired is."""
    shared = session(vault=vault)
    need = start(operation(), shared, now=at(1000))
    if is_rejected:
        need = start(operation(), shared, now=at(0)).received(reply(401), now=at(1))
    shared, _ = reserve_token(shared, need, now=at(1000))
    _, state = settle_token(shared, need, returned(Token("a2")), now=at(1001))
    assert state.call.refreshed is has_renewed
    # A token that is signed out of in the meantime does not allow a second renewal.
    renewed = msgspec.structs.replace(need, call=state.call)
    signed_out = session(vault=Vault(SERVICE))
    _, state = settle_token(signed_out, renewed, returned(Token("a3")), now=at(1002))
    assert state.call.refreshed is has_renewed


def test_a_401_to_an_exchange_asks_for_no_token():
    exchange = start_exchange(GRANT, session(vault=Vault(GRANT, Token("t"))), now=at(0))
    assert isinstance(exchange.received(reply(401), now=at(1)), Raised)
    assert not exchange.call.refreshable


def test_an_exchange_carries_the_clients_headers():
    exchange = start_exchange(GRANT, session(headers=Headers({"X-Gateway": "k"})), now=at(0))
    assert exchange.request.headers["x-gateway"] == "k"


def test_a_call_that_is_out_of_time_begins_no_exchange():
    shared = session(vault=with_token(), deadline=5)
    need = start(operation(), shared, now=at(0)).received(reply(401), now=at(6))
    shared, ended = reserve_token(shared, need, now=at(6))
    assert isinstance(ended.error, errors.TimeoutError)
    assert shared.vault.rejected == Token("token-0")


def moved(shared):
    """The session of a client that a reload has moved to another login host."""
    hosts = Hosts.resolve(region="eu_central_1")
    settings = msgspec.structs.replace(shared.settings, hosts=hosts)
    return msgspec.structs.replace(shared, settings=settings, vault=Vault(GRANT))


def test_a_call_of_another_login_host_is_given_no_token_of_this_one():
    shared = session(vault=Vault(GRANT))
    need = start(operation(), shared, now=at(0))
    after, ended = reserve_token(moved(shared), need, now=at(0))
    assert after == moved(shared)
    assert "login host changed" in str(ended.error)
    assert ended.error.is_retry_safe
    # Actions of `client.auth` raise it too.
    assert moved_away_error().is_retry_safe


def test_an_exchange_that_ends_after_the_client_has_moved_serves_its_own_call():
    shared = session(vault=Vault(GRANT))
    need = start(operation(), shared, now=at(0))
    elsewhere = moved(shared)
    after, state = settle_token(elsewhere, need, returned(Token("t")), now=at(1))
    assert (after, state.request.headers["authorization"]) == (elsewhere, "Bearer t")
    after, ended = settle_token(elsewhere, need, Raised(ConnectError("no", sent=False)), now=at(1))
    assert (after, type(ended.error)) == (elsewhere, ConnectError)

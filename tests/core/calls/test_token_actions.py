from __future__ import annotations

import pytest

from genesys_core import errors
from genesys_core.calls.lifecycle import Raised, Sending
from genesys_core.calls.token_actions import Exchanging, Finished, ObtainForCall, obtain_for_call
from genesys_core.errors import ConnectError, InvalidGrantError
from genesys_core.oauth.grants import ClientCredentials, RefreshToken
from genesys_core.oauth.token_store import TokenStoreError
from genesys_core.oauth.tokens import Token
from genesys_core.session.vault import Vault
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

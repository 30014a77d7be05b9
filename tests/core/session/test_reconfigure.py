"""New settings for a session: what is kept, what is forgotten, and what never moves."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.calls.lifecycle import NeedToken, Raised, Returned, Sending, start
from genesys_core.calls.token_actions import Exchanging, reserve_token, settle_token
from genesys_core.errors import GenesysCloudError
from genesys_core.hosts import Gateway, Hosts
from genesys_core.oauth import AuthorizationCode, ClientCredentials, RefreshToken, Token
from genesys_core.session.pacing import Pacer, Pacing
from genesys_core.session.reconfigure import reconfigure_session
from genesys_core.session.retry import RetryConfiguration
from genesys_core.session.session import Session, Settings
from genesys_core.session.vault import Vault
from tests.strategies.calls import at, operation, reply, token_reply

HERE = Hosts.resolve(region="eu_west_1")
THERE = Hosts.resolve(region="eu_central_1")
GRANT = ClientCredentials("id", "secret")
TOKEN = Token("token-0", refresh_token="refresh-0")


KNOWN = Vault(GRANT, TOKEN)


def session(vault=KNOWN, pacer=None):
    return Session(Settings(hosts=HERE), vault, pacer=pacer)


def test_the_settings_are_swapped_whole_and_the_rest_is_kept():
    settings = Settings(hosts=HERE, retry=RetryConfiguration(10), strict=True)
    old = session(pacer=Pacer.of(Pacing()))
    new, kept = reconfigure_session(old, settings)
    assert kept
    assert new == msgspec.structs.replace(old, settings=settings)


def test_other_settings_give_no_new_rate_limit():
    pacer, _ = Pacer.of(Pacing(limit=1)).reserve("/api/v2/x", now=at(0))
    new, kept = reconfigure_session(session(pacer=pacer), Settings(hosts=HERE, strict=True))
    assert kept
    assert new.pacer is pacer


def test_another_api_host_with_the_same_login_host_keeps_the_token():
    # A gateway with another path to the API, say.
    one, two = (Gateway("gw.example", path_params_api=path) for path in ("one", "two"))
    old = Session(Settings(hosts=Hosts.resolve(gateway=one)), Vault(GRANT, TOKEN))
    new, kept = reconfigure_session(old, Settings(hosts=Hosts.resolve(gateway=two)))
    assert kept
    assert new.vault == old.vault


def test_another_login_host_gets_a_token_of_its_own():
    new, kept = reconfigure_session(session(), Settings(hosts=THERE))
    assert not kept
    need = start(operation(), new, now=at(0))
    assert isinstance(need, NeedToken)
    _, step = reserve_token(new, need.joined(new), now=at(0))
    assert isinstance(step, Exchanging)
    assert step.state.request.url.startswith(THERE.login)
    assert b"refresh-0" not in (step.state.request.body or b"")


@pytest.mark.parametrize(
    "vault",
    [
        Vault(token=TOKEN),
        Vault(AuthorizationCode("id", "secret", "code", "https://me"), TOKEN, spent=True),
        Vault(RefreshToken("id", "secret", "refresh"), TOKEN, spent=True),
        Vault(GRANT, TOKEN).without_token(),
    ],
    ids=["static", "code", "refresh token", "signed out"],
)
def test_a_client_that_cannot_sign_in_there_says_so_instead_of_sending(vault):
    new, _ = reconfigure_session(session(vault), Settings(hosts=THERE))
    need = start(operation(), new, now=at(0))
    assert isinstance(need, NeedToken)
    _, step = reserve_token(new, need.joined(new), now=at(0))
    assert isinstance(step, Raised)
    assert isinstance(step.error, GenesysCloudError)
    assert "signed out" in str(step.error)


def test_a_client_without_authentication_stays_one():
    new, _ = reconfigure_session(session(Vault()), Settings(hosts=THERE))
    assert isinstance(start(operation(), new, now=at(0)), Sending)


def test_a_grant_that_can_be_repeated_is_exchanged_there_as_well():
    vault = msgspec.structs.replace(KNOWN, spent=True)
    new, _ = reconfigure_session(session(vault), Settings(hosts=THERE))
    assert (new.vault.grant, new.vault.token, new.vault.signed_out) == (GRANT, None, False)


def test_a_code_that_was_not_exchanged_yet_is_still_to_be():
    grant = AuthorizationCode("id", "secret", "code", "https://me")
    new, _ = reconfigure_session(session(Vault(grant)), Settings(hosts=THERE))
    assert new.vault.grant == grant


@pytest.mark.parametrize("hosts", [HERE, THERE])
def test_renewal_is_switched_or_left(hosts):
    for renew, expected in ((False, False), (True, True), (None, True)):
        new, _ = reconfigure_session(session(), Settings(hosts=hosts), renew=renew)
        assert new.vault.renew is expected


def test_another_token_has_its_own_rate_limit_and_no_closed_gate():
    pacer, reservation = Pacer.of(Pacing(limit=1)).reserve("/api/v2/x", now=at(0))
    assert reservation.due(at(0))
    new, _ = reconfigure_session(session(pacer=pacer), Settings(hosts=THERE))
    assert new.pacer is not None
    assert new.pacer.gate is None
    assert new.pacer.reserve("/api/v2/x", now=at(0))[1].due(at(0))


@pytest.mark.parametrize("hosts", [HERE, THERE])
def test_a_session_without_a_rate_limit_gets_one(hosts):
    first, second = Pacer.of(Pacing(limit=1)), Pacer.of(Pacing(limit=2))
    new, _ = reconfigure_session(session(), Settings(hosts=hosts), pacer=first)
    assert new.pacer is first
    new, _ = reconfigure_session(new, Settings(hosts=hosts), pacer=second)
    assert new.pacer is first
    new, _ = reconfigure_session(session(), Settings(hosts=hosts))
    assert new.pacer is None


def test_those_who_wait_keep_their_places():
    pacer, _ = Pacer.of(Pacing(limit=1)).reserve("/a", now=at(0))
    pacer, second = pacer.reserve("/a", now=at(0))
    pacer, third = pacer.reserve("/a", now=at(0))
    new, _ = reconfigure_session(session(pacer=pacer), Settings(hosts=THERE))
    assert new.pacer is not None
    pacer, third = new.pacer.reserve("/a", now=at(1), reservation=third)
    assert not third.due(at(1))
    _, second = pacer.reserve("/a", now=at(1), reservation=second)
    assert second.due(at(1))


@given(st.lists(st.sampled_from([HERE, THERE]), min_size=1, max_size=6))
def test_a_token_is_known_to_one_login_host_alone(path):
    now = session(Vault(GRANT, TOKEN))
    moved = False
    for hosts in path:
        now, kept = reconfigure_session(now, Settings(hosts=hosts))
        moved = moved or not kept
        assert (now.vault.token is None) == moved
        assert now.vault.grant == GRANT


def needing(old):
    need = start(operation("POST"), old, now=at(0))
    assert isinstance(need, NeedToken)
    return need.joined(old)


def test_a_token_that_was_under_way_serves_its_call_and_no_other():
    old = session(Vault(GRANT))
    need = needing(old)
    old, step = reserve_token(old, need, now=at(0))
    assert isinstance(step, Exchanging)
    moved, _ = reconfigure_session(old, Settings(hosts=THERE))
    outcome = step.state.received(token_reply("of-before"), now=at(1))
    assert isinstance(outcome, Returned)
    after, sending = settle_token(moved, need, outcome, now=at(1))
    assert after == moved
    assert isinstance(sending, Sending)
    assert sending.request.url.startswith(HERE.api)
    assert sending.request.headers["authorization"] == "Bearer of-before"


def test_an_exchange_that_failed_meanwhile_fails_its_call_alone():
    old = session(Vault(GRANT))
    need = needing(old)
    old, step = reserve_token(old, need, now=at(0))
    assert isinstance(step, Exchanging)
    moved, _ = reconfigure_session(old, Settings(hosts=THERE))
    outcome = step.state.received(reply(400), now=at(1))
    assert isinstance(outcome, Raised)
    after, raised = settle_token(moved, need, outcome, now=at(1))
    assert after == moved
    assert isinstance(raised, Raised)


def test_a_call_that_moved_meanwhile_gets_no_token_of_the_new_host():
    need = needing(session(Vault(GRANT)))
    moved, _ = reconfigure_session(session(Vault(GRANT)), Settings(hosts=THERE))
    for now_has in (moved, msgspec.structs.replace(moved, vault=Vault(GRANT, TOKEN))):
        after, raised = reserve_token(now_has, need, now=at(1))
        assert after == now_has
        assert isinstance(raised, Raised)
        assert raised.error.is_retry_safe
        assert "login host changed" in str(raised.error)

"""Rules of the life of a call that a mutation of the code broke unseen: one test for each."""

from __future__ import annotations

import msgspec
import pytest

from genesys_core import errors
from genesys_core.calls.lifecycle import NeedPermit, NeedToken, Raised, Waiting, start
from genesys_core.calls.operation import Options
from genesys_core.http.messages import Response
from genesys_core.oauth import Token
from genesys_core.session.pacing import Gate, Pacing, Reservation
from genesys_core.session.retry import GRAIN, RetryConfiguration
from genesys_core.session.vault import Vault
from tests.strategies.calls import at, operation, reply, session, with_token

PATIENT = RetryConfiguration(max_retry_time_sec=60)


def started(options=None, **facts):
    wanted = operation()
    if options is not None:
        wanted = msgspec.structs.replace(wanted, options=options)
    return start(wanted, session(**facts), now=at(0))


def need_permit(options=None, **facts) -> NeedPermit:
    state = started(options, pacing=Pacing(), **facts)
    assert isinstance(state, NeedPermit)
    return state


@pytest.mark.parametrize("name", ["strict", "keep_unknown"])
@pytest.mark.parametrize("of_client", [True, False])
@pytest.mark.parametrize("of_call", [True, False, None])
def test_an_option_of_the_call_wins_over_the_clients(name, of_client, of_call) -> None:
    call = started(Options(**{name: of_call}), **{name: of_client}).call
    assert getattr(call.reader, name) is (of_client if of_call is None else of_call)


def test_the_calls_retry_configuration_wins_over_the_clients() -> None:
    hasty = RetryConfiguration(max_retry_time_sec=1)
    assert started(Options(retry=hasty), retry=PATIENT).call.policy is hasty
    assert started(retry=PATIENT).call.policy is PATIENT


def test_only_a_call_whose_token_comes_from_a_grant_is_refreshed_after_a_401() -> None:
    fixed = started(vault=Vault(None, Token("t")))
    assert not fixed.call.refreshable
    assert isinstance(fixed.received(reply(401), now=at(1)), Raised)
    granted = started(vault=with_token())
    assert granted.call.refreshable
    assert isinstance(granted.received(reply(401), now=at(1)), NeedToken)


def test_a_call_with_an_authorization_of_its_own_is_not_refreshed() -> None:
    own = started(Options(headers={"Authorization": "Bearer mine"}), vault=with_token())
    assert not own.call.refreshable
    assert isinstance(own.received(reply(401), now=at(1)), Raised)


def test_a_need_knows_of_no_exchange_before_it_joins() -> None:
    assert NeedToken(started().call).arrived == 0


@pytest.mark.parametrize(
    ("status", "ends_in"), [(299, "Returned"), (300, "Raised"), (199, "Raised")]
)
def test_success_is_2xx_alone(status, ends_in) -> None:
    assert type(started().received(Response(status), now=at(1))).__name__ == ends_in


def test_a_place_that_is_due_is_waited_for_no_time_at_all() -> None:
    assert need_permit().queued(Reservation(-3.0), now=at(0)).seconds == 0.0


def test_a_wait_tells_what_it_waits_for() -> None:
    later, gate = Reservation(7.0, why="1 request in 7 s"), Gate(7.0, reply(429, "7"))
    need = need_permit(retry=PATIENT)
    assert need.queued(later, now=at(0)).why == "pacing: 1 request in 7 s"
    assert need.queued(later, gate=gate, now=at(0)).why == "a 429 closed the gate"


def test_a_limit_of_the_calls_own_is_told_before_that_retries_are_off() -> None:
    need = need_permit(Options(deadline=5))
    error = need.queued(Reservation(7.0), gate=Gate(7.0, reply(429, "7")), now=at(0)).error
    (note,) = error.__notes__
    assert "the deadline is 5 s" in note
    assert "retries are disabled" not in note


def test_a_place_that_comes_too_late_is_a_429_of_our_own() -> None:
    error = need_permit(Options(deadline=5)).queued(Reservation(7.0, why="x"), now=at(0)).error
    assert isinstance(error, errors.RateLimitError)
    assert (error.status, error.retry_after) == (429, 7.0)


def waiting(reservation=None) -> Waiting:
    return Waiting(started().call, 5.0, "", 5.0, reservation)


def shut_out(until: float):
    """A session whose gate is closed until a time."""
    found = session(pacing=Pacing())
    pacer = msgspec.structs.replace(found.pacer, gate=Gate(until, reply(429)))
    return msgspec.structs.replace(found, pacer=pacer)


def test_a_retrys_wait_is_not_ended_by_a_gate() -> None:
    """It asks for a permit afterwards in any case."""
    assert waiting().left(shut_out(60.0), now=at(1)) == 4.0


def test_a_place_behind_a_closed_gate_is_waited_for_no_longer() -> None:
    assert waiting(Reservation(5.0)).left(shut_out(60.0), now=at(1)) == 0.0
    assert waiting(Reservation(5.0)).left(shut_out(5.0), now=at(1)) == 4.0


def test_less_than_the_clocks_grain_is_no_wait() -> None:
    state = Waiting(started().call, GRAIN, "", GRAIN)
    assert state.left(session(), now=at(0)) == 0.0
    longer = Waiting(started().call, 2 * GRAIN, "", 2 * GRAIN)
    assert longer.left(session(), now=at(0)) == 2 * GRAIN

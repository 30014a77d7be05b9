"""A shared rate limit: what is kept is a pacer, and every step of it is one of the pacer's."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.clock import Now
from genesys_core.errors import BudgetBusyError, BudgetError, GenesysCloudError
from genesys_core.oauth import Token
from genesys_core.session.budget import (
    EXPECTED_BUDGET,
    TICKET,
    RatePlace,
    change_pacer,
    next_attempt,
    release_wait,
    token_key,
)
from genesys_core.session.pacing import Gate, Pacer, Pacing, Reservation
from tests.strategies.calls import at, reply

TWO = Pacer.of(Pacing(limit=2, window=10, paths={"/a": 1}))


def reserve(kept, now, *, like=TWO, path="/a", reservation=None):
    step = lambda pacer: pacer.reserve(path, now=now, reservation=reservation)  # noqa: E731
    kept, (_, answer) = change_pacer(kept, like, step, now=now)
    return kept, answer


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "come back", "release", "close"]),
        st.integers(0, 3),
        st.floats(0, 8).map(lambda seconds: round(seconds, 2)),
        st.sampled_from(["/a", "/b"]),
    ),
    max_size=40,
)


@given(STEPS)
def test_a_kept_pacer_answers_as_one_in_memory(steps):
    pacer, kept, clock, waiting = TWO, None, 0.0, []
    for action, number, seconds, asked in steps:
        clock += seconds
        now, is_back = Now(clock, clock), action in {"come back", "release"} and waiting
        path, held = waiting.pop(number % len(waiting)) if is_back else (asked, None)
        if action == "close":
            gate = Gate.closed_by(reply(429, "3"), now=now)
            step = lambda it, gate=gate: (it.with_gate(gate), None)  # noqa: E731
        elif action == "release" and held is not None:
            step = lambda it, held=held, now=now: (it.release(held, now=now), None)  # noqa: E731
        else:
            step = lambda it, path=path, held=held, now=now: it.reserve(  # noqa: E731
                path, now=now, reservation=held
            )
        pacer, wanted = step(pacer)
        kept, (_, found) = change_pacer(kept, TWO, step, now=now)
        assert found == wanted
        if found is not None and not found.due(now):
            waiting.append((path, found))


def test_a_gate_is_kept_without_the_response_that_closed_it():
    gate = Gate.closed_by(reply(429, "5"), now=at(0))
    kept, _ = change_pacer(None, TWO, lambda it: (it.with_gate(gate), None), now=at(0))
    _, (pacer, _) = change_pacer(kept, TWO, lambda it: (it, None), now=at(1))
    assert (pacer.gate.until, pacer.gate.refusal.status) == (gate.until, 429)
    assert pacer.closed(at(1)) is not None


def test_a_clock_that_begins_anew_begins_anew():
    kept, _ = reserve(None, at(1000))
    kept, answer = reserve(kept, at(1000))
    assert not answer.due(at(1000))
    _, answer = reserve(kept, at(3))
    assert answer.due(at(3))


def test_each_brings_its_own_limits():
    kept, _ = reserve(None, at(0), path="/b")
    kept, _ = reserve(kept, at(0), path="/b")
    wider = Pacer.of(Pacing(limit=3, window=10, paths={"/c": 1}))
    kept, answer = reserve(kept, at(0), like=wider, path="/c")
    assert answer.due(at(0))
    kept, answer = reserve(kept, at(0), like=wider, path="/b")
    assert not answer.due(at(0))


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff", b"\x93\x01\x02\x03"])
def test_what_is_no_pacer_is_an_error(damage):
    with pytest.raises(BudgetError, match="corrupt; delete it") as caught:
        reserve(damage, at(0))
    assert caught.value.is_retry_safe


def test_a_key_tells_nothing_of_its_token():
    key = token_key(Token("hunter2"))
    assert "hunter2" not in key
    assert re.fullmatch("[0-9a-f]{32}", key)
    assert key == token_key(Token("hunter2", expires_in=5)) != token_key(Token("hunter3"))
    assert token_key(None) == ""


@pytest.mark.parametrize(
    ("waiting", "waited", "pause"),
    [(1, 0, 0.002), (3, 0, 0.006), (10_000, 0, 1), (10_000, 29.5, 0.5), (1, 30, None)],
)
def test_attempts_to_lock_a_budget_are_those_of_all_waiting_calls_together(waiting, waited, pause):
    busy = BudgetBusyError("busy")
    if pause is None:
        with pytest.raises(BudgetBusyError) as caught:
            next_attempt(busy, waiting, expires=None, begun=at(100), now=at(100 + waited))
        assert caught.value is busy
        assert busy.__notes__ == ["tried for 30 s; the request was not sent"]
        return
    again = next_attempt(busy, waiting, expires=None, begun=at(100), now=at(100 + waited))
    assert again - at(100 + waited).monotonic == pytest.approx(pause)


def test_attempts_to_lock_a_budget_end_with_the_deadline_of_the_call():
    busy, expires = BudgetBusyError("busy"), at(102.5).monotonic
    again = next_attempt(busy, 10_000, expires=expires, begun=at(100), now=at(102))
    assert again == expires
    with pytest.raises(BudgetBusyError):
        next_attempt(busy, 1, expires=expires, begun=at(100), now=at(102.5))
    assert busy.__notes__ == ["tried for 2.5 s; the request was not sent"]
    assert next_attempt(busy, 1, expires=at(500).monotonic, begun=at(100), now=at(102)) < expires
    with pytest.raises(BudgetBusyError):
        next_attempt(busy, 1, expires=at(500).monotonic, begun=at(100), now=at(130))


def test_calls_that_end_early_wait_for_the_lock_only_once():
    assert release_wait(was_busy=False) == 0.05
    assert release_wait(was_busy=True) == 0


def test_errors_are_documented_ones():
    assert issubclass(BudgetBusyError, BudgetError)
    assert issubclass(BudgetError, GenesysCloudError)


def test_a_place_is_a_reservation_on_the_own_clock():
    lanes = Pacer.of(Pacing(limit=2)).windows
    assert RatePlace(1.5, 7).reservation(lanes, 10.0) == Reservation(
        11.5, ((TICKET, 7),), "shared with other clients"
    )
    assert RatePlace(1.5, 7, 1).reservation(lanes, 10.0).why == "2 requests in 60 s"
    whys = [RatePlace(1.0, 7, lane).reservation(TWO.windows, 10.0).why for lane in (1, 2)]
    assert whys == [window.describe() for window in TWO.windows]
    assert len(set(whys)) == 2
    assert [RatePlace(1.0, 1, lane).is_gate for lane in (-1, 0, 1)] == [True, False, False]


def test_a_budget_may_be_left_out():
    EXPECTED_BUDGET.check("budget", None)
    with pytest.raises(TypeError, match="budget must be a budget or None, not a str"):
        EXPECTED_BUDGET.check("budget", "/tmp/budget")

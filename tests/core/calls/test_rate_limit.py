"""Leave to send: counted, waited for, refused at once where the wait is too long."""

from __future__ import annotations

import heapq
import random
from collections import deque
from dataclasses import dataclass, field

import pytest

from genesys_core import errors
from genesys_core.calls.lifecycle import Raised, Returned, Sending, Waiting, start, start_exchange
from genesys_core.calls.rate_limit import (
    Permit,
    release_permit,
    report_response,
    reserve_permit,
    wait_left,
)
from genesys_core.oauth import ClientCredentials
from genesys_core.session.pacing import MARGIN, Pacing
from genesys_core.session.retry import RetryConfiguration
from genesys_core.session.vault import Vault
from tests.strategies.calls import Driver, at, operation, reply, scripted, session, with_token

ONE = Pacing(limit=1, window=10)
SPAN = 10 * (1 + MARGIN)
ON = RetryConfiguration(max_retry_time_sec=60)
LONG = RetryConfiguration(max_retry_time_sec=300)


class Client:
    """A session, and its calls' states by hand."""

    def __init__(self, **facts) -> None:
        self.session = session(pacing=facts.pop("pacing", ONE), **facts)

    def begin(self, clock=0.0, **options):
        return start(operation().with_options(**options), self.session, now=at(clock))

    def ask(self, state, clock=0.0):
        self.session, answer = reserve_permit(self.session, state, now=at(clock))
        return answer

    def spend(self, clock=0.0):
        assert isinstance(self.ask(self.begin(clock), clock), Permit)

    def report(self, status, retry_after=None, clock=0.0):
        state, response = self.begin(clock), reply(status, retry_after)
        self.session, _ = report_response(self.session, state, response, now=at(clock))


def test_without_a_pacer_every_request_may_go():
    shared = session()
    state = start(operation(), shared, now=at(0))
    after, permit = reserve_permit(shared, state, now=at(0))
    assert (after, permit) == (shared, Permit(state.request))
    assert report_response(shared, state, reply(429, "9"), now=at(0)) == (shared, False)
    waiting = Waiting(state.call, 1, "")
    assert release_permit(shared, waiting, now=at(0)) == (shared, None)


def test_a_request_waits_for_its_place_and_then_goes():
    client = Client()
    client.spend()
    state = client.begin()
    waiting = client.ask(state)
    assert isinstance(waiting, Waiting)
    assert (waiting.seconds, waiting.why) == (SPAN, "pacing: 1 request in 10 s")
    again = waiting.woke(now=at(SPAN))
    assert isinstance(again, Sending)
    assert client.ask(again, SPAN) == Permit(again.request)


def test_a_repeat_takes_a_place_of_its_own():
    client = Client(retry=ON)
    state = client.begin()
    assert isinstance(client.ask(state), Permit)
    repeat = state.received(reply(502), now=at(0)).woke(now=at(3))
    waiting = client.ask(repeat, 3)
    assert waiting.seconds == pytest.approx(SPAN - 3)
    late = waiting.woke(now=at(SPAN))
    assert isinstance(client.ask(late, SPAN), Permit)
    assert late.received(reply(502), now=at(SPAN)).call.reservation is None


def test_a_place_that_was_used_is_forgotten():
    client = Client(vault=with_token())
    client.spend()
    sending = client.ask(client.begin()).woke(now=at(SPAN))
    assert sending.call.reservation is not None
    assert sending.received(reply(401), now=at(SPAN)).call.reservation is None


def test_waits_for_a_place_are_no_attempts():
    driver = Driver(session(pacing=ONE), scripted(reply(200)))
    for _ in range(5):
        assert isinstance(driver.call(operation()), Returned)
    assert driver.sleeps == pytest.approx([SPAN] * 4)
    ended = Driver(driver.session, scripted(reply(404)), clock=driver.clock).call(operation())
    assert [attempt.number for attempt in ended.error.attempts] == [1]


def test_an_abandoned_wait_gives_its_place_back():
    client = Client()
    client.spend()
    waiting = client.ask(client.begin())
    before = client.ask(client.begin()).seconds
    client.session, _ = release_permit(client.session, waiting, now=at(1))
    assert client.ask(client.begin(1), 1).seconds == pytest.approx(SPAN - 1)
    assert before == pytest.approx(2 * SPAN)


def test_a_wait_of_the_retry_policy_has_no_place_to_give_back():
    client = Client(retry=ON)
    state = client.begin()
    client.ask(state)
    waiting = state.received(reply(502), now=at(0))
    assert release_permit(client.session, waiting, now=at(0)) == (client.session, None)


def test_a_token_exchange_is_not_counted_and_its_429_closes_nothing():
    client = Client(vault=Vault(ClientCredentials("id", "secret")))
    exchange = start_exchange(client.session.vault.grant, client.session, now=at(0))
    before = client.session
    assert client.ask(exchange) == Permit(exchange.request)
    after, _ = report_response(client.session, exchange, reply(429, "9"), now=at(0))
    assert before == client.session == after


# --- waits that are not begun ----------------------------------------------------------------------


def test_a_wait_beyond_the_budget_fails_at_once_and_nothing_is_sent():
    client = Client(retry=RetryConfiguration(max_retry_time_sec=10))
    client.spend()
    state = client.begin()
    error = client.ask(state).error
    assert isinstance(error, errors.RateLimitError)
    assert error.message == (
        "not sent: 1 request in 10 s is the limit, the next place is in 10.2 s; the budget is 10 s"
    )
    assert (error.retry_after, error.is_retry_safe, error.attempts) == (SPAN, True, ())
    assert error.request == state.call.request


def test_a_wait_beyond_the_deadline_fails_at_once():
    client = Client(deadline=5)
    client.spend()
    error = client.ask(client.begin()).error
    assert "the deadline is 5 s" in error.message


def test_who_fails_leaves_the_queue():
    client = Client()
    client.spend()
    for _ in range(10):
        assert isinstance(client.ask(client.begin(deadline=5)), Raised)
    assert client.ask(client.begin()).seconds == SPAN


def test_with_retry_off_a_place_is_waited_for():
    client = Client()
    client.spend()
    assert client.ask(client.begin()).seconds == SPAN


# --- the gate --------------------------------------------------------------------------------------


def test_a_429_makes_all_wait():
    client = Client(retry=ON, pacing=Pacing())
    client.report(429, "42")
    waiting = client.ask(client.begin(1, retry=ON), 1)
    assert (waiting.seconds, waiting.why) == (41, "a 429 closed the gate")
    assert isinstance(client.ask(waiting.woke(now=at(42)), 42), Permit)


def test_with_retry_off_a_closed_gate_fails_at_once_with_the_platforms_words():
    client = Client(pacing=Pacing())
    state = client.begin()
    body = b'{"message": "Rate limit exceeded", "code": "too.many"}'
    client.session, _ = report_response(client.session, state, reply(429, "42", body), now=at(0))
    error = client.ask(client.begin(2), 2).error
    assert isinstance(error, errors.RateLimitError)
    assert (error.message, error.code, error.retry_after) == ("Rate limit exceeded", "too.many", 40)
    assert error.__notes__ == ["not sent: another call's 429 asks all to wait 40 s; retry is off"]
    assert isinstance(client.ask(client.begin(42), 42), Permit)


def test_a_gate_that_closes_ends_the_waits_that_it_outlasts():
    client = Client()
    client.spend()
    waiting = client.ask(client.begin())
    state = client.begin()
    assert wait_left(client.session, waiting, began=0, now=at(4)) == waiting.seconds - 4
    shared, look = report_response(client.session, state, reply(429, "5"), now=at(0))
    assert look  # at a gate that opens before the place is free
    assert wait_left(shared, waiting, began=0, now=at(4)) == waiting.seconds - 4
    shared, look = report_response(client.session, state, reply(429, "42"), now=at(0))
    assert look
    assert wait_left(shared, waiting, began=0, now=at(4)) == 0
    _, again = report_response(shared, state, reply(429, "7"), now=at(0))
    assert not again  # it is closed for longer already
    client.session = shared
    error = client.ask(waiting.woke(now=at(4)), 4).error
    assert error.__notes__ == ["not sent: another call's 429 asks all to wait 38 s; retry is off"]


def test_a_wait_before_a_repeat_does_not_care_for_the_gate():
    client = Client(retry=ON)
    waiting = client.begin().received(reply(429, "3"), now=at(0))
    assert isinstance(waiting, Waiting)
    client.report(429, "42")
    assert wait_left(client.session, waiting, began=10, now=at(11)) == 2
    assert wait_left(client.session, waiting, began=10, now=at(99)) == 0


def test_a_gate_that_opens_after_the_budget_fails_at_once():
    client = Client(retry=RetryConfiguration(max_retry_time_sec=10), pacing=Pacing())
    client.report(429, "42")
    error = client.ask(client.begin()).error
    assert error.__notes__[0].endswith("asks all to wait 42 s; the budget is 10 s")


def test_the_call_that_got_the_429_waits_once():
    driver = Driver(session(retry=ON, pacing=Pacing()), scripted(reply(429, "7"), reply(200)))
    assert isinstance(driver.call(operation()), Returned)
    assert driver.sleeps == [7]


def test_a_daily_limit_of_one_api_stops_nobody_else():
    client = Client(pacing=Pacing())
    client.report(429, "3600")
    assert isinstance(client.ask(client.begin()), Permit)


# --- twenty tasks, a server that enforces ----------------------------------------------------------


@dataclass
class Enforcing:
    """A server that allows so many requests in any window, by when they arrive."""

    limit: int
    window: float
    arrived: deque[float] = field(default_factory=deque)
    refusals: int = 0
    served: int = 0

    def answer(self, arrival: float):
        while self.arrived and self.arrived[0] <= arrival - self.window:
            self.arrived.popleft()
        if len(self.arrived) >= self.limit:
            self.refusals += 1
            return reply(429, "1")
        self.arrived.append(arrival)
        self.served += 1
        return reply(200)


@dataclass
class Clock:
    """A virtual clock, and the tasks that sleep on it."""

    now: float = 0.0

    def run(self, tasks, seconds):
        """Resume each task when it wants to be, until the time is up."""
        sleeping = [(0.0, number, task) for number, task in enumerate(tasks)]
        while sleeping[0][0] < seconds:
            self.now, number, task = heapq.heappop(sleeping)
            heapq.heappush(sleeping, (self.now + next(task), number, task))


def calls(client, server, clock, chance):
    """One call after the other; yields seconds to sleep."""
    while True:
        state = client.begin(clock.now)
        while not isinstance(state, Returned | Raised):
            if isinstance(state, Waiting):
                yield state.seconds + chance.uniform(0, 0.02)
                state = state.woke(now=at(clock.now))
                continue
            permit = client.ask(state, clock.now)
            if not isinstance(permit, Permit):
                state = permit
                continue
            yield chance.uniform(0, 0.2)  # on its way
            response = server.answer(clock.now)
            yield chance.uniform(0, 0.2)  # and back
            now = at(clock.now)
            client.session, _ = report_response(client.session, state, response, now=now)
            state = state.received(response, now=now)
        if isinstance(state, Raised):
            yield 1.0


def run_tasks(client, server, *, seconds, seed):
    clock, chance = Clock(), random.Random(seed)
    clock.run([calls(client, server, clock, chance) for _ in range(20)], seconds)


@pytest.mark.parametrize("retry", [RetryConfiguration(), LONG], ids=["retry off", "retry on"])
@pytest.mark.parametrize("seed", range(3))
def test_twenty_tasks_for_two_minutes_are_never_refused_and_use_the_allowance(retry, seed):
    client = Client(pacing=Pacing(), vault=with_token(), retry=retry)
    server = Enforcing(300, 60)
    run_tasks(client, server, seconds=120, seed=seed)
    assert server.refusals == 0
    assert server.served >= 0.97 * 600


def test_the_same_tasks_without_pacing_are_refused():
    client, server = Client(pacing=None, vault=with_token()), Enforcing(300, 60)
    run_tasks(client, server, seconds=120, seed=0)
    assert server.refusals > 100


def test_half_an_hour_uses_the_allowance_too():
    client = Client(pacing=Pacing(limit=30), vault=with_token())
    server = Enforcing(30, 60)
    run_tasks(client, server, seconds=1800, seed=0)
    assert server.refusals == 0
    assert server.served >= 0.97 * 30 * 30

"""Leave to send: counted, waited for, refused at once where the wait is too long."""

from __future__ import annotations

import heapq
import random
from collections import deque
from dataclasses import dataclass, field

import pytest

from genesys_core import errors
from genesys_core.calls.lifecycle import (
    ClosingGate,
    NeedPermit,
    Raised,
    Returned,
    Sending,
    Waiting,
    start,
)
from genesys_core.calls.rate_limit import (
    close_gate,
    find_deadline,
    holds_reservation,
    release_permit,
    reserve_permit,
    share_step,
    with_pacer,
)
from genesys_core.calls.token_actions import start_exchange
from genesys_core.oauth import ClientCredentials, Token
from genesys_core.session.pacing import MARGIN, Pacer, Pacing
from genesys_core.session.retry import RETRIES_OFF, RetryConfiguration
from genesys_core.session.vault import Vault
from tests.strategies.calls import (
    UNSENT,
    Driver,
    at,
    operation,
    reply,
    scripted,
    session,
    with_token,
)

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

    def ask(self, need, clock=0.0):
        assert isinstance(need, NeedPermit)
        self.session, answer = reserve_permit(self.session, need, now=at(clock))
        return answer

    def spend(self, clock=0.0):
        sending = self.ask(self.begin(clock), clock)
        assert isinstance(sending, Sending)
        return sending

    def wake(self, waiting, clock):
        return waiting.woke(self.session, now=at(clock))

    def receive(self, sending, status, retry_after=None, clock=0.0, body=b""):
        """What a response leads to, the gate closed where it says so."""
        state = sending.received(reply(status, retry_after, body), now=at(clock))
        if isinstance(state, ClosingGate):
            self.session, state = close_gate(self.session, state, now=at(clock))
        return state


def test_without_a_pacer_no_call_asks_for_a_permit():
    assert isinstance(start(operation(), session(), now=at(0)), Sending)
    assert isinstance(
        start(operation(), session(), now=at(0)).received(reply(429, "9"), now=at(0)), Raised
    )


def test_a_call_that_was_begun_with_a_pacer_does_not_need_it_later():
    client = Client(retry=ON)
    need, unpaced = client.begin(), session()
    after, sending = reserve_permit(unpaced, need, now=at(0))
    assert (after, type(sending)) == (unpaced, Sending)
    closing = sending.received(reply(429, "9"), now=at(0))
    assert close_gate(unpaced, closing, now=at(0)) == (unpaced, closing.then)
    assert release_permit(unpaced, need, now=at(0)) == (unpaced, None)


def test_a_request_waits_for_its_place_and_then_goes():
    client = Client()
    client.spend()
    waiting = client.ask(client.begin())
    assert isinstance(waiting, Waiting)
    assert (waiting.seconds, waiting.until) == (SPAN, SPAN)
    assert waiting.why == "pacing: 1 request in 10 s"
    assert isinstance(client.ask(client.wake(waiting, SPAN), SPAN), Sending)


def test_who_wakes_up_too_early_goes_on_waiting():
    client = Client(retry=ON)
    sending = client.spend()
    waiting = client.ask(client.begin())
    assert waiting.left(client.session, now=at(4)) == SPAN - 4
    assert client.wake(waiting, 4) is waiting
    repeat = sending.failed(UNSENT, now=at(1))
    assert repeat.left(client.session, now=at(2)) == 2
    assert client.wake(repeat, 2) is repeat
    assert repeat.left(client.session, now=at(99)) == 0


def test_a_request_has_the_time_that_is_left_when_it_may_go():
    client = Client(deadline=30)
    client.spend()
    sending = client.ask(client.wake(client.ask(client.begin()), SPAN), SPAN)
    assert sending.request.timeout.read == pytest.approx(30 - SPAN)
    assert sending.request.expires == pytest.approx(30)


def test_who_oversleeps_the_deadline_is_not_counted_and_gives_its_place_back():
    client = Client(deadline=30)
    client.spend()
    before = client.session
    need = client.wake(client.ask(client.begin()), 31)
    error = client.ask(need, 31).error
    assert isinstance(error, errors.TimeoutError)
    assert isinstance(client.ask(client.begin(31), 31), Sending)
    assert before.pacer is not None


def test_a_repeat_takes_a_place_of_its_own():
    client = Client(retry=ON)
    repeat = client.wake(client.receive(client.spend(), 502), 3)
    waiting = client.ask(repeat, 3)
    assert waiting.seconds == pytest.approx(SPAN - 3)
    late = client.ask(client.wake(waiting, SPAN), SPAN)
    assert isinstance(late, Sending)
    assert client.receive(late, 502, clock=SPAN).reservation is None


def test_a_request_with_another_token_takes_a_place_of_its_own():
    client = Client(vault=with_token())
    need = client.receive(client.spend(), 401).granted(Token("new"), now=at(1))
    assert isinstance(need, NeedPermit)
    assert need.reservation is None
    assert isinstance(client.ask(need, 1), Waiting)


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


def test_a_call_that_is_abandoned_in_any_other_state_has_no_place_to_give_back():
    client = Client(retry=ON)
    sending = client.spend()
    waiting = client.receive(sending, 502)
    for state in (client.begin(), sending, waiting, sending.received(reply(200), now=at(0))):
        assert release_permit(client.session, state, now=at(0)) == (client.session, None)


def test_a_token_exchange_is_not_counted_and_its_429_closes_nothing():
    client = Client(vault=Vault(ClientCredentials("id", "secret")))
    exchange = start_exchange(client.session.vault.grant, client.session, now=at(0))
    assert isinstance(exchange, Sending)
    assert isinstance(exchange.received(reply(429, "9"), now=at(0)), Raised)


# --- waits that are not begun ----------------------------------------------------------------------


def test_a_wait_beyond_the_budget_fails_at_once_and_nothing_is_sent():
    client = Client(retry=RetryConfiguration(max_retry_time_sec=10))
    client.spend()
    need = client.begin()
    error = client.ask(need).error
    assert isinstance(error, errors.RateLimitError)
    assert error.message == (
        "not sent: the rate limit is 1 request in 10 s, and the next request is allowed in 10.2 s; the budget is 10 s"
    )
    assert (error.retry_after, error.is_retry_safe, error.attempts) == (SPAN, True, ())
    assert error.request == need.call.request


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


def test_who_waits_and_then_may_not_wait_any_longer_leaves_the_queue():
    client = Client(retry=RetryConfiguration(max_retry_time_sec=20), pacing=ONE)
    sending = client.spend()
    waiting = client.ask(client.begin())
    client.receive(sending, 429, "42")
    assert isinstance(client.ask(client.wake(waiting, 1), 1), Raised)
    assert client.ask(client.begin(1, retry=ON), 1).seconds == pytest.approx(41)


def test_with_retry_off_a_place_is_waited_for():
    client = Client()
    client.spend()
    assert client.ask(client.begin()).seconds == SPAN


# --- the gate --------------------------------------------------------------------------------------


def test_a_429_makes_all_wait():
    client = Client(retry=ON, pacing=Pacing())
    client.receive(client.spend(), 429, "42")
    waiting = client.ask(client.begin(1, retry=ON), 1)
    assert (waiting.seconds, waiting.why) == (41, "a 429 closed the gate")
    assert isinstance(client.ask(client.wake(waiting, 42), 42), Sending)


def test_with_retry_off_a_closed_gate_fails_at_once_with_the_platforms_words():
    client = Client(pacing=Pacing())
    body = b'{"message": "Rate limit exceeded", "code": "too.many"}'
    client.receive(client.spend(), 429, "42", body=body)
    error = client.ask(client.begin(2), 2).error
    assert isinstance(error, errors.RateLimitError)
    assert (error.message, error.code, error.retry_after) == ("Rate limit exceeded", "too.many", 40)
    assert error.__notes__ == [
        "not sent: all calls wait 40 s after another call's 429; retries are disabled"
    ]
    assert isinstance(client.ask(client.begin(42), 42), Sending)


def test_a_gate_that_closes_ends_the_waits_that_it_outlasts():
    client = Client()
    sending = client.spend()
    waiting = client.ask(client.begin())
    client.receive(sending, 429, "5")  # a gate that opens before the place is free
    assert client.wake(waiting, 4) is waiting
    client.receive(sending, 429, "42")
    assert waiting.left(client.session, now=at(4)) == 0
    closed = client.session
    client.receive(sending, 429, "7")  # it is closed for longer already
    assert client.session is closed
    error = client.ask(client.wake(waiting, 4), 4).error
    assert error.__notes__ == [
        "not sent: all calls wait 38 s after another call's 429; retries are disabled"
    ]


def test_a_wait_before_a_repeat_does_not_care_for_the_gate():
    client = Client(retry=ON)
    sending = client.spend()
    waiting = client.receive(sending, 429, "3")
    assert isinstance(waiting, Waiting)
    client.receive(sending, 429, "42")
    assert waiting.left(client.session, now=at(1)) == 2
    assert client.wake(waiting, 1) is waiting
    assert isinstance(client.wake(waiting, 3), NeedPermit)


def test_a_gate_that_opens_after_the_budget_fails_at_once():
    client = Client(retry=RetryConfiguration(max_retry_time_sec=10), pacing=Pacing())
    client.receive(client.spend(), 429, "42")
    error = client.ask(client.begin()).error
    assert error.__notes__[0].endswith("wait 42 s after another call's 429; the budget is 10 s")


def test_the_call_that_got_the_429_waits_once():
    driver = Driver(session(retry=ON, pacing=Pacing()), scripted(reply(429, "7"), reply(200)))
    assert isinstance(driver.call(operation()), Returned)
    assert driver.sleeps == [7]


def test_a_daily_limit_of_one_api_stops_nobody_else():
    client = Client(pacing=Pacing())
    client.receive(client.spend(), 429, "3600")
    assert isinstance(client.ask(client.begin()), Sending)


# --- a limit that somebody else keeps --------------------------------------------------------------


def test_a_budget_of_several_processes_answers_as_a_session_does():
    """Whoever keeps the limit needs no session: a ticket with its time, or leave to send."""
    shared = session(pacing=ONE)
    budget, need = Pacer.of(ONE), start(operation(), shared, now=at(0))
    budget, _ = budget.reserve("/", now=at(0))
    budget, ticket = budget.reserve("/", now=at(0))
    waiting = need.queued(ticket, gate=budget.closed(at(0)), now=at(0))
    assert waiting == Waiting(need.call, SPAN, "pacing: 1 request in 10 s", SPAN, ticket)
    again = waiting.woke(shared, now=at(SPAN))
    budget, ticket = budget.reserve("/", now=at(SPAN), reservation=again.reservation)
    assert ticket.due(at(SPAN))
    assert isinstance(again.granted(now=at(SPAN)), Sending)


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
                state = client.wake(state, clock.now)
                continue
            if isinstance(state, NeedPermit):
                state = client.ask(state, clock.now)
                continue
            yield chance.uniform(0, 0.2)  # on its way
            response = server.answer(clock.now)
            yield chance.uniform(0, 0.2)  # and back
            state = client.receive(
                state, response.status, response.headers.get("retry-after"), clock.now
            )
        if isinstance(state, Raised):
            yield 1.0


def run_tasks(client, server, *, seconds, seed):
    clock, chance = Clock(), random.Random(seed)
    clock.run([calls(client, server, clock, chance) for _ in range(20)], seconds)


@pytest.mark.parametrize("retry", [RETRIES_OFF, LONG], ids=["retry off", "retry on"])
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


# --- one rate limit for several clients


class Sharing(Client):
    """A client whose pacer is kept beside those of others."""

    def __init__(self, kept: dict[str, bytes], **facts) -> None:
        super().__init__(**facts)
        self.kept = kept

    def share(self, step, state, clock):
        kept, (pacer, answer) = share_step(
            self.kept.get("token"), step, self.session, state, now=at(clock)
        )
        self.kept["token"] = kept
        self.session, _ = with_pacer(self.session, pacer)
        return answer

    def ask(self, need, clock=0.0):
        return self.share(reserve_permit, need, clock)

    def receive(self, sending, status, retry_after=None, clock=0.0, body=b""):
        state = sending.received(reply(status, retry_after, body), now=at(clock))
        return self.share(close_gate, state, clock) if isinstance(state, ClosingGate) else state


def sharing(count, **facts):
    kept: dict[str, bytes] = {}
    return [Sharing(kept, vault=with_token(), **facts) for _ in range(count)]


def test_clients_that_share_a_limit_count_each_others_requests():
    one, other = sharing(2)
    assert isinstance(one.ask(one.begin()), Sending)
    waiting = other.ask(other.begin(1.0), 1.0)
    assert isinstance(waiting, Waiting)
    assert holds_reservation(waiting)
    assert other.session.pacer.windows[0].sent == (0.0,)
    other.share(release_permit, waiting, 2.0)
    assert other.session.pacer.windows[0].queue == ()
    assert not holds_reservation(one.begin())
    assert not holds_reservation(Raised(errors.GenesysCloudError("x")))


def test_a_step_has_the_deadline_of_its_call():
    client = Client(deadline=30, retry=ON)
    need = client.begin(5.0)
    assert find_deadline(need) == 35.0
    sending = client.ask(need, 6.0)
    assert find_deadline(sending.received(reply(429, "9"), now=at(6.0))) == 35.0
    assert find_deadline(sending.received(reply(429, "90"), now=at(6.0))) is None
    assert find_deadline(Client(retry=ON).begin()) is None


def test_a_429_closes_the_gate_for_all():
    one, other = sharing(2, pacing=Pacing(limit=9), retry=ON)
    sending = one.ask(one.begin())
    one.receive(sending, 429, "9")
    waiting = other.ask(other.begin(1.0), 1.0)
    assert isinstance(waiting, Waiting)
    assert waiting.until == 9.0


@pytest.mark.parametrize("shared", [True, False])
def test_four_clients_of_one_token_make_two_thousand_calls(shared):
    clients = sharing(4, pacing=Pacing(), retry=LONG)
    if not shared:
        for client in clients:
            client.kept = {}
    clock, chance, server = Clock(), random.Random(7), Enforcing(300, 60)
    tasks = [calls(client, server, clock, chance) for client in clients for _ in range(5)]
    if shared:
        clock.run(tasks, 420)
        assert server.refusals == 0
        assert server.served >= max(2000, 0.97 * 300 * 7)
    else:
        clock.run(tasks, 120)  # refusals and their retries take real time, and come soon
        assert server.refusals > 100

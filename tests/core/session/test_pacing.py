"""The limiter: never too many in a window, first come first served, nothing lost, nobody stuck."""

from __future__ import annotations

import heapq
import random

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from genesys_core.errors import InvalidValueError
from genesys_core.session.pacing import (
    MARGIN,
    Gate,
    Pacer,
    Pacing,
    RateWindow,
    Reservation,
    Ticket,
)
from genesys_core.session.retry import GRAIN, MAX_RETRY_AFTER
from tests.helpers.growth import growth
from tests.strategies.calls import at, reply

PATH = "/api/v2/users"
TWO = Pacing(limit=2, window=10)
SPAN = 10 * (1 + MARGIN)


class Desk:
    """Holds the pacer, as an adapter does."""

    def __init__(self, pacing: Pacing) -> None:
        self.pacer = Pacer.of(pacing)

    def ask(
        self, clock: float, path: str = PATH, reservation: Reservation | None = None
    ) -> Reservation:
        self.pacer, answer = self.pacer.reserve(path, now=at(clock), reservation=reservation)
        return answer

    def release(self, reservation: Reservation, clock: float) -> None:
        self.pacer = self.pacer.release(reservation, now=at(clock))

    def report(self, retry_after: str | None, clock: float, status: int = 429) -> None:
        gate = Gate.closed_by(reply(status, retry_after), now=at(clock))
        self.pacer = self.pacer if gate is None else self.pacer.with_gate(gate)


def test_as_many_as_the_limit_go_at_once_and_the_next_when_the_first_leaves_the_window():
    desk = Desk(TWO)
    assert [desk.ask(0).at, desk.ask(3).at] == [0, 3]
    third, fourth, fifth = desk.ask(4), desk.ask(4), desk.ask(4)
    assert [third.at, fourth.at] == [SPAN, 3 + SPAN]
    assert fifth.at == 2 * SPAN
    assert not third.due(at(4))
    assert third.due(at(SPAN))
    assert third.why == "2 requests in 10 s"


def test_a_pause_makes_room():
    desk = Desk(TWO)
    desk.ask(0), desk.ask(0)
    assert desk.ask(SPAN).at == SPAN
    assert desk.ask(100).at == 100


def test_a_window_is_taken_longer_than_it_is():
    desk = Desk(Pacing(limit=1, window=60))
    desk.ask(0)
    assert 60.5 < desk.ask(0).at < 60 / 0.97


def test_who_comes_back_in_time_may_go_and_is_counted_once():
    desk = Desk(TWO)
    desk.ask(0), desk.ask(0)
    third = desk.ask(1)
    assert desk.ask(SPAN, reservation=third).at == SPAN
    assert desk.ask(SPAN).at == SPAN
    assert desk.ask(SPAN).at == 2 * SPAN


def test_who_comes_back_early_keeps_the_place():
    desk = Desk(TWO)
    desk.ask(0), desk.ask(0)
    third, fourth = desk.ask(1), desk.ask(1)
    assert desk.ask(5, reservation=third).at == third.at
    assert desk.ask(5, reservation=fourth).at == fourth.at


def test_who_comes_back_late_is_counted_when_it_goes():
    desk = Desk(Pacing(limit=1, window=10))
    desk.ask(0)
    second, third = desk.ask(0), desk.ask(0)
    late = second.at + 4
    assert desk.ask(late, reservation=second).due(at(late))
    moved = desk.ask(third.at, reservation=third)
    assert moved.at == late + SPAN
    assert desk.ask(moved.at, reservation=moved).due(at(moved.at))


def test_nobody_overtakes():
    desk = Desk(TWO)
    desk.ask(0), desk.ask(0)
    waiting = [desk.ask(index / 10).at for index in range(1, 9)]
    assert waiting == sorted(waiting)


def test_who_wakes_in_time_goes_in_the_order_of_coming():
    chance, desk = random.Random(7), Desk(Pacing(limit=7, window=10))
    waking = [(chance.uniform(0, 60), number, None) for number in range(100)]
    heapq.heapify(waking)
    came = [number for _, number, _ in sorted(waking)]
    gone = []
    while waking:
        clock, number, reservation = heapq.heappop(waking)
        answer = desk.ask(clock, reservation=reservation)
        if answer.due(at(clock)):
            gone.append(number)
        else:
            heapq.heappush(waking, (answer.at, number, answer))
    # Those told the same time wake in any order.
    assert max(abs(gone.index(number) - place) for place, number in enumerate(came)) < 7


def test_a_place_given_back_goes_to_whoever_comes_next():
    desk = Desk(Pacing(limit=1, window=10))
    desk.ask(0)
    second, third = desk.ask(0), desk.ask(0)
    desk.release(second, 1)
    assert desk.ask(2).at == second.at
    assert desk.ask(2).at == third.at + SPAN


def test_places_given_back_at_the_end_are_as_if_never_taken():
    desk = Desk(TWO)
    desk.ask(0), desk.ask(0)
    waiting = [desk.ask(1) for _ in range(50)]
    for reservation in random.Random(1).sample(waiting, 50):
        desk.release(reservation, 2)
    (window,) = desk.pacer.windows
    assert (window.sent, window.queue, window.vacant) == ((0, 0), (), ())
    assert desk.ask(3).at == waiting[0].at


def test_a_place_given_back_after_its_time_has_come_is_free():
    desk = Desk(Pacing(limit=1, window=10))
    desk.ask(0)
    second = desk.ask(0)
    desk.release(second, SPAN + 1)
    assert desk.ask(SPAN + 1).at == SPAN + 1


def test_a_place_given_back_that_nobody_took_in_time_is_free():
    desk = Desk(Pacing(limit=1, window=10))
    desk.ask(0)
    second, third = desk.ask(0), desk.ask(0)
    desk.release(second, 1)
    assert not desk.ask(SPAN + 3).due(at(SPAN + 3))  # behind the third
    assert desk.ask(SPAN + 4, reservation=third).due(at(SPAN + 4))


def test_a_place_whose_owner_does_not_come_is_free_after_a_window():
    desk = Desk(Pacing(limit=1, window=10))
    desk.ask(0)
    lost, next_ = desk.ask(0), desk.ask(0)
    assert not desk.ask(next_.at - 1, reservation=next_).due(at(next_.at - 1))
    assert desk.ask(lost.at + SPAN, reservation=next_).due(at(lost.at + SPAN))


def test_a_booking_of_another_pacer_is_a_newcomers():
    desk, other = Desk(TWO), Desk(TWO)
    other.ask(0), other.ask(0)
    strange = other.ask(0)
    assert desk.ask(5, reservation=strange).due(at(5))
    released = desk.pacer.release(strange, now=at(5))
    assert released == desk.pacer


def test_clocks_that_were_read_out_of_order_do_no_harm():
    desk = Desk(TWO)
    assert desk.ask(1.0).due(at(1.0))
    assert desk.ask(0.9).due(at(0.9))
    assert desk.pacer.windows[-1].sent == (1.0, 1.0)


def test_who_lost_one_place_gives_up_the_other():
    """Two requests, each ahead of the other in one window, once waited for one another for ever."""
    desk = Desk(Pacing(limit=1, window=10, paths={ARCHITECT: 1}))
    desk.ask(0, ARCHITECT)
    ((path, ticket),) = desk.ask(0).tickets
    lost = Reservation(0, ((ARCHITECT, 99), (path, ticket)))
    assert [path for path, _ in desk.ask(1, ARCHITECT, lost).tickets] == [ARCHITECT]
    assert desk.pacer.windows[-1].queue == ()


def test_a_booking_from_before_the_limits_changed_is_a_newcomers():
    desk = Desk(TWO)
    strange = Reservation(0, (("/gone", 3), ("", 7)))
    assert desk.ask(0, reservation=strange).due(at(0))
    desk.release(strange, 0)
    assert desk.pacer.windows[-1].sent == (0,)


# --- separate limits -------------------------------------------------------------------------------

ARCHITECT = "/api/v2/architect/ivrs"
LAYERED = Pacing(limit=4, window=10, paths={ARCHITECT: 1})


@pytest.mark.parametrize("path", [ARCHITECT, f"{ARCHITECT}/{{ivrId}}", f"{ARCHITECT}?pageSize=1"])
def test_a_path_with_a_limit_of_its_own(path):
    desk = Desk(LAYERED)
    assert desk.ask(0, path).at == 0
    second = desk.ask(0, path)
    assert second.at == SPAN
    assert second.why == f"1 request to {ARCHITECT} in 10 s"


def test_others_need_not_wait_for_it():
    desk = Desk(LAYERED)
    for _ in range(10):
        desk.ask(0, ARCHITECT)
    assert [desk.ask(0).at for _ in range(4)] == [0, 0, 0, SPAN]
    assert desk.ask(0, f"{ARCHITECT}x").at == SPAN


def test_it_counts_against_the_limit_of_all():
    desk = Desk(LAYERED)
    for _ in range(4):
        assert desk.ask(0).due(at(0))
    waiting = desk.ask(0, ARCHITECT)
    assert waiting.at == SPAN
    assert [path for path, _ in waiting.tickets] == [ARCHITECT, ""]
    assert waiting.why == "4 requests in 10 s"
    assert desk.ask(SPAN, ARCHITECT, reservation=waiting).due(at(SPAN))
    # Its own limit counts from when it really went.
    assert desk.ask(SPAN, ARCHITECT).at == 2 * SPAN


def test_a_place_in_both_is_given_back_in_both():
    desk = Desk(LAYERED)
    for _ in range(4):
        desk.ask(0)
    desk.release(desk.ask(0, ARCHITECT), 0)
    assert [(window.queue, window.vacant) for window in desk.pacer.windows] == [((), ()), ((), ())]


def test_the_most_particular_path_comes_first():
    pacer = Pacer.of(Pacing(paths={"/a": 5, "/a/b": 2}))
    assert [window.path for window in pacer.windows] == ["/a/b", "/a", ""]
    after, _ = pacer.reserve("/a/b/c", now=at(0))
    assert [len(window.sent) for window in after.windows] == [1, 1, 1]


# --- the gate --------------------------------------------------------------------------------------


def test_a_429_closes_the_gate_for_everyone():
    desk = Desk(TWO)
    desk.report("42", 1)
    assert desk.pacer.closed(at(1)).until == 43
    assert [desk.ask(2).at for _ in range(3)] == [43, 43, 43 + SPAN]
    assert desk.pacer.closed(at(43)) is None
    assert Desk(TWO).pacer.closed(at(1)) is None


def test_who_waited_already_waits_for_the_gate_too():
    desk = Desk(TWO)
    desk.ask(0), desk.ask(0)
    third = desk.ask(0)
    desk.report("30", 5)
    assert desk.ask(third.at, reservation=third).at == 35


def test_a_place_given_back_is_no_way_round_the_gate():
    desk = Desk(Pacing(limit=1, window=10))
    desk.ask(0)
    second, _ = desk.ask(0), desk.ask(0)
    desk.release(second, 1)
    desk.report("15", 1)
    assert desk.ask(2).at >= 16


def test_the_longest_request_to_wait_counts():
    desk = Desk(TWO)
    desk.report("30", 0)
    desk.report("5", 1)
    assert desk.pacer.closed(at(1)).until == 30
    desk.report("60", 2)
    assert desk.pacer.closed(at(2)).until == 62


@pytest.mark.parametrize("retry_after", [None, "0", "soon", "181", "86400"])
def test_what_says_nothing_of_the_next_minutes_closes_nothing(retry_after):
    desk = Desk(TWO)
    desk.report(retry_after, 0)
    assert desk.pacer == Pacer.of(TWO)


@pytest.mark.parametrize("status", [200, 404, 503])
def test_only_a_429_closes_it(status):
    desk = Desk(TWO)
    desk.report("5", 0, status)
    assert desk.pacer.gate is None


# --- configuration ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 0},
        {"limit": -1},
        {"window": 0},
        {"window": -1},
        {"window": float("nan")},
        {"window": 86_401},
        {"paths": {"api": 1}},
        {"paths": {"/api/": 1}},
        {"paths": {"/": 1}},
        {"paths": {"": 1}},
        {"paths": {"/api": 0}},
    ],
)
def test_limits_that_cannot_be_are_refused(wrong):
    with pytest.raises(InvalidValueError, match="pacing"):
        Pacing(**wrong)


def test_the_default_is_the_platforms_limit():
    assert (Pacing().limit, Pacing().window) == (300, 60)


# --- long runs -------------------------------------------------------------------------------------


def most_in_a_window(times: list[float], window: float) -> int:
    """The largest number of requests in any window that is open at its beginning."""
    times, first, most = sorted(times), 0, 0
    for index, time in enumerate(times):
        while times[first] <= time - window:
            first += 1
        most = max(most, index - first + 1)
    return most


@pytest.mark.parametrize("window", [6.0, 60.0])
@pytest.mark.parametrize("seed", range(3))
def test_late_wakers_never_exceed_the_limit_and_use_nearly_all_of_it(window, seed):
    chance, desk = random.Random(seed), Desk(Pacing(limit=30, window=window))
    length = 20 * window
    waking: list[tuple[float, int, Reservation | None]] = [(0.0, task, None) for task in range(20)]
    sent: list[float] = []
    while waking[0][0] < length:
        clock, task, reservation = heapq.heappop(waking)
        answer = desk.ask(clock, reservation=reservation)
        if answer.due(at(clock)):
            sent.append(clock)
            answer, wake = None, clock + chance.uniform(0, window / 60)
        else:
            wake = answer.at + chance.choice([0, 0, 0, chance.uniform(0, window / 60)])
        heapq.heappush(waking, (wake, task, answer))
    assert most_in_a_window(sent, window * (1 + MARGIN) - 1e-4) <= 30
    assert len(sent) >= 0.97 * 30 * 20


def test_memory_is_bounded_by_the_limit():
    desk = Desk(Pacing(limit=5, window=10))
    clock = 0.0
    for _ in range(200):
        clock = desk.ask(clock).at
    assert len(desk.pacer.windows[-1].sent) <= 5


class Queueing(RuleBasedStateMachine):
    """Callers who come, wake late or early, give up, are refused; and a clock.

    The laws hold after every step; at the end all who still wait get through.
    """

    @initialize(limit=st.integers(1, 4), narrow=st.integers(1, 3))
    def begin(self, limit, narrow):
        self.limits = {"": limit, ARCHITECT: narrow}
        self.desk = Desk(Pacing(limit=limit, window=10, paths={ARCHITECT: narrow}))
        self.clock = 0.0
        self.opens = 0.0
        self.waiting: list[tuple[str, Reservation]] = []
        self.lost = 0
        self.sent: dict[str, list[float]] = {"": [], ARCHITECT: []}

    def asks(self, path, reservation=None):
        answer = self.desk.ask(self.clock, path, reservation)
        if answer.due(at(self.clock)):
            assert self.clock >= self.opens - 1e-5
            for window in {"", path} & set(self.sent):
                self.sent[window].append(self.clock)
        else:
            self.waiting.append((path, answer))

    @rule(path=st.sampled_from([PATH, ARCHITECT]), times=st.integers(1, 6))
    def some_come(self, path, times):
        for _ in range(times):
            self.asks(path)

    @rule(seconds=st.sampled_from([0.01, 0.5, 3.0, SPAN, 2 * SPAN]))
    def time_passes(self, seconds):
        self.clock += seconds

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def one_wakes_whenever(self, data):
        self.asks(*self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1))))

    @precondition(lambda self: self.waiting)
    @rule()
    def the_next_wakes_in_time(self):
        index = min(range(len(self.waiting)), key=lambda i: self.waiting[i][1].at)
        path, reservation = self.waiting.pop(index)
        self.clock = max(self.clock, reservation.at)
        self.asks(path, reservation)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def one_gives_up(self, data):
        _, reservation = self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1)))
        self.desk.release(reservation, self.clock)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def one_is_never_seen_again(self, data):
        self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1)))
        self.lost += 1

    @rule(seconds=st.sampled_from([1, 30, 200]))
    def the_platform_refuses(self, seconds):
        self.desk.report(str(seconds), self.clock)
        if seconds <= 180:
            self.opens = max(self.opens, self.clock + seconds)

    @invariant()
    def no_window_holds_more_than_its_limit(self):
        for window, times in getattr(self, "sent", {}).items():
            assert most_in_a_window(times, SPAN - 1e-4) <= self.limits[window]

    @invariant()
    def the_memory_is_bounded(self):
        if hasattr(self, "desk"):
            for window in self.desk.pacer.windows:
                assert list(window.sent) == sorted(window.sent)
                assert len(window.sent) <= window.limit
                tickets = [place.number for place in window.queue]
                assert tickets == sorted(tickets)
                assert set(window.vacant) <= set(tickets)
                assert len(tickets) <= len(self.waiting) + len(window.vacant) + self.lost

    def teardown(self):
        waiting = getattr(self, "waiting", [])
        steps = 20 * (len(waiting) + 1)
        while waiting:
            self.the_next_wakes_in_time()
            steps -= 1
            assert steps, "somebody never gets through"


TestQueueing = pytest.mark.slow(Queueing.TestCase)


def test_a_request_that_need_not_queue_takes_no_ticket():
    pacer = Pacer.of(Pacing(limit=2, paths={"/a": 1}))
    pacer, reservation = pacer.reserve("/a", now=at(0))
    assert reservation.due(at(0))
    assert [(len(window.sent), window.queue, window.issued) for window in pacer.windows] == [
        (1, (), 0)
    ] * 2
    pacer, reservation = pacer.reserve("/a", now=at(0))
    assert not reservation.due(at(0))
    assert [len(window.queue) for window in pacer.windows] == [1, 0]


def test_a_gate_that_is_closed_for_longer_stays_closed():
    longer, shorter = (
        Gate.closed_by(reply(429, "9"), now=at(0)),
        Gate.closed_by(reply(429, "2"), now=at(1)),
    )
    pacer = Pacer.of(TWO).with_gate(longer)
    assert pacer.with_gate(shorter) is pacer
    assert Pacer.of(TWO).with_gate(shorter).with_gate(longer).gate == longer


def test_a_gate_shuts_out_who_would_be_let_go_before_it_opens():
    early, late = Reservation(1.0), Reservation(9.0)
    closed = Pacer.of(TWO).with_gate(Gate.closed_by(reply(429, "5"), now=at(0)))
    assert closed.shuts_out(early)
    assert not closed.shuts_out(late)
    assert not Pacer.of(TWO).shuts_out(early)


@pytest.mark.parametrize("order", [1, -1], ids=["first-come", "last-come"])
def test_the_work_of_cancelling_queued_calls_is_linear(order: int) -> None:
    def queued(count: int):
        desk = Desk(TWO)
        reservations = [desk.ask(0) for _ in range(count)]

        def cancel_all() -> None:
            for reservation in reservations[::order]:
                desk.release(reservation, 1)
            desk.ask(10_000_000)

        return cancel_all

    assert growth(queued, 100) < 4.5


def test_vacancies_expire_at_their_own_times() -> None:
    desk = Desk(TWO)
    first, *others = [desk.ask(0) for _ in range(8)][2:]
    for reservation in (others[0], others[3], first):
        desk.release(reservation, 1)
    (window,) = desk.pacer.windows
    assert (len(window.queue), len(window.vacant)) == (6, 3)
    assert window.vacant_until == first.at
    (later,) = desk.pacer.release(Reservation(0.0), now=at(first.at)).windows
    assert later.vacant_until == others[3].at
    assert len(later.vacant) == 1
    (last,) = desk.pacer.release(Reservation(0.0), now=at(others[3].at)).windows
    assert last.vacant == ()
    assert [ticket.return_at for ticket in last.queue] == [others[4].at]  # two never came back


# Where one condition alone decides


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"limit": "3"}, "limit must be"),
        ({"paths": {1: 2}}, "a path in pacing paths must be"),
        ({"paths": {"/a": "x"}}, "pacing limit of '/a' must be"),
    ],
)
def test_a_value_of_a_wrong_type_is_named(wrong, words):
    with pytest.raises(TypeError, match=words):
        Pacing(**wrong)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"limit": 0}, r"pacing limit=0: must be at least 1"),
        ({"paths": {"/a": -1}}, r"pacing paths\['/a'\]=-1: must be at least 1"),
    ],
)
def test_a_limit_below_one_is_named(wrong, words):
    with pytest.raises(InvalidValueError, match=words):
        Pacing(**wrong)


def test_a_window_may_be_shorter_than_a_second():
    assert Pacing(window=0.5).window == 0.5


def test_the_longest_time_that_is_waited_for_closes_the_gate():
    assert Gate.closed_by(reply(429, str(MAX_RETRY_AFTER)), now=at(0)) is not None
    assert Gate.closed_by(reply(429, str(MAX_RETRY_AFTER + 1)), now=at(0)) is None


def test_a_reservation_is_due_within_the_grain_of_the_clock():
    assert Reservation(GRAIN).due(at(0))
    assert not Reservation(2 * GRAIN).due(at(0))


QUEUE = tuple(Ticket(number, float(number)) for number in range(5))


def test_a_ticket_that_is_not_in_the_queue_has_no_position():
    window = RateWindow("", 1, 10.0, queue=(QUEUE[0], QUEUE[2]))
    assert [window.position(ticket) for ticket in range(4)] == [0, None, 1, None]
    assert RateWindow("", 1, 10.0, issued=9).with_ticket(7)[1] == 9


def test_released_tickets_go_each_at_its_time():
    window = RateWindow("", 1, 10.0, queue=QUEUE, vacant=(1, 2, 3), vacant_until=1.0)
    left = [window := window.as_of(float(now)) for now in range(4)]
    assert [one.vacant for one in left] == [(1, 2, 3), (2, 3), (3,), ()]
    assert [ticket.number for ticket in left[-1].queue] == [0, 4]


@pytest.mark.parametrize(
    ("ticket", "vacant"), [(0, (1, 3)), (1, (3,)), (2, (1, 3)), (3, (1,)), (4, (1, 3))]
)
def test_a_ticket_is_removed_from_the_queue_and_from_the_released_ones(ticket, vacant):
    window = RateWindow("", 1, 10.0, queue=QUEUE, vacant=(1, 3)).without(ticket)
    assert [one.number for one in window.queue] == [n for n in range(5) if n != ticket]
    assert window.vacant == vacant


def test_a_ticket_is_used_within_the_grain_of_the_clock():
    window = RateWindow("", 1, 10.0, queue=(Ticket(0, GRAIN),), issued=1)
    pacer = Pacer((window,), Gate(GRAIN, reply(429, "1")))
    _, answer = pacer.reserve(PATH, now=at(0), reservation=Reservation(GRAIN, (("", 0),)))
    assert answer == Reservation(0)


def test_the_first_of_two_equal_gates_stays():
    first, second = reply(429, "5"), reply(429, "5")
    pacer = Pacer.of(TWO).with_gate(Gate(5, first)).with_gate(Gate(5, second))
    assert pacer.gate is not None
    assert pacer.gate.refusal is first


def test_a_gate_shuts_out_who_would_go_before_it_opens():
    for until, shut in ((0.0, False), (GRAIN, False), (2 * GRAIN, True)):
        assert Pacer.of(TWO).with_gate(Gate(until, reply(429))).shuts_out(Reservation(0)) is shut


def test_a_gate_is_open_within_the_grain_of_the_clock():
    gate = Gate(GRAIN, reply(429))
    assert Pacer.of(TWO).with_gate(gate).closed(at(0)) is None
    assert Pacer.of(TWO).with_gate(Gate(2 * GRAIN, reply(429))).closed(at(0)) is not None

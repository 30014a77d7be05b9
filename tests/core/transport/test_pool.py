"""The pool: who gets which connection, who waits, what is closed; and that nothing is ever lost."""

from __future__ import annotations

import gc
import sys
import weakref
from collections import deque

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from genesys_core.errors import GenesysCloudError, InvalidValueError
from genesys_core.transport.pool import Claim, Lease, Pool, PoolLimits, PoolStatistics
from tests.helpers.examples import examples
from tests.helpers.interrupts import each_interrupt
from tests.helpers.pool_driver import HERE, THERE, Desk, Http, Socket, at, name_of

# --- which connection -------------------------------------------------------------------------


def test_the_connection_that_was_idle_last_goes_out_first():
    desk = Desk()
    first, second, elsewhere = desk.acquire(), desk.acquire(), desk.acquire(THERE)
    assert [name_of(claim) for claim in (first, second, elsewhere)] == [0, 1, 2]
    for claim in (first, second, elsewhere):
        desk.release(claim)
    assert desk.counts == (3, 3, 0)
    again = [desk.acquire() for _ in range(3)]
    assert [name_of(claim) for claim in again] == [1, 0, 3]
    assert desk.pool.statistics() == PoolStatistics(4, 1, 0)
    assert desk.pool.statistics().in_use == 3


def test_a_connection_with_a_reply_outstanding_is_closed_and_frees_its_place():
    desk = Desk(PoolLimits(connections=1))
    desk.release(desk.acquire(), reusable=False)
    assert desk.opened[0].closed
    assert desk.counts == (0, 0, 0)
    assert name_of(desk.acquire()) == 1


def test_a_lease_that_was_never_opened_frees_its_place():
    desk = Desk(PoolLimits(connections=1))
    claim: Claim[Socket] = Claim()
    desk.pool.acquire(claim, HERE, now=at(0))
    assert claim.lease is not None
    assert repr(claim.lease) == "Lease(not open)"
    assert desk.counts == (1, 0, 0)
    desk.release(claim)
    assert desk.counts == (0, 0, 0)
    assert not desk.pool.closing


def test_a_cleared_lease_keeps_its_place_for_another_connection():
    desk = Desk(PoolLimits(connections=1, max_age=100))
    claim = desk.acquire()
    lease = claim.lease
    assert lease is not None
    assert repr(lease) == "Lease(open)"
    desk.clock = 99
    lease.clear(now=at(99))
    assert desk.counts == (1, 0, 0)
    assert (lease.connection, lease.http) == (None, None)
    desk.dial(claim)
    desk.clock = 101  # the second connection is young
    desk.release(claim)
    assert desk.counts == (1, 1, 0)


# --- what is closed when ----------------------------------------------------------------------


def test_a_full_pool_gives_up_the_connection_idle_longest():
    desk = Desk(PoolLimits(connections=2))
    first, second = desk.acquire(HERE), desk.acquire("https://third")
    desk.release(first)
    desk.release(second)
    third = desk.acquire(THERE)
    assert name_of(third) == 2
    assert [socket.closed for socket in desk.opened] == [True, False, False]
    assert desk.counts == (2, 1, 0)


@pytest.mark.parametrize(
    ("now", "taken"),
    [
        (at(29.9), 0),
        (at(30), 1),
        (at(0.1, 30), 1),  # the monotonic clock stood still: the machine slept
        (at(30, 0), 1),  # the wall clock was set back
    ],
)
def test_a_connection_idle_too_long_by_either_clock_is_not_used(now, taken):
    desk = Desk(PoolLimits(keep_alive=30))
    desk.release(desk.acquire())
    assert name_of(desk.acquire(now=now)) == taken
    assert desk.opened[0].closed == bool(taken)


def test_connections_idle_too_long_are_closed_at_the_next_step_whatever_it_is_about():
    desk = Desk(PoolLimits(keep_alive=30))
    assert desk.pool.next_expiry is None
    claims = [desk.acquire() for _ in range(3)]
    for second, claim in enumerate(claims):
        desk.release(claim, at(second))
    assert desk.pool.next_expiry == 30
    used = desk.acquire(THERE, at(31.5))
    assert [socket.closed for socket in desk.opened] == [True, True, False, False]
    assert desk.pool.next_expiry == 32
    desk.pool.expire(now=at(32))  # what a timer does
    desk.settle()
    assert desk.opened[2].closed
    assert (desk.counts, used.is_waiting) == ((1, 0, 0), False)


def test_the_time_that_the_server_announced_counts_less_a_margin():
    desk = Desk(PoolLimits(keep_alive=30))
    desk.release(desk.acquire(), keep_alive_timeout=5)
    assert name_of(desk.acquire(now=at(3.9))) == 0
    desk = Desk(PoolLimits(keep_alive=30))
    desk.release(desk.acquire(), keep_alive_timeout=5)
    assert name_of(desk.acquire(now=at(4))) == 1
    assert desk.opened[0].closed
    desk.release(desk.acquire(), keep_alive_timeout=100)
    assert desk.pool.next_expiry == 30


@pytest.mark.parametrize("announced", [0, 1])
def test_a_connection_that_the_server_keeps_no_longer_is_closed_at_once(announced):
    desk = Desk()
    desk.release(desk.acquire(), keep_alive_timeout=announced)
    assert desk.opened[0].closed


@pytest.mark.parametrize("late", [at(600), at(1, 600)])
def test_an_old_connection_is_closed_when_it_comes_back_and_not_before(late):
    desk = Desk(PoolLimits(max_age=600, keep_alive=1000))
    claim = desk.acquire()
    desk.acquire(THERE, late)
    assert not desk.opened[0].closed
    desk.release(claim, late)
    assert desk.opened[0].closed


def test_an_old_connection_that_is_idle_is_not_handed_out():
    desk = Desk(PoolLimits(max_age=600, keep_alive=1000))
    desk.release(desk.acquire(), at(599))
    assert name_of(desk.acquire(now=at(600))) == 1
    desk = Desk(PoolLimits(max_age=None, keep_alive=1000))
    desk.release(desk.acquire(), at(900))
    assert name_of(desk.acquire(now=at(901))) == 0


def test_an_idle_connection_that_ended_can_be_discarded_and_one_in_use_cannot():
    desk = Desk()
    claim = desk.acquire()
    lease = claim.lease
    assert lease is not None
    desk.pool.discard(lease)
    assert desk.counts == (1, 0, 0)
    desk.release(claim)
    desk.pool.discard(lease)
    desk.pool.discard(lease)
    desk.settle()
    assert desk.opened[0].closed
    assert desk.counts == (0, 0, 0)


@pytest.mark.parametrize(
    "wrong", [{"connections": 0}, {"keep_alive": -1}, {"max_age": "1"}, {"connections_per_key": 0}]
)
def test_a_limit_that_is_no_number_above_zero_is_refused(wrong):
    with pytest.raises(InvalidValueError, match=next(iter(wrong))):
        PoolLimits(**wrong)


@pytest.mark.parametrize("name", ["connections", "keep_alive"])
def test_only_the_limit_per_key_and_the_age_may_be_none(name):
    with pytest.raises(InvalidValueError, match=f"{name}=None: must be a number above 0$"):
        PoolLimits(**{name: None})
    assert PoolLimits(connections_per_key=None, max_age=None).max_age is None
    with pytest.raises(
        InvalidValueError, match="max_age=0: must be a number above 0, or None for no limit"
    ):
        PoolLimits(max_age=0)


# --- who waits --------------------------------------------------------------------------------


def test_claims_are_served_in_order_and_a_newcomer_does_not_overtake():
    desk = Desk(PoolLimits(connections=1))
    first = desk.acquire()
    second, third = desk.acquire(), desk.acquire()
    assert desk.counts == (1, 0, 2)
    assert (second.is_waiting, third.is_waiting) == (True, True)
    desk.release(first)
    assert desk.woken == [second]
    assert (second.is_waiting, name_of(second)) == (False, 0)
    late = desk.acquire()
    desk.release(second)
    assert desk.woken == [second, third]
    assert late.is_waiting
    desk.release(third)
    assert name_of(late) == 0


def test_a_place_of_another_key_is_given_up_for_who_came_first():
    desk = Desk(PoolLimits(connections=1))
    first = desk.acquire(HERE)
    there, here = desk.acquire(THERE), desk.acquire(HERE)
    desk.release(first)
    desk.dial(there)
    assert (name_of(there), here.is_waiting) == (1, True)
    assert desk.opened[0].closed


def test_a_claim_that_gives_up_leaves_the_queue():
    desk = Desk(PoolLimits(connections=1))
    first = desk.acquire()
    second, third = desk.acquire(), desk.acquire(THERE)
    desk.release(second)
    desk.release(second)
    assert desk.counts == (1, 0, 1)
    desk.release(first)
    assert desk.woken == [third]


def test_a_claim_that_gives_up_when_it_was_just_served_passes_its_place_on():
    desk = Desk(PoolLimits(connections=1))
    first = desk.acquire()
    second, third = desk.acquire(), desk.acquire()
    desk.release(first)
    desk.release(second)  # it has not looked yet
    assert desk.woken == [second, third]
    assert name_of(third) == 0


def test_the_limit_of_a_key_holds_up_nobody_else():
    desk = Desk(PoolLimits(connections=3, connections_per_key=1))
    first = desk.acquire(HERE)
    second, third = desk.acquire(HERE), desk.acquire(HERE)
    elsewhere = desk.acquire(THERE)
    assert name_of(elsewhere) == 1
    assert desk.counts == (2, 0, 2)
    desk.release(second)
    desk.release(first)
    assert desk.woken == [third]
    assert name_of(third) == 0


def test_claims_of_one_key_in_the_queue_of_all_count_for_its_limit():
    desk = Desk(PoolLimits(connections=2, connections_per_key=2))
    others = [desk.acquire(THERE), desk.acquire(THERE)]
    first, second, third = (desk.acquire(HERE) for _ in range(3))
    desk.release(others[0])
    desk.release(others[1])
    assert desk.woken == [first, second]
    assert third.is_waiting
    desk.release(first)
    assert desk.woken == [first, second, third]


def test_a_broken_connection_makes_place_for_the_next_claim():
    desk = Desk(PoolLimits(connections=1))
    first, second = desk.acquire(), desk.acquire()
    desk.release(first, reusable=False)
    assert desk.woken == [second]
    desk.dial(second)
    assert name_of(second) == 1


# --- the end ----------------------------------------------------------------------------------


def test_a_closed_pool_closes_what_is_idle_and_what_comes_back_and_refuses_all_others():
    desk = Desk(PoolLimits(connections=2, connections_per_key=1))
    used = desk.acquire()
    desk.release(desk.acquire(THERE))
    busy = desk.acquire(THERE)
    held_up, queued = desk.acquire(), desk.acquire("https://third")
    desk.release(busy)
    desk.release(queued)
    queued = desk.acquire("https://third")
    queued_too = desk.acquire("https://fourth")
    assert desk.counts == (2, 0, 2)
    assert not desk.pool.is_closed
    desk.pool.close()
    desk.pool.close()
    desk.settle()
    assert desk.pool.is_closed
    assert {held_up, queued_too} <= set(desk.woken)
    assert (held_up.lease, held_up.is_waiting) == (None, False)
    assert desk.counts == (2, 0, 0)
    with pytest.raises(GenesysCloudError, match="closed; nothing was sent"):
        desk.acquire()
    for claim in (used, queued, held_up, queued_too):
        desk.release(claim)
    assert all(socket.closed for socket in desk.opened)
    assert desk.counts == (0, 0, 0)


def test_close_closes_idle_connections():
    desk = Desk()
    desk.release(desk.acquire())
    desk.pool.close()
    desk.settle()
    assert desk.opened[0].closed


def test_a_claim_that_never_asked_or_was_released_has_nothing_to_give_back():
    desk = Desk()
    desk.release(Claim())
    claim = desk.acquire()
    desk.release(claim)
    taken = desk.acquire()
    desk.release(claim)
    assert name_of(taken) == 0
    assert desk.counts == (1, 0, 0)


def test_the_lease_of_another_pool_is_not_taken():
    desk, other = Desk(), Desk()
    claim = other.acquire()
    desk.release(claim)
    assert desk.counts == (0, 0, 0)
    assert other.opened[0].closed


# --- nothing is lost --------------------------------------------------------------------------


def test_a_lease_that_nobody_holds_any_more_is_a_free_place():
    desk = Desk(PoolLimits(connections=1))
    claim = desk.acquire()
    waiting = desk.acquire()
    del claim
    gc.collect()
    assert waiting.is_waiting
    desk.pool.serve(now=at(0))
    desk.settle()
    assert desk.woken == [waiting]
    desk.dial(waiting)
    assert name_of(waiting) == 1
    assert desk.counts == (1, 0, 0)


def test_an_abandoned_lease_counts_no_more_for_its_key():
    desk = Desk(PoolLimits(connections_per_key=1))
    claim = desk.acquire()
    waiting = desk.acquire()
    del claim
    assert name_of(desk.acquire(THERE)) == 1
    assert desk.woken == [waiting]


def test_a_claim_that_was_abandoned_in_the_queue_passes_its_place_on():
    desk = Desk(PoolLimits(connections=1))
    first = desk.acquire()
    desk.acquire()
    third = desk.acquire()
    desk.release(first)
    desk.woken.clear()  # nobody is there to be woken
    desk.pool.serve(now=at(0))
    desk.settle()
    assert desk.woken == [third]


def test_a_claim_that_an_interrupted_step_had_served_is_woken_by_the_next():
    class Broken(deque):
        def append(self, claim):
            raise KeyboardInterrupt

    desk = Desk(PoolLimits(connections=1))
    first, second = desk.acquire(), desk.acquire()
    desk.pool.waking = Broken()
    with pytest.raises(KeyboardInterrupt):
        desk.release(first)
    desk.pool.waking = deque()
    assert name_of(second) == 0
    desk.pool.serve(now=at(0))
    desk.settle()
    assert (desk.woken, second.is_waiting) == ([second], False)
    assert desk.counts == (1, 0, 0)


# --- where one condition alone decides --------------------------------------------------------


def test_the_limits_without_a_word():
    limits = PoolLimits()
    assert (limits.connections, limits.connections_per_key) == (100, None)
    assert (limits.keep_alive, limits.max_age) == (30, 600)
    assert Pool().limits == limits


def test_a_snapshot_counts_no_lease_that_nobody_holds():
    desk = Desk()
    claim = desk.acquire()
    del claim
    gc.collect()
    assert desk.counts == (0, 0, 0)


def test_a_lease_has_the_others_of_its_key_as_siblings():
    desk = Desk()
    first = desk.acquire()
    other = desk.acquire(THERE)
    assert (first.lease.siblings, other.lease.siblings) == (0, 0)
    second = desk.acquire()
    assert (first.lease.siblings, second.lease.siblings, other.lease.siblings) == (1, 1, 0)


@pytest.mark.parametrize("now", [at(30, 0), at(0.1, 30)])
def test_a_step_about_another_key_closes_what_is_idle_too_long_by_either_clock(now):
    desk = Desk(PoolLimits(keep_alive=30))
    desk.release(desk.acquire())
    desk.acquire(THERE, now)
    assert desk.opened[0].closed


def test_an_old_connection_is_not_kept_when_the_wall_clock_was_set_back():
    desk = Desk(PoolLimits(max_age=600, keep_alive=1000))
    desk.release(desk.acquire(), at(600, 1))
    assert desk.opened[0].closed


def test_a_connection_is_kept_for_the_second_that_the_margin_leaves():
    desk = Desk()
    desk.release(desk.acquire(), keep_alive_timeout=2)
    assert name_of(desk.acquire(now=at(0.9))) == 0


@pytest.mark.parametrize(
    ("now", "taken"), [(at(3.9), 0), (at(4, 0), 1), (at(0, 4), 1), (at(3.9, 4), 1)]
)
def test_the_time_that_the_server_announced_counts_by_either_clock(now, taken):
    desk = Desk(PoolLimits(keep_alive=30))
    desk.release(desk.acquire(), keep_alive_timeout=5)
    assert name_of(desk.acquire(now=now)) == taken


def test_a_newcomer_serves_the_claim_that_an_interrupted_step_left_in_the_queue():
    class Broken(deque):
        def append(self, claim):
            raise KeyboardInterrupt

    desk = Desk(PoolLimits(connections=1))
    first, second = desk.acquire(), desk.acquire()
    desk.pool.waking = Broken()
    with pytest.raises(KeyboardInterrupt):
        desk.release(first)
    desk.pool.waking = deque()
    assert desk.acquire(THERE).is_waiting
    assert (desk.woken, second.is_waiting) == ([second], False)


def test_a_claim_that_gave_up_in_the_queue_counts_no_more_for_its_key():
    desk = Desk(PoolLimits(connections=1, connections_per_key=1))
    first, second = desk.acquire(THERE), desk.acquire()
    desk.release(second)
    assert not second.is_waiting
    assert set(desk.pool._groups) == {THERE}
    third = desk.acquire()
    desk.release(first)
    assert desk.woken == [third]


def test_a_release_frees_the_places_that_were_abandoned():
    desk = Desk(PoolLimits(connections=3, connections_per_key=1))
    first, second, elsewhere = desk.acquire(), desk.acquire(), desk.acquire(THERE)
    del first
    gc.collect()
    assert second.is_waiting
    desk.release(elsewhere)
    assert desk.woken == [second]


def test_a_claim_in_the_queue_of_all_counts_for_its_key():
    desk = Desk(PoolLimits(connections=2, connections_per_key=1))
    others = desk.acquire(THERE), desk.acquire("https://third")
    first, second = desk.acquire(), desk.acquire()
    for claim in others:
        desk.release(claim)
    assert desk.woken == [first]
    assert second.is_waiting


def test_a_key_is_remembered_as_long_as_a_connection_is_held():
    desk = Desk(PoolLimits(connections=3, connections_per_key=1))
    held, second = desk.acquire(), desk.acquire()
    desk.release(second)
    assert held.lease is not None
    assert desk.acquire().is_waiting


def test_a_key_is_remembered_as_long_as_a_claim_is_in_the_queue_of_all():
    desk = Desk(PoolLimits(connections=2, connections_per_key=1))
    others = desk.acquire(THERE), desk.acquire("https://third")
    first, second = desk.acquire(), desk.acquire()
    desk.release(second)
    late = desk.acquire()
    for claim in others:
        desk.release(claim)
    assert desk.woken == [first]
    assert late.is_waiting


def test_a_key_is_remembered_as_long_as_a_claim_waits_for_its_limit():
    desk = Desk(PoolLimits(connections=2, connections_per_key=1))
    held, other = desk.acquire(), desk.acquire("https://third")
    second, elsewhere = desk.acquire(), desk.acquire(THERE)
    desk.release(held, reusable=False)
    assert desk.woken == [elsewhere]
    late = desk.acquire()
    desk.dial(elsewhere)
    desk.release(other)
    desk.release(elsewhere)
    assert desk.woken == [elsewhere, second]
    assert late.is_waiting


def scenario(desk: Desk) -> None:
    """Takes every way through the pool."""
    pool, held = desk.pool, []
    try:
        for key in (HERE, THERE, HERE, HERE, "https://third"):
            claim: Claim[Socket] = Claim()
            held.append(claim)
            pool.acquire(claim, key, now=at(desk.clock))
            desk.dial(claim)
        for seconds in (0, 1, 31, 0):
            desk.clock += seconds
            pool.release(held[0], now=at(desk.clock))
            desk.settle()
            pool.acquire(held[0], THERE, now=at(desk.clock))
            desk.dial(held[0])
        pool.release(held[3], now=at(desk.clock))
        pool.serve(now=at(desk.clock))
        pool.acquire(held[1], HERE, now=at(desk.clock)) if not held[1].lease else None
        if (lease := held[2].lease) is not None:
            lease.http = Http(reusable=False)
    finally:
        for claim in held:
            pool.release(claim, now=at(desk.clock))
        desk.settle()


def test_a_lease_that_an_interrupted_step_took_out_is_forgotten():
    desk = Desk()
    claim = desk.acquire()
    lease = claim.lease
    assert lease is not None
    desk.release(claim)
    del lease.group.idle[lease]  # as far as a step had come
    desk.pool.close()
    desk.settle()
    assert desk.pool.statistics().idle == 0


@pytest.mark.slow
@pytest.mark.parametrize("step", [13, pytest.param(1, marks=pytest.mark.slow)])
def test_an_exception_before_any_instruction_of_any_step_loses_no_place(step):
    desks: deque[Desk] = deque(maxlen=1)

    def work():
        desks.append(Desk(PoolLimits(connections=3, connections_per_key=2)))
        return lambda: scenario(desks[0])

    positions = 0
    for position in each_interrupt(work, "transport/pool.py", step=step):
        desk, positions = desks[0], position
        for _ in range(3):
            claims = [desk.acquire(key) for key in (HERE, THERE, "https://third")]
            for claim in claims:
                for _ in range(10):  # whoever waits looks again, in case a wake-up was lost
                    desk.woken.clear()
                    desk.pool.serve(now=at(desk.clock))
                    desk.settle()
                assert not claim.is_waiting, f"a place is lost, interrupted at {position}"
            desk.clock += 1
            for claim in claims:
                desk.dial(claim)
            names = [name_of(claim) for claim in claims]
            assert len(set(names)) == 3, f"one connection for two, interrupted at {position}"
            assert desk.counts == (3, 0, 0), f"interrupted at {position}"
            for claim in claims:
                desk.release(claim)
            assert desk.counts == (3, 3, 0)
    assert positions > 1000


# --- the cost of a step -----------------------------------------------------------------------


def lines_of(work) -> int:
    """Lines of the pool's module that some work runs."""
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        if not frame.f_code.co_filename.endswith("transport/pool.py"):
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def cost_of_a_call(connections: int, keys: int) -> int:
    desk = Desk(PoolLimits(connections=2000))
    claims = [desk.acquire(f"https://h{number % keys}") for number in range(connections)]
    for claim in claims:
        desk.release(claim)
    return lines_of(lambda: desk.release(desk.acquire("https://h0")))


def test_taking_and_giving_back_costs_the_same_with_one_connection_and_with_a_thousand():
    assert cost_of_a_call(1, 1) == cost_of_a_call(1000, 1) == cost_of_a_call(1000, 1000)


def test_each_of_a_thousand_who_wait_is_served_at_the_same_cost():
    desk = Desk(PoolLimits(connections=1))
    held = desk.acquire()
    claims = [desk.acquire(f"https://h{number}") for number in range(1000)]
    costs = []
    for claim in claims:
        costs.append(lines_of(lambda: desk.release(held)))  # noqa: B023 - run at once
        desk.dial(claim)
        held = claim
    assert len(set(costs[1:-1])) == 1
    assert max(costs) == costs[1]


def test_a_key_is_forgotten_with_its_last_connection():
    desk = Desk(PoolLimits(keep_alive=30, connections=200))
    for number in range(100):
        desk.release(desk.acquire(f"https://h{number}"))
    used = desk.acquire("https://used")
    assert len(desk.pool._groups) == 101
    desk.acquire(HERE, at(31))
    assert set(desk.pool._groups) == {"https://used", HERE}
    assert not used.is_waiting


def test_a_lease_is_freed_without_the_collector():
    desk = Desk()
    claim = desk.acquire()
    lease = claim.lease
    assert lease is not None
    ref: weakref.ref[Lease[Socket]] = weakref.ref(lease)
    desk.release(claim, reusable=False)
    gc.disable()
    try:
        del lease
        assert ref() is None
    finally:
        gc.enable()


# --- against a model --------------------------------------------------------------------------

KEYS = st.sampled_from([HERE, THERE, "https://third"])


class PoolMachine(RuleBasedStateMachine):
    """Any calls of any kind, against what the pool promises."""

    @initialize(
        connections=st.integers(1, 4),
        per_key=st.none() | st.integers(1, 3),
        age=st.none() | st.just(50),
    )
    def begin(self, connections, per_key, age):
        self.desk = Desk(
            PoolLimits(
                connections=connections, connections_per_key=per_key, keep_alive=30, max_age=age
            )
        )
        self.holding: list[tuple[str, Claim[Socket]]] = []
        self.waiting: list[tuple[str, Claim[Socket]]] = []
        self.ended = False

    def move(self) -> None:
        """Those who were served hold a lease now; in the order in which they asked."""
        served = [pair for pair in self.waiting if not pair[1].is_waiting]
        for key in {key for key, _ in self.waiting}:
            mine = [pair for pair in self.waiting if pair[0] == key]
            done = [pair for pair in mine if pair in served]
            assert done == mine[: len(done)], "a claim overtook another of its key"
        if self.desk.limits.connections_per_key is None:
            assert served == self.waiting[: len(served)], "a claim overtook another"
        self.waiting = [pair for pair in self.waiting if pair not in served]
        self.desk.woken.clear()
        for key, claim in served:
            self.desk.dial(claim)
            self.holding.append((key, claim))

    @precondition(lambda self: not self.ended)
    @rule(key=KEYS)
    def acquire(self, key):
        claim = self.desk.acquire(key)
        (self.waiting if claim.is_waiting else self.holding).append((key, claim))
        self.move()

    @precondition(lambda self: self.holding)
    @rule(data=st.data(), reusable=st.booleans(), announced=st.none() | st.integers(0, 10))
    def release(self, data, reusable, announced):
        _, claim = self.holding.pop(data.draw(st.integers(0, len(self.holding) - 1)))
        self.desk.release(claim, reusable=reusable, keep_alive_timeout=announced)
        self.move()

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def give_up(self, data):
        _, claim = self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1)))
        self.desk.release(claim)
        self.move()

    @precondition(lambda self: self.holding)
    @rule(data=st.data())
    def abandon(self, data):
        del self.holding[data.draw(st.integers(0, len(self.holding) - 1))]
        self.desk.pool.serve(now=at(self.desk.clock))
        self.desk.settle()
        self.move()

    @precondition(lambda self: self.holding)
    @rule(data=st.data())
    def close_idle_or_not(self, data):
        _, claim = self.holding[data.draw(st.integers(0, len(self.holding) - 1))]
        assert claim.lease is not None
        self.desk.pool.discard(claim.lease)

    @rule(seconds=st.floats(0, 40))
    def wait(self, seconds):
        self.desk.clock += seconds
        self.desk.pool.expire(now=at(self.desk.clock))
        self.desk.settle()

    @rule()
    def close(self):
        self.ended = True
        self.desk.pool.close()
        self.desk.settle()
        assert not any(claim.is_waiting for _, claim in self.waiting)
        self.waiting.clear()

    @invariant()
    def promises_hold(self):
        desk, limits = self.desk, self.desk.limits
        leases = [claim.lease for _, claim in self.holding]
        assert None not in leases
        assert len(set(leases)) == len(leases), "two claims hold one lease"
        names = [name_of(claim) for _, claim in self.holding]
        assert len(set(names)) == len(names), "two claims hold one connection"
        assert not any(claim.lease.connection.closed for _, claim in self.holding)
        opened, idle, waiting = desk.counts
        assert opened - idle == len(self.holding)
        assert waiting == len(self.waiting)
        assert opened <= limits.connections
        assert sum(not socket.closed for socket in desk.opened) >= opened
        if limits.connections_per_key is not None:
            for key in {key for key, _ in self.holding}:
                assert sum(key == other for other, _ in self.holding) <= limits.connections_per_key
        if self.waiting and not self.ended:
            held_up = limits.connections_per_key is not None
            assert held_up or len(self.holding) == limits.connections, "somebody waits for nothing"

    def teardown(self):
        for _, claim in getattr(self, "holding", []):
            self.desk.release(claim, reusable=False)
            self.move()


TestPool = PoolMachine.TestCase
TestPool.settings = settings(max_examples=examples(60), stateful_step_count=40, deadline=None)

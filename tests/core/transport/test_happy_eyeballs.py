"""Which addresses are tried, in what order and when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.clock import Now
from genesys_core.transport.happy_eyeballs import ATTEMPT_DELAY, Address, Race, sort_addresses

V6 = [Address(f"2001:db8::{number}", 443, is_ipv6=True) for number in range(1, 4)]
V4 = [Address(f"192.0.2.{number}", 443) for number in range(1, 4)]


def at(seconds: float) -> Now:
    return Now(seconds, 1_700_000_000 + seconds)


def test_an_address_is_one_of_ipv4_without_a_zone_unless_the_resolver_says_otherwise():
    assert Address("192.0.2.1", 443) == Address("192.0.2.1", 443, is_ipv6=False, flow=0, scope=0)


def test_families_take_turns_and_ipv6_begins():
    mixed = [V4[0], V4[1], V6[0], V4[0], V6[1], V6[2]]
    assert sort_addresses(mixed) == (V6[0], V4[0], V6[1], V4[1], V6[2])
    assert sort_addresses([V4[1], V4[0]]) == (V4[1], V4[0])
    assert sort_addresses([]) == ()


def test_attempts_that_have_begun_start_no_further_one_even_if_it_is_due():
    race = Race.start([V4[0], V6[0]], now=at(10)).begun()
    assert (race.starting, race.left) == ((), (V4[0],))
    assert race.waited(now=at(20)).starting == (V4[0],)


def test_the_next_attempt_starts_beside_the_first_after_the_head_start():
    race = Race.start([V4[0], V6[0]], now=at(10))
    assert (race.starting, race.trying, race.left) == ((V6[0],), (V6[0],), (V4[0],))
    assert race.next_start == 10 + ATTEMPT_DELAY
    assert race.waited(now=at(10.2)).starting == ()
    race = race.waited(now=at(10.25))
    assert (race.starting, race.trying) == ((V4[0],), (V6[0], V4[0]))
    assert race.next_start is None
    assert race.waited(now=at(99)).starting == ()


def test_an_attempt_that_fails_gives_way_at_once():
    race = Race.start([V6[0], V4[0]], now=at(0)).failed(V6[0], "refused", now=at(0.01))
    assert (race.starting, race.trying, race.next_start) == ((V4[0],), (V4[0],), None)
    assert not race.is_lost
    race = race.failed(V4[0], "unreachable", now=at(0.02))
    assert race.is_lost
    assert race.failures == ((V6[0], "refused"), (V4[0], "unreachable"))


def test_the_failure_of_a_stranger_changes_nothing():
    race = Race.start([V6[0]], now=at(0))
    again = race.failed(V4[0], "refused", now=at(1))
    assert (again.trying, again.starting, again.failures) == (race.trying, (), ())


@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_order_of_events_tries_each_address_once_and_ends(count):
    """Exhaustive: each attempt fails or time passes, in every order."""
    seen, states = 0, [(Race.start((V6 + V4)[-count:], now=at(0)), 0.0, ())]
    while states:
        race, clock, started = states.pop()
        started += race.starting
        seen += 1
        assert len(set(started)) == len(started)
        assert set(started) == {*race.trying, *(address for address, _ in race.failures)}
        assert (race.next_start is None) == (not race.left)
        if race.is_lost:
            assert len(started) == count
            continue
        states += [
            (race.failed(address, "refused", now=at(clock)), clock, started)
            for address in race.trying
        ]
        if race.next_start is not None:
            clock = race.next_start
            states.append((race.waited(now=at(clock)), clock, started))
    assert seen > count


@given(st.lists(st.sampled_from(V6 + V4)))
def test_sorting_keeps_each_address_and_the_order_of_a_family(addresses):
    result = sort_addresses(addresses)
    assert set(result) == set(addresses)
    assert len(set(result)) == len(result)
    for family in (True, False):
        found = list(dict.fromkeys(each for each in addresses if each.is_ipv6 is family))
        assert [each for each in result if each.is_ipv6 is family] == found

"""Pools belong to a process and to an event loop."""

from __future__ import annotations

from genesys_core.transport.owners import OwnedPools


class Loop:
    ended = False


def has_ended(loop):
    return loop is not None and loop.ended


def test_each_owner_has_a_pool_of_its_own():
    dropped = []
    pools = OwnedPools(object, dropped.append)
    first, second = Loop(), Loop()
    ones = [pools.find(1, loop, has_ended=has_ended) for loop in (None, first, second, first, None)]
    assert ones[0] is ones[4]
    assert ones[1] is ones[3]
    assert len(set(ones)) == 3
    assert set(pools.pools(1)) == set(ones)
    assert pools.pools(2) == dropped == []


def test_what_belonged_to_another_process_is_dropped():
    dropped = []
    pools = OwnedPools(object, dropped.append)
    parent = {pools.find(1), pools.find(1, Loop())}
    child = pools.find(2)
    assert child not in parent
    assert set(dropped) == parent
    assert pools.pools(2) == [child]
    assert pools.find(2) is child


def test_a_process_does_not_use_the_pool_of_its_parent():
    pools = OwnedPools(object, lambda pool: None)
    for loop in (None, Loop()):
        parent = pools.find(1, loop)
        assert pools.find(2, loop) is not parent


def test_whoever_asked_last_is_found_without_making_a_pool():
    made = []
    pools = OwnedPools(lambda: made.append(object()) or made[-1], lambda pool: None)
    assert pools.find(1) is pools.find(1)
    assert len(made) == 1


def test_what_belonged_to_a_loop_that_ended_is_dropped():
    dropped = []
    pools = OwnedPools(object, dropped.append)
    first, second = Loop(), Loop()
    old = pools.find(1, first, has_ended=has_ended)
    first.ended = True
    new = pools.find(1, second, has_ended=has_ended)
    assert dropped == [old]
    assert pools.pools(1) == [new]


def test_threads_that_find_the_same_ended_loop_drop_its_pool_once():
    dropped = []
    pools = OwnedPools(object, dropped.append)
    first = Loop()
    old = pools.find(1, first)
    first.ended = True

    def has_ended_and_another_thread_looks(loop):
        if loop is first:
            pools.find(1, second, has_ended=has_ended)
        return has_ended(loop)

    second = Loop()
    pools.find(1, Loop(), has_ended=has_ended_and_another_thread_looks)
    assert dropped == [old]

"""What the simulator remembers."""

import re
from collections import deque
from copy import deepcopy

from genesys_core.clock import Now
from genesys_core.simulator.state.credentials import Code, IssuedRefreshToken
from genesys_core.simulator.state.memory import IssuedToken, PlatformState, Served
from genesys_core.simulator.state.world import World
from tests.strategies.simulator import Desk


def test_ids_are_new_each_time_and_the_same_each_time():
    first, second = PlatformState(), PlatformState()
    made = [first.new_id("user"), first.new_id("user"), first.new_id("queue")]
    assert len(set(made)) == 3
    assert [second.new_id("user"), second.new_id("user"), second.new_id("queue")] == made
    assert PlatformState(seed=1).new_id("user") not in made


def test_a_state_holds_copies_of_its_worlds_records():
    world = World.sample(users=1)
    state = PlatformState.of(world, 0)
    state.users[world.users[0]["id"]]["name"] = "Changed"
    assert world.users[0]["name"] == "User 001"


def test_two_states_share_nothing():
    one, other = PlatformState(), PlatformState()
    one.new_id("x")
    one.record(Served("GET", "/x", None, 404, Now(0, 0)))
    one.tokens["t"] = IssuedToken("t", "c", None, 0)
    assert (other.issued, other.counts, other.log, other.tokens) == (
        {},
        {},
        PlatformState().log,
        {},
    )


def test_a_copy_is_a_second_platform_with_the_same_past():
    desk = Desk()
    desk.log_in()
    original = desk.simulator.state
    desk.simulator.state = deepcopy(original)
    assert desk.call("GET", "/api/v2/users/me").status == 200
    assert original.counts == {("POST", "/oauth/token"): 1}


def test_the_log_is_bounded_and_the_counters_are_not():
    state = PlatformState()
    for n in range(10_010):
        state.record(Served("GET", f"/{n}", None, 404, Now(n, n)))
    assert len(state.log) == 10_000
    assert state.log[0].path == "/10"
    assert state.counts["GET", None] == 10_010


def test_tokens_are_never_shown():
    desk = Desk()
    assert desk.simulator.state.password not in f"{desk.simulator.state.__rich_repr__()}"
    token = desk.log_in()
    assert token not in repr(desk.simulator.state)
    assert token not in repr(desk.simulator.state.tokens[token])
    assert "1 tokens" in repr(desk.simulator.state)


def test_a_revoked_sign_in_takes_all_that_it_brought_along():
    state = PlatformState()
    for family in ("f", "g"):
        state.tokens[f"{family}1"] = IssuedToken(f"{family}1", "c", "u", 9.0, family=family)
        state.tokens[f"{family}2"] = IssuedToken(f"{family}2", "c", "u", 9.0, family=family)
        state.refresh_tokens[family] = IssuedRefreshToken(family, "c", "u", family, is_public=False)
        state.codes[family] = Code(family, "c", "http://h/", None, "u", family, 9.0)
    state.revoke(state.tokens["f1"])
    assert list(state.tokens) == ["g1", "g2"]
    assert (list(state.refresh_tokens), list(state.codes)) == (["g"], ["g"])


def test_the_requests_of_a_revoked_token_are_not_remembered():
    state = PlatformState()
    for value, family in (("a", None), ("b", "f"), ("c", "f"), ("d", "g")):
        state.tokens[value] = IssuedToken(value, "c", None, 9.0, family)
        state.spent[value] = deque([0.0])
    state.revoke(state.tokens["a"])
    state.revoke(state.tokens["b"])
    assert set(state.tokens) == set(state.spent) == {"d"}


def test_a_revoked_token_without_a_sign_in_goes_alone():
    state = PlatformState()
    for name in ("a", "b"):
        state.tokens[name] = IssuedToken(name, "c", None, 9.0)
    state.revoke(state.tokens["a"])
    assert list(state.tokens) == ["b"]
    state.revoke(IssuedToken("a", "c", None, 9.0))  # a second time is no error
    assert list(state.tokens) == ["b"]


def test_secrets_are_64_hexadecimal_digits():
    made = {PlatformState(seed=1).new_secret("token"), PlatformState(seed=2).new_secret("token")}
    assert len(made) == 2
    assert all(re.fullmatch("[0-9a-f]{64}", secret) for secret in made)


def test_what_is_there_from_the_beginning_is_not_counted():
    state = PlatformState.of(World.sample(users=1), 0)
    assert state.count_items() == 0
    state.collections["", "x"] = {"a": {}}
    state.singles["", "y"] = {}
    state.deleted.add(("", "z"))
    assert state.count_items() == 3

"""Commands and replies of places; what the script does is tested on a real Redis (tests/adapters/redis)."""

import pytest

from genesys_core.errors import BudgetError
from genesys_core.redis.places import (
    close_command,
    find_lanes,
    find_ticket,
    leave_command,
    read_place,
    share_pacer,
    take_command,
)
from genesys_core.redis.resp import ReplyReader
from genesys_core.session.budget import TICKET, RatePlace
from genesys_core.session.pacing import Pacer, Pacing, Reservation

PACER = Pacer.of(Pacing(limit=300, paths={"/api/v2/users": 10}))
LANES = PACER.windows


def words(command: bytes) -> list[bytes]:
    reader = ReplyReader()
    reader.feed(command)
    (found,) = reader.take()
    assert found[0] == b"EVAL"
    return found[2:]


def test_the_limits_of_a_request():
    assert find_lanes(PACER, "/api/v2/users/1") == LANES
    assert find_lanes(PACER, "/api/v2/queues") == LANES[1:]


def test_a_place_is_asked_for():
    command = take_command("p", "k", LANES, ticket=None, had_places=False)
    assert words(command) == [
        b"4", b"p:{k}:gate", b"p:{k}:counter", b"p:{k}:lane/api/v2/users", b"p:{k}:lane",
        b"", b"0", b"10", b"61200000", b"300", b"61200000",
    ]  # fmt: skip
    assert words(take_command("p", "k", LANES, ticket=7, had_places=True))[5:7] == [b"7", b"1"]


def test_a_place_is_left_and_the_gate_closed():
    left = [b"2", b"p:{k}:lane/api/v2/users", b"p:{k}:lane", b"7"]
    assert words(leave_command("p", "k", LANES, 7)) == left
    assert words(close_command("p", "k", 1.5)) == [b"1", b"p:{k}:gate", b"1500000"]


def test_a_gate_whose_time_has_passed_has_a_valid_expiry():
    # Redis rejects an expiry of 0 or less, which the script rounds up from here.
    assert words(close_command("p", "k", -0.005))[2] == b"0"


def test_the_keys_of_calls_without_a_token_are_on_one_node_too():
    # Redis hashes the whole of a key whose braces are empty.
    assert words(close_command("p", "", 1))[1] == b"p:{none}:gate"


def test_replies():
    assert read_place([1_500_000, b"7", 2]) == RatePlace(1.5, 7, 2)
    assert read_place([-3, b"7", 0]) == RatePlace(0, 7)
    for reply in (None, 1, [], [1, b"x", 0], [1, b"7"], [b"1", b"7", 0]):
        with pytest.raises(BudgetError, match="unexpected reply"):
            read_place(reply)


def test_a_ticket_is_found_in_its_reservation():
    assert find_ticket(None) is None
    assert find_ticket(Reservation(1.0, (("", 3),))) is None
    assert find_ticket(Reservation(1.0, ((TICKET, 3),))) == 3


def test_a_share_of_the_limits():
    assert [one.limit for one in share_pacer(PACER, 1 / 20).windows] == [1, 15]
    assert share_pacer(PACER, 1).windows == LANES

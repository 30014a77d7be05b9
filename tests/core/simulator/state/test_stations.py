"""Who is at which station."""

import pytest

from genesys_core.simulator import World
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.stations import (
    STATIONS,
    associate_station,
    leave_station,
    set_default_station,
    stations_of,
)

WHEN = "2024-01-01T00:00:00.000Z"


@pytest.fixture
def state():
    state = PlatformState.of(World.sample(users=2), 0)
    state.collections[STATIONS] = {
        each: {"id": each, "name": each.upper(), "status": "AVAILABLE"} for each in ("s", "t")
    }
    return state


def test_a_user_is_at_one_station_at_most(state):
    user = next(iter(state.users))
    associate_station(state, user, "s", WHEN)
    associate_station(state, user, "t", WHEN)
    stations = state.collections[STATIONS]
    assert stations["s"] == {"id": "s", "name": "S", "status": "AVAILABLE"}
    assert stations["t"]["userId"] == user
    assert stations["t"]["status"] == "ASSOCIATED"
    known = stations_of(state, user)
    assert known["associatedStation"] == known["effectiveStation"] == known["lastAssociatedStation"]
    assert known["associatedStation"]["id"] == "t"
    assert known["associatedStation"]["associatedDate"] == WHEN


def test_the_default_station_is_effective_without_another(state):
    user, other = state.users
    set_default_station(state, user, "s")
    assert stations_of(state, user)["effectiveStation"]["id"] == "s"
    associate_station(state, user, "t", WHEN)
    assert stations_of(state, user)["effectiveStation"]["id"] == "t"
    leave_station(state, user)
    known = stations_of(state, user)
    assert (known["effectiveStation"]["id"], "associatedStation" in known) == ("s", False)
    assert known["lastAssociatedStation"]["id"] == "t"
    set_default_station(state, user, None)
    assert set(stations_of(state, user)) == {"lastAssociatedStation"}
    leave_station(state, other)
    assert stations_of(state, other) == {}

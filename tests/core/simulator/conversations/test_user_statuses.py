"""What users were and when."""

from genesys_core.simulator.conversations.user_statuses import (
    MOST_CHANGES,
    StatusPeriod,
    list_periods,
    note_status,
)
from tests.strategies.contact_center import Floor


def test_the_periods_of_a_user_follow_each_other():
    floor = Floor(agents=1)
    floor.center.statuses.clear()
    (user,) = floor.agents
    here = {"value": "AVAILABLE", "definition_id": "a"}
    away = {"value": "AWAY", "definition_id": "b"}
    assert list(list_periods(floor.state, user, "presence", here)) == [
        StatusPeriod("AVAILABLE", 0, None, "a")
    ]
    note_status(floor.state, user, "presence", floor.now, before=here, after=away)
    note_status(
        floor.state, user, "routing", floor.now, before={"value": "IDLE"}, after={"value": "X"}
    )
    assert list(list_periods(floor.state, user, "presence", away)) == [
        StatusPeriod("AVAILABLE", 0, floor.at, "a"),
        StatusPeriod("AWAY", floor.at, None, "b"),
    ]


def test_a_bounded_number_of_changes_is_kept():
    floor = Floor(agents=1)
    (user,) = floor.agents
    value = {"value": "IDLE"}
    for _ in range(MOST_CHANGES + 5):
        note_status(floor.state, user, "routing", floor.now, before=value, after=value)
    assert len(floor.center.statuses[user]) == MOST_CHANGES

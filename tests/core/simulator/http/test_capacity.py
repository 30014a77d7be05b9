"""How many items the simulator holds."""

import pytest

from genesys_core.simulator import Settings
from tests.strategies.simulator import Desk


@pytest.mark.parametrize(("count", "status"), [(2, 200), (3, 400)])
def test_no_more_items_are_created_than_the_simulator_holds(count, status):
    held = Desk().simulator.state.count_items()
    desk = Desk(settings=Settings(max_items=held + 2))
    desk.log_in()
    for number in range(count):
        answer = desk.call("POST", "/api/v2/routing/skills", {"name": f"skill {number}"})
    assert answer.status == status
    assert status == 200 or answer.json["message"].startswith("The simulator stores at most")

"""Single resources that are written in another form than they are read."""

import pytest

from genesys_core.simulator.state.definition import Schema
from tests.helpers.resource_walk import Walk
from tests.strategies.simulator import Desk, definition, misfits


def declared(model, value):
    return misfits(definition(), Schema(ref=f"#/definitions/{model}"), value)


@pytest.mark.parametrize("base", ["/api/v2/messaging", "/api/v2/conversations/messaging"])
def test_a_setting_is_the_default(base):
    walk = Walk()
    settings = f"{base}/settings"
    made = walk.place(f"{settings}/{{messageSettingId}}").rpartition("/")[2]
    default = f"{settings}/default"
    assert walk.desk.call("GET", default).status == 404
    assert walk.desk.call("PUT", default, {"settingId": "nothing"}).status == 404
    chosen = walk.desk.call("PUT", default, {"settingId": made})
    assert chosen.json == walk.desk.call("GET", f"{settings}/{made}").json
    assert walk.desk.call("GET", default).json == chosen.json
    assert walk.desk.call("DELETE", default).status == 204
    assert walk.desk.call("GET", default).status == 404


def test_the_members_of_a_group_are_chosen_by_skills():
    walk = Walk()
    place = f"{walk.place('/api/v2/groups/{groupId}')}/dynamicsettings"
    assert walk.desk.call("GET", place).status == 404
    body = {"skillConditions": []}
    assert walk.desk.call("PUT", place, body).status == 204
    read = walk.desk.call("GET", place).json
    assert declared("DynamicGroupDefinition", read) == []
    assert read["query"] == body
    assert walk.desk.call("DELETE", place).status == 204
    assert walk.desk.call("GET", place).status == 404
    assert walk.desk.call("GET", "/api/v2/groups/nothing/dynamicsettings").status == 404


def test_a_calendar_has_a_link():
    desk, place = Desk(), "/api/v2/workforcemanagement/calendar/url/ics"
    assert desk.call("GET", place).json == {"selfUri": place}
    made = desk.call("POST", place).json
    assert declared("CalendarUrlResponse", made) == []
    assert desk.call("GET", place).json == made
    assert desk.call("DELETE", place).status == 204
    assert desk.call("GET", place).json == {"selfUri": place}


def test_a_toggle_is_turned():
    desk, place = Desk(), "/api/v2/license/toggles/f"
    assert desk.call("GET", place).json == {"featureName": "f", "enabled": False}
    for state in (True, False):
        assert desk.call("POST", place).json["enabled"] is state
        assert desk.call("GET", place).json["enabled"] is state

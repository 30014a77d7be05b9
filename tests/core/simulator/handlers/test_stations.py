"""The stations of users over the API."""

from genesys_core.simulator.handlers.stations import HANDLERS
from tests.strategies.simulator import Desk, definition, misfits

STATIONS = "/api/v2/stations"
MINE = "/api/v2/users/stations/me"


class Office(Desk):
    def __init__(self):
        super().__init__()
        seeded = self.simulator.seed_items("GET", STATIONS, 2)
        self.station, self.second = (each["id"] for each in seeded)
        for each in self.simulator.state.collections["", *STATIONS.split("/")[1:]].values():
            each.pop("userId")
        self.user, self.other = list(self.simulator.state.users)[:2]

    def at(self, user):
        return f"/api/v2/users/{user}/station"


def test_a_user_takes_and_leaves_a_station():
    desk = Office()
    at = desk.at(desk.user)
    assert desk.call("GET", at).json == {}
    assert desk.call("PUT", f"{at}/associatedstation/{desk.station}").status == 202
    shown = desk.call("GET", at).json
    known = definition()
    assert misfits(known, known.schemas["UserStations"], shown) == []
    assert shown["associatedStation"]["id"] == desk.station
    assert desk.call("GET", f"{STATIONS}/{desk.station}").json["userId"] == desk.user
    me = desk.call("GET", "/api/v2/users/me?expand=station").json
    assert me["station"] == shown
    assert desk.call("DELETE", f"{at}/associatedstation").status == 202
    assert "associatedStation" not in desk.call("GET", at).json
    assert desk.call("GET", f"{STATIONS}/{desk.station}").json["status"] == "AVAILABLE"


def test_a_station_of_another_user_is_taken():
    desk = Office()
    assert desk.call("PUT", f"{MINE}/associatedstation/{desk.station}").status == 202
    assert desk.call("PUT", f"{MINE}/associatedstation/{desk.station}").status == 202
    taken = desk.call("PUT", f"{desk.at(desk.other)}/associatedstation/{desk.station}")
    assert (taken.status, taken.json["code"]) == (409, "userservice.stationalreadyassociated")
    assert desk.call("DELETE", f"{STATIONS}/{desk.station}/associateduser").status == 202
    assert desk.call("DELETE", f"{STATIONS}/{desk.station}/associateduser").status == 202
    assert desk.call("PUT", f"{desk.at(desk.other)}/associatedstation/{desk.station}").status == 202
    assert desk.call("DELETE", f"{MINE}/associatedstation").status == 202
    assert desk.call("GET", MINE).json["lastAssociatedStation"]["id"] == desk.station


def test_default_stations():
    desk = Office()
    at = desk.at(desk.other)
    assert desk.call("PUT", f"{at}/defaultstation/{desk.second}").status == 202
    assert desk.call("GET", at).json["effectiveStation"]["id"] == desk.second
    assert desk.call("DELETE", f"{at}/defaultstation").status == 202
    assert desk.call("GET", at).json == {}


def test_users_and_stations_must_exist():
    desk = Office()
    assert desk.call("PUT", f"{MINE}/associatedstation/none").json["entityName"] == "station"
    assert desk.call("GET", desk.at("none")).json["entityName"] == "user"
    assert desk.call("DELETE", f"{STATIONS}/none/associateduser").status == 404


def test_the_listed_example_becomes_a_station():
    desk = Desk()
    (listed,) = desk.call("GET", STATIONS).json["entities"]
    assert desk.call("PUT", f"{MINE}/associatedstation/{listed['id']}").status == 202
    (station,) = desk.call("GET", STATIONS).json["entities"]
    assert (station["id"], station["userId"]) == (listed["id"], desk.client.user_id)
    assert desk.call("PUT", f"{MINE}/associatedstation/none").status == 404


def test_a_deleted_user_leaves_the_station():
    desk = Office()
    desk.call("PUT", f"{desk.at(desk.other)}/associatedstation/{desk.station}")
    desk.call("DELETE", f"/api/v2/users/{desk.other}")
    assert "userId" not in desk.call("GET", f"{STATIONS}/{desk.station}").json


def test_every_handler_is_for_an_operation():
    known = {(each.method, each.template) for each in definition().routes}
    assert set(HANDLERS) <= known

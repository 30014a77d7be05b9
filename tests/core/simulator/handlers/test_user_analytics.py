"""Analytics of users over REST."""

from genesys_core.simulator.http.exchange import format_instant
from tests.strategies.contact_center import StaffedDesk

USERS = "/api/v2/analytics/users"


def test_a_change_of_presence_is_seen_in_all_queries():
    desk = StaffedDesk()
    user = desk.users[0]
    interval = f"{format_instant(desk.now.wall)}/{format_instant(desk.now.wall + 3600)}"
    desk.be(user, "Meal")
    desk.be(user, "Meal")  # no change
    desk.sleep(60)
    only = {"type": "and", "predicates": [{"dimension": "userId", "value": user}]}
    body = {"interval": interval, "metrics": ["tSystemPresence"], "filter": only}
    (result,) = desk.call("POST", f"{USERS}/aggregates/query", body).json["results"]
    assert result["data"][0]["metrics"] == [
        {"metric": "tSystemPresence", "qualifier": "MEAL", "stats": {"sum": 60_000}}
    ]
    body = {"interval": interval, "userFilters": [only]}
    (detail,) = desk.call("POST", f"{USERS}/details/query", body).json["userDetails"]
    assert [each["systemPresence"] for each in detail["primaryPresence"]] == ["MEAL"]
    body = {"filter": only, "metrics": ["oActiveQueues"]}
    (result,) = desk.call("POST", f"{USERS}/observations/query", body).json["results"]
    assert result["data"] == [{"metric": "oActiveQueues", "stats": {"count": 1}}]

"""Changes that reads see late: what was created or deleted, and roles that were granted."""

import pytest

from genesys_core.simulator import Settings
from genesys_core.simulator.http import lag
from genesys_core.simulator.http.exchange import format_instant
from genesys_core.simulator.state.default_roles import ADMINISTRATOR, EMPLOYEE, role_id
from genesys_core.simulator.state.world import home_division
from tests.strategies.simulator import Desk

GROUPS, QUEUES, USERS = "/api/v2/groups", "/api/v2/routing/queues", "/api/v2/users"
SKILLS = "/api/v2/routing/skills"
GROUP = {"type": "official", "visibility": "public", "rulesVisible": True}


def desk(**settings):
    return Desk(settings=Settings(lag=True, **settings))


def create(at, path, **properties):
    answer = at.call("POST", path, properties)
    assert answer.status in {200, 201}, answer
    return answer.json["id"]


def ids(items):
    return [each["id"] for each in items]


def until(at, is_so, limit):
    """How many seconds it takes, to a tenth."""
    for tenths in range(limit * 10 + 1):
        if is_so():
            return tenths / 10
        at.sleep(0.1)
    raise AssertionError(f"not within {limit} seconds")


@pytest.mark.parametrize("path", [GROUPS, QUEUES, SKILLS])
def test_what_was_created_is_read_and_listed_later(path):
    at = desk()
    names = [f"Late {number}" for number in range(5)]
    made = [create(at, path, name=each, **(GROUP if path == GROUPS else {})) for each in names]
    listing = f"{path}?pageSize=100"
    read = [
        until(at, lambda each=each: at.call("GET", f"{path}/{each}").status == 200, 5)
        for each in made
    ]
    listed = [
        until(at, lambda each=each: each in ids(at.call("GET", listing).json["entities"]), 10)
        for each in made
    ]
    assert max(read) > 0
    assert max(listed) > 0
    at.sleep(10)
    assert set(made) <= set(ids(at.call("GET", listing).json["entities"]))
    assert at.simulator.state.unsettled == {}


def test_a_search_is_late_and_others_are_not():
    at = desk()
    home = home_division(0)["id"]
    name = {"name": "Late", "email": "late@example.com", "divisionId": home}
    made = create(at, USERS, **name)
    query = {"query": [{"type": "EXACT", "fields": ["name"], "value": "Late"}]}
    assert at.call("POST", f"{USERS}/search", query).json.get("results", []) == []
    assert at.call("PATCH", f"{USERS}/{made}", {"title": "Agent", "version": 1}).status == 200
    assert at.call("POST", USERS, name).status in {400, 409}  # the address is taken at once
    at.sleep(10)
    [found] = at.call("POST", f"{USERS}/search", query).json["results"]
    assert (found["id"], found["title"]) == (made, "Agent")


@pytest.mark.parametrize(("path", "limit"), [(GROUPS, 30), (QUEUES, 120)])
def test_what_was_deleted_is_there_for_a_while(path, limit):
    at = desk()
    made = [create(at, path, name=f"L{n}", **(GROUP if path == GROUPS else {})) for n in range(9)]
    at.sleep(10)
    for each in made:
        assert at.call("DELETE", f"{path}/{each}").status < 300
        assert at.call("DELETE", f"{path}/{each}").status == 404
    gone = [
        until(at, lambda each=each: at.call("GET", f"{path}/{each}").status == 404, limit)
        for each in made
    ]
    assert limit / 2 < sum(gone) <= limit
    assert not any(
        each["id"] in made for each in at.call("GET", f"{path}?pageSize=100").json["entities"]
    )


def test_members_are_listed_later():
    at = desk()
    user = next(iter(at.simulator.state.users))
    group = create(at, GROUPS, name="L", **GROUP)
    at.sleep(10)
    members = f"{GROUPS}/{group}/members"
    assert at.call("POST", members, {"memberIds": [user], "version": 1}).status == 202
    assert at.call("GET", members).json["entities"] == []
    at.sleep(10)
    assert [each["id"] for each in at.call("GET", members).json["entities"]] == [user]


def test_the_times_follow_from_the_seed():
    def waits(seed):
        at = desk(seed=seed)
        at.simulator.state.seed = seed
        for number in range(5):
            create(at, SKILLS, name=str(number))
        return [each.read for each in at.simulator.state.unsettled.values()]

    assert waits(1) == waits(1) != waits(2)


def test_a_role_counts_later():
    at = desk(enforce_permissions=True)
    state = at.simulator.state
    home = str(home_division(state.seed)["id"])
    administrator = role_id(state.seed, ADMINISTRATOR)
    token = state.tokens[at.log_in()]
    subject = token.user_id or token.client_id
    state.grants[subject] = {
        (role_id(state.seed, EMPLOYEE), home): format_instant(at.now.wall),
        (administrator, home): format_instant(at.now.wall),
    }
    assert at.call("GET", QUEUES).status == 403
    at.sleep(9)
    assert at.call("GET", QUEUES).status == 403
    at.sleep(1)
    assert at.call("GET", QUEUES).status == 200
    assert set(state.grants[subject]) >= {(administrator, home)}


def test_without_the_setting_nothing_is_late():
    at = Desk()
    made = create(at, QUEUES, name="L")
    assert at.call("GET", f"{QUEUES}/{made}").status == 200
    assert at.simulator.state.unsettled == {}


def test_single_resources_and_updates_are_not_late():
    at = desk()
    made = create(at, QUEUES, name="L")
    at.sleep(10)
    assert at.call("GET", f"{QUEUES}/{made}").status == 200
    document = {**at.call("GET", f"{QUEUES}/{made}").json, "name": "M"}
    assert at.call("PUT", f"{QUEUES}/{made}", document).status == 200
    assert at.call("GET", f"{QUEUES}/{made}").json["name"] == "M"
    assert (
        at.call("PUT", "/api/v2/routing/settings", {"resetAgentScoreOnPresenceChange": True}).status
        == 200
    )
    assert at.simulator.state.unsettled == {}


def test_few_changes_are_kept(monkeypatch):
    monkeypatch.setattr(lag, "_MOST", 3)
    at = desk()
    made = [create(at, SKILLS, name=str(number)) for number in range(5)]
    assert [path[-1] for path in at.simulator.state.unsettled] == made[-3:]
    assert at.call("GET", f"{SKILLS}/{made[0]}").status == 200

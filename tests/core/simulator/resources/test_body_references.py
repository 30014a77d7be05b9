"""References in bodies: what is written refers to things that exist."""

import pytest

from genesys_core.simulator import Settings, Simulator
from genesys_core.simulator.resources.body_references import (
    MEMBERS,
    NOT_REFERENCES,
    REFERENCES,
    find_target,
)
from genesys_core.simulator.resources.rules import ResourceRules
from tests.strategies.simulator import Desk, definition, operation, small_document

DIVISIONS = "/api/v2/authorization/divisions"
QUEUES = "/api/v2/routing/queues"
USERS = "/api/v2/users"
FLOWS = "/api/v2/flows"


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("division", DIVISIONS),
        ("divisionId", DIVISIONS),
        ("addDivisionIds", DIVISIONS),
        ("queue", QUEUES),
        ("sourceQueueId", QUEUES),
        ("forQueues", QUEUES),
        ("emailInQueueFlow", FLOWS),
        ("openSchedules", "/api/v2/architect/schedules"),
        ("scheduleGroup", "/api/v2/architect/schedulegroups"),
        ("contactList", "/api/v2/outbound/contactlists"),
        ("contactListFilters", "/api/v2/outbound/contactlistfilters"),
        ("memberIds", USERS),
        ("webRtcUser", USERS),
        ("wrapupCodes", "/api/v2/routing/wrapupcodes"),
        ("edgeGroup", None),
        ("id", None),
        ("name", None),
        ("conversationId", None),
    ],
)
def test_the_name_of_a_property_says_what_it_refers_to(name, target):
    assert find_target(name) == target


def test_every_target_is_a_collection_whose_items_can_be_created():
    rules = ResourceRules.of(definition())
    for target in {*REFERENCES.values(), *MEMBERS.values()}:
        collection = rules.collection(target)
        assert collection is not None
        assert collection.is_creatable, target


def test_the_exceptions_are_properties_of_the_definition_that_would_be_taken_for_references():
    names = {name for each in definition().schemas.values() for name in each.properties or ()}
    assert names >= NOT_REFERENCES


SKILL = {"name": "S"}
CASES = [
    ("POST", QUEUES, {"name": "Q", "division": {"id": "none"}}, "division.id", "division"),
    ("POST", QUEUES, {"name": "Q", "queueFlow": {"id": "none"}}, "queueFlow.id", "flow"),
    ("POST", QUEUES, {"name": "Q", "sourceQueueId": "none"}, "sourceQueueId", "queue"),
    (
        "POST",
        QUEUES,
        {"name": "Q", "bullseye": {"rings": [{"memberGroups": [{"id": "none"}]}]}},
        "bullseye.rings[0].memberGroups[0].id",
        "group",
    ),
    (
        "POST",
        USERS,
        {"name": "U", "email": "u@example.com", "divisionId": "none"},
        "divisionId",
        "division",
    ),
    (
        "POST",
        "/api/v2/groups",
        {
            "name": "G",
            "type": "official",
            "visibility": "public",
            "rulesVisible": True,
            "ownerIds": ["none"],
        },
        "ownerIds[0]",
        "user",
    ),
    (
        "POST",
        "/api/v2/architect/schedulegroups",
        {"name": "SG", "openSchedules": [{"id": "none"}]},
        "openSchedules[0].id",
        "schedule",
    ),
]


@pytest.mark.parametrize(("method", "path", "body", "place", "kind"), CASES)
def test_what_refers_to_nothing_is_refused_with_its_place(method, path, body, place, kind):
    desk = Desk()
    answer = desk.call(method, path, body)
    assert (answer.status, answer.json["code"]) == (400, "bad.request")
    (detail,) = answer.json["details"]
    assert (detail["fieldName"], detail["entityName"]) == (place, kind)
    assert detail["entityId"] == "none"
    assert "none" in answer.json["message"]
    lenient = Desk(settings=Settings(check_references=False))
    assert lenient.call(method, path, body).status == 200


def test_what_exists_may_be_referred_to():
    desk = Desk()
    home = desk.call("GET", f"{DIVISIONS}/home").json["id"]
    assert desk.call("POST", QUEUES, {"name": "Q", "division": {"id": home}}).status == 200
    user, skill = next(iter(desk.simulator.state.users)), "/api/v2/routing/skills"
    made = desk.call("POST", skill, SKILL).json["id"]
    skills = f"{USERS}/{user}/routingskills"
    assert desk.call("POST", skills, {"id": made, "proficiency": 1.0}).status == 200
    known = desk.call("PATCH", f"{skills}/bulk", [{"id": made, "proficiency": 2.0}])
    assert known.status == 200
    unknown = desk.call(
        "PATCH",
        f"{skills}/bulk",
        [{"id": made, "proficiency": 1.0}, {"id": "none", "proficiency": 1.0}],
    )
    assert unknown.json["details"][0]["fieldName"] == "[1].id"


def test_what_the_path_names_is_missed_first():
    body = {"id": "none", "proficiency": 1.0}
    assert Desk().call("POST", f"{USERS}/none/routingskills", body).status == 404


@pytest.mark.parametrize(
    "division", [None, {}, {"id": None}, {"id": ""}, {"id": "*"}, {"name": "Home"}]
)
def test_what_names_nothing_or_everything_is_no_reference(division):
    assert Desk().call("POST", QUEUES, {"name": "Q", "division": division}).status == 200


@pytest.mark.parametrize("owners", [[], [None], [1], "u", {"id": ["u"]}])
def test_odd_values_are_no_references(owners):
    call = {"name": "G", "type": "official", "visibility": "public", "rulesVisible": True}
    answer = Desk().call("POST", "/api/v2/groups", call | {"ownerIds": owners})
    assert "refers to" not in answer.json.get("message", "")


def test_what_was_read_as_an_example_may_be_written_back():
    desk = Desk()
    path = "/api/v2/organizations/me"
    read = desk.call("GET", path).json
    assert desk.call("PUT", path, read).status == 200


def test_requests_that_only_read_may_ask_for_anything():
    desk = Desk()
    body = {"query": [{"type": "EXACT", "fields": ["divisionId"], "value": "none"}]}
    assert desk.call("POST", "/api/v2/users/search", body).status == 200


def test_what_another_organization_has_is_not_looked_for():
    body = {"pairingId": "p", "enabled": True, "users": [{"id": "none", "roleIds": ["none"]}]}
    assert Desk().call("POST", "/api/v2/orgauthorization/trustees", body).status == 200


def test_a_made_up_definition():
    text, ref = {"type": "string"}, {"$ref": "#/definitions/Thing"}
    thing = {
        "type": "object",
        "properties": {
            "id": text,
            "name": text,
            "userId": text,
            "user": {"type": "string"},
            "siteId": text,
            "queueId": text | {"readOnly": True},
            "roleIds": {"type": "array"},
        },
    }
    body = {"name": "body", "in": "body", "schema": ref}
    paths = {
        "/x": {
            "get": operation(reply={"type": "array", "items": ref}),
            "post": operation(body, reply=ref),
        },
        "/x/{id}": {"get": operation(reply=ref)},
        "/y": {"post": operation({"name": "body", "in": "body"}, reply=ref)},
    }
    desk = Desk(Simulator(small_document(paths, {"Thing": thing})))
    accepted = {"user": "none", "siteId": "none", "queueId": "none", "roleIds": ["none"], "z": 1}
    assert desk.call("POST", "/x", accepted).status == 200
    refused = desk.call("POST", "/x", {"userId": "none"})
    assert (refused.status, refused.json["details"][0]["fieldName"]) == (400, "userId")
    assert desk.call("POST", "/x", [{"userId": "none"}]).status == 400
    assert desk.call("POST", "/y", {"userId": "none"}).status == 200

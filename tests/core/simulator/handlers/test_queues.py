"""Queues are what was last put."""

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.simulator import Settings, example
from genesys_core.simulator.state.definition import Schema
from tests.strategies.contact_center import StaffedDesk
from tests.strategies.simulator import Desk, definition, misfits, unhurried

QUEUES = "/api/v2/routing/queues"


def declared(model, value):
    return misfits(definition(), Schema(ref=f"#/definitions/{model}"), value)


def test_listing_by_name_id_and_order():
    desk = Desk()
    everything = desk.call("GET", QUEUES).json
    assert everything["total"] == 5
    assert declared("QueueEntityListing", everything) == []
    assert desk.call("GET", f"{QUEUES}?name=*QUEUE%20002*").json["total"] == 1
    assert desk.call("GET", f"{QUEUES}?name=other").json["total"] == 0
    first = everything["entities"][0]["id"]
    assert desk.call("GET", f"{QUEUES}?id={first}").json["total"] == 1
    backwards = desk.call("GET", f"{QUEUES}?sortOrder=desc").json["entities"]
    assert [queue["name"] for queue in backwards] == [f"Queue {n:03d}" for n in (5, 4, 3, 2, 1)]


def test_a_life():
    desk = Desk()
    body = {"name": "Support", "description": "d", "id": "mine", "dateCreated": None}
    created = desk.call("POST", QUEUES, body).json
    where = created["selfUri"]
    assert where == f"{QUEUES}/{created['id']}"
    assert created["id"] != "mine"
    assert created["dateCreated"] == created["dateModified"] == "2023-11-14T22:13:20.000Z"

    desk.sleep(61.5)
    put = desk.call("PUT", where, {"name": "Sales"}).json
    assert put["name"] == "Sales"
    assert "description" not in put
    assert (put["id"], put["dateCreated"]) == (created["id"], created["dateCreated"])
    assert put["dateModified"] == "2023-11-14T22:14:21.500Z"
    assert desk.call("GET", where).json == put

    deleted = desk.call("DELETE", where)
    assert (deleted.status, deleted.body) == (204, b"")
    for method, value in (("GET", None), ("PUT", {"name": "x"}), ("DELETE", None)):
        gone = desk.call(method, where, *([] if value is None else [value]))
        assert gone.status == 404
        assert (gone.json["entityName"], gone.json["entityId"]) == ("queue", created["id"])


@unhurried
@given(st.integers(), st.integers(1, 3))
def test_whatever_the_body_a_reply_is_well_formed(seed, depth):
    desk = Desk(settings=Settings(check_references=False))
    body = example(definition(), "CreateQueueRequest", seed=seed, depth=depth)
    created = desk.call("POST", QUEUES, body)
    assert created.status == 200, created
    assert declared("Queue", created.json) == []
    change = example(definition(), "QueueRequest", seed=seed, depth=depth)
    put = desk.call("PUT", created.json["selfUri"], change)
    assert put.status == 200, put
    assert declared("Queue", put.json) == []


def test_a_queue_with_conversations_is_deleted_only_by_force():
    desk = StaffedDesk()
    made = desk.offer()
    target = f"/api/v2/routing/queues/{desk.queue}"
    refused = desk.call("DELETE", target)
    assert (refused.status, refused.json["code"]) == (400, "active.queue")
    assert desk.call("DELETE", f"{target}?forceDelete=true").status == 204
    assert desk.timeline(made).is_over
    assert desk.call("GET", target).status == 404
    assert desk.call("GET", f"/api/v2/users/{desk.users[1]}/queues").json["entities"] == []


def test_a_queue_that_is_replaced_keeps_its_members():
    desk = StaffedDesk()
    target = f"/api/v2/routing/queues/{desk.queue}"
    assert desk.call("PUT", target, {"name": "Support"}).json["memberCount"] == 3
    assert len(desk.call("GET", f"{target}/members").json["entities"]) == 3


def test_no_more_queues_are_created_than_the_simulator_holds():
    desk = Desk(settings=Settings(max_items=6))
    answers = [desk.call("POST", "/api/v2/routing/queues", {"name": f"q{n}"}) for n in range(2)]
    assert [each.status for each in answers] == [200, 400]
    assert answers[1].json["message"].startswith("The simulator stores at most 6 queues")


def test_a_queue_is_created_with_the_settings_of_another():
    desk = StaffedDesk()
    acw = {"wrapupPrompt": "MANDATORY_TIMEOUT", "timeoutMs": 30_000}
    source = desk.call("PUT", f"{QUEUES}/{desk.queue}", {"name": "Sales", "acwSettings": acw}).json
    assert source["memberCount"] > 0
    made = desk.call("POST", QUEUES, {"name": "Support", "sourceQueueId": source["id"]}).json
    assert (made["name"], made["acwSettings"], made["memberCount"]) == ("Support", acw, 0)
    assert made["id"] != source["id"]
    assert made["selfUri"] == f"{QUEUES}/{made['id']}"
    assert desk.call("GET", made["selfUri"]).json == made

"""Commands on callbacks that wait."""

import pytest

from tests.strategies.contact_center import StaffedDesk

CALLBACKS = "/api/v2/conversations/callbacks"


@pytest.fixture
def desk():
    made = StaffedDesk()
    for each in made.users:
        made.be(each, "Busy")
    return made


def change(conversation, **body):
    return {"conversationId": conversation, "agentId": "a", **body}


def test_a_callback_is_changed(desk):
    made = desk.offer("callback")
    body = change(
        made, callbackNumbers=["+13175550123"], callbackScheduledTime="2030-01-01T00:00:00.000Z"
    )
    answer = desk.call("PATCH", CALLBACKS, body)
    assert answer.status == 200, answer
    assert answer.json["conversation"]["id"] == made
    shown = desk.call("GET", f"{CALLBACKS}/{made}").json["participants"][0]
    assert shown["callbackNumbers"] == ["+13175550123"]
    assert shown["callbackScheduledTime"] == "2030-01-01T00:00:00.000Z"


def test_a_callback_moves_to_another_queue(desk):
    made = desk.offer("callback")
    other = desk.call("POST", "/api/v2/routing/queues", {"name": "Other"}).json["id"]
    answer = desk.call("PATCH", CALLBACKS, change(made, queueId=other))
    (acd,) = answer.json["callbackIdentifiers"]
    found = desk.timeline(made).participant(acd["id"])
    assert (found.queue_id, found.is_live) == (other, True)


def test_what_is_no_callback_or_does_not_wait_is_refused(desk):
    call = desk.offer()
    assert desk.call("PATCH", CALLBACKS, change(call)).status == 404
    assert desk.call("PATCH", CALLBACKS, change("unknown")).status == 404
    made = desk.offer("callback")
    desk.call("POST", f"/api/v2/conversations/{made}/disconnect")
    assert desk.call("PATCH", CALLBACKS, change(made)).status == 400


def test_many_callbacks_are_changed(desk):
    made = desk.offer("callback")
    many = [change("unknown"), change(made, callbackNumbers=["+13175550123"])]
    answer = desk.call("POST", f"{CALLBACKS}/bulk/update", {"patchCallbackRequests": many})
    assert answer.status == 200, answer
    assert (answer.json["errorCount"], answer.json["errorIndexes"]) == (1, [0])
    assert answer.json["results"][0]["conversation"]["id"] == made


def test_many_callbacks_are_ended(desk):
    made, call = desk.offer("callback"), desk.offer()
    many = [{"conversationId": each, "callbackId": "c"} for each in (made, call, "unknown")]
    body = {"callbackDisconnectIdentifiers": many}
    assert desk.call("POST", f"{CALLBACKS}/bulk/disconnect", body).status == 204
    assert desk.timeline(made).ended is not None
    assert desk.timeline(call).ended is None


@pytest.mark.parametrize("when", ["2030-06-30T23:59:60Z", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_cannot_be_represented_changes_nothing(desk, when):
    made = desk.offer("callback")
    other = desk.call("POST", "/api/v2/routing/queues", {"name": "Other"}).json["id"]
    body = change(made, callbackScheduledTime=when, queueId=other)
    answer = desk.call("PATCH", CALLBACKS, body)
    assert (answer.status, answer.json["code"]) == (400, "invalid.value")
    assert len(desk.timeline(made).participants) == 2

"""Commands on callbacks that wait."""

import pytest

from genesys_core.simulator.http.exchange import format_instant
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


def scheduled(desk, seconds):
    """A callback that is queued after a delay, and the participant that then waits."""
    body = {
        "queueId": desk.queue,
        "callbackNumbers": ["+1"],
        "callbackScheduledTime": format_instant(desk.now.wall + seconds),
    }
    answer = desk.call("POST", CALLBACKS, body).json
    made = answer["conversation"]["id"]
    return made, desk.timeline(made).participant(answer["callbackIdentifiers"][0]["id"])


def pass_time(desk, seconds):
    desk.sleep(seconds)
    desk.simulator.advance(desk.now)


@pytest.mark.parametrize("seconds", [30, 600])
def test_a_scheduled_callback_is_queued_at_its_new_time(desk, seconds):
    made, acd = scheduled(desk, 60)
    when = format_instant(desk.now.wall + seconds)
    desk.call("PATCH", CALLBACKS, change(made, callbackScheduledTime=when))
    pass_time(desk, seconds - 1)
    assert acd.session.state == "scheduled"
    pass_time(desk, 1)
    assert acd.session.state == "connected"


@pytest.mark.parametrize("new", [{}, {"callbackScheduledTime": 600}])
def test_a_scheduled_callback_is_still_scheduled_in_another_queue(desk, new):
    made, _ = scheduled(desk, 60)
    other = desk.call("POST", "/api/v2/routing/queues", {"name": "Other"}).json["id"]
    times = {name: format_instant(desk.now.wall + each) for name, each in new.items()}
    answer = desk.call("PATCH", CALLBACKS, change(made, queueId=other, **times))
    (moved,) = answer.json["callbackIdentifiers"]
    acd = desk.timeline(made).participant(moved["id"])
    pass_time(desk, 59 if not new else 599)
    assert (acd.queue_id, acd.session.state) == (other, "scheduled")
    pass_time(desk, 1)
    assert acd.session.state == "connected"


def test_a_waiting_callback_keeps_its_place_when_its_time_changes(desk):
    made = desk.offer("callback")
    when = format_instant(desk.now.wall + 600)
    (acd,) = (e for e in desk.timeline(made).participants if e.purpose == "acd")
    desk.call("PATCH", CALLBACKS, change(made, callbackScheduledTime=when))
    assert acd.session.state == "connected"


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

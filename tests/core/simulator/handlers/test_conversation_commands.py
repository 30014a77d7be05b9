"""Commands of conversations: what they do, and what they are refused with."""

import pytest

from genesys_core.simulator.conversations.observations import query_observations
from genesys_core.simulator.http.exchange import format_instant
from genesys_core.simulator.state.definition import Schema
from tests.strategies.contact_center import StaffedDesk, agent_of, states
from tests.strategies.simulator import definition, misfits

BASE = "/api/v2/conversations"


@pytest.fixture
def desk():
    return StaffedDesk()


def declared(model, value):
    return misfits(definition(), Schema(ref=f"#/definitions/{model}"), value)


def post(desk, path, body, *, status=200):
    answer = desk.call("POST", f"{BASE}/{path}", body)
    assert answer.status == status, answer
    return answer


def code(answer):
    return answer.json["code"]


def queue_with(desk, prompt, timeout=0):
    settings = {"wrapupPrompt": prompt, "timeoutMs": timeout}
    desk.state.queues[desk.queue] = {**desk.state.queues[desk.queue], "acwSettings": settings}


# Beginnings


def test_calls(desk):
    made = post(desk, "calls", {"phoneNumber": "+1", "callFromQueueId": desk.queue}).json
    assert declared("CreateCallResponse", made) == []
    assert states(desk.timeline(made["id"])) == [("agent", "dialing"), ("customer", "dialing")]
    desk.sleep(5)
    desk.call("GET", "/api/v2/users/me")
    assert states(desk.timeline(made["id"]))[0] == ("agent", "connected")


def test_calls_of_users_and_queues(desk):
    made = post(desk, "calls", {"callUserId": desk.users[2]}).json["id"]
    assert states(desk.timeline(made)) == [("user", "dialing"), ("user", "alerting")]
    body = {"callQueueId": desk.queue, "attributes": {"a": "b"}}
    made = post(desk, "calls", body).json["id"]
    assert states(desk.timeline(made))[1:] == [("acd", "connected"), ("agent", "alerting")]
    assert desk.timeline(made).participants[0].attributes == {"a": "b"}


@pytest.mark.parametrize("body", [{}, {"phoneNumber": "+1", "callQueueId": "q"}])
def test_a_call_has_one_target(desk, body):
    assert code(post(desk, "calls", body, status=400)) == "too.many.create.conversation.parameters"


def test_callbacks(desk):
    body = {"queueId": desk.queue, "callbackNumbers": ["+1"], "callbackUserName": "Ada"}
    made = post(desk, "callbacks", body).json
    assert declared("CreateCallbackResponse", made) == []
    timeline = desk.timeline(made["conversation"]["id"])
    assert [each["id"] for each in made["callbackIdentifiers"]] == [
        timeline.participants[1].id,
        timeline.participants[0].id,
    ]
    assert states(timeline)[-1] == ("agent", "alerting")


def test_scheduled_callbacks(desk):
    later = "2023-11-14T22:14:20.000Z"  # a minute from now
    data = {"queueId": desk.queue}
    body = {"routingData": data, "callbackNumbers": [], "callbackScheduledTime": later}
    made = post(desk, "callbacks", body).json["conversation"]["id"]
    shown = desk.call("GET", f"{BASE}/callbacks/{made}").json
    assert shown["participants"][1]["state"] == "scheduled"
    assert shown["participants"][1]["callbackScheduledTime"] == later
    desk.sleep(60)
    desk.call("GET", "/api/v2/users/me")
    assert states(desk.timeline(made))[-1] == ("agent", "alerting")


def test_a_callback_needs_a_queue(desk):
    answer = post(desk, "callbacks", {"callbackNumbers": ["+1"]}, status=400)
    assert code(answer) == "callback.error.missing.queue.id"


def test_emails(desk):
    inbound = {"provider": "p", "queueId": desk.queue, "subject": "Hello", "fromAddress": "a@b.c"}
    made = post(desk, "emails", inbound).json
    assert declared("EmailConversation", made) == []
    assert desk.timeline(made["id"]).direction == "inbound"
    assert made["participants"][0]["subject"] == "Hello"
    outbound = {
        "provider": "p",
        "queueId": desk.queue,
        "direction": "OUTBOUND",
        "toAddress": "a@b.c",
    }
    made = post(desk, "emails", outbound).json
    assert states(desk.timeline(made["id"])) == [("agent", "connected"), ("customer", "connected")]
    both = {"provider": "p", "queueId": desk.queue, "flowId": "f"}
    assert code(post(desk, "emails", both, status=400)) == "too.many.create.email.parameters"


def test_messages(desk):
    body = {"queueId": desk.queue, "toAddress": "+1", "toAddressMessengerType": "sms"}
    made = post(desk, "messages", body).json
    assert declared("CreateOutboundMessagingConversationResponse", made) == []
    assert states(desk.timeline(made["id"])) == [("agent", "connected"), ("customer", "connected")]


def test_messages_of_one_customer_join_one_conversation(desk):
    channel = {
        "from": {"id": "me", "idType": "Opaque"},
        "to": {"id": "us"},
        "time": "2024-01-01T00:00:00Z",
    }
    body = {"channel": channel, "type": "Text", "text": "Hello"}
    for _ in range(2):
        answer = post(desk, "messages/inbound/open", body).json
        assert (answer["text"], answer["direction"]) == ("Hello", "Inbound")
    (made,) = desk.state.contact_center.conversations
    desk.call("POST", f"{BASE}/{made}/disconnect")
    post(desk, "messages/inbound/open", body)
    assert len(desk.state.contact_center.conversations) == 2


# Changes


def test_an_agent_answers_holds_mutes_and_hangs_up(desk):
    made = desk.offer()
    desk.command(made, {"state": "connected"})
    assert states(desk.timeline(made))[-1] == ("agent", "connected")
    desk.command(made, {"held": True, "muted": True})
    shown = desk.call("GET", f"{BASE}/calls/{made}").json["participants"][2]
    assert (shown["held"], shown["muted"]) == (True, True)
    desk.command(made, {"held": False, "muted": False})
    desk.command(made, {"state": "disconnected"})
    assert desk.timeline(made).is_over


def test_what_the_state_does_not_allow_is_refused(desk):
    made = desk.offer()
    for body, expected in (
        ({"held": True}, "conversation.error.hold.alerting"),
        ({"muted": True}, "conversation.error.mute.not.connected"),
        ({"state": "alerting"}, "bad.request"),
        ({"wrapup": {}}, "conversation.error.wrapup.code.required"),
    ):
        assert code(desk.command(made, body, status=400)) == expected
    desk.command(made, {"state": "connected"})
    assert code(desk.command(made, {"state": "connected"}, status=400)) == "bad.request"
    desk.command(made, {"state": "disconnected"})
    answer = desk.command(made, {"state": "disconnected"}, status=400)
    assert code(answer) == "conversation.error.call.disconnected"
    email = desk.talk("email")
    answer = desk.command(email, {"state": "connected"}, status=400)
    assert code(answer) == "postino.error.answer.not.alerting"


def test_a_communication_can_only_be_disconnected(desk):
    made = desk.talk()
    agent = agent_of(desk.timeline(made))
    target = f"{BASE}/calls/{made}/participants/{agent.id}/communications/{agent.session.id}"
    answer = desk.call("PATCH", target, {"held": True})
    assert (answer.status, code(answer)) == (400, "communication.state.required")
    assert desk.call("PATCH", target, {"state": "disconnected"}).json == {}
    assert desk.timeline(made).is_over


def test_wrap_ups(desk):
    queue_with(desk, "MANDATORY")
    made = desk.talk()
    agent = agent_of(desk.timeline(made))
    desk.command(made, {"wrapup": {"provisional": True}})
    assert agent.wrap_up is None
    desk.command(made, {"state": "disconnected"})
    answer = desk.command(made, {"wrapupSkipped": True}, status=400)
    assert code(answer) == "conversation.error.wrapup.cannot.skip"
    wrap_up = {"code": "sold", "notes": "n", "tags": ["t"], "durationSeconds": 7}
    target = f"calls/{made}/participants/{agent.id}/communications/{agent.session.id}/wrapup"
    post(desk, target, wrap_up, status=202)
    assert (agent.wrap_up.code, agent.wrap_up.seconds, agent.wrap_up.tags) == ("sold", 7, ("t",))
    customer = desk.timeline(made).participants[0]
    answer = desk.command(made, {"wrapup": {"code": "x"}}, status=400, agent=customer)
    assert "agent" in answer.json["message"]


def test_a_wrap_up_that_is_skipped(desk):
    queue_with(desk, "MANDATORY_TIMEOUT", 60_000)
    made = desk.talk()
    desk.command(made, {"state": "disconnected"})
    desk.command(made, {"wrapupSkipped": True})
    assert agent_of(desk.timeline(made)).wrap_up.code == "ININ-WRAP-UP-SKIPPED"
    assert desk.timeline(made).is_over


def test_participant_data(desk):
    made = desk.offer()
    customer = desk.timeline(made).participants[0]
    target = f"{BASE}/calls/{made}/participants/{customer.id}/attributes"
    assert desk.call("PATCH", target, {"attributes": {"a": "1"}}).json == {"attributes": {"a": "1"}}
    whole = f"{BASE}/{made}/participants/{customer.id}/attributes"
    assert desk.call("PATCH", whole, {"attributes": {"b": "2"}}).status == 202
    assert customer.attributes == {"a": "1", "b": "2"}
    answer = desk.call("PATCH", target, {})
    assert code(answer) == "conversation.error.participant.attribute.null"


@pytest.mark.parametrize("kind", ["replace", "transfer", "replace/external"])
def test_transfers_to_an_address(desk, kind):
    made = desk.talk()
    agent = agent_of(desk.timeline(made))
    target = f"{made}/participants/{agent.id}/{kind}"
    post(desk, target, {"address": "+3"}, status=202)
    assert states(desk.timeline(made))[-1] == ("external", "dialing")


def test_transfers_to_users_and_queues(desk):
    made = desk.talk()
    agent = agent_of(desk.timeline(made))
    other = next(each for each in desk.users[1:] if each != agent.user_id)
    target = f"{made}/participants/{agent.id}/replace"
    answer = post(desk, target, {"userId": agent.user_id}, status=400)
    assert code(answer) == "conversations.error.transfer.same.party"
    assert post(desk, target, {}, status=400).json["message"].startswith("Specify a userId")
    post(desk, f"{target}/agent", {"userId": other, "transferType": "Attended"}, status=202)
    second = agent_of(desk.timeline(made))
    answer = post(desk, f"{made}/participants/{second.id}/replace", {"address": "+3"}, status=400)
    assert code(answer) == "conversations.error.transfer.not.connected"
    desk.command(made, {"state": "connected"})
    assert not agent.is_live
    post(
        desk, f"{made}/participants/{second.id}/replace/queue", {"queueId": desk.queue}, status=202
    )
    assert [each[0] for each in states(desk.timeline(made))][-2:] == ["acd", "agent"]


def test_what_cannot_be_transferred(desk):
    email = desk.talk("email")
    agent, customer = agent_of(desk.timeline(email)), desk.timeline(email).participants[0]
    for party, expected in ((agent, "Only calls"), (customer, "Customers and external")):
        target = f"{email}/participants/{party.id}/replace"
        answer = post(desk, target, {"address": "+3"}, status=400)
        assert answer.json["message"].startswith(expected)


def test_a_waiting_conversation_is_assigned(desk):
    for user_id in desk.users[1:]:
        desk.be(user_id, "Busy")
    made = desk.offer()
    post(desk, f"{made}/assign", {"id": desk.users[0]})
    assert agent_of(desk.timeline(made)).user_id == desk.users[0]
    assert post(desk, f"{made}/assign", {"id": desk.users[0]}, status=400)


def test_the_end_for_everyone(desk):
    for end in (
        lambda made: desk.call("POST", f"{BASE}/{made}/disconnect"),
        lambda made: desk.call("DELETE", f"{BASE}/{made}"),
        lambda made: desk.call(
            "PATCH",
            f"{BASE}/calls/{made}",
            {"participants": [], "startTime": "2024-01-01T00:00:00Z", "state": "disconnected"},
        ),
    ):
        made = desk.talk()
        assert end(made).status in {200, 202}
        assert desk.timeline(made).is_over


def test_other_changes_of_a_conversation_are_ignored(desk):
    made = desk.talk()
    body = {"participants": [], "startTime": "2024-01-01T00:00:00Z"}
    answer = desk.call("PATCH", f"{BASE}/calls/{made}", body)
    assert declared("Conversation", answer.json) == []
    assert not desk.timeline(made).is_over


CALLBACK = {"callbackNumbers": ["tel:+13175550199"], "callbackUserName": "Ada"}


def call_back(desk, made, *, party=None, status=204, **more):
    """POST a callback for the customer of a conversation, or for another participant."""
    party = party or desk.timeline(made).participants[0]
    target = f"/api/v2/conversations/{made}/participants/{party.id}/callbacks"
    answer = desk.call("POST", target, {**CALLBACK, **more})
    assert answer.status == status, answer
    return answer


def test_a_callback_on_a_call_waits_in_its_queue_and_outlasts_the_call():
    desk = StaffedDesk()
    made = desk.talk()
    call_back(desk, made, data={"order": "7"})
    listed = desk.call("GET", f"/api/v2/conversations/callbacks/{made}").json
    assert [each["purpose"] for each in listed["participants"]] == ["customer", "acd", "agent"]
    assert all(
        each["callbackNumbers"] == CALLBACK["callbackNumbers"] for each in listed["participants"]
    )
    assert (listed["participants"][0]["name"], listed["participants"][0]["attributes"]) == (
        "Ada",
        {"order": "7"},
    )
    on_call = desk.call("GET", f"/api/v2/conversations/calls/{made}").json
    assert [each["purpose"] for each in on_call["participants"]] == ["customer", "acd", "agent"]
    customer = desk.timeline(made).participants[0]
    desk.command(made, {"state": "disconnected"}, agent=customer)
    assert desk.timeline(made).ended is None
    assert not any(
        e.is_live for e in desk.timeline(made).participants if e.session.media == "voice"
    )
    agent = agent_of(desk.timeline(made))
    assert (agent.session.media, agent.session.other_address) == ("callback", "tel:+13175550199")
    desk.command(made, {"state": "connected"}, agent=agent)
    desk.command(made, {"state": "disconnected"}, agent=agent)
    assert desk.timeline(made).ended is not None


def test_a_callback_on_a_call_waits_for_its_time():
    desk = StaffedDesk()
    made = desk.talk()
    when = format_instant(desk.now.wall + 600)
    call_back(desk, made, queueId=desk.queue, callbackScheduledTime=when)
    states = [e.session.state for e in desk.timeline(made).participants if e.purpose == "acd"]
    assert states[-1] == "scheduled"
    desk.command(made, {"state": "disconnected"})
    desk.sleep(600)
    desk.simulator.advance(desk.now)
    assert agent_of(desk.timeline(made)).session.media == "callback"


def test_a_callback_on_a_conversation_needs_a_participant_a_queue_and_a_conversation_that_goes_on():
    desk = StaffedDesk()
    outbound = desk.call("POST", "/api/v2/conversations/calls", {"phoneNumber": "+1"}).json["id"]
    party = desk.timeline(outbound).participants[0]
    refused = call_back(desk, outbound, party=party, status=400)
    assert refused.json["code"] == "callback.error.missing.queue.id"
    call_back(desk, outbound, party=party, status=400, queueId="q")
    desk.call("POST", f"/api/v2/conversations/{outbound}/disconnect")
    call_back(desk, outbound, party=party, status=400, queueId=desk.queue)
    target = f"/api/v2/conversations/{outbound}/participants/x/callbacks"
    assert desk.call("POST", target, CALLBACK).status == 404


def test_callbacks_of_a_call_are_found_moved_and_ended_as_others():
    desk = StaffedDesk()
    made = desk.talk()
    call_back(desk, made)
    mine = f"/api/v2/conversations/callbacks/{made}"
    assert desk.call("GET", mine).status == 200
    observed = query_observations(
        desk.state,
        {
            "filter": {"type": "or", "predicates": [{"dimension": "queueId", "value": desk.queue}]},
            "metrics": ["oAlerting", "oInteracting"],
        },
    )["results"]
    assert {
        (each["group"]["mediaType"], datum["metric"]): datum["stats"]["count"]
        for each in observed
        for datum in each["data"]
        if datum["stats"]["count"]
    } == {("callback", "oAlerting"): 1, ("voice", "oInteracting"): 1}
    changed = {"conversationId": made, "agentId": "a", "callbackNumbers": ["tel:+2"]}
    assert desk.call("PATCH", "/api/v2/conversations/callbacks", changed).status == 200
    assert desk.timeline(made).callback_numbers == ("tel:+2",)
    body = {"callbackDisconnectIdentifiers": [{"conversationId": made, "callbackId": "c"}]}
    target = "/api/v2/conversations/callbacks/bulk/disconnect"
    assert desk.call("POST", target, body).status == 204
    open_media = {e.session.media for e in desk.timeline(made).participants if e.is_live}
    assert open_media == {"voice"}


def test_a_callback_of_a_call_is_heard_as_callback_and_as_conversation():
    desk = StaffedDesk()
    made = desk.talk()
    topics = [f"v2.routing.queues.{desk.queue}.conversations.{e}" for e in ("calls", "callbacks")]
    _, socket = desk.opened(*topics)
    call_back(desk, made)
    assert desk.heard(socket)[:2] == topics


def test_an_agent_hands_a_call_over_to_an_external_contact():
    desk = StaffedDesk()
    number = {"display": "+1 317 555 0126", "e164": "+13175550126"}
    body = {"firstName": "Ada", "lastName": "L", "cellPhone": number}
    contact = desk.call("POST", "/api/v2/externalcontacts/contacts", body).json["id"]
    made = desk.talk()
    party = agent_of(desk.timeline(made)).id
    path = f"{made}/participants/{party}/replace/contact/external"
    post(desk, path, {"contactId": contact, "phoneType": "CellPhone"}, status=202)
    assert states(desk.timeline(made))[-1] == ("external", "dialing")
    assert desk.timeline(made).participants[-1].session.address == "+13175550126"
    assert post(desk, path, {}, status=400).json["message"]


@pytest.mark.parametrize("when", ["2030-06-30T23:59:60Z", "0001-01-01T00:00:00+14:00"])
def test_a_callback_at_a_time_that_cannot_be_represented_is_refused(when):
    desk = StaffedDesk()
    body = {
        "queueId": desk.queue,
        "callbackNumbers": ["+13175550123"],
        "callbackScheduledTime": when,
    }
    answer = desk.call("POST", f"{BASE}/callbacks", body)
    assert (answer.status, answer.json["code"]) == (400, "invalid.value")
    assert answer.json["details"][0]["fieldName"] == "callbackScheduledTime"


def test_of_several_changes_all_are_made_or_none(desk):
    made = desk.talk()
    agent = agent_of(desk.timeline(made))
    path = f"{BASE}/calls/{made}/participants/{agent.id}"
    for refused in ({"state": "connected"}, {"state": "dancing"}):
        changes = {"wrapup": {"code": "c"}, "held": True, "muted": True, **refused}
        assert desk.call("PATCH", path, changes).status == 400
        assert agent.wrap_up is None
        assert (agent.session.is_held, agent.session.is_muted) == (False, False)
    assert desk.call("PATCH", path, changes | {"state": "disconnected"}).status == 202
    assert (agent.is_live, agent.session.is_muted, agent.wrap_up.code) == (False, True, "c")

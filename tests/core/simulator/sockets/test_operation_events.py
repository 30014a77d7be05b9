"""Events of jobs from their start to their end, and what operations do not publish."""

import pytest

from genesys_core.simulator.conversations.timers import set_timer
from genesys_core.simulator.resources.rules import ResourceRules
from genesys_core.simulator.sockets.event_rules import EventRules
from genesys_core.simulator.sockets.operation_events import OperationEvents
from genesys_core.simulator.sockets.operation_topics import TOPIC_CAUSES
from genesys_core.simulator.state.definition import Definition
from genesys_core.simulator.state.examples import example_of
from genesys_core.simulator.state.jobs import AwaitedEvent, WorkEnd
from tests.helpers.resource_walk import Walk
from tests.strategies.contact_center import StaffedDesk, agent_of
from tests.strategies.hub import ChannelDesk
from tests.strategies.simulator import definition, small_document

LINKS = "/api/v2/speechandtextanalytics/programs/topiclinks/jobs"
EXPORT = "/api/v2/analytics/reporting/exports"


@pytest.fixture
def desk():
    desk = ChannelDesk(check_references=False)
    desk.log_in()
    return desk


def pass_time(desk, seconds=5.0):
    desk.sleep(seconds)
    desk.simulator.timer(desk.now)


def start(desk, method, template, **path):
    walk = Walk(desk)
    answer = walk.call(method, template, path.get("at") or walk.place(template))
    assert answer.status < 300, answer
    return answer.json if answer.body else None


def topics(desk):
    return [each.topic for each in desk.hub.published]


def test_a_job_is_heard_at_its_start_and_at_its_end(desk):
    identity = desk.simulator.start_job(LINKS, now=desk.now)
    topic = f"v2.speechandtextanalytics.programs.topiclinks.jobs.{identity}"
    assert topics(desk) == [topic]
    _, socket = desk.opened(topic)
    assert desk.told(socket) == []
    pass_time(desk)
    (event,) = desk.told(socket)
    assert event["eventBody"]["id"] == identity
    assert event["eventBody"]["state"] == "Completed"
    pass_time(desk)
    assert desk.told(socket) == []
    assert desk.simulator.state.work_ends == {}


def test_the_end_comes_without_a_request_when_its_time_has_come(desk):
    desk.simulator.start_job(LINKS, now=desk.now)
    assert desk.simulator.next_deadline(desk.now) == pytest.approx(desk.now.monotonic + 1)


def test_a_job_that_fails_says_so(desk):
    desk.simulator.set_job_outcome(LINKS, "failure")
    identity = desk.simulator.start_job(LINKS, now=desk.now)
    _, socket = desk.opened(f"v2.speechandtextanalytics.programs.topiclinks.jobs.{identity}")
    pass_time(desk)
    (event,) = desk.told(socket)
    assert event["eventBody"]["state"] == "Failed"


def test_a_job_that_is_gone_has_no_end(desk):
    identity = desk.simulator.start_job(LINKS, now=desk.now)
    desk.simulator.state.jobs.clear()
    desk.hub.published.clear()
    pass_time(desk)
    assert (topics(desk), desk.simulator.state.work_ends) == ([], {})
    assert identity


def test_a_snapshot_from_before_the_job_has_nothing_to_end(desk):
    desk.simulator.start_job(LINKS, now=desk.now)
    desk.simulator.state.work_ends.clear()
    desk.hub.published.clear()
    pass_time(desk)
    assert topics(desk) == []


def test_work_without_a_job_takes_as_long(desk):
    topic = f"v2.users.{desk.user}.analytics.reporting.exports"
    _, socket = desk.opened(topic)
    start(desk, "POST", EXPORT)
    assert desk.told(socket) == []
    pass_time(desk, 0.5)
    assert desk.told(socket) == []
    pass_time(desk, 0.5)
    (event,) = desk.told(socket)
    assert event["topicName"] == topic
    assert event["eventBody"]["status"] == "COMPLETED"


def test_examples_follow_operations_without_state_too():
    desk = ChannelDesk(stateful=False)
    desk.log_in()
    start(desk, "POST", EXPORT)
    pass_time(desk)
    assert topics(desk) == [f"v2.users.{desk.user}.analytics.reporting.exports"]


def test_a_chat_room_of_a_group_has_the_topic_of_the_group(desk):
    desk.simulator.state.collections["", "api", "v2", "groups"] = {"g": {"id": "g"}}
    rooms = {f"{each}@conference.example.com": {"id": each} for each in "gr"}
    desk.simulator.state.collections["", "api", "v2", "chats", "rooms"] = rooms
    for room in ("g", "r"):
        path = f"/api/v2/chats/rooms/{room}%40conference.example.com/messages"
        start(desk, "POST", "/api/v2/chats/rooms/{roomJid}/messages", at=path)
    assert topics(desk) == [
        "v2.detail.events.collaboratechat.group.g.messages",
        "v2.detail.events.collaboratechat.adhoc.r.messages",
    ]


VIEWS = "/api/v2/journey/views/{viewId}/versions/{journeyVersionId}/jobs"
BALANCE = "/api/v2/workforcemanagement/timeoffbalance/jobs"


def test_a_job_that_an_operation_starts_ends_with_the_topic_of_the_operation(desk):
    _, socket = desk.opened(f"v2.users.{desk.user}.workforcemanagement.timeoffbalance.jobs")
    started = start(desk, "POST", BALANCE)
    assert desk.told(socket) == []
    pass_time(desk)
    (event,) = desk.told(socket)
    assert event["eventBody"]["status"] == "Complete"
    assert started["job"]["id"]


def test_a_job_whose_own_path_is_another_is_heard_from_its_start(desk):
    walk = Walk(desk)
    place = walk.place("/api/v2/workforcemanagement/businessunits/{businessUnitId}/weeks/{weekId}")
    template = "/api/v2/workforcemanagement/businessunits/{businessUnitId}/weeks/{weekId}/schedules/generate"
    start(desk, "POST", template, at=f"{place}/schedules/generate")
    runs = [each for each in topics(desk) if each.endswith(".scheduling.runs")]
    pass_time(desk)
    assert [each for each in topics(desk) if each.endswith(".scheduling.runs")] == [*runs, *runs]
    assert len(runs) == 1


def test_a_job_that_its_caller_cancels_ends_at_once(desk):
    walk = Walk(desk)
    place = walk.place(VIEWS)
    job = start(desk, "POST", VIEWS, at=place)["id"]
    _, socket = desk.opened(f"v2.journey.views.jobs.{job}.notification")
    body = {**walk.body(walk.route("PATCH", f"{VIEWS}/{{jobId}}")), "status": "Cancelled"}
    walk.call("PATCH", f"{VIEWS}/{{jobId}}", f"{place}/{job}", body)
    pass_time(desk, 0.0)
    (event,) = desk.told(socket)
    assert event["eventBody"]["status"] == "Cancelled"
    pass_time(desk)
    assert desk.told(socket) == []


def test_other_changes_of_a_job_move_its_end(desk):
    walk = Walk(desk)
    place = walk.place(VIEWS)
    job = start(desk, "POST", VIEWS, at=place)["id"]
    _, socket = desk.opened(f"v2.journey.views.jobs.{job}.notification")
    desk.sleep(0.75)
    body = {**walk.body(walk.route("PATCH", f"{VIEWS}/{{jobId}}")), "status": "Executing"}
    walk.call("PATCH", f"{VIEWS}/{{jobId}}", f"{place}/{job}", body)
    pass_time(desk, 0.3)
    assert desk.told(socket) == []
    pass_time(desk, 0.3)
    assert len(desk.told(socket)) == 1


RECORDINGS = "/api/v2/recording/jobs"


def test_a_job_that_waits_for_its_caller_has_no_end_yet(desk):
    at = tuple(f"{RECORDINGS}/{desk.simulator.start_job(RECORDINGS, now=desk.now)}".split("/"))
    topic = f"v2.users.{desk.user}.analytics.reporting.exports"
    event = AwaitedEvent("v2.users.{id}.analytics.reporting.exports", topic, {}, "updated")
    desk.simulator.state.work_ends["/".join(at)] = WorkEnd(RECORDINGS, at, (event,))
    set_timer(desk.simulator.state.contact_center, "work", 1, desk.now, ("/".join(at), ""))
    pass_time(desk)
    assert topics(desk) == []
    assert desk.simulator.state.work_ends
    body = {"state": "PROCESSING"}
    Walk(desk).call("PUT", f"{RECORDINGS}/{{jobId}}", "/".join(at), body)
    pass_time(desk)
    assert topics(desk) == [topic]


def test_an_operation_that_resumes_a_job_without_topics(desk):
    identity = desk.simulator.start_job(RECORDINGS, now=desk.now)
    body = {"state": "PROCESSING"}
    Walk(desk).call("PUT", f"{RECORDINGS}/{{jobId}}", f"{RECORDINGS}/{identity}", body)
    pass_time(desk)
    assert topics(desk) == []


def test_each_item_of_a_body_is_an_event(desk):
    path = "/api/v2/integrations/unifiedcommunications/{ucIntegrationId}/thirdpartypresences"
    item = example_of(definition(), Walk(desk).route("PUT", path).facts.body.schema)[0]
    people = [{**item, "userId": "a"}, {**item, "userId": "b"}, {**item, "userId": "with.dot"}]
    assert desk.call("PUT", path.replace("{ucIntegrationId}", "x"), people).status < 300
    assert topics(desk) == [f"v2.users.{each}.integrationpresence" for each in "ab"]


def test_values_come_from_the_path_the_body_the_response_and_the_caller(desk):
    walk = Walk(desk)
    start(desk, "POST", "/api/v2/journey/deployments/{deploymentId}/webevents")
    (session,) = [each for each in topics(desk) if each.endswith(".web.events")]
    assert session.startswith("v2.journey.sessions.")
    desk.hub.published.clear()
    rule = walk.place("/api/v2/learning/modules/{moduleId}/rule")
    _, socket = desk.opened(f"v2.wem.learning.assignments.modules.{rule.split('/')[5]}")
    start(desk, "PUT", "/api/v2/learning/modules/{moduleId}/rule", at=rule)
    pass_time(desk)
    (event,) = desk.told(socket)
    assert event["eventBody"]["entities"] == [{"module": {"id": rule.split("/")[5]}}]
    assert event["eventBody"]["total"] == 1


@pytest.mark.parametrize(("queue", "heard"), [(None, 1), ("q", 2)])
def test_media_of_a_conversation_are_heard_in_its_queue_if_it_has_one(desk, queue, heard):
    made = Walk(desk).begin_call()
    party = desk.simulator.state.contact_center.conversations[made].participants[0]
    party.queue_id = queue
    path = "/api/v2/conversations/videos/{conversationId}/recordingstate"
    desk.hub.published.clear()
    start(desk, "PUT", path, at=path.replace("{conversationId}", made))
    assert len([each for each in topics(desk) if each.endswith(".videos")]) == heard


@pytest.mark.parametrize("kind", ["Script", "Faq"])
def test_a_topic_may_need_a_value(desk, kind):
    made = Walk(desk).begin_call()
    place = ("", "api", "v2", "conversations", made, "suggestions")
    desk.simulator.state.collections[place] = {"s": {"id": "s", "type": kind}}
    desk.hub.published.clear()
    path = "/api/v2/conversations/{conversationId}/suggestions/{suggestionId}/engagement"
    start(desk, "POST", path, at=f"{'/'.join(place)}/s/engagement")
    heard = [each for each in topics(desk) if ".suggestions." in each]
    assert heard == ([f"v2.conversations.{made}.suggestions.script"] if kind == "Script" else [])


def test_the_topics_of_a_definition_are_those_of_its_operations(desk):
    rules = ResourceRules.of(definition())
    heard = OperationEvents(definition(), rules, EventRules(definition())).heard()
    assert {each.template for each in TOPIC_CAUSES} == set(heard)
    small = Definition(small_document({}))
    assert OperationEvents(small, ResourceRules(small), EventRules(small)).heard() == {}


def test_a_response_without_content_adds_nothing(desk):
    path = "/api/v2/outbound/campaigns/{campaignId}"
    _, socket = desk.opened("v2.outbound.campaigns.c.stats")
    desk.simulator.state.collections[tuple(path.split("/")[:-1])] = {"c": {"id": "c"}}
    walk = Walk(desk)
    target = "/api/v2/outbound/campaigns/c/start"
    assert walk.call("POST", f"{path}/start", target).status < 300
    heard = [each["topicName"] for each in desk.told(socket)]
    assert heard == ["v2.outbound.campaigns.c.stats"]


def test_a_topic_without_ids_says_who_asked_and_when(desk):
    _, socket = desk.opened("v2.architect.dependencytracking.build")
    start(desk, "POST", "/api/v2/architect/dependencytracking/build")
    pass_time(desk)
    (event,) = desk.told(socket)
    assert event["eventBody"]["user"]["id"] == desk.user
    assert event["eventBody"]["startTime"]


TYPING = "/api/v2/conversations/messages/{integrationId}/inbound/open/event"


def test_agents_hear_that_the_sender_of_their_messages_types():
    desk = StaffedDesk()
    at = TYPING.replace("{integrationId}", "i")
    body = Walk(desk).body(Walk(desk).route("POST", TYPING))
    for media, address in (("message", "ada"), ("message", "bob"), ("voice", "ada")):
        made = desk.simulator.offer(media, desk.queue, now=desk.now, address=address)
        for each in desk.users[1:]:
            desk.be(each, "On Queue")
        if (media, address) == ("message", "ada"):
            typed_in = made
    agent = agent_of(desk.timeline(typed_in)).user_id
    body["channel"]["from"]["id"] = "ada"
    topic = f"v2.users.{agent}.conversations.inbound.typing.event"
    _, socket = desk.opened(topic)
    desk.hub.published.clear()
    assert desk.call("POST", at, body).status == 200
    (event,) = desk.told(socket)
    assert event["eventBody"]["conversationId"] == typed_in
    assert event["eventBody"]["normalizedMessage"]["channel"]["from"]["id"] == "ada"
    assert topics(desk) == [topic]

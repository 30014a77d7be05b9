"""The topics of changes: by the topic map, by the table, and audits."""

import copy
import re

import pytest

from genesys_core.clock import Now
from genesys_core.notifications.topics import topic_model_name
from genesys_core.simulator import Simulator
from genesys_core.simulator.resources.rules import ResourceRules
from genesys_core.simulator.sockets.conversation_events import CONVERSATION_TOPICS
from genesys_core.simulator.sockets.event_rules import (
    AUDITS,
    HEARD_BY_HAND,
    TOPICS_ELSEWHERE,
    EventRules,
)
from genesys_core.simulator.state.changes import RecordChange
from genesys_core.simulator.state.definition import Definition, Schema
from tests.helpers.resource_walk import ROUTES, RULES, Walk
from tests.strategies.hub import ChannelDesk
from tests.strategies.simulator import definition, misfits, small_document

NOW = Now(0.0, 1_700_000_000.0)
EVENTS = EventRules(definition())
BY_RULE = EVENTS.heard(ResourceRules.of(definition()))
STARTED = "v2.speechandtextanalytics.programs.topiclinks.jobs.{id}"
"""A topic of jobs that only ``Simulator.start_job`` starts."""


def topics(template, *ids, caller="me", kind="updated", **record):
    change = RecordChange(template, ids, kind, {"id": ids[-1] if ids else "x", **record})
    heard = [each.topic for each in EVENTS.notices(change, caller, NOW)]
    return [each for each in heard if not each.startswith("v2.audits.")]


def test_a_topic_belongs_to_the_resource_of_the_same_path():
    assert topics("/api/v2/outbound/campaigns/{}", "c") == ["v2.outbound.campaigns.c"]
    notes = "/api/v2/externalcontacts/contacts/{}/notes/{}"
    assert topics(notes, "c", "n") == ["v2.externalcontacts.contacts.c.notes.n"]
    assert topics("/api/v2/users/{}/outofoffice", "u") == ["v2.users.u.outofoffice"]
    assert topics("/api/v2/outbound/settings") == ["v2.outbound.settings"]


def test_a_topic_of_a_collection_is_heard_for_its_items():
    interfaces = "/api/v2/telephony/providers/edges/{}/logicalinterfaces/{}"
    heard = topics(interfaces, "e", "i")
    assert heard == ["v2.telephony.providers.edges.e.logicalinterfaces"]


def test_topics_with_other_names():
    geolocation = topics("/api/v2/users/{}/geolocations/{}", "u", "app")
    assert geolocation == ["v2.users.u.geolocation"]
    assert topics("/api/v2/voicemail/messages/{}", "m") == ["v2.users.me.voicemail.messages"]
    assert topics("/api/v2/voicemail/messages/{}", "m", caller=None) == []
    items = "/api/v2/taskmanagement/workitems/{}"
    assert topics(items, "w", queue={"id": "q"}) == [
        "v2.taskmanagement.workitems.w",
        "v2.taskmanagement.workitems.queues.q",
    ]
    assert topics(items, "w", assignee={"id": 3}) == ["v2.taskmanagement.workitems.w"]


def test_a_messaging_campaign_is_heard_by_its_channel():
    campaigns = "/api/v2/outbound/messagingcampaigns/{}"
    assert topics(campaigns, "c", emailConfig={}) == [
        "v2.outbound.messagingcampaigns.c",
        "v2.outbound.emailcampaigns.c",
    ]


def test_a_write_of_an_audited_type_is_an_audit():
    change = RecordChange(
        "/api/v2/routing/queues/{}", ("q",), "created", {"id": "q", "name": "Support"}
    )
    (notice,) = EVENTS.notices(change, "me", NOW)
    assert notice.topic == "v2.audits.entitytype.Queue.entityid.q"
    assert notice.body["action"] == "Create"
    assert notice.body["entity"] == {"id": "q", "name": "Support"}
    assert notice.body["level"] == "USER"
    (notice,) = EVENTS.notices(change, None, NOW)
    assert (notice.body["level"], "userId" in notice.body) == ("SYSTEM", False)
    assert topics("/api/v2/flow") == []


def test_without_models_in_the_definition_events_have_no_content():
    rules = EventRules(Definition(small_document({})))
    change = RecordChange("/api/v2/flows/{}", ("f",), "updated", {"id": "f"})
    (notice,) = rules.notices(change, None, NOW)
    assert (notice.topic, notice.body) == ("v2.flows.f", {})


def test_the_table_names_topics_and_paths_that_exist():
    paths = {re.sub(r"\{\w+\}", "{}", each.template) for each in definition().routes}
    for path, written in TOPICS_ELSEWHERE:
        topic = re.sub(r"\{[^}]*\}", "{id}", written.partition("+")[0])
        assert topic_model_name(topic)
        assert path in paths, path


def test_how_many_topics_are_heard():
    coverage = Simulator(definition()).topic_coverage()
    assert len(coverage) == 242
    assert sum(each == "handler" for each in coverage.values()) == len(
        {*HEARD_BY_HAND, *CONVERSATION_TOPICS}
    )
    assert len(BY_RULE) >= 72
    assert coverage["v2.flows.{id}"] == "/api/v2/flows/{}"
    assert coverage["v2.users.{id}.presence"] == "handler"


ITEM = "7b1c3c1e-43c1-4d5a-a9c0-2f6e2f1f7a01"


def existing(walk, owner):
    """The path of an item that may be changed: a job that runs, a recording, or any other."""
    base = walk.place(owner)
    if owner == "/api/v2/conversations/{conversationId}/recordings":
        walk.desk.sleep(10)
        walk.desk.call("POST", base.replace("recordings", "disconnect"))
        (recording,) = walk.desk.call("GET", base.replace("recordings", "recordingmetadata")).json
        return f"{base}/{recording['id']}"
    collection = RULES.collection(owner)
    if collection is not None and collection.states is not None:
        return f"{base}/{walk.desk.simulator.start_job(base, now=walk.desk.now)}"
    return f"{base}/{ITEM}"


def written(walk, path):
    """Write the resource at a path once; return how to do that again."""
    known = next((each.template for key, each in ROUTES.items() if key[1] == path), None)
    template = known or f"{ROUTES['POST', path.removesuffix('/{}')].template}/{{id}}"
    owner, _, last = template.rpartition("/")
    is_item = last.startswith("{")
    creates = (
        RULES.find(ROUTES["POST", path.removesuffix("/{}")])
        if is_item and ("POST", path.removesuffix("/{}")) in ROUTES
        else None
    )
    if known is None or (creates is not None and creates.collection.template == owner):
        base = walk.place(owner)
        method, at = "POST", owner
    else:
        method = next(each for each in ("PUT", "PATCH", "POST") if (each, path) in ROUTES)
        base, at = walk.place(template) if not is_item else existing(walk, owner), template
    more = {} if method == "POST" else {"version": None}
    body = walk.body(walk.route(method, at), **more)
    return lambda: walk.call(method, at, base, body)


@pytest.mark.parametrize("topic", [each for each in BY_RULE if each not in {AUDITS, STARTED}])
def test_every_topic_by_rule_is_heard_on_a_channel_in_the_form_of_its_model(topic):
    walk = Walk()
    walk.desk = ChannelDesk()
    walk.desk.log_in()
    write = written(walk, BY_RULE[topic])
    # What the topic is called is known after the write: it is done again, with a subscription.
    before = copy.deepcopy(walk.desk.simulator.state)
    walk.desk.hub.published.clear()
    assert write().status in {200, 204}
    pattern = topic.replace(".", r"\.").replace("{id}", r"([^.]+)")
    names = [each.topic for each in walk.desk.hub.published if re.fullmatch(pattern, each.topic)]
    assert len(names) == 1, [each.topic for each in walk.desk.hub.published]
    walk.desk.simulator.state = before
    _, socket = walk.desk.opened(names[0])
    assert write().status in {200, 204}
    (event,) = walk.desk.told(socket)
    assert event["topicName"] == names[0]
    model = Schema(ref=f"#/definitions/{topic_model_name(topic)}")
    assert misfits(definition(), model, event["eventBody"]) == []

"""The platform: total, deterministic, and the same headers on everything."""

from copy import deepcopy
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import given

from fuzz import fuzz_simulator
from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request
from genesys_core.simulator import Settings, Simulator, World
from genesys_core.simulator.http.problems import content_too_large
from tests.strategies.contact_center import StaffedDesk
from tests.strategies.hub import ChannelDesk
from tests.strategies.simulator import (
    WALL,
    Desk,
    definition,
    operation,
    paths,
    small_document,
    unhurried,
)


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/api/v2/users/me", 200),
        ("GET", "/api/v2/nothing", 404),
        ("GET", "/", 404),
        ("GET", "*", 404),
        ("PUT", "/api/v2/users/me", 405),
        ("GET", "/api/v2/users/nobody", 404),
        ("GET", "/api/v2/users?pageSize=0", 400),
    ],
)
def test_every_response_has_the_platforms_headers(method, target, status):
    answer = Desk().call(method, target)
    assert answer.status == status
    assert answer.headers.get_list("server") == ["Google", "FrontEnd"]
    assert answer.headers["server"] == "Google, FrontEnd"
    assert answer.headers["inin-correlation-id"]
    assert answer.headers["content-type"] == "application/json"
    if status >= 400:
        assert answer.json["contextId"] == answer.headers["inin-correlation-id"]


def test_correlation_ids_differ():
    desk = Desk()
    assert len({desk.send("GET", "/").headers["inin-correlation-id"] for _ in range(50)}) == 50


def test_a_path_with_another_method_says_which_it_has():
    answer = Desk().call("PUT", "/api/v2/users")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")


def test_head_is_get_without_a_body():
    desk = Desk()
    assert desk.call("HEAD", "/api/v2/users/me").status == 200
    assert desk.call("HEAD", "/api/v2/users/me").body == b""
    assert desk.call("HEAD", "/api/v2/users/nobody").body == b""
    assert desk.call("HEAD", "/api/v2/tokens/me").status == 204
    only_post = Desk(Simulator(small_document({"/x": {"post": operation()}})))
    assert only_post.send("HEAD", "/x").status == 405


def test_requests_are_counted_by_their_route_and_logged_as_they_came():
    desk = Desk()
    desk.call("GET", "/api/v2/users/a?expand=presence")
    desk.call("GET", "/api/v2/users/b")
    desk.call("PUT", "/api/v2/users/b")
    desk.send("GET", "/nowhere")
    count = desk.simulator.count
    assert count("POST", "/oauth/token") == 1
    assert count("GET", "/api/v2/users/{userId}") == 2
    assert count("PUT", "/api/v2/users/{userId}") == 1
    assert count("DELETE", "/api/v2/users/{userId}") == 0
    assert [(each.method, each.path, each.status) for each in desk.simulator.state.log] == [
        ("POST", "/oauth/token", 200),
        ("GET", "/api/v2/users/a", 404),
        ("GET", "/api/v2/users/b", 404),
        ("PUT", "/api/v2/users/b", 405),
        ("GET", "/nowhere", 404),
    ]
    assert desk.simulator.state.log[-1].template is None


@pytest.mark.parametrize("url", ["http://[", "", "://", "http://simulator", "\ud800/api", "//"])
def test_what_is_no_url_is_not_found(url):
    response = Simulator(definition()).respond(Request("GET", url), now=Now(0, 0))
    assert response.status == 404


def test_relative_and_absolute_urls_are_the_same():
    simulator = Simulator(small_document({"/x": {"get": operation(reply={"type": "string"})}}))
    for url in ("/x", "http://a/x", "https://b:8443/x?q=1#fragment"):
        assert simulator.respond(Request("GET", url), now=Now(0, 0)).body == b'"value"'


def test_handlers_serve_only_what_the_definition_has():
    desk = Desk(Simulator(small_document({})))
    assert desk.call("GET", "/api/v2/users/me").status == 404


def test_a_document_will_do_and_a_broken_one_will_not():
    assert len(Simulator(small_document({})).definition.routes) == 0
    with pytest.raises(InvalidValueError):
        Simulator({"swagger": "2.0"})


def test_the_world_is_copied_and_the_seed_decides_the_rest():
    world = World.sample(users=1)
    one, other = (Desk(Simulator(definition(), world=world)) for _ in range(2))
    one.call("DELETE", f"/api/v2/users/{one.client.user_id}")
    assert other.call("GET", "/api/v2/users").json["total"] == 1
    assert one.log_in() != Desk(settings=Settings(seed=1)).log_in()


def test_a_simulator_shows_its_size_and_no_secret():
    desk = Desk()
    token = desk.log_in()
    shown = repr(desk.simulator)
    assert shown == (
        "Simulator(Definition(3355 operations, 6651 models), "
        "State(60 users, 5 queues, 1 tokens, 1 requests))"
    )
    assert token not in shown


@unhurried
@given(paths())
def test_any_path_gets_a_response_of_the_platforms_shape(path):
    answer = Desk().call("GET", path)
    assert answer.status in {200, 204, 400, 404, 405}
    if answer.body and answer.headers["content-type"].endswith("json"):
        msgspec.json.decode(answer.body)


test_any_conversation = fuzz_simulator.check


CORPUS = sorted((Path(__file__).parents[3] / "fuzz" / "corpus" / "simulator").iterdir())


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_the_corpus_is_replayed(path):
    fuzz_simulator.TARGETS["simulator"](path.read_bytes())


@pytest.mark.parametrize("data", [b"", b"\0" * 64, bytes(range(256)), b"\xff" * 200])
def test_the_fuzz_target_takes_any_bytes(data):
    fuzz_simulator.TARGETS["simulator"](data)


def test_a_token_is_only_issued_to_a_client_that_there_is():
    simulator = Simulator(definition())
    with pytest.raises(InvalidValueError, match="client 'stranger': the simulator has no such"):
        simulator.issue_token("stranger", now=Now(0, 0))


def test_a_request_has_a_template_or_none():
    simulator = Simulator(definition())
    assert simulator.template(Request("GET", "http://h/api/v2/users/1")) == "/api/v2/users/{userId}"
    assert simulator.template(Request("GET", "http://[::1")) is None


def test_the_memory_can_be_taken_back():
    desk = Desk()
    before = deepcopy(desk.simulator.state)
    desk.call("GET", "/api/v2/users/me")
    assert desk.simulator.count("GET", "/api/v2/users/me") == 1
    desk.simulator.state = before
    assert desk.simulator.count("GET", "/api/v2/users/me") == 0


def test_a_url_that_is_none_is_answered_too():
    request = Request("POST", "http://[::1", Headers.received([("Content-Type", "text/plain")]))
    assert Simulator(definition()).respond(request, now=Now(0, 0)).status == 404


@pytest.mark.parametrize(
    ("content_type", "body", "words"),
    [
        (
            "text/plain",
            b"grant_type=client_credentials",
            "the Content-Type must be application/x-www-form-urlencoded",
        ),
        ("application/x-www-form-urlencoded", b"a=1&a=2", "a parameter occurs more than once"),
    ],
)
def test_the_login_host_reads_forms_and_each_parameter_once(content_type, body, words):
    answer = Desk().send("POST", "/oauth/token", headers={"Content-Type": content_type}, body=body)
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")
    assert answer.json["description"] == words


def test_a_channel_leads_to_the_host_that_was_asked():
    simulator = Simulator(definition(), world=World.sample(users=1))
    token = simulator.issue_token(next(iter(simulator.state.clients)), now=Now(0, 0))
    bearer = Headers({"Authorization": f"Bearer {token}"})
    path = "/api/v2/notifications/channels"
    for base, host in (("http://h:1", "h:1"), ("", "127.0.0.1")):
        made = simulator.respond(Request("POST", base + path, bearer), now=Now(0, 0))
        assert urlsplit(msgspec.json.decode(made.body)["connectUri"]).netloc == host


def test_coverage_says_where_each_answer_comes_from():
    sources = Simulator(definition()).coverage()
    assert sources["GET", "/api/v2/users/me"] == "handler"
    assert sources["POST", "/api/v2/groups"] == "rule A"
    assert sources["GET", "/api/v2/conversations/{conversationId}"] == "handler"
    assert sources["GET", "/api/v2/conversations/{conversationId}/summaries"] == "example"
    assert len(sources) == len(definition().routes)
    by_rule = [each for each in sources.values() if each.startswith("rule ")]
    assert len(by_rule) >= 1500
    without = Simulator(definition(), settings=Settings(stateful=False)).coverage()
    assert set(without.values()) == {"handler", "example"}


def test_the_topics_that_are_published_and_for_what():
    coverage = Simulator(definition()).topic_coverage()
    assert coverage["v2.users.{id}.presence"] == "handler"
    assert coverage["v2.flows.{id}"] == "/api/v2/flows/{}"
    events = "v2.operations.events.{id}"
    assert coverage[events] == "none: events report faults in the platform itself"
    assert coverage["v2.users.{id}.analytics.reporting.exports"] == (
        "POST /api/v2/analytics/reporting/exports"
    )
    examples = Simulator(definition(), settings=Settings(stateful=False)).topic_coverage()
    assert examples["v2.flows.{id}"] == "none: no rule"


DETAILS = "/api/v2/analytics/conversations/details/jobs"


def test_items_are_put_into_listings_of_rules_and_of_handlers():
    desk = Desk()
    assert len(desk.simulator.seed_items("GET", "/api/v2/routing/skills", 2)) == 2
    assert desk.call("GET", "/api/v2/routing/skills").json["total"] == 2
    channels = "/api/v2/notifications/channels"
    assert desk.call("GET", channels).json["entities"] == []
    seeded = desk.simulator.seed_items("GET", channels, 2)
    assert desk.call("GET", channels).json["entities"] == seeded


def test_how_jobs_end():
    simulator = Desk().simulator
    simulator.set_job_outcome(DETAILS, "EXPIRED")
    assert simulator.state.job_outcomes == {DETAILS: "EXPIRED"}
    with pytest.raises(
        InvalidValueError, match="outcome 'LATE': must be one of success, failure, QUEUED"
    ):
        simulator.set_job_outcome(DETAILS, "LATE")
    for nothing in ("/api/v2/groups", "/nowhere"):
        with pytest.raises(InvalidValueError, match="no jobs"):
            simulator.set_job_outcome(nothing, "success")


def test_what_is_due_happens_at_its_own_time():
    desk = StaffedDesk()
    simulator, made = desk.simulator, desk.offer()
    assert simulator.next_deadline(desk.now) == 8.0
    simulator.advance(Now(20.0, WALL + 20))
    first, second = (p.session for p in desk.timeline(made).participants if p.user_id)
    assert (first.ended, second.started) == (round((WALL + 8) * 1000),) * 2
    assert second.ended == round((WALL + 16) * 1000)
    simulator.timer(Now(30.0, WALL + 30))
    assert simulator.next_deadline(Now(30.0, WALL + 30)) is None


def test_a_customer_reaches_a_queue_that_exists():
    desk = StaffedDesk()
    made = desk.simulator.offer("email", desk.queue, now=desk.now, address="a@b.c", name="Ada")
    assert desk.timeline(made).media == "email"
    with pytest.raises(InvalidValueError, match="no such queue"):
        desk.simulator.offer("voice", "nowhere", now=desk.now)


def test_conversations_that_are_over_are_kept_up_to_a_limit():
    desk = StaffedDesk(max_conversations=2)
    made = []
    for _ in range(3):
        made.append(desk.talk())
        desk.command(made[-1], {"state": "disconnected"})
    assert list(desk.state.contact_center.conversations) == made[1:]


def test_a_request_is_refused_before_its_body_is_there():
    desk = Desk()
    request = Request("POST", "/api/v2/users?x=1", Headers({"Origin": "null"}))
    refused = desk.simulator.refuse(request, content_too_large(10), now=desk.now)
    assert refused.status == 413
    assert refused.headers["inin-correlation-id"]
    assert refused.headers["access-control-allow-origin"] == "*"
    assert desk.simulator.count("POST", "/api/v2/users") == 1


def test_traffic_lets_an_organization_live():
    desk = Desk(Simulator(definition(), world=World.sample(users=5, queues=1)))
    for rate in (30.0, "30/min"):
        desk.simulator.start_traffic(rate, now=desk.now, seed=5)
        desk.sleep(60)
        desk.simulator.advance(desk.now)
    center = desk.simulator.state.contact_center
    assert len(center.conversations) > 30
    desk.simulator.stop_traffic()
    started = len(center.conversations)
    desk.simulator.advance(Now(600.0, WALL + 600))
    assert len(center.conversations) == started
    with pytest.raises(InvalidValueError, match="10/min"):
        desk.simulator.start_traffic("often", now=desk.now)


def test_values_that_are_not_known_are_a_warning_or_with_strict_an_error():
    body = {"name": "Q", "skillEvaluationMethod": "ODD"}
    warned = Desk().call("POST", "/api/v2/routing/queues", body)
    assert (warned.status, "ODD" in warned.headers["simulator-warning"]) == (200, True)
    refused = Desk(settings=Settings(strict=True)).call("POST", "/api/v2/routing/queues", body)
    assert (refused.status, refused.json["code"]) == (400, "invalid.value")


def test_permissions_are_required_if_they_are_enforced():
    sample = World.sample(users=2, queues=1)
    client = next(iter(sample.clients))
    world = World(clients=sample.clients, users=sample.users, roles={client.user_id: ("employee",)})
    desk = Desk(Simulator(definition(), world=world, settings=Settings(enforce_permissions=True)))
    assert desk.call("POST", "/api/v2/routing/queues", {"name": "Q"}).status == 403
    assert desk.call("GET", "/api/v2/routing/queues").status == 200


def test_what_is_checked_by_hand_is_checked_before_the_rules():
    body = {"name": "T", "schema": {"properties": {}}}
    tables = "/api/v2/flows/datatables"
    assert Desk().call("POST", tables, body).status == 400
    assert Desk(settings=Settings(stateful=False)).call("POST", tables, body).status == 200


def test_jobs_can_be_started_without_a_request():
    desk = Desk()
    identity = desk.simulator.start_job(
        "/api/v2/analytics/conversations/details/jobs", now=desk.now
    )
    at = f"/api/v2/analytics/conversations/details/jobs/{identity}"
    assert desk.call("GET", at).status == 200


def test_the_end_of_a_job_is_published_when_it_is_due():
    desk = ChannelDesk()
    identity = desk.simulator.start_job(LINKS, now=desk.now)
    desk.sleep(1)
    desk.simulator.advance(desk.now)
    topic = f"v2.speechandtextanalytics.programs.topiclinks.jobs.{identity}"
    assert [each.topic for each in desk.hub.published] == [topic, topic]


@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_campaign_stops_when_it_is_due(is_deleted):
    desk = ChannelDesk()
    people = {"name": "L", "columnNames": ["a"]}
    contacts = desk.call("POST", "/api/v2/outbound/contactlists", people).json["id"]
    path = "/api/v2/outbound/messagingcampaigns"
    body = {"name": "C", "contactList": {"id": contacts}, "messagesPerMinute": 1}
    made = desk.call("POST", path, body | {"campaignStatus": "on"}).json
    at = f"{path}/{made['id']}"
    made = desk.call("PUT", at, made | {"campaignStatus": "on"}).json
    stopping = desk.call("PUT", at, made | {"campaignStatus": "off"}).json
    assert stopping["campaignStatus"] == "stopping"
    if is_deleted:
        campaigns = desk.simulator.state.collections[
            "", "api", "v2", "outbound", "messagingcampaigns"
        ]
        del campaigns[made["id"]]
    heard = len(desk.hub.published)
    desk.sleep(1)
    desk.simulator.advance(desk.now)
    assert (len(desk.hub.published) > heard) is not is_deleted
    assert desk.call("GET", at).status == (404 if is_deleted else 200)


@pytest.mark.parametrize("enforced", [False, True])
def test_changes_may_take_time_to_spread(enforced):
    desk = Desk(settings=Settings(lag=True, enforce_permissions=enforced))
    made = desk.call("POST", "/api/v2/routing/skills", {"name": "S"}).json["id"]
    assert made in {path[-1] for path in desk.simulator.state.unsettled}
    assert desk.call("GET", "/api/v2/routing/skills").json["entities"] == []
    desk.sleep(10)
    assert len(desk.call("GET", "/api/v2/routing/skills").json["entities"]) == 1


def test_an_event_can_be_made_for_any_topic():
    body = Simulator(definition()).make_event("v2.users.u.station", {"associatedStation": {}})
    assert body == {"associatedStation": {}}


LINKS = "/api/v2/speechandtextanalytics/programs/topiclinks/jobs"

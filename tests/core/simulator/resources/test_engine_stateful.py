"""Every collection with a rule, against a dictionary: what was written is what is read."""

import random
import re

import pytest
from msgspec import UNSET

from genesys_core.simulator import Simulator
from tests.helpers.listing_walk import at, read_items, style_of
from tests.helpers.resource_walk import RULES, Walk, collections, definition, hand_written
from tests.helpers.state_witness import changed_body, sees
from tests.strategies.simulator import misfits

CREATABLE = collections("A", "B")


class Model:
    """A dictionary that should agree with one collection."""

    def __init__(self, collection):
        self.collection = collection
        self.walk = Walk()
        self.base = self.walk.place(collection.template)
        held = self.walk.desk.simulator.state.collections.get(tuple(self.base.split("/")), {})
        self.things: dict[str, dict] = {
            identity: self.do("item", "GET", identity).json for identity in held
        }
        self.seen: set[tuple[str, str]] = set()

    def can(self, where, method):
        return (where, method) in self.collection.operations

    def template(self, where, method):
        item = self.collection.template + ("/{}" if where else "")
        return self.walk.route(method, item).template

    def do(self, where, method, identity="", value=None, **query):
        template = self.template(where, method)
        base = f"{self.base}/{identity}" if where else self.base
        answer = self.walk.call(method, template, base, value, **query)
        schema = self.walk.route(method, template).facts.reply_schema
        if answer.status == 200 and schema is not None:
            assert misfits(definition(), schema, answer.json) == [], (method, template)
        return answer

    def create(self):
        before = set(self.things)
        assert self.do("", "POST").status == 200
        stored = self.walk.desk.simulator.state.collections[tuple(self.base.split("/"))]
        (new,) = set(stored) - before
        read = self.do("item", "GET", new)
        assert read.status == 200
        assert read.json["id"] == new
        self.things[new] = read.json
        self.seen |= {("", "POST"), ("item", "GET")}

    def check(self):
        """Every item reads as the dictionary has it, and the listing has all of them."""
        for identity, thing in self.things.items():
            assert self.do("item", "GET", identity).json == thing
        if self.can("", "GET"):
            assert sorted(self.listed()) == sorted(self.things)
            self.seen.add(("", "GET"))

    def listed(self):
        """The ids of a listing, read to its end two items at a time."""
        route = self.walk.route("GET", self.collection.template)
        known = {each.name for each in route.facts.parameters}
        url = self.walk.url(route, self.base, **({"pageSize": 2} if "pageSize" in known else {}))
        items = read_items(self.walk.desk, route, url, UNSET, by_links=True)
        return [each["id"] for each in items if "id" in each]

    def update(self, method, rng):
        identity = rng.choice(list(self.things))
        old = self.things[identity]
        route = self.walk.route(method, self.template("item", method))
        self.write(method, identity, self.walk.body(route, version=old.get("version")))
        if self.things[identity] == old:
            self.write(method, identity, changed_body(self.walk, route, old))

    def write(self, method, identity, body):
        old = self.things[identity]
        route = self.walk.route(method, self.template("item", method))
        changed = self.do("item", method, identity, body)
        assert changed.status in {200, 204}, (method, self.collection.template, changed)
        new = self.do("item", "GET", identity).json
        if isinstance(old.get("version"), int) and "version" in body:
            assert new["version"] == old["version"] + 1
            stale = self.do("item", method, identity, body)
            assert (stale.status, stale.json["code"]) == (409, "general.conflict")
            assert self.do("item", "GET", identity).json == new
        named = definition().resolve(route.facts.body.schema).properties.get("name")
        if named is not None and not named.is_read_only and isinstance(new.get("name"), str):
            assert new["name"] == body["name"]
        if new != old:
            self.seen.add(("item", method))
        self.things[identity] = new

    def delete(self, rng):
        identity = rng.choice(list(self.things))
        assert self.do("item", "DELETE", identity).status in {200, 204}
        del self.things[identity]
        for where, method in self.collection.operations:
            if where:
                assert self.do("item", method, identity).status == 404, (method, self.collection)
        self.seen.add(("item", "DELETE"))


def run(collection, steps):
    """A random life of a collection, the same in every run."""
    rng = random.Random(collection.template)
    model = Model(collection)
    assert model.do("item", "GET", "nothing").status == 404
    for _ in range(3):
        model.create()
    model.check()
    writes = [m for m in ("PUT", "PATCH") if model.can("item", m)]
    for method in writes:
        model.update(method, rng)
    for _ in range(steps):
        choices = ["create", *writes, *(["delete"] if model.can("item", "DELETE") else [])]
        match rng.choice(choices):
            case "create":
                model.create()
            case "delete" if model.things:
                model.delete(rng)
            case method if method in writes and model.things:
                model.update(method, rng)
        model.check()
    if model.can("item", "DELETE") and model.things:
        model.delete(rng)
        model.check()
    return {(method, model.template(where, method)) for where, method in model.seen}


@pytest.mark.parametrize("collection", CREATABLE[::12], ids=lambda each: each.template)
def test_a_sample_of_the_collections_is_like_a_dictionary(collection):
    assert run(collection, 3)


def resume(collection, walk, where):
    """Do what a job waits for: write it, or upload to where it says."""
    item = collection.template + "/{}"
    for method in ("PUT", "PATCH"):
        if ("item", method) in collection.operations:
            route = walk.route(method, item)
            body = walk.body(route)
            if body.get(collection.states.name) == collection.states.cancelled:
                body[collection.states.name] = collection.states.running
            assert walk.desk.call(method, where, body).status in {200, 204}
            return {(method, route.template)}
    (run,) = walk.desk.simulator.state.jobs.values()
    assert walk.desk.send("PUT", f"/simulator/uploads/{run.upload}").status == 200
    return set()


def run_job(collection):
    """Start a job, watch it end, and read what there is below it."""
    walk = Walk()
    base = walk.place(collection.template)
    item = collection.template + "/{}"
    seen = set()

    def call(method, template, path):
        answer = walk.call(method, template, path)
        schema = walk.route(method, template).facts.reply_schema
        if (
            answer.status == 200
            and schema is not None
            and answer.headers["content-type"].endswith("json")
        ):
            assert misfits(definition(), schema, answer.json) == [], template
        return answer

    assert call("GET", item, f"{base}/nothing").status == 404
    started = call("POST", collection.template, base)
    assert started.status == 200, (collection.template, started)
    where = (
        f"{base}/{next(reversed(walk.desk.simulator.state.collections[tuple(base.split('/'))]))}"
    )
    facts, states = collection.states, []
    for _ in range(3):
        states.append(call("GET", item, where).json.get(facts.name))
        walk.desk.sleep(0.6)
    if facts.paused:
        assert states == [facts.waiting, facts.paused, facts.paused]
        seen |= resume(collection, walk, where)
        states = []
        for _ in range(2):
            states.append(call("GET", item, where).json.get(facts.name))
            walk.desk.sleep(0.6)
        assert states == [facts.running, facts.success]
    elif facts.name:
        assert states == [facts.waiting, facts.running, facts.success]
    seen |= {
        ("POST", walk.route("POST", item[:-3]).template),
        ("GET", walk.route("GET", item).template),
    }
    if ("", "GET") in collection.operations:
        listed = call("GET", item[:-3], base).json
        assert len(at(listed, style_of(walk.route("GET", item[:-3])).items)) == 1
        seen.add(("GET", walk.route("GET", item[:-3]).template))
    for route in definition().routes:
        rule = RULES.find(route)
        if rule is not None and rule.action == "results" and rule.collection == collection:
            tail = re.sub(
                r"\{\w+\}", "x", "/".join(route.template.split("/")[where.count("/") + 1 :])
            )
            assert call("GET", route.template, f"{where}/{tail}").status in {200, 204}
            assert call("GET", route.template, f"{base}/nothing/{tail}").status == 404
            seen.add(("GET", route.template))
    if ("item", "DELETE") in collection.operations:
        assert call("DELETE", item, where).status in {200, 204}
        assert call("GET", item, where).status == 404
        seen.add(("DELETE", walk.route("DELETE", item).template))
    return seen


STARTED = [each for each in collections("H") if ("", "POST") in each.operations]


@pytest.mark.parametrize("collection", STARTED[::12], ids=lambda each: each.template)
def test_a_sample_of_the_jobs_ends(collection):
    assert run_job(collection)


def stateful_routes():
    """Every operation with a rule, of which a reply may change because of a write."""
    handled = {key for key, each in Simulator(definition()).coverage().items() if each == "handler"}
    return [
        route
        for route in definition().routes
        if (rule := RULES.find(route)) is not None
        and rule.letter != "S"
        and (route.method, route.template) not in handled
    ]


UNSEEN = frozenset(
    [
        "",
        "DELETE /api/v2/users/agentui/agents/autoanswer/{agentId}/settings",
        "GET /api/v2/casemanagement/cases/externalcontacts/{externalContactId}",
        "GET /api/v2/chats/users/{userId}/settings",
        "GET /api/v2/contentmanagement/workspaces/{workspaceId}/documents",
        "GET /api/v2/flows/lookup",
        "GET /api/v2/knowledge/knowledgebases/{knowledgeBaseId}/unanswered/groups/{groupId}/phrasegroups/{phraseGroupId}",
        "GET /api/v2/learning/assignments/me",
        "GET /api/v2/orgauthorization/trustors/{trustorOrgId}/clonedusers/{trusteeUserId}",
        "GET /api/v2/orphanrecordings/{orphanId}",
        "GET /api/v2/outbound/contactlists/{contactListId}/contacts/bulk/jobs",
        "GET /api/v2/quality/conversations/{conversationId}/surveys",
        "GET /api/v2/quality/forms/evaluations/bulk",
        "GET /api/v2/quality/forms/surveys/bulk",
        "GET /api/v2/quality/publishedforms/evaluations/divisionviews",
        "GET /api/v2/quality/publishedforms/surveys/divisionviews",
        "GET /api/v2/users/agentui/agents/autoanswer/{agentId}/settings",
        "GET /api/v2/users/{userId}/directreports",
        "GET /api/v2/voicemail/groups/{groupId}/messages",
        "GET /api/v2/voicemail/queues/{queueId}/messages",
        "GET /api/v2/voicemail/users/{userId}/messages",
        "GET /api/v2/workforcemanagement/agents/{agentId}/adherence/explanations/{explanationId}",
        "GET /api/v2/workforcemanagement/businessunits/{businessUnitId}/adherence/adjustments/reasoncodes/bulk",
        "GET /api/v2/workforcemanagement/businessunits/{businessUnitId}/managementunits",
        "PATCH /api/v2/alerting/alerts/{alertId}",
        "PATCH /api/v2/chats/rooms/{roomJid}/messages/{messageId}",
        "PATCH /api/v2/chats/users/{userId}/settings",
        "PATCH /api/v2/externalcontacts/contacts/{contactId}",
        "PATCH /api/v2/externalcontacts/contacts/{contactId}/notes/{noteId}",
        "PATCH /api/v2/externalcontacts/organizations/{externalOrganizationId}",
        "PATCH /api/v2/externalcontacts/organizations/{externalOrganizationId}/notes/{noteId}",
        "PATCH /api/v2/externalcontacts/relationships/{relationshipId}",
        "PATCH /api/v2/integrations/{integrationId}",
        "PATCH /api/v2/journey/views/{viewId}/versions/{journeyVersionId}/jobs/{jobId}",
        "PATCH /api/v2/knowledge/connections/{connectionId}",
        "PATCH /api/v2/knowledge/knowledgebases/{knowledgeBaseId}/parse/jobs/{parseJobId}",
        "PATCH /api/v2/knowledge/knowledgebases/{knowledgeBaseId}/unanswered/groups/{groupId}/phrasegroups/{phraseGroupId}",
        "PATCH /api/v2/users/agentui/agents/autoanswer/{agentId}/settings",
        "PATCH /api/v2/workforcemanagement/agents/{agentId}/adherence/explanations/{explanationId}",
        "PATCH /api/v2/workforcemanagement/businessunits/{businessUnitId}/schedulebids/{bidId}/groups/{bidGroupId}",
        "PATCH /api/v2/workforcemanagement/businessunits/{businessUnitId}/workplanbids/{bidId}/groups/{bidGroupId}",
        "PATCH /api/v2/workforcemanagement/managementunits/{managementUnitId}/weeks/{weekDateId}/shifttrades/{tradeId}",
        "POST /api/v2/businessrules/decisiontables/{tableId}/versions/{tableVersion}/rows/bulk/update",
        "POST /api/v2/casemanagement/caseplans/query",
        "POST /api/v2/conversations/{conversationId}/communications/{communicationId}/agentchecklists/{agentChecklistId}",
        "POST /api/v2/diagnostics/logcapture/browser/users/{userId}",
        "POST /api/v2/externalcontacts/bulk/relationships/add",
        "POST /api/v2/knowledge/sources/{sourceId}/synchronizations/{synchronizationId}/deletions",
        "POST /api/v2/users/{userId}/externalid",
        "PUT /api/v2/orgauthorization/trustors/{trustorOrgId}/clonedusers/{trusteeUserId}",
        "PUT /api/v2/orphanrecordings/{orphanId}",
        "PUT /api/v2/routing/message/recipients/{recipientId}",
        "PUT /api/v2/users/agentui/agents/autoanswer/{agentId}/settings",
        "",
    ]
)
"""Operations with a rule of which no call here shows it: their references cannot be made by calls."""

STATEFUL = [each for each in stateful_routes() if f"{each.method} {each.template}" not in UNSEEN]


SAMPLE = [each for each in STATEFUL if RULES.find(each).letter not in "ABH"][::30]


@pytest.mark.parametrize("route", SAMPLE, ids=lambda each: f"{each.method} {each.template}")
def test_a_sample_of_the_operations_is_seen_to_have_state(route):
    assert sees(route)


@pytest.mark.slow
def test_the_operations_with_a_rule_have_state():
    """Every operation whose effect, or whose reply after an earlier write, was seen."""
    seen = set()
    for collection in CREATABLE:
        seen |= run(collection, 4)
    for collection in STARTED:
        seen |= run_job(collection)
    for route in STATEFUL:
        if (route.method, route.template) not in seen:
            seen |= sees(route)
    assert {(each.method, each.template) for each in STATEFUL} <= seen
    assert len(seen) >= 1940


def test_users_and_queues_have_handlers_of_their_own():
    assert hand_written("/api/v2/users")
    assert {each.template for each in CREATABLE}.isdisjoint({"/api/v2/users"})

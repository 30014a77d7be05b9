"""The rules of how the platform behaves that matter most, ranked, each shown over HTTP."""

import pytest

from genesys_cloud.simulator import running_simulator
from genesys_cloud.transports import SocketTransport
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request
from genesys_core.simulator.state.default_roles import EMPLOYEE, role_id
from tests.strategies.contact_center import StaffedDesk
from tests.strategies.simulator import WALL, Answer

DAY = "2023-11-14T00:00:00.000Z/2023-11-15T00:00:00.000Z"
HOUR = 3_600
OUTBOUND, TABLES = "/api/v2/outbound", "/api/v2/flows/datatables"
USERS, QUEUES, GROUPS = "/api/v2/users", "/api/v2/routing/queues", "/api/v2/groups"
CONVERSATIONS = "/api/v2/conversations"
QUERY = "/api/v2/analytics/conversations/details/query"
JOBS = "/api/v2/analytics/conversations/details/jobs"
AGGREGATES = "/api/v2/analytics/conversations/aggregates/query"
GROUP = {"name": "G", "type": "official", "visibility": "public", "rulesVisible": True}


class Office(StaffedDesk):
    """Two agents on queue of a served simulator, on a clock of the test."""

    def __init__(self, **settings):
        self.running = None
        super().__init__(**settings)
        self.serving = running_simulator(self.simulator, clock=lambda: self.now)
        self.running = self.serving.__enter__()
        self.transport = SocketTransport()

    def close(self):
        self.transport.close()
        self.serving.__exit__(None, None, None)

    def send(self, method, target, *, headers=(), body=None):
        if self.running is None:
            return super().send(method, target, headers=headers, body=body)
        url = f"{self.running.url}{target}"
        made = self.transport.send(Request(method, url, Headers(headers), body))
        return Answer(made.status, made.headers, made.body)

    def sleep(self, seconds):
        super(StaffedDesk.__mro__[1], self).sleep(seconds)  # sockets have timers of their own
        self.running.tick()

    def done(self, method, target, *body, status=200):
        answer = self.call(method, target, *body)
        assert answer.status == status, (method, target, answer)
        return answer.json if answer.body else None

    def refused(self, status, code, method, target, *body):
        answer = self.call(method, target, *body)
        assert (answer.status, answer.json["code"]) == (status, code), (method, target, answer)

    def metrics(self, conversation):
        """The metrics of a conversation's details by name: of each, the purpose, value and date."""
        self.sleep(1)
        found = self.done("GET", f"/api/v2/analytics/conversations/{conversation}/details")
        made = {}
        for participant in found["participants"]:
            for session in participant["sessions"]:
                for each in session.get("metrics", ()):
                    facts = (participant["purpose"], each["value"], each["emitDate"])
                    made.setdefault(each["name"], []).append(facts)
        return made

    def party(self, conversation, purpose="agent"):
        parties = self.done("GET", f"{CONVERSATIONS}/{conversation}")["participants"]
        return [each for each in parties if each["purpose"] == purpose][-1]

    def total(self, *names, interval=DAY):
        query = {"interval": interval, "metrics": list(names)}
        found = self.done("POST", AGGREGATES, query).get("results", [])
        counts = dict.fromkeys(names, 0)
        for group in found:
            for data in group["data"]:
                for each in data["metrics"]:
                    counts[each["metric"]] += each["stats"]["count"]
        return counts

    def ended(self, seconds=3):
        """A call that was talked, wrapped up and is over."""
        made = self.talk()
        self.sleep(seconds)
        self.command(made, {"state": "disconnected", "wrapup": {"code": "sold"}})
        return made


RULES = {}


def rule(number, name, **settings):
    def keep(show):
        RULES[number] = pytest.param(show, settings, id=f"{number:02d} {name}")
        return show

    return keep


@rule(1, "unknown and deleted ids")
def _unknown(desk):
    for path in (USERS, QUEUES, GROUPS, TABLES, CONVERSATIONS, f"{OUTBOUND}/campaigns"):
        answer = desk.call("GET", f"{path}/11111111-1111-4111-8111-111111111111")
        assert answer.status == 404, path
        body = answer.json
        assert {"message", "code", "status", "contextId", "details", "errors"} <= body.keys()
        assert body["contextId"] == answer.headers["ININ-Correlation-Id"]
    made = desk.done("POST", "/api/v2/flows", {"name": "F", "type": "inboundcall"})
    desk.call("DELETE", f"/api/v2/flows/{made['id']}")
    desk.refused(410, "architect.flow.deleted", "GET", f"/api/v2/flows/{made['id']}")


@rule(2, "what is written is read")
def _written(desk):
    made = desk.done("POST", GROUPS, GROUP)
    assert desk.done("GET", f"{GROUPS}/{made['id']}") == made
    assert desk.done("GET", GROUPS)["total"] == 1
    wanted = {"query": [{"type": "EXACT", "fields": ["name"], "value": "G"}]}
    assert desk.done("POST", f"{GROUPS}/search", wanted)["total"] == 1


@rule(3, "users die softly")
def _softly(desk):
    home = desk.done("GET", "/api/v2/authorization/divisions/home")["id"]
    body = {"name": "Ann", "email": "ann@example.org", "divisionId": home}
    made = desk.done("POST", USERS, body)
    at = f"{USERS}/{made['id']}"
    desk.done("DELETE", at)
    assert desk.call("GET", at).status == 404
    assert desk.done("GET", f"{at}?state=deleted")["state"] == "deleted"
    desk.refused(409, "general.conflict", "POST", USERS, body)
    clauses = [("email", "ann@example.org"), ("state", "deleted")]
    query = [{"type": "EXACT", "fields": [name], "value": value} for name, value in clauses]
    (found,) = desk.done("POST", f"{USERS}/search", {"query": query})["results"]
    back = {"state": "active", "version": desk.done("GET", f"{at}?state=deleted")["version"]}
    assert found["id"] == made["id"]
    assert desk.done("PATCH", at, back)["state"] == "active"


@rule(4, "version locks")
def _locks(desk):
    made = desk.done("POST", GROUPS, GROUP)
    at = f"{GROUPS}/{made['id']}"
    desk.done("PUT", at, {"name": "H", "version": 1})
    desk.refused(409, "general.conflict", "PUT", at, {"name": "I", "version": 1})
    columns = {"name": "L", "columnNames": ["a"]}
    made = desk.done("POST", f"{OUTBOUND}/contactlists", columns)
    at = f"{OUTBOUND}/contactlists/{made['id']}"
    desk.done("PUT", at, columns | {"version": 1})
    desk.refused(409, "invalid.update.wrong.version", "PUT", at, columns | {"version": 1})
    queue = desk.done("GET", f"{QUEUES}/{desk.queue}")
    for name in ("A", "B"):  # queues have no version: the last write counts
        desk.done("PUT", f"{QUEUES}/{desk.queue}", queue | {"name": name})


@rule(5, "statuses of success")
def _statuses(desk):
    desk.done("POST", "/api/v2/routing/skills", {"name": "S"})
    desk.command(desk.offer(), {"state": "connected"}, status=202)
    made = desk.done("POST", f"{OUTBOUND}/contactlists", {"name": "L", "columnNames": ["a"]})
    desk.done("DELETE", f"{OUTBOUND}/contactlists/{made['id']}", status=204)
    members = f"{GROUPS}/{desk.done('POST', GROUPS, GROUP)['id']}/members"
    desk.done("POST", members, {"memberIds": [desk.users[0]], "version": 1}, status=202)
    desk.done("DELETE", f"{members}?ids={desk.users[0]}", status=202)


@rule(6, "one timeline")
def _timeline(desk):
    made = desk.ended()
    read = desk.done("GET", f"{CONVERSATIONS}/{made}")
    detail = desk.done("GET", f"/api/v2/analytics/conversations/{made}/details")
    for one, other in (("id", "participantId"), ("purpose", "purpose")):
        assert [each[one] for each in read["participants"]] == [
            each[other] for each in detail["participants"]
        ]
    assert read["startTime"] == detail["conversationStart"]
    assert read["endTime"] == detail["conversationEnd"]
    metrics = desk.metrics(made)
    assert metrics["tTalk"][0][1] == 3_000
    assert desk.total("tTalk", "nOffered") == {"tTalk": 1, "nOffered": 1}


@rule(7, "a participant for each try")
def _participants(desk):
    made = desk.offer()
    desk.sleep(60)
    read = desk.done("GET", f"{CONVERSATIONS}/{made}")["participants"]
    assert [each["purpose"] for each in read] == ["customer", "acd", "agent", "agent"]
    assert len({each["id"] for each in read}) == 4
    (customer,) = read[0]["calls"]
    for each in read[1:]:
        assert each["calls"][0]["peerId"] == customer["id"]


@rule(8, "answered is the time in the queue, handled is talk, hold and wrap-up")
def _handled(desk):
    made = desk.offer()
    desk.sleep(2)
    desk.command(made, {"state": "connected"})
    desk.sleep(5)
    desk.command(made, {"held": True})
    desk.sleep(3)
    desk.command(made, {"held": False})
    desk.sleep(4)
    desk.command(made, {"state": "disconnected"})
    desk.sleep(6)
    desk.command(made, {"wrapup": {"code": "sold"}})
    metrics = desk.metrics(made)
    value = {name: [each[1] for each in found] for name, found in metrics.items()}
    purpose = {name: found[0][0] for name, found in metrics.items()}
    assert value["tAnswered"] == value["tAcd"]
    assert (purpose["tAnswered"], purpose["tAcd"], purpose["nOffered"]) == ("agent", "acd", "acd")
    assert value["tAlert"] == [2_000]
    assert (value["tTalk"], value["tTalkComplete"]) == ([5_000, 4_000], [9_000])
    assert value["tHeldComplete"] == [3_000]
    assert value["tHandle"] == [sum(v for n in HANDLED for v in value.get(n, []))]


HANDLED = ("tTalkComplete", "tHeldComplete", "tAcw")


@rule(9, "a metric is in the interval of its date, whole")
def _intervals(desk):
    start = WALL + 1 - WALL % 1800
    desk.sleep(start + 1800 - 60 - desk.now.wall)  # a minute before the half hour
    made = desk.talk()
    desk.sleep(600)
    desk.command(made, {"state": "disconnected", "wrapup": {"code": "sold"}})
    query = {"interval": DAY, "granularity": "PT30M", "metrics": ["tTalk", "nOffered"]}
    (group,) = desk.done("POST", AGGREGATES, query)["results"]
    found = {m["metric"]: (d["interval"], m["stats"]) for d in group["data"] for m in d["metrics"]}
    assert found["nOffered"][0] < found["tTalk"][0]
    assert found["tTalk"][1]["sum"] == 600_000


@rule(10, "offered is answered, abandoned and flowed out")
def _offered(desk):
    desk.ended()
    for user in desk.users[1:]:
        desk.be(user, "Away")
    left = desk.offer()
    desk.sleep(5)
    customer = desk.party(left, "customer")
    target = f"{CONVERSATIONS}/{left}/participants/{customer['id']}"
    desk.done("PATCH", target, {"state": "disconnected"}, status=202)
    counts = desk.total("nOffered", "tAnswered", "tAbandon", "tFlowOut")
    assert counts == {"nOffered": 2, "tAnswered": 1, "tAbandon": 1, "tFlowOut": 0}


@rule(11, "no answer")
def _no_answer(desk):
    made = desk.offer()
    first = desk.party(made)
    desk.sleep(9)
    second = desk.party(made)
    assert second["userId"] != first["userId"]
    status = desk.done("GET", f"{USERS}/{first['userId']}/routingstatus")["status"]
    assert status == "NOT_RESPONDING"
    metrics = desk.metrics(made)
    assert metrics["tNotResponding"][0][:2] == metrics["tAlert"][0][:2]
    desk.done("PUT", f"{USERS}/{first['userId']}/routingstatus", {"status": "IDLE"})


@rule(12, "on queue only by presence")
def _presence(desk):
    user = desk.users[1]
    at = f"{USERS}/{user}/routingstatus"
    for presence, status in (("Away", "OFF_QUEUE"), ("On Queue", "IDLE")):
        desk.be(user, presence)
        assert desk.done("GET", at)["status"] == status
    desk.be(desk.users[2], "Away")
    made = desk.talk()
    assert desk.done("GET", at)["status"] == "INTERACTING"
    desk.command(made, {"state": "disconnected", "wrapup": {"code": "sold"}})
    assert desk.done("GET", at)["status"] == "IDLE"


@rule(13, "after-call work by the prompt of the queue")
def _after_call(desk):
    queue = desk.done("GET", f"{QUEUES}/{desk.queue}")
    acw = {"wrapupPrompt": "MANDATORY_TIMEOUT", "timeoutMs": 10_000}
    desk.done("PUT", f"{QUEUES}/{desk.queue}", queue | {"acwSettings": acw})
    made = desk.talk()
    user = desk.party(made)["userId"]
    desk.command(made, {"state": "disconnected"})
    desk.sleep(9)
    assert desk.done("GET", f"{USERS}/{user}/routingstatus")["status"] != "IDLE"
    desk.sleep(1)
    assert desk.done("GET", f"{USERS}/{user}/routingstatus")["status"] == "IDLE"
    assert desk.party(made)["wrapup"]["code"] == "ININ-WRAP-UP-TIMEOUT"
    desk.done(
        "PUT", f"{QUEUES}/{desk.queue}", queue | {"acwSettings": {"wrapupPrompt": "OPTIONAL"}}
    )
    made = desk.talk()
    user = desk.party(made)["userId"]
    desk.command(made, {"state": "disconnected"})
    assert desk.done("GET", f"{USERS}/{user}/routingstatus")["status"] == "IDLE"


@rule(14, "commands check state and party")
def _commands(desk):
    made = desk.offer()
    at = f"{CONVERSATIONS}/{made}/participants"
    agent = f"{at}/{desk.party(made)['id']}"
    desk.refused(400, "conversation.error.hold.alerting", "PATCH", agent, {"held": True})
    unknown = (404, "conversation.error.conversation.not.found")
    desk.refused(*unknown, "GET", f"{CONVERSATIONS}/none")
    missing = desk.call("PATCH", f"{at}/none", {"held": True})
    assert missing.status == 404
    target = f"{agent}/replace/queue"
    transfer = {"queueId": desk.queue}
    assert desk.call("POST", target, transfer).status == 400
    desk.done("PATCH", agent, {"state": "connected"}, status=202)
    desk.done("PATCH", agent, {"state": "disconnected"}, status=202)
    again = desk.call("PATCH", agent, {"state": "disconnected"})
    assert again.status == 400


@rule(15, "details by query and by job")
def _details(desk):
    made = desk.ended()
    assert desk.done("POST", QUERY, {"interval": DAY})["totalHits"] == 1
    later = DAY.replace("-15T", "-16T").replace("-14T", "-15T")
    assert desk.done("POST", QUERY, {"interval": later}).get("totalHits", 0) == 0
    job = desk.done("POST", JOBS, {"interval": DAY}, status=202)["jobId"]
    assert desk.done("GET", f"{JOBS}/{job}")["state"] != "FULFILLED"
    assert desk.call("GET", f"{JOBS}/{job}/results").status == 404
    desk.sleep(1)
    assert desk.done("GET", f"{JOBS}/{job}")["state"] == "FULFILLED"
    page = desk.done("GET", f"{JOBS}/{job}/results")
    assert [each["conversationId"] for each in page["conversations"]] == [made]
    assert "cursor" not in page
    assert "dataAvailabilityDate" in page


@rule(16, "permissions and users of tokens", enforce_permissions=True)
def _permissions(desk):
    role = role_id(0, EMPLOYEE)
    service = {"name": "S", "authorizedGrantType": "CLIENT-CREDENTIALS", "roleIds": [role]}
    made = desk.done("POST", "/api/v2/oauth/clients", service)
    form = {"grant_type": "client_credentials"}
    token = desk.grant(form, credentials=(made["id"], made["secret"])).json["access_token"]
    refused = desk.call("POST", QUEUES, {"name": "Q"}, token=token)
    assert (refused.status, refused.json["code"]) == (403, "missing.permissions")
    assert "routing:queue:add" in refused.json["message"]
    refused = desk.call("GET", f"{USERS}/me", token=token)
    assert (refused.status, refused.json["code"]) == (400, "not.a.user")


@rule(17, "references exist and counts follow")
def _references(desk):
    wrong = {"name": "Q", "division": {"id": "none"}}
    desk.refused(400, "bad.request", "POST", QUEUES, wrong)
    before = desk.done("GET", f"{QUEUES}/{desk.queue}")["memberCount"]
    desk.done("DELETE", f"{QUEUES}/{desk.queue}/members/{desk.users[0]}", status=204)
    assert desk.done("GET", f"{QUEUES}/{desk.queue}")["memberCount"] == before - 1


@rule(18, "members of queues")
def _members(desk):
    members = f"{QUEUES}/{desk.queue}/members"
    changes = [{"id": desk.users[1], "joined": False}, {"id": "none", "joined": True}]
    desk.done("PATCH", members, changes)
    joined = desk.done("GET", f"{members}?joined=true")["entities"]
    assert desk.users[1] not in [each["id"] for each in joined]
    assert all(each["memberBy"] == "user" for each in joined)
    group = desk.done("POST", GROUPS, GROUP)["id"]
    added = {"memberIds": [desk.users[1]], "version": 1}
    desk.done("POST", f"{GROUPS}/{group}/members", added, status=202)
    body = {"name": "By group", "memberGroups": [{"id": group, "type": "GROUP"}]}
    queue = desk.done("POST", QUEUES, body)["id"]
    (member,) = desk.done("GET", f"{QUEUES}/{queue}/members")["entities"]
    assert (member["id"], member["memberBy"]) == (desk.users[1], "group")
    assert desk.call("DELETE", f"{QUEUES}/{queue}/members/{desk.users[1]}").status == 400


@rule(19, "data tables")
def _tables(desk):
    text = {"type": "string"}
    schema = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "properties": {"key": text, "a": text},
        "required": ["key"],
        "additionalProperties": False,
    }
    table = desk.done("POST", TABLES, {"name": "T", "schema": schema})
    rows = f"{TABLES}/{table['id']}/rows"
    desk.done("POST", rows, {"key": "k", "a": "x"})
    desk.refused(409, "flows.datatables.not.unique", "POST", rows, {"key": "k"})
    assert desk.call("POST", rows, {"key": "l", "b": "x"}).status == 400
    fewer = {"name": "T", "schema": schema | {"properties": {"key": text}}}
    code = "flows.datatables.cannot.remove.fields"
    desk.refused(400, code, "PUT", f"{TABLES}/{table['id']}", fewer)
    desk.refused(404, "flows.datatables.row.not.found", "GET", f"{rows}/none")


@rule(20, "pages")
def _pages(desk):
    for number in range(30):
        desk.done("POST", "/api/v2/routing/skills", {"name": f"S{number}"})
    first = desk.done("GET", "/api/v2/routing/skills")
    assert (len(first["entities"]), first["pageCount"]) == (25, 2)
    assert "previousUri" not in first
    last = desk.done("GET", first["nextUri"])
    assert "nextUri" not in last
    assert desk.done("GET", "/api/v2/routing/skills?pageNumber=9")["entities"] == []
    deep = "/api/v2/externalcontacts/contacts?pageSize=100&pageNumber=11"
    assert desk.call("GET", deep).status == 400
    assert desk.call("GET", f"{QUEUES}/{desk.queue}/members?pageSize=101").status == 400


@rule(21, "cursors")
def _cursors(desk):
    contacts = "/api/v2/externalcontacts"
    for number in range(12):
        desk.done("POST", f"{contacts}/contacts", {"firstName": f"N{number}"})
    scan = f"{contacts}/scan/contacts"
    first = desk.done("GET", f"{scan}?limit=10")
    assert len(first["entities"]) == 10
    cursor = first["cursors"]["after"]
    last = desk.done("GET", f"{scan}?limit=10&cursor={cursor}")
    assert len(last["entities"]) == 2
    assert "after" not in last.get("cursors", {})
    assert desk.call("GET", f"{scan}?limit=201").status == 400


@rule(22, "expansions are off")
def _expansions(desk):
    at = f"{USERS}/{desk.users[1]}"
    read = desk.done("GET", at)
    assert not {"presence", "routingStatus", "authorization", "skills"} & read.keys()
    assert "routingStatus" in desk.done("GET", f"{at}?expand=routingStatus")


@rule(23, "spellings by view")
def _spellings(desk):
    made = desk.ended()
    segments = desk.party(made)["calls"][0]["segments"]
    assert {"Alert", "Interact"} <= {each["type"] for each in segments}
    detail = desk.done("GET", f"/api/v2/analytics/conversations/{made}/details")
    segments = detail["participants"][-1]["sessions"][0]["segments"]
    assert {"alert", "interact"} <= {each["segmentType"] for each in segments}


@rule(24, "imports wait and exports come later")
def _imports(desk):
    text = {"type": "string"}
    schema = {"type": "object", "properties": {"key": text}, "required": ["key"]}
    table = {"name": "T", "schema": schema | {"additionalProperties": False}}
    at = f"{TABLES}/{desk.done('POST', TABLES, table)['id']}"
    job = desk.done("POST", f"{at}/import/jobs", {"importMode": "Append", "status": "Processing"})
    assert job["status"] == "WaitingForUpload"
    desk.sleep(HOUR)
    assert desk.done("GET", f"{at}/import/jobs/{job['id']}")["status"] == "WaitingForUpload"
    assert desk.call("PUT", job["uploadURI"][len(desk.running.url) :], {}).status == 200
    desk.sleep(1)
    assert desk.done("GET", f"{at}/import/jobs/{job['id']}")["status"] == "Succeeded"
    made = desk.done("POST", f"{OUTBOUND}/contactlists", {"name": "L", "columnNames": ["a"]})
    export = f"{OUTBOUND}/contactlists/{made['id']}/export"
    desk.done("POST", export)
    desk.refused(404, "no.available.list.export.uri", "GET", export)
    desk.sleep(1)
    assert "uri" in desk.done("GET", export)


@rule(25, "recordings")
def _recordings(desk):
    made = desk.ended()
    at = f"{CONVERSATIONS}/{made}/recordings"
    assert desk.call("GET", f"{at}?maxWaitMs=0").status == 202
    desk.sleep(1)
    (found,) = desk.done("GET", at)
    media = found["mediaUris"]["0"]["mediaUri"]
    assert desk.send("GET", media[len(desk.running.url) :]).body.startswith(b"RIFF")


@rule(26, "campaigns")
def _campaigns(desk):
    people = desk.done("POST", f"{OUTBOUND}/contactlists", {"name": "L", "columnNames": ["a"]})
    contacts = f"{OUTBOUND}/contactlists/{people['id']}/contacts"
    contact = {"contactListId": people["id"], "data": {"a": "1"}}
    (added,) = desk.done("POST", contacts, [contact])
    (again,) = desk.done("POST", contacts, [contact | {"id": added["id"], "data": {"a": "2"}}])
    assert again["id"] == added["id"]
    assert desk.done("GET", f"{OUTBOUND}/contactlists/{people['id']}")["size"] == 1
    body = {"name": "C", "contactList": {"id": people["id"]}, "messagesPerMinute": 1}
    path = f"{OUTBOUND}/messagingcampaigns"
    made = desk.done("POST", path, body | {"campaignStatus": "on"})
    assert made["campaignStatus"] == "off"
    at = f"{path}/{made['id']}"
    on = desk.done("PUT", at, made | {"campaignStatus": "on"})
    desk.refused(400, "campaign.in.use", "DELETE", at)
    desk.refused(409, "invalid.update.campaign.active", "PUT", at, on | {"name": "D"})
    assert desk.done("PUT", at, on | {"campaignStatus": "off"})["campaignStatus"] == "stopping"
    desk.sleep(1)
    assert desk.done("GET", at)["campaignStatus"] == "off"
    desk.done("DELETE", at)


@rule(27, "locks of flows")
def _flows(desk):
    flow = desk.done("POST", "/api/v2/flows", {"name": "F", "type": "WORKFLOW"})["id"]
    role = role_id(0, EMPLOYEE)
    service = {"name": "S", "authorizedGrantType": "CLIENT-CREDENTIALS", "roleIds": [role]}
    made = desk.done("POST", "/api/v2/oauth/clients", service)
    form = {"grant_type": "client_credentials"}
    token = desk.grant(form, credentials=(made["id"], made["secret"])).json["access_token"]
    actions = "/api/v2/flows/actions"
    refused = desk.call("POST", f"{actions}/checkout?flow={flow}", token=token)
    assert (refused.status, refused.json["code"]) == (409, "architect.flow.locked.by.user")
    operation = desk.done("POST", f"{actions}/checkin?flow={flow}")
    assert (operation["actionName"], operation["complete"]) == ("CHECKIN", True)
    assert desk.call("POST", f"{actions}/checkout?flow={flow}", token=token).status == 200
    desk.refused(409, "architect.flow.locked.by.user", "POST", f"{actions}/publish?flow={flow}")
    desk.done("POST", f"{actions}/unlock?flow={flow}")
    assert desk.done("POST", f"{actions}/publish?flow={flow}")["actionName"] == "PUBLISH"


@rule(28, "every change is heard")
def _events(desk):
    made = desk.talk()
    heard = [each.topic for each in desk.hub.published]
    assert f"v2.users.{desk.party(made)['userId']}.conversations" in heard
    assert f"v2.detail.events.conversation.{made}.user.start" in heard
    columns = {"name": "L", "columnNames": ["a"]}
    people = desk.done("POST", f"{OUTBOUND}/contactlists", columns)
    division = desk.done(
        "POST", "/api/v2/authorization/divisions", {"name": "D", "description": "D"}
    )
    move = f"/api/v2/authorization/divisions/{division['id']}/objects/CONTACTLIST"
    desk.done("POST", move, [people["id"]], status=204)
    topic = f"v2.outbound.contactlists.{people['id']}"
    assert [each.topic for each in desk.hub.published].count(topic) == 2


@rule(29, "names are found by family")
def _names(desk):
    for path, names in {
        QUEUES: {"zebra*": 1, "*BRA": 1, "ebr": 0, "Zebra": 1},
        "/api/v2/routing/skills": {"zeb": 1, "bra": 0},
        GROUPS: {},
    }.items():
        if names:
            desk.done("POST", path, {"name": "Zebra"})
        for name, count in names.items():
            assert len(desk.done("GET", f"{path}?name={name}")["entities"]) == count, (path, name)


@rule(30, "changes take time to spread", lag=True, enforce_permissions=True)
def _lag(desk):
    made = desk.done("POST", QUEUES, {"name": "Late"})
    path = f"{QUEUES}/{made['id']}"
    desk.refused(404, "not.found", "GET", path)
    desk.sleep(5)
    assert desk.done("GET", path)["name"] == "Late"
    desk.sleep(5)
    assert [each["id"] for each in desk.done("GET", f"{QUEUES}?name=Late")["entities"]] == [
        made["id"]
    ]
    desk.call("DELETE", path)
    assert desk.done("GET", path)["name"] == "Late"
    desk.sleep(120)
    desk.refused(404, "not.found", "GET", path)


@pytest.mark.parametrize(("show", "settings"), [RULES[number] for number in sorted(RULES)])
def test_a_rule_holds_over_http(show, settings):
    desk = Office(**settings)
    try:
        show(desk)
    finally:
        desk.close()

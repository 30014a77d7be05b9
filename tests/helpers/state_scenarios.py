"""Scenarios of operations with handlers: each write, with the reads that it changes.

A read is seen to have state when its reply differs before and after a write, and a write when a read does. Both
are done on copies of the state, so that reads may use ids that the write makes.
"""

from copy import deepcopy

from msgspec import UNSET

from genesys_core.http.messages import Request
from genesys_core.simulator.http.exchange import format_instant
from tests.helpers.resource_walk import Walk
from tests.strategies.contact_center import StaffedDesk, agent_of

MEDIA = ("calls", "callbacks", "emails", "messages")
BASE = "/api/v2/conversations"


class Observer(StaffedDesk):
    """A desk that notes which operations were seen to have state."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[tuple[str, str]] = set()

    def write(self, method, target, body=UNSET, *, reads=(), status=None):
        """Make a call, and note it with those of the reads whose reply it changed.

        Args:
            reads: targets of GETs, or a method, target and body; or makes those of the reply.
        """
        simulator, before = self.simulator, deepcopy(self.simulator.state)
        reply = self.call(method, target, body)
        wanted = {200, 201, 202, 204} if status is None else {status}
        assert reply.status in wanted, (method, target, reply)
        changed = False
        for each in reads(reply.json) if callable(reads) else reads:
            read = ("GET", each, UNSET) if isinstance(each, str) else each
            if self._look(before, read) != self._look(simulator.state, read):
                self.seen.add(self.key(*read[:2]))
                changed = True
        assert changed, (method, target, "changes nothing that was read")
        self.seen.add(self.key(method, target))
        return reply

    def _look(self, state, read):
        kept = self.simulator.state
        self.simulator.state = deepcopy(state)
        try:
            reply = self.call(*read)
            return reply.status, reply.body if reply.status < 400 else b""
        finally:
            self.simulator.state = kept

    def key(self, method, target):
        template = self.simulator.template(Request(method, f"http://simulator{target}"))
        return method, template

    def party(self, conversation):
        return agent_of(self.timeline(conversation))


def observe_handlers():
    """The operations with handlers that were observed to be stateful."""
    seen = set()
    for scenario in (
        observe_users,
        observe_subjects,
        observe_oauth_clients,
        observe_data_tables,
        observe_scim_users,
        observe_scim_groups,
        observe_work_items,
        observe_divisions,
        observe_stations,
        observe_campaigns,
        observe_flows,
        observe_queues,
        observe_tokens,
        observe_channels,
        *(lambda media=media: observe_media(media) for media in MEDIA),
        observe_transfers,
        observe_ends,
        observe_consults,
        observe_parties,
        observe_callbacks,
        observe_grants,
        observe_user_analytics,
        observe_messages,
        observe_settings,
        observe_rows,
        *(lambda base=base: observe_scim(base) for base in SCIM),
        observe_clients,
    ):
        seen |= scenario()
    return seen


def observe_users():
    desk = Observer()
    desk.call("GET", "/api/v2/users/me")
    users = "/api/v2/users"
    body = {"name": "Grace", "email": "grace@example.com", "divisionId": ""}
    body["divisionId"] = next(
        iter(desk.state.collections["", *["api", "v2", "authorization", "divisions"]])
    )
    made = desk.write("POST", users, body, reads=lambda new: [users, f"{users}/{new['id']}"]).json
    me = desk.client.user_id
    version = desk.call("GET", f"{users}/{me}").json["version"]
    desk.write(
        "PATCH", f"{users}/{me}", {"title": "Boss", "version": version}, reads=[f"{users}/me"]
    )
    presences = [f"{users}/{me}/presences/{each}" for each in ("purecloud", "PURECLOUD")]
    status = f"{users}/{me}/routingstatus"
    for place, state in zip(presences, ("Busy", "Meal"), strict=True):
        presence = {"presenceDefinition": {"systemPresence": state}}
        desk.write("PATCH", place, presence, reads=presences)
    desk.write("PUT", status, {"status": "IDLE"}, reads=[status])
    queues = f"{users}/{me}/queues"
    desk.write("PATCH", f"{queues}/{desk.queue}", {"joined": False}, reads=[queues])
    desk.write("PATCH", queues, [{"id": desk.queue, "joined": True}], reads=[queues])
    desk.write("DELETE", f"{users}/{made['id']}", reads=[users])
    return desk.seen


def observe_subjects():
    desk = Observer()
    desk.call("GET", "/api/v2/users/me")
    base, user = "/api/v2/authorization", desk.users[1]
    roles, subject = f"{base}/roles", f"{base}/subjects/{user}"
    division = {"name": "Sales", "description": "S"}
    sales = desk.call("POST", f"{base}/divisions", division).json["id"]
    role = desk.call("POST", roles, {"name": "R", "permissions": ["a:b:c"]}).json["id"]
    pair = {"grants": [{"roleId": role, "divisionId": sales}]}
    grant, own = f"{subject}/divisions/{sales}/roles/{role}", f"/api/v2/users/{user}/roles"
    views = [
        subject,
        own,
        f"{roles}/{role}/users",
        f"{roles}/{role}/subjectgrants",
        f"{base}/divisions/{sales}/grants",
        f"{base}/divisionspermitted/paged/{user}?permission=a:b:c",
    ]
    desk.write("POST", grant, reads=views)
    desk.write("DELETE", grant, reads=views)
    for command in ("bulkadd", "bulkremove", "bulkreplace"):
        desk.write("POST", f"{subject}/{command}", pair, reads=[subject])
    desk.write("PUT", own, [], reads=[own])
    desk.write("PUT", f"{roles}/{role}/users/add", [user], reads=[own])
    desk.write("PUT", f"{roles}/{role}/users/remove", [user], reads=[own])
    mine = {"subjectIds": [desk.client.user_id], "divisionIds": [sales]}
    me = [
        f"{base}/subjects/me",
        f"{base}/divisionspermitted/me?permission=a:b:c",
        f"{base}/divisionspermitted/paged/me?permission=a:b:c",
    ]
    desk.write("POST", f"{roles}/{role}", mine, reads=me)
    home = desk.call("GET", f"{base}/divisions/home").json["id"]
    change = {"name": "Headquarters", "description": "H"}
    desk.write("PUT", f"{base}/divisions/{home}", change, reads=[f"{base}/divisions/home"])
    return desk.seen


def observe_oauth_clients():
    desk = Observer()
    desk.call("GET", "/api/v2/users/me")
    clients = "/api/v2/oauth/clients"
    body = {"name": "C", "authorizedGrantType": "CODE"}
    made = desk.write("POST", clients, body, reads=lambda new: [clients, f"{clients}/{new['id']}"])
    at = f"{clients}/{made.json['id']}"
    desk.write("PUT", at, body | {"name": "D"}, reads=[at])
    desk.write("POST", f"{at}/secret", reads=[at])
    desk.write("DELETE", at, reads=[at])
    return desk.seen


def observe_data_tables():
    desk = Observer()
    tables = "/api/v2/flows/datatables"
    table = desk.call("POST", tables, {"name": "T"}).json["id"]
    rows = f"{tables}/{table}/rows"
    desk.write("POST", rows, {"key": "a"}, reads=[rows, f"{rows}/a"])
    desk.write("PUT", f"{rows}/a", {"key": "a", "x": 1}, reads=[f"{rows}/a?showbrief=false"])
    desk.write("DELETE", f"{rows}/a", reads=[rows])
    return desk.seen


def observe_scim_users():
    desk = Observer()
    desk.call("GET", "/api/v2/users/me")
    for users in ("/api/v2/scim/users", "/api/v2/scim/v2/users"):
        body = {"userName": "ada@example.com", "displayName": "Ada"}
        reads = [users, "/api/v2/users"]
        made = desk.write("POST", users, body, reads=reads).json["id"]
        at = f"{users}/{made}"
        desk.write("PUT", at, body | {"title": "Boss"}, reads=[at])
        operation = {"op": "replace", "path": "title", "value": "Agent"}
        patch = {"schemas": [], "Operations": [operation]}
        desk.write("PATCH", at, patch, reads=[at])
        desk.write("DELETE", at, reads=[at])
    return desk.seen


def observe_scim_groups():
    desk = Observer()
    group = {"name": "Tier 1", "type": "official", "visibility": "public", "rulesVisible": True}
    for groups in ("/api/v2/scim/groups", "/api/v2/scim/v2/groups"):
        listing = f"{groups}?filter=displayName%20eq%20%22Tier%201%22"
        made = desk.write("POST", "/api/v2/groups", group, reads=[listing]).json["id"]
        at = f"{groups}/{made}"
        body = {"members": [{"value": desk.users[0]}]}
        desk.write("PUT", at, body, reads=[at, f"/api/v2/groups/{made}"])
        operation = {"op": "remove", "path": "members"}
        desk.write("PATCH", at, {"schemas": [], "Operations": [operation]}, reads=[at])
        desk.call("DELETE", f"/api/v2/groups/{made}")
    return desk.seen


def observe_work_items():
    desk = Observer()
    base = "/api/v2/taskmanagement"
    code = desk.call("POST", "/api/v2/routing/wrapupcodes", {"name": "Done"}).json["id"]
    workbin = desk.call("POST", f"{base}/workbins", {"name": "Bin"}).json["id"]
    body = {"name": "Type", "defaultWorkbinId": workbin, "schemaId": "s"}
    worktype = desk.call("POST", f"{base}/worktypes", body).json["id"]
    item = desk.call("POST", f"{base}/workitems", {"name": "I", "typeId": worktype}).json["id"]
    for at in (f"workbins/{workbin}", f"worktypes/{worktype}", f"workitems/{item}"):
        reads = [f"{base}/{at}/{each}" for each in ("versions", "versions/2", "history")]
        desk.write("PATCH", f"{base}/{at}", {"name": "Other"}, reads=reads)
    at, user = f"{base}/workitems/{item}", desk.users[1]
    desk.write("PATCH", f"{at}/assignment", {"id": user}, reads=[at])
    wrapup = {"action": "Add", "wrapupCode": code}
    mine = f"{at}/users/{user}/wrapups"
    desk.write("PATCH", mine, wrapup, reads=[mine, f"{at}/wrapups"])
    desk.write("PATCH", f"{at}/users/me/wrapups", wrapup, reads=[f"{at}/wrapups"])
    return desk.seen


def observe_divisions():
    desk = Observer()
    path = "/api/v2/authorization/divisions"
    body = {"name": "Sales", "description": "S"}
    sales = desk.call("POST", path, body).json["id"]
    queue = next(iter(desk.simulator.state.queues))
    reads = [f"/api/v2/routing/queues/{queue}"]
    desk.write("POST", f"{path}/{sales}/objects/QUEUE", [queue], reads=reads)
    return desk.seen


def observe_stations():
    desk = Observer()
    desk.call("GET", "/api/v2/users/me")
    (station,) = desk.call("GET", "/api/v2/stations").json["entities"]
    taken, mine = f"associatedstation/{station['id']}", "/api/v2/users/stations/me"
    user = f"/api/v2/users/{desk.users[1]}/station"
    desk.write("PUT", f"{mine}/{taken}", reads=[mine, "/api/v2/stations"])
    desk.write("DELETE", f"{mine}/associatedstation", reads=[mine])
    desk.write("PUT", f"{user}/{taken}", reads=[user])
    desk.write("DELETE", f"{user}/associatedstation", reads=[user])
    default = f"{user}/defaultstation"
    desk.write("PUT", f"{default}/{station['id']}", reads=[user])
    desk.write("DELETE", default, reads=[user])
    desk.write("PUT", f"{user}/{taken}", reads=[user])
    desk.write("DELETE", f"/api/v2/stations/{station['id']}/associateduser", reads=[user])
    return desk.seen


def observe_campaigns():
    desk, outbound = Observer(), "/api/v2/outbound"
    columns = {"name": "L", "columnNames": ["phone"]}
    contacts = desk.call("POST", f"{outbound}/contactlists", columns).json["id"]
    body = {"name": "C", "contactList": {"id": contacts}, "messagesPerMinute": 1}
    body |= {"dialingMode": "agentless", "callerName": "C", "callerAddress": "c"}
    for path in (f"{outbound}/campaigns", f"{outbound}/messagingcampaigns"):
        made = desk.call("POST", path, body | {"phoneColumns": []})
        campaign = f"{path}/{made.json['id']}"
        desk.write("POST", f"{campaign}/start", reads=[campaign])
        desk.write("POST", f"{campaign}/stop", reads=[campaign])
    return desk.seen


def observe_flows():
    desk, flows = Observer(), "/api/v2/flows"
    made = desk.call("POST", flows, {"name": "F", "type": "WORKFLOW"}).json["id"]
    for action in ("checkin", "checkout", "revert", "checkout", "unlock", "publish", "deactivate"):
        desk.write("POST", f"{flows}/actions/{action}?flow={made}", reads=[f"{flows}/{made}"])
    return desk.seen


def observe_queues():
    desk = Observer()
    desk.call("GET", "/api/v2/users/me")
    queues = "/api/v2/routing/queues"
    made = desk.write(
        "POST", queues, {"name": "Sales"}, reads=lambda new: [queues, f"{queues}/{new['id']}"]
    ).json
    queue = f"{queues}/{made['id']}"
    desk.write("PUT", queue, {"name": "Support"}, reads=[queue])
    me, other = desk.users[:2]
    for name in ("members", "users"):
        people = f"{queue}/{name}"
        mine = [people, f"{queues}/me"]
        desk.write("POST", people, [{"id": me}, {"id": other}], reads=mine)
        desk.write("PATCH", people, [{"id": me, "joined": False}], reads=[people])
        desk.write("PATCH", f"{people}/{me}", {"id": me, "joined": True}, reads=[people])
        desk.write("DELETE", f"{people}/{me}", reads=[people])
        desk.write("DELETE", f"{people}/{other}", reads=[people])
    desk.write("DELETE", queue, reads=[queues])
    return desk.seen


def observe_tokens():
    desk, me = Observer(), "/api/v2/tokens/me"
    tokens = [me, ("HEAD", me, UNSET)]
    desk.call("GET", me)
    desk.write("DELETE", me, reads=tokens)
    desk.log_in()
    desk.write("DELETE", f"/api/v2/tokens/{desk.client.user_id}", reads=tokens)
    return desk.seen


def observe_channels():
    desk, channels = Observer(), "/api/v2/notifications/channels"
    desk.call("GET", "/api/v2/users/me")
    made = desk.write(
        "POST",
        channels,
        reads=lambda new: [channels, ("HEAD", f"{channels}/{new['id']}", UNSET)],
    ).json
    topics = f"{channels}/{made['id']}/subscriptions"
    desk.write("POST", topics, [{"id": desk.presence}], reads=[topics])
    desk.write("PUT", topics, [{"id": desk.routing}], reads=[topics])
    desk.write("DELETE", topics, reads=[topics])
    return desk.seen


def analytics(desk, conversation):
    hours = (format_instant(desk.now.wall + each) for each in (-3600, 3600))
    interval = "/".join(hours)
    queue = {"type": "dimension", "dimension": "queueId", "value": desk.queue}
    return [
        f"/api/v2/analytics/conversations/{conversation}/details",
        f"/api/v2/analytics/conversations/details?id={conversation}",
        ("POST", "/api/v2/analytics/conversations/details/query", {"interval": interval}),
        (
            "POST",
            "/api/v2/analytics/conversations/aggregates/query",
            {"interval": interval, "metrics": ["nConversations", "nOffered", "tTalk"]},
        ),
        (
            "POST",
            "/api/v2/analytics/queues/observations/query",
            {
                "filter": {"type": "and", "predicates": [queue]},
                "metrics": ["oWaiting", "oAlerting", "oInteracting"],
            },
        ),
    ]


def begin(desk, media, *, reads=lambda _: ()):
    """A conversation that an agent is alerted of, and its id."""
    if media == "callbacks":
        body = {"queueId": desk.queue, "callbackNumbers": ["+13175550100"]}
    elif media == "emails":
        body = {"queueId": desk.queue, "provider": "Simulator", "direction": "INBOUND"}
    else:
        body = {"callQueueId": desk.queue}
    if media == "messages":
        body = {
            "channel": {
                "from": {"id": "ada", "idType": "Opaque"},
                "to": {"id": "us"},
                "time": "2026-01-01T00:00:00.000Z",
                "messageId": "m1",
            },
            "type": "Text",
            "text": "Hello",
        }
        target = f"{BASE}/messages/inbound/open"
    else:
        target = f"{BASE}/{media}"
    known = set(desk.simulator.state.contact_center.conversations)

    def changed(_):
        (new,) = set(desk.simulator.state.contact_center.conversations) - known
        return reads(new)

    desk.write("POST", target, body, reads=changed)
    return next(reversed(desk.simulator.state.contact_center.conversations))


def talk(desk, media="calls"):
    """A conversation with an agent who has answered."""
    made = begin(desk, media, reads=lambda new: analytics(desk, new))
    desk.command(made, {"state": "connected"})
    return made


def observe_media(media):
    desk = Observer()
    desk.call("GET", "/api/v2/users/me")
    me, path = desk.client.user_id, f"{BASE}/{media}"
    made = begin(desk, media, reads=lambda new: [*analytics(desk, new), f"{path}/{new}"])
    whole = [f"{BASE}/{made}", f"{path}/{made}"]
    # The agent whom the queue found declines; the caller takes it.
    for each in desk.users[1:]:
        desk.be(each, "Busy")
    desk.command(made, {"state": "disconnected"})
    desk.write("POST", f"{BASE}/{made}/assign", {"id": me}, reads=[BASE, path, *whole])
    party = desk.party(made)
    one, same = (f"{each}/participants/{party.id}" for each in (path + f"/{made}", whole[0]))
    desk.write("PATCH", one, {"state": "connected"}, reads=whole)
    desk.write("PATCH", same, {"held": True}, reads=whole)
    for each in (one, same):
        body = {"attributes": {each: "yes"}}
        desk.write("PATCH", f"{each}/attributes", body, reads=whole)
    communication = f"{one}/communications/{party.session.id}"
    wrap_ups = [f"{each}/wrapup" for each in (one, same, communication)]
    desk.write("POST", wrap_ups[2], {"code": "sale"}, reads=wrap_ups)
    codes = [f"{each}/wrapupcodes" for each in (one, same)]
    desk.write("POST", "/api/v2/routing/wrapupcodes", {"name": "Sale"}, reads=codes)
    state = f"{path}/{made}/recordingstate"
    desk.write("PUT", state, {"recordingState": "ACTIVE"}, reads=whole)
    metadata = f"{BASE}/{made}/recordingmetadata"
    files = [metadata, f"{BASE}/{made}/recordings"]

    def recorded(_):
        listed = desk.call("GET", metadata).json
        places = [f"{place}/{each['id']}" for place in files for each in listed]
        return [*whole, *files, *places]

    desk.write("PATCH", communication, {"state": "disconnected"}, reads=recorded)
    file = f"{files[1]}/{desk.call('GET', metadata).json[0]['id']}"
    desk.write("PUT", file, {"deleteDate": "2030-01-01T00:00:00Z"}, reads=[file])
    made = talk(desk := fresh(desk), media)
    body = {"state": "disconnected", "participants": [], "startTime": "2026-01-01T00:00:00Z"}
    desk.write("PATCH", f"{path}/{made}", body, reads=[f"{path}/{made}"])
    made = talk(desk := fresh(desk), media)
    party = desk.party(made)
    one = f"{path}/{made}/participants/{party.id}"
    body = {"userId": me, "transferType": "Unattended"}
    desk.write("POST", f"{one}/replace", body, reads=[f"{path}/{made}"])
    if media == "messages":
        body = {"queueId": desk.queue, "toAddress": "bob", "toAddressMessengerType": "open"}
        desk.write("POST", path, body, reads=[BASE, path])
    return desk.seen


def fresh(desk):
    """Another desk, which continues with the observations."""
    another = Observer()
    another.call("GET", "/api/v2/users/me")
    another.seen = desk.seen
    return another


def observe_transfers():
    desk = Observer()
    desk.call("GET", "/api/v2/users/me")
    me = desk.client.user_id
    targets = {
        "replace": {"userId": me},
        "replace/agent": {"userId": me},
        "replace/external": {"address": "+13175550199"},
        "replace/queue": {"queueId": desk.queue},
        "transfer": {"address": "+13175550199"},
    }
    for name, body in targets.items():
        made = talk(desk := fresh(desk))
        whole = f"{BASE}/{made}"
        place = f"{whole}/participants/{desk.party(made).id}/{name}"
        desk.write("POST", place, {"transferType": "Unattended", **body}, reads=[whole])
    return desk.seen


def observe_ends():
    desk = Observer()
    for method, suffix in (("POST", "/disconnect"), ("DELETE", "")):
        made = talk(desk := fresh(desk))
        whole = f"{BASE}/{made}"
        desk.write(method, f"{whole}{suffix}", reads=[whole])
    body = {"phoneNumber": "+13175550100"}
    desk.write("POST", f"{BASE}/calls", body, reads=[BASE, f"{BASE}/calls"])
    return desk.seen


def observe_consults():
    desk = Observer()
    desk.call("GET", "/api/v2/users/me")
    me = desk.client.user_id
    contact = desk.call(
        "POST",
        "/api/v2/externalcontacts/contacts",
        {
            "firstName": "Ada",
            "lastName": "L",
            "cellPhone": {"e164": "+13175550111", "countryCode": "US", "display": "+13175550111"},
        },
    ).json["id"]
    ways = {
        "consult": {"destination": {"userId": me}},
        "consult/agent": {"userId": me},
        "consult/queue": {"queueId": desk.queue},
        "consult/external": {"address": "+13175550199"},
        "voice/consult": {"address": "+13175550199"},
        "consult/contact/external": {"contactId": contact, "phoneType": "CellPhone"},
    }
    for name, body in ways.items():
        made = talk(desk)
        whole = f"{BASE}/calls/{made}"
        party = f"{whole}/participants/{desk.party(made).id}"
        desk.write("POST", f"{party}/{name}", {"speakTo": "DESTINATION", **body}, reads=[whole])
        if name == "consult":
            desk.write("PATCH", f"{party}/consult", {"speakTo": "BOTH"}, reads=[whole])
        desk.write("DELETE", f"{party}/consult", reads=[whole])
        desk.call("POST", f"{BASE}/{made}/disconnect")
    kept, merged = talk(desk), talk(desk)
    calls = [f"{BASE}/calls/{each}" for each in (kept, merged)]
    desk.write("PATCH", f"{calls[0]}/conference", {"conversationIds": [merged]}, reads=calls)
    return desk.seen


def observe_parties():
    desk = Observer()
    desk.call("GET", "/api/v2/users/me")
    me = desk.client.user_id
    made = talk(desk)
    whole, call = f"{BASE}/{made}", f"{BASE}/calls/{made}"
    agent = desk.party(made).id
    desk.write("PUT", f"{whole}/tags", {"externalTag": "7"}, reads=[whole])
    desk.write("PATCH", f"{whole}/utilizationlabel", {"utilizationLabelId": "l"}, reads=[whole])
    desk.write("PATCH", f"{whole}/recordingstate", {"recordingState": "PAUSED"}, reads=[whole])
    flag = f"{whole}/participants/{agent}/flaggedreason"
    desk.write("PUT", flag, reads=[whole])
    desk.write("DELETE", flag, reads=[whole])
    for verb in ("monitor", "coach", "barge"):
        desk.write("POST", f"{call}/participants/{agent}/{verb}", reads=[call])
    desk.write("POST", f"{whole}/barge", reads=[call])
    start = {"participants": [], "startTime": "2026-01-01T00:00:00Z"}
    desk.write("POST", f"{call}/participants/user/{me}", start, reads=[call])
    party = {"id": "x", "startTime": "2026-01-01T00:00:00Z", "address": "+13175550199"}
    desk.write("POST", f"{call}/participants", {**start, "participants": [party]}, reads=[call])
    body = {"phoneNumber": "+13175550100"}
    desk.write("POST", f"{BASE}/calls/user/{me}", body, reads=[BASE])
    history = [f"{BASE}/calls/history"]
    desk.write("POST", f"{whole}/disconnect", reads=history)
    text = talk(desk := fresh(desk), "messages")
    place = f"{BASE}/messages/{text}/participants/{desk.party(text).id}/monitor"
    desk.write("POST", place, reads=[f"{BASE}/messages/{text}"])
    return desk.seen


def observe_callbacks():
    desk = Observer()
    desk.call("GET", "/api/v2/users/me")
    for each in desk.users:
        desk.be(each, "Busy")
    path = f"{BASE}/callbacks"
    made = begin(desk, "callbacks", reads=lambda new: analytics(desk, new))
    body = {"conversationId": made, "agentId": "a", "callbackNumbers": ["+13175550123"]}
    whole = [f"{path}/{made}"]
    desk.write("PATCH", path, body, reads=whole)
    many = {"patchCallbackRequests": [{**body, "callbackNumbers": ["+13175550124"]}]}
    desk.write("POST", f"{path}/bulk/update", many, reads=whole)
    ends = {"callbackDisconnectIdentifiers": [{"conversationId": made, "callbackId": "c"}]}
    desk.write("POST", f"{path}/bulk/disconnect", ends, reads=whole)
    on_call = desk.offer()
    customer = desk.simulator.state.contact_center.conversations[on_call].participants[0]
    wanted = {"callbackNumbers": ["+13175550125"], "queueId": desk.queue}
    target = f"{BASE}/{on_call}/participants/{customer.id}/callbacks"
    desk.write("POST", target, wanted, reads=[f"{BASE}/{on_call}"])
    observe_transfer_to_contact(desk)
    return desk.seen


def observe_transfer_to_contact(desk):
    number = {"display": "+1 317 555 0126", "e164": "+13175550126"}
    body = {"firstName": "Ada", "lastName": "L", "cellPhone": number}
    contact = desk.call("POST", "/api/v2/externalcontacts/contacts", body).json["id"]
    made = desk.call("POST", f"{BASE}/calls", {"phoneNumber": "+13175550127"}).json["id"]
    desk.sleep(10)
    desk.simulator.advance(desk.now)
    caller = desk.simulator.state.contact_center.conversations[made].participants[0]
    target = f"{BASE}/{made}/participants/{caller.id}/replace/contact/external"
    wanted = {"contactId": contact, "phoneType": "CellPhone"}
    desk.write("POST", target, wanted, reads=[f"{BASE}/{made}"])


def observe_grants():
    desk = Observer()
    base, me = "/api/v2/authorization", desk.client.user_id
    home = desk.call("GET", f"{base}/divisions/home").json
    body = {"name": "Reader", "permissions": ["routing:queue:view"]}
    roles = [desk.call("POST", f"{base}/roles", body | {"name": n}).json["id"] for n in "abcd"]
    subject, users = f"{base}/subjects/{me}", f"/api/v2/users/{me}/roles"
    role = f"{base}/roles/{roles[0]}"
    permitted = "permission=routing:queue:view"
    reads = [
        subject,
        f"{base}/subjects/me",
        users,
        f"{role}/users",
        f"{role}/subjectgrants",
        f"{base}/divisions/{home['id']}/grants",
        f"{base}/divisionspermitted/me?{permitted}",
        f"{base}/divisionspermitted/paged/me?{permitted}",
        f"{base}/divisionspermitted/paged/{me}?{permitted}",
    ]
    grant = f"{subject}/divisions/{home['id']}/roles/{roles[0]}"
    pairs = [{"grants": [{"roleId": each, "divisionId": home["id"]}]} for each in roles]
    desk.write("PUT", users, [], reads=reads)
    desk.write("POST", grant, reads=reads)
    desk.write("DELETE", grant, reads=reads)
    desk.write("POST", f"{subject}/bulkadd", pairs[1], reads=reads)
    desk.write("POST", f"{subject}/bulkreplace", pairs[2], reads=reads)
    desk.write("POST", f"{subject}/bulkremove", pairs[2], reads=reads)
    many = {"subjectIds": [me], "divisionIds": [home["id"]]}
    desk.write("POST", role, many, reads=reads)
    desk.write("PUT", f"{role}/users/remove", [me], reads=reads)
    desk.write("PUT", f"{role}/users/add", [me], reads=reads)
    division = f"{base}/divisions/{home['id']}"
    desk.write(
        "PUT", division, {"name": "All", "description": ""}, reads=[f"{base}/divisions/home"]
    )
    return desk.seen


def observe_user_analytics():
    desk, users = Observer(), "/api/v2/analytics/users"
    desk.call("GET", "/api/v2/users/me")
    me = desk.client.user_id
    hours = (format_instant(desk.now.wall + each) for each in (-3600, 3600))
    interval = "/".join(hours)
    only = {"type": "and", "predicates": [{"dimension": "userId", "value": me}]}
    metrics = ["tSystemPresence", "tAgentRoutingStatus"]
    body = {"interval": interval, "metrics": metrics, "filter": only}
    desk.be(me, "Busy")
    desk.sleep(60)
    place = f"/api/v2/users/{me}/presences/purecloud"
    presence = {"presenceDefinition": {"systemPresence": "Meal"}}
    details = {"interval": interval, "userFilters": [only]}
    desk.write("PATCH", place, presence, reads=[("POST", f"{users}/details/query", details)])
    desk.sleep(60)
    desk.write(
        "PATCH",
        f"/api/v2/users/{me}/queues/{desk.queue}",
        {"joined": False},
        reads=[
            (
                "POST",
                f"{users}/observations/query",
                {"filter": only, "metrics": ["oActiveQueues"]},
            )
        ],
    )
    # What was done a minute ago is in the sums of now.
    aggregates = ("POST", f"{users}/aggregates/query", body)
    before = desk.call(*aggregates).json
    desk.be(me, "Break")
    desk.sleep(60)
    qualifiers = {
        each["qualifier"]
        for each in desk.call(*aggregates).json["results"][0]["data"][0]["metrics"]
    }
    assert "BREAK" in qualifiers
    assert "BREAK" not in str(before)
    desk.seen.add(aggregates[:2])
    return desk.seen


def observe_messages():
    desk = Observer()
    made = talk(desk, "messages")
    path = f"{BASE}/messages"
    session = desk.party(made).session.id

    def sent(new):
        return [
            f"{path}/{made}/messages/{new['id']}",
            f"{path}/{new['id']}/details",
            ("POST", f"{path}/{made}/messages/bulk", [new["id"]]),
        ]

    target = f"{path}/{made}/communications/{session}/messages"
    desk.write("POST", target, {"textBody": "Hello"}, reads=sent)
    return desk.seen


def observe_settings():
    desk = Observer()
    walk = Walk(desk)
    desk.call("GET", "/api/v2/users/me")
    for base in ("/api/v2/messaging/settings", f"{BASE}/messaging/settings"):
        made = walk.place(f"{base}/{{messageSettingId}}").rpartition("/")[2]
        default = f"{base}/default"
        desk.write("PUT", default, {"settingId": made}, reads=[default])
        desk.write("DELETE", default, reads=[default])
    group = f"{walk.place('/api/v2/groups/{groupId}')}/dynamicsettings"
    desk.write("PUT", group, {"skillConditions": []}, reads=[group])
    desk.write("DELETE", group, reads=[group])
    calendar = "/api/v2/workforcemanagement/calendar/url/ics"
    desk.write("POST", calendar, reads=[calendar])
    desk.write("DELETE", calendar, reads=[calendar])
    toggle = "/api/v2/license/toggles/f"
    desk.write("POST", toggle, reads=[toggle])
    for kind in ("phrases", "topics"):
        place = f"/api/v2/languageunderstanding/ignore{kind}/en-us"
        body = {kind: [{"text": "Hello", "participant": "Both"}]}
        desk.write("POST", place, body, reads=[place])
        (listed,) = desk.call("GET", place).json["entities"]
        body = {"entities": [{"id": listed["id"]}]}
        desk.write("POST", f"{place}/remove", body, reads=[place])
    return desk.seen


SCIM = ("/api/v2/scim/users", "/api/v2/scim/v2/users")


def observe_scim(base):
    desk = Observer()
    desk.call("GET", base)
    body = {"userName": "ada@example.com", "displayName": "Ada"}
    made = desk.write("POST", base, body, reads=lambda new: [base, f"{base}/{new['id']}"]).json
    place = f"{base}/{made['id']}"
    desk.write("PUT", place, {**body, "title": "Boss"}, reads=[place])
    change = {"op": "replace", "path": "title", "value": "Chief"}
    schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
    desk.write("PATCH", place, {"schemas": schemas, "Operations": [change]}, reads=[place])
    desk.write("DELETE", place, reads=[base])
    return desk.seen


def observe_rows():
    desk, tables = Observer(), "/api/v2/flows/datatables"
    schema = {
        "type": "object",
        "required": ["key"],
        "properties": {"key": {"type": "string"}, "note": {"type": "string"}},
        "additionalProperties": False,
    }
    table = desk.call("POST", tables, {"name": "Hours", "schema": schema}).json["id"]
    rows, full = f"{tables}/{table}/rows", "?showbrief=false"
    desk.write("POST", rows, {"key": "a"}, reads=[rows, f"{rows}/a"])
    desk.write("PUT", f"{rows}/a", {"key": "a", "note": "n"}, reads=[f"{rows}/a{full}"])
    desk.write("DELETE", f"{rows}/a", reads=[rows])
    return desk.seen


def observe_clients():
    desk, clients = Observer(), "/api/v2/oauth/clients"
    desk.call("GET", clients)
    body = {"name": "Night", "authorizedGrantType": "CODE"}
    made = desk.write("POST", clients, body, reads=[clients]).json
    place = f"{clients}/{made['id']}"
    desk.write("PUT", place, {**body, "name": "Day"}, reads=[place])
    desk.write("POST", f"{place}/secret", reads=[place])
    desk.write("DELETE", place, reads=[clients])
    return desk.seen

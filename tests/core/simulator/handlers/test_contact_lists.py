"""Contact lists: their columns, the number of their contacts, their export, and what is refused."""

import csv
from io import StringIO

import pytest

from genesys_core.simulator import Settings
from tests.strategies.simulator import Desk

OUTBOUND = "/api/v2/outbound"
LISTS, CAMPAIGNS = f"{OUTBOUND}/contactlists", f"{OUTBOUND}/campaigns"


class Office(Desk):
    """A desk with a contact list."""

    def __init__(self, *, settings=None):
        super().__init__(settings=settings)
        self.people = self.made()

    def made(self, name="People", **more):
        body = {"name": name, "columnNames": ["name", "phone"]}
        answer = self.call("POST", LISTS, body | more)
        assert answer.status == 200, answer
        return answer.json

    @property
    def at(self):
        return f"{LISTS}/{self.people['id']}"

    def add(self, *names, **more):
        contacts = [
            {"contactListId": self.people["id"], "data": {"name": each, "phone": "1"}} | more
            for each in names
        ]
        return self.call("POST", f"{self.at}/contacts", contacts)

    def size(self):
        return self.call("GET", self.at).json["size"]


def test_the_size_of_a_list_follows_its_contacts():
    desk = Office()
    assert desk.people["size"] == desk.size() == 0
    one, two, three = (each["id"] for each in desk.add("A", "B", "C").json)
    assert desk.size() == 3
    assert desk.add("Other", id=one).status == 200  # it is changed, not added
    assert desk.size() == 3
    assert desk.call("DELETE", f"{desk.at}/contacts/{one}").status == 204
    assert desk.size() == 2
    assert desk.call("DELETE", f"{desk.at}/contacts?contactIds={two},{three}").status == 204
    assert desk.size() == 0
    assert desk.people["version"] == desk.call("GET", desk.at).json["version"]
    desk.add("D")
    assert desk.call("PUT", desk.at, desk.people | {"name": "Friends"}).json["size"] == 1
    assert desk.call("GET", f"{LISTS}/divisionviews/{desk.people['id']}").json["size"] == 1


def test_a_list_is_cleared():
    desk = Office()
    (contact,) = desk.add("A").json
    assert desk.call("POST", f"{desk.at}/clear").status == 204
    assert desk.size() == 0
    assert desk.call("GET", f"{desk.at}/contacts/{contact['id']}").status == 404
    assert desk.call("POST", f"{desk.at}/clear").status == 204
    assert desk.call("POST", f"{LISTS}/nothing/clear").status == 404
    stateless = Desk(settings=Settings(stateful=False))
    assert stateless.call("POST", f"{LISTS}/any/clear").status == 204
    assert stateless.call("POST", f"{LISTS}/any/contacts", []).status == 200


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("columnNames", ["name"], "cannot.update.column.names"),
        ("phoneColumns", [{"columnName": "name", "type": "c"}], "cannot.update.phone.columns"),
        ("zipCodeColumnName", "name", "cannot.update.zip.code.column.name"),
        ("automaticTimeZoneMapping", True, "cannot.update.automatic.time.zone.mapping"),
    ],
)
def test_the_columns_of_a_list_stay(name, value, code):
    desk = Office()
    phones = [{"columnName": "phone", "type": "cell"}]
    desk.people = desk.made("With phones", phoneColumns=phones)
    refused = desk.call("PUT", desk.at, desk.people | {name: value})
    assert (refused.status, refused.json["code"]) == (400, code)
    same = desk.call("PUT", desk.at, desk.people | {"automaticTimeZoneMapping": False})
    assert same.status == 200
    assert desk.call("PUT", f"{LISTS}/nothing", desk.people).status == 404


def test_a_list_that_a_campaign_uses_is_not_deleted():
    desk = Office()
    other = desk.made("Others")
    body = {"name": "C", "contactList": {"id": desk.people["id"]}, "messagesPerMinute": 1}
    campaign = desk.call("POST", f"{OUTBOUND}/messagingcampaigns", body)
    assert campaign.status == 200
    for target in (desk.at, f"{LISTS}?id={other['id']},{desk.people['id']}"):
        refused = desk.call("DELETE", target)
        assert (refused.status, refused.json["code"]) == (400, "contact.list.in.use")
        assert "[C]" in refused.json["message"]
    assert desk.call("GET", f"{LISTS}/{other['id']}").status == 200
    desk.call("DELETE", f"{OUTBOUND}/messagingcampaigns/{campaign.json['id']}")
    assert desk.call("DELETE", f"{LISTS}?id={other['id']},{desk.people['id']}").status == 204
    assert desk.call("GET", desk.at).status == 404


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("attemptlimits", {"name": "T"}, ""),
        ("callabletimesets", {"name": "T", "callableTimes": []}, "callableTimeSet"),
        ("rulesets", {"name": "T", "rules": []}, "ruleSets"),
    ],
)
def test_what_a_campaign_or_list_refers_to_is_not_deleted(path, body, name):
    desk = Office()
    made = desk.call("POST", f"{OUTBOUND}/{path}", body)
    assert made.status == 200, made
    reference = {"id": made.json["id"]}
    if name:
        caller = {"callerName": "C", "callerAddress": "c", "phoneColumns": []}
        campaign = {"name": "C", "contactList": {"id": desk.people["id"]}} | caller
        value = [reference] if name.endswith("s") else reference
        made = desk.call("POST", CAMPAIGNS, campaign | {"dialingMode": "power", name: value})
        assert made.status == 200, made
        user = f"{CAMPAIGNS}/{made.json['id']}"
    else:
        user = f"{LISTS}/{desk.made('L', attemptLimits=reference)['id']}"
    at = f"{OUTBOUND}/{path}/{reference['id']}"
    refused = desk.call("DELETE", at)
    assert (refused.status, refused.json["code"]) == (400, "bad.request")
    assert desk.call("DELETE", user).status < 300
    assert desk.call("DELETE", at).status < 300


def test_as_many_contacts_as_the_platform_takes():
    desk = Office()
    assert desk.add(*map(str, range(1_000))).status == 200
    refused = desk.add(*map(str, range(1_001)))
    assert (refused.status, refused.json["code"]) == (400, "invalid.value")
    assert desk.size() == 1_000
    ids = list(desk.simulator.state.collections[*desk.at.split("/"), "contacts"])
    read = desk.call("POST", f"{desk.at}/contacts/bulk", ids[:50])
    assert [each["id"] for each in read.json] == ids[:50]
    refused = desk.call("POST", f"{desk.at}/contacts/bulk", ids[:51])
    assert (refused.status, refused.json["code"]) == (400, "too.many.contacts.requested")


@pytest.mark.parametrize("path", ["contactlists", "dnclists"])
def test_an_export_is_ready_after_a_while(path):
    desk = Office(settings=Settings(job_duration=5))
    source = {"dncSourceType": "rds"} if path == "dnclists" else {"columnNames": ["a"]}
    made = desk.call("POST", f"{OUTBOUND}/{path}", {"name": "L"} | source).json
    at = f"{OUTBOUND}/{path}/{made['id']}"
    for wait in (0, 4):
        desk.sleep(wait)
        refused = desk.call("GET", f"{at}/export")
        assert (refused.status, refused.json["code"]) == (404, "no.available.list.export.uri")
        if not wait:
            begun = desk.call("POST", f"{at}/export")
            assert (begun.status, begun.json["id"]) == (200, made["id"])
    desk.sleep(1)
    ready = desk.call("GET", f"{at}/export")
    assert ready.status == 200
    assert ready.json["exportTimestamp"].startswith("20")
    assert desk.call("DELETE", at).status == 204
    assert desk.call("GET", f"{at}/export").status == 404
    for method in ("GET", "POST"):
        assert desk.call(method, f"{OUTBOUND}/{path}/nothing/export").status == 404


def test_the_file_of_an_export_has_the_contacts():
    desk = Office()
    (contact,) = desk.add('Ada, "A"').json
    (other,) = desk.add("Bob", data={"name": "Bob", "more": "x"}).json
    desk.call("POST", f"{desk.at}/export")
    desk.sleep(1)
    uri = desk.call("GET", f"{desk.at}/export").json["uri"]
    assert uri.startswith("http://simulator/")
    path = uri.removeprefix("http://simulator")
    file = desk.call("GET", path)
    assert (file.status, file.headers.get("content-type")) == (200, "text/csv")
    assert list(csv.reader(StringIO(file.body.decode()))) == [
        ["inin-outbound-id", "name", "phone"],
        [contact["id"], 'Ada, "A"', "1"],
        [other["id"], "Bob", ""],
    ]
    assert desk.send("GET", path).status == 401  # the download needs the token
    direct = desk.call("GET", f"{desk.at}/export?download=true")
    assert (direct.status, direct.body) == (200, file.body)


def test_a_list_of_numbers_is_exported_without_them():
    desk = Desk()
    made = desk.call("POST", f"{OUTBOUND}/dnclists", {"name": "D", "dncSourceType": "rds"}).json
    at = f"{OUTBOUND}/dnclists/{made['id']}/export"
    desk.call("POST", at)
    desk.sleep(1)
    assert desk.call("GET", f"{at}?download=true").body == b'"phone-number"\r\n'

"""Outbound campaigns, sequences and campaign rules: when they run, and what is refused meanwhile."""

import pytest

from genesys_core.simulator import Settings
from tests.strategies.hub import ChannelDesk
from tests.strategies.simulator import Desk

OUTBOUND = "/api/v2/outbound"
CAMPAIGNS, MESSAGING = f"{OUTBOUND}/campaigns", f"{OUTBOUND}/messagingcampaigns"
SEQUENCES, RULES = f"{OUTBOUND}/sequences", f"{OUTBOUND}/campaignrules"


class Dialer(ChannelDesk):
    """A desk with a contact list, and a campaign of each kind over it."""

    def __init__(self, **settings):
        super().__init__(**settings)
        columns = {"name": "People", "columnNames": ["phone"], "phoneColumns": []}
        self.contacts = self.made(f"{OUTBOUND}/contactlists", columns)["id"]

    def made(self, path, body):
        answer = self.call("POST", path, body)
        assert answer.status == 200, answer
        return answer.json

    def campaign(self, path=CAMPAIGNS, **more):
        body = {"name": "Calls", "contactList": {"id": self.contacts}, "dialingMode": "agentless"}
        caller = {"callerName": "C", "callerAddress": "+1317", "phoneColumns": []}
        return self.made(path, body | caller | {"messagesPerMinute": 1} | more)

    def put(self, record, path=CAMPAIGNS, **more):
        return self.call("PUT", f"{path}/{record['id']}", record | more)

    def status(self, record, path=CAMPAIGNS):
        return self.call("GET", f"{path}/{record['id']}").json["campaignStatus"]

    def running(self, path=CAMPAIGNS):
        answer = self.put(self.campaign(path), path, campaignStatus="on")
        assert (answer.status, answer.json["campaignStatus"]) == (200, "on")
        return answer.json


@pytest.mark.parametrize("path", [CAMPAIGNS, MESSAGING])
def test_a_campaign_is_created_off_whatever_its_body_says(path):
    desk = Dialer()
    made = desk.campaign(path, campaignStatus="on")
    assert made["campaignStatus"] == desk.status(made, path) == "off"


@pytest.mark.parametrize("path", [CAMPAIGNS, MESSAGING])
def test_a_campaign_that_is_turned_off_stops_first(path):
    desk = Dialer()
    on = desk.running(path)
    stopped = desk.put(on, path, campaignStatus="off")
    assert (stopped.status, stopped.json["campaignStatus"]) == (200, "stopping")
    assert desk.status(on, path) == "stopping"
    desk.sleep(1)
    assert desk.status(on, path) == "off"
    again = desk.put(stopped.json, path, campaignStatus="on")
    assert again.json["campaignStatus"] == "on"  # the version is that of the last write


@pytest.mark.parametrize("path", [CAMPAIGNS, MESSAGING])
def test_commands_start_and_stop_a_campaign(path):
    desk = Dialer()
    made = desk.campaign(path)
    at = f"{path}/{made['id']}"
    assert desk.call("POST", f"{at}/stop").status == 204
    assert desk.call("GET", at).json == made  # it is off already
    assert desk.call("POST", f"{at}/start").status == 204
    started = desk.call("GET", at).json
    assert (started["campaignStatus"], started["version"]) == ("on", 2)
    assert desk.call("POST", f"{at}/start").status == 204
    assert desk.call("GET", at).json == started
    assert desk.call("POST", f"{at}/stop").status == 204
    assert desk.status(made, path) == "stopping"
    assert desk.call("POST", f"{at}/start").json["code"] == "invalid.update.campaign.active"
    desk.sleep(1)
    assert desk.status(made, path) == "off"
    for verb in ("start", "stop"):
        assert desk.call("POST", f"{path}/nothing/{verb}").status == 404


def test_stopping_takes_as_long_as_a_job():
    desk = Dialer(job_duration=20)
    on = desk.running()
    stopping = desk.put(on, campaignStatus="off").json
    desk.sleep(19)
    assert desk.put(stopping, campaignStatus="off").json["campaignStatus"] == "stopping"
    desk.sleep(1)
    assert desk.status(on) == "stopping"  # it was asked again
    desk.sleep(19)
    assert desk.status(on) == "off"


def test_a_campaign_that_was_deleted_or_changed_while_stopping_stays_as_it_is():
    desk = Dialer()
    on = desk.running()
    desk.put(on, campaignStatus="off")
    records = desk.simulator.state.collections["", "api", "v2", "outbound", "campaigns"]
    records[on["id"]] = {**records[on["id"]], "campaignStatus": "complete"}
    desk.sleep(1)
    assert desk.status(on) == "complete"
    other = Dialer()
    on = other.running()
    other.put(on, campaignStatus="off")
    other.simulator.state.collections["", "api", "v2", "outbound", "campaigns"].clear()
    other.sleep(1)
    assert other.call("GET", f"{CAMPAIGNS}/{on['id']}").status == 404


@pytest.mark.parametrize("path", [CAMPAIGNS, MESSAGING])
def test_the_settings_of_a_running_campaign_are_not_changed(path):
    desk = Dialer()
    on = desk.running(path)
    refused = desk.put(on, path, name="Other")
    assert (refused.status, refused.json["code"]) == (409, "invalid.update.campaign.active")
    assert "name" in refused.json["message"]
    same = desk.put(on, path, contactList={"id": desk.contacts, "name": "People"})
    assert (same.status, same.json["campaignStatus"]) == (200, "on")
    stopping = desk.put(same.json, path, campaignStatus="off").json
    for more in ({"name": "Other"}, {"campaignStatus": "on"}):
        refused = desk.put(stopping, path, **more)
        assert (refused.status, refused.json["code"]) == (409, "invalid.update.campaign.active")
    desk.sleep(1)
    assert desk.put(stopping, path, name="Other", campaignStatus="off").json["name"] == "Other"


def test_an_outdated_version_of_a_running_campaign_is_told_as_one():
    desk = Dialer()
    on = desk.running()
    refused = desk.put(on, version=1, name="Other")
    assert (refused.status, refused.json["code"]) == (409, "invalid.update.wrong.version")


@pytest.mark.parametrize("path", [CAMPAIGNS, MESSAGING])
@pytest.mark.parametrize("name", ["version", "campaignStatus"])
def test_an_update_of_a_campaign_has_its_version_and_status(path, name):
    desk = Dialer()
    made = desk.campaign(path)
    refused = desk.put(made, path, **{name: None})
    assert (refused.status, refused.json["code"]) == (400, "bad.request")
    assert f"'{name}'" in refused.json["message"]


def test_callers_turn_campaigns_only_on_and_off():
    desk = Dialer()
    made = desk.campaign()
    for status in ("complete", "stopping", "forced_off", "invalid"):
        made = desk.put(made, campaignStatus=status).json
        assert made["campaignStatus"] == "off"
    assert desk.call("PUT", f"{CAMPAIGNS}/nothing", made).status == 404


@pytest.mark.parametrize("path", [CAMPAIGNS, MESSAGING])
def test_a_running_campaign_is_not_deleted(path):
    desk = Dialer()
    on = desk.running(path)
    at = f"{path}/{on['id']}"
    refused = desk.call("DELETE", at)
    assert (refused.status, refused.json["code"]) == (400, "campaign.in.use")
    desk.call("POST", f"{at}/stop")
    assert desk.call("DELETE", at).json["code"] == "campaign.in.use"
    desk.sleep(1)
    assert desk.call("DELETE", at).status == 200
    assert desk.call("GET", at).status == desk.call("DELETE", at).status == 404


def test_a_complete_campaign_is_deleted_or_turned_on_again():
    desk = Dialer()
    made = desk.campaign()
    records = desk.simulator.state.collections["", "api", "v2", "outbound", "campaigns"]
    records[made["id"]] = {**records[made["id"]], "campaignStatus": "complete"}
    kept = desk.put(made, campaignStatus="off", name="Ended").json
    assert kept["campaignStatus"] == "off"
    records[made["id"]] = {**records[made["id"]], "campaignStatus": "complete"}
    assert desk.call("DELETE", f"{CAMPAIGNS}/{made['id']}").status == 200


def test_a_running_sequence_is_not_deleted():
    desk = Dialer()
    made = desk.made(SEQUENCES, {"name": "S", "campaigns": [], "status": "on"})
    at = f"{SEQUENCES}/{made['id']}"
    assert desk.call("DELETE", at).status == 400
    assert desk.call("PUT", at, made | {"status": "off"}).status == 200
    assert desk.call("DELETE", at).status == 204


RULE = {
    "name": "R",
    "campaignRuleActions": [],
    "campaignRuleConditions": [],
    "campaignRuleEntities": {},
}


def test_an_enabled_campaign_rule_is_neither_created_nor_changed_nor_deleted():
    desk = Dialer()
    refused = desk.call("POST", RULES, RULE | {"enabled": True})
    assert (refused.status, refused.json["code"]) == (400, "cannot.create.enabled.campaign.rule")
    made = desk.made(RULES, RULE)
    at = f"{RULES}/{made['id']}"
    enabled = desk.call("PUT", at, made | {"enabled": True})
    assert (enabled.status, enabled.json["enabled"]) == (200, True)
    refused = desk.call("PUT", at, enabled.json | {"name": "Other"})
    assert (refused.status, refused.json["code"]) == (400, "cannot.update.enabled.campaign.rule")
    refused = desk.call("DELETE", at)
    assert (refused.status, refused.json["code"]) == (400, "cannot.delete.enabled.campaign.rule")
    disabled = desk.call("PUT", at, enabled.json | {"enabled": False})
    assert disabled.status == 200
    assert desk.call("DELETE", at).status == 204


def test_examples_are_answered_without_state():
    desk = Desk(settings=Settings(stateful=False))
    assert desk.call("POST", f"{CAMPAIGNS}/c/start").status == 204
    assert desk.call("DELETE", f"{CAMPAIGNS}/c").status == 200


def test_each_status_of_a_campaign_is_heard():
    desk = Dialer()
    identity = desk.campaign()["id"]
    _, socket = desk.opened(f"v2.outbound.campaigns.{identity}")
    for verb in ("start", "stop"):
        assert desk.call("POST", f"{CAMPAIGNS}/{identity}/{verb}").status == 204
    desk.sleep(1)
    desk.simulator.advance(desk.now)
    heard = [each["eventBody"]["campaignStatus"] for each in desk.told(socket)]
    assert heard == ["on", "stopping", "off"]

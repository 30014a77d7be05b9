"""Ids that callers choose."""

from genesys_core.simulator.resources.chosen_ids import CHOSEN_IDS, find_chosen_id
from tests.helpers.resource_walk import ROUTES, definition
from tests.strategies.simulator import Desk

DOMAINS = "/api/v2/routing/email/domains"


def test_the_table_is_of_properties_of_bodies():
    for template, name in CHOSEN_IDS.items():
        schema = ROUTES["POST", "/".join(template)].facts.body.schema
        assert name in definition().resolve(schema).properties


def test_an_email_domain_is_known_by_its_name():
    desk = Desk()
    body = {"id": "mail.example.com", "subDomain": False}
    made = desk.call("POST", DOMAINS, body).json
    assert made["id"] == "mail.example.com"
    assert desk.call("GET", f"{DOMAINS}/mail.example.com").json == made
    again = desk.call("POST", DOMAINS, {**body, "id": "MAIL.example.com"})
    assert (again.status, again.json["code"]) == (400, "postino.domain.exists")


def test_a_prompt_resource_is_known_by_its_language():
    desk = Desk()
    prompt = desk.call("POST", "/api/v2/architect/prompts", {"name": "Hello"}).json["selfUri"]
    made = desk.call("POST", f"{prompt}/resources", {"language": "en-us"}).json
    assert made["id"] == "en-us"
    assert desk.call("GET", f"{prompt}/resources/en-us").json == made
    assert desk.call("POST", f"{prompt}/resources", {"language": "EN-US"}).status == 409


def test_without_a_text_the_platform_chooses():
    place = tuple(DOMAINS.split("/"))
    assert find_chosen_id(place, {"id": "a.example"}) == "a.example"
    assert find_chosen_id(place, {"id": ""}) is None
    assert find_chosen_id(place, {"id": 1}) is None
    assert find_chosen_id(place, {}) is None
    assert find_chosen_id((*place[:-1], "other"), {"id": "x"}) is None
    assert find_chosen_id(place[:-1], {"id": "x"}) is None

"""Names that are unique."""

import pytest

from genesys_core.simulator.http.problems import PlatformProblem
from genesys_core.simulator.http.unique_names import (
    UNIQUE_NAMES,
    check_unique_name,
    find_unique_name,
)
from genesys_core.simulator.resources.chosen_ids import CHOSEN_IDS
from tests.helpers.resource_walk import ROUTES, RULES, Walk, definition, hand_written
from tests.strategies.simulator import Desk

QUEUES = "/api/v2/routing/queues"


def refused(path, given, *others, identity=""):
    with pytest.raises(PlatformProblem) as caught:
        check_unique_name(path, "thing", given, others, identity)
    return caught.value.status, caught.value.code


@pytest.mark.parametrize("template", sorted(UNIQUE_NAMES))
def test_the_table_is_of_collections_with_such_a_property(template):
    unique = UNIQUE_NAMES[template]
    route = ROUTES["POST", template]
    body = definition().resolve(route.facts.body.schema)
    assert unique.name in body.properties
    assert not unique.within or unique.within in body.properties
    assert find_unique_name(template) is unique
    assert hand_written(template) or RULES.find(route).action == "create"


def properties_of(route):
    return definition().resolve(route.facts.body.schema).properties


@pytest.mark.parametrize("template", sorted(UNIQUE_NAMES)[::6])
def test_a_name_of_some_families_can_be_had_once(template):
    check_family(template)


@pytest.mark.slow
@pytest.mark.parametrize("template", sorted(UNIQUE_NAMES))
def test_a_name_can_be_had_once(template):
    check_family(template)


def check_family(template):
    """A name can be had once, also in capitals and by a change, and again after a deletion."""
    unique, walk = UNIQUE_NAMES[template], Walk()
    route = walk.route("POST", template)
    base = walk.place(route.template)

    def body():
        made = walk.body(route)
        if unique.within:
            made[unique.within] = "inboundcall"
        return made

    def taken(reply):
        return (reply.status, reply.json["code"]) == (unique.status, unique.code)

    first = body()
    made = walk.call("POST", route.template, base, first)
    assert made.status == 200
    value = first[unique.name]
    shouted = [each.upper() for each in value] if isinstance(value, list) else value.upper()
    for each in (value, shouted):
        assert taken(walk.call("POST", route.template, base, {**body(), unique.name: each}))
    other = walk.call("POST", route.template, base, body())
    assert other.status == 200
    item = f"{template}/{{}}"
    change = ROUTES.get(("PUT", item)) or ROUTES.get(("PATCH", item))
    writable = {} if change is None else properties_of(change)
    if unique.name in writable and (template, unique.name) not in CHOSEN:
        version = other.json.get("version")
        renamed = {**walk.body(change, version=version), unique.name: value}
        if unique.within:
            renamed[unique.within] = "inboundcall"
        where = f"{base}/{other.json['id']}"
        assert taken(walk.call(change.method, change.template, where, renamed))
        kept = renamed | {unique.name: other.json.get(unique.name, first[unique.name])}
        if unique.name in other.json:
            assert walk.call(change.method, change.template, where, kept).status == 200
    if ("DELETE", item) in ROUTES:
        where = f"{base}/{made.json['id']}"
        assert walk.call("DELETE", ROUTES["DELETE", item].template, where).status < 300
        assert walk.call("POST", route.template, base, first).status == 200


CHOSEN = {("/".join(place), name) for place, name in CHOSEN_IDS.items()}


def test_ids_that_callers_choose_are_unique():
    assert {(template, each.name) for template, each in UNIQUE_NAMES.items()} >= CHOSEN


def test_queues_ignore_case():
    desk = Desk()
    again = desk.call("POST", QUEUES, {"name": "QUEUE 001"})
    assert (again.status, again.json["code"]) == (409, "general.conflict")
    made = desk.call("POST", QUEUES, {"name": "Other"}).json
    assert desk.call("PUT", made["selfUri"], {"name": "queue 002"}).status == 409
    assert desk.call("PUT", made["selfUri"], {"name": "OTHER"}).json["name"] == "OTHER"


def test_flows_of_other_types_may_have_the_name():
    path, call = "/api/v2/flows", {"id": "1", "name": "Main", "type": "inboundcall"}
    check_unique_name(path, "flow", {"name": "main", "type": "inboundemail"}, [call])
    status = refused(path, {"name": "main", "type": "inboundcall"}, call)
    assert status == (409, "architect.flow.already.exists")


def test_what_has_no_name_collides_with_nothing():
    for given in ({}, {"name": None}, {"name": ""}, {"name": 5}):
        check_unique_name("/api/v2/teams", "team", given, [{"id": "1"}, {"id": "2", "name": ""}])
    check_unique_name("/api/v2/teams", "team", {"name": "a"}, [{"id": "1", "name": "A"}], "1")
    check_unique_name("/api/v2/nothing/x/y", "y", {"name": "a"}, [{"id": "1", "name": "a"}])


def test_numbers_of_ivrs_are_unique_one_by_one():
    path, other = "/api/v2/architect/ivrs", {"id": "1", "dnis": ["+1", "+2"]}
    assert refused(path, {"dnis": ["+3", "+2"]}, other) == (409, "general.conflict")
    check_unique_name(path, "ivr", {"dnis": ["+3"]}, [other])


@pytest.mark.parametrize("name", ["", "  "])
def test_names_of_outbound_things_are_not_blank(name):
    status = refused("/api/v2/outbound/campaigns", {"name": name})
    assert status == (400, "name.cannot.be.blank")


def test_routes_of_another_domain_are_others():
    routes = "/api/v2/routing/email/domains/{}/routes"
    assert find_unique_name(routes.format("acme.example")) is UNIQUE_NAMES[routes]
    assert find_unique_name("/api/v2/architect/prompts/x/history") is None

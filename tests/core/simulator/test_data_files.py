"""Data of a file: created by requests, with labels for ids."""

import json

import pytest

from fuzz import fuzz_simulator_data
from genesys_core.errors import InvalidValueError
from genesys_core.simulator import OAuthClient, RateLimit, Settings, Simulator, World
from genesys_core.simulator.data_files import load_data, parse_data
from tests.strategies.simulator import Desk, definition, operation, small_document

SKILLS = "/api/v2/routing/skills"
DOCUMENT = {
    SKILLS: [{"id": "$es", "name": "Spanish"}, {"name": "French"}],
    "/api/v2/groups": [
        {
            "id": "$tier1",
            "name": "Tier 1",
            "type": "official",
            "visibility": "public",
            "rulesVisible": True,
        }
    ],
    "/api/v2/groups/$tier1": {"version": 1, "description": "led by $me", "ownerIds": ["$me"]},
}


@pytest.fixture
def desk():
    return Desk()


def load(desk, data):
    return load_data(desk.simulator, data, now=desk.now)


def test_items_are_created_and_labels_are_their_ids(desk):
    ids = load(desk, DOCUMENT)
    assert sorted(ids) == ["$es", "$me", "$tier1"]
    assert ids["$me"] == desk.client.user_id
    desk.log_in()
    assert desk.call("GET", f"{SKILLS}/{ids['$es']}").json["name"] == "Spanish"
    group = desk.call("GET", f"/api/v2/groups/{ids['$tier1']}").json
    assert group["description"] == "led by $me"  # a label is a whole value
    listed = desk.call("GET", SKILLS).json["entities"]
    assert [each["name"] for each in listed] == ["Spanish", "French"]


def test_nothing_of_it_counts_or_stays(desk):
    tokens = set(desk.simulator.state.tokens)
    load(desk, DOCUMENT)
    assert desk.simulator.count("POST", SKILLS) == 0
    assert not desk.simulator.state.log
    assert set(desk.simulator.state.tokens) == tokens


def test_an_item_may_end_the_token_that_loads_it(desk):
    client = {"name": "C", "authorizedGrantType": "TOKEN", "state": "inactive"}
    load(desk, {f"/api/v2/oauth/clients/{desk.client.id}": client})
    with pytest.raises(InvalidValueError, match="401"):
        load(
            desk := Desk(),
            {f"/api/v2/oauth/clients/{desk.client.id}": client, SKILLS: [{"name": "Spanish"}]},
        )


def test_the_rate_limit_is_for_clients():
    desk = Desk(settings=Settings(rate_limit=RateLimit(limit=1)))
    load(desk, {SKILLS: [{"name": f"Skill {number}"} for number in range(5)]})
    assert not desk.simulator.state.spent


def test_a_body_that_is_a_list_is_one_request():
    document = small_document(
        {
            "/api/v2/things": {
                "post": operation(
                    {
                        "in": "body",
                        "name": "body",
                        "schema": {"type": "array", "items": {"type": "string"}},
                    }
                )
            }
        }
    )
    simulator = Simulator(document)
    desk = Desk(simulator)
    assert load(desk, {"/api/v2/things": ["$me"]}) == {"$me": desk.client.user_id}


def test_a_list_replaces_what_nothing_creates(desk):
    user = next(iter(desk.simulator.state.users))
    path = f"/api/v2/users/{user}/profileskills"
    load(desk, {path: ["Knitting"]})
    assert desk.call("GET", path).json == ["Knitting"]


def test_an_item_may_refer_to_a_label_in_its_id(desk):
    with pytest.raises(InvalidValueError, match="409"):
        load(desk, {SKILLS: [{"id": "$es", "name": "Spanish"}, {"id": "$es", "name": "Spanish"}]})


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"/api/v2/nothing": []}, "data: /api/v2/nothing: the definition has no such path"),
        ({"/api/v2/users/me": {}}, "/api/v2/users/me: the path has no PUT operation with a body"),
        ({"/api/v2/users/me": [{}]}, "the path has no POST operation with a body"),
        ({SKILLS: [{"name": "a"}, {}]}, r"data: /api/v2/routing/skills\[1\]: 400 "),
        ({SKILLS: ["a"]}, r"skills\[0\]: 400 "),
        ({SKILLS: [{"name": "$who"}]}, r"unknown label '\$who'; .* \(known: \$me\)"),
        ({f"{SKILLS}/$who": {}}, r"unknown label '\$who'"),
    ],
)
def test_what_cannot_be_loaded_is_named(desk, data, words):
    with pytest.raises(InvalidValueError, match=words):
        load(desk, data)
    assert len(desk.simulator.state.tokens) == 0


def test_a_label_needs_an_id(desk):
    document = small_document(
        {
            "/api/v2/x": {
                "post": operation({"in": "body", "name": "body", "schema": {"type": "object"}})
            }
        }
    )
    with pytest.raises(InvalidValueError, match=r"x\[0\]: the response contains no id for"):
        load(Desk(Simulator(document)), {"/api/v2/x": [{"id": "$a"}]})


def test_a_client_without_a_user_has_no_me():
    world = World(clients=(OAuthClient(id="c", secret="s"),))
    desk = Desk(Simulator(definition(), world=world))
    assert load(desk, {}) == {}
    with pytest.raises(InvalidValueError, match="known: none"):
        load(desk, {SKILLS: [{"name": "$me"}]})


def test_a_world_without_a_client():
    with pytest.raises(InvalidValueError, match="no OAuth client"):
        load_data(Simulator(definition(), world=World()), {}, now=Desk().now)


def test_the_text_of_a_file():
    assert parse_data(json.dumps(DOCUMENT)) == DOCUMENT
    assert parse_data("\ufeff{}") == parse_data(b"\xef\xbb\xbf{}") == {}
    for text in ("[]", "{", b"\xff"):
        with pytest.raises(InvalidValueError, match="data: must be a JSON object"):
            parse_data(text)


test_any_document = fuzz_simulator_data.check_documents
test_any_search = fuzz_simulator_data.check_searches

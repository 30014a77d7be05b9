"""An id in a path that refers to something elsewhere is a 404 unless there is such a thing."""

import pytest

from genesys_core.simulator.resources.path_references import REFERRED, list_references
from tests.helpers.resource_walk import RULES, Walk
from tests.strategies.simulator import Desk, definition


def referred(template):
    return dict(list_references(RULES, template))


def test_the_name_of_a_parameter_decides_what_it_refers_to():
    assert referred("/api/v2/voicemail/groups/{groupId}/policy") == {"groupId": "/api/v2/groups"}
    both = "/api/v2/outbound/campaigns/{campaignId}/agents/{userId}"
    assert referred(both) == {"userId": "/api/v2/users"}


@pytest.mark.parametrize(
    "template",
    [
        "/api/v2/date",
        "/api/v2/users/{userId}/station",  # below its own collection
        "/api/v2/scim/users/{userId}",  # an item of a collection of its own
        "/api/v2/telephony/providers/edges/{edgeId}/metrics",  # no name of something elsewhere
    ],
)
def test_an_id_where_its_own_collection_is_refers_to_nothing_else(template):
    assert referred(template) == {}


def test_what_parameters_refer_to_is_there():
    creatable = {name for name, at in REFERRED.items() if RULES.collection(at)}
    assert creatable == {*REFERRED} - {"conversationId"}
    parameters = {
        each.name
        for route in definition().routes
        for each in route.facts.parameters
        if each.location == "path"
    }
    assert {*REFERRED} <= parameters


def test_a_reference_to_a_user_is_followed():
    desk = Desk()
    path = "/api/v2/voicemail/userpolicies"
    assert desk.call("GET", f"{path}/{desk.client.user_id}").status == 200
    missing = desk.call("GET", f"{path}/nobody")
    assert (missing.status, missing.json["entityName"]) == (404, "user")


def test_a_reference_to_a_group_is_followed_until_it_is_deleted():
    walk = Walk()
    group = walk.place("/api/v2/groups/{groupId}").rpartition("/")[2]
    path = f"/api/v2/voicemail/groups/{group}/mailbox"
    assert walk.desk.call("GET", path).status == 200
    assert walk.desk.call("DELETE", f"/api/v2/groups/{group}").status == 204
    assert walk.desk.call("GET", path).status == 404


def test_a_reference_to_a_conversation_is_followed():
    walk = Walk()
    path = "/api/v2/telephony/sipmessages/conversations/"
    assert walk.desk.call("GET", f"{path}{walk.begin_call()}").status == 200
    missing = walk.desk.call("GET", f"{path}unknown")
    assert (missing.status, missing.json["entityName"]) == (404, "conversation")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v2/speechandtextanalytics/conversations/c1/categories",
        "/api/v2/voicemail/users/u1/messages",
    ],
)
def test_what_a_test_puts_into_a_listing_is_there_whatever_the_path_refers_to(path):
    desk = Desk()
    assert desk.call("GET", path).status == 404
    desk.simulator.seed_items("GET", path, 2)
    assert len(desk.call("GET", path).json["entities"]) == 2

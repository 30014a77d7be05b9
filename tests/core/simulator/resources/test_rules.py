"""Which rule an operation follows."""

import pytest

from genesys_core.simulator.resources.engine import ResourceEngine
from genesys_core.simulator.resources.rule_types import RULES
from genesys_core.simulator.resources.rules import ResourceRules
from genesys_core.simulator.state.definition import Definition
from tests.helpers.rule_documents import (
    BODY,
    COLLECTION,
    LIST,
    READ,
    letters,
    real_action,
)
from tests.strategies.simulator import definition, operation


@pytest.mark.parametrize(
    ("method", "template", "letter", "action"),
    [
        ("GET", "/api/v2/groups", "A", "list"),
        ("GET", "/api/v2/groups/{groupId}", "A", "read"),
        ("PATCH", "/api/v2/teams/{teamId}", "A", "merge"),
        ("GET", "/api/v2/users/{userId}/outofoffice", "D", "read_single"),
        ("POST", "/api/v2/groups/{groupId}/members", "E", "add_members"),
        ("GET", "/api/v2/flows/datatables/divisionviews", "F", "list_view"),
        ("GET", "/api/v2/routing/queues/divisionviews/all", "F", "list_view"),
        ("POST", "/api/v2/groups/search", "G", "search"),
        ("POST", "/api/v2/analytics/conversations/details/jobs", "H", "start"),
        ("GET", "/api/v2/analytics/conversations/details/jobs/{jobId}/results", "H", "results"),
        ("DELETE", "/api/v2/guides/{guideId}/jobs", "H", "start"),
        ("PUT", "/api/v2/recording/jobs/{jobId}", "H", "resume"),
        ("POST", "/api/v2/learning/assignments/{assignmentId}/reset", "I", "command"),
        ("PATCH", "/api/v2/users/bulk", "M", "change_many"),
        ("GET", "/api/v2/integrations/types/{typeId}", "S", "read"),
    ],
)
def test_rules_of_the_definition(method, template, letter, action):
    assert real_action(method, template) == (letter, action)
    assert letter in RULES


@pytest.mark.parametrize(
    ("method", "template"),
    [
        ("GET", "/api/v2/conversations/{conversationId}"),
        ("GET", "/api/v2/scripts/divisionviews"),
        ("GET", "/api/v2/scripts/published/divisionviews/{scriptId}/variables"),
        ("GET", "/api/v2/date"),
        ("POST", "/api/v2/analytics/queues/observations/query"),
    ],
)
def test_what_has_no_rule(method, template):
    assert real_action(method, template) is None


def test_parents_from_the_innermost():
    found = ResourceRules(definition())
    assert list(found.parents("/a/{b}/c/{d}/e")) == [
        ("/a/{b}/c", "/a/{b}/c/{d}"),
        ("/a", "/a/{b}"),
    ]
    assert list(found.parents("/a/{b}")) == []
    assert list(found.parents("/a")) == []


def test_simulators_of_a_definition_share_its_rules():
    known = Definition({"swagger": "2.0", "paths": {}})
    assert ResourceEngine(known).rules is ResourceRules.of(known)
    assert ResourceRules.of(known) is not ResourceRules.of(definition())


def test_rules_are_found_once():
    known = definition()
    found = ResourceRules(known)
    route = known.routes.find("/api/v2/groups").routes["GET"]
    assert found.find(route) is found.find(route)
    assert found.collection("/api/v2/groups") is found.collection("/api/v2/groups")


def test_a_list_that_is_written_at_once_is_none_of_examples():
    ids = {"name": "body", "in": "body", "schema": {"type": "array", "items": {"type": "string"}}}
    paths = {"/x": {"get": LIST, "post": operation(ids)}, "/x/{id}": {"get": READ}}
    assert letters(paths)["GET /x"] == ("E", "list")
    assert letters({**COLLECTION, "/x/{id}": {"get": READ, "put": operation(BODY)}})["GET /x"] == (
        "A",
        "list",
    )

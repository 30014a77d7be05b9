"""Values beyond the definition: a warning, or with ``strict`` an error that names what is known."""

import pytest

from genesys_core.simulator import Settings, Simulator
from genesys_core.simulator.http.known_bounds import KNOWN_COUNTS
from genesys_core.simulator.http.strict_checks import RANGES, WARNING_HEADER
from tests.strategies.simulator import Desk, definition, operation, small_document

SIZES = {"type": "integer", "enum": ["2", "23"]}
MODEL = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["A", "B"]},
        "size": SIZES,
        "inner": {"$ref": "#/definitions/Model"},
        "list": {"type": "array", "items": {"$ref": "#/definitions/Model"}},
        "map": {"type": "object", "additionalProperties": {"type": "string", "enum": ["x"]}},
        "free": {"type": "array"},
        "level": {"$ref": "#/definitions/ServiceLevel"},
    },
}
LEVEL = {
    "type": "object",
    "properties": {"percentage": {"type": "number"}, "durationMs": {"type": "integer"}},
}
BODY = {"name": "body", "in": "body", "schema": {"$ref": "#/definitions/Model"}}
DOCUMENT = small_document(
    {
        "/things": {"post": operation(BODY)},
        "/things/{kind}": {
            "get": operation(
                {"name": "kind", "in": "path", "type": "string", "enum": ["A"], "required": True},
                {"name": "If-Match", "in": "header", "type": "string", "enum": ["1"]},
                {"name": "sort", "in": "query", "type": "string", "enum": ["up", "down"]},
                {
                    "name": "expand",
                    "in": "query",
                    "type": "array",
                    "items": {"type": "string", "enum": ["a", "b"]},
                },
                {"name": "q", "in": "query", "type": "string"},
            )
        },
    },
    {"Model": MODEL, "ServiceLevel": LEVEL},
)
LENIENT = Desk(Simulator(DOCUMENT))
STRICT = Desk(Simulator(DOCUMENT, settings=Settings(strict=True)))

FAULTS = [
    ({"kind": "C"}, "body.kind", "C", "one of A, B"),
    ({"size": 3}, "body.size", "3", "one of 2, 23"),
    ({"inner": {"kind": "é\n"}}, "body.inner.kind", "é\n", "one of A, B"),
    ({"list": [{}, {"kind": ""}]}, "body.list[1].kind", "", "one of A, B"),
    ({"list": [None]}, "body.list[0]", "null", "an allowed list element"),
    ({"map": {"k": "y"}}, "body.map.k", "y", "one of x"),
    ({"level": {"percentage": 1.5}}, "body.level.percentage", "1.5", "from 0 to 1"),
    ({"level": {"durationMs": 999}}, "body.level.durationMs", "999", "at least 1000"),
]
PLAIN = [
    {"kind": "B", "size": 23, "inner": {"kind": None}, "list": [{}], "map": {"k": "x"}},
    {"other": "x", "free": [1, "x"], "level": {"percentage": 1, "durationMs": 1000}},
    None,
]


@pytest.mark.parametrize(("body", "place", "value", "rule"), FAULTS)
def test_a_value_that_is_not_known_is_an_error_only_if_strict(body, place, value, rule):
    accepted = LENIENT.call("POST", "/things", body)
    assert accepted.status == 204
    shown = value.encode("unicode_escape").decode()
    assert accepted.headers[WARNING_HEADER] == f"{place}: {shown} is not {rule}"

    refused = STRICT.call("POST", "/things", body)
    assert refused.status == 400
    assert refused.json["code"] == "invalid.value"
    assert (
        refused.json["message"] == f"Value [{value}] is not valid for field type [{rule}]: {place}."
    )
    assert refused.json["details"][0]["fieldName"] == place


@pytest.mark.parametrize("body", PLAIN)
def test_known_values_pass_without_a_warning(body):
    for desk in (LENIENT, STRICT):
        answer = desk.call("POST", "/things", body)
        assert (answer.status, WARNING_HEADER in answer.headers) == (204, False)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/things/A?sort=up&expand=a,b&q=x", 204),
        ("/things/A?sort=left", 400),
        ("/things/A?expand=a&expand=c", 400),
        ("/things/B", 400),
    ],
)
def test_parameters_are_checked_too(target, status):
    assert STRICT.call("GET", target).status == status
    answer = LENIENT.call("GET", target)
    assert (answer.status, WARNING_HEADER in answer.headers) == (204, status == 400)


def test_a_request_has_at_most_five_warnings_each_of_bounded_length():
    body = {"list": [{"kind": "x" * 1000} for _ in range(9)]}
    warnings = LENIENT.call("POST", "/things", body).headers.get_list(WARNING_HEADER)
    assert len(warnings) == 5
    assert max(map(len, warnings)) <= 200


def test_every_range_is_that_of_a_number_of_the_definition():
    for model, name in RANGES:
        assert definition().schemas[model].properties[name].type in {"integer", "number"}


def test_a_queue_with_an_impossible_service_level_is_refused_if_strict():
    body = {"name": "Q", "mediaSettings": {"call": {"serviceLevel": {"percentage": 80}}}}
    assert WARNING_HEADER in Desk().call("POST", "/api/v2/routing/queues", body).headers
    desk = Desk(settings=Settings(strict=True))
    answer = desk.call("POST", "/api/v2/routing/queues", body)
    assert (answer.status, answer.json["code"]) == (400, "invalid.value")
    assert "serviceLevel.percentage" in answer.json["message"]


def desk_of_the_platform(**settings):
    return Desk(settings=Settings(check_references=False, **settings))


STATED = [
    ("GET", "/api/v2/scim/users?count=26", None, "at most 25"),
    ("POST", "/api/v2/taskmanagement/workbins", {"name": "ab"}, "at least 3 characters"),
]
MEMBERS = "/api/v2/groups/none/members"
LIMITS = [
    ("GET", "/api/v2/taskmanagement/workitems/1/versions?pageSize=201", None, "at most 200"),
    ("GET", f"/api/v2/journey/views?id={','.join('a' * 101)}", None, "at most 100 values"),
    ("DELETE", f"{MEMBERS}?ids={','.join('a' * 51)}", None, "at most 50 values"),
    ("POST", MEMBERS, {"memberIds": ["a"] * 51, "version": 1}, "at most 50 items"),
    (
        "POST",
        "/api/v2/taskmanagement/workbins/query",
        {"filters": [], "pageSize": 201},
        "at most 200",
    ),
    (
        "PATCH",
        "/api/v2/users/none/routingskills/bulk",
        [{"id": "a", "proficiency": 1}] * 51,
        "at most 50 items",
    ),
    ("POST", "/api/v2/routing/queues/q/wrapupcodes", [{"id": "a"}] * 101, "at most 100 items"),
]


@pytest.mark.parametrize(("method", "target", "body", "rule"), LIMITS)
def test_more_than_the_platform_takes_is_refused(method, target, body, rule):
    refused = desk_of_the_platform().call(method, target, *([] if body is None else [body]))
    assert (refused.status, refused.json["code"]) == (400, "invalid.value")
    assert rule in refused.json["message"]


def test_some_limits_have_a_code_of_their_own():
    desk = desk_of_the_platform()
    refused = desk.call("GET", f"/api/v2/authorization/roles?id={','.join('a' * 101)}")
    assert (refused.status, refused.json["code"]) == (400, "max.role.ids")
    assert desk.call("GET", f"/api/v2/authorization/roles?id={','.join('a' * 100)}").status == 200
    items = {"batchDownloadRequestList": [{"conversationId": "c"}] * 101}
    refused = desk.call("POST", "/api/v2/recording/batchrequests", items)
    assert (refused.status, refused.json["code"]) == (400, "batch.download.too.many.items")


def test_a_page_of_outbound_things_is_no_larger_than_the_platform_returns():
    desk = desk_of_the_platform()
    lists = "/api/v2/outbound/contactlists"
    for size, shown in (
        ("?pageSize=101", 100),
        ("?pageSize=100", 100),
        ("?pageSize=7", 7),
        ("", 25),
    ):
        listed = desk.call("GET", f"{lists}{size}")
        assert (listed.status, listed.json["pageSize"]) == (200, shown)
    assert desk.call("GET", f"{lists}?pageSize=many").status == 400
    assert desk.call("GET", "/api/v2/outbound/events?pageSize=101").status == 200  # not stated


def test_every_count_is_of_a_body_that_is_a_list():
    known = {each.facts.name: each.facts.body for each in definition().routes}
    for name in KNOWN_COUNTS:
        assert definition().resolve(known[name].schema).type == "array", name


@pytest.mark.parametrize(("method", "target", "body", "rule"), STATED)
def test_stated_limits_are_warnings_or_errors(method, target, body, rule):
    sent = [] if body is None else [body]
    answer = desk_of_the_platform().call(method, target, *sent)
    if answer.status < 400:
        assert rule in answer.headers[WARNING_HEADER]
    refused = desk_of_the_platform(strict=True).call(method, target, *sent)
    assert (refused.status, refused.json["code"]) == (400, "invalid.value")
    assert rule in refused.json["message"]


@pytest.mark.parametrize(
    "target", ["/api/v2/scim/users?count=25", "/api/v2/scim/users", "/api/v2/scim/users?count=-1"]
)
def test_within_a_stated_limit_there_is_no_warning(target):
    answer = desk_of_the_platform(strict=True).call("GET", target)
    assert (answer.status, WARNING_HEADER in answer.headers) == (200, False)

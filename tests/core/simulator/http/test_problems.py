"""Error replies have the shape of the platform's."""

import msgspec
import pytest

from genesys_core.simulator.http import problems
from genesys_core.simulator.state.definition import Schema
from tests.strategies.simulator import definition, misfits

PLATFORM = {
    400: [
        problems.bad_request("no"),
        problems.bad_request("no", field="pageSize"),
        problems.invalid_value("x", "integer", field="pageSize"),
        problems.no_such_reference("queue", "7", field="queue.id"),
    ],
    401: [
        problems.unauthorized_token(code)
        for code in ("authentication.required", "bad.credentials", "credentials.expired")
    ],
    403: [
        problems.missing_permissions(["a:b:c"], is_any=False),
        problems.missing_permissions(["a:b:c", "a:b:d"], is_any=True),
    ],
    404: [problems.no_such_resource(), problems.no_such_entity("user", "7")],
    405: [problems.method_not_allowed(["PUT", "GET"])],
    409: [problems.version_conflict("user", "7", 1, 2)],
    415: [problems.unsupported_media_type()],
    413: [problems.content_too_large(10)],
    429: [problems.too_many_requests(42, 300)],
}


@pytest.mark.parametrize(
    ("status", "problem"), [(status, each) for status, some in PLATFORM.items() for each in some]
)
def test_an_api_error_has_the_platforms_body(status, problem):
    reply = problem.reply("the-context")
    body = msgspec.json.decode(reply.body)
    assert misfits(definition(), Schema(ref="#/definitions/ErrorBody"), body) == []
    assert reply.status == body["status"] == status
    assert body["contextId"] == "the-context"
    assert body["message"]
    assert body["code"]


def test_facts_that_callers_rely_on():
    def body(problem):
        return msgspec.json.decode(problem.reply("c").body)

    not_found = body(problems.no_such_entity("user", "7"))
    assert (not_found["entityId"], not_found["entityName"]) == ("7", "user")
    limited = problems.too_many_requests(42, 300)
    assert limited.reply("c").headers == (("Retry-After", "42"),)
    assert body(limited)["code"] == "too.many.requests.retry.after"
    assert "[42] seconds" in body(limited)["message"]
    assert body(limited)["limit"]["value"] == 300
    assert (
        "does not match the current version"
        in body(problems.version_conflict("user", "7", 1, 2))["message"]
    )
    assert problems.method_not_allowed(["PUT", "GET"]).reply("c").headers == (
        ("Allow", "GET, PUT"),
    )
    named = body(problems.invalid_value("x", "integer", field="pageSize"))
    assert named["details"] == [{"errorCode": "invalid.value", "fieldName": "pageSize"}]


def test_a_login_error_says_everything_twice():
    reply = problems.OAuthProblem(400, "invalid_client", "client not found").reply("c")
    assert reply.status == 400
    assert msgspec.json.decode(reply.body) == {
        "error": "invalid_client",
        "description": "client not found",
        "error_description": "client not found",
    }


def test_a_problem_of_no_kind_has_no_reply():
    with pytest.raises(NotImplementedError):
        problems.Problem().reply("c")


def test_an_error_of_scim_has_the_form_of_the_rfc():
    known = definition()
    for kind in ("", "uniqueness"):
        reply = problems.ScimProblem(409, "taken", kind).reply("c")
        body = msgspec.json.decode(reply.body)
        assert misfits(known, known.schemas["ScimError"], body) == []
        assert (reply.status, body["status"], body["detail"]) == (409, "409", "taken")
        assert ("scimType" in body) == bool(kind)
        assert reply.content_type == "application/scim+json"

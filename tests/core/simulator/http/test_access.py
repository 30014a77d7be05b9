"""Tokens and rates, by the virtual clock."""

import pytest

from genesys_core.simulator import OAuthClient, RateLimit, Settings, Simulator, World
from tests.strategies.simulator import Desk, operation, small_document

ME = "/api/v2/users/me"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ((), "authentication.required"),
        ([("Authorization", "")], "authentication.required"),
        ([("Authorization", "Bearer nobody")], "bad.credentials"),
        ([("Authorization", "Bearer")], "bad.credentials"),
        ([("Authorization", "Basic abc")], "bad.credentials"),
    ],
)
def test_what_is_no_token_is_refused_with_the_platforms_code(headers, code):
    answer = Desk().send("GET", ME, headers=headers)
    assert (answer.status, answer.json["code"]) == (401, code)
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_of_the_wrong_scheme_is_refused_and_the_right_one_in_any_case_accepted():
    desk = Desk()
    token = desk.log_in()
    assert desk.send("GET", ME, headers={"Authorization": f"Token {token}"}).status == 401
    assert desk.send("GET", ME, headers={"Authorization": f"bearer {token}"}).status == 200


def test_a_token_lives_as_long_as_its_answer_said_and_no_longer():
    desk = Desk(settings=Settings(token_lifetime=300))
    answer = desk.grant({"grant_type": "client_credentials"})
    assert answer.json["expires_in"] == 300
    token = answer.json["access_token"]
    desk.sleep(299.9)
    assert desk.call("GET", ME, token=token).status == 200
    desk.sleep(0.1)
    expired = desk.call("GET", ME, token=token)
    assert (expired.status, expired.json["code"]) == (401, "credentials.expired")
    assert desk.call("GET", ME, token=desk.log_in()).status == 200


def test_operations_that_the_definition_leaves_open_need_no_token():
    target = "/api/v2/knowledge/guest/sessions/s/categories"
    assert Desk().send("GET", target).status == 200


NOBODY = World(clients=(OAuthClient(id="c", secret="s"),), roles={"c": ("employee",)})


@pytest.mark.parametrize(
    ("names", "kind", "missing"),
    [
        (["routing:queue:view"], "ALL", []),
        (["routing:queue:view", "routing:queue:add"], "ALL", ["routing:queue:add"]),
        (["routing:queue:view", "routing:queue:add"], "ANY", []),
        (["a:b:c", "a:b:d"], "ANY", ["a:b:c", "a:b:d"]),
        (["a:b:c"], "ANY", ["a:b:c"]),
        (["They are enforced by the backend"], "ALL", []),
        ([], "ALL", []),
    ],
)
def test_missing_permissions_are_refused_if_they_are_enforced(names, kind, missing):
    facts = {
        "security": [{"PureCloud OAuth": ["all"]}],
        "x-inin-requires-permissions": {"type": kind, "permissions": names},
    }
    paths = {"/x": {"get": operation(**facts)}}
    for enforced in (False, True):
        settings = Settings(enforce_permissions=enforced)
        desk = Desk(Simulator(small_document(paths), world=NOBODY, settings=settings))
        token = desk.simulator.issue_token("c", now=desk.now)
        answer = desk.call("GET", "/x", token=token)
        if not enforced or not missing:
            assert answer.status == 204
            continue
        assert answer.status == 403
        several = kind == "ANY" and len(names) > 1
        assert answer.json["code"] == f"missing.{'any.' if several else ''}permissions"
        assert answer.json["messageParams"] == {"permissions": ", ".join(missing)}


def test_there_is_no_limit_unless_one_is_set():
    desk = Desk()
    assert all(desk.call("GET", ME).status == 200 for _ in range(400))


def test_the_window_slides_and_refusals_do_not_count():
    desk = Desk(settings=Settings(rate_limit=RateLimit(limit=3, window=60)))
    desk.log_in()
    for _ in range(3):
        assert desk.call("GET", ME).status == 200
        desk.sleep(10)
    refused = desk.call("GET", ME)
    assert refused.status == 429
    assert refused.headers["retry-after"] == "30"
    desk.sleep(29.5)
    assert desk.call("GET", ME).headers["retry-after"] == "1"
    desk.sleep(0.5)
    assert desk.call("GET", ME).status == 200
    assert desk.call("GET", ME).status == 429


def test_each_token_has_a_limit_of_its_own():
    desk = Desk(settings=Settings(rate_limit=RateLimit(limit=1)))
    one, other = desk.log_in(), desk.log_in()
    assert desk.call("GET", ME, token=one).status == 200
    assert desk.call("GET", ME, token=one).status == 429
    assert desk.call("GET", ME, token=other).status == 200


def test_a_limit_of_nothing_refuses_everything():
    desk = Desk(settings=Settings(rate_limit=RateLimit(limit=0, window=5)))
    answer = desk.call("GET", ME)
    assert (answer.status, answer.headers["retry-after"]) == (429, "5")


def test_waiting_as_long_as_told_is_always_enough():
    desk = Desk(settings=Settings(rate_limit=RateLimit(limit=5, window=6)))
    served = 0
    for step in range(200):
        answer = desk.call("GET", ME)
        if answer.status == 429:
            desk.sleep(int(answer.headers["retry-after"]))
            assert desk.call("GET", ME).status == 200
        served += 1
        desk.sleep(0.37 * (step % 4))
    assert served == 200

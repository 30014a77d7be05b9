"""Docstrings of models and builders hold the definition's facts."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

import pytest
from msgspec.structs import replace

from genesys_core.definition.read.parse import parse_definition
from genesys_core.definition.write.docstrings import operation_docstring
from tests.strategies.definition import STRING, TRAPS, body, model, operation, query, ref


def test_docstrings_of_models_hold_facts_alone(models: ModuleType) -> None:
    assert models.Enums.__doc__ == "Required: odd, quotes."
    assert models.Odd_Name_With_Signs.__doc__ == (
        "``Odd Name-With.Signs`` in the API definition. Read-only: read_only."
    )
    assert models.Empty.__doc__ == models.Bare.__doc__ == "Has no properties."
    assert models.User.__doc__ == "Never shown: password."
    assert models.Second.__doc__ is None


def test_docstrings_of_builders_hold_the_facts(api: ModuleType) -> None:
    assert inspect.getdoc(api.oauth.get_names) == (
        "Get a name.\n\n"
        "GET /api/v2/names/{id} -> ``Names``.\n"
        "Requires ``a:b:c`` or ``d:e:f``.\n"
        "https://developer.genesys.cloud/devapps/api-explorer#get-api-v2-names--id-\n\n"
        "Args:\n"
        "    id: the ID.\n"
        "    site_id: query, string. The ID of a site.\n"
        "    id_2: query, string. Only the items with these IDs.\n"
        "    self_: query, string.\n"
        "    from_: query, string.\n"
        "    list: query, list of string: b, a.\n"
        "    since: query, date.\n"
        "    times: query, list of date-time.\n"
        "    page_number: query, integer. The page, counted from 1.\n"
        "    if_match: header ``If-Match``, string. The expected ETag of the resource."
    )
    assert "Deprecated." in api.oauth.delete_names.__doc__
    assert "Preview: may change without notice." in api.agent_ui.import_.__doc__
    assert "things: body, list of ``Enums``." in api.agent_ui.import_.__doc__
    assert "    body: ``Names``." in api.oauth.put_names.__doc__
    # By `getdoc`, because Python 3.13 and later remove the indentation.
    assert str(inspect.getdoc(api.oauth.delete_names)).startswith(
        "Delete a name.\n\nDELETE /api/v2/names/{id} -> nothing.\n"
    )
    assert 'GET /api/v2/odd"""' in api.ipv6_tools.get_odd.__doc__


def test_a_documents_own_words_come_first() -> None:
    described = {**query("q"), "description": 'How\nmany "x".', "default": 5, "maximum": 9}
    get = operation("getX", "Users", described, summary="Get  x.\n", description="Long. " * 30)
    document = {**TRAPS, "paths": {"/x": {"get": get}}}
    (one,) = parse_definition(document, {"notifications": []}).operations()
    lines = operation_docstring(one, {})
    assert lines[:3] == ['    """Get x.', "", f"    {'Long. ' * 15}Long."]
    assert all(len(line) <= 100 for line in lines)
    assert "    GET /x -> nothing." in lines
    assert '        q: query, string. How many \\"x\\". Default 5, at most 9.' in lines
    same = replace(one, description="Get x.")
    assert operation_docstring(same, {})[:3] == ['    """Get x.', "", "    GET /x -> nothing."]


def test_error_codes_that_few_operations_have_are_listed() -> None:
    codes = {"not.found": "", "internal.server.error": "", 'odd"code': ""}
    answers = {"200": {}, "404": {"x-inin-error-codes": codes}, "500": {}}
    get = operation("getX", "Users", responses=answers)
    document = {**TRAPS, "paths": {"/x": {"get": get}}}
    (one,) = parse_definition(document, {"notifications": []}).operations()
    text = "\n".join(operation_docstring(one, {}, common_errors={"internal.server.error"}))
    assert '    Error codes: 404 ``not.found``, ``odd\\"code``.\n' in text
    assert "Error codes" not in "\n".join(operation_docstring(one, {}, common_errors=codes))


@pytest.mark.parametrize(
    ("security", "said"),
    [
        ([{"Chat": []}, {"Mail": []}], "Requires ``Chat`` or ``Mail`` instead of an access token."),
        ([], "Requires no access token."),
        (None, ""),
    ],
)
def test_other_ways_to_authenticate_are_said(security: Any, said: str) -> None:
    more = {} if security is None else {"security": security}
    document = {**TRAPS, "paths": {"/x": {"get": operation("getX", "Users", **more)}}}
    (one,) = parse_definition(document, {"notifications": []}).operations()
    text = "\n".join(operation_docstring(one, {}))
    assert said in text
    assert ("access token" in text) == bool(said)


def test_limits_follow_the_documents_words() -> None:
    described = {**query("q"), "description": "How many", "format": "uri", "pattern": 'a"b'}
    document = {**TRAPS, "paths": {"/x": {"get": operation("getX", "Users", described)}}}
    (one,) = parse_definition(document, {"notifications": []}).operations()
    lines = operation_docstring(one, {})
    assert '        q: query, string. How many. In the format uri, matching a\\"b.' in lines


def facts(**properties: Any) -> str:
    """The docstring of an operation whose reply has these properties."""
    document = {
        **TRAPS,
        "paths": {
            "/x": {
                "get": operation(
                    "getX",
                    "Users",
                    query("cursor"),
                    query("after"),
                    returns=ref("Page"),
                    **{"x-inin-requires-permissions": {"permissions": ["a:b:c", "d:e:f"]}},
                )
            }
        },
        "definitions": {"Page": model(properties)},
    }
    found = parse_definition(document, {"notifications": []})
    by_name = {one.name: one for one in found.models}
    return " ".join(" ".join(operation_docstring(found.operations()[0], by_name)).split())


def test_the_ways_of_paging_and_joint_permissions_are_told() -> None:
    assert "Paginated by" not in facts()  # it lists nothing
    assert "Paginated by ``cursor``." in facts(entities={"type": "array", "items": STRING})
    paged = facts(entities={"type": "array", "items": STRING}, nextUri=STRING)
    assert "``cursor`` or ``next_uri`` of the response." in paged
    assert "Requires ``a:b:c`` and ``d:e:f``." in facts()


def test_a_page_that_the_body_asks_for_is_told() -> None:
    document = {
        **TRAPS,
        "paths": {
            "/api/v2/things/query": {
                "post": operation("things", "Users", body(ref("Filter")), returns=ref("Page"))
            }
        },
        "definitions": {
            "Page": model({"entities": {"type": "array", "items": STRING}}),
            "Filter": model({"pageNumber": STRING}),
        },
    }
    found = parse_definition(document, {"notifications": []})
    by_name = {one.name: one for one in found.models}
    text = " ".join(operation_docstring(found.operations()[0], by_name))
    assert "Paginated by ``pageNumber`` of the body." in text

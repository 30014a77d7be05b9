"""The definition as values."""

import pytest
from msgspec.structs import replace

from genesys_core.definition.read.definition import (
    Api,
    ApiDefinition,
    ApiOperation,
    ApiParameter,
    Field,
    Limits,
    Plain,
    format_number,
)

BODY = ApiParameter("body", "body", "body", Plain("object"))
QUERY = ApiParameter("name", "name", "query", Plain("string"))


def operation(name: str, path: str, *parameters: ApiParameter) -> ApiOperation:
    return ApiOperation(name, "POST", path, ("Users",), parameters)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (25, "25"),
        (25.0, "25"),
        (1234567.0, "1234567"),  # not rounded to 1.23457e+06
        (0.1234567, "0.1234567"),
        (1e300, "1e+300"),
        (-0.5, "-0.5"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (10**400, f"1{'0' * 400}"),
        (2.0**53 - 1, "9007199254740991"),
        (2.0**53, "9007199254740992.0"),  # from here on, the number may have been rounded
    ],
)
def test_a_number_has_all_its_digits(value: float, text: str) -> None:
    assert format_number(value) == text


def test_the_body_is_the_parameter_that_travels_there():
    assert operation("post_a", "/a", QUERY, BODY).body is BODY
    assert operation("post_a", "/a", QUERY).body is None


def test_an_api_has_the_official_class_name():
    assert Api("AgentUI", "agent_ui", ()).class_name == "AgentUIApi"


def test_an_operation_of_several_apis_counts_once():
    first, second = operation("post_a", "/a"), operation("post_b", "/b")
    found = ApiDefinition(
        "1", (), (Api("Users", "users", (first, second)), Api("Scim", "scim", (second,)))
    )
    assert found.operations() == (first, second)


def test_error_codes_of_half_the_operations_are_common():
    few, most = ("404", ("not.found", "user.gone")), ("404", ("not.found",))
    operations = (
        replace(operation("a", "/a"), errors=(few, ("409", ("not.found",)))),
        replace(operation("b", "/b"), errors=(most,)),
        operation("c", "/c"),
    )
    found = ApiDefinition("1", (), (Api("Users", "users", operations),))
    assert found.common_errors() == {"not.found"}
    two = ApiDefinition("1", (), (Api("Users", "users", operations[:2]),))
    assert two.common_errors() == {"not.found", "user.gone"}
    alone = ApiDefinition("1", (), (Api("Users", "users", operations[:1]),))
    assert alone.common_errors() == frozenset()


def test_nothing_is_so_unless_the_document_says_so():
    field = Field("a", "a", Plain("string"))
    flags = (field.required, field.read_only, field.secret, Limits().is_unique)
    assert flags == (False, False, False, False)
    assert not ApiParameter("a", "a", "query", Plain("string")).required
    found = operation("a", "/a")
    assert (found.deprecated, found.preview) == (False, False)

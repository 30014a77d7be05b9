"""Where the reference describes what."""

from __future__ import annotations

import pytest

from genesys_core.definition.read.definition import (
    Api,
    ApiDefinition,
    ApiOperation,
    Array,
    Map,
    ModelDef,
    Plain,
    Ref,
)
from genesys_core.definition.reference.places import (
    ReferenceLinks,
    api_pages,
    describe_values,
    model_page,
)

USERS = Api("Users", "users", (ApiOperation("get_user", "GET", "/api/v2/users/{userId}", ("U",)),))
PLACES = ReferenceLinks(ApiDefinition("1", (ModelDef("UserMe", "UserMe"),), (USERS,)))


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("UserMe", "models/user.md"),
        ("WfmAgent", "models/wfm.md"),
        ("OAuthClient", "models/o.md"),
        ("SCIMUser", "models/scim.md"),
        ("V2Event", "models/v.md"),
        ("a", "models/a.md"),
        ("", "models/.md"),
    ],
)
def test_the_page_of_a_model_follows_from_its_name(name: str, page: str) -> None:
    assert model_page(name) == page


def test_the_name_of_a_page_is_one_of_a_file() -> None:
    assert model_page("A" * 300) == f"models/{'a' * 100}.md"
    paths = ["/api/v2/a/..\\..\\b\0(c)", "/api/v2/a/" + "b" * 300, "/", "/api/v2/a/.."]
    operations = [ApiOperation(f"m{n}", "GET", path, ("A",)) for n, path in enumerate(paths * 40)]
    pages = api_pages(Api("A", "a", tuple(operations)))
    assert list(pages) == [
        "apis/a/-.md",
        "apis/a/-b-c-.md",
        f"apis/a/{'b' * 100}.md",
    ]


def test_links_are_relative_to_the_page() -> None:
    assert PLACES.model("UserMe", "models/user.md") == "[`UserMe`](#UserMe)"
    assert PLACES.model("UserMe", "topics.md") == "[`UserMe`](models/user.md#UserMe)"
    assert PLACES.model("UserMe", "apis/users.md") == "[`UserMe`](../models/user.md#UserMe)"
    assert PLACES.model("UserMe", "apis/users/me.md") == "[`UserMe`](../../models/user.md#UserMe)"
    assert PLACES.model("Unknown", "apis/users.md") == "`Unknown`"
    assert PLACES.method("users", "get_user", "topics.md") == (
        "[`users.get_user`](apis/users.md#get_user)"
    )
    assert PLACES.topic("v2.users.{id}", "models/a.md") == (
        "[`v2.users.{id}`](../topics.md#v2.users.id)"
    )
    assert PLACES.permission("a:b:c", "permissions.md") == "[`a:b:c`](#a:b:c)"


def test_the_methods_of_a_large_api_are_on_pages_by_the_second_segment() -> None:
    paths = ["/api/v2/users", "/api/v2/users/{id}/x", "/api/v2/users/me", "/other"]
    paths += [f"/api/v2/users/search/{n}" for n in range(147)]
    operations = tuple(
        ApiOperation(f"get_{n}", "GET", path, ("U",)) for n, path in enumerate(paths)
    )
    pages = api_pages(Api("Users", "users", operations))
    assert {page: len(found) for page, found in pages.items()} == {
        "apis/users/me.md": 1,
        "apis/users/other.md": 1,
        "apis/users/search.md": 147,
        "apis/users/users.md": 2,
    }
    few = Api("Users", "users", operations[:150])
    assert dict(api_pages(few)) == {"apis/users.md": operations[:150]}


def test_types() -> None:
    page = "models/user.md"
    assert PLACES.type(Plain("date-time"), page) == "date-time"
    assert PLACES.type(Plain("any"), page) == "any JSON value"
    assert PLACES.type(Array(Map(Ref("UserMe"))), page) == "list of dict of [`UserMe`](#UserMe)"


def test_values() -> None:
    assert describe_values(Plain("string")) == ""
    assert describe_values(Ref("UserMe")) == ""
    assert describe_values(Array(Plain("string", ("a", "")))) == '`a`, `""`'
    many = describe_values(Map(Plain("string", tuple(f"v{n}" for n in range(13)))))
    assert many.startswith("<details><summary>13 values</summary>`v0`, `v1`")
    assert many.endswith("`v12`</details>")

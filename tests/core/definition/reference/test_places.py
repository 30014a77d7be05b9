"""Where the reference describes what."""

from __future__ import annotations

import pytest

from genesys_core.definition.read.definition import ApiDefinition, Array, Map, ModelDef, Plain, Ref
from genesys_core.definition.reference.places import ReferenceLinks, describe_values, model_page

PLACES = ReferenceLinks(ApiDefinition("1", (ModelDef("UserMe", "UserMe"),), ()))


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


def test_links_are_relative_to_the_page() -> None:
    assert PLACES.model("UserMe", "models/user.md") == "[`UserMe`](#UserMe)"
    assert PLACES.model("UserMe", "topics.md") == "[`UserMe`](models/user.md#UserMe)"
    assert PLACES.model("UserMe", "apis/users.md") == "[`UserMe`](../models/user.md#UserMe)"
    assert PLACES.model("Unknown", "apis/users.md") == "`Unknown`"
    assert PLACES.method("users", "get_user", "topics.md") == (
        "[`users.get_user`](apis/users.md#get_user)"
    )
    assert PLACES.topic("v2.users.{id}", "models/a.md") == (
        "[`v2.users.{id}`](../topics.md#v2.users.id)"
    )
    assert PLACES.permission("a:b:c", "permissions.md") == "[`a:b:c`](#a:b:c)"


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

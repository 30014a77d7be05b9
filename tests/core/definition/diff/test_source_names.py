"""The names of a Python file, from its syntax tree."""

from __future__ import annotations

import ast

import pytest

from genesys_core.definition.diff.source_names import CallSite, SourceNames, read_source


def read(text: str) -> SourceNames:
    return read_source("app.py", ast.parse(text))


def sites(text: str, name: str = "get_users") -> list[CallSite]:
    return [site for site in read(text).calls if site.name == name]


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ("client.users.get_users()", "users"),
        ("self.client.users.get_users()", "users"),
        ("UsersApi(client).get_users()", "UsersApi"),
        ("genesys_cloud.UsersApi(client).get_users()", "UsersApi"),
        ("u = UsersApi(client)\nu.get_users()", "UsersApi"),
        ("self.u = apis.UsersApi(client)\nself.u.get_users()", "UsersApi"),
        ("u = make(client)\nu.get_users()", "u"),
        ("u = users\nu.get_users()", "u"),
        ("get_users()", ""),
        ("(await x).get_users()", ""),
        ("a[0] = UsersApi(client)\nx.get_users()", "x"),
    ],
)
def test_a_method_has_an_owner(text: str, owner: str) -> None:
    assert [site.owner for site in sites(text)] == [owner]


@pytest.mark.parametrize(
    "call", ["get_users", "get_users.raw", "get_users.paginate", "get_users.pages"]
)
def test_arguments_of_a_call(call: str) -> None:
    (site,) = sites(f"\nclient.users.{call}(1, mode='x', size=n, page=2)")
    keywords = {"mode": "x", "size": None, "page": None}
    assert site == CallSite("get_users", "users", 2, 1, keywords)


def test_the_first_occurrence_of_a_name_may_be_nested() -> None:
    found = read("def f():\n    user.email('v2.x')\nuser.email('v2.x')")
    assert (found.names["email"], found.fields["email"], found.texts["v2.x"]) == (2, 2, 2)
    assert [site.line for site in found.calls if site.name == "email"] == [2, 3]


def test_arguments_that_cannot_be_seen() -> None:
    (site,) = sites("u.get_users(*a, **b)")
    assert (site.positional, site.keywords) == (None, None)
    (site,) = sites("u.get_users(1, *a, mode='x', **b)")
    assert (site.positional, site.keywords) == (None, None)
    (site,) = sites("call(u.get_users)")
    assert (site.positional, site.keywords) == (None, None)


def test_an_import_under_another_name_counts_as_a_call() -> None:
    assert sites("from genesys_cloud.api.users import get_users as g") == [
        CallSite("get_users", "users", 1)
    ]
    assert sites("from . import get_users as g") == [CallSite("get_users", "", 1)]
    assert sites("from genesys_cloud.api.users import get_users") == []


def test_names_fields_and_texts() -> None:
    found = read('from m import User\nprint(u.name, f(email="a"), {"key": 1}, f"v2.{u}.x{1}")\n')
    assert {"User": 1, "name": 2, "u": 2}.items() <= found.names.items()
    assert {"name": 2, "email": 2, "key": 2}.items() <= found.fields.items()
    assert {"key": 2, "a": 2, "v2.{}.x{}": 2}.items() <= found.texts.items()


def test_fields_in_patterns() -> None:
    found = read(
        'match user:\n    case User(name="x", title=t): pass\n    case {"email": e}: pass\n'
    )
    assert {"name": 2, "title": 2, "email": 3}.items() <= found.fields.items()

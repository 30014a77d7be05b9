"""Bodies from fields, and skeletons."""

import pytest

from genesys_core.command_line.bodies import (
    BodyField,
    ModelField,
    build_body,
    is_field,
    new_skeleton,
    parse_field,
)
from genesys_core.command_line.usage import UsageError


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("name=Ann", ("name",), "Ann"),
        ("name=", ("name",), ""),
        ("name=a=b:=c", ("name",), "a=b:=c"),
        ("version=3", ("version",), "3"),
        ("version:=3", ("version",), 3),
        ("paging.pageSize:=25", ("paging", "pageSize"), 25),
        ('tags:=["a"]', ("tags",), ["a"]),
        ("tags[]=a", ("tags[]",), "a"),
        ("gone:=null", ("gone",), None),
        ("note=two\nlines", ("note",), "two\nlines"),
    ],
)
def test_fields(text, path, value):
    assert is_field(text)
    assert parse_field(text) == BodyField(path, value)


@pytest.mark.parametrize("text", ["name", "=x", ":=1", "", "a b"])
def test_what_is_no_field(text):
    assert not is_field(text)
    with pytest.raises(UsageError, match="expected key=value"):
        parse_field(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a..b=1", "not a field name"),
        ("a[].b=1", "not a field name"),
        ("n:=Ann", "not valid JSON .* write n=Ann for a string"),
        ("n:=" + "[" * 100_000, "not valid JSON"),
    ],
)
def test_wrong_fields(text, words):
    with pytest.raises(UsageError, match=words):
        parse_field(text)


def body_of(base, *texts):
    return build_body(base, [parse_field(text) for text in texts])


def test_fields_make_a_body():
    assert body_of(None) is None
    assert body_of(None, "a=1", "b.c:=2", "b.d=x", "t[]=x", "t[]:=1") == {
        "a": "1",
        "b": {"c": 2, "d": "x"},
        "t": ["x", 1],
    }


def test_fields_are_set_in_a_copy_of_the_base():
    base = {"a": {"b": 1}, "t": ["x"]}
    assert body_of(base, "a.c=2", "t[]=y") == {"a": {"b": 1, "c": "2"}, "t": ["x", "y"]}
    assert body_of({"a": None}, "a[]=x") == {"a": ["x"]}
    assert base == {"a": {"b": 1}, "t": ["x"]}


@pytest.mark.parametrize(
    ("base", "text", "words"),
    [
        ([1], "a=1", "sets a field of a list"),
        ({"a": "x"}, "a.b=1", "a.b: sets a field of a string"),
        ({"a": 1}, "a.b=1", "sets a field of a number"),
        ({"a": True}, "a.b=1", "sets a field of a boolean"),
        ({"a": {}}, "a[]=1", "a is an object, not a list"),
    ],
)
def test_fields_that_do_not_fit(base, text, words):
    with pytest.raises(UsageError, match=words):
        body_of(base, text)


MODELS = {
    "User": [
        ModelField("id", "string", is_read_only=True),
        ModelField("note", "string"),
        ModelField("name", "string", is_required=True),
        ModelField("version", "integer"),
        ModelField("ratio", "number"),
        ModelField("on", "boolean"),
        ModelField("tags", "list", "string"),
        ModelField("born", "date"),
        ModelField("seen", "list", "date-time"),
        ModelField("any", "any JSON value"),
        ModelField("map", "object"),
        ModelField("manager", "User"),
    ],
}


def test_a_skeleton_has_what_a_caller_can_set_and_ends():
    skeleton = new_skeleton("list of User", lambda name: MODELS.get(name, []))
    assert isinstance(skeleton, list)
    (user,) = skeleton
    assert user == new_skeleton("User", lambda name: MODELS.get(name, []))
    assert next(iter(user)) == "name"
    manager = user.pop("manager")
    assert user == {
        "name": "",
        "note": "",
        "version": 0,
        "ratio": 0.0,
        "on": False,
        "tags": [""],
        "born": "",
        "seen": [""],
        "any": None,
        "map": {},
    }
    assert manager["manager"] == {}
    assert new_skeleton("Unknown", lambda name: []) == {}

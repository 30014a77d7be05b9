import copy
import json
import pickle
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given

from genesys_core.codec.encoding import encode_body, to_dict, to_json
from genesys_core.codec.values import NULL, YearMonth
from genesys_core.errors import InvalidValueError
from tests.strategies.codec import Everything, Login, Tree, json_values


@pytest.mark.parametrize(
    ("model", "encoded"),
    [
        (Everything(), b"{}"),
        (Everything(text="", whole=0, flag=False), b'{"text":"","whole":0,"flag":false}'),
        (Everything(text=None, words=[], free={}), b'{"words":[],"free":{}}'),
        (Everything(text=NULL, trees=NULL), b'{"text":null,"trees":null}'),
        (Everything(words=["a", NULL, None]), b'{"words":["a",null,null]}'),
        (Everything(free={"a": None, "b": NULL}), b'{"free":{"a":null,"b":null}}'),
        (Everything(tree_map={"a": [Tree(id="1")]}), b'{"treeMap":{"a":[{"id":"1"}]}}'),
        (Everything(odd_name_="a"), b'{"odd.name":"a"}'),
        (Everything(month=YearMonth(2024, 5)), b'{"month":"2024-05"}'),
        (Everything(months=[YearMonth(33, 1)]), b'{"months":["0033-01"]}'),
        (Everything(free={"month": YearMonth(2024, 5)}), b'{"free":{"month":"2024-05"}}'),
        (Everything(login=Login(password="x")), b'{"login":{"password":"x"}}'),
    ],
)
def test_models(model, encoded):
    assert to_json(model) == encoded
    assert to_dict(model) == json.loads(encoded)


def test_a_value_in_a_secret_field_is_not_quoted():
    with pytest.raises(
        InvalidValueError, match=r"^\$\.password: bytes cannot be represented"
    ) as caught:
        to_json(Login(password=b"hunter2"))  # type: ignore[arg-type]
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"a": inner}])
def test_nesting_without_end_is_refused(wrap):
    value: Any = None
    for _ in range(200_000):  # more than any interpreter's stack: 3.14 takes 100,000
        value = wrap(value)
    with pytest.raises(InvalidValueError, match="contains itself or is nested too deeply"):
        to_json(value)


def test_the_base_of_a_change_is_kept():
    assert to_json(Tree(id="2"), base=b'{"id": "1", "newer": 1.0}') == b'{"id":"2","newer":1.0}'


def test_a_value_that_contains_itself_is_refused():
    tree = Tree(id="1")
    tree.child = tree
    with pytest.raises(InvalidValueError, match="contains itself"):
        to_json(tree)


@pytest.mark.parametrize(
    ("body", "kind", "encoded"),
    [
        (Tree(id="1"), "object", b'{"id":"1"}'),
        ({}, "object", b"{}"),
        (MappingProxyType({"a": None}), "object", b'{"a":null}'),
        ([], "array", b"[]"),
        ((Tree(),), "array", b"[{}]"),
        ([{"a": 1}], "array", b'[{"a":1}]'),
        ("", "string", b'""'),
        ('say "hi"', "string", b'"say \\"hi\\""'),
        (YearMonth(2024, 5), "string", b'"2024-05"'),
        (5, "any", b"5"),
        ([1], "any", b"[1]"),
        ("text", "any", b'"text"'),
        (False, "any", b"false"),
        (NULL, "object", b"null"),
        (NULL, "any", b"null"),
    ],
)
def test_bodies_of_the_kind_that_is_wanted(body, kind, encoded):
    assert encode_body(body, kind) == encoded


@pytest.mark.parametrize(
    ("body", "kind", "given", "way_out"),
    [
        ([Tree()], "object", "list", "pass a model or a dict"),
        ("{}", "object", "str", "pass a model or a dict"),
        (5, "object", "int", "pass a model or a dict"),
        (Tree(), "array", "Tree", "pass a list"),
        ({"a": 1}, "array", "dict", "pass a list"),
        ("text", "array", "str", "pass a list"),
        ({}, "string", "dict", "pass a str"),
        (True, "string", "bool", "pass a str"),
    ],
)
def test_bodies_of_another_kind_are_refused(body, kind, given, way_out):
    with pytest.raises(
        InvalidValueError, match=f"^body: got {given}, expected a JSON .*: {way_out}"
    ):
        encode_body(body, kind)


@pytest.mark.parametrize("kind", ["object", "array", "string", "any"])
@pytest.mark.parametrize("body", [b"{}", object(), Tree, {1, 2}])
def test_bodies_that_are_no_json_at_all_are_refused(body, kind):
    with pytest.raises(InvalidValueError, match=r"^\$: .*pass "):
        encode_body(body, kind)


def test_null_stays_the_one_null():
    for copied in (copy.copy(NULL), copy.deepcopy(NULL), pickle.loads(pickle.dumps(NULL))):
        assert copied is NULL
    assert to_json(copy.deepcopy(Tree(id=NULL))) == b'{"id":null}'
    assert to_json(pickle.loads(pickle.dumps([YearMonth(2024, 5)]))) == b'["2024-05"]'


@given(json_values())
def test_json_values_are_written_as_they_are(value):
    assert json.loads(to_json(value)) == value

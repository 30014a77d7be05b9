"""Copies of a model as another type."""

import json
from typing import Any

import pytest

from genesys_core.codec.conversion import convert_model
from genesys_core.codec.model import Model
from genesys_core.codec.unknown_fields import remember_model
from genesys_core.codec.values import NULL
from genesys_core.errors import InvalidValueError
from genesys_core.models import Queue, QueueRequest
from tests.strategies.codec import Everything, Tree


class Part(Model, kw_only=True):
    id: str | None = None
    newer: int | None = None
    children: list[Tree] | None = None
    weight: str | None = None


def test_a_copy_has_what_both_types_have_and_tells_the_rest():
    tree = Tree(id="1", weight=3, child=Tree(id="2"), children=[Tree(id="3")])
    copy, left_out = convert_model(Part, tree)
    assert copy == Part(id="1", children=[Tree(id="3")], weight="3")
    assert left_out == ["$.child"]


def test_what_the_response_had_besides_is_copied_or_told():
    body = json.dumps({"id": "1", "newer": 5, "newest": 6, "children": [{"odd": 1}]}).encode()
    tree = Tree(id="1", children=[Tree()])
    remember_model(tree, body)
    copy, left_out = convert_model(Part, tree)
    assert (copy.newer, left_out) == (5, ["$.newest", "$.children[0].odd"])


def test_a_number_beyond_a_double_is_told():
    tree = Tree(id="1")
    remember_model(tree, b'{"id":"1","newest":1e400}')
    assert convert_model(Part, tree) == (Part(id="1"), ["$.newest"])


def test_a_queue_becomes_its_request():
    queue = Queue(id="q", name="Support", member_count=3)
    request, left_out = convert_model(QueueRequest, queue)
    assert isinstance(request, QueueRequest)
    assert (request.name, request.member_count, left_out) == ("Support", 3, [])
    assert QueueRequest.of(queue) == request


def test_absent_and_null_members_are_not_told():
    queue = Queue(name="Support", description=NULL)
    copy, left_out = convert_model(Tree, queue)
    assert (copy, left_out) == (Tree(), ["$.name"])


class Loose(Model, kw_only=True):
    """A model whose fields have any value."""

    value: Any = None


class Shaped(Model, kw_only=True):
    value: list[Tree] | None = None


class Single(Model, kw_only=True):
    value: Tree | None = None


class Whole(Model, kw_only=True):
    value: list[int] | None = None


class Number(Model, kw_only=True):
    value: int | None = None


class Mapped(Model, kw_only=True):
    value: dict[str, int] | None = None


@pytest.mark.parametrize(
    ("kind", "value", "copied", "left_out"),
    [
        (Shaped, {"id": "1"}, [Tree(id="1")], []),
        (Single, [{"id": "1"}], Tree(id="1"), []),
        (Whole, 5, [5], []),
        (Number, [5], 5, []),
        (Number, {"a": 5}, None, ["$.value"]),
        (Number, [], None, ["$.value"]),
        (Whole, [1, "x", None, {}, 2], [1, None, None, None, 2], ["$.value[1]", "$.value[3]"]),
        (Mapped, {"a": 1, "b": "x", "c": None}, {"a": 1, "b": None, "c": None}, ["$.value.b"]),
    ],
)
def test_values_of_another_shape_are_converted_or_told(kind, value, copied, left_out):
    assert convert_model(kind, Loose(value=value)) == (kind(value=copied), left_out)


@pytest.mark.parametrize("source", [None, {"name": "x"}, "x"])
def test_only_models_are_copied(source):
    with pytest.raises(TypeError, match="source"):
        convert_model(Tree, source)


def test_a_value_that_cannot_be_sent_is_named():
    with pytest.raises(InvalidValueError, match=r"\$\.text"):
        convert_model(Tree, Everything(text=b"x"))

import gc
import json
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

import msgspec
import pytest
from hypothesis import given, settings
from msgspec import Struct

from genesys_core.codec.decoding import decode
from genesys_core.codec.encoding import to_json
from genesys_core.codec.merge import list_holders, list_parts, merge_over_response
from genesys_core.codec.tagged_union import TaggedUnion
from genesys_core.codec.values import NULL
from genesys_core.errors import InvalidValueError
from tests.helpers.examples import examples
from tests.strategies.codec import Everything, Login, Page, Spoiled, Tree, documents


class Other(Struct):
    """A model with an id of another type."""

    id: str


def _edited(type_, base, edit):
    """The document after get, edit, PUT."""
    body = base if isinstance(base, bytes) else json.dumps(base).encode()
    model = decode(type_, body).data
    edit(model)
    return json.loads(to_json(model, base=body))


def test_a_change_keeps_all_else_as_it_was():
    base = {
        "text": "old",
        "whole": "12",
        "moment": "2024-05-01 10:00Z",
        "flag": "perhaps",
        "login": {"user": "a", "newer": {"x": [1]}},
        "newer": None,
    }
    after = _edited(Everything, base, lambda it: setattr(it, "text", "new"))
    assert after == base | {"text": "new"}
    assert list(after) == list(base)


def test_numbers_that_nobody_changed_keep_their_digits():
    base = b'{"newer": 1.10, "large": 123456789012345678901234567890.5, "real": 2.50, "e": 1e400}'
    model = decode(Everything, base).data
    model.text = "a"
    written = to_json(model, base=base)
    assert written == (
        b'{"newer":1.10,"large":123456789012345678901234567890.5,"real":2.50,"e":1E+400,"text":"a"}'
    )


def test_none_removes_and_null_clears():
    base = {"text": "a", "whole": 1, "flag": "perhaps", "newer": 1}

    def edit(it):
        it.text = None
        it.whole = NULL
        it.flag = None  # as it was: it did not fit

    assert _edited(Everything, base, edit) == {"whole": None, "flag": "perhaps", "newer": 1}


def test_what_did_not_fit_can_be_replaced():
    assert _edited(Everything, {"flag": "perhaps"}, lambda it: setattr(it, "flag", True)) == {
        "flag": True
    }


def test_the_same_instant_is_no_change_but_another_one_is():
    base = {"moment": "2024-05-01T12:00:00+02:00"}
    same = datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert _edited(Everything, base, lambda it: setattr(it, "moment", same)) == base
    other = same.replace(hour=11)
    assert _edited(Everything, base, lambda it: setattr(it, "moment", other)) == {
        "moment": "2024-05-01T11:00:00Z"
    }


def test_true_is_not_one():
    base = {"anything": {"a": 1, "b": 1, "c": 0}}

    def edit(it):
        it.anything["a"] = True
        it.anything["c"] = 0.0

    after = _edited(Everything, base, edit)["anything"]
    assert [(value, type(value)) for value in after.values()] == [
        (True, bool),
        (1, int),
        (0.0, float),
    ]


def test_members_of_maps_come_and_go():
    base = {"counts": {"a": "1", "b": 2, "c": "x", "d": 4}}

    def edit(it):
        del it.counts["b"]
        it.counts["d"] = 5
        it.counts["e"] = 6

    assert _edited(Everything, base, edit) == {"counts": {"a": "1", "c": "x", "d": 5, "e": 6}}


def _trees(*elements):
    return {"trees": [dict(element) for element in elements]}


_A, _B, _C = ({"id": name, "weight": 1, "newer": f"of {name}"} for name in "abc")


def test_elements_with_an_id_are_found_wherever_they_went():
    def edit(it):
        _, b, c = it.trees
        b.weight = 7
        it.trees = [c, Tree(id="d"), b]

    assert _edited(Everything, _trees(_A, _B, _C), edit) == _trees(
        _C, {"id": "d"}, _B | {"weight": 7}
    )


def test_plain_elements_with_an_id_are_found_too():
    base = {"anything": [{"id": 1, "x": 1.0}, {"id": 2, "x": 2}]}

    def edit(it):
        it.anything.reverse()
        it.anything[1]["y"] = 3

    after = _edited(Everything, base, edit)
    assert after == {"anything": [{"id": 2, "x": 2}, {"id": 1, "x": 1.0, "y": 3}]}


def test_an_element_with_another_id_is_another_element():
    def edit(it):
        it.trees[0] = Tree(id="z", weight=1)

    assert _edited(Everything, _trees(_A), edit) == _trees({"id": "z", "weight": 1})


def _anonymous(weight):
    return {"weight": weight, "newer": f"of {weight}"}


def test_elements_without_an_id_are_found_by_what_they_are():
    def edit(it):
        del it.trees[0]

    base = _trees(_anonymous(1), _anonymous(2), _anonymous(3))
    assert _edited(Everything, base, edit) == _trees(_anonymous(2), _anonymous(3))


def test_a_changed_element_without_an_id_is_another_one():
    def edit(it):
        it.trees[1].weight = 5
        it.trees.append(Tree(weight=9))

    base = _trees(_anonymous(1), _anonymous(2), _anonymous(3))
    assert _edited(Everything, base, edit) == _trees(
        _anonymous(1), {"weight": 5}, _anonymous(3), {"weight": 9}
    )


def test_equal_elements_stay_in_their_places():
    base = _trees({"weight": 1, "newer": "a"}, {"weight": 1, "newer": "b"})

    def edit(it):
        it.trees[0].weight = 2

    assert _edited(Everything, base, edit) == _trees({"weight": 2}, {"weight": 1, "newer": "b"})


def test_a_model_with_another_id_inherits_nothing():
    base = {"id": "1", "child": {"id": "2", "newer": "of 2"}, "newer": "of 1"}

    def edit(it):
        it.child = Tree(id="3")

    assert _edited(Tree, base, edit) == {"id": "1", "child": {"id": "3"}, "newer": "of 1"}


def test_elements_that_did_not_fit_stay():
    base = {"numbers": [1, "x", "3", None], "words": ["a", {}]}

    def edit(it):
        it.numbers[0] = 2

    assert _edited(Everything, base, edit) == {"numbers": [2, "x", "3", None], "words": ["a", {}]}


def test_a_value_taken_from_an_array_stays_an_array_until_it_changes():
    base = {"words": "a", "text": ["b"], "login": [{"user": "c", "newer": 1}]}
    assert _edited(Everything, base, lambda _: None) == base
    assert _edited(Everything, base, lambda it: it.words.append("d")) == base | {
        "words": ["a", "d"]
    }


def test_tuples_and_elements_that_have_no_form_of_their_own():
    base = {"words": ["a", "b"]}
    after = _edited(Everything, base, lambda it: setattr(it, "words", ("b", "c")))
    assert after == {"words": ["b", "c"]}
    with pytest.raises(InvalidValueError, match=r"\$\.words\[0\]: object cannot be represented"):
        _edited(Everything, base, lambda it: setattr(it, "words", [object()]))


def test_a_base_that_breaks_the_rules_of_json_will_do():
    assert _edited(
        Tree, b'\xef\xbb\xbf{"id": "1", "newer": 1}', lambda it: setattr(it, "id", "2")
    ) == {
        "id": "2",
        "newer": 1,
    }


@pytest.mark.parametrize(
    ("value", "base", "message"),
    [
        (Tree(), b"", "base is not a Tree: the body is empty"),
        (Tree(), b"<html>", "base is not a Tree: the body looks like HTML"),
        (Tree(), b"[]", "base is not a Tree: expected object .* as the whole body, found array"),
        ({"id": "1"}, b"{}", "base can be used only with a model, not with a dict"),
        ([Tree()], b"[]", "base can be used only with a model, not with a list"),
    ],
)
def test_a_base_that_does_not_go_with_the_value_is_refused(value, base, message):
    with pytest.raises(InvalidValueError, match=f"^{message}"):
        to_json(value, base=base)


def test_a_value_nested_too_deeply_is_refused():
    base = b'{"child":' * 490 + b"{}" + b"}" * 490
    model = decode(Tree, base).data
    model.id = "changed"
    with pytest.raises(InvalidValueError, match="nested too deeply"):
        to_json(model, base=base)


def test_secrets_are_merged_like_all_else():
    base = {"user": "a", "password": 4711}
    assert _edited(Login, base, lambda it: setattr(it, "user", "b")) == base | {"user": "b"}


@pytest.mark.slow
@given(documents(Page, faults=5))
@settings(max_examples=examples(200), deadline=None)
def test_without_a_change_the_document_stays_what_it_was(spoiled: Spoiled):
    assert _edited(Page, spoiled.document, lambda _: None) == spoiled.document


def test_null_stays_null_in_a_base():
    base = {"id": "1", "weight": None, "newer": None}
    assert _edited(Tree, base, lambda it: setattr(it, "id", "2")) == base | {"id": "2"}


@pytest.mark.parametrize("now", [None, "2"])
@pytest.mark.parametrize("before", [{}, {"id": "1"}])
def test_a_model_without_an_id_before_or_afterwards_is_the_same_one(before, now):
    base = {"child": {"newer": "of child", **before}}
    after = _edited(Tree, base, lambda it: setattr(it, "child", Tree(id=now, weight=5)))
    is_same = now is None or not before
    expected = {"weight": 5} | ({"newer": "of child"} if is_same else {})
    assert after == {"child": expected | ({} if now is None else {"id": now})}


def test_a_model_of_another_type_inherits_nothing():
    base = {"child": {"id": "1", "newer": 2}}
    after = _edited(Tree, base, lambda it: setattr(it, "child", Other(id="1")))
    assert after == {"child": {"id": "1"}}


def test_of_several_equal_elements_one_stays_in_the_middle():
    base = _trees(*({"weight": 1, "newer": name} for name in "abc"))

    def edit(it):
        it.trees[0].weight = it.trees[2].weight = 2

    assert _edited(Everything, base, edit) == _trees(
        {"weight": 2}, {"weight": 1, "newer": "b"}, {"weight": 2}
    )


def test_plain_elements_with_an_id_keep_the_digits_of_their_numbers():
    body = b'{"anything":[{"id":1,"x":1.10},{"id":2,"x":2.20}]}'
    model = decode(Everything, body).data
    model.anything.reverse()
    model.anything[1]["y"] = 3
    assert to_json(model, base=body) == (
        b'{"anything":[{"id":2,"x":2.20},{"id":1,"x":1.10,"y":3}]}'
    )


# --- over a response


def _sent(edit, body, remembered=(), kind=Tree):
    tree = decode(kind, body).data
    parts = list_parts(tree)[1:]
    edit(tree)
    document = merge_over_response(tree, body, parts, lambda value: value in remembered)
    return json.loads(to_json(document))


def test_parts_are_the_models_and_containers_level_by_level():
    child, element, named = Tree(id="c"), Tree(id="e"), Tree(id="n")
    tree = Tree(child=child, children=[element], by_name={"a": named})
    assert list_parts(tree) == [tree, child, [element], {"a": named}, element, named]
    assert list_parts(Login(user="a")) == [Login(user="a")]


def test_values_that_hold_no_model_are_passed_over():
    class Words(Struct):
        words: list[str]
        others: list[Tree | tuple[int, list[int]]]

    class Free(Struct):
        free: dict[str, Any]

    last = Words(["b"], [])
    free = Free({"a": ["c"]})
    words = Words(["a"], [(1, [2]), last, free])  # type: ignore[list-item]
    assert list_parts(words) == [words, words.others, (1, [2]), last, free]
    page = {"entities": [{"free": {"a": [1], "b": {"c": 2}, "d": 3}, "newer": 4}, {}], "newer": 5}
    after = _edited(Page, page, lambda it: setattr(it, "page_size", 1))
    assert after == page | {"pageSize": 1}


def test_fields_that_may_hold_models():
    class Shape(metaclass=TaggedUnion):
        tag = "kind"
        cases: ClassVar = {}

    class Fields(Struct):
        text: str
        mode: Literal["a", "b"]
        tree: Tree
        shape: Shape
        words: list[str]
        maybe: Tree | None
        trees: dict[str, list[Tree]] = msgspec.field(name="treeMap")

    assert list_holders(Fields) == (
        (2, "tree", "tree"),
        (3, "shape", "shape"),
        (5, "maybe", "maybe"),
        (6, "trees", "treeMap"),
    )
    assert list_holders(dict) == ()


def test_keys_that_are_numbers_are_text_in_json():
    class Counted(Struct):
        counts: dict[int, int]

    base = {"counts": {"1": 2}, "newer": 3}
    after = _edited(Counted, base, lambda it: it.counts.update({4: 5}))
    assert after == {"counts": {"1": 2, "4": 5}, "newer": 3}
    after = _edited(Counted, base, lambda it: setattr(it, "counts", {"1": 3}))
    assert after == {"counts": {"1": 3}, "newer": 3}


def test_models_are_recognized_whatever_the_garbage_collector_tracks():
    body = b"""{"newer": 1, "children": [{"newer": 2}, {"id": "a", "newer": 3}],
               "byName": {"a": {"newer": 4}, "b": {"id": "b", "children": [{"newer": 5}]}}}"""

    def move(tree):
        gc.collect()
        tree.children, tree.by_name = (
            [tree.by_name["b"], *tree.by_name["b"].children],
            {"c": tree.children[1], "d": tree.children[0]},
        )
        tree.children[0].children = None

    assert _sent(move, body) == {
        "newer": 1,
        "children": [{"id": "b"}, {"newer": 5}],
        "byName": {"c": {"id": "a", "newer": 3}, "d": {"newer": 2}},
    }


def test_an_object_keeps_its_members_wherever_it_goes():
    body = b"""{"child": {"newer": 1, "children": [{"newer": 2}, {"newer": 3}]},
               "byName": {"a": {"newer": 4}}}"""

    def move(tree):
        first, second = tree.child.children
        first.weight = second.weight = 5
        tree.children = [Tree(weight=6, child=second)]
        tree.child.children = [tree.by_name["a"], Tree(weight=5)]
        tree.by_name = {"b": Tree(by_name={"c": first})}

    assert _sent(move, body) == {
        "child": {"newer": 1, "children": [{"newer": 4}, {"weight": 5}]},
        "children": [{"weight": 6, "child": {"newer": 3, "weight": 5}}],
        "byName": {"b": {"byName": {"c": {"newer": 2, "weight": 5}}}},
    }


class Tagged(Struct, tag="own"):
    """A type of a user's own around a model."""

    tree: Tree
    note: str | None = None


def test_a_type_of_a_users_own_around_a_part_is_encoded_as_it_says():
    def wrap(tree):
        tree.child.weight = 5
        tree.by_name, tree.child = {"a": Tagged(tree.child)}, None

    assert _sent(wrap, b'{"child": {"newer": 1}}') == {
        "byName": {"a": {"type": "own", "tree": {"newer": 1, "weight": 5}, "note": None}}
    }


def test_what_did_not_fit_has_no_members_of_its_own():
    """The element of an array that stands for one model, and arrays that lost elements."""
    body = b'{"child": [{"weight": 1, "newer": 1}], "children": {"weight": 2, "newer": 2}}'
    assert _sent(lambda _: None, body) == json.loads(body)

    def change(tree):
        tree.child.weight = 7

    assert _sent(change, body) == json.loads(body) | {"child": {"weight": 7}}
    named = b'{"child": [{"id": "1", "newer": 1}], "children": [null, {"newer": 2}]}'

    def replace(tree):
        tree.child = Tree(id="1", weight=7)

    assert _sent(replace, named) == json.loads(named) | {"child": {"id": "1", "weight": 7}}


def test_what_was_replaced_inherits_nothing_and_what_was_changed_keeps_all():
    body = b'{"child":{"weight":1,"newer":1},"children":[{"weight":2,"newer":2}],"weight":null}'

    def change(tree):
        tree.child.weight = tree.children[0].weight = 5

    def replace(tree):
        tree.child, tree.children = Tree(weight=5), [Tree(weight=5)]

    assert _sent(change, body) == {
        "child": {"weight": 5, "newer": 1},
        "children": [{"weight": 5, "newer": 2}],
    }
    assert _sent(replace, body) == {"child": {"weight": 5}, "children": [{"weight": 5}]}


def test_what_did_not_fit_stays_unless_it_was_changed():
    body = b'{"id": "1", "weight": "heavy", "newer": 1}'
    assert _sent(lambda tree: setattr(tree, "id", "2"), body) == {
        "id": "2",
        "weight": "heavy",
        "newer": 1,
    }


def test_maps_in_lists_keep_what_did_not_fit():
    class Maps(Struct):
        maps: list[dict[str, Tree]]

    body = b'{"maps": [{"a": 5, "b": {"newer": 1}}]}'
    assert _sent(lambda _: None, body, kind=Maps) == json.loads(body)


def test_a_model_that_equals_the_one_it_replaced_inherits_its_members():
    body = b'{"child": {"weight": 2, "newer": 1}}'
    assert _sent(lambda tree: setattr(tree, "child", Tree(weight=2)), body) == json.loads(body)


def test_an_element_that_is_still_in_the_list_gives_nothing_to_an_equal_one():
    body = b'{"children": [{"weight": 0, "newer": 0}, {"weight": 1, "newer": 1}]}'

    def double(tree):
        tree.children = [tree.children[0], Tree(weight=0), Tree(weight=1)]

    assert _sent(double, body) == {
        "children": [{"weight": 0, "newer": 0}, {"weight": 0}, {"weight": 1, "newer": 1}]
    }


def test_a_new_model_without_parts_of_the_response_is_left_to_the_encoder():
    body = b'{"newer": 1}'
    tree, new = decode(Tree, body).data, Tree(id="a", child=Tree(id="b"))
    tree.child = new
    merged = merge_over_response(tree, body, [], lambda _: False)
    assert merged == {"newer": 1, "child": new}
    assert merged["child"] is new


def test_a_model_of_another_response_is_left_to_its_own():
    other = Tree(id="b", weight=7)
    body = b'{"child":{"id":"b","newer":1}}'

    def put(tree):
        tree.child = other

    assert _sent(put, body, [other]) == {"child": {"id": "b", "weight": 7}}
    assert _sent(put, body) == {"child": {"id": "b", "weight": 7, "newer": 1}}

"""What a response had besides is sent back with its model, and with no other."""

import copy
import gc
import json
import pickle
import sys
from functools import partial

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from genesys_core.codec import unknown_fields
from genesys_core.codec.decoding import decode
from genesys_core.codec.encoding import encode_body, to_json
from genesys_core.codec.unknown_fields import (
    check_keep_unknown,
    remember_items,
    remember_model,
    restore_unknown_fields,
)
from genesys_core.codec.values import NULL
from genesys_core.errors import InvalidValueError
from tests.strategies.codec import Everything, Page, Tree


class Plain(Struct):
    """A type of a user's own."""

    id: str | None = None


def received(document, kind=Tree):
    body = json.dumps(document).encode()
    model = decode(kind, body).data
    remember_model(model, body)
    return model


def sent(model):
    return json.loads(encode_body(model, "any"))


def test_an_unknown_field_is_sent_back():
    tree = received({"id": "1", "weight": 1, "newer": {"a": [1, None]}})
    tree.weight = 2
    assert sent(tree) == {"id": "1", "weight": 2, "newer": {"a": [1, None]}}
    assert sent([tree, {"inner": (tree,)}]) == [sent(tree), {"inner": [sent(tree)]}]
    assert sent(Tree(id="2", child=tree)) == {"id": "2", "child": sent(tree)}
    assert to_json(tree) == b'{"id":"1","weight":2}'  # what a user writes elsewhere is the model


def test_values_that_did_not_fit_are_sent_back_unless_they_were_changed():
    tree = received({"id": "1", "weight": "heavy", "children": [{"id": "2", "newer": 1}, 5]})
    assert sent(tree)["weight"] == "heavy"
    tree.weight = 7
    assert sent(tree)["weight"] == 7


def test_absent_fields_stay_absent_where_the_response_had_null():
    tree = received({"id": "1", "weight": None, "child": {"weight": None, "newer": None}})
    assert sent(tree) == {"id": "1", "child": {"newer": None}}
    tree.weight = NULL
    assert sent(tree)["weight"] is None


def test_a_removed_field_is_removed():
    tree = received({"id": "1", "child": {"weight": 2, "newer": 1}, "children": [{"newer": 2}]})
    tree.child = tree.children = None
    assert sent(tree) == {"id": "1"}


def test_a_nested_model_that_was_replaced_takes_nothing_over():
    tree = received({"child": {"weight": 2, "newer": 1}})
    tree.child.weight = 3
    assert sent(tree) == {"child": {"weight": 3, "newer": 1}}
    tree.child = Tree(weight=3)
    assert sent(tree) == {"child": {"weight": 3}}
    tree.child = Tree(weight=2)  # equal to what was there
    assert sent(tree) == {"child": {"weight": 2, "newer": 1}}
    named = received({"child": {"id": "2", "newer": 1}})
    named.child = Tree(id="2", weight=4)
    assert sent(named) == {"child": {"id": "2", "weight": 4, "newer": 1}}
    named.child = Tree(id="3", weight=4)
    assert sent(named) == {"child": {"id": "3", "weight": 4}}


@pytest.mark.parametrize("identity", [{}, {"id": "b"}])
def test_a_model_of_another_response_keeps_its_own(identity):
    tree = received({"child": {"newer": 1, **identity}, "children": [{"newer": 2, **identity}]})
    other = received({"weight": 7, "newer": 3, **identity})
    tree.child = other
    tree.children = [*tree.children, other]
    result = sent(tree)
    assert result["child"] == {"weight": 7, "newer": 3, **identity}
    assert result["children"] == [{"newer": 2, **identity}, result["child"]]
    tree.child = Tree(child=other)
    assert sent(tree)["child"] == {"child": {"weight": 7, "newer": 3, **identity}}


def test_elements_of_lists_are_told_by_what_they_are_not_by_position():
    tree = received({"children": [{"weight": n, "newer": n} for n in range(4)]})
    first, second, third, fourth = tree.children
    second.weight = 9
    tree.children = [Tree(weight=8), fourth, second, Tree(weight=2)]
    assert sent(tree)["children"] == [
        {"weight": 8},
        {"weight": 3, "newer": 3},
        {"weight": 9, "newer": 1},
        {"weight": 2, "newer": 2},  # equal to the third
    ]
    tree.children = (first, first, third)
    assert sent(tree)["children"] == [
        {"weight": 0, "newer": 0},
        {"weight": 0},
        {"weight": 2, "newer": 2},
    ]


def test_nobody_else_sees_the_memory():
    tree = received({"id": "1", "newer": 1})
    assert tree == Tree(id="1")
    assert repr(tree) == "Tree(id='1')"
    for other in (
        copy.copy(tree),
        copy.deepcopy(tree),
        pickle.loads(pickle.dumps(tree)),
        msgspec.structs.replace(tree),
    ):
        assert sent(other) == {"id": "1"}


@pytest.mark.parametrize(
    "document", [b'{"id": "1"}', b'{"child": {"id": "2"}, "children": [{"child": {}}]}']
)
def test_the_memory_ends_with_the_model(document):
    body = bytes(bytearray(document))  # referenced nowhere else
    others = sys.getrefcount(body)
    tree = decode(Tree, body).data
    remember_model(tree, body)
    assert sent(tree) == json.loads(document)
    assert sys.getrefcount(body) == others + 1
    tracked = gc.isenabled()
    gc.disable()  # it ends at once, not with a garbage collection
    try:
        del tree
        assert sys.getrefcount(body) == others
    finally:
        if tracked:
            gc.enable()


def test_the_memory_ends_with_a_model_that_contains_itself():
    body = bytes(bytearray(b'{"child": {"id": "2"}}'))
    others = sys.getrefcount(body)
    tree = decode(Tree, body).data
    remember_model(tree, body)
    tree.child.child = tree
    del tree
    gc.collect()
    assert sys.getrefcount(body) == others


def calls(function):
    """How many Python functions a function calls, itself included."""
    found = []
    previous = sys.getprofile()
    sys.setprofile(lambda frame, event, _: found.append(frame) if event == "call" else None)
    try:
        function()
    finally:
        sys.setprofile(previous)
    return len(found)


def test_a_record_is_one_call_however_many_models_a_response_has():
    wide = json.dumps({"children": [{"id": str(n)} for n in range(500)]}).encode()
    for body in (b'{"id": "1", "weight": 5}', wide):
        tree = received(json.loads(body))  # the type is known from now on
        tree = decode(Tree, body).data
        assert calls(partial(remember_model, tree, body)) == 1


def test_parts_are_listed_once_when_a_field_that_may_hold_models_is_first_used(monkeypatch):
    listed = []
    list_parts = unknown_fields.list_parts
    monkeypatch.setattr(
        unknown_fields, "list_parts", lambda model: listed.append(model) or list_parts(model)
    )
    tree = received({"id": "1", "child": {"weight": 1, "newer": 1}})
    assert (tree.id, tree.weight, repr(tree), tree == Tree(id="1")) == (
        "1",
        None,
        "Tree(id='1', child=Tree(weight=1))",
        False,
    )
    assert (listed, sent(tree)) == ([], {"id": "1", "child": {"weight": 1, "newer": 1}})
    assert tree.child.child is tree.children is None
    assert len(listed) == 1
    assert Tree().child is None
    assert len(listed) == 1


@pytest.mark.parametrize("child", [Tree(weight=1), None])
def test_a_part_that_is_replaced_before_it_was_read_gives_nothing_to_its_successor(child):
    document = {"child": {"newer": 1}, "children": [{"newer": 2}], "byName": {"x": {"newer": 3}}}
    tree = received(document)
    tree.child, tree.children, tree.by_name = child, [Tree(weight=2)], {"x": Tree(weight=3)}
    rest = {"children": [{"weight": 2}], "byName": {"x": {"weight": 3}}}
    assert sent(tree) == ({} if child is None else {"child": {"weight": 1}}) | rest
    del tree.child  # as of any model, which cannot be used until the field is assigned
    with pytest.raises(AttributeError):
        tree.child  # noqa: B018
    tree.child = Tree(weight=4)
    assert sent(tree)["child"] == {"weight": 4}


def test_a_part_that_is_replaced_and_read_afterwards_gives_nothing_to_its_successor():
    tree = received({"child": {"newer": 1}})
    tree.child = Tree(weight=1)
    assert tree.child.weight == 1
    assert sent(tree) == {"child": {"weight": 1}}


def test_a_subclass_of_a_received_type_is_received_as_well():
    received({"id": "1"})

    class Larger(Tree, kw_only=True):
        size: int | None = None
        other: Tree | None = None

    for _ in range(2):
        tree = received({"size": 1, "child": {"newer": 1}, "other": {"newer": 2}}, Larger)
        tree.child, tree.other = tree.other, tree.child
        assert sent(tree) == {"size": 1, "child": {"newer": 2}, "other": {"newer": 1}}


def test_parts_that_were_changed_through_a_copy_are_told_by_what_they_are():
    """A copy shares them, and lists nothing: afterwards their number is another."""
    tree = received({"children": [{"id": "a", "newer": 1}, {"weight": 2, "newer": 2}]})
    copy.copy(tree).children.insert(0, Tree(weight=3))
    assert [each.weight for each in tree.children] == [3, None, 2]
    assert sent(tree)["children"] == [
        {"weight": 3},
        {"id": "a", "newer": 1},
        {"weight": 2, "newer": 2},
    ]


def test_a_listing_is_parsed_when_an_item_is_sent_back(monkeypatch):
    body = json.dumps({"entities": [{"text": str(n), "newer": n} for n in range(9)]}).encode()
    page = decode(Page, body).data
    parsed = []
    parse = unknown_fields._Listing._parse
    monkeypatch.setattr(
        unknown_fields._Listing, "_parse", lambda self: parsed.append(self) or parse(self)
    )
    remember_items(page, body, "entities")
    assert parsed == []
    page.entities.reverse()
    assert [sent(item)["newer"] for item in page.entities] == [8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert len(parsed) == 1


def test_a_listing_without_a_part_for_each_item_is_parsed_once(monkeypatch):
    parsed = []
    parse = unknown_fields._Listing._parse
    monkeypatch.setattr(
        unknown_fields._Listing, "_parse", lambda self: parsed.append(self) or parse(self)
    )
    page = Page(entities=[Everything(text="a"), Everything(text="b")])
    remember_items(page, b'{"entities":{}}', "entities")
    assert [sent(item) for item in page.entities] == [{"text": "a"}, {"text": "b"}]
    assert len(parsed) == 1


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b'{"entities":[{"text":"a\\ud800","newer":1},{"newer":2}]}', [1, 2]),
        (b'{"entities":[{"newer":NaN},{"newer":2}]}', [None, 2]),
        (b'{"entities":[{"text":"\xe9\n","newer":1},{"newer":2}]}', [1, 2]),
        (b'\xef\xbb\xbf{"entities":[{"newer":1},{"newer":2}]}', [1, 2]),
    ],
)
def test_items_of_a_page_that_is_not_quite_json_keep_their_unknown_fields(body, kept):
    page = decode(Page, body).data
    remember_items(page, body, "entities")
    assert [sent(item)["newer"] for item in page.entities] == kept
    assert all(sent(item).keys() <= {"text", "newer"} for item in page.entities)


def test_the_items_of_a_listing_are_recorded_without_a_call_for_each():
    pages = [Page(entities=[Everything() for _ in range(count)]) for count in (1, 1, 500)]
    counts = [calls(partial(remember_items, page, b"{}", "entities")) for page in pages]
    assert counts[2] == counts[1]


def test_a_model_that_is_remembered_again_is_what_came_last():
    tree = received({"id": "1", "newer": 1})
    remember_model(tree, b'{"id": "1", "newer": 2}')
    assert sent(tree) == {"id": "1", "newer": 2}
    gc.collect()
    assert sent(tree) == {"id": "1", "newer": 2}


class Frozen(Tree, frozen=True):
    """A type of a user's own, whose models cannot have a record."""


@pytest.mark.parametrize("value", [None, 5, [Tree()], {"a": 1}, Plain(id="1"), Frozen(id="1")])
def test_other_values_are_not_remembered(value):
    remember_model(value, b'{"newer": 1}')
    assert restore_unknown_fields(value) is value


def test_before_the_first_record_no_body_is_looked_at(monkeypatch):
    monkeypatch.setattr(unknown_fields, "_WATCHED", set())
    monkeypatch.delattr(unknown_fields, "_has_record")
    body = [Tree(child=Tree())]
    assert restore_unknown_fields(body) is body


BODIES = ([Tree(child=Tree())], {"a": [1, (2, "x")]}, [{Plain}], Tree(), (), 5)


def test_bodies_without_remembered_models_are_not_rebuilt(monkeypatch):
    received({"id": "1"})
    monkeypatch.delattr(unknown_fields, "_restored")
    for body in BODIES:
        assert restore_unknown_fields(body) is body


def test_values_beside_a_remembered_model_stay_as_they_are():
    kept = received({"id": "1", "newer": 1})
    first, *others = restore_unknown_fields([kept, *BODIES])
    assert first == {"id": "1", "newer": 1}
    assert all(one is other for one, other in zip(others, BODIES, strict=True))


class Tagged(Struct, tag="w", tag_field="kind", rename={"count": "how_many"}):
    """A type of a user's own that says what it is, and has fields that may be null."""

    tree: Tree
    note: str | None = None
    count: int = 0


class Row(Struct, array_like=True, frozen=True):
    """A type of a user's own that is a list in JSON."""

    tree: Tree
    note: str | None = None


def test_a_type_of_a_users_own_is_encoded_as_without_a_remembered_model():
    for kind in (Tagged, Row):
        before, after = kind(Tree(id="1")), kind(received({"id": "1", "newer": 2}))
        tree = json.dumps({"id": "1", "newer": 2})
        without = json.dumps(sent(before))
        assert json.dumps(sent(after)) == without.replace(json.dumps({"id": "1"}), tree)
    assert sent(Tagged(Tree(id="1")))["kind"] == "w"
    assert sent(Row(Tree(id="1"))) == [{"id": "1"}, None]
    assert after.tree == Tree(id="1"), "the value itself is not changed"


def test_a_body_that_contains_itself_is_refused_as_before():
    received_tree = received({"id": "1"})
    tree = Tree(child=received_tree)
    tree.children = [tree]
    with pytest.raises(InvalidValueError, match="contains itself"):
        encode_body(tree, "any")


# --- items of listings


@pytest.mark.parametrize(
    ("document", "kind", "path"),
    [
        ({"entities": [{"text": "a", "newer": 1}, {"text": "b"}]}, Page, "entities"),
        ([{"text": "a", "newer": 1}, {"text": "b"}], list[Everything], ""),
        (
            {"x": {"entities": [{"text": "a", "newer": 1}, {"text": "b"}]}},
            dict[str, Page],
            "x.entities",
        ),
    ],
)
def test_items_are_remembered_each_with_its_part(document, kind, path):
    body = json.dumps(document).encode()
    page = decode(kind, body).data
    remember_items(page, body, path)
    items = page["x"].entities if isinstance(page, dict) else getattr(page, "entities", page)
    assert [sent(item) for item in items] == [{"text": "a", "newer": 1}, {"text": "b"}]


@pytest.mark.parametrize(
    ("page", "body", "path"),
    [
        (Page(entities=[Everything()]), b'{"entities":[{},{}]}', "entities"),
        (Page(entities=[Everything()]), b'{"entities":[{"newer":1},{}]}', "entities"),
        (Page(entities=[Everything()]), b'{"entities":{}}', "entities"),
        (Page(entities=[Everything()]), b'{"items":[{}]}', "entities"),
        (Page(entities=[Everything()]), b'{"entities":[{}]', "entities"),
        (Page(), b'{"entities":[{}]}', "entities"),
        (Page(), b'{"entities":[{}]}', "results"),
        (["a", 5], b'["a",5]', ""),
        (5, b'{"entities":[{}]}', "entities"),
    ],
)
def test_items_without_a_part_each_are_not_remembered(page, body, path):
    remember_items(page, body, path)
    assert sent([page]) == json.loads(to_json([page]))
    assert sent({"a": getattr(page, "entities", page)}) == json.loads(
        to_json({"a": getattr(page, "entities", page)})
    )


def test_the_option_is_one_of_three():
    for value in (True, False, None, "items"):
        check_keep_unknown(value)
    with pytest.raises(
        InvalidValueError, match="keep_unknown='all': must be True, False or 'items'"
    ):
        check_keep_unknown("all")


# --- any edit: nothing lost that was not removed, nothing sent that belongs elsewhere


OWN = {"id": st.text("abc", min_size=1, max_size=9), "weight": st.integers(0, 2)}


def objects(children):
    return st.fixed_dictionaries(
        {},
        optional=OWN
        | {
            "child": children,
            "children": st.lists(children, max_size=3),
            "byName": st.dictionaries(st.sampled_from("xyz"), children, max_size=2),
        },
    )


DOCUMENTS = objects(st.recursive(st.fixed_dictionaries({}, optional=OWN), objects, max_leaves=6))
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["weigh", "name", "drop", "reverse", "replace", "move", "wrap", "put"]),
        st.integers(0, 99),
        st.integers(0, 99),
    ),
    max_size=6,
)


def marked(document):
    """Give every object a member of its own that this version does not know."""
    for number, each in enumerate(documents_of(document)):
        each["newer"] = number
    return document


def parts(tree):
    """Every model with where it is: container and key."""
    found = [(tree, None, None)]
    for each, _, _ in found:
        if each.child is not None:
            found.append((each.child, each, "child"))
        found += [(x, each.children, n) for n, x in enumerate(each.children or [])]
        found += [(x, each.by_name, key) for key, x in (each.by_name or {}).items()]
    return found


def put(container, key, value):
    if isinstance(container, Tree):
        container.child = value
    elif value is not None:
        container[key] = value
    else:
        del container[key]


def edit(tree, action, number, other):
    everything = parts(tree)
    model, container, key = everything[number % len(everything)]
    target = everything[other % len(everything)][0]
    match action:
        case "weigh":
            model.weight = 100 + other
        case "name":
            model.id = f"new {other}"
        case "drop" if container is not None:
            put(container, key, None)
        case "reverse" if model.children:
            model.children.reverse()
        case "replace" if container is not None:
            put(container, key, Tree(weight=1000 + other))
        case "move" if container is not None and all(x is not target for x, _, _ in parts(model)):
            put(container, key, None)
            target.children = [*(target.children or []), model]
        case "wrap" if container is not None:
            put(container, key, Tree(weight=2000 + other, child=model))
        case "put":
            model.children = [*(model.children or []), Tree(weight=3000 + other)]


@given(DOCUMENTS, EDITS)
def test_any_edit(document, edits):
    """What was received is sent with its own unknown member wherever it is, all else without."""
    tree = received(marked(document))
    held = [model for model, _, _ in parts(tree)]  # alive, so that identities stay theirs
    marks = {id(model): place for model, place in zip(held, marks_of(document), strict=True)}
    for action, number, other in edits:
        edit(tree, action, number, other)
    result = sent(tree)
    models = [model for model, _, _ in parts(tree)]
    assert marks_of(result) == [marks.get(id(model)) for model in models]
    assert [each.get("weight") for each in documents_of(result)] == [m.weight for m in models]


def documents_of(document):
    found = [document]
    for each in found:
        found += [each["child"]] if "child" in each else []
        found += [*each.get("children", []), *each.get("byName", {}).values()]
    return found


def marks_of(document):
    return [each.get("newer") for each in documents_of(document)]

import copy
import enum
import json
import random
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
import pytest
from hypothesis import given, settings

from genesys_core.codec import repair as repair_module
from genesys_core.codec.decoding import decode
from genesys_core.codec.issues import Issue
from genesys_core.codec.model_tables import define_models
from genesys_core.codec.repair import repair_value
from genesys_core.codec.values import YearMonth, dec_hook
from genesys_core.errors import DecodeError
from tests.strategies.codec import (
    Everything,
    Login,
    Page,
    Tree,
    documents,
    fitting,
    leaves,
    real_models,
    spoil,
    under,
)


def _only(raw, type_):
    """The repaired value and its one issue."""
    value, (issue,) = repair_value(raw, type_)
    return value, issue


@pytest.mark.parametrize(
    ("member", "raw", "value", "message", "shown"),
    [
        ("text", 12, "12", "expected string, found number: converted", "12"),
        (
            "text",
            {"a": 1},
            None,
            "expected string, found object: replaced with None",
            "object of 1",
        ),
        ("whole", "12", 12, "expected integer, found string: converted", '"12"'),
        ("whole", 1.5, None, "expected integer, found number: replaced with None", "1.5"),
        ("real", "x", None, "expected number, found string: replaced with None", '"x"'),
        ("flag", "TRUE", True, "expected boolean, found string: converted", '"TRUE"'),
        (
            *("moment", "2024-05-01T10:00Z", datetime(2024, 5, 1, 10, tzinfo=UTC)),
            *("expected date-time, found string: converted", '"2024-05-01T10:00Z"'),
        ),
        (
            *("moment", 1714557600000, None),
            *("expected date-time, found number: replaced with None", "1714557600000"),
        ),
        (
            "month",
            "2024-13",
            None,
            "expected year-month, found string: replaced with None",
            '"2024-13"',
        ),
        ("month", 202405, None, "expected year-month, found number: replaced with None", "202405"),
        ("words", "a", ["a"], "expected array, found string: wrapped in an array", '"a"'),
        ("numbers", "x", None, "expected integer, found string: replaced with None", '"x"'),
        ("text", ["a"], "a", "expected string, found array: used its only element", "array of 1"),
        (
            "text",
            ["a", "b"],
            None,
            "expected string, found array: replaced with None",
            "array of 2",
        ),
        ("text", [["a"]], None, "expected string, found array: replaced with None", "array of 1"),
        ("text", [], None, "expected string, found array: replaced with None", "array of 0"),
        ("counts", [], None, "expected object, found array: replaced with None", "array of 0"),
        ("login", 5, None, "expected object (Login), found number: replaced with None", "5"),
    ],
)
def test_one_member_of_another_kind(member, raw, value, message, shown):
    document, issue = _only({member: raw, "unknown": 5, "free": {"a": None}}, Everything)
    assert getattr(document, member) == value
    assert document.free == {"a": None}
    assert issue == Issue(f"$.{member}", message, shown)


def test_nested_places_are_kept_and_named():
    document = {
        "treeMap": {"a b": [{"id": "1"}, "x", {"children": [{"weight": "heavy"}, {"id": "2"}]}]},
        "odd.name": 5,
    }
    value, issues = repair_value(document, Everything)
    assert value == Everything(
        tree_map={
            "a b": [Tree(id="1"), None, Tree(children=[Tree(), Tree(id="2")])],  # type: ignore[list-item]
        },
        odd_name_="5",
    )
    assert [issue.path for issue in issues] == [
        '$.treeMap["a b"][1]',
        '$.treeMap["a b"][2].children[0].weight',
        '$["odd.name"]',
    ]


def test_elements_keep_their_positions():
    value, issues = repair_value({"words": ["a", None, {}, "b"], "counts": {"a": None}}, Everything)
    assert value == Everything(words=["a", None, None, "b"], counts={"a": None})  # type: ignore[list-item, dict-item]
    assert [(issue.path, issue.value) for issue in issues] == [
        ("$.words[1]", "null"),
        ("$.words[2]", "object of 0"),
        ("$.counts.a", "null"),
    ]


def test_an_object_where_an_array_of_objects_was_promised():
    value, issues = repair_value({"trees": {"id": 5}}, Everything)
    assert value == Everything(trees=[Tree(id="5")])
    assert [(issue.path, issue.message.rpartition(": ")[2]) for issue in issues] == [
        ("$.trees.id", "converted"),
        ("$.trees", "wrapped in an array"),
    ]


def test_the_only_element_is_repaired_too():
    value, issues = repair_value({"child": [{"weight": "3"}]}, Tree)
    assert value == Tree(child=Tree(weight=3))
    assert [issue.path for issue in issues] == ["$.child", "$.child[0].weight"]


def test_secrets_are_not_shown_and_neither_is_what_is_in_them():
    document = {"user": 1, "password": 4711, "tokens": {"children": [{"weight": "s3cret"}]}}
    value, issues = repair_value(document, Login)
    assert value == Login(user="1", password="4711", tokens=Tree(children=[Tree()]))
    assert [(issue.path, issue.value) for issue in issues] == [
        ("$.user", "1"),
        ("$.password", "[REDACTED]"),
        ("$.tokens.children[0].weight", "[REDACTED]"),
    ]
    assert "4711" not in f"{value}{issues}"
    assert "s3cret" not in f"{value}{issues}"


@pytest.mark.parametrize(
    ("raw", "type_"),
    [
        ([], Tree),
        ([{}], Tree),
        ("text", Tree),
        ({}, list[Tree]),
        (5, list[str]),
        ([{}], dict[str, Any]),
        ({}, str),
        (["a"], str),
        ("x", int),
        (True, datetime),
        ({}, str | list[str]),
    ],
)
def test_another_shape_of_the_whole_document_is_an_error(raw, type_):
    with pytest.raises(DecodeError, match="as the whole body"):
        repair_value(raw, type_)


def test_a_document_of_the_right_type_that_breaks_a_constraint_is_another_value():
    short = Annotated[str, msgspec.Meta(max_length=3)]
    with pytest.raises(DecodeError, match=r"^expected string as the whole body, found another$"):
        repair_value("abcd", short)
    with pytest.raises(DecodeError, match=r"^expected number as the whole body, found another$"):
        repair_value(10**400, float)


@pytest.mark.parametrize("type_", [Tree, list[Tree], dict[str, int], int])
def test_a_null_document_is_none(type_):
    value, issue = _only(None, type_)
    assert value is None
    assert issue.path == "$"


@pytest.mark.parametrize(
    ("raw", "type_", "value"), [(12, str, "12"), ("12", int, 12), (1.0, int, 1)]
)
def test_a_scalar_document_is_converted(raw, type_, value):
    assert _only(raw, type_)[0] == value


class Colour(enum.Enum):
    RED = "red"


T = TypeVar("T")


class Box(msgspec.Struct, Generic[T]):
    value: T
    colour: Colour | None = None
    size: Literal["S", "M"] | None = None
    count: Annotated[int, msgspec.Meta(ge=0)] | None = None
    either: int | str | None = None
    by_number: dict[int, str] | None = None
    pair: tuple[int, int] | None = None


class Picky(msgspec.Struct):
    a: int = 0
    b: int = 0

    def __post_init__(self):
        if self.b == 3:
            raise ValueError("three")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ({"value": "5"}, Box(5)),
        ({}, Box(None)),
        ({"value": 1, "colour": "mauve"}, Box(1, colour="mauve")),
        ({"value": 1, "colour": 5}, Box(1)),
        ({"value": 1, "size": "XL"}, Box(1, size="XL")),
        ({"value": 1, "count": "-1"}, Box(1)),
        ({"value": 1, "count": "1"}, Box(1, count=1)),
        ({"value": 1, "either": True}, Box(1, either="true")),
        ({"value": 1, "by_number": {"x": "y"}}, Box(1)),
        ({"value": 1, "pair": [1]}, Box(1)),
    ],
)
def test_types_that_only_callers_bring(raw, value):
    """Unknown members of closed enums keep their value; what is not walked into is None."""
    assert repair_value(raw, Box[int])[0] == value


def test_a_class_that_refuses_its_members_is_none_in_its_place():
    value, issue = _only([{"a": 1, "b": 3}, {"a": 1}], list[Picky])
    assert value == [None, Picky(1)]
    assert issue.path == "$[0]"


def test_a_rule_that_the_walk_does_not_know_is_reported():
    class Closed(msgspec.Struct, forbid_unknown_fields=True):
        a: int = 0

    value, issue = _only({"a": 1, "b": 2}, Closed)
    assert value == Closed(1)
    assert issue == Issue("$", "a constraint of object (Closed) is violated: ignored")


def test_the_last_moment_of_the_calendar_fits():
    raw = "9999-12-31T23:59:59.9999999Z"
    assert repair_value(raw, datetime) == (datetime.fromisoformat(raw), [])
    assert repair_value(f" {raw}", datetime)[1]  # not RFC 3339


def test_the_last_moment_is_converted_where_a_date_is_expected():
    value, issue = _only("9999-12-31T23:59:59.9999999Z", date)
    assert value == date(9999, 12, 31)
    assert issue.message == "expected date, found string: converted"


def test_an_array_like_class_is_not_walked_into():
    class Row(msgspec.Struct, array_like=True):
        a: int

    value, issues = repair_value([["x", "y"], {"a": 1}, [1]], list[Row])
    assert value == [None, None, Row(1)]
    assert [str(issue.message) for issue in issues] == [
        "expected Row, found array: replaced with None",
        "expected Row, found object: replaced with None",
    ]


@pytest.mark.parametrize(
    ("type_", "value", "message"),
    [
        (list[dict], [None], "expected object, found number: replaced with None"),
        (list[list], [[5]], "expected array, found number: wrapped in an array"),
    ],
)
def test_containers_without_the_types_of_their_contents(type_, value, message):
    assert repair_value([5], type_) == (value, [Issue("$[0]", message, "5")])


def test_a_required_member_that_is_missing_is_reported():
    assert _only({}, Box[int]) == (Box(None), Issue("$.value", "missing: replaced with None"))


@pytest.mark.parametrize(
    ("member", "raw", "wanted"), [("colour", "mauve", "Colour"), ("size", "XL", "Literal")]
)
def test_an_unknown_member_of_a_closed_enum_is_reported(member, raw, wanted):
    value, issue = _only({"value": 1, member: raw}, Box[int])
    assert getattr(value, member) == raw
    message = f"expected {wanted}, found string: unknown value kept"
    assert issue == Issue(f"$.{member}", message, f'"{raw}"')


@pytest.mark.parametrize("type_", [dict, list, dict[str, Any], list[Any], Any, dict[str, object]])
def test_types_that_take_everything(type_):
    document = {"a": [1]} if "dict" in str(type_) else [1, {"a": None}]
    assert repair_value(document, type_) == (document, [])


def test_deep_nesting_is_an_error_and_no_recursion_error():
    document: Any = {"weight": "x"}
    for _ in range(5000):
        document = {"child": document}
    with pytest.raises(DecodeError, match="nested too deeply"):
        repair_value(document, Tree)


def _conversions(monkeypatch, document, type_):
    calls = 0
    original = repair_module._convert

    def counted(raw, wanted):
        nonlocal calls
        calls += 1
        return original(raw, wanted)

    with monkeypatch.context() as patch:
        patch.setattr(repair_module, "_convert", counted)
        _, issues = repair_value(document, type_)
    return calls, len(issues)


def test_the_work_is_linear_in_the_number_of_bad_leaves(monkeypatch):
    entity = {"text": "a", "whole": "bad", "words": ["b"] * 5, "login": {"user": "c"}}
    for size in (10, 100, 1000):
        document = {"entities": [copy.deepcopy(entity) for _ in range(size)]}
        calls, issues = _conversions(monkeypatch, document, Page)
        assert issues == size
        # The page, its list, and for each entity itself and its members: nothing twice.
        assert calls == 2 + size * (1 + len(entity))


def test_the_work_is_linear_in_depth_and_skips_what_fits(monkeypatch):
    for depth in (10, 100):
        document: Any = {"weight": "bad"}
        for _ in range(depth):
            document = {"child": document, "children": [{"id": str(i)} for i in range(50)]}
        calls, issues = _conversions(monkeypatch, document, Tree)
        assert issues == 1
        assert calls == 2 + 2 * depth


def _check(type_, good, bad):
    """Every intact leaf is delivered, every issue is at a fault."""
    whole = decode(type_, json.dumps(good).encode())
    assert whole.issues == ()
    part = decode(type_, json.dumps(bad.document).encode())
    delivered = dict(leaves(part.data))
    for path, value in leaves(whole.data):
        if not under(path, bad.paths) and not any(under(fault, {path}) for fault in bad.paths):
            assert path in delivered, (path, bad)
            assert delivered[path] == value, (path, bad)
    if not part.issues:
        msgspec.convert(bad.document, type_, dec_hook=dec_hook)  # or it would raise
    for issue in part.issues:
        assert under(issue.path, bad.paths), (issue, bad)
    return len(part.issues)


@pytest.mark.slow
def test_ten_thousand_documents_with_wrong_leaves_over_two_hundred_models():
    source = random.Random(20240501)
    types = real_models(200)
    issues = 0
    for index in range(10_000):
        type_ = types[index % len(types)]
        good = fitting(type_, source)
        issues += _check(type_, good, spoil(good, source, faults=3))
    assert issues > 5_000  # the faults are faults


@pytest.mark.slow
@given(documents(Page, faults=6))
@settings(max_examples=150, deadline=None)
def test_any_document_with_faults_is_decoded(spoiled):
    decoded = decode(Page, json.dumps(spoiled.document).encode())
    assert isinstance(decoded.data, Page)
    assert all(under(issue.path, spoiled.paths) for issue in decoded.issues)


@pytest.mark.parametrize("documents", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_every_kind_of_field_survives_each_fault_elsewhere(documents):
    source = random.Random(5)
    for _ in range(documents):
        good = fitting(Page, source, depth=5)
        _check(Page, good, spoil(good, source, faults=4))


def test_year_months_fit():
    assert repair_value({"months": ["2024-05"]}, Everything) == (
        Everything(months=[YearMonth(2024, 5)]),
        [],
    )


def test_a_value_of_a_union_is_repaired_as_its_kind() -> None:
    namespace: dict[str, Any] = {"__name__": "unions", "__package__": "unions"}
    define_models(namespace, "Dog age:int\nAnyPet|kind Dog")
    union, dog = namespace["AnyPet"], namespace["Dog"]
    value, issues = repair_value([{"kind": "Dog", "age": "3"}, {"kind": "Cat"}, 4], list[union])
    assert value == [dog(age=3), {"kind": "Cat"}, None]
    assert [str(issue.path) for issue in issues] == ["$[0].age", "$[2]"]
    assert "expected object (AnyPet), found number" in issues[1].message

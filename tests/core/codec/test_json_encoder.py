import enum
from collections import ChainMap, OrderedDict, UserDict, UserList, deque, namedtuple
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

import msgspec
import pytest

from genesys_core.codec.decoding import decoder_for
from genesys_core.codec.json_encoder import encode_json, explain_refusal
from genesys_core.codec.values import NULL, YearMonth
from tests.strategies.codec import Everything, Tree


class Text(str):
    __slots__ = ()

    def __str__(self):
        return "something else"


class Whole(int):
    pass


class Real(float):
    pass


class Moment(datetime):
    """As libraries for dates, and those that freeze them in tests, have it."""


class Day(date):
    pass


class Colour(enum.Enum):
    RED = "red"


class Measure(enum.Enum):
    ENDLESS = float("inf")


@dataclass
class Record:
    value: object


class Row(msgspec.Struct, array_like=True):
    value: object


UNIQUE = "but JSON keys must be unique: remove or rename one of them"
DAY = date(2026, 2, 3)
NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)

_MEAN_TIME = timezone(timedelta(minutes=19, seconds=32))
"""Amsterdam's before 1937: msgspec would round it to minutes."""

Pair = namedtuple("Pair", "a b")  # noqa: PYI024 - the plain kind is what callers have


_PLUS_ONE = timezone(timedelta(hours=1))
_KATHMANDU = timezone(timedelta(hours=5, minutes=45))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (datetime(2024, 5, 1, 10, tzinfo=UTC), b'"2024-05-01T10:00:00Z"'),
        (datetime(2024, 5, 1, 10, 0, 0, 123000, UTC), b'"2024-05-01T10:00:00.123000Z"'),
        (datetime(2024, 5, 1, 10, tzinfo=_PLUS_ONE), b'"2024-05-01T10:00:00+01:00"'),
        (datetime(2024, 5, 1, 10, tzinfo=_KATHMANDU), b'"2024-05-01T10:00:00+05:45"'),
        (datetime(2024, 5, 1, 10), b'"2024-05-01T10:00:00"'),  # noqa: DTZ001 - local on purpose
        (Moment(2024, 5, 1, 10, tzinfo=UTC), b'"2024-05-01T10:00:00Z"'),
        (Moment(2024, 5, 1, 10, tzinfo=_PLUS_ONE), b'"2024-05-01T10:00:00+01:00"'),
        (date(2024, 5, 1), b'"2024-05-01"'),
        (Day(2024, 5, 1), b'"2024-05-01"'),
        (time(10, 30), b'"10:30:00"'),
        (UUID(int=1), b'"00000000-0000-0000-0000-000000000001"'),
        (Decimal("1.10"), b"1.10"),
        (2**70, b"1180591620717411303424"),
        (True, b"true"),
        (NULL, b"null"),
        (Text("a"), b'"a"'),
        (Whole(5), b"5"),
        (Real(1.5), b"1.5"),
        (Colour.RED, b'"red"'),
        (Record(Record(1.5)), b'{"value":{"value":1.5}}'),
        ((1, (2,)), b"[1,[2]]"),
        ([], b"[]"),
        ({}, b"{}"),
        (Pair(1, 2), b"[1,2]"),
        (deque([1]), b"[1]"),
        (range(3), b"[0,1,2]"),
        (UserList([Tree(id="1")]), b'[{"id":"1"}]'),
        (MappingProxyType({"a": NULL}), b'{"a":null}'),
        (OrderedDict(b=1, a=2), b'{"b":1,"a":2}'),
        (UserDict(a=1), b'{"a":1}'),
        (ChainMap({"a": 1}), b'{"a":1}'),
        ({Text("a"): 1, Colour.RED: 2, 3: 4}, b'{"a":1,"red":2,"3":4}'),
        ({"a": [Everything(text="b")], "c": None}, b'{"a":[{"text":"b"}],"c":null}'),
        ({"a": None, "b": 1.5}, b'{"a":null,"b":1.5}'),
        ({"line1": {"line2": 1}, "3": "3"}, b'{"line1":{"line2":1},"3":"3"}'),
        ({1: {1: 1, "2": 2}, "2": {1: 1}}, b'{"1":{"1":1,"2":2},"2":{"1":1}}'),
    ],
)
def test_values(value, written):
    assert encode_json(value) == written


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": {1, 2}}, "$.a: a set is unordered: pass a list"),
        (Everything(words={"a"}), "$.words: a set is unordered: pass a list"),  # type: ignore[arg-type]
        (UserList([frozenset()]), "$[0]: a set is unordered: pass a list"),
        ({"a": [1.5, float("nan")]}, "$.a[1]: nan is not a JSON number"),
        (Everything(real=float("inf")), "$.real: inf is not a JSON number"),
        (Real("-inf"), "$: -inf is not a JSON number"),
        ({"a": Decimal("NaN")}, "$.a: NaN is not a JSON number"),
        (b"{}", "$: bytes cannot be represented in JSON: pass a str, for example bytes.decode()"),
        (
            [bytearray()],
            "$[0]: bytes cannot be represented in JSON: pass a str, for example bytes.decode()",
        ),
        (
            Everything(trees=[Tree(), Tree(by_name={"x y": object()})]),  # type: ignore[dict-item]
            '$.trees[1].byName["x y"]: object cannot be represented in JSON: pass a model, dict, list, str or number',
        ),
        ([Tree], "$[0]: got the class Tree: pass an instance"),
        (
            {"a": 1j},
            "$.a: complex cannot be represented in JSON: pass a model, dict, list, str or number",
        ),
        (
            {"a": (x for x in ())},
            "$.a: generator cannot be represented in JSON: pass a model, dict, list, str or number",
        ),
        ({"a": "\ud800"}, "$.a: a lone surrogate cannot be encoded in UTF-8"),
        ({"a": {None: 1, "b": 2}}, "$.a: JSON keys must be strings, not NoneType"),
        ({"\ud800": 1}, "$: a key contains a lone surrogate, which UTF-8 cannot encode"),
        ({"a": {b"id": 1}}, "$.a: JSON keys must be strings, not bytes"),
        ([Record({1})], "$[0].value: a set is unordered: pass a list"),
        (
            Row(b""),
            "$.value: bytes cannot be represented in JSON: pass a str, for example bytes.decode()",
        ),
        ([Row(set())], "$[0].value: a set is unordered: pass a list"),
        ({"a": Measure.ENDLESS}, "$.a: inf is not a JSON number"),
        (
            Everything(moment=datetime(1900, 1, 1, tzinfo=_MEAN_TIME)),
            "$.moment: the UTC offset 0:19:32 is not a whole number of minutes: pass value.astimezone(UTC)",
        ),
        (
            [Moment(1900, 1, 1, tzinfo=_MEAN_TIME)],
            "$[0]: the UTC offset 0:19:32 is not a whole number of minutes: pass value.astimezone(UTC)",
        ),
        (UserDict({b"id": "x"}), "$: JSON keys must be strings, not bytes"),
        ({"a": [{1: "x", "1": "y"}]}, f'$.a[0]: two keys are encoded as "1", {UNIQUE}'),
        (
            Everything(trees=[Tree(by_name={2: Tree(), "2": Tree()})]),  # type: ignore[dict-item]
            f'$.trees[0].byName: two keys are encoded as "2", {UNIQUE}',
        ),
        ({1.5: "x", "1.5": "y"}, f'$: two keys are encoded as "1.5", {UNIQUE}'),
        ({DAY: "x", str(DAY): "y"}, f'$: two keys are encoded as "2026-02-03", {UNIQUE}'),
        (
            {NOON: "x", "2026-02-03T12:00:00Z": "y"},
            f'$: two keys are encoded as "2026-02-03T12:00:00Z", {UNIQUE}',
        ),
        ({Colour.RED: "x", "red": "y"}, f'$: two keys are encoded as "red", {UNIQUE}'),
        ({"a": UserDict({3: 1, "3": 2})}, f'$.a: two keys are encoded as "3", {UNIQUE}'),
        (Record({4: 1, "4": {1, 2}}), '$.value["4"]: a set is unordered: pass a list'),
    ],
)
def test_what_json_cannot_say_is_refused_by_place(value, message):
    assert encode_json(value) is None
    assert str(explain_refusal(value)) == message


def test_what_msgspec_can_nest_is_written():
    """The look for sets and bytes used to end in a RecursionError here."""
    value: Any = 1.5
    for _ in range(900):
        value = [value]
    assert encode_json(value) == b"[" * 900 + b"1.5" + b"]" * 900


def test_a_model_is_one_call_of_the_encoder(monkeypatch):
    calls = []

    class Counting:
        def encode(self, value):
            calls.append(value)
            return msgspec.json.encode(value)

    monkeypatch.setattr("genesys_core.codec.json_encoder._ENCODER", Counting())
    model = Everything(trees=[Tree(id="1")] * 5, free={"a": [1, 2]})
    encode_json(model)
    assert calls == [model]


def test_months_and_nulls_in_a_list():
    assert encode_json([YearMonth(33, 1), NULL]) == b'["0033-01",null]'


def test_a_value_that_contains_itself_has_no_form():
    tree = Tree(id="1")
    tree.child = tree
    assert encode_json(tree) is None
    assert (
        str(explain_refusal(tree)) == "the value contains itself or is nested too deeply for JSON"
    )


class Untracked(msgspec.Struct, gc=False):
    value: object


@pytest.mark.parametrize(
    "odd",
    [
        *(b"x", b"", bytearray(b"x"), memoryview(b""), {1}, set(), frozenset(), 1e999, -1e999),
        *(Record(b""), Measure.ENDLESS, datetime(1900, 1, 1, tzinfo=_MEAN_TIME)),
    ],
)
@pytest.mark.parametrize(
    "wrap",
    [
        lambda odd: Everything(text=odd),
        lambda odd: Everything(trees=[Tree(id="1"), Tree(id=odd)]),
        lambda odd: {"a": [{"b": (1, odd)}]},
        lambda odd: [UserList([odd]), 1],
        lambda odd: [Untracked(odd)],
        lambda odd: {"a": Untracked([Tree(id=odd)])},
    ],
)
@pytest.mark.parametrize("known", [(), (Everything, Tree)])
def test_what_the_encoder_would_alter_is_found_in_every_container(odd, wrap, known, monkeypatch):
    _know(known, monkeypatch)
    assert encode_json(wrap("x")) is not None
    assert encode_json(wrap(odd)) is None


def _know(types, monkeypatch):
    """Make these types the only ones with a decoder."""
    monkeypatch.setattr("genesys_core.codec.decoding._KNOWN", {t: decoder_for(t) for t in types})


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("text", ["x", "", ("x",)])
def test_a_model_with_a_decoder_is_checked_by_decoding_it_again(text, many, monkeypatch):
    """Only what comes back different, as a tuple does, is looked at."""
    looked = []
    monkeypatch.setattr(
        "genesys_core.codec.json_encoder._is_sound", lambda value, _: looked.append(value) or True
    )
    _know([Everything, Tree], monkeypatch)
    tree = Tree(id="1", by_name={"a": Tree(id=text)})
    value = [tree, Tree()] if many else tree
    assert encode_json(value) == msgspec.json.encode(value)
    assert looked == ([value] if isinstance(text, tuple) else [])


def test_plain_values_are_looked_at_level_by_level(monkeypatch):
    _know([], monkeypatch)
    monkeypatch.setattr("genesys_core.codec.json_encoder._is_harmless", None)
    plain = Everything(trees=[Tree(id="1")] * 5, free={"a": [1, 2.5, ("x", {"b": NULL})]})
    plain.moment = datetime(2024, 5, 1, tzinfo=UTC)
    assert encode_json(plain) is not None

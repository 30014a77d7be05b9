"""Columns of models and rows of records: every value is in its column or in the rest."""

import json
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.api.analytics import post_analytics_conversations_details_query
from genesys_core.api.recording import get_conversation_recordings
from genesys_core.api.users import get_user, get_users, get_users_me
from genesys_core.calls.listing import Listing
from genesys_core.calls.operation import Endpoint
from genesys_core.codec.model import Model
from genesys_core.export.columns import (
    REST,
    Column,
    ListOf,
    MapOf,
    StructOf,
    columns_of,
    record_type,
    to_row,
)
from genesys_core.models import AnalyticsConversationWithoutAttributes, Recording, User


class Inner(Model):
    name: str | None = None
    parent: "Inner | None" = None


class Empty(Model):
    pass


class Single(Model):
    value: Any = None


class Outer(Model):
    some_text: str | None = None
    count: int | None = None
    ratio: float | None = None
    is_on: bool | None = None
    moment: datetime | None = None
    day: date | None = None
    anything: Any = None
    either: int | list[str] | None = None
    inner: Inner | None = None
    inners: list[Inner] | None = None
    by_name: dict[str, int] | None = None
    empty: Empty | None = None


INNER = StructOf((Column("name", "string"), Column("parent", "json")))
COLUMNS = columns_of(Outer)


def test_columns_have_the_types_of_the_fields():
    assert {column.name: column.type for column in COLUMNS} == {
        "someText": "string",
        "count": "integer",
        "ratio": "number",
        "isOn": "boolean",
        "moment": "timestamp",
        "day": "date",
        "anything": "json",
        "either": "json",
        "inner": INNER,
        "inners": ListOf(INNER),
        "byName": MapOf("integer"),
        "empty": "json",
        REST: "json",
    }


def test_records_that_are_no_models_have_one_column():
    assert columns_of(str) == (Column("value", "string", is_record=True), Column(REST, "json"))
    assert to_row("x", columns_of(str)) == {"value": "x", REST: None}
    assert to_row(7, columns_of(str)) == {"value": None, REST: '{"$.value":7}'}
    assert to_row(7, COLUMNS)[REST] == '{"$":7}'


@pytest.mark.parametrize("record", [{"a": 1}, {"value": 1}, {}, [1], 7])
def test_a_record_of_unknown_type_is_one_value(record):
    row = to_row(record, columns_of(object))
    assert json.loads(row["value"]) == record
    assert row[REST] is None


def test_a_model_may_have_a_single_field_called_value():
    columns = columns_of(Single)
    assert to_row({"value": [1]}, columns) == {"value": "[1]", REST: None}
    assert to_row({"a": 1}, columns) == {"value": None, REST: '{"$.a":1}'}
    assert to_row(7, columns) == {REST: '{"$":7}'}


@pytest.mark.parametrize(
    ("operation", "wanted"),
    [
        (get_users(), User),
        (post_analytics_conversations_details_query({}), AnalyticsConversationWithoutAttributes),
        (get_conversation_recordings("1"), Recording),
        (get_users_me(), object),
        (get_user("1"), object),
    ],
)
def test_the_type_of_the_records_is_the_definitions(operation, wanted):
    assert record_type(operation.endpoint) is wanted


@pytest.mark.parametrize("items", ["nothing", "entities.name", "pageSize"])
def test_a_field_that_is_no_list_has_no_known_type(items):
    endpoint = Endpoint("x", "GET", "/x", "UserEntityListing", listing=Listing("page", items=items))
    assert record_type(endpoint) is object


def test_without_an_endpoint_or_its_type_the_records_have_no_known_type():
    assert record_type(None) is object
    untyped = Endpoint("x", "GET", "/x", None, listing=Listing("page", items="entities"))
    assert record_type(untyped) is object


def test_a_list_of_plain_values_has_no_model():
    endpoint = Endpoint("x", "GET", "/x", "list[str]", listing=Listing("single", items=""))
    assert record_type(endpoint) is object


def test_values_that_fit_are_converted():
    record = {
        "someText": "a",
        "count": 2**63 - 1,
        "ratio": 3,
        "isOn": False,
        "moment": "2024-01-01T01:00:00+01:00",
        "day": "2024-01-01",
        "anything": [1],
        "either": 5,
        "inner": {"name": "b", "parent": {"name": "c"}},
        "inners": [{"name": None}, None],
        "byName": {"x": 1},
        "empty": {},
    }
    assert to_row(record, COLUMNS) == {
        "someText": "a",
        "count": 2**63 - 1,
        "ratio": 3.0,
        "isOn": False,
        "moment": datetime(2024, 1, 1, tzinfo=UTC),
        "day": date(2024, 1, 1),
        "anything": "[1]",
        "either": "5",
        "inner": {"name": "b", "parent": '{"name":"c"}'},
        "inners": [{"name": None, "parent": None}, None],
        "byName": {"x": 1},
        "empty": "{}",
        REST: None,
    }
    assert to_row({"moment": "2024-01-01T00:00:00"}, COLUMNS)["moment"].tzinfo is UTC


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("count", -(2**63)),
        ("ratio", 2**53),
        ("ratio", -(2**53)),
        ("ratio", 1e300),
        ("ratio", -1e300),
    ],
)
def test_the_largest_numbers_that_fit_are_converted(field, value):
    row = to_row({field: value}, COLUMNS)
    assert (row[field], row[REST]) == (value, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("someText", 1),
        ("count", 2**63),
        ("count", -(2**63) - 1),
        ("ratio", -(2**53) - 1),
        ("count", True),
        ("count", "1"),
        ("ratio", True),
        ("ratio", "x"),
        ("ratio", 2**53 + 1),
        ("isOn", 1),
        ("moment", "yesterday"),
        ("moment", 5),
        ("moment", "0001-01-01T00:00:00+14:00"),
        ("day", "x"),
        ("day", 5),
        ("inner", "x"),
        ("inners", {}),
        ("byName", []),
        ("unknown", {"a": 1}),
    ],
)
def test_what_does_not_fit_is_preserved_in_the_rest(field, value):
    row = to_row({field: value}, COLUMNS)
    assert row.get(field) is None
    assert json.loads(row[REST]) == {f"$.{field}": value}


def test_the_rest_has_paths():
    record = {"inners": [{}, {"name": 1, "new": 2}], "byName": {"x": "no"}}
    row = to_row(record, COLUMNS)
    assert json.loads(row[REST]) == {
        "$.inners[1].name": 1,
        "$.inners[1].new": 2,
        "$.byName.x": "no",
    }


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
names = st.sampled_from([column.name for column in COLUMNS[:-1]]) | st.text(max_size=4)


@given(record=st.dictionaries(names, values, max_size=6))
def test_any_record_becomes_a_row_of_the_columns(record):
    row = to_row(record, COLUMNS)
    assert list(row) == [column.name for column in COLUMNS]
    rest = json.loads(row[REST]) if row[REST] else {}
    for name, value in record.items():
        kept = row.get(name) is not None and name != REST
        assert value is None or kept or f"$.{name}" in rest, name
    msgspec.json.encode(row)

"""Bodies of events: records in the form of another model."""

import pytest

from genesys_core.clock import Now
from genesys_core.simulator.sockets.event_bodies import shape_event
from genesys_core.simulator.state.definition import Definition, Schema
from tests.strategies.simulator import small_document

NOW = Now(0.0, 1_700_000_000.25)
TEXT = {"type": "string"}


def shaped(properties, record, kind="updated", required=()):
    model = {"type": "object", "properties": properties, "required": list(required)}
    known = Definition(
        small_document({}, {"Event": model, "Reference": {"properties": {"id": TEXT}}})
    )
    return shape_event(known, Schema(ref="#/definitions/Event"), record, kind, NOW)


def test_properties_of_the_model_and_no_others():
    assert shaped({"name": TEXT}, {"name": "Tier 1", "secret": 1}) == {"name": "Tier 1"}
    assert shaped({"name": TEXT}, {"name": None}) == {}
    assert shaped({"name": TEXT}, {"name": 3}) == {}


def test_dates_are_found_under_the_names_of_other_families():
    date = "2024-01-01T00:00:00Z"
    assert shaped({"createdDate": TEXT}, {"dateCreated": date}) == {"createdDate": date}
    assert shaped({"dateModified": TEXT}, {"modifiedDate": date}) == {"dateModified": date}


def test_references_become_ids():
    ids = {"type": "array", "items": TEXT}
    assert shaped({"queueId": TEXT}, {"queue": {"id": "q"}}) == {"queueId": "q"}
    assert shaped({"queueId": TEXT}, {"queue": "q"}) == {}
    record = {"skills": [{"id": "a"}, {"id": "b"}, None]}
    assert shaped({"skillIds": ids}, record) == {"skillIds": ["a", "b"]}
    assert shaped({"skillIds": ids}, {"skills": "a"}) == {}


def test_values_are_spelled_as_the_model_spells_them():
    states = {"type": "string", "enum": ["InProgress", "Finished"]}
    assert shaped({"status": states}, {"status": "IN_PROGRESS"}) == {"status": "InProgress"}
    assert shaped({"status": states}, {"status": "new"}) == {}


def test_nested_models_and_lists():
    queue = {"$ref": "#/definitions/Reference"}
    record = {"queues": [{"id": "q", "name": "Support"}], "queue": {"id": "r", "name": "Sales"}}
    properties = {"queues": {"type": "array", "items": queue}, "queue": queue}
    assert shaped(properties, record) == {"queues": [{"id": "q"}], "queue": {"id": "r"}}


def test_what_is_required_is_there():
    assert shaped({"name": TEXT, "note": TEXT}, {}, required=["name"]) == {"name": "name"}


@pytest.mark.parametrize(
    ("kind", "operation", "action"),
    [("created", "add", "Create"), ("updated", "edit", "Update"), ("deleted", "delete", "Delete")],
)
def test_what_happened_if_the_model_says(kind, operation, action):
    properties = {
        "operation": {"type": "string", "enum": ["unknown", "add", "edit", "delete"]},
        "action": {"type": "string", "enum": ["View", "Create", "Update", "Delete"]},
        "eventType": TEXT,
    }
    assert shaped(properties, {}, kind) == {"operation": operation, "action": action}


def test_the_time_of_the_event():
    number, text = {"type": "integer", "format": "int64"}, {"type": "string", "format": "date-time"}
    assert shaped({"eventTime": number}, {}) == {"eventTime": 1_700_000_000_250}
    assert shaped({"eventTime": text}, {}) == {"eventTime": "2023-11-14T22:13:20.250Z"}


def test_a_model_that_is_no_object_gives_an_empty_body():
    known = Definition(small_document({}, {"Event": TEXT}))
    assert shape_event(known, Schema(ref="#/definitions/Event"), {"id": "x"}, "updated", NOW) == {}


def test_ids_of_another_form_are_left_out():
    ids = {"type": "array", "items": {"type": "string", "format": "uuid"}}
    known = Definition.of(small_document({}, {"E": {"type": "object", "properties": {"ids": ids}}}))
    good = "7b1c3c1e-43c1-4d5a-a9c0-2f6e2f1f7a01"
    model = Schema(ref="#/definitions/E")
    assert shape_event(known, model, {"ids": [good, "x"]}, "updated", NOW) == {"ids": [good]}


def test_values_of_maps_have_their_form():
    kind = {"type": "object", "properties": {"kind": {"type": "string", "enum": ["a"]}}}
    properties = {"by": {"type": "object", "additionalProperties": kind}}
    given = {"by": {"x": {"kind": "A"}, "y": {"kind": "odd"}, "z": 3}}
    assert shaped(properties, given) == {"by": {"x": {"kind": "a"}, "y": {}}}

"""What schemathesis is given: each operation once, with all models that it needs."""

import json

import pytest

from genesys_cloud.packed_data import read_own_data
from tests.contract.run import (
    ERROR,
    SIZE,
    accepted,
    limited,
    mend,
    operations_of,
    parts_of,
    references,
    responses_of,
)


@pytest.fixture(scope="module")
def document():
    return mend(json.loads(read_own_data("swagger.json.xz")))


def test_enums_of_integers_are_integers(document):
    family = document["definitions"]["DomainNetworkAddress"]["properties"]["family"]
    assert family["enum"] == [2, 23]


def test_each_operation_is_in_one_part(document):
    every = operations_of(document)
    parts = parts_of(every)
    assert sorted(each for part in parts for each in part) == sorted(every)
    assert {len(part) for part in parts[:-1]} == {SIZE}
    # A part has operations of many APIs.
    assert len({path.split("/")[3] for path, _ in parts[0]}) > 20


@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_a_part_has_the_models_that_it_refers_to(document, mode):
    chosen = parts_of(operations_of(document))[1]
    part = limited(document, chosen, mode=mode)
    assert sorted(
        (path, method) for path in part["paths"] for method in part["paths"][path]
    ) == sorted(chosen)
    assert set(references(part)) <= set(part["definitions"])
    assert len(part["definitions"]) < len(document["definitions"]) / 2


def test_a_request_is_described_as_it_is_accepted():
    schema = {
        "required": ["enum"],
        "properties": {
            "enum": {"type": "string", "enum": ["A"]},
            "properties": {"type": "array", "items": {"$ref": "#/definitions/M"}},
        },
    }
    assert accepted(schema) == {
        "required": ["enum"],
        "properties": {
            "enum": {"type": "string"},
            "properties": {
                "type": "array",
                "items": {"$ref": "#/definitions/WrittenM", "x-nullable": True},
                "x-nullable": True,
            },
        },
    }


def test_default_means_success_in_the_definition_and_all_other_statuses_in_openapi():
    error = {"description": "an error", "schema": {"$ref": "#/definitions/ErrorBody"}}
    success = {"schema": {"type": "string"}}
    responses = responses_of({"responses": {"default": success, "404": {}}}, ERROR)
    assert responses == {
        "404": {},
        "200": success,
        "201": success,
        "202": success,
        "204": {"description": "nothing to return"},
        "default": error,
    }
    assert responses_of({"responses": {"200": success}}, ERROR) == {
        "200": success,
        "default": error,
    }

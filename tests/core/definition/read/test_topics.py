"""Both forms of a topic file become topics and definitions."""

from __future__ import annotations

from typing import Any

import pytest

from genesys_core.definition.read.references import definition_name
from genesys_core.definition.read.topics import Topic, read_topics
from genesys_core.errors import InvalidValueError

STRING = {"type": "string"}


def test_a_file_that_maps_topics_to_models() -> None:
    found, findings = read_topics(
        {"notifications": [{"topic": "v2.a", "class": "A"}, {"topic": 1}]}
    )
    assert found.topics == [Topic("v2.a", "A")]
    assert found.definitions == {}
    assert [finding.place for finding in findings] == ["notifications[1].topic", "notifications[1]"]


def published(*entities: Any) -> tuple[list[Topic], dict[str, Any], list[str]]:
    found, findings = read_topics({"entities": list(entities)})
    return found.topics, found.definitions, list(map(str, findings))


def test_published_topics_bring_their_models() -> None:
    call = {"type": "object", "id": "urn:jsonschema:conversation:event:v2:Call"}
    schema = {
        "type": "object",
        "id": "urn:jsonschema:conversation:v2:Event",
        "properties": {
            "call": {**call, "properties": {"state": {**STRING, "enum": ["on"]}}},
            "calls": {"type": "array", "items": {"$ref": call["id"]}},
            "byName": {"type": "object", "additionalProperties": {"$ref": call["id"]}},
            "any": {"type": "object", "additionalProperties": True},
            "both": {"allOf": [{"$ref": call["id"]}]},
            "plain": {"properties": {"again": {"$ref": "urn:jsonschema:conversation:v2:Event"}}},
            "other": {"$ref": "#/definitions/Other"},
        },
    }
    topics, definitions, findings = published(
        {"id": "v2.b"}, {"id": "v2.a", "schema": schema, "description": "ignored"}
    )
    assert topics == [Topic("v2.a", "ConversationEvent")]
    assert list(definitions) == ["ConversationEvent", "ConversationEventCall"]
    properties = definitions["ConversationEvent"].properties
    reference = "#/definitions/ConversationEventCall"
    assert properties["call"].ref == reference
    assert properties["calls"].items.ref == reference
    assert properties["byName"].additional_properties.ref == reference
    assert properties["any"].additional_properties is True
    assert properties["both"].all_of[0].ref == reference
    assert properties["plain"].properties["again"].ref == "#/definitions/ConversationEvent"
    assert properties["other"].ref == "#/definitions/Other"
    assert definitions["ConversationEventCall"].properties["state"].enum == ["on"]
    assert findings == ["entities[0]: topic v2.b has no schema; omitted"]


def test_a_reference_to_a_schema_has_the_escapes_of_a_json_pointer() -> None:
    """``%``, ``~`` and ``/`` in a URN would be read as escapes or as a path of the pointer."""
    urn = "urn:jsonschema:rate:v2:Per~1Cent%25/Full"
    schema = {"id": urn, "properties": {"again": {"$ref": urn}}}
    topics, definitions, _ = published({"id": "v2.a", "schema": schema})
    assert topics == [Topic("v2.a", "RatePer~1Cent%/Full")]
    [reference] = [one.ref for one in definitions["RatePer~1Cent%/Full"].properties.values()]
    assert reference == "#/definitions/RatePer~01Cent%25~1Full"
    assert definition_name(reference) in definitions


def test_a_urn_may_be_percent_encoded_in_a_reference() -> None:
    schema = {
        "id": "urn:jsonschema:v2:A b",
        "properties": {"again": {"$ref": "urn:jsonschema:v2:A%20b"}},
    }
    _, definitions, _ = published({"id": "v2.a", "schema": schema})
    assert definition_name(definitions["A b"].properties["again"].ref) == "A b"


def test_schemas_of_different_urns_have_different_names() -> None:
    """The version is not part of a name, and words are joined: both make equal names."""
    urns = ["urn:jsonschema:a:v2:B", "urn:jsonschema:a:B", "urn:jsonschema:AB"]
    schemas = [
        {"id": urn, "properties": {"own": {"type": kind}, "first": {"$ref": urns[0]}}}
        for urn, kind in zip(urns, ["string", "integer", "boolean"], strict=True)
    ]
    topics, definitions, findings = published(
        *({"id": f"v2.{number}", "schema": schema} for number, schema in enumerate(schemas)),
        {"id": "v2.again", "schema": schemas[1]},
    )
    names = ["AB", "AB_2", "AB_3"]
    assert [topic.model for topic in topics] == [*names, "AB_2"]
    assert findings == []
    for name, kind in zip(names, ["string", "integer", "boolean"], strict=True):
        assert definitions[name].properties["own"].type == kind
        assert definitions[name].properties["first"].ref == "#/definitions/AB"


def test_a_topic_may_refer_to_a_definition_of_the_document() -> None:
    schema = {"$ref": "#/definitions/A~1b%20c"}
    topics, definitions, findings = published({"id": "v2.a", "schema": schema})
    assert (topics, definitions, findings) == ([Topic("v2.a", "A/b c")], {}, [])
    topics, _, _ = published({"id": "v2.a", "schema": {"$ref": "a.json"}})
    assert topics == [Topic("v2.a", "a.json")]


@pytest.mark.parametrize("id_", [None, "urn:other:A", "urn:jsonschema:v2"])
def test_a_schema_without_a_name_is_left_out(id_: str | None) -> None:
    topics, definitions, findings = published(
        {"id": "v2.a", "schema": {"id": id_}}, {"id": "v2.b", "schema": {"$ref": "B"}}
    )
    assert (topics, definitions) == ([Topic("v2.b", "B")], {})
    assert findings == ["entities[0].schema: topic v2.a has a schema without an id; omitted"]


@pytest.mark.parametrize("document", [{}, [], {"notifications": {}}, {"entities": None}])
def test_another_file_is_refused(document: object) -> None:
    with pytest.raises(InvalidValueError, match="topics: must be"):
        read_topics(document)

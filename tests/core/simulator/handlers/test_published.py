"""The simulator publishes its definition and the schemas of its topics."""

import msgspec
import pytest

from genesys_core.definition import read_definition
from genesys_core.simulator import Definition, Simulator
from genesys_core.simulator.handlers.published import topic_schema
from tests.strategies.simulator import Desk, operation, small_document

MODELS = {
    "CallTopicCall": {
        "type": "object",
        "properties": {
            "state": {"type": "string", "enum": ["on", "off"]},
            "at": {"type": "string", "format": "date-time"},
            "next": {"$ref": "#/definitions/CallTopicCall"},
            "users": {"type": "array", "items": {"$ref": "#/definitions/User"}},
            "byName": {"type": "object", "additionalProperties": {"$ref": "#/definitions/User"}},
            "lost": {"$ref": "#/definitions/Nowhere"},
            "free": {"type": "object", "additionalProperties": True},
        },
    },
    "User": {"type": "object"},
}
DOCUMENT = small_document({"/api/v2/users": {"get": operation()}}, MODELS)


@pytest.mark.parametrize("path", ["/api/v2/docs/swagger", "/api/v2/docs/swaggerpreview"])
@pytest.mark.parametrize(
    "definition", [Definition(DOCUMENT), Definition.from_json(msgspec.json.encode(DOCUMENT))]
)
def test_the_definition_is_served_without_a_token(path, definition):
    answer = Desk(Simulator(definition)).send("GET", path)
    assert (answer.status, answer.json) == (200, DOCUMENT)
    assert answer.headers.get("content-type") == "application/json"


def test_nothing_else_is_published():
    desk = Desk(Simulator(DOCUMENT))
    assert desk.send("POST", "/api/v2/docs/swagger").status == 405
    assert desk.send("GET", "/api/v2/docs/other").status == 404


def test_the_schema_of_a_topic_names_each_model_once():
    user = {"type": "object", "id": "urn:jsonschema:User", "properties": {}}
    assert topic_schema(Definition(DOCUMENT), "CallTopicCall") == {
        "type": "object",
        "id": "urn:jsonschema:CallTopic:v2:Call",
        "properties": {
            "state": {"type": "string", "enum": ["on", "off"]},
            "at": {"type": "string", "format": "date-time"},
            "next": {"type": "object", "$ref": "urn:jsonschema:CallTopic:v2:Call"},
            "users": {"type": "array", "items": user},
            "byName": {
                "type": "object",
                "additionalProperties": {"type": "object", "$ref": "urn:jsonschema:User"},
            },
            "lost": {"type": "any"},
            "free": {"type": "object"},
        },
    }
    assert topic_schema(Definition(DOCUMENT), "Nowhere") is None


def test_the_generator_reads_what_is_published():
    topics = {
        "entities": [
            {"id": "v2.calls", "schema": topic_schema(Definition(DOCUMENT), "CallTopicCall")}
        ]
    }
    found = read_definition({**DOCUMENT, "definitions": {}}, topics)
    assert found.definition.topics == (("v2.calls", "CallTopicCall"),)
    assert [model.name for model in found.definition.models] == ["CallTopicCall", "User"]

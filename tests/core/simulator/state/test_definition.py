"""Reading a definition."""

import msgspec
import pytest

from genesys_core.errors import InvalidValueError
from genesys_core.simulator.state.definition import Definition, Schema
from tests.strategies.simulator import definition, document, operation, small_document


def test_the_whole_definition_is_read():
    assert len(definition().routes) == 3355
    assert len(definition().schemas) == 6651
    assert repr(definition()) == "Definition(3355 operations, 6651 models)"


@pytest.mark.slow
def test_text_and_values_give_the_same():
    from_values = Definition(msgspec.json.decode(document()))
    assert from_values.schemas == definition().schemas
    assert list(from_values.routes) == list(definition().routes)


def test_a_definition_is_taken_as_it_is():
    assert Definition.of(definition()) is definition()
    assert len(Definition.of(small_document({})).routes) == 0


@pytest.mark.parametrize(
    "broken", [{}, {"paths": []}, {"paths": {"/x": {"get": {"parameters": 5}}}}]
)
def test_what_is_no_definition_is_refused_in_words(broken):
    with pytest.raises(InvalidValueError, match="the definition cannot be parsed"):
        Definition(broken)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"paths": 1}'])
def test_text_that_is_no_definition_is_refused_in_words(text):
    with pytest.raises(InvalidValueError, match="pass a Swagger"):
        Definition.from_json(text)


@pytest.mark.parametrize(
    ("given", "names", "kind"),
    [
        ({}, (), "ALL"),
        ({"x-inin-requires-permissions": ["a:b:c"]}, ("a:b:c",), "ALL"),
        (
            {"x-inin-requires-permissions": {"type": "ANY", "permissions": ["d:e:f"]}},
            ("d:e:f",),
            "ANY",
        ),
    ],
)
def test_the_permissions_of_an_operation(given, names, kind):
    made = Definition(small_document({"/x": {"get": operation(**given)}}))
    required = next(iter(made.routes)).facts.required_permissions
    assert (required.permissions, required.type) == (names, kind)


def test_what_is_no_permission_is_not_among_the_names():
    given = {"x-inin-requires-permissions": ["a:b:c", "They are enforced by the backend"]}
    paths = {"/x": {"get": operation(**given)}}
    made = Definition(small_document(paths)).routes
    assert next(iter(made)).facts.permission_names == ["a:b:c"]


def test_facts_of_an_operation():
    body = {"name": "body", "in": "body", "required": True, "schema": {"$ref": "#/definitions/M"}}
    made = Definition(
        small_document(
            {"/x": {"post": operation(body, reply={"type": "string"}), "get": operation()}},
            {"M": {"type": "object", "properties": {}}},
        )
    )
    post, get = sorted(made.routes, key=lambda route: route.method, reverse=True)
    assert post.facts.body.schema.model_name == "M"
    assert post.facts.reply_schema == Schema(type="string")
    assert get.facts.body is None
    assert get.facts.reply_schema is None


def test_a_success_status_stands_in_where_there_is_no_default_reply():
    facts = {"responses": {"200": {"schema": {"type": "integer"}}}}
    (route,) = Definition(small_document({"/x": {"get": facts}})).routes
    assert route.facts.reply_schema == Schema(type="integer")


def test_read_only_has_two_spellings():
    model = {
        "type": "object",
        "properties": {
            "a": {"type": "string", "readOnly": True},
            "b": {"$ref": "#/definitions/M", "x-read-only": True},
            "c": {"type": "string"},
        },
    }
    properties = Definition(small_document({}, {"M": model})).schemas["M"].properties
    assert {name: schema.is_read_only for name, schema in properties.items()} == {
        "a": True,
        "b": True,
        "c": False,
    }


def test_references_are_followed_and_end():
    made = Definition(
        small_document(
            {},
            {
                "A": {"$ref": "#/definitions/B"},
                "B": {"type": "integer"},
                "Round": {"$ref": "#/definitions/Trip"},
                "Trip": {"$ref": "#/definitions/Round"},
            },
        )
    )

    def led(name):
        return made.resolve(Schema(ref=f"#/definitions/{name}"))

    assert led("A") == Schema(type="integer")
    assert led("Round") == Schema()
    assert led("Missing") == Schema()
    assert made.resolve(Schema(type="string")) == Schema(type="string")


def test_the_document_can_be_published_again():
    document = {"swagger": "2.0", "paths": {}, "x-more": [1]}
    text = b'{"paths": {}, "x-more": [1]}'
    assert msgspec.json.decode(Definition(document).published()) == document
    assert Definition.from_json(text).published() is text

"""What the operations of a path look like."""

import pytest

from genesys_core.simulator.resources.shapes import PathShapes, is_placeholder, path_key
from genesys_core.simulator.state.definition import Definition, Schema
from tests.helpers.rule_documents import BODY, COLLECTION, MODELS, THINGS
from tests.strategies.simulator import operation, small_document

PATHS = {**COLLECTION, "/n": {"get": operation(), "put": operation(BODY, reply=THINGS)}}


@pytest.fixture
def shapes():
    return PathShapes(Definition.of(small_document(PATHS, MODELS)))


def test_paths_without_the_names_of_their_parameters():
    assert path_key("/a/{b}/c/{d}") == "/a/{}/c/{}"
    assert (is_placeholder("{b}"), is_placeholder("b"), is_placeholder("")) == (True, False, False)


def test_the_operations_of_a_path(shapes):
    assert set(shapes.routes("/x")) == {"GET", "POST"}
    assert set(shapes.routes("/x/{}")) == {"GET"}
    assert shapes.routes("/x/literal") == shapes.routes("/nowhere") == {}


def test_models(shapes):
    thing = shapes.definition.schemas["Thing"]
    create, read = shapes.routes("/x")["POST"], shapes.routes("/x")["GET"]
    assert shapes.body(create) == shapes.reply(create) == thing
    assert shapes.body(read) == shapes.resolved(None) == Schema()
    assert shapes.items(read)[0] == ("entities",)
    assert shapes.listing(read, thing) == ("entities",)
    assert shapes.listing(read, Schema(properties={"z": Schema()})) is None
    nothing = shapes.routes("/n")
    assert (
        shapes.items(nothing["GET"]) is shapes.items(None) is shapes.listing(create, thing) is None
    )
    assert shapes.items(nothing["PUT"])[0] == ()

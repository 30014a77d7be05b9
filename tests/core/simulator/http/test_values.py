"""What a caller wrote, in the form of another model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from genesys_core.simulator import example
from genesys_core.simulator.http.exchange import ApiCall
from genesys_core.simulator.http.values import (
    adopt_properties,
    conform_reply,
    conform_value,
)
from genesys_core.simulator.state.definition import Definition, Schema
from tests.strategies.simulator import Desk, definition, misfits, small_document, unhurried

TEXT, NUMBER = Schema(type="string"), Schema(type="integer")
NONE = Definition.of(small_document({}))


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        (TEXT, "a", "a"),
        (TEXT, 1, UNSET),
        (NUMBER, 2.0, 2),
        (NUMBER, 2, 2),
        (Schema(), {"any": [1]}, {"any": [1]}),
        (Schema(type="array", items=TEXT), ["a", 1, None], ["a"]),
        (Schema(type="array"), [1, "a"], [1, "a"]),
        (Schema(type="object"), {"a": 1, "b": None}, {"a": 1}),
        (Schema(type="object", additional=TEXT), {"a": 1, "b": "c"}, {"b": "c"}),
        (Schema(properties={"a": TEXT}), {"a": "x", "b": 1}, {"a": "x"}),
        (Schema(properties={"a": TEXT}, required=("a", "gone")), {}, {"a": "a"}),
        (Schema(properties={"a": TEXT}, required=("a",)), {"a": None}, {"a": "a"}),
    ],
)
def test_values(schema, value, expected):
    assert conform_value(NONE, schema, value) == expected


def test_properties_of_an_entity():
    reference = Schema(properties={"id": TEXT})
    entity = Schema(properties={"name": TEXT, "queue": reference, "userId": TEXT, "n": NUMBER})
    given_ = {"name": None, "queueId": "q", "userId": "u", "n": "no number", "more": 1}
    assert adopt_properties(NONE, entity, given_) == {
        "name": None,
        "queue": {"id": "q"},
        "userId": "u",
    }
    assert adopt_properties(NONE, entity, {"queueId": 5}) == {}
    assert adopt_properties(NONE, Schema(), {"a": 1}) == {}


@unhurried
@given(
    st.sampled_from(["User", "Queue", "Group", "Campaign"]), st.integers(0, 99), st.integers(1, 3)
)
def test_an_example_of_any_model_takes_the_form_of_another(model, seed, depth):
    value = example(definition(), "CreateQueueRequest", seed=seed, depth=depth)
    schema = Schema(ref=f"#/definitions/{model}")
    assert misfits(definition(), schema, conform_value(definition(), schema, value)) == []


def test_a_reply_of_the_wrong_type_is_null():
    desk = Desk()
    (found,) = (each for each in definition().routes if each.template == "/api/v2/date")
    call = ApiCall(found, "/", {}, {}, None, None, desk.now, desk.simulator.state, definition())
    assert conform_reply(call, TEXT, "a") == "a"
    assert conform_reply(call, TEXT, 1) is None


def test_several_ids_become_references():
    known = Definition.of(small_document({}))
    references = Schema(type="array", items=Schema(properties={"id": TEXT}))
    entity = Schema(properties={"queues": references})
    assert adopt_properties(known, entity, {"queueIds": ["a", 1, "b"]}) == {
        "queues": [{"id": "a"}, {"id": "b"}]
    }
    assert adopt_properties(known, entity, {"queueIds": "a"}) == {}

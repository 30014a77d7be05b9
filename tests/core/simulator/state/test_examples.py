"""Examples: well-formed, deterministic, finite."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.errors import InvalidValueError
from genesys_core.simulator import example
from genesys_core.simulator.state.definition import Definition, Schema
from genesys_core.simulator.state.examples import example_of, minimal_value, uuid_shaped
from tests.strategies.simulator import definition, misfits, small_document, unhurried

NAMES = sorted(definition().schemas)


def declared(name):
    return Schema(ref=f"#/definitions/{name}")


@pytest.mark.parametrize(
    ("depth", "seed"),
    [
        pytest.param(1, 0, marks=pytest.mark.slow),
        pytest.param(2, 1, marks=pytest.mark.slow),
        (3, 0),
        pytest.param(3, 7, marks=pytest.mark.slow),
    ],
)
def test_an_example_of_every_model_is_what_its_schema_declares(depth, seed):
    for name in NAMES:
        value = example(definition(), name, depth=depth, seed=seed)
        assert misfits(definition(), declared(name), value) == [], name
        assert msgspec.json.decode(msgspec.json.encode(value)) == value, name


def test_two_levels_are_enough_for_every_property():
    for name in NAMES:
        value = example(definition(), name, depth=2)
        assert set(value) == set(definition().schemas[name].properties), name


@unhurried
@given(st.sampled_from(NAMES), st.integers(1, 4), st.integers())
def test_examples_of_any_seed_are_well_formed_and_repeatable(name, depth, seed):
    value = example(definition(), name, depth=depth, seed=seed)
    assert misfits(definition(), declared(name), value) == []
    assert value == example(definition(), name, depth=depth, seed=seed)


def test_seeds_reach_all_values_of_an_enum():
    wanted = set(definition().schemas["User"].properties["state"].enum)
    assert {example(definition(), "User", seed=seed)["state"] for seed in range(50)} == wanted
    assert example(definition(), "User")["state"] == "active"


def levels(value):
    """How deep the models of ``Link`` below nest."""
    return 0 if value is None else 1 + levels(value.get("next"))


CYCLES = Definition(
    small_document(
        {},
        {
            "Link": {"type": "object", "properties": {"next": {"$ref": "#/definitions/Link"}}},
            "Chained": {
                "type": "object",
                "required": ["next", "label"],
                "properties": {
                    "label": {"type": "string"},
                    "more": {"type": "string"},
                    "next": {"$ref": "#/definitions/Chained"},
                },
            },
            "Lists": {"type": "array", "items": {"$ref": "#/definitions/Lists"}},
            "Maps": {"type": "object", "additionalProperties": {"$ref": "#/definitions/Maps"}},
            "Holder": {
                "type": "object",
                "required": ["inner", "many"],
                "properties": {
                    "inner": {
                        "type": "object",
                        "required": ["back"],
                        "properties": {"back": {"$ref": "#/definitions/Holder"}},
                    },
                    "many": {"type": "array", "items": {"$ref": "#/definitions/Holder"}},
                },
            },
        },
    )
)


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_a_cycle_ends_at_the_depth_asked_for(depth):
    assert levels(example(CYCLES, "Link", depth=depth)) == depth
    assert example(CYCLES, "Link", depth=0) == example(CYCLES, "Link", depth=1)


@pytest.mark.parametrize("name", ["Lists", "Maps", "Holder"])
def test_cycles_of_lists_maps_and_nameless_objects_end_as_well(name):
    shallow, deep = (len(msgspec.json.encode(example(CYCLES, name, depth=n))) for n in (1, 4))
    assert shallow < deep < 1000


def test_what_is_required_is_there_below_the_depth_and_what_requires_itself_is_empty_inside():
    assert example(CYCLES, "Chained", depth=1) == {
        "label": "label",
        "more": "more",
        "next": {"label": "label", "next": {}},
    }


def test_formats_of_the_platform():
    model = {
        "type": "object",
        "properties": {
            "date": {"type": "string", "format": "date"},
            "instant": {"type": "string", "format": "date-time"},
            "local": {"type": "string", "format": "local-date-time"},
            "month": {"type": "string", "format": "year-month"},
            "uuid": {"type": "string", "format": "uuid"},
            "id": {"type": "string"},
            "selfUri": {"type": "string"},
            "flag": {"type": "boolean"},
            "small": {"type": "integer", "format": "int32"},
            "big": {"type": "integer", "format": "int64"},
            "ratio": {"type": "number", "format": "double"},
            "numbers": {"type": "array", "items": {"type": "integer", "enum": [2, 3]}},
            "free": {"type": "object"},
            "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
            "anything": {},
        },
    }
    assert example(small_document({}, {"M": model}), "M", depth=1) == {
        "date": "2024-05-17",
        "instant": "2024-05-17T09:30:00.000Z",
        "local": "2024-05-17T09:30:00.000",
        "month": "2024-05",
        "uuid": uuid_shaped(0, "uuid"),
        "id": uuid_shaped(0, "id"),
        "selfUri": "/api/v2/example/selfUri",
        "flag": True,
        "small": 1,
        "big": 1,
        "ratio": 1.5,
        "numbers": [2],
        "free": {"key": "free"},
        "counts": {"key": 1},
        "anything": "anything",
    }


def test_large_integers_keep_to_their_format():
    seen = {
        format_: {
            example_of(definition(), Schema(type="integer", format=format_), seed=seed)
            for seed in range(100)
        }
        for format_ in ("int32", "int64", None)
    }
    assert max(seen["int64"]) == 2**63 - 1
    assert max(seen["int32"]) == max(seen[None]) == 2**31 - 1


def test_a_name_that_the_definition_lacks_is_an_error_that_names_it():
    with pytest.raises(InvalidValueError, match="'Usr'"):
        example(definition(), "Usr")


def test_ids_are_shaped_like_uuids_and_differ():
    made = {uuid_shaped(0, "user", n) for n in range(100)}
    assert len(made) == 100
    assert all(
        misfits(definition(), Schema(type="string", format="uuid"), each) == [] for each in made
    )


def test_the_smallest_value_has_only_what_is_required():
    known = Definition.of(small_document({}, {"Thing": {"type": "object"}}))
    inner = Schema(properties={"must": Schema(type="string"), "may": Schema()}, required=("must",))
    assert minimal_value(known, inner, "thing") == {"must": "must"}
    assert minimal_value(known, Schema(type="array", items=inner), "things") == []
    assert minimal_value(known, Schema(type="integer"), "number") == 1

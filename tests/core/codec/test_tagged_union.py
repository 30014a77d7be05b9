"""Unions of models: every value survives, whatever its kind."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.codec.decoding import decode
from genesys_core.codec.encoding import encode_body, to_dict, to_json
from genesys_core.codec.issues import Issue
from genesys_core.codec.model import Model
from genesys_core.codec.model_tables import define_models
from genesys_core.codec.tagged_union import TaggedUnion
from genesys_core.codec.unknown_fields import remember_model
from genesys_core.errors import DecodeError

TABLE = """\
Pet pet_type name
Dog pet_type name age:int friend:AnyPet born:date-time
AnyPet|petType Dog Cat=cat Pet
Box pet:AnyPet pets:[AnyPet] by_name:{AnyPet}
"""


class Cat(Model):
    """What another module of the package holds."""

    pet_type: str | None = None
    lives: int | None = None


@pytest.fixture(scope="module")
def zoo() -> Iterator[Any]:
    package, module = ModuleType("zoo"), ModuleType("zoo._one")
    package.Cat, module.__package__ = Cat, "zoo"  # type: ignore[attr-defined]
    sys.modules |= {"zoo": package, "zoo._one": module}
    define_models(vars(module), TABLE)
    yield module
    del sys.modules["zoo"], sys.modules["zoo._one"]


def test_each_kind_is_its_model(zoo: Any) -> None:
    box = {
        "pet": {"petType": "Dog", "age": 3, "born": "2020-01-01T00:00:00Z"},
        "pets": [{"petType": "cat", "lives": 9}, {"petType": "Pet", "name": "Bo"}],
        "byName": {"Rex": {"petType": "Dog", "friend": {"petType": "cat"}}},
    }
    found, issues = decode(zoo.Box, json.dumps(box).encode()), ()
    assert found.issues == issues
    assert [type(one) for one in found.data.pets] == [Cat, zoo.Pet]
    assert type(found.data.pet) is zoo.Dog
    assert found.data.pet.born.year == 2020
    assert type(found.data.by_name["Rex"].friend) is Cat
    assert json.loads(to_json(found.data)) == box


@pytest.mark.parametrize(
    "unknown",
    [
        {"petType": "Bird", "wings": 2, "nest": {"eggs": [1, None]}},
        {"petType": None, "x": 1},
        {"petType": ["Dog"]},
        {"name": "nobody"},
        {},
    ],
)
def test_an_unknown_kind_stays_the_dictionary_that_it_is(zoo: Any, unknown: Any) -> None:
    box = {"pet": unknown, "pets": [unknown, {"petType": "Dog"}], "byName": {"a": unknown}}
    found = decode(zoo.Box, json.dumps(box).encode())
    assert (found.data.pet, found.issues) == (unknown, ())
    assert json.loads(to_json(found.data)) == box
    assert decode(zoo.AnyPet, json.dumps(unknown).encode()).data == unknown


def test_values_that_do_not_match_their_kind_are_repaired(zoo: Any) -> None:
    body = b'{"pet": {"petType": "Dog", "age": "3"}, "pets": [4, {"petType": "cat"}, null]}'
    found = decode(zoo.Box, body)
    assert found.data == zoo.Box(
        pet=zoo.Dog(pet_type="Dog", age=3), pets=[None, Cat(pet_type="cat"), None]
    )
    assert [(issue.path, issue.message) for issue in found.issues] == [
        ("$.pet.age", "expected integer, found string: converted"),
        ("$.pets[0]", "expected object (AnyPet), found number: replaced with None"),
        ("$.pets[2]", "expected object (AnyPet), found null: replaced with None"),
    ]


def test_a_whole_body_is_repaired_or_refused(zoo: Any) -> None:
    found = decode(zoo.AnyPet, b'{"petType": "Dog", "age": true}')
    assert found.data == zoo.Dog(pet_type="Dog")
    assert found.issues == (
        Issue("$.age", "expected integer, found boolean: replaced with None", "true"),
    )
    for body in (b"[]", b"3"):
        with pytest.raises(DecodeError, match=r"expected object \(AnyPet\) as the whole body"):
            decode(zoo.AnyPet, body)


def test_unknown_fields_of_a_known_kind_are_sent_back(zoo: Any) -> None:
    body = b'{"pets": [{"petType": "Dog", "x": 1}, {"petType": "Bird", "y": 2}], "z": 3}'
    box = decode(zoo.Box, body).data
    remember_model(box, body)
    box.pets[0].name = "Rex"
    box.pets[1]["y"] = 4
    assert json.loads(encode_body(box, "object")) == {
        "pets": [{"petType": "Dog", "x": 1, "name": "Rex"}, {"petType": "Bird", "y": 4}],
        "z": 3,
    }
    dog = decode(zoo.AnyPet, b'{"petType": "Dog", "x": 1}').data
    remember_model(dog, b'{"petType": "Dog", "x": 1}')
    assert json.loads(encode_body([dog], "array")) == [{"petType": "Dog", "x": 1}]


def test_a_union_has_no_values_of_its_own(zoo: Any) -> None:
    assert isinstance(zoo.AnyPet, TaggedUnion)
    assert isinstance(zoo.Dog(), zoo.AnyPet)
    assert isinstance({}, zoo.AnyPet)
    assert not isinstance("Dog", zoo.AnyPet)
    assert zoo.AnyPet.__doc__ == (
        "A union of models, discriminated by ``petType``; a dictionary if the kind is unknown."
    )
    with pytest.raises(TypeError, match="AnyPet is a union of models; create one of Dog, Cat, Pet"):
        zoo.AnyPet(name="Rex")


_values = st.recursive(
    st.none() | st.text() | st.integers(), lambda inner: st.dictionaries(st.text(), inner)
)


@given(st.dictionaries(st.sampled_from(["petType", "x", "y"]), _values, max_size=3))
def test_any_object_of_no_known_kind_is_kept(zoo: Any, value: dict[str, Any]) -> None:
    found = decode(zoo.Box, json.dumps({"pet": value}).encode())
    if value.get("petType") not in ("Dog", "cat", "Pet"):
        assert to_dict(found.data) == {"pet": value}

"""Models made from a definition full of traps: they import, mean what they say, and round-trip."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings

from genesys_core.codec.decoding import decode
from genesys_core.codec.encoding import to_json
from genesys_core.codec.model import Model, SecretModel
from genesys_core.codec.values import YearMonth
from genesys_core.definition import generate
from genesys_core.definition.read.definition import (
    Array,
    Map,
    ModelDef,
    Plain,
    PlainKind,
    Ref,
    Type,
)
from genesys_core.definition.read.parse import parse_definition
from tests.helpers.generated import BY_WIRE, DEFINITION
from tests.strategies.definition import (
    MODELS,
    TRAPS,
    check_stub,
    definitions,
    generated_package,
    operation,
)

VALUES: dict[PlainKind, object] = {
    "string": "text",
    "integer": 7,
    "number": 1.5,
    "boolean": True,
    "date": date(2024, 2, 29),
    "date-time": datetime(2024, 2, 29, 12, 30, tzinfo=UTC),
    "local-date-time": datetime(2024, 2, 29, 12, 30),  # noqa: DTZ001 - has no zone by design
    "year-month": YearMonth(2024, 2),
    "object": {"any": ["thing"]},
    "any": [1, "two"],
    "file": "nowhere in models",
}


def filled(models: ModuleType, definition: ModelDef, depth: int = 3) -> Model:
    """An instance with every field set, models in it down to a depth."""
    by_class = {one.name: one for one in DEFINITION.models}

    def value(type_: Type) -> object:
        match type_:
            case Ref(name=name):
                return filled(models, by_class[name], depth - 1) if depth else None
            case Array(items=items):
                return [value(items)] if depth else []
            case Map(values=values):
                return {"some key": value(values)} if depth else {}
            case Plain(kind=kind, values=known):
                return known[0] if known else VALUES[kind]

    if definition.tag:
        kind, name = definition.cases[0]
        one = filled(models, by_class[name], depth)
        (own,) = (field.name for field in by_class[name].fields if field.wire == definition.tag)
        setattr(one, own, kind)
        return one
    fields = {field.name: value(field.type) for field in definition.fields}
    return getattr(models, definition.name)(**fields)  # type: ignore[no-any-return]


@pytest.mark.parametrize("wire", MODELS)
def test_every_model_round_trips_under_its_wire_names(models: ModuleType, wire: str) -> None:
    instance = filled(models, BY_WIRE[wire])
    text = to_json(instance)
    assert list(msgspec.json.decode(text)) == [field.wire for field in BY_WIRE[wire].fields]
    back = decode(type(instance), text, strict=True)
    assert back.data == instance


@pytest.mark.parametrize("wire", MODELS)
def test_every_wire_name_is_the_definitions(models: ModuleType, wire: str) -> None:
    definition = BY_WIRE[wire]
    made = getattr(models, definition.name)
    own = TRAPS["definitions"][wire].get("properties")
    assert made.__struct_encode_fields__ == tuple(field.wire for field in definition.fields)
    assert own is None or list(made.__struct_encode_fields__) == list(own)
    assert made() == made(), "every field is optional"
    assert to_json(made()) == b"{}"


@pytest.mark.slow
@given(definitions())
@settings(max_examples=20, deadline=None)
def test_any_definition_becomes_models_that_import(document: dict[str, Any]) -> None:
    refused = {"\\", '"', *map(chr, range(32))}  # msgspec has no fields of such names
    for one in document["definitions"].values():
        kept = {name: it for name, it in one["properties"].items() if not refused & set(name)}
        one["properties"] = kept
    document["paths"]["/one"] = {"get": operation("one", "Users")}
    found = parse_definition(document, {"notifications": []})
    files = generate(document, {"notifications": []})
    with (
        TemporaryDirectory() as folder,
        generated_package(files, Path(folder), "random_models") as (package, _),
    ):
        for path, text in files.items():
            if "/models/_" in path and path.endswith("pyi") and "__init__" not in path:
                check_stub(text, package)
        for model in found.models:
            if model.tag:
                continue  # a union has no fields
            made = getattr(package, model.name)
            assert made.__struct_encode_fields__ == tuple(one.wire for one in model.fields)
            assert msgspec.json.decode(b"{}", type=made) == made()


def test_colliding_names_are_numbered_and_both_reach_the_wire(models: ModuleType) -> None:
    made = models.Collisions(foo_bar="a", foo_bar_2=2, foo_bar_3="c")
    assert to_json(made) == b'{"fooBar":"a","foo_bar":2,"foo-bar":"c"}'


def test_annotations_mean_what_the_definition_says(models: ModuleType) -> None:
    hints = get_type_hints(models.Shadows)
    assert hints["list"] == str | None
    assert hints["texts"] == list[str] | None
    assert hints["counts"] == dict[str, int] | None
    assert hints["when"] == datetime | None
    assert hints["day"] == date | None
    assert hints["state"] == str | None, "an open enum is a str at run time"
    assert get_type_hints(models.HidesItsType)["address"] == models.address | None
    assert get_type_hints(models.Any)["literal"] == models.Literal | None
    assert get_type_hints(models.Third)["first"] == models.First | None


def test_models_are_keyword_only_and_mutable(models: ModuleType) -> None:
    with pytest.raises(TypeError):
        models.Warning("text")
    warning = models.Warning()
    warning.text = "later"
    assert warning.text == "later"


def test_secrets_are_masked(models: ModuleType) -> None:
    user = models.User(password="hunter2", password_count=3)
    assert issubclass(models.User, SecretModel)
    assert "hunter2" not in repr(user)
    assert "password_count=3" in repr(user)
    assert to_json(user) == b'{"password":"hunter2","passwordCount":3}'
    assert not issubclass(models.Warning, SecretModel)
    assert "s3cret" not in repr(models.Shadows(client_secret="s3cret", name="n"))

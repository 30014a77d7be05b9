"""Models made from a definition full of traps: they import, mean what they say, and round-trip."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
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
from genesys_core.definition.write.annotations import (
    format_annotation,
    format_expression,
    literal_values,
)
from tests.strategies.definition import (
    CORE,
    MODELS,
    TRAP_TOPICS,
    TRAPS,
    check_stub,
    definitions,
    generated_package,
    operation,
)

DEFINITION = parse_definition(TRAPS, TRAP_TOPICS)
FILES = generate(TRAPS, TRAP_TOPICS)
BY_WIRE = {one.wire: one for one in DEFINITION.models}

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
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    folder = tmp_path_factory.mktemp("generated")
    with generated_package(FILES, folder, "trap_models") as (package, _):
        yield package


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


def test_the_facade_imports_nothing_until_asked(tmp_path: Path) -> None:
    with generated_package(FILES, tmp_path, "trap_lazy") as (models, _):

        def loaded() -> set[str]:
            return {name for name in sys.modules if name.startswith("trap_lazy.models._")}

        assert loaded() == set()
        warning = models.Warning
        assert loaded() == {"trap_lazy.models._user"}
        assert models.Warning is warning
        models.preload("Bare", "List")
        assert loaded() > {"trap_lazy.models._user"}
        assert "trap_lazy.models._agent_ui_1" not in loaded()
        models.preload()
        assert "trap_lazy.models._agent_ui_1" in loaded()


def test_the_facade_lists_every_model(models: ModuleType) -> None:
    assert {one.name for one in DEFINITION.models} <= set(dir(models))
    for one in DEFINITION.models:
        assert issubclass(getattr(models, one.name), Model)


def test_a_name_that_is_no_model_gets_an_error_that_helps(models: ModuleType) -> None:
    with pytest.raises(
        AttributeError, match=r"no model hides_its_type .* 1\.2\.3; did you mean Hid"
    ):
        models.hides_its_type  # noqa: B018 - reading is the test
    with pytest.raises(AttributeError, match="which defines 25 models"):
        models.preload("Nonsense")
    assert not hasattr(models, "__path_of_nothing__")
    assert not hasattr(models, "")


def test_both_halves_of_the_facade_agree(models: ModuleType) -> None:
    """What the stub imports from a shard is what the run-time half finds there."""
    shown: list[str] = []
    for node in ast.parse(FILES[f"{CORE}models/__init__.pyi"]).body:
        if isinstance(node, ast.ImportFrom):
            shard = importlib.import_module(f"trap_models.models.{node.module}")
            for alias in node.names:
                assert alias.asname == alias.name
                assert getattr(shard, alias.name).__module__ == shard.__name__
                assert getattr(models, alias.name) is getattr(shard, alias.name)
                shown.append(alias.name)
    assert sorted(shown) == sorted(one.name for one in DEFINITION.models)


def test_both_halves_of_a_shard_agree(models: ModuleType) -> None:
    found = [
        name
        for path, text in FILES.items()
        if "/models/_" in path and path.endswith("pyi") and "__init__" not in path
        for name in check_stub(text, models)
    ]
    assert sorted(found) == sorted(one.name for one in DEFINITION.models)


def test_docstrings_hold_facts_alone(models: ModuleType) -> None:
    assert models.Enums.__doc__ == "Required: odd, quotes."
    assert models.Odd_Name_With_Signs.__doc__ == (
        "The definition's ``Odd Name-With.Signs``. Read-only: read_only."
    )
    assert models.Empty.__doc__ == models.Bare.__doc__ == "Has no properties of its own."
    assert models.User.__doc__ == "Never shown: password."
    assert models.Second.__doc__ is None


def test_repeated_enums_are_written_once() -> None:
    stub = FILES[f"{CORE}models/_agent_ui_1.pyi"]
    assert stub.count("value number 5, with words") == 1
    assert "    many: _ManyValues | None = None\n    again: _ManyValues | None = None\n" in stub


def test_names_that_a_field_hides_have_another_in_the_stub() -> None:
    stub = FILES[f"{CORE}models/_users_1.pyi"]
    assert "    first: First | None = None\n    empty: Empty | None = None\n" in stub
    assert "    knots: dict[str, list[_knot]] | None = None\n" in stub
    assert "_knot = knot\n" in stub


@pytest.mark.parametrize(
    ("type_", "source", "run_time"),
    [
        (Plain("string"), "str", "str"),
        (Plain("string", ("A", 'b"')), '_Open[_Literal["A", \'b"\']]', "str"),
        (Plain("integer"), "int", "int"),
        (Plain("number"), "float", "float"),
        (Plain("boolean"), "bool", "bool"),
        (Plain("date"), "_date", "date"),
        (Plain("date-time"), "_datetime", "datetime"),
        (Plain("local-date-time"), "_LocalDateTime", "datetime"),
        (Plain("year-month"), "_YearMonth", "YearMonth"),
        (Plain("object"), "_Any", "object"),
        (Plain("any"), "_Any", "object"),
        (Array(Map(Ref("User"))), "list[dict[str, User]]", "list[dict[str, User]]"),
    ],
)
def test_types_as_source(type_: Type, source: str, run_time: str) -> None:
    assert format_annotation(type_) == source
    assert format_expression(type_) == run_time


def test_known_values_are_found_inside_containers() -> None:
    assert literal_values(Map(Array(Plain("string", ("a",))))) == ("a",)
    assert literal_values(Ref("User")) == ()


def test_the_names_in_a_definition_cannot_reach_beyond_their_literals() -> None:
    values: Any = FILES[f"{CORE}models/_agent_ui_1.pyi"]
    assert values.isascii()
    compile(values, "shard", "exec")

"""Stubs of models say what the modules beside them hold."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from genesys_core.definition import build_sources, read_definition
from tests.helpers.generated import DEFINITION, FILES
from tests.strategies.definition import CORE, TRAPS, check_stub, model, ref


def test_both_halves_of_a_shard_agree(models: ModuleType) -> None:
    found = [
        name
        for path, text in FILES.items()
        if "/models/_" in path and path.endswith("pyi") and "__init__" not in path
        for name in check_stub(text, models)
    ]
    assert sorted(found) == sorted(one.name for one in DEFINITION.models)


def test_repeated_enums_are_written_once() -> None:
    stub = FILES[f"{CORE}models/_agent_ui_1.pyi"]
    assert stub.count("value number 5, with words") == 1
    assert "    many: _ManyValues | None = None\n    again: _ManyValues | None = None\n" in stub


def test_names_that_a_field_hides_have_another_in_the_stub() -> None:
    stub = FILES[f"{CORE}models/_users_1.pyi"]
    assert "    first: First | None = None\n    empty: Empty | None = None\n" in stub
    assert "    knots: dict[str, list[_knot]] | None = None\n" in stub
    assert "_knot = knot\n" in stub


def test_another_name_is_not_one_of_a_helper() -> None:
    """``_field`` is msgspec's, by which a field has a name that is not in camel case."""
    definitions = {"field": model({"field": ref("field"), "Other": {"type": "string"}})}
    document = {**TRAPS, "definitions": definitions}
    definition = read_definition(document, {"notifications": []}).definition
    (stub,) = (
        text
        for path, text in build_sources(definition).items()
        if path.endswith(".pyi") and "class field(" in text
    )
    assert "_field_ = field\n" in stub
    assert "    field: _field_ | None = None\n" in stub
    assert '    other: str | None = _field(name="Other", default=None)\n' in stub


def test_the_names_in_a_definition_cannot_reach_beyond_their_literals() -> None:
    values: Any = FILES[f"{CORE}models/_agent_ui_1.pyi"]
    assert values.isascii()
    compile(values, "shard", "exec")


def test_limits_of_fields_follow_their_descriptions() -> None:
    size = {"type": "integer", "description": "How many", "minimum": 1, "maximum": 9, "default": 2}
    link = {"type": "string", "format": "uri"}
    password = {"type": "string", "default": "example", "description": "Of the lamp"}
    document = {
        **TRAPS,
        "definitions": {"A": model({"n": size, "url": link, "password": password})},
    }
    definition = read_definition(document, {"notifications": []}).definition
    (stub,) = (
        text
        for path, text in build_sources(definition).items()
        if path.endswith(".pyi") and "class A(" in text
    )
    assert '    """How many. Default 2, from 1 to 9."""\n' in stub
    assert '    """In the format uri."""\n' in stub
    assert '    """Of the lamp"""\n' in stub
    assert "example" not in stub

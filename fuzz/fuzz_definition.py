"""Any definition at all gives source that compiles, and the same source each time.

Invariants: every file compiles, is ASCII and begins with the banner; generating again gives the same
bytes; every model is defined once, with every wire name of its definition. Damage anywhere costs no
more than the part that it is in: the rest is still generated. Nothing but ``InvalidValueError`` is
ever raised.
"""

import ast
import contextlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.definition import (
    BANNER_START,
    build_sources,
    generate,
    load_document,
    read_definition,
)
from genesys_core.definition.reference import build_reference
from genesys_core.errors import InvalidValueError
from tests.strategies.definition import CORE, Json, definitions

__all__ = ["check", "target"]

_topics = st.lists(
    st.fixed_dictionaries({"topic": st.text(max_size=6), "class": st.sampled_from(["A", "List"])}),
    max_size=2,
)

_noise = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside),
    max_leaves=5,
)
_places = st.sampled_from(["swagger", "info", "paths", "definitions"])


@st.composite
def damaged_documents(draw: st.DrawFn) -> Json:
    """A definition in which any one value is replaced by any other."""
    document = json.loads(json.dumps(draw(definitions())))
    place: Any = document
    for _ in range(draw(st.integers(0, 8))):
        inner = [key for key in _keys(place) if isinstance(place[key], dict | list)]
        if not inner:
            break
        place = place[draw(st.sampled_from(inner))]
    if keys := _keys(place):
        place[draw(st.sampled_from(keys))] = draw(_noise)
    return document


def _keys(value: Any) -> list[Any]:
    return list(value) if isinstance(value, dict) else list(range(len(value)))


@given(damaged_documents())
def check_damaged(document: Json) -> None:
    """Read and generate from a definition with one wrong value."""
    try:
        reading = read_definition(document, {"notifications": []})
    except InvalidValueError:
        assert document["swagger"] != "2.0" or not isinstance(document["paths"], dict)
        return
    if reading.definition.apis:
        for path, text in build_sources(reading.definition).items():
            compile(text, path, "exec")
    assert "index.md" in build_reference(reading.definition)


def target_damaged(data: bytes) -> None:
    """Damage a definition made of any bytes; for coverage-guided engines."""
    check_damaged.hypothesis.fuzz_one_input(data)  # type: ignore[attr-defined]  # added by @given


def target_text(data: bytes) -> None:
    """Read any bytes as a document."""
    with contextlib.suppress(InvalidValueError):
        read_definition(load_document(data), {"notifications": []})


@given(definitions(), _topics, st.none() | st.tuples(_places, _noise))
def check(document: Json, topics: list[Json], damage: tuple[str, object] | None) -> None:
    """Generate from a definition, most of them whole."""
    if damage is not None:
        document = {**document, damage[0]: damage[1]}
    try:
        files = generate(document, {"notifications": topics})
    except InvalidValueError:
        assert damage is not None or not document["paths"] or _has_findings(document)
        return
    assert files == generate(document, {"notifications": topics})
    for path, text in files.items():
        assert text.startswith(BANNER_START)
        assert text.isascii()
        compile(text, path, "exec")
    if damage is None:
        _examine(document, files)


def target(data: bytes) -> None:
    """Make a definition of any bytes, and generate from it; for coverage-guided engines."""
    check.hypothesis.fuzz_one_input(data)  # type: ignore[attr-defined]  # added by @given


def _has_findings(document: Json) -> bool:
    return bool(read_definition(document, {"notifications": []}).findings)


def _examine(document: Json, files: dict[str, str]) -> None:
    shards = [text for path, text in files.items() if path.startswith(f"{CORE}models/_")]
    classes = [
        node for text in shards for node in ast.parse(text).body if isinstance(node, ast.ClassDef)
    ]
    assert len(classes) == len({node.name for node in classes}) == len(document["definitions"])
    fields = sum(
        isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") != "__secrets__"
        for one in classes
        for node in one.body
    )
    models = document["definitions"]
    assert fields == sum(len(_properties(one, models)) for one in models.values())


def _properties(schema: Json, models: Json) -> set[str]:
    """The properties of a definition, with those that it extends."""
    found = set(schema["properties"])
    for part in schema.get("allOf", []):
        found |= _properties(models[part["$ref"].rpartition("/")[2]], models)
    return found


TARGETS: Mapping[str, Callable[[bytes], object]] = {
    "definition": target,
    "definition_damaged": target_damaged,
    "definition_text": target_text,
}

"""Models of the platform that are read, edited and sent back, over the whole definition."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from genesys_cloud.definition import load_definition
from genesys_core import models
from genesys_core.codec.decoding import decode
from genesys_core.codec.encoding import encode_body, to_json
from genesys_core.codec.merge import list_parts
from genesys_core.codec.unknown_fields import remember_model
from genesys_core.simulator.state.definition import Definition
from genesys_core.simulator.state.examples import example


@cache
def document() -> dict[str, Any]:
    return load_definition()  # type: ignore[return-value]


@cache
def definition() -> Definition:
    return Definition.of(document())


def name_of(schema: dict[str, Any] | None) -> str:
    return (schema or {}).get("$ref", "").rpartition("/")[2]


def pairs() -> Iterator[tuple[str, str]]:
    """The model that a GET returns, and the model that PUT or PATCH of the same path takes."""
    for item in document()["paths"].values():
        for method in ("put", "patch"):
            if "get" in item and method in item:
                parameters = item[method].get("parameters", [])
                body = [name_of(each.get("schema")) for each in parameters if each["in"] == "body"]
                got = name_of(item["get"]["responses"]["default"].get("schema"))
                if got and body and body[0]:
                    yield got, body[0]


PAIRS = sorted(set(pairs()))
NEWER = "newerThanThisVersion"


def marked(value: Any, count: Iterator[int]) -> Any:
    """Give every object of a document a member that no version knows."""
    if isinstance(value, dict):
        return {key: marked(each, count) for key, each in value.items()} | {NEWER: next(count)}
    return [marked(each, count) for each in value] if isinstance(value, list) else value


def test_there_are_as_many_pairs_as_the_definition_has() -> None:
    listed = list(pairs())
    assert len(listed) == 398
    assert sum(got != taken for got, taken in listed) == 192


@pytest.mark.slow
@pytest.mark.parametrize(("got", "taken"), [pair for pair in PAIRS if pair[0] != pair[1]])
def test_a_copy_for_the_request_has_every_member_or_names_it(got: str, taken: str) -> None:
    source = decode(getattr(models, got), json.dumps(example(definition(), got)).encode()).data
    left_out: list[str] = []
    copy = getattr(models, taken).of(source, left_out=left_out)
    before, after = json.loads(to_json(source)), json.loads(to_json(copy))
    gone = {path.removeprefix("$.") for path in left_out if path.count(".") == 1}
    assert set(after) == {
        key for key in before if key not in gone and f'$["{key}"]' not in left_out
    }
    # And those of another type there: a user's manager is a user, an updated user's an id.
    assert set(before) - set(after) >= {f.encode_name for f in unknown_to(taken, source)}


def unknown_to(name: str, source: Struct) -> Iterator[msgspec.structs.FieldInfo]:
    known = {field.encode_name for field in msgspec.structs.fields(getattr(models, name))}
    for field in msgspec.structs.fields(source):
        if field.encode_name not in known and getattr(source, field.name) is not None:
            yield field


@pytest.mark.slow
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    pair=st.sampled_from(PAIRS),
    seed=st.integers(0, 2**32),
    edits=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), max_size=4),
)
def test_an_edit_changes_nothing_else(
    pair: tuple[str, str], seed: int, edits: list[tuple[int, int]]
) -> None:
    """Any model of any response: only the strings that were edited differ when it is sent."""
    count = iter(range(10**9))
    whole = marked(example(definition(), pair[0], seed=seed), count)
    body = json.dumps(whole).encode()
    model = decode(getattr(models, pair[0]), body).data
    remember_model(model, body)
    for name in model.__struct_fields__:
        getattr(
            model, name
        )  # as a caller reaches a part: not by `list_parts`, which leaves no trace
    edited = set()
    parts = [part for part in list_parts(model) if isinstance(part, Struct)]
    for place, field in edits:
        part = parts[place % len(parts)]
        texts = [name for name in part.__struct_fields__ if isinstance(getattr(part, name), str)]
        if texts:
            setattr(part, texts[field % len(texts)], f"edited {place} {field}")
            edited.add((id(part), texts[field % len(texts)]))
    differences = list(different(whole, json.loads(encode_body(model, "any"))))
    assert len(differences) == len(edited)
    assert all(str(new).startswith("edited ") for new in differences)


def different(old: Any, new: Any) -> Iterator[Any]:
    if isinstance(old, dict) and isinstance(new, dict):
        assert old.keys() == new.keys()
        for key, value in old.items():
            yield from different(value, new[key])
    elif isinstance(old, list) and isinstance(new, list):
        for one, other in zip(old, new, strict=True):
            yield from different(one, other)
    elif old != new:
        yield new

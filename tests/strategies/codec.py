"""JSON documents made from types: fitting ones, and ones with known faults.

Law: a document is a function of its random source alone, and the faults put into it are told, so
that a test knows what must be intact.
"""

import json
import random
import string
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, NamedTuple, Union, cast, get_args, get_origin

import msgspec
from hypothesis import strategies as st
from msgspec import Struct

from genesys_core import models
from genesys_core.codec.issues import ROOT, JsonPath, JsonValue, json_path
from genesys_core.codec.model import Model, SecretModel
from genesys_core.codec.values import LocalDateTime, YearMonth

__all__ = [
    "Everything",
    "Login",
    "Page",
    "Spoiled",
    "Tree",
    "documents",
    "fitting",
    "json_values",
    "leaves",
    "real_models",
    "spoil",
    "under",
]


class Tree(Model, kw_only=True):
    """A model that contains itself."""

    id: str | None = None
    weight: int | None = None
    child: "Tree | None" = None
    children: "list[Tree] | None" = None
    by_name: "dict[str, Tree] | None" = None


class Login(SecretModel, kw_only=True):
    """A model with secrets, one of them an object."""

    __secrets__ = frozenset({"password", "tokens"})

    user: str | None = None
    password: str | None = None
    tokens: Tree | None = None


class Everything(Model, kw_only=True):
    """A field of every kind that the generator writes."""

    text: str | None = None
    whole: int | None = None
    real: float | None = None
    flag: bool | None = None
    moment: datetime | None = None
    local: LocalDateTime | None = None
    day: date | None = None
    month: YearMonth | None = None
    anything: Any = None
    words: list[str] | None = None
    numbers: list[int] | None = None
    months: list[YearMonth] | None = None
    grid: list[list[float]] | None = None
    free: dict[str, Any] | None = None
    counts: dict[str, int] | None = None
    trees: list[Tree] | None = None
    tree_map: dict[str, list[Tree]] | None = None
    odd_name_: str | None = msgspec.field(default=None, name="odd.name")
    login: Login | None = None


class Page(Model, kw_only=True):
    """A page of entities."""

    entities: list[Everything] | None = None
    page_size: int | None = None
    next_uri: str | None = None


@cache
def real_models(count: int) -> tuple[type[Model], ...]:
    """That many of the platform's models, spread over all of them."""
    names = [name for name in dir(models) if name[0].isupper()]
    step = len(names) / count
    return tuple(getattr(models, names[int(index * step)]) for index in range(count))


def fitting(type_: object, source: random.Random, *, depth: int = 4) -> JsonValue:
    """A document of a type; about half of the optional members are there."""
    origin, arguments = get_origin(type_), get_args(type_)
    if origin in {Union, UnionType}:
        return fitting(next(arm for arm in arguments if arm is not NoneType), source, depth=depth)
    if isinstance(type_, type) and issubclass(type_, Struct):
        return {
            key: fitting(wanted, source, depth=depth - 1)
            for key, wanted in _fields(type_)
            if depth > 0 and source.random() < 0.5
        }
    size = source.randrange(4) if depth > 0 else 0
    if origin is list:
        return [fitting(arguments[0], source, depth=depth - 1) for _ in range(size)]
    if origin is dict:
        return {_word(source): fitting(arguments[1], source, depth=depth - 1) for _ in range(size)}
    return _scalar(type_, source)


@cache
def _fields(type_: type[Struct]) -> tuple[tuple[str, object], ...]:
    return tuple((field.encode_name, field.type) for field in msgspec.structs.fields(type_))


def _word(source: random.Random) -> str:
    letters = string.ascii_letters + " ._'[]\"äß\u2028😀"
    return "".join(source.choices(letters, k=source.randrange(1, 9)))


def _scalar(type_: object, source: random.Random) -> JsonValue:
    year, month = source.randrange(1970, 2100), source.randrange(1, 13)
    day = f"{year}-{month:02}-{source.randrange(1, 29):02}"
    time = f"{day}T{source.randrange(24):02}:{source.randrange(60):02}:00"
    values: dict[object, Any] = {
        str: _word(source),
        int: source.choice([0, -1, 7, 2**53 + 1, 2**63, -(2**70)]),
        float: source.choice([0, 1.5, -2e-7, 1e300, 3]),
        bool: source.random() < 0.5,
        datetime: time + source.choice(["Z", ".123Z", "+01:00", ".123456789Z", ""]),
        date: day,
        YearMonth: f"{year}-{month:02}",
        Any: source.choice([None, "text", 12, [], {"a": [1, None]}]),
        object: source.choice([None, "text", 12, [], {"a": [1, None]}]),
    }
    return cast(JsonValue, values[type_])


class Spoiled(NamedTuple):
    """A document with faults, and the paths at which something else was put."""

    document: JsonValue
    paths: frozenset[str]


_FAULTS: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        12.0,
        1.5,
        10**40,
        1e300,
        "",
        "text",
        "12",
        "12.0",
        "1e999",
        "TRUE",
    ),
    *("2024-05-01", "2024-05-01T10:00", "2024-05-01 10:00:00.1234567890123+00", "2024-13-01"),
    *("2024-05-01t10:00:00z", "24:00", "0001-01-01T00:00:00+23:59", "2024", "2024-00", "9" * 400),
    *([], [None], ["text"], [12], [[12]], [1, 2], {}, {"a": 1}, {"id": 5}, [{"id": 5}], [{}]),
)


def spoil(document: JsonValue, source: random.Random, *, faults: int = 1) -> Spoiled:
    """A copy with up to that many values, below the top level, replaced by others."""
    copy = json.loads(json.dumps(document))
    paths: set[str] = set()
    for _ in range(faults):
        places = [place for place in _places(copy, ROOT) if not under(json_path(place[2]), paths)]
        if not places:
            break
        parent, step, at = source.choice(places)
        # Containers below are gone, and with them the faults that were put into them.
        paths = {path for path in paths if not under(path, {json_path(at)})} | {json_path(at)}
        parent[step] = source.choice(_FAULTS)
    return Spoiled(copy, frozenset(paths))


def _places(value: JsonValue, at: JsonPath) -> Iterator[tuple[Any, Any, JsonPath]]:
    match value:
        case dict():
            steps: list[tuple[str | int, JsonValue]] = list(value.items())
        case list():
            steps = list(enumerate(value))
        case _:
            return
    for step, child in steps:
        yield value, step, (at, step)
        yield from _places(child, (at, step))


def under(path: str, roots: set[str] | frozenset[str]) -> bool:
    """Whether a JSON path is one of those, or leads through one."""
    return any(path == root or path.startswith((root + ".", root + "[")) for root in roots)


def leaves(value: object, at: JsonPath = ROOT) -> Iterator[tuple[str, object]]:
    """What a decoded value holds, by JSON path; empty containers are leaves, absent fields not."""
    match value:
        case Struct():
            steps: list[tuple[str | int, object]] = [
                (field.encode_name, getattr(value, field.name))
                for field in msgspec.structs.fields(type(value))
                if getattr(value, field.name) is not None
            ]
        case dict():
            steps = list(value.items())
        case list():
            steps = list(enumerate(value))
        case _:
            steps = []
    if not steps:
        yield json_path(at), type(value) if isinstance(value, Struct) else value
    for step, child in steps:
        yield from leaves(child, (at, step))


def json_values() -> st.SearchStrategy[Any]:
    """Any JSON value."""
    scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
    return st.recursive(
        scalars.filter(lambda value: value not in (float("inf"), float("-inf"))),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=12,
    )


@st.composite
def documents(draw: st.DrawFn, type_: object, *, faults: int = 3) -> Spoiled:
    """Documents of a type with up to that many faults, and unknown members at the top."""
    source = draw(st.randoms(use_true_random=False))
    document = fitting(type_, source)
    if isinstance(document, dict):
        document |= {f"unknown-{key}": value for key, value in draw(_UNKNOWN).items()}
    return spoil(document, source, faults=draw(st.integers(0, faults)))


_UNKNOWN = st.dictionaries(st.text(string.ascii_letters, max_size=3), json_values(), max_size=2)

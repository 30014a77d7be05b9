"""Checks the keys in request bodies that are dictionaries, and rejects Python field names.

The platform would silently ignore such a key, for example ``division_id`` instead of ``divisionId``.

Invariants: a key is rejected only if it is the Python name of a field of the declared model, and
not the wire name of any of its fields. Every other key is sent, known or not.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from types import ModuleType, UnionType
from typing import Any, Union, cast, get_args, get_origin

import msgspec
from msgspec import Struct

from genesys_core.calls.operation import Endpoint
from genesys_core.codec.decoding import resolve_type
from genesys_core.codec.issues import ROOT, JsonPath, json_path
from genesys_core.codec.tagged_union import TaggedUnion
from genesys_core.errors import InvalidValueError

__all__ = ["check_keys"]


def check_keys(body: object, endpoint: Endpoint) -> None:
    """Check the keys in a body of dictionaries and lists that can be encoded as JSON.

    Raises:
        InvalidValueError: a key is the Python name of a field but no wire name, such as
            ``division_id`` (wire name: ``divisionId``).
    """
    type_ = _body_type(endpoint)
    if type_ is None:
        return
    try:
        wrong = next(_wrong_keys(body, type_, ROOT), None)
    # The body was encoded before, so it is deep but not circular, and can be sent.
    except RecursionError:
        return
    if wrong is None:
        return
    at, key, model = wrong
    wire = _wire_names(model)[key]
    raise InvalidValueError(
        f"body: {json_path((at, key))}: {key!r} is the Python name of {wire!r}, and a dict is sent "
        f"with its keys unchanged: write {wire!r}, or pass {model.__name__}({key}=...); "
        "client.request() sends any key"
    )


_Wrong = tuple[JsonPath, str, type[Struct]]


def _wrong_keys(value: object, type_: object, at: JsonPath) -> Iterator[_Wrong]:
    kind, arguments = get_origin(type_) or type_, get_args(type_)
    if kind in {Union, UnionType}:
        for each in arguments:
            yield from _wrong_keys(value, each, at)
    elif isinstance(value, Mapping):
        members = cast(Mapping[str, object], value)
        if isinstance(kind, TaggedUnion):
            kind = kind.case_of(members)
        if kind is dict:
            for key, member in members.items():
                yield from _wrong_keys(member, arguments[1], (at, key))
        elif isinstance(kind, type) and issubclass(kind, Struct):
            names, types = _wire_names(kind), _types(kind)
            for key, member in members.items():
                if key in names:
                    yield at, key, kind
                yield from _wrong_keys(member, types.get(key), (at, key))
    elif kind is list and isinstance(value, Sequence) and not isinstance(value, str):
        for index, element in enumerate(cast(Sequence[object], value)):
            yield from _wrong_keys(element, arguments[0], (at, index))


@lru_cache
def _types(model: type[Struct]) -> Mapping[str, object]:
    """Return the types of a model's fields by wire name."""
    return {field.encode_name: field.type for field in msgspec.structs.fields(model)}


@lru_cache
def _wire_names(model: type[Struct]) -> Mapping[str, str]:
    """Return wire names by Python name, except for Python names that are themselves wire names."""
    wires: Sequence[str] = model.__struct_encode_fields__
    pairs = zip(model.__struct_fields__, wires, strict=True)
    return {name: wire for name, wire in pairs if name not in wires}


def _body_type(endpoint: Endpoint) -> type[object] | None:
    """Return the declared type of an endpoint's body; ``None`` if it is unknown or not a model.

    The type is read from the annotation of the endpoint's builder, so that endpoints need not
    store it. The builder's module is already loaded if the builder created the operation.
    """
    try:
        apis = vars(import_module(f"{endpoint.package}.api"))
    except ImportError:
        return None
    # Copied, because another thread may load a module during the iteration.
    for module in [each for each in list(apis.values()) if isinstance(each, ModuleType)]:
        builder: Any = vars(module).get(endpoint.name)
        for annotation in map(str, getattr(builder, "__annotations__", {}).values()):
            if "_m." in annotation and "_JsonObject" in annotation:
                return _declared(annotation, endpoint.package)
    return None


def _declared(annotation: str, package: str) -> type[object]:
    expression = annotation.replace(" | _JsonObject", "").removesuffix(" | None")
    return resolve_type(expression.replace("_m.", "").replace("_Sequence[", "list["), package)

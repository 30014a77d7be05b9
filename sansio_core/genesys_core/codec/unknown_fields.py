"""Unknown fields of responses, kept until the model is sent back.

Invariants: every member that the platform sent and the caller did not change or remove is sent
back, and only as part of the model that it was received with. The record of a model is
garbage-collected with it; ``==``, ``repr``, copies and pickles ignore it.

The record is the body of the response and the identity of all models in it. A nested model that is
still the same object is merged with its own part of the body, wherever it was moved to. Another
one inherits from the model that it replaces if it has the same id or is equal.
"""

from collections.abc import Hashable, Iterable, Mapping
from functools import lru_cache, partial
from typing import Final, Literal, TypeAlias, cast
from weakref import ref

import msgspec
from msgspec import Raw, Struct

from genesys_core.checks import Expected
from genesys_core.codec.decoding import UNFIT
from genesys_core.codec.merge import list_parts, merge_over_response
from genesys_core.codec.model import Model
from genesys_core.errors import InvalidValueError

__all__ = [
    "KEEP_UNKNOWN",
    "KeepUnknown",
    "check_keep_unknown",
    "remember_items",
    "remember_model",
    "restore_unknown_fields",
]

KeepUnknown: TypeAlias = bool | Literal["items"]
"""Which models keep unknown fields: none, whole responses, or also a listing's items."""

KEEP_UNKNOWN: Final = Expected("True, False or 'items'", "'items'", (bool, str))
"""The type check of the option."""


def check_keep_unknown(value: object) -> None:
    """Validate the option.

    Raises:
        InvalidValueError: it is another string.
    """
    if isinstance(value, str) and value != "items":
        raise InvalidValueError(f"keep_unknown={value!r}: must be True, False or 'items'")


class _Response(ref[Struct]):
    """A model that came as a response. Alive as long as the model."""

    __slots__ = ("body", "parts")

    body: bytes
    parts: list[object]


_RESPONSES: dict[int, _Response] = {}
"""Records by the identity of the model. Models cannot be keys, because they are mutable and
compared by value."""


def remember_model(model: object, body: bytes) -> None:
    """Record the body that a model was decoded from; values of other types are ignored."""
    if not isinstance(model, Model):
        return
    key = id(model)
    # Called when the model dies, with the reference, which `pop` takes for a default: no Python runs.
    response = _Response(model, partial(_RESPONSES.pop, key))
    response.body = body
    # Without the model itself, which would never die.
    response.parts = list_parts(model)[1:]
    _RESPONSES[key] = response


def remember_items(page: object, body: bytes, path: str) -> None:
    """Record the items of a page, each with its part of the body.

    Args:
        page: the decoded page.
        body: the body that it was decoded from.
        path: the path of the items, as wire names joined by dots; empty if the page is the list
        itself.
    """
    models, part = page, Raw(body)
    try:
        for key in path.split(".") if path else ():
            models = _field(models, key)
            part = _MEMBERS.decode(part)[key]
        parts = _ELEMENTS.decode(part)
    except (*UNFIT, KeyError):
        return
    if not isinstance(models, list) or len(cast(list[object], models)) != len(parts):
        return  # repaired: which part belongs to which item is not known
    for model, each in zip(cast(list[object], models), parts, strict=True):
        remember_model(model, bytes(each))


_MEMBERS = msgspec.json.Decoder(dict[str, Raw])
_ELEMENTS = msgspec.json.Decoder(list[Raw])


def _field(model: object, key: str) -> object:
    if isinstance(model, Mapping):
        return cast(Mapping[str, object], model).get(key)
    return getattr(model, _names(cast(Hashable, type(model))).get(key, ""), None)


@lru_cache(4096)
def _names(kind: Hashable) -> Mapping[str, str]:
    encoded = getattr(kind, "__struct_encode_fields__", ())
    return dict(zip(encoded, getattr(kind, "__struct_fields__", ()), strict=True))


def restore_unknown_fields(value: object) -> object:
    """Return a body in which models from responses include their unknown fields.

    The result mixes models, dictionaries and lists. It is the unchanged value if there are no
    records.
    """
    if not _RESPONSES:
        return value
    try:
        return _restored(value)
    except RecursionError:
        return value  # refused when it is encoded


def _restored(value: object) -> object:
    match value:
        case Struct():
            response = _RESPONSES.get(id(value))
            if response is None:
                return _restored_fields(value)
            merged = merge_over_response(value, response.body, response.parts, _is_remembered)
            return {key: _restored(each) for key, each in merged.items()}
        case list() | tuple():
            given = cast(list[object], value)
            elements = [_restored(each) for each in given]
            return given if _same(elements, given) else elements
        case dict():
            known = cast(dict[str, object], value)
            members = {key: _restored(each) for key, each in known.items()}
            return known if _same(members.values(), known.values()) else members
        case _:
            return value


def _is_remembered(value: object) -> bool:
    return id(value) in _RESPONSES


def _restored_fields(model: Struct) -> object:
    values = msgspec.structs.astuple(model)
    restored = [_restored(each) for each in values]
    if _same(restored, values):
        return model
    names = model.__struct_encode_fields__
    return {n: each for n, each in zip(names, restored, strict=True) if each is not None}


def _same(new: Iterable[object], old: Iterable[object]) -> bool:
    return all(one is other for one, other in zip(new, old, strict=True))

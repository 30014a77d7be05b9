"""Merging of a changed model into the document that it was decoded from.

Invariants: members that the caller did not change stay as the platform sent them, even if unknown
to this version or of the wrong type; members that the caller changed have the caller's value.
"""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast

import msgspec
from msgspec import Struct

from genesys_core.codec.decoding import decode
from genesys_core.codec.json_encoder import encode_json
from genesys_core.codec.tolerant_json import parse_json
from genesys_core.errors import DecodeError, InvalidValueError

__all__ = ["merge_over_base"]

# Decimal, so that numbers nobody changed keep all their digits.
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def merge_over_base(model: object, base: bytes) -> object:
    """Return the document ``base`` with the model's changes, ready to be encoded.

    Raises:
        InvalidValueError: ``model`` is not a model, or ``base`` is not a document of its type.
    """
    if not isinstance(model, Struct):
        raise InvalidValueError(f"base requires a model, not a {type(model).__name__}")
    try:
        old = decode(type(model), base).data
        raw = _parse(base)
    except DecodeError as error:
        raise InvalidValueError(f"base is not a {type(model).__name__}: {error.message}") from None
    try:
        return _merge(model, old, raw)
    except RecursionError:
        raise InvalidValueError("base is nested too deeply to be merged") from None


def _parse(base: bytes) -> object:
    try:
        return cast(object, _DECODER.decode(base))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return parse_json(base).tree


def _merge(new: object, old: object, raw: object) -> object:
    """Return ``raw``, which was decoded as ``old``, with the differences of ``new`` applied.

    The result mixes raw values and models, which a single encoder call writes.
    """
    match new, old, raw:
        case Struct(), Struct(), dict() if type(new) is type(old):
            return _merge_model(new, old, cast(dict[str, object], raw))
        case Mapping(), Mapping(), dict():
            return _merge_map(
                cast(Mapping[str, object], new),
                cast(Mapping[str, object], old),
                cast(dict[str, object], raw),
            )
        case list() | tuple(), list(), list():
            return _merge_list(
                cast(Sequence[object], new), cast(list[object], old), cast(list[object], raw)
            )
        case _:
            return raw if _same(new, old) else new


def _same(new: object, old: object) -> bool:
    # Compare types as well, because True == 1 == 1.0.
    return type(new) is type(old) and new == old


def _merge_model(new: Struct, old: Struct, raw: dict[str, object]) -> dict[str, object]:
    document = dict(raw)
    for name, key in zip(new.__struct_fields__, new.__struct_encode_fields__, strict=True):
        now, before = getattr(new, name), getattr(old, name)
        if now is not None:
            document[key] = _merge(now, before, raw.get(key))
        elif before is not None:
            document.pop(key, None)
    return document


def _merge_map(
    new: Mapping[str, object], old: Mapping[str, object], raw: dict[str, object]
) -> dict[str, object]:
    return {
        key: _merge(value, old[key], raw[key]) if key in old and key in raw else value
        for key, value in new.items()
    }


def _merge_list(new: Sequence[object], old: list[object], raw: list[object]) -> list[object]:
    pairs = _pair(new, old)
    return [
        value if index is None else _merge(value, old[index], raw[index])
        for value, index in zip(new, pairs, strict=True)
    ]


def _pair(new: Sequence[object], old: Sequence[object]) -> list[int | None]:
    """Return for each new element the index of the matching old element, or ``None``.

    Elements with an id match by id. Others match if they are equal, and otherwise by index, unless
    an equal element already matches that index.
    """
    keys, old_keys = [_key(value) for value in new], [_key(value) for value in old]
    places: dict[object, deque[int]] = defaultdict(deque)
    for index, key in enumerate(old_keys):
        if keys[index : index + 1] != [key]:
            places[key].append(index)
    pairs: list[int | None] = [
        index if old_keys[index : index + 1] == [key] else _next(places[key])
        for index, key in enumerate(keys)
    ]
    claimed = set(pairs)
    for index, (key, old_key) in enumerate(zip(keys, old_keys, strict=False)):
        free = pairs[index] is None and index not in claimed
        if free and not isinstance(key, _Id) and not isinstance(old_key, _Id):
            pairs[index] = index
    return pairs


def _next(places: deque[int]) -> int | None:
    return places.popleft() if places else None


class _Id(Struct, frozen=True):
    value: str | int


def _key(element: object) -> _Id | bytes | None:
    """Return the key that identifies an element: its id, or its whole content."""
    found = _id_of(element)
    return _Id(found) if isinstance(found, str | int) else encode_json(element)


def _id_of(element: object) -> object:
    if isinstance(element, Mapping):
        return cast(Mapping[str, object], element).get("id")
    return getattr(element, "id", None)

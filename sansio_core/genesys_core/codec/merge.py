"""Merging of a changed model into the document that it was decoded from.

Invariants: members that the caller did not change stay as the platform sent them, even if unknown
to this version or of the wrong type; members that the caller changed have the caller's value. A
model that replaces another one, in a list or a field, inherits nothing from it: list elements are
matched if they are the same object, have the same id or are equal, never by position.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias, cast, get_args, get_origin

import msgspec
from msgspec import Struct

from genesys_core.codec.decoding import decode
from genesys_core.codec.json_encoder import encode_json
from genesys_core.codec.tolerant_json import parse_json
from genesys_core.errors import DecodeError, InvalidValueError

__all__ = ["Originals", "merge_over_base", "merge_over_response", "note_originals"]

# Decimal, so that numbers nobody changed keep all their digits.
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


Originals: TypeAlias = tuple[tuple[object, ...], dict[str, list[object]]]
"""The values of a model's fields when it was decoded, and copies of its lists of models, to
distinguish changes from replacements."""


IsRemembered: TypeAlias = Callable[[object], bool]
"""Whether a value came as a response of its own, and is merged with that."""


def note_originals(model: Struct) -> Originals:
    """Record the current values of a model."""
    values = msgspec.structs.astuple(model)
    # By position: a lookup by name costs twice as much, and each decoded response comes by here.
    lists = {
        name: cast(list[object], values[index]).copy()
        for index, name in _lists(type(model))
        if values[index]
    }
    return values, lists


@lru_cache(4096)
def _lists(kind: type[Struct]) -> tuple[tuple[int, str], ...]:
    """Return position and name of the fields of a type that are lists of models."""
    fields = enumerate(msgspec.structs.fields(kind))
    return tuple((index, f.name) for index, f in fields if _is_list_of_models(f.type))


def _is_list_of_models(annotation: object) -> bool:
    parts = get_args(annotation)
    if get_origin(annotation) is list:
        return any(isinstance(part, type) and issubclass(part, Struct) for part in parts)
    return get_origin(annotation) is not dict and any(map(_is_list_of_models, parts))


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
        # Whatever its id is now: this is the document of this model.
        return _merge_model(model, old, cast(dict[str, object], raw))
    except RecursionError:
        raise InvalidValueError("base is nested too deeply to be merged") from None


def merge_over_response(
    model: Struct, body: bytes, originals: Originals, is_remembered: IsRemembered
) -> dict[str, object]:
    """Return a model with the other members of its response, ready to be encoded.

    Unlike :func:`merge_over_base`, absent fields stay absent if the response had ``null``.
    """
    old, raw = decode(type(model), body).data, cast(dict[str, object], _parse(body))
    return _merge_model(model, old, raw, originals, is_remembered=is_remembered)


def _parse(base: bytes) -> object:
    try:
        return cast(object, _DECODER.decode(base))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return parse_json(base).tree


def _merge(
    new: object, old: object, raw: object, *, is_remembered: IsRemembered | None = None
) -> object:
    """Return ``raw``, which was decoded as ``old``, with the differences of ``new`` applied.

    The result mixes raw values and models, which a single encoder call writes.
    """
    if is_remembered is not None and is_remembered(new):
        return new
    match new, old, raw:
        case Struct(), Struct(), dict() if type(new) is type(old) and _may_be_same(new, old):
            return _merge_model(new, old, cast(dict[str, object], raw), is_remembered=is_remembered)
        case Mapping(), Mapping(), dict():
            return _merge_map(
                cast(Mapping[str, object], new),
                cast(Mapping[str, object], old),
                cast(dict[str, object], raw),
                is_remembered=is_remembered,
            )
        case list() | tuple(), list(), list():
            return _merge_list(
                cast(Sequence[object], new),
                cast(list[object], old),
                cast(list[object], raw),
                is_remembered=is_remembered,
            )
        case _:
            return raw if _same(new, old) else new


def _same(new: object, old: object) -> bool:
    # Compare types as well, because True == 1 == 1.0.
    return type(new) is type(old) and new == old


def _may_be_same(new: Struct, old: Struct) -> bool:
    """Return whether a model may be another one with changes: their ids do not differ."""
    return _id_of(new) == _id_of(old) or _id_of(new) is None or _id_of(old) is None


def _merge_model(
    new: Struct,
    old: Struct,
    raw: dict[str, object],
    originals: Originals | None = None,
    *,
    is_remembered: IsRemembered | None = None,
) -> dict[str, object]:
    document = dict(raw)
    fields, lists = originals or ((), {})
    names = zip(new.__struct_fields__, new.__struct_encode_fields__, strict=True)
    for index, (name, key) in enumerate(names):
        now, before, sent = getattr(new, name), getattr(old, name), raw.get(key)
        if now is None:
            if before is not None or (sent is None and is_remembered is not None):
                document.pop(key, None)
        elif name in lists and isinstance(now, list | tuple):
            elements = cast(Sequence[object], now)
            parts = cast(list[object], before), cast(list[object], sent)
            document[key] = _merge_list(elements, *parts, lists[name], is_remembered=is_remembered)
        elif fields and _is_replacement(now, fields[index], before):
            document[key] = now
        else:
            document[key] = _merge(now, before, sent, is_remembered=is_remembered)
    return document


def _is_replacement(now: object, original: object, before: object) -> bool:
    """Return whether a nested model without an id is another one than was decoded there."""
    is_other = isinstance(now, Struct) and now is not original
    return is_other and _id_of(now) is None and now != before


def _merge_map(
    new: Mapping[str, object],
    old: Mapping[str, object],
    raw: dict[str, object],
    *,
    is_remembered: IsRemembered | None,
) -> dict[str, object]:
    return {
        key: _merge(value, old[key], raw[key], is_remembered=is_remembered)
        if key in old and key in raw
        else value
        for key, value in new.items()
    }


def _merge_list(
    new: Sequence[object],
    old: list[object],
    raw: list[object],
    originals: Sequence[object] | None = None,
    *,
    is_remembered: IsRemembered | None,
) -> list[object]:
    pairs = _pair(new, old, originals or ())
    return [
        value
        if index is None
        else _merge(value, old[index], raw[index], is_remembered=is_remembered)
        for value, index in zip(new, pairs, strict=True)
    ]


def _pair(
    new: Sequence[object], old: list[object], originals: Sequence[object]
) -> list[int | None]:
    """Return for each new element the index of the old element that it was, or ``None``.

    An element that was decoded there, and is still the same object, is that one. Others match by
    their id, and those without an id if they are equal.
    """
    places = {id(original): index for index, original in enumerate(originals)}
    pairs = [places.pop(id(value), None) for value in new]
    keys = [_key(value) for value in new]
    taken = set(pairs)
    left: dict[object, deque[int]] = defaultdict(deque)
    for index, value in enumerate(old):
        if index in taken:
            continue
        key = _key(value)
        # Of several equal elements, the one at the same index.
        if keys[index : index + 1] == [key] and pairs[index] is None:
            pairs[index] = index
        else:
            left[key].append(index)
    return [
        _next(left[key]) if index is None else index for key, index in zip(keys, pairs, strict=True)
    ]


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

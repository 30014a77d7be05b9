"""Merging of a changed model into the document that it was decoded from.

Invariants: members that the caller did not change stay as the platform sent them, even if unknown
to this version or of the wrong type; members that the caller changed have the caller's value. A
model inherits nothing from a model with a different id that it replaces. List elements are matched
if they are the same object, have the same id or are equal, never by position alone.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from decimal import Decimal
from functools import lru_cache
from gc import is_tracked
from typing import Final, TypeAlias, cast, get_args

import msgspec
from msgspec import Struct
from msgspec.structs import force_setattr

from genesys_core.codec.decoding import decode
from genesys_core.codec.json_encoder import encode_json
from genesys_core.codec.tolerant_json import parse_json
from genesys_core.errors import DecodeError, InvalidValueError

__all__ = [
    "list_holders",
    "list_parts",
    "merge_over_base",
    "merge_over_response",
    "replace_fields",
]

# Decimal, so that unchanged numbers keep all their digits.
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


IsRemembered: TypeAlias = Callable[[object], bool]
"""A function that returns whether a model was received as a separate response.

Such a model is merged with that response."""


_PARTS: Final = (Struct, list, dict)
"""The types of values that are models or may contain models."""


def list_parts(model: Struct) -> list[object]:
    """Return a decoded model and the models, lists and dictionaries nested in it.

    Decoding the same document again yields the corresponding objects in the same order, so an index
    in the list identifies an object.
    """
    return [part for part, _ in _pair_parts(model, None)]


def _pair_parts(model: Struct, raw: object) -> Iterable[tuple[object, object]]:
    """Return the parts of a model in the order of :func:`list_parts`, each with its JSON value."""
    parts: list[object] = [model]
    documents = [raw]
    # Both lists grow in the loop: level by level, so that depth needs no recursion.
    for each, document in zip(parts, documents, strict=True):
        kind: object = type(each)
        if kind is list:
            elements = cast(list[object], each)
            sent = cast(list[object], document) if isinstance(document, list) else []
            parts += elements
            documents += sent if len(sent) == len(elements) else [None] * len(elements)
        else:
            is_object = isinstance(document, dict)
            members = cast(dict[str, object], document) if is_object else {}
            for key, value in _held(each) if is_tracked(each) else ():
                parts.append(value)
                documents.append(members.get(key))
    return zip(parts, documents, strict=True)


def _held(part: object) -> Iterable[tuple[str, object]]:
    if type(part) is dict:
        members = cast(dict[str, object], part)
        return [each for each in members.items() if isinstance(each[1], _PARTS)]
    kind: type = type(part)
    holders = list_holders(kind)
    # Not with getattr: on a type watched by `unknown_fields`, reading a field lists the parts.
    values = msgspec.structs.astuple(cast(Struct, part)) if holders else ()
    return [(key, values[index]) for index, _, key in holders if values[index]]


@lru_cache(4096)
def list_holders(kind: type) -> tuple[tuple[int, str, str], ...]:
    """Return the index, name and wire name of each of a model's fields that may contain models."""
    if not issubclass(kind, Struct):
        return ()
    fields = enumerate(msgspec.structs.fields(kind))
    return tuple(
        (index, field.name, field.encode_name) for index, field in fields if _may_hold(field.type)
    )


def _may_hold(annotation: object) -> bool:
    is_union = hasattr(annotation, "convert_union")
    is_model = isinstance(annotation, type) and issubclass(annotation, Struct)
    return is_union or is_model or any(map(_may_hold, get_args(annotation)))


def merge_over_base(model: object, base: bytes) -> object:
    """Return the document ``base`` with the model's changes, as a value to encode.

    Raises:
        InvalidValueError: ``model`` is not a model, or ``base`` does not match the model's type.
    """
    if not isinstance(model, Struct):
        raise InvalidValueError(
            f"base can be used only with a model, not with a {type(model).__name__}"
        )
    try:
        old = decode(type(model), base).data
        raw = _parse(base)
    except DecodeError as error:
        raise InvalidValueError(f"base is not a {type(model).__name__}: {error.message}") from None
    try:
        # Merged even if the caller has changed the model's id, because `base` is its document.
        return _merge_model(model, old, cast(dict[str, object], raw))
    except RecursionError:
        raise InvalidValueError("base is nested too deeply to be merged") from None


def merge_over_response(
    model: Struct, body: bytes, parts: Sequence[object], is_remembered: IsRemembered
) -> dict[str, object]:
    """Return a value to encode: the model, with the response's members that the model lacks.

    Unlike :func:`merge_over_base`, absent fields stay absent if the response had ``null``.

    Args:
        model: the model, including the caller's changes.
        body: the body of the response that the model was decoded from.
        parts: the models and containers in the decoded model, as :func:`list_parts` returned them,
            without the model itself; empty if the program has not accessed them.
        is_remembered: a function that returns whether a nested model was received as a separate
            response; if so, the nested model is merged with that response instead.
    """
    old, raw = decode(type(model), body).data, cast(dict[str, object], _parse(body))
    pairs = list(_pair_parts(old, raw))
    origins = (
        {
            # The caller keeps the parts alive, so none of the ids can belong to a newer object.
            id(part): (before, cast(dict[str, object], document))
            # The number differs if a part was changed through a shallow copy before parts were listed.
            for part, (before, document) in zip(parts, pairs[1:], strict=True)
            if isinstance(before, Struct) and isinstance(document, dict)
        }
        if len(parts) == len(pairs) - 1
        else {}
    )
    return _merge_model(model, old, raw, _Origins(origins, is_remembered))


class _Origins(Struct):
    """For each model of a response, by identity: the model as decoded, and its JSON object."""

    parts: dict[int, tuple[Struct, dict[str, object]]]
    is_remembered: IsRemembered


def _parse(base: bytes) -> object:
    try:
        return cast(object, _DECODER.decode(base))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return parse_json(base).tree


def _merge(new: object, old: object, raw: object, response: _Origins | None = None) -> object:
    """Return ``raw``, which was decoded as ``old``, with the changes from ``old`` to ``new``.

    The result mixes raw values and models, which a single encoder call writes.
    """
    match new, old, raw:
        case Struct(), _, _:
            return _merge_nested(new, old, raw, response)
        case Mapping(), Mapping(), dict():
            members = cast(Mapping[str, object], new), cast(Mapping[str, object], old)
            return _merge_map(*members, cast(dict[str, object], raw), response)
        case list() | tuple(), list(), list():
            elements = cast(Sequence[object], new), cast(list[object], old)
            return _merge_list(*elements, cast(list[object], raw), response)
        case _:
            return raw if _same(new, old) else _merge_new(new, response)


def _merge_nested(new: Struct, old: object, raw: object, response: _Origins | None) -> object:
    """Merge a model with the JSON it was decoded from, or with the model that it replaced."""
    if response is not None and response.is_remembered(new):
        return new
    # Each origin once: if the same object occurs a second time, that is another item, without unknown
    # members.
    origin = response.parts.pop(id(new), None) if response else None
    if origin is not None:
        return _merge_model(new, *origin, response)
    if isinstance(old, Struct) and type(new) is type(old):
        # The parts of a response are recognized by identity, so a different object needs the same id
        # or content. The parts of a base are recognized only by their position.
        may_be_same = _may_be_same if response is None else _is_same
        if not isinstance(raw, dict):
            return raw if new == old else _merge_new(new, response)
        if may_be_same(new, old):
            return _merge_model(new, old, cast(dict[str, object], raw), response)
    return _merge_new(new, response)


def _merge_new(new: object, response: _Origins | None) -> object:
    """Return a new value; models of the response that were moved into it are merged."""
    if response is None:
        return new
    match new:
        case Mapping():
            return _merge_map(cast(Mapping[str, object], new), {}, {}, response)
        case list() | tuple():
            return _merge_list(cast(Sequence[object], new), [], [], response)
        case Struct():
            return _merge_fields(new, response)
        case _:
            return new


def _merge_fields(new: Struct, response: _Origins) -> object:
    values = msgspec.structs.astuple(new)
    return replace_fields(new, [_merge(value, None, None, response) for value in values])


def replace_fields(model: Struct, values: Sequence[object]) -> Struct:
    """Return a copy of a model with the given field values; the model itself if none differs.

    The values may have any type. The copy is a model, not a dictionary, because a caller's own type
    may have a tag, be encoded as an array, or encode ``None``.
    """
    old = msgspec.structs.astuple(model)
    if all(one is other for one, other in zip(values, old, strict=True)):
        return model
    result = copy(model)
    for name, value in zip(model.__struct_fields__, values, strict=True):
        force_setattr(result, name, value)
    return result


def _same(new: object, old: object) -> bool:
    # Compare types as well, because True == 1 == 1.0.
    return type(new) is type(old) and new == old


def _may_be_same(new: Struct, old: Struct) -> bool:
    """Return whether a model may be a changed version of another: their ids do not differ."""
    return _id_of(new) == _id_of(old) or _id_of(new) is None or _id_of(old) is None


def _is_same(new: Struct, old: Struct) -> bool:
    """Return whether two models are the same entity: their ids or all of their fields are equal."""
    return new == old or _id_of(new) == _id_of(old) is not None


def _merge_model(
    new: Struct, old: Struct, raw: dict[str, object], response: _Origins | None = None
) -> dict[str, object]:
    document = dict(raw)
    values = msgspec.structs.astuple(new), msgspec.structs.astuple(old)
    for key, now, before in zip(new.__struct_encode_fields__, *values, strict=True):
        sent = raw.get(key)
        if now is not None:
            document[key] = _merge(now, before, sent, response)
        # The caller removed the field. A field that was `None` after decoding, although the document
        # has the member, did not match its type, so the member stays as it was sent.
        elif before is not None or (sent is None and response is not None):
            document.pop(key, None)
    return document


def _merge_map(
    new: Mapping[str, object],
    old: Mapping[str, object],
    raw: dict[str, object],
    response: _Origins | None,
) -> dict[str, object]:
    return {
        key: _merge(value, old[key], raw[key], response)
        # A caller's own type may have keys that are numbers, which are strings in JSON.
        if key in old and key in raw
        else _merge(value, None, None, response)
        for key, value in new.items()
    }


def _merge_list(
    new: Sequence[object], old: list[object], raw: list[object], response: _Origins | None
) -> list[object]:
    pairs = _pair_elements(new, old, response.parts if response else {})
    return [
        _merge(value, *((None, None) if index is None else (old[index], raw[index])), response)
        for value, index in zip(new, pairs, strict=True)
    ]


def _pair_elements(
    new: Sequence[object],
    old: list[object],
    origins: Mapping[int, tuple[Struct, dict[str, object]]],
) -> list[int | None]:
    """Return, for each new element, the index of the old element that it matches, or ``None``.

    Elements that were decoded from the response match none here, because they are recognized by
    identity. All other elements match by id, or if they are equal and have no id.
    """
    places = {id(value): index for index, value in enumerate(old)}
    known = [origins.get(id(value)) for value in new]
    taken = {places.get(id(origin[0])) for origin in known if origin}
    keys = [None if origin else _key(value) for value, origin in zip(new, known, strict=True)]
    pairs: list[int | None] = [None] * len(new)
    left: dict[object, deque[int]] = defaultdict(deque)
    for index, value in enumerate(old):
        if index in taken:
            continue
        key = _key(value)
        # Of several equal elements, the one at the same index is preferred.
        if keys[index : index + 1] == [key]:
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
    # Not the bare id, because `python -bb` refuses to compare text with bytes.
    return _Id(found) if isinstance(found, str | int) else encode_json(element)


def _id_of(element: object) -> object:
    if isinstance(element, Mapping):
        return cast(Mapping[str, object], element).get("id")
    return getattr(element, "id", None)

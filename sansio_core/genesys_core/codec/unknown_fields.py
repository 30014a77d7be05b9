"""Unknown fields of responses, kept until the model is sent back.

Invariants: every member that the platform sent and the caller did not change or remove is sent
back, and only as part of the model that it was received with. The record of a model is
garbage-collected with it; ``==``, ``repr``, copies and pickles ignore it.

The record is the body of the response and which objects the models in it are; everything else is
found out when the model is sent back. A nested model that is still the same object is merged with
its own part of the body, wherever it was moved to. Another one inherits from the model that it
replaces if it has the same id or is equal.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from gc import is_tracked
from typing import Final, Literal, TypeAlias, cast

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


class _Listing:
    """The body of a listing, parsed when the first of its items is sent back."""

    __slots__ = ("_body", "_count", "_parsed", "_path")

    def __init__(self, body: bytes, path: str, count: int) -> None:
        self._body = body
        self._path = path
        self._count = count
        self._parsed: list[Raw] | None = None

    def part(self, index: int) -> bytes | None:
        """Return the body of an item; ``None`` if it is not known which part that is."""
        if self._parsed is None:
            # Two threads that parse at a time come to the same result.
            self._parsed = self._parse()
        return bytes(self._parsed[index]) if self._parsed else None

    def _parse(self) -> list[Raw]:
        part = Raw(self._body)
        try:
            for key in self._path.split(".") if self._path else ():
                part = _MEMBERS.decode(part)[key]
            parts = _ELEMENTS.decode(part)
        except (*UNFIT, KeyError):
            return []
        return parts if len(parts) == self._count else []  # another number: repaired


_Record: TypeAlias = tuple[bytes | tuple[_Listing, int], Sequence[object]]
"""The body of a model's response and the parts of the model. The body of an item is its place in a
listing."""


_USED: Final[set[type]] = set()
"""Not empty once there has been a record, so that programs without pay nothing for it."""


def remember_model(model: object, body: bytes) -> None:
    """Record the body that a model was decoded from; values of other types are ignored."""
    if isinstance(model, Model):
        if not _USED:
            _USED.add(Model)
        # A model that the garbage collector does not track contains no other. Most do not.
        parts = _parts(model) if is_tracked(model) else ()
        model._response = body, parts  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


def remember_items(page: object, body: bytes, path: str) -> None:
    """Record the items of a page, each with its part of the body.

    Args:
        page: the decoded page.
        body: the body that it was decoded from.
        path: the path of the items, as wire names joined by dots; empty if the page is the list
        itself.
    """
    items = page
    for key in path.split(".") if path else ():
        items = _field(items, key)
    if not isinstance(items, list):
        return
    models = cast(list[object], items)
    listing = _Listing(body, path, len(models))
    _USED.add(Model)
    for index, model in enumerate(models):
        if isinstance(model, Model):
            parts = _parts(model) if is_tracked(model) else ()
            model._response = (listing, index), parts  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


def _parts(model: Model) -> list[object]:
    parts = list_parts(model)
    del parts[0]  # the model itself, which would live until the next garbage collection
    return parts


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
    if not (_USED and is_tracked(value)):
        return value
    try:
        return _restored(value) if _has_record(value) else value
    except RecursionError:
        return value  # refused when it is encoded


def _has_record(value: object) -> bool:
    """Return whether a value is or contains a model with a record.

    The garbage collector tracks these models, and what contains them: what it does not track is
    passed over, such as strings, numbers, and models of strings and numbers.
    """
    match value:
        case Struct():
            if getattr(value, "_response", None) is not None:
                return True
            parts: Iterable[object] = msgspec.structs.astuple(value)
        case list() | tuple():
            parts = cast(Iterable[object], value)
        case dict():
            parts = cast(dict[str, object], value).values()
        case _:
            return False
    return any(map(_has_record, filter(is_tracked, parts)))


def _restored(value: object) -> object:
    match value:
        case Struct():
            response = _response(value)
            if response is None:
                return _restored_fields(value)
            merged = merge_over_response(value, *response, _is_remembered)
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
    return getattr(value, "_response", None) is not None


def _response(model: Struct) -> tuple[bytes, Sequence[object]] | None:
    """Return the body of the response that a model was, and its parts when it was decoded."""
    record = cast(_Record | None, getattr(model, "_response", None))
    if record is None:
        return None
    body, parts = record
    if isinstance(body, bytes):
        return body, parts
    listing, index = body
    part = listing.part(index)
    return None if part is None else (part, parts)


def _restored_fields(model: Struct) -> object:
    values = msgspec.structs.astuple(model)
    restored = [_restored(each) for each in values]
    if _same(restored, values):
        return model
    names = model.__struct_encode_fields__
    return {n: each for n, each in zip(names, restored, strict=True) if each is not None}


def _same(new: Iterable[object], old: Iterable[object]) -> bool:
    return all(one is other for one, other in zip(new, old, strict=True))

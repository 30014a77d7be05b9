"""Unknown fields of responses, kept until the model is sent back.

Invariants: every member that the platform sent, unless the caller changed or removed it, is sent
back, and only as part of the model that it was received with. What a model records about its
response is garbage-collected with it; ``==``, ``repr``, copies and pickles ignore it.

A model records the body of the response and the identities of the models in it; everything else is
determined when the model is sent back. A nested model that is still the same object is merged with
its own part of the body, even if it was moved. A different object inherits the unknown fields of the
model that it replaces if both have the same id or are equal.

Listing the nested models takes up to twice as long as decoding, so it is deferred. A caller reaches
a nested model only by reading a field of the outer one, so nested models are listed at the first such
access: in each type that was received, the fields that contain models become properties.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from gc import is_tracked
from types import MemberDescriptorType
from typing import Final, Literal, TypeAlias, cast

import msgspec
from msgspec import Raw, Struct

from genesys_core.checks import Expected
from genesys_core.codec.decoding import UNFIT
from genesys_core.codec.merge import list_holders, list_parts, merge_over_response, replace_fields
from genesys_core.codec.model import Model
from genesys_core.codec.tolerant_json import parse_json
from genesys_core.errors import DecodeError, InvalidValueError

__all__ = [
    "KEEP_UNKNOWN",
    "KeepUnknown",
    "check_keep_unknown",
    "remember_items",
    "remember_model",
    "restore_unknown_fields",
]

KeepUnknown: TypeAlias = bool | Literal["items"]
"""Which models keep unknown fields: none (``False``), complete responses (``True``), or both
complete responses and the items of listings (``"items"``).
"""

KEEP_UNKNOWN: Final = Expected("True, False or 'items'", "'items'", (bool, str))
"""The type check for the ``keep_unknown`` option."""


def check_keep_unknown(value: object) -> None:
    """Validate a ``keep_unknown`` option.

    Raises:
        InvalidValueError: the value is not ``True``, ``False`` or ``"items"``.
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
        """Return the part of the page's body that an item was decoded from; ``None`` if unknown."""
        if self._parsed is None:
            # Without a lock: two threads that parse at the same time have the same result.
            self._parsed = self._parse()
        return bytes(self._parsed[index]) if self._parsed else None

    def _parse(self) -> list[Raw]:
        parts = _find_parts(self._body, self._path)
        if parts is None:
            # One malformed character makes msgspec reject the whole page.
            parts = _find_parts(_well_formed(self._body), self._path)
        # A different number: the page was repaired.
        return parts if parts is not None and len(parts) == self._count else []


def _find_parts(body: bytes, path: str) -> list[Raw] | None:
    part = Raw(body)
    try:
        for key in path.split(".") if path else ():
            part = _MEMBERS.decode(part)[key]
        return _ELEMENTS.decode(part)
    except (*UNFIT, KeyError):
        return None


def _well_formed(body: bytes) -> bytes:
    try:
        return msgspec.json.encode(parse_json(body).tree)
    except DecodeError:
        return b""


class _Item(Struct, frozen=True, gc=False):
    """The position of an item in its listing."""

    listing: _Listing
    index: int


_WATCHED: Final[set[type]] = set()
"""The types that have been received. The set stays empty in programs that only send models, so that
these have no overhead.
"""


# A record is a tuple of one element, the body or the item's position; once the model's parts have been
# listed, it is a list of that element and the parts. With either, the garbage collector tracks the
# model, on which `_has_record` relies.


def remember_model(model: object, body: bytes) -> None:
    """Record the body that a model was decoded from; ignore frozen models and all other values."""
    if model.__class__ in _WATCHED or _watch(model.__class__):
        model._response = (body,)  # type: ignore[attr-defined] # noqa: SLF001 # pyright: ignore[reportAttributeAccessIssue]


def remember_items(page: object, body: bytes, path: str) -> None:
    """Record the part of the body that each item of a page was decoded from.

    Args:
        page: the decoded page.
        body: the response body that the page was decoded from.
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
    for index, model in enumerate(models):
        if model.__class__ in _WATCHED or _watch(model.__class__):
            model._response = (_Item(listing, index),)  # type: ignore[attr-defined] # noqa: SLF001 # pyright: ignore[reportAttributeAccessIssue]


def _watch(kind: type) -> bool:
    """Make models of a type list their parts on first access, if they can have a record.

    Returns:
        Whether models of the type can have a record.
    """
    if not issubclass(kind, Model) or kind.__struct_config__.frozen:
        return False
    for _, name, _ in list_holders(kind):
        field = getattr(kind, name)
        if isinstance(field, MemberDescriptorType):  # else watched in a base class
            # Two threads may both set the property; both properties wrap the same descriptor.
            setattr(kind, name, _watched(field))
    # Last, because another thread that finds the type in the set relies on its properties.
    _WATCHED.add(kind)
    return True


def _watched(field: MemberDescriptorType) -> property:
    """Return a field as a property that first lists the parts of its model, once.

    msgspec bypasses the property when it decodes, encodes, compares and copies models.
    """
    read, assign = field.__get__, field.__set__

    def get(model: Model) -> object:
        if getattr(model, "_response", None).__class__ is tuple:
            _list_parts(model)
        return read(model)

    # Also before an assignment: the model that is replaced may be sent back as part of another one.
    def set_(model: Model, value: object) -> None:
        if getattr(model, "_response", None).__class__ is tuple:
            _list_parts(model)
        assign(model, value)

    return property(get, set_, field.__delete__)


def _list_parts(model: Model) -> None:
    parts = list_parts(model)
    # Instead of the model itself, which would live until the next garbage collection.
    parts[0] = model._response[0]  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    model._response = parts  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


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
    """Return the request body ``value`` with the unknown fields of each model that was received.

    The result may contain models, dictionaries and lists. It is ``value`` itself if no model in it
    has a recorded response.
    """
    if not (_WATCHED and is_tracked(value)):
        return value
    try:
        return _restored(value) if _has_record(value) else value
    except RecursionError:
        return value  # too deep or circular, and rejected when it is encoded


def _has_record(value: object) -> bool:
    """Return whether a value is or contains a model with a record.

    The garbage collector tracks these models, and every container of them. Values that it does not
    track are skipped, such as strings, numbers, and models that contain only strings and numbers.
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
                return replace_fields(value, list(map(_restored, msgspec.structs.astuple(value))))
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
    """Return the response body that a model was decoded from, and the parts it had at that time."""
    record = cast(Sequence[object] | None, getattr(model, "_response", None))
    if record is None:
        return None
    source, *parts = record
    body = source.listing.part(source.index) if isinstance(source, _Item) else cast(bytes, source)
    return None if body is None else (body, parts)


def _same(new: Iterable[object], old: Iterable[object]) -> bool:
    return all(one is other for one, other in zip(new, old, strict=True))

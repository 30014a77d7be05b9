"""Access to fields of requests and responses by path, such as ``body.paging.pageNumber``.

Invariants: reading never raises, and a missing field is ``None``; writing copies the objects that it
changes, so the caller's operation is never modified.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from genesys_core.calls.operation import Operation
from genesys_core.errors import PaginationError

__all__ = ["read_each", "read_path", "read_place", "write_place"]

OperationT = TypeVar("OperationT", bound=Operation[object])


def read_path(value: object, path: str) -> object:
    """Return the field at a path in a model or JSON object; ``None`` if it is missing.

    For an empty path, return the object itself.
    """
    for name in path.split(".") if path else ():
        value = _read_field(value, name)
    return value


def read_each(items: Sequence[object], wire: str) -> list[object]:
    """Return the value of one field from each item; ``None`` for items without the field.

    Args:
        items: models or JSON objects.
        wire: the name of the field in JSON.
    """
    kinds = {type(item) for item in items}
    name = _attribute(items[0], wire) if len(kinds) == 1 else None
    if name is not None:  # models of one type, as nearly always
        return [getattr(item, name) for item in items]
    return [_read_field(item, wire) for item in items]


def read_place(operation: Operation[object], place: str) -> object:
    """Return a request field such as ``query.pageNumber``; ``None`` if it is missing."""
    where, _, rest = place.partition(".")
    if where == "body":
        return read_path(operation.body, rest)
    # Options of the call are sent after the operation's own parameters.
    return {**dict(operation.query), **operation.options.query}.get(rest)


def write_place(operation: OperationT, place: str, value: str | int) -> OperationT:
    """Return a copy of the operation with a request field set to a value.

    Raises:
        PaginationError: the body is neither a model nor a JSON object.
    """
    where, _, rest = place.partition(".")
    if where == "body":
        return replace(operation, body=_written(operation.body, rest.split("."), value))
    # Removed from both, because either may have it and a repeated parameter is ambiguous.
    query = tuple(pair for pair in operation.query if pair[0] != rest)
    kept = {name: one for name, one in operation.options.query.items() if name != rest}
    options = replace(operation.options, query=kept)
    return replace(operation, query=(*query, (rest, value)), options=options)


def _read_field(value: object, wire: str) -> object:
    if isinstance(value, Mapping):
        return cast(Mapping[object, object], value).get(wire)
    name = _attribute(value, wire)
    return None if name is None else getattr(value, name)


def _attribute(value: object, wire: str) -> str | None:
    if not isinstance(value, Struct):
        return None
    wires = value.__struct_encode_fields__
    return value.__struct_fields__[wires.index(wire)] if wire in wires else None


def _written(body: object, names: Sequence[str], value: object) -> object:
    name, *rest = names
    if rest:
        value = _written(_read_field(body, name), rest, value)
    if body is None:
        return {name: value}
    if isinstance(body, Mapping):
        return {**cast(Mapping[str, object], body), name: value}
    attribute = _attribute(body, name)
    if attribute is None:
        raise PaginationError(
            f"the body is {type(body).__name__}, which has no field {name} to request the next page; "
            "pass the operation's own model or a dict"
        )
    return replace(cast(Struct, body), **{attribute: value})

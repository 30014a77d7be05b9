"""From the bytes of a reply to a typed value.

Law: fast first, forgiving second. A body that fits its type costs one call of msgspec. Any other body
gives a value and the list of what did not fit, or one :class:`~genesys_core.errors.DecodeError`; no other exception.
"""

from _thread import allocate_lock
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from types import GenericAlias, NoneType
from typing import Any, Final, Generic, TypeVar, cast, overload

import msgspec
from msgspec import Raw, Struct

from genesys_core.codec.issues import Issue
from genesys_core.codec.values import dec_hook
from genesys_core.errors import DecodeError, InvalidValueError

__all__ = ["UNFIT", "Decoded", "Issue", "check_type", "decode", "decoder_for", "resolve_type"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Decoded(Struct, Generic[T_co], frozen=True):
    """A typed value and what in its document did not fit.

    Attributes:
        data: the value; ``None`` for an empty body.
        issues: places that did not fit their type, in the order of the document.
    """

    data: T_co
    issues: tuple[Issue, ...] = ()


@overload
def decode(type_: type[T], body: bytes, *, strict: bool = False) -> Decoded[T]: ...
@overload
def decode(type_: object, body: bytes, *, strict: bool = False) -> Decoded[object]: ...
def decode(type_: object, body: bytes, *, strict: bool = False) -> Decoded[Any]:
    """Read a JSON body as a type.

    Args:
        type_: a model, ``list[Model]``, ``dict[str, object]``, ``str``, any type that msgspec can
            decode; ``None`` for a body that nobody described, which is not looked at.
        body: the body as received.
        strict: raise instead of repairing.

    Raises:
        DecodeError: the body is not JSON, nested too deeply or of another shape as a whole; with
            ``strict``, anything that does not fit. Its ``path`` says where.
    """
    try:
        return Decoded(_decoder(type_).decode(body))
    except UNFIT:
        pass  # raised below, outside this block: UnicodeDecodeError holds the body
    decoded = _forgiving(type_, body)
    if strict and decoded.issues:
        raise _refusal(decoded.issues, body)
    return decoded


def decoder_for(type_: object) -> Callable[[bytes | Raw], Any]:
    """The plain decoder of a type, for whoever decodes many bodies of one type.

    It repairs nothing: where it raises :data:`UNFIT`, :func:`decode` says what can be had.
    """
    return _decoder(type_).decode


UNFIT: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What a plain decoder raises for a body that does not fit."""


def check_type(type_: object) -> None:
    """Refuse a type before there is anything to decode.

    Raises:
        TypeError: msgspec cannot decode it, and why.
    """
    try:
        _decoder(type_)
    except Exception as error:
        raise TypeError(
            f"type={type_!r}: must be a model, or another type that msgspec can decode: {error}"
        ) from error


# msgspec learns a class at its first use, and another thread that meets the class half learnt crashes
# the interpreter (0.22). A lock is no I/O and starts no thread; it is held once for each type.
_LEARNING: Final = allocate_lock()


@cache
def _decoder(type_: object) -> "msgspec.json.Decoder[Any]":
    with _LEARNING:
        return msgspec.json.Decoder(cast(Any, type_), dec_hook=dec_hook)


def _forgiving(type_: object, body: bytes) -> Decoded[object]:
    # Bodies that fit need neither, and most programs never meet another.
    from genesys_core.codec.repair import repair_value  # noqa: PLC0415
    from genesys_core.codec.tolerant_json import parse_json  # noqa: PLC0415

    if type_ in {None, NoneType}:
        return Decoded(None)
    if not body.removeprefix(BOM_UTF8).strip(b" \t\r\n"):
        return Decoded(None, (Issue("$", "the body is empty: None in its place"),))
    document = parse_json(body)
    try:
        data, issues = repair_value(document.tree, type_)
    except DecodeError as error:
        error.body = body
        raise
    return Decoded(data, (*document.issues, *issues))


def _refusal(issues: tuple[Issue, ...], body: bytes) -> DecodeError:
    first, others = issues[0], len(issues) - 1
    more = f" (and {others:,} more)" if others else ""
    # What "was done" after the colon was not: strict takes nothing in the place of anything.
    problem = first.message.rpartition(": ")[0]
    return DecodeError(f"{first.path}: {problem}{more}", path=first.path, body=body)


_PLAIN: Mapping[str, object] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    # `Any`, because msgspec asks the hook for each `object`.
    "object": Any,
    "datetime": datetime,
    "date": date,
}
"""Plain types; their names are in lower case, as no model's is."""


@cache
def resolve_type(expression: str) -> type[object]:
    """The type that an endpoint's ``returns`` names; imports the models that it needs.

    Args:
        expression: a model's name, ``str``, ``int``, ``float``, ``bool``, ``object``, or ``list[...]``
            and ``dict[str, ...]`` of those.

    Raises:
        InvalidValueError: there is no such model.
    """
    return cast(type[object], _resolve(expression.strip()))


def _resolve(expression: str) -> object:
    head, bracket, rest = expression.partition("[")
    if bracket and rest.endswith("]"):
        inner = rest[:-1].strip()
        if head == "list":
            return GenericAlias(list, (_resolve(inner),))
        if head == "dict" and inner.startswith("str,"):
            return GenericAlias(dict, (str, _resolve(inner.removeprefix("str,").strip())))
    return _named(expression)


def _named(name: str) -> object:
    if name in _PLAIN:
        return _PLAIN[name]
    # Law 1's named exception: the facade imports a model's shard when it is first asked for.
    from genesys_core import models  # noqa: PLC0415 - see above

    found: object = getattr(models, name, None)
    if isinstance(found, type):
        return found
    raise InvalidValueError(
        f"returns={name!r}: no model and no plain type; write a model's name, list[...] or "
        "dict[str, ...]"
    )

"""Decoding of response bodies to typed values.

Invariants: a body that matches its type is decoded by a single msgspec call. Any other body yields
a value and a list of issues, or a :class:`~genesys_core.errors.DecodeError`; no other exception.
"""

from _thread import allocate_lock
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from importlib import import_module
from types import GenericAlias, NoneType
from typing import Any, Final, Generic, TypeVar, cast, overload

import msgspec
from msgspec import Raw, Struct

from genesys_core.checks import wrong_type
from genesys_core.codec.issues import Issue
from genesys_core.codec.values import YearMonth, dec_hook
from genesys_core.errors import DecodeError, InvalidValueError

__all__ = [
    "UNFIT",
    "Decoded",
    "Issue",
    "check_type",
    "decode",
    "decoder_for",
    "known_decoder",
    "resolve_type",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Decoded(Struct, Generic[T_co], frozen=True):
    """A typed value and the issues found while decoding it.

    Attributes:
        data: the decoded value; ``None`` for an empty body.
        issues: the values that did not match their type, in document order.
    """

    data: T_co
    issues: tuple[Issue, ...] = ()


@overload
def decode(type_: type[T], body: bytes, *, strict: bool = ...) -> Decoded[T]: ...
@overload
def decode(type_: object, body: bytes, *, strict: bool = ...) -> Decoded[object]: ...
def decode(type_: object, body: bytes, *, strict: bool = False) -> Decoded[Any]:
    """Decode a JSON body as a type.

    Args:
        type_: a model, ``list[Model]``, ``dict[str, object]``, ``str``, or any type that msgspec
            can decode; ``None`` for an undocumented body, which is not parsed.
        body: the body as received.
        strict: whether to raise an error for a value that does not match its type instead of
            repairing it.

    Raises:
        DecodeError: the body is not JSON, is nested too deeply, or is not of the expected JSON
            type; or, with ``strict``, a value in the body does not match its type. The error's
            ``path`` is the location of the first such value.
    """
    try:
        return Decoded(_decoder(type_).decode(body))
    except UNFIT:
        pass  # raised below, outside this block: UnicodeDecodeError contains the body
    try:
        decoded = _forgiving(type_, body)
        if strict and decoded.issues:
            raise _refusal(decoded.issues, body)
    except DecodeError as error:
        raise error.with_traceback(None) from None
    finally:
        del body  # some tracebacks show variables
    return decoded


def decoder_for(type_: object) -> Callable[[bytes | Raw], Any]:
    """Return a type's decoder without repair, for callers that decode many bodies of this type.

    If the decoder raises an exception of :data:`UNFIT`, call :func:`decode` to repair the body.
    """
    return _decoder(type_).decode


def known_decoder(type_: object) -> Callable[[bytes], object] | None:
    """Return a type's decoder without repair if the type was decoded before, otherwise ``None``.

    This is for callers that decode too few bodies of the type to justify creating a decoder.
    """
    return _KNOWN.get(type_)


_KNOWN: Final[dict[object, Callable[[bytes], object]]] = {}


UNFIT: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""Exceptions that a decoder without repair raises if the body does not match the type."""


def check_type(type_: object) -> None:
    """Check in advance that msgspec can decode a type.

    Raises:
        TypeError: msgspec cannot decode the type; the message includes the reason.
    """
    try:
        _decoder(type_)
    # Also a NameError, from an annotation of the class that cannot be resolved.
    except Exception as error:
        wanted = "a model, or another type that msgspec can decode"
        refused = wrong_type("type", type_, wanted, "genesys_core.models.User")
        # Only for a class: msgspec's reason quotes any other value, which may be a secret.
        reason = f" ({error})" if isinstance(type_, type) else ""
        raise TypeError(f"{refused}{reason}") from error


# msgspec inspects a class on first use, and a second thread that uses the class meanwhile crashes
# the interpreter (msgspec 0.22). The lock does no I/O and is taken once per type.
_LEARNING: Final = allocate_lock()


@cache
def _decoder(type_: object) -> "msgspec.json.Decoder[Any]":
    with _LEARNING:
        made = msgspec.json.Decoder(cast(Any, type_), dec_hook=dec_hook)
    _KNOWN[type_] = made.decode
    return made


def _forgiving(type_: object, body: bytes) -> Decoded[object]:
    # Imported on first use: most programs receive only bodies that match their types.
    from genesys_core.codec.repair import repair_value  # noqa: PLC0415
    from genesys_core.codec.tolerant_json import parse_json  # noqa: PLC0415

    if type_ in {None, NoneType}:
        return Decoded(None)
    if not body.removeprefix(BOM_UTF8).strip(b" \t\r\n"):
        return Decoded(None, (Issue("$", "the body is empty: replaced with None"),))
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
    # The part after the colon describes the repair, and strict mode repairs nothing.
    problem = first.message.rpartition(": ")[0]
    return DecodeError(f"{first.path}: {problem}{more}", path=first.path, body=body)


_PLAIN: Mapping[str, object] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    # `Any`, because msgspec calls the hook for each `object`.
    "object": Any,
    "datetime": datetime,
    "date": date,
    "YearMonth": YearMonth,
}
"""Types other than models, by name in type expressions; no model has one of these names."""


@cache
def resolve_type(expression: str, package: str = "genesys_core") -> type[object]:
    """Resolve the type expression in an endpoint's ``returns``, importing the models that it names.

    Args:
        expression: a model's name, ``str``, ``int``, ``float``, ``bool``, ``object``,
            ``datetime``, ``date``, ``YearMonth``, or ``list[...]`` or ``dict[str, ...]`` of these.
        package: the package whose module ``models`` defines the models in the expression.

    Raises:
        InvalidValueError: the expression names a model or a package that does not exist.
    """
    return cast(type[object], _resolve(expression.strip(), package))


def _resolve(expression: str, package: str) -> object:
    head, _, rest = expression.partition("[")
    if rest.endswith("]"):
        inner = rest[:-1].strip()
        if head == "list":
            return GenericAlias(list, (_resolve(inner, package),))
        if head == "dict" and inner.startswith("str,"):
            return GenericAlias(dict, (str, _resolve(inner.removeprefix("str,").strip(), package)))
    return _named(expression, package)


def _named(name: str, package: str) -> object:
    if name in _PLAIN:
        return _PLAIN[name]
    # The one exception to the core's purity: model shards are imported on first use.
    try:
        found: object = getattr(import_module(f"{package}.models"), name, None)
    except ImportError as error:
        raise InvalidValueError(f"package={package!r}: has no models: {error}") from None
    if isinstance(found, type):
        return found
    raise InvalidValueError(
        f"returns={name!r}: neither a model nor a plain type; use a model's name, list[...] or dict[str, ...]"
    )

"""One call of msgspec's encoder, and what it lets through although JSON has no form for it.

Law: a value is written whole or refused; nothing is written as something else. (By itself msgspec
writes infinity as ``null``, bytes as base64 and sets in any order.)
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Final, cast

import msgspec
from msgspec import Struct

from genesys_core.codec.issues import ROOT, JsonPath, json_path
from genesys_core.codec.values import Null, YearMonth
from genesys_core.errors import InvalidValueError

__all__ = ["encode_json", "explain_refusal"]


def encode_json(value: object) -> bytes | None:
    """JSON of a value, or ``None`` where it has no form in JSON.

    One call of msgspec, and a glance at what that lets through.
    """
    try:
        result = _ENCODER.encode(value)
    except _FAILURES:
        return None
    # Infinity and NaN are written as null: without a null there is none.
    harmless = _HARMLESS if b"null" in result else _HARMLESS_AND_FLOAT
    return result if _sound(value, harmless) else None


def _enc_hook(value: object) -> object:
    """The next simpler form of what msgspec does not know."""
    match value:
        case Null():
            simpler: object = None
        case YearMonth():
            simpler = str(value)
        case datetime() | date():
            # Not rebuilt from its parts: where tests replace `datetime`, that gives the same class.
            simpler = value.isoformat().replace("+00:00", "Z")
        case Mapping():
            simpler = dict(cast(Mapping[object, object], value))
        case str():
            simpler = str.__str__(value)
        case int():
            simpler = int(value)
        case float():
            simpler = float(value)
        case Sequence() if not isinstance(value, _BYTES):
            simpler = list(cast(Sequence[object], value))
        case _:
            raise NotImplementedError
    return simpler


# `number`, because a Decimal keeps the digits that the caller, or a base document, wrote.
_ENCODER = msgspec.json.Encoder(enc_hook=_enc_hook, decimal_format="number")

_FAILURES = (TypeError, ValueError, OverflowError, NotImplementedError, RecursionError)

_HARMLESS: Final[frozenset[type]] = frozenset(
    {str, int, bool, type(None), datetime, date, Null, YearMonth}
)
_HARMLESS_AND_FLOAT: Final = _HARMLESS | {float}
_BYTES: Final = (bytes, bytearray, memoryview)
_SETS: Final = (set, frozenset)


def _sound(value: object, harmless: frozenset[type]) -> bool:
    """Whether there is no set, no bytes and no number without value at or below a value.

    Types are gathered per container rather than looked at one by one: 4 µs for a model of 56
    fields, where looking at each takes 54.
    """
    todo = [value]  # no recursion: msgspec takes deeper values than Python's stack does
    while todo:
        value = todo.pop()
        children = _children(value)
        suspects = set(map(type, children)) - harmless
        if suspects:
            todo += [child for child in children if type(child) in suspects]
        elif isinstance(value, _BYTES + _SETS) or _infinite(value):
            return False
    return True


def _infinite(value: object) -> bool:
    match value:
        case float():
            return not isfinite(value)
        case Decimal():
            return not value.is_finite()
        case _:
            return False


def _children(value: object) -> Sequence[object]:
    match value:
        case Struct():
            return msgspec.structs.astuple(value)
        case dict() | Mapping():
            return [*cast(Mapping[object, object], value).values()]
        case str():
            return ()
        case Sequence():
            return cast(Sequence[object], value)
        case _:
            return ()


def explain_refusal(value: object) -> InvalidValueError:
    """Where and why a value has no form in JSON, for one that :func:`encode_json` says that of."""
    try:
        at, culprit = _culprit(value, ROOT)
    except RecursionError:
        return InvalidValueError("the value contains itself or is nested too deeply for JSON")
    return InvalidValueError(f"{json_path(at)}: {_reason(culprit)}")


def _culprit(value: object, at: JsonPath) -> tuple[JsonPath, object]:
    """The innermost value that cannot be encoded; slow, and walked only to say where it is."""
    for step, child in _steps(value):
        if encode_json(child) is None:
            return _culprit(child, (at, step))
    return at, value


def _steps(value: object) -> Iterable[tuple[str | int, object]]:
    match value:
        case Struct():
            names = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
            return [(key, getattr(value, name)) for key, name in names]
        case Mapping():
            return [(str(key), item) for key, item in cast(Mapping[object, object], value).items()]
        case str():
            return ()
        case Sequence() if not isinstance(value, _BYTES):
            return enumerate(cast(Sequence[object], value))
        case _:
            return ()


def _reason(value: object) -> str:
    """Why a value has no form in JSON, all below it having one; never the value itself."""
    match value:
        case float() | Decimal():
            reason = f"{value} is no number in JSON"
        case bytes() | bytearray() | memoryview():
            reason = "bytes have no form in JSON: pass text, such as .decode() of them"
        case set() | frozenset():
            reason = "a set has no order: pass a list"
        case type():
            reason = f"the class {value.__name__} was given: pass an instance of it"
        case str():
            reason = "text with half of a surrogate pair has no form in UTF-8"
        case Mapping():
            kinds = {type(key).__name__ for key in cast(Mapping[object, object], value)} - {"str"}
            reason = f"keys are strings in JSON, not {' or '.join(sorted(kinds)) or 'odd text'}"
        case _:
            kind = type(value).__name__
            reason = f"{kind} has no form in JSON: pass a model, dict, list, text or number"
    return reason

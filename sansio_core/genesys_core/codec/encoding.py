"""From a model, a dictionary or a list to JSON.

Law: what the caller says goes through, and what JSON cannot say is refused by name and place before
anything is sent. ``None`` in a model is "not there", in a dictionary it is ``null``, and
:data:`~genesys_core.codec.values.NULL` is ``null`` everywhere.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from genesys_core.codec.json_encoder import encode_json, explain_refusal
from genesys_core.codec.merge import merge_over_base
from genesys_core.codec.values import NULL
from genesys_core.errors import InvalidValueError

__all__ = ["BodyKind", "encode_body", "to_dict", "to_json"]

BodyKind: TypeAlias = Literal["object", "array", "string", "any"]
"""The JSON type that the definition wants as the body; ``any`` where it does not say."""


def to_json(value: object, *, base: bytes | None = None) -> bytes:
    """JSON of a model, or of anything that can be part of one.

    Args:
        value: a model; a dictionary (any mapping), a list, a tuple, text, numbers, dates.
        base: the document that ``value``, a model, was decoded from and then changed. The result is
            that document with the changes made: members that this version does not know, and those
            that did not fit their type, stay as they were. A field set to ``None`` is removed, one
            set to ``NULL`` becomes ``null``.

    Raises:
        InvalidValueError: a value that JSON has no form for, or a ``base`` that is not a document of
            the model's type.
    """
    return _encode(value if base is None else merge_over_base(value, base))


def to_dict(model: Struct) -> dict[str, object]:
    """A model as a plain dictionary: the platform's names, dates as text, absent fields left out.

    Raises:
        InvalidValueError: a value that JSON has no form for.
    """
    return msgspec.json.decode(_encode(model), type=dict[str, Any])


def encode_body(body: object, kind: BodyKind) -> bytes:
    """JSON of a request's body, which has to be of the kind that the definition wants.

    Args:
        body: a model or mapping (``object``), a list or tuple (``array``), text (``string``);
            ``NULL`` for a body of ``null``.
        kind: the JSON type; ``any`` takes every value that JSON has.

    Raises:
        InvalidValueError: another kind of body, or a value in it that JSON has no form for.
    """
    result = _encode(body)
    given = _KINDS.get(result[:1], "number")
    if kind in {"any", given} or body is NULL:
        return result
    raise InvalidValueError(f"body: {type(body).__name__} given, but {_WANTED[kind]}")


_KINDS: Final[Mapping[bytes, str]] = {b"{": "object", b"[": "array", b'"': "string"}
_WANTED: Final[Mapping[str, str]] = {
    "object": "a JSON object is wanted: pass a model or a dict",
    "array": "a JSON array is wanted: pass a list, of models or dicts where it has objects",
    "string": "a JSON string is wanted: pass a str",
}


def _encode(value: object) -> bytes:
    result = encode_json(value)
    if result is None:
        raise explain_refusal(value)
    return result

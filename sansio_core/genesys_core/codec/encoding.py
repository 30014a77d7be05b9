"""Encoding of models, dictionaries and lists to JSON.

Invariants: values are encoded as given, or rejected with their path before anything is sent.
``None`` means "absent" in a model and ``null`` in a dictionary;
:data:`~genesys_core.codec.values.NULL` is ``null`` everywhere.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from genesys_core.codec.json_encoder import encode_json, explain_refusal
from genesys_core.codec.merge import merge_over_base
from genesys_core.codec.unknown_fields import restore_unknown_fields
from genesys_core.codec.values import NULL
from genesys_core.errors import InvalidValueError

__all__ = ["BodyKind", "encode_body", "to_dict", "to_json"]

BodyKind: TypeAlias = Literal["object", "array", "string", "any"]
"""The JSON type of a request body according to the definition; ``any`` if unspecified."""


def to_json(value: object, *, base: bytes | None = None) -> bytes:
    """Encode a model, or any value that can be part of a model, as JSON.

    Args:
        value: a model, a mapping, a list, a tuple, a string, a number or a date.
        base: the document that the model ``value`` was decoded from before it was changed. The
            result is that document with the changes applied: members that are unknown to this
            version or did not match their type are preserved. A field set to ``None`` is removed,
            and a field set to ``NULL`` becomes ``null``.

    Raises:
        InvalidValueError: a value cannot be represented in JSON, or ``base`` is not a document of
            the model's type.
    """
    try:
        return _encode(value if base is None else merge_over_base(value, base))
    except InvalidValueError as error:
        raise error.with_traceback(None) from None
    finally:
        del value, base  # some tracebacks show variables


def to_dict(model: Struct) -> dict[str, object]:
    """Convert a model to a dictionary with wire names and dates as strings; absent fields are omitted.

    Raises:
        InvalidValueError: a value cannot be represented in JSON.
    """
    return msgspec.json.decode(_encode(model), type=dict[str, Any])


def encode_body(body: object, kind: BodyKind) -> bytes:
    """Encode a request body as JSON and check that it has the type that the definition expects.

    Args:
        body: a model or mapping (``object``), a list or tuple (``array``), a string (``string``);
            ``NULL`` for the body ``null``. Models from a response include the response's unknown
            fields.
        kind: the JSON type that the body must have; ``any`` accepts every JSON value.

    Raises:
        InvalidValueError: the body has a different type, or contains a value that cannot be
            represented in JSON.
    """
    result = _encode(restore_unknown_fields(body))
    # The first byte shows the type. Booleans and null count as numbers, because the definition has no
    # operation with a body of any of the three types.
    given = _KINDS.get(result[:1], "number")
    if kind in {"any", given} or body is NULL:
        return result
    raise InvalidValueError(f"body: got {type(body).__name__}, {_WANTED[kind]}")


_KINDS: Final[Mapping[bytes, str]] = {b"{": "object", b"[": "array", b'"': "string"}
_WANTED: Final[Mapping[str, str]] = {
    "object": "expected a JSON object: pass a model or a dict",
    "array": "expected a JSON array: pass a list, such as a list of models or dicts",
    "string": "expected a JSON string: pass a str",
}


def _encode(value: object) -> bytes:
    result = encode_json(value)
    if result is None:
        raise explain_refusal(value)
    return result

"""Copies of a model as another type, such as the type of an update request.

Invariants: each member is either copied by its wire name or reported as omitted.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import TypeVar, cast

import msgspec
from msgspec import Struct

from genesys_core.checks import Expected
from genesys_core.codec.decoding import decode
from genesys_core.codec.encoding import to_json
from genesys_core.codec.issues import ROOT, JsonPath, json_path
from genesys_core.codec.unknown_fields import restore_unknown_fields

__all__ = ["convert_model"]

T = TypeVar("T")

# Decimal, because a response may have numbers that a float cannot represent, such as 1e400.
_DECODER = msgspec.json.Decoder(float_hook=Decimal)

_SOURCE = Expected("a model", "client.routing.get_routing_queue(queue_id)", (Struct,))


def convert_model(kind: type[T], source: Struct) -> tuple[T, list[str]]:
    """Copy a model as a model of another type.

    Args:
        kind: the type of the copy, a model.
        source: the model to copy. The unknown fields of its response are copied too.

    Returns:
        The copy, and the paths of the source's values that the copy does not have, such as
        ``$.memberCount``.

    Raises:
        TypeError: ``source`` is not a model.
        InvalidValueError: ``source`` cannot be represented in JSON.
    """
    _SOURCE.check("source", source)
    body = to_json(restore_unknown_fields(source))
    copy = decode(kind, body).data
    # Compared as JSON, because a nested model of another type may omit members at any depth.
    before, after = _DECODER.decode(body), _DECODER.decode(to_json(copy))
    return copy, [json_path(path) for path in _missing(before, after, ROOT)]


def _missing(before: object, after: object, at: JsonPath) -> Iterator[JsonPath]:
    if isinstance(before, dict) and isinstance(after, dict):
        kept = cast(dict[str, object], after)
        for key, value in cast(dict[str, object], before).items():
            # Null and absent are the same in a model, so an omitted null is not reported.
            yield from _missing(value, kept.get(key), (at, key))
    elif isinstance(before, list) and isinstance(after, list):
        pairs = zip(cast(list[object], before), cast(list[object], after), strict=False)
        for index, (value, kept_value) in enumerate(pairs):
            yield from _missing(value, kept_value, (at, index))
    elif after is None and before is not None:
        yield at

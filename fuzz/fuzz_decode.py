"""Any bytes decode to a value or to one documented error, and nothing is lost on the way.

Invariants: ``DecodeError`` is the only exception; strict mode raises exactly where forgiving mode
reports; what has no issues encodes to what decodes the same; issues are at the faults that were
made, and none shows a secret; get, no edit, PUT sends the document as it was.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.codec.decoding import Decoded, decode
from genesys_core.codec.encoding import to_json
from genesys_core.errors import DecodeError
from tests.strategies.codec import Everything, Login, Page, Spoiled, Tree, documents, under

__all__ = ["TARGETS", "check", "decode_bytes", "decode_documents"]

_TYPES: tuple[object, ...] = (Page, Everything, Login, list[Tree], dict[str, Any], list[str], int)


def decode_bytes(data: bytes) -> None:
    """Read the bytes as each of a handful of types."""
    for type_ in _TYPES:
        decoded = _decoded(type_, data, strict=False)
        strict = _decoded(type_, data, strict=True)
        if decoded is None or decoded.issues:
            assert strict is None
        else:
            assert strict == decoded == decode(type_, to_json(decoded.data))


def _decoded(type_: object, data: bytes, *, strict: bool) -> Decoded[object] | None:
    try:
        return decode(type_, data, strict=strict)
    except DecodeError:
        return None


_cases = st.one_of(
    [
        st.tuples(st.just(type_), documents(type_, faults=5))
        for type_ in (Page, Everything, Login, Tree)
    ]
)


@given(_cases)
def check(case: tuple[type, Spoiled]) -> None:
    """Decode one document with known faults, and write it back."""
    type_, spoiled = case
    body = json.dumps(spoiled.document).encode()
    decoded: Decoded[object] = decode(type_, body)
    for issue in decoded.issues:
        assert under(issue.path, spoiled.paths), issue
        if ".password" in issue.path or ".tokens" in issue.path:
            assert issue.value == "[REDACTED]"
    assert json.loads(to_json(decoded.data, base=body)) == spoiled.document


def decode_documents(data: bytes) -> None:
    """Make a document of any bytes; for coverage-guided engines."""
    check.hypothesis.fuzz_one_input(data)  # type: ignore[attr-defined]  # added by @given


TARGETS: Mapping[str, Callable[[bytes], object]] = {
    "decode_bytes": decode_bytes,
    "decode_documents": decode_documents,
}

"""Any bytes are an entry, a document or neither; any record becomes a row, cells and a line of CSV,
and has media in its slice's folder or none.

Invariants: readers of the manifest raise ``ExportError`` or return ``None``; what they accept is
written and read again unchanged. Each record is in exactly one slice of a plan.
"""

import csv
import io
import re
from collections.abc import Callable
from typing import Final

import msgspec
from hypothesis import given

from genesys_core.errors import ExportError
from genesys_core.export.columns import columns_of, to_row
from genesys_core.export.flat import csv_line, flat_columns, flatten_row
from genesys_core.export.manifest import (
    decode_document,
    decode_part,
    encode_document,
    encode_part,
)
from genesys_core.export.media import find_media
from genesys_core.models import User
from tests.strategies.export import expected, exported, exports, records

__all__ = ["TARGETS"]

COLUMNS: Final = columns_of(User)
FLAT: Final = flat_columns(COLUMNS)


def export_manifest(data: bytes) -> None:
    """The input is an entry or a document."""
    part = decode_part(data)
    assert part is None or decode_part(encode_part(part)) == part
    try:
        document = decode_document(data)
    except ExportError:
        return
    assert decode_document(encode_document(document)) == document


def export_rows(data: bytes) -> None:
    """The input is a record as JSON."""
    try:
        record: object = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return
    for one in find_media(record, "s"):
        assert re.fullmatch(r"media/s/[A-Za-z0-9_-]+(\.[a-z0-9]+)?", one.name)
    row = to_row(record, COLUMNS)
    assert list(row) == [column.name for column in COLUMNS]
    cells = flatten_row(row, FLAT)
    (read,) = csv.reader(io.StringIO(csv_line(cells).decode("utf-8"), newline=""))
    assert read == [cell or "" for cell in cells]


@given(export=exports(), kept=records())
def check_slices(export, kept):
    assert exported(kept, export) == expected(kept, export)


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "export_manifest": export_manifest,
    "export_rows": export_rows,
    "export_slices": check_slices.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # by @given
}

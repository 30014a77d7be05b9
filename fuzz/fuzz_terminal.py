"""Nothing that a terminal obeys is left in what is printed, and JSON stays JSON.

Invariants: no exception on any text; a document means the same after escaping; escaping twice is
escaping once.
"""

import json
from collections.abc import Callable
from typing import Final

from genesys_core.observability.terminal import escape_json, escape_line, escape_lines

__all__ = ["TARGETS"]

_OBEYED: Final = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x2028, 0x202F))}


def terminal(data: bytes) -> None:
    """The input is a text; then a document with that text in it."""
    text = data.decode("utf-8", "surrogateescape")
    assert not _OBEYED & set(escape_line(text))
    assert _OBEYED & set(escape_lines(text)) <= {"\n", "\t"}
    for escape in (escape_line, escape_lines, escape_json):
        assert escape(escape(text)) == escape(text)
    document = json.dumps({text: [text]}, ensure_ascii=False, indent=1)
    assert json.loads(escape_json(document)) == json.loads(document)
    assert not _OBEYED & set(escape_json(document))


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {"terminal": terminal}

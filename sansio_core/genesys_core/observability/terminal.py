"""Text that came from outside, escaped so that a terminal shows it and obeys none of it.

Invariants: no control character (C0, DEL, C1), no bidirectional control, no line or paragraph
separator, no invisible tag and no half surrogate pair is left, so that text can neither move the
cursor, set a title, clear the screen, begin a line of its own nor reverse what is read. Everything
else, letters of any script and emoji included, stays as it was. Escaping twice is escaping once.
"""

import re
from typing import Final

__all__ = ["escape_json", "escape_line", "escape_lines"]


def escape_line(text: str) -> str:
    r"""The text as one line, for example ``\x1b`` in place of an escape character.

    Args:
        text: from outside: a server, a file, a user.
    """
    return _UNSAFE.sub(_python_escape, text)


def escape_lines(text: str) -> str:
    """The text with its line feeds and tabs, everything else as :func:`escape_line` has it."""
    return _UNSAFE_IN_LINES.sub(_python_escape, text)


def escape_json(document: str) -> str:
    """A JSON document as one line that means the same, its own escapes in place of characters.

    Args:
        document: JSON as it came. Blanks between tokens may be line breaks, which become spaces.
    """
    return _UNSAFE.sub(_json_escape, document)


# C0 but tab and line feed, DEL and C1; U+061C, U+200E, U+200F, U+202A to U+202E and U+2066 to
# U+2069 are the bidirectional controls (Unicode Standard Annex 9, 2); U+206A to U+206F, U+FFF9 to
# U+FFFB and the tags U+E0000 to U+E007F are invisible too. Joiners stay: names and emoji need them.
_ALWAYS: Final = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb"
    r"\ud800-\udfff\U000e0000-\U000e007f"
)
_UNSAFE = re.compile(rf"[\t\n{_ALWAYS}]")
_UNSAFE_IN_LINES = re.compile(f"[{_ALWAYS}]")


def _python_escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return _SHORT.get(match[0]) or (f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}")


_SHORT: Final = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def _json_escape(match: re.Match[str]) -> str:
    # RFC 8259, 2 and 7: between tokens these three are blanks, within strings they cannot stand.
    if match[0] in "\t\n\r":
        return " "
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))

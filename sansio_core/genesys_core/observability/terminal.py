"""Escapes text from outside the program so that terminals can show it safely.

Invariants: apart from the line feeds and tabs that :func:`escape_lines` keeps, the result contains no
control character (C0, DEL, C1), bidirectional control, line or paragraph separator, invisible tag or
lone surrogate, so text cannot set a title, clear the screen or reverse the reading direction.
Everything else, including letters of any script and emoji, is unchanged. Escaping is idempotent.
"""

import re
from typing import Final

__all__ = ["escape_json", "escape_line", "escape_lines", "json_escapes"]


def escape_line(text: str) -> str:
    r"""Escape text as a single line, for example ``\x1b`` for an escape character.

    Args:
        text: text from a server, a file or a user.
    """
    return re.sub(_UNSAFE, _python_escape, text)


def escape_lines(text: str) -> str:
    """Escape text like :func:`escape_line`, but keep line feeds and tabs."""
    return re.sub(_UNSAFE_IN_LINES, _python_escape, text)


def escape_json(document: str) -> str:
    """Escape a JSON document as a single line with the same meaning, using JSON escapes.

    Args:
        document: JSON as received. Line breaks between tokens become spaces.
    """
    return re.sub(_UNSAFE, _json_escape, document)


def json_escapes(text: str) -> str:
    r"""Return the JSON escape of each character of a text, for example ``\u00fc`` for ``ü``."""
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


# C0 and C1; bidirectional marks, embeddings and isolates ("Trojan Source", CVE-2021-42574); line and
# paragraph separators; interlinear annotations; lone surrogates; tags, which are invisible.
_ALWAYS: Final = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb"
    r"\ud800-\udfff\U000e0000-\U000e007f"
)
# Compiled on first use, because not every program writes to a terminal or a log.
_UNSAFE: Final = rf"[\t\n{_ALWAYS}]"
_UNSAFE_IN_LINES: Final = f"[{_ALWAYS}]"


def _python_escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return _SHORT.get(match[0]) or (f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}")


_SHORT: Final = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def _json_escape(match: re.Match[str]) -> str:
    # RFC 8259 sections 2 and 7: these are whitespace between tokens and invalid within strings.
    if match[0] in "\t\n\r":
        return " "
    return json_escapes(match[0])

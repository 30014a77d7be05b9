"""Secrets, and the spellings in which they come back."""

import json
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, quote_plus

from hypothesis import strategies as st

__all__ = ["SPELLINGS", "secrets", "spelt"]


def _percent_encoded(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


def _percent_encoded_in_small_letters(text: str) -> str:
    return re.sub("%..", lambda match: match[0].lower(), quote(text, safe=""))


def _json_escaped(text: str) -> str:
    units = text.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _in_json(text: str) -> str:
    return json.dumps({"text": text})


def _in_plain_json(text: str) -> str:
    return json.dumps([text], ensure_ascii=False)


def _with_escaped_slashes(text: str) -> str:
    return text.replace("/", "\\/")


def _percent_encoded_where_needed(text: str) -> str:
    return quote(text, safe="")


SPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "as it is": str,
    "percent-encoded": _percent_encoded_where_needed,
    "percent-encoded in small letters": _percent_encoded_in_small_letters,
    "percent-encoded as a form": quote_plus,
    "percent-encoded throughout": _percent_encoded,
    "escaped throughout": _json_escaped,
    "in JSON": _in_json,
    "in JSON beyond ASCII": _in_plain_json,
    "with escaped slashes": _with_escaped_slashes,
}
"""Each way in which a server or a library may write a text, by name."""

secrets = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=8, max_size=12)
"""Secrets as grants take them: no control characters in them."""


@st.composite
def spelt(draw: st.DrawFn) -> tuple[str, str]:
    """A secret, and a text that holds it in some spelling of a spelling."""
    secret = text = draw(secrets)
    for spell in draw(st.lists(st.sampled_from(list(SPELLINGS.values())), max_size=3)):
        text = spell(text)
    around = draw(st.text(max_size=8))
    return secret, f"{around}{text}{around}"

"""Names of the wire become names of Python.

Law: a name here is a function of the definition alone, and equal to the official Python SDK's name
for the same thing, save for Python's own words: those get a trailing underscore where the official
SDK writes ``pc...``. No name is lost: what collides is numbered.
"""

import builtins
import keyword
import re
from collections.abc import Iterable

__all__ = [
    "api_name",
    "class_name",
    "make_unique",
    "method_name",
    "tag_name",
    "to_camel_case",
    "to_snake_case",
]

# Acronyms that the split at capitals would tear apart (`i_pv4`, `ur_is`).
_WORDS = (
    (re.compile(r"IPv([46])(?![a-z])"), r"Ipv\1"),
    (re.compile(r"URIs(?![a-z])"), "Uris"),
)
_TAG_WORDS = ((re.compile(r"OAuth"), "Oauth"),)

# Names that stand between words, and all else that no identifier can hold.
_SEPARATORS = re.compile(r"[.\-_/\s]+")
_FORBIDDEN = re.compile(r"[^0-9A-Za-z_]")

_BEFORE_WORD = re.compile(r"([A-Z]+)([A-Z][a-z])")
_AFTER_WORD = re.compile(r"([a-z0-9])([A-Z])")

# A facade's methods are called on an object: `self` would be taken.
_TAKEN = frozenset({"self"})
# What generated modules call things of their own.
_MODULE_WORDS = frozenset({"annotations", "preload"})
_BUILTINS = frozenset(name for name in vars(builtins) if name.islower())


def to_snake_case(name: str) -> str:
    """A wire name as a field or parameter: ``supportedContent.id`` is ``supported_content_id``."""
    return _free(_split(name, _WORDS), _TAKEN)


def method_name(name: str) -> str:
    """The name of a builder: as :func:`to_snake_case`, and never a word that its module needs."""
    return _free(_split(name, _WORDS), _TAKEN | _MODULE_WORDS | _BUILTINS)


def api_name(tag: str) -> str:
    """The attribute of the client that holds a tag's methods: ``OAuth`` is ``oauth``."""
    return _free(_split(tag, _WORDS + _TAG_WORDS), _TAKEN | _MODULE_WORDS)


def class_name(name: str) -> str:
    """A definition's name as a class: kept, less what no identifier can hold."""
    kept = _FORBIDDEN.sub("", _SEPARATORS.sub("_", name)).strip("_")
    return _free(kept, _MODULE_WORDS | _BUILTINS, digit_prefix="Model")


def tag_name(tag: str) -> str:
    """A tag as part of a class name: ``Infrastructure as Code`` is ``InfrastructureAsCode``."""
    words = _FORBIDDEN.sub("", _SEPARATORS.sub("_", tag)).split("_")
    return "".join(word[:1].upper() + word[1:] for word in words) or "Other"


def make_unique(names: Iterable[str]) -> list[str]:
    """The names in order, the second ``name`` as ``name_2``, and so on."""
    seen: set[str] = set()
    result: list[str] = []
    for name in names:
        chosen, count = name, 1
        while chosen in seen:
            count += 1
            chosen = f"{name.rstrip('_')}_{count}"
        seen.add(chosen)
        result.append(chosen)
    return result


def to_camel_case(name: str) -> str:
    """What msgspec's ``rename="camel"`` makes of a field name (a test holds the two together)."""
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def _split(name: str, words: Iterable[tuple[re.Pattern[str], str]]) -> str:
    for pattern, word in words:
        name = pattern.sub(word, name)
    name = _FORBIDDEN.sub("", _SEPARATORS.sub("_", name))
    name = _BEFORE_WORD.sub(r"\1_\2", name)
    name = _AFTER_WORD.sub(r"\1_\2", name)
    return re.sub("_+", "_", name).strip("_").lower()


def _free(name: str, taken: frozenset[str], digit_prefix: str = "field_") -> str:
    if not name or name[0].isdigit():
        name = f"{digit_prefix}{name}".rstrip("_")
    return f"{name}_" if keyword.iskeyword(name) or name in taken else name

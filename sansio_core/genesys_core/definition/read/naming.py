"""Converts wire names to Python names.

Invariants: a name depends only on the definition. A Python keyword, or a name with another meaning
in generated code, gets a trailing underscore; names that would be equal are numbered. All other names of
the bundled definition equal those in the official Python SDK, except ``property``, which is
``pcProperty`` there.
"""

import builtins
import keyword
import re
from collections.abc import Iterable

__all__ = [
    "CLIENT_ATTRIBUTES",
    "UniqueNames",
    "api_name",
    "api_titles",
    "class_name",
    "make_unique",
    "method_name",
    "number_name",
    "tag_name",
    "to_camel_case",
    "to_snake_case",
]

# Acronyms that splitting at capitals would break (`i_pv4`, `ur_is`).
_WORDS = (
    (re.compile(r"IPv([46])(?![a-z])"), r"Ipv\1"),
    (re.compile(r"URIs(?![a-z])"), "Uris"),
)
# Acronyms in tags only: the official SDK has the field `o_auth_client_id`, but the API `oauth_api`.
_TAG_WORDS = ((re.compile(r"OAuth"), "Oauth"),)

# Separators, and all other characters that are invalid in an identifier.
_SEPARATORS = re.compile(r"[.\-_/\s]+")
_FORBIDDEN = re.compile(r"[^0-9A-Za-z_]")

# Where words begin: `SIPTraces` is `SIP_Traces`, `userId` is `user_Id`.
_WORD_START = re.compile(r"(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z0-9])(?=[A-Z])")

# API methods are called on an object, so `self` is taken; `Model.of` is a method of all models.
_TAKEN = frozenset({"self", "of"})
# Names that generated modules use themselves.
_MODULE_WORDS = frozenset({"annotations", "preload"})
# The classes of APIs have an attribute of this name, which sends an operation.
_API_WORDS = frozenset({"send"})
# A client's own attributes: the tag "Configuration" becomes `client.configuration_`.
CLIENT_ATTRIBUTES = frozenset(
    {
        *("auth", "close", "configuration", "download", "job", "notification_handler", "pages"),
        *("paginate", "request", "run", "send", "send_raw", "stats", "stream", "unbound_copy"),
        *("upload", "wait_until", "with_options"),
    }
)
# Names of types other than models in the expressions for `Endpoint.returns`.
_TYPES = frozenset({"date", "datetime", "YearMonth"})
# File systems limit file names to 255 bytes; a shard's number and the suffix need some of them.
_LONGEST_MODULE = 100
_BUILTINS = frozenset(name for name in vars(builtins) if name.islower())


def to_snake_case(name: str) -> str:
    """Convert a wire name to a Python name: ``supportedContent.id`` to ``supported_content_id``."""
    return _free(_split(name, _WORDS), _TAKEN)


def method_name(name: str) -> str:
    """Convert an operation's name to snake case, avoiding names that its generated module uses."""
    return _free(_split(name, _WORDS), _TAKEN | _MODULE_WORDS | _API_WORDS | _BUILTINS)


def api_name(tag: str) -> str:
    """Return the client attribute for a tag's API: ``oauth`` for the tag ``OAuth``."""
    name = _split(tag, _WORDS + _TAG_WORDS)[:_LONGEST_MODULE].rstrip("_")
    return _free(name, _TAKEN | _MODULE_WORDS | CLIENT_ATTRIBUTES)


def class_name(name: str) -> str:
    """Convert a name in the Swagger document's ``definitions`` to a valid class name."""
    kept = _FORBIDDEN.sub("", _SEPARATORS.sub("_", name)).strip("_")
    return _free(kept, _MODULE_WORDS | _BUILTINS | _TYPES, digit_prefix="Model")


def tag_name(tag: str) -> str:
    """Convert a tag to its form in the API's class name: ``agent ui`` becomes ``AgentUi``."""
    words = _FORBIDDEN.sub("", _SEPARATORS.sub("_", tag)).split("_")
    name = "".join(word[:1].upper() + word[1:] for word in words) or "Other"
    return f"Tag{name}" if name[0].isdigit() else name


class UniqueNames:
    """Numbers duplicate names: the second ``name`` becomes ``name_2``, and so on.

    Args:
        taken: the names that are already in use.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        # The last number of each name, because counting from 1 would take a quadratic time.
        self._numbers: dict[str, int] = {}

    def add(self, name: str, *prefixes: str) -> str:
        """Return an unused name: the preferred name, with a number appended if necessary.

        Args:
            name: the preferred name.
            prefixes: the returned name with any of these prefixes is also unused.
        """
        number = self._numbers.get(name, 1)
        chosen = number_name(name, number)
        while not self._taken.isdisjoint(
            names := {chosen, *(f"{one}{chosen}" for one in prefixes)}
        ):
            number += 1
            chosen = number_name(name, number)
        self._numbers[name] = number
        self._taken |= names
        return chosen


def number_name(name: str, number: int) -> str:
    """Return a name with a number appended: ``in_2`` for ``in_`` and 2; unchanged for 1."""
    return name if number == 1 else f"{name.rstrip('_')}_{number}"


def make_unique(names: Iterable[str]) -> list[str]:
    """Number duplicate names: the second occurrence of ``name`` becomes ``name_2``, and so on."""
    unique = UniqueNames()
    return [unique.add(name) for name in names]


def api_titles(tags: Iterable[str]) -> list[str]:
    """Return the name of each tag's API, without ``Api``; names that would be equal are numbered.

    An API has two classes, such as ``UsersApi`` and ``AsyncUsersApi``. The tags ``X`` and ``AsyncX``
    would both have a class ``AsyncXApi``, so the API of ``AsyncX`` is named ``AsyncX_2``.
    """
    titles = [tag_name(tag) for tag in tags]
    unique = UniqueNames()
    result = dict[int, str]()
    # Shorter names are first, so that they stay unchanged whatever the order of the tags.
    for position in sorted(range(len(titles)), key=lambda one: len(titles[one])):
        result[position] = unique.add(titles[position], "Async")
    return [result[position] for position in range(len(titles))]


def to_camel_case(name: str) -> str:
    """Convert a field name to camel case, exactly as msgspec's ``rename="camel"`` does."""
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def _split(name: str, words: Iterable[tuple[re.Pattern[str], str]]) -> str:
    for pattern, word in words:
        name = pattern.sub(word, name)
    name = _FORBIDDEN.sub("", _SEPARATORS.sub("_", name))
    name = _WORD_START.sub("_", name)
    return re.sub("_+", "_", name).strip("_").lower()


def _free(name: str, taken: frozenset[str], digit_prefix: str = "field_") -> str:
    if not name or name[0].isdigit():
        name = f"{digit_prefix}{name}".rstrip("_")
    return f"{name}_" if keyword.iskeyword(name) or name in taken else name

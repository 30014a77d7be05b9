"""Determines the page and anchor of each model, method, topic and permission in the reference.

Invariants: a model's page depends only on its name, so that it does not move when models are added;
a method's page depends on its API and path, and on whether the API is large; links are relative to
the page that contains them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from genesys_core.definition.read.definition import (
    Api,
    ApiDefinition,
    ApiOperation,
    Array,
    Map,
    Plain,
    Ref,
    Type,
)
from genesys_core.definition.reference.markdown import anchor_of, inline_code

__all__ = [
    "PERMISSIONS",
    "TOPICS",
    "ReferenceLinks",
    "api_page",
    "api_pages",
    "describe_values",
    "model_page",
]

TOPICS: Final = "topics.md"
PERMISSIONS: Final = "permissions.md"
# The first word of SIPTrace is "SIP", of UserMe "User"; any other first character counts as a word.
_FIRST_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|.")
_VALUES_SHOWN: Final = 12
_LARGEST: Final = 150
"""The maximum number of methods of an API with a single page; larger APIs have several pages.

A browser renders about 400 methods per second.
"""

_LONGEST_NAME: Final = 100
"""The maximum number of characters in a page's name; file systems allow 255 bytes."""

_PLAIN: Final = {"object": "object", "any": "any JSON value"}


def api_page(api: str) -> str:
    """Return the path of an API's only page or of its index, such as ``apis/users.md``."""
    return f"apis/{api}.md"


def api_pages(api: Api) -> Mapping[str, Sequence[ApiOperation]]:
    """Return the paths of the pages that describe an API's methods, each with the page's methods.

    A large API has a page for each second segment of its methods' paths, such as
    ``apis/conversations/emails.md``; methods whose path has no second segment are on the page for
    the first segment.
    """
    if len(api.operations) <= _LARGEST:
        return {api_page(api.name): api.operations}
    pages: dict[str, list[ApiOperation]] = {}
    for operation in api.operations:
        pages.setdefault(f"apis/{api.name}/{_part(operation.path)}.md", []).append(operation)
    return dict(sorted(pages.items()))


def _part(path: str) -> str:
    first, *rest = path.strip("/").removeprefix("api/v2/").split("/")
    # Converted to a file name, because a segment may contain any character but a slash.
    return _file_name(rest[0] if rest and not rest[0].startswith("{") else first)


def _file_name(text: str) -> str:
    return re.sub(r"[^\w-]+", "-", text)[:_LONGEST_NAME] or "-"


def model_page(model: str) -> str:
    """Return the path of a model's page: ``models/user.md`` if the first word is "User"."""
    word = _FIRST_WORD.match(model)
    return f"models/{(word[0] if word else model).lower()[:_LONGEST_NAME]}.md"


class ReferenceLinks:
    """Creates links to the sections of a definition's reference.

    Args:
        definition: the definition that the reference describes; models that it does not contain
            are not linked.
    """

    def __init__(self, definition: ApiDefinition) -> None:
        self._models = {model.name for model in definition.models}
        self._pages = {
            (api.name, operation.name): page
            for api in definition.apis
            for page, operations in api_pages(api).items()
            for operation in operations
        }

    def model(self, name: str, page: str) -> str:
        """Return a link to a model's section, for use on the given page."""
        if name not in self._models:
            return inline_code(name)
        return _link(inline_code(name), model_page(name), anchor_of(name), page)

    def method(self, api: str, name: str, page: str) -> str:
        """Return a link to a method's section, for use on the given page."""
        return _link(inline_code(f"{api}.{name}"), self._pages[api, name], anchor_of(name), page)

    def topic(self, topic: str, page: str) -> str:
        """Return a link to a topic's section, for use on the given page."""
        return _link(inline_code(topic), TOPICS, anchor_of(topic), page)

    def permission(self, name: str, page: str) -> str:
        """Return a link to a permission's section, for use on the given page."""
        return _link(inline_code(name), PERMISSIONS, anchor_of(name), page)

    def type(self, type_: Type, page: str) -> str:
        """Return a type as Markdown, with a link to the model that it contains, if any."""
        match type_:
            case Plain(kind=kind):
                return _PLAIN.get(kind, kind)
            case Ref(name=name):
                return self.model(name, page)
            case Array(items=items):
                return f"list of {self.type(items, page)}"
            case Map(values=values):
                return f"dict of {self.type(values, page)}"


def describe_values(type_: Type) -> str:
    """Return the known values of the enum that a type is or contains, as Markdown; may be empty."""
    match type_:
        case Plain(values=()) | Ref():
            return ""
        case Plain(values=values):
            return _listed(values)
        case Array(items=inner) | Map(values=inner):
            return describe_values(inner)


def _listed(values: Iterable[str]) -> str:
    # An empty or blank value cannot be inline code.
    shown = [inline_code(value) if value.strip() else '`""`' for value in values]
    if len(shown) <= _VALUES_SHOWN:
        return ", ".join(shown)
    return f"<details><summary>{len(shown)} values</summary>{', '.join(shown)}</details>"


def _link(text: str, target: str, anchor: str, page: str) -> str:
    up = "../" * page.count("/")
    return f"[{text}]({'' if target == page else up + target}#{anchor})"

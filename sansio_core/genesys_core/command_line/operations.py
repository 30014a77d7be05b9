"""Descriptions of operations for the command line, read from their builders.

Invariants: a description is read only from a builder's code object, so describing an operation
neither imports its API nor creates a model.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from types import CodeType, FunctionType
from typing import Final, Literal, TypeAlias

__all__ = ["OperationDescription", "OperationParameter", "ParameterPlace", "describe_builders"]

ParameterPlace: TypeAlias = Literal["path", "query", "header", "body"]
"""The part of a request that contains a parameter."""


@dataclass(frozen=True)
class OperationParameter:
    """A parameter of an operation.

    Attributes:
        name: the parameter's name in Python, such as ``page_size``.
        place: the part of the request that contains the parameter.
        kind: the parameter's type in the definition, such as ``integer``; for a body, its model.
        is_list: whether the parameter takes several values.
        is_required: whether the definition requires the parameter.
        values: the values that the definition lists; empty if it lists none.
        help: a description of the parameter; empty if unknown.
    """

    name: str
    place: ParameterPlace
    kind: str
    is_list: bool = False
    is_required: bool = False
    values: tuple[str, ...] = ()
    help: str = ""

    @property
    def option(self) -> str:
        """The command-line option, such as ``--page-size``."""
        return "--" + self.name.strip("_").replace("_", "-")


@dataclass(frozen=True)
class OperationDescription:
    """The description of an operation for the command line.

    Attributes:
        api: the API's name, such as ``users``.
        name: the method's name, such as ``get_users``.
        method: the HTTP method; empty if the builder has no docstring (``python -OO``).
        path: the template of the operation's path.
        returns: the type of the response, as in the docstring of the builder.
        summary: a sentence about the operation; empty if unknown.
        notes: sentences about preview, permissions, pagination and so on.
        link: the URL of the platform's page about the operation; empty if unknown.
        arguments: the names of the parameters; the required ones come first.
        required: the number of required parameters.
        documented: the part of the builder's docstring that describes the parameters.
    """

    api: str
    name: str
    method: str = ""
    path: str = ""
    returns: str = ""
    summary: str = ""
    notes: str = ""
    link: str = ""
    arguments: tuple[str, ...] = ()
    required: int = 0
    documented: str = ""

    @cached_property
    def parameters(self) -> tuple[OperationParameter, ...]:
        """The operation's parameters, the required ones first."""
        texts = {match[2]: " ".join(match[3].split()) for match in _ENTRY.finditer(self.documented)}
        places = {_folded(name) for name in _PLACEHOLDER.findall(self.path)}
        return tuple(
            _parameter(name, texts.get(name, ""), places, is_required=number < self.required)
            for number, name in enumerate(self.arguments)
        )

    @property
    def body(self) -> OperationParameter | None:
        """The parameter for the request body; ``None`` if the operation has no body."""
        return next((each for each in self.parameters if each.place == "body"), None)

    @property
    def title(self) -> str:
        """The operation's summary, or its method and path if it has no summary."""
        return self.summary or f"{self.method} {self.path}".strip()

    @property
    def permissions(self) -> tuple[str, ...]:
        """The permissions that the operation requires."""
        _, found, text = self.notes.partition("Requires ")
        return tuple(_QUOTED.findall(text.partition(". ")[0])) if found else ()

    @property
    def is_preview(self) -> bool:
        """Whether the operation may change without notice."""
        return "Preview:" in self.notes

    @property
    def is_deprecated(self) -> bool:
        """Whether the operation is deprecated."""
        return "Deprecated." in self.notes

    @property
    def is_read_only(self) -> bool:
        """Whether the operation only reads data, although its HTTP method suggests otherwise."""
        return "Read-only." in self.notes

    @property
    def is_listing(self) -> bool:
        """Whether the operation is a listing, which returns its items in pages."""
        return "Paginated by " in self.notes


def describe_builders(api: str, module: CodeType) -> dict[str, OperationDescription]:
    """Return the descriptions of an API's operations, by method name.

    Args:
        api: the API's name.
        module: the code of its builder module, which is not executed.
    """
    codes = (constant for constant in module.co_consts if isinstance(constant, CodeType))
    return {
        code.co_name: _describe(api, code) for code in codes if not code.co_name.startswith("_")
    }


def _describe(api: str, code: CodeType) -> OperationDescription:
    # How a code object stores its docstring depends on the version of Python; __doc__ does not.
    text = FunctionType(code, {}).__doc__ or ""
    # The generator makes required parameters positional and all others keyword-only.
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    head, _, documented = text.partition("Args:\n")
    found = _REQUEST.search(head)
    method, path, returns = found.groups() if found else ("", "", "")
    before, after = (head[: found.start()], head[found.end() :]) if found else (head, "")
    return OperationDescription(
        api,
        code.co_name,
        method,
        path,
        " ".join(returns.split()).replace("``", ""),
        " ".join(before.split()),
        " ".join(_LINK.sub("", after).split()),
        "".join(_LINK.findall(after)[:1]),
        tuple(names),
        code.co_argcount,
        documented,
    )


def _parameter(
    name: str, text: str, path_names: Collection[str], *, is_required: bool
) -> OperationParameter:
    head, _, about = text.removesuffix(".").partition(". ")
    kind, _, values = head.partition(": ")
    first, comma, rest = kind.partition(", ")
    place: ParameterPlace = "body"
    if comma and first in _PLACES:
        place, kind = _PLACES[first], rest
    elif first.startswith("header "):
        place, kind = "header", rest
    elif _folded(name) in path_names:
        # Docstrings omit place and type of path parameters that are strings.
        place, kind, about = "path", "string", head
    kind = kind.replace("``", "")
    is_list = kind.startswith("list of ") and place != "body"
    return OperationParameter(
        name,
        place,
        kind.removeprefix("list of ") if is_list else kind,
        is_list,
        is_required,
        tuple(values.split(", ")) if values else (),
        f"{about[:1].upper()}{about[1:]}.".removeprefix("."),
    )


def _folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


_PLACES: Final[dict[str, ParameterPlace]] = {"path": "path", "query": "query", "body": "body"}
_REQUEST: Final = re.compile(r"\b([A-Z]+) (/\S+) -> (.+?)\.(?=[ ]*(?:\n|$))", re.DOTALL)
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_LINK: Final = re.compile(r"https://\S+")
# Since Python 3.13 the compiler removes the indentation that the lines of a docstring share.
_ENTRY: Final = re.compile(r"^( {4}| {8})(\w+): (.*(?:\n\1 {4}.*)*)", re.MULTILINE)
_QUOTED: Final = re.compile(r"``([^`]+)``")

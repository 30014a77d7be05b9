"""Finds the API names that a Python file uses, in the file's syntax tree.

Invariants: pure, and the file is never imported or executed. Uses are found by name: an attribute
or imported name that is a method or model of the definition, or a string that is a path or topic. A
call whose arguments are only known at run time (``**options``) counts as passing every parameter.
"""

import ast
from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

__all__ = ["UNSEEN", "CallSite", "SourceNames", "read_source"]

_WAYS_TO_CALL: Final = frozenset({"raw", "paginate", "pages", "run"})
_WITH_LINE: Final = (ast.expr, ast.stmt, ast.keyword, ast.pattern)
UNSEEN: Final = "{}"
"""The placeholder for a part of an f-string that is only known at run time."""


class CallSite(Struct, frozen=True):
    """An occurrence of a name in a source file; the name may be an operation's method.

    Attributes:
        name: the name, such as ``get_users``.
        owner: the name before the dot, such as ``users`` or ``UsersApi``; empty if there is none.
        line: the line number in the source file.
        positional: the number of positional arguments of the call; ``None`` if unknown.
        keywords: the value of each keyword argument: the text of a string literal, ``None`` for
            any other value. ``None`` instead of a mapping if the arguments are unknown.
    """

    name: str
    owner: str
    line: int
    positional: int | None = None
    keywords: Mapping[str, str | None] | None = None


class SourceNames(Struct, frozen=True):
    """The names used in one source file, each with the line of its first occurrence.

    Attributes:
        path: the file's path, for the places in reports.
        calls: every attribute and name, because each may be an operation's method.
        names: the line of each variable, attribute and imported name.
        fields: the line of each possible model field: attribute, keyword argument, keyword in a class
            pattern, or string.
        texts: the line of each string, with ``{}`` for the computed parts of f-strings.
    """

    path: str
    calls: tuple[CallSite, ...]
    names: Mapping[str, int]
    fields: Mapping[str, int]
    texts: Mapping[str, int]


def read_source(path: str, tree: ast.Module) -> SourceNames:
    """Return the names that a Python file uses.

    Args:
        path: the file's path, for the places in reports.
        tree: the file's syntax tree. The caller parses the file, because Python's parser reads it
            from disk to report a syntax error.
    """
    reader = _TreeReader(tree)
    return SourceNames(path, tuple(reader.calls), reader.names, reader.fields, reader.texts)


class _TreeReader:
    def __init__(self, tree: ast.AST) -> None:
        self.calls: list[CallSite] = []
        self.names: dict[str, int] = {}
        self.fields: dict[str, int] = {}
        self.texts: dict[str, int] = {}
        self.bound = dict(_bound_classes(tree))
        # By identity, because nodes have no reference to their parent, and no equality.
        self.called = {
            id(target): node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            for target in (_call_target(node.func),)
        }
        # By line, because `ast.walk` yields a nested statement after all less nested ones.
        nodes = [node for node in ast.walk(tree) if isinstance(node, _WITH_LINE)]
        for node in sorted(nodes, key=lambda node: node.lineno):
            self.read(node)

    def read(self, node: ast.AST) -> None:
        match node:
            case ast.Attribute():
                self.names.setdefault(node.attr, node.lineno)
                self.fields.setdefault(node.attr, node.lineno)
                self.calls.append(self.site(node, node.attr, self.owner(node.value)))
            case ast.Name():
                self.names.setdefault(node.id, node.lineno)
                self.calls.append(self.site(node, node.id, ""))
            case ast.ImportFrom():
                for alias in node.names:
                    self.names.setdefault(alias.name, node.lineno)
                    if alias.asname:  # calls use the alias, so the import counts as a use
                        owner = (node.module or "").rpartition(".")[2]
                        self.calls.append(CallSite(alias.name, owner, node.lineno))
            case ast.keyword(arg=str() as name):
                self.fields.setdefault(name, node.value.lineno)
            case ast.MatchClass(kwd_attrs=names):
                for name in names:
                    self.fields.setdefault(name, node.cls.lineno)
            case ast.Constant(value=str() as text):
                self.texts.setdefault(text, node.lineno)
                self.fields.setdefault(text, node.lineno)
            case ast.JoinedStr():
                text = "".join(map(_joined, node.values))
                self.texts.setdefault(text, node.lineno)
            case _:
                pass

    def owner(self, node: ast.expr) -> str:
        """Return the last name in an expression: ``users`` for ``client.users``.

        For a variable that an API object is assigned to, return the name of the API's class.
        """
        name = _last_name(node.func if isinstance(node, ast.Call) else node)
        return self.bound.get(name, name)

    def site(self, node: ast.Attribute | ast.Name, name: str, owner: str) -> CallSite:
        call = self.called.get(id(node))
        if call is None:
            return CallSite(name, owner, node.lineno)
        starred = any(isinstance(one, ast.Starred) for one in call.args)
        unseen = any(one.arg is None for one in call.keywords)
        keywords = {one.arg: _text(one.value) for one in call.keywords if one.arg is not None}
        return CallSite(
            name,
            owner,
            node.lineno,
            None if starred else len(call.args),
            None if unseen else keywords,
        )


def _call_target(function: ast.expr) -> ast.expr:
    """Return the called method's expression: ``api.get_users`` in ``api.get_users.paginate()``."""
    if isinstance(function, ast.Attribute) and function.attr in _WAYS_TO_CALL:
        return function.value
    return function


def _bound_classes(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield each variable that holds an API object and its class: ``users = UsersApi(client)``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            name = _last_name(node.value.func)
            if name.endswith("Api"):
                yield from ((_last_name(target), name) for target in node.targets)


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def _joined(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else UNSEEN


def _text(value: ast.expr) -> str | None:
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None

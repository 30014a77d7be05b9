"""Names: one class a name in the core, and functions that say what they do."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import genesys_cloud
import genesys_core

CORE = Path(genesys_core.__file__ or "").parent
ADAPTERS = Path(genesys_cloud.__file__ or "").parent
GENERATED = {CORE / "api", CORE / "models", ADAPTERS / "apis"}

SHARED_CLASSES = {
    # Both are public names that the documentation shows, each in its own namespace.
    "Closed": {"simulator.wire.faults", "websocket.events"},
    "Settings": {"session.session", "simulator.state.memory"},
    # Until notification sockets are dialed as requests are.
}
"""Class names that more than one module of the core may define, and these modules."""

VERBS = {
    "application",  # genesys_cloud.simulator.application: the ASGI application
    "decode",
    "dial",
    "fetch",  # genesys_cloud.export: documented
    "plan",  # genesys_core.export: documented
    "run",  # genesys_cloud.export: documented
    "verify",  # genesys_cloud.export: documented
    "example",  # genesys_core.simulator.example: documented
    "frame",  # the simulator's frame builder: documented
    "generate",
    "main",
    "merge",
    "start",
}
"""Module-level functions of one word: well-known verbs, or names that the documentation shows."""


@cache  # parsing takes a second
def modules(root: Path) -> list[tuple[str, ast.Module]]:
    """The hand-written modules under a directory."""
    found: list[tuple[str, ast.Module]] = []
    for path in sorted(root.rglob("*.py")):
        if not GENERATED.isdisjoint(path.parents) or path.name == "_topic_models.py":
            continue
        name = ".".join(path.relative_to(root).with_suffix("").parts)
        found.append((name.removesuffix(".__init__"), ast.parse(path.read_text(encoding="utf-8"))))
    return found


def assigned(node: ast.stmt) -> tuple[str, ast.expr] | None:
    """The name that a statement binds, and to what."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            return name, value
        case _:
            return None


def classes(tree: ast.Module) -> Iterator[str]:
    """Classes and type aliases; type variables, which are local by nature, are left out."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif (bound := assigned(node)) is not None:
            name, value = bound
            variable = isinstance(value, ast.Call) and ast.unparse(value.func) == "TypeVar"
            if name.strip("_")[:1].isupper() and not name.isupper() and not variable:
                yield name


def functions(tree: ast.Module) -> set[str]:
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_"
    }


def test_a_class_name_is_used_once_in_the_core() -> None:
    homes: dict[str, set[str]] = defaultdict(set)
    for module, tree in modules(CORE):
        for name in classes(tree):
            homes[name].add(module)
    assert {name: where for name, where in homes.items() if len(where) > 1} == SHARED_CLASSES


def test_a_function_of_one_word_is_a_well_known_verb() -> None:
    found = {
        name
        for root in (CORE, ADAPTERS)
        for module, tree in modules(root)
        # Commands are named as they are typed, and strategies, as Hypothesis's, by what they generate.
        if not module.startswith(("cli", "testing.strategies"))
        for name in functions(tree)
        if "_" not in name
    }
    assert not found - VERBS

"""The paths that the documentation imports from are public, and what it imports is there."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PUBLIC = {
    "genesys_cloud",
    "genesys_cloud.aio",
    "genesys_cloud.apis",
    "genesys_cloud.cli",
    "genesys_cloud.config",
    "genesys_cloud.login",
    "genesys_cloud.notifications",
    "genesys_cloud.pkce",
    "genesys_cloud.simulator",
    "genesys_cloud.sync",
    "genesys_cloud.testing",
    "genesys_cloud.token_stores",
    "genesys_cloud.transports",
    "genesys_cloud.trio",
    "genesys_core",
    "genesys_core.api",
    "genesys_core.configuration",
    "genesys_core.errors",
    "genesys_core.hosts",
    "genesys_core.models",
    "genesys_core.notifications",
    "genesys_core.oauth",
    "genesys_core.simulator",
    "genesys_core.transport",
    "genesys_core.websocket",
}
"""Where programs import from. All other modules may move from one release to the next."""

USERS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
"""The pages for users; those in ``docs/recipes`` are for contributors, and show modules inside."""

RECIPES = sorted((ROOT / "docs" / "recipes").glob("*.md"))

FENCE = re.compile(r"^( *)```(?:python|pycon)[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
"""A snippet of Python."""


def imports(page: Path) -> Iterator[tuple[str, str | None]]:
    """The modules that a page's snippets import from, with what they import."""
    for _, snippet in FENCE.findall(page.read_text(encoding="utf-8")):
        for node in ast.walk(ast.parse(textwrap.dedent(snippet))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("genesys_"):
                yield from ((node.module or "", alias.name) for alias in node.names)
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
                yield from ((name, None) for name in names if name.startswith("genesys_"))


def exported(path: str) -> set[str]:
    """What a module exports; the generated packages list it by ``dir`` alone."""
    module = import_module(path)
    generated = path in {"genesys_cloud.apis", "genesys_core.models"}
    return set(dir(module) if generated else module.__all__)


@pytest.mark.parametrize("page", USERS, ids=lambda page: page.name)
def test_a_page_for_users_imports_from_public_paths_what_they_export(page: Path) -> None:
    for module, name in imports(page):
        assert module in PUBLIC, f"{page.name}: from {module} import {name}"
        if name is not None:
            assert name in exported(module), f"{page.name}: {module}.{name}"


@pytest.mark.parametrize("page", RECIPES, ids=lambda page: page.name)
def test_what_a_recipe_imports_is_there(page: Path) -> None:
    for module, name in imports(page):
        found = import_module(module)
        assert name is None or hasattr(found, name), f"{page.name}: {module}.{name}"


def test_the_pages_import_something() -> None:
    """Else this module would hold nothing: 24 public paths, of which the pages show most."""
    shown = {module for page in USERS for module, _ in imports(page)}
    assert len(shown) > len(PUBLIC) // 2


@pytest.mark.parametrize("path", sorted(PUBLIC))
def test_public_paths_import(path: str) -> None:
    assert import_module(path).__doc__
    assert exported(path)

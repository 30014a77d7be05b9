"""The paths that the documentation imports from are public, and what it imports is there."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

import genesys_cloud
from tests.helpers.pages import USER_PAGES, imports_of
from tests.helpers.public_modules import GENERATED, HAND_WRITTEN

ROOT = Path(__file__).resolve().parents[2]

PUBLIC = {*HAND_WRITTEN, *GENERATED}

RECIPES = sorted((ROOT / "docs" / "recipes").glob("*.md"))

UNLISTED = {
    "genesys_cloud": {"Telemetry", "TimeoutError"}
    | {n for n in dir(genesys_cloud) if n.endswith("Api")}
}
"""What a package exports though a star import leaves it out."""


def exported(path: str) -> set[str]:
    """What a module exports; the generated packages list it by ``dir`` alone."""
    module = import_module(path)
    generated = path in {*GENERATED} - {"genesys_core.api"}
    return set(dir(module) if generated else module.__all__) | UNLISTED.get(path, set())


@pytest.mark.parametrize("page", USER_PAGES, ids=lambda page: page.name)
def test_a_page_for_users_imports_from_public_paths_what_they_export(page: Path) -> None:
    for module, name in imports_of(page):
        assert module in PUBLIC, f"{page.name}: from {module} import {name}"
        if name is not None:
            assert name in exported(module), f"{page.name}: {module}.{name}"


@pytest.mark.parametrize("page", RECIPES, ids=lambda page: page.name)
def test_what_a_recipe_imports_is_there(page: Path) -> None:
    for module, name in imports_of(page):
        found = import_module(module)
        assert name is None or hasattr(found, name), f"{page.name}: {module}.{name}"


def test_the_pages_import_something() -> None:
    """Else this module would hold nothing: 29 public paths, of which the pages show most."""
    shown = {module for page in USER_PAGES for module, _ in imports_of(page)}
    assert len(shown) > len(PUBLIC) // 2


@pytest.mark.parametrize("path", sorted(PUBLIC))
def test_public_paths_import(path: str) -> None:
    assert import_module(path).__doc__
    assert exported(path)

"""The paths that the documentation imports from are public, and what it imports is there."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

import genesys_cloud
from tests.helpers.pages import USER_PAGES, imports_of

ROOT = Path(__file__).resolve().parents[2]

PUBLIC = {
    "genesys_cloud",
    "genesys_cloud.aio",
    "genesys_cloud.api",
    "genesys_cloud.apis",
    "genesys_cloud.cli",
    "genesys_cloud.config",
    "genesys_cloud.definition",
    "genesys_cloud.errors",
    "genesys_cloud.export",
    "genesys_cloud.frames",
    "genesys_cloud.login",
    "genesys_cloud.models",
    "genesys_cloud.notifications",
    "genesys_cloud.pkce",
    "genesys_cloud.simulator",
    "genesys_cloud.sync",
    "genesys_cloud.testing",
    "genesys_cloud.testing.lives",
    "genesys_cloud.testing.strategies",
    "genesys_cloud.budgets",
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

RECIPES = sorted((ROOT / "docs" / "recipes").glob("*.md"))

UNLISTED = {
    "genesys_cloud": {"Telemetry", "TimeoutError"}
    | {n for n in dir(genesys_cloud) if n.endswith("Api")}
}
"""What a package exports though a star import leaves it out."""


def exported(path: str) -> set[str]:
    """What a module exports; the generated packages list it by ``dir`` alone."""
    module = import_module(path)
    generated = path in {
        "genesys_cloud.api",
        "genesys_cloud.apis",
        "genesys_cloud.models",
        "genesys_core.models",
    }
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

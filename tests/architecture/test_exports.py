"""What the two packages export: the same names to a program, a type checker and an editor."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import genesys_cloud
import genesys_cloud.apis
import genesys_cloud.config
import genesys_cloud.testing
import genesys_cloud.transports
import genesys_core
import genesys_core.configuration
import genesys_core.notifications
import genesys_core.transport
import genesys_core.websocket

FACES = [
    genesys_cloud,
    genesys_cloud.config,
    genesys_cloud.testing,
    genesys_cloud.transports,
    genesys_core,
    genesys_core.configuration,
    genesys_core.notifications,
    genesys_core.transport,
    genesys_core.websocket,
]
"""The packages whose names are imported on first use."""

UNLISTED = {"genesys_cloud": {"Telemetry", "TimeoutError"}}
"""What a star import leaves out: it may not be installed, or hides a builtin. The APIs as well."""

packages = pytest.mark.parametrize("package", FACES, ids=lambda package: package.__name__)


def typed_half(package: ModuleType) -> dict[str, tuple[str, str]]:
    """What the ``TYPE_CHECKING`` block imports: the module and the name there, by exported name."""
    tree = ast.parse(Path(package.__file__ or "").read_text(encoding="utf-8"))
    (block,) = [
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    found: dict[str, tuple[str, str]] = {}
    for node in block.body:
        if isinstance(node, ast.AnnAssign):
            assert ast.unparse(node) == "__version__: str"
            found["__version__"] = ("genesys_core.version", "VERSION")
            continue
        assert isinstance(node, ast.ImportFrom), ast.unparse(node)
        if node.names[0].name == "*":
            assert node.module == "genesys_cloud.apis"
            apis = (name for name in dir(genesys_cloud.apis) if name.endswith("Api"))
            found |= {name: (node.module, name) for name in apis}
            continue
        for alias in node.names:
            assert alias.asname is not None, f"{alias.name}: without `as` it is not exported"
            assert alias.asname not in found, f"{alias.asname}: twice"
            found[alias.asname] = (node.module or "", alias.name)
    return found


def test_every_lazy_face_is_tested() -> None:
    roots = [Path(package.__file__ or "").parent for package in (genesys_cloud, genesys_core)]
    lazy = {
        path
        for root in roots
        for path in root.rglob("__init__.py")
        if "export_lazily(" in path.read_text(encoding="utf-8")
    }
    assert lazy == {Path(package.__file__ or "") for package in FACES}


def order(name: str) -> tuple[int, str]:
    """Constants, classes, the rest; each by the alphabet."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


@packages
def test_both_halves_export_the_same(package: ModuleType) -> None:
    half = typed_half(package)
    unlisted = {name for name in half if name.endswith("Api")} | UNLISTED.get(
        package.__name__, set()
    )
    assert sorted(half) == sorted({*package.__all__, *unlisted})
    assert unlisted.isdisjoint(package.__all__)
    assert set(half) <= set(dir(package))
    for name, (module, there) in half.items():
        assert getattr(package, name) is getattr(import_module(module), there), name


@packages
def test_exports_are_sorted_and_each_is_there_once(package: ModuleType) -> None:
    assert package.__all__ == sorted(set(package.__all__), key=order)


@packages
def test_all_is_exact(package: ModuleType) -> None:
    """Nothing public is left over, in a fresh interpreter where every export was read."""
    script = (
        "import sys\n"
        f"import {package.__name__} as package\n"
        "for name in package.__all__:\n"
        "    getattr(package, name)\n"
        "modules = {name.rpartition('.')[2] for name in sys.modules}\n"
        "helpers = {'TYPE_CHECKING', 'export_lazily'}\n"
        "found = {name for name in vars(package) if name[0] != '_'}\n"
        "print(*sorted(found - modules - helpers - set(package.__all__)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == []


@packages
def test_names_are_listed_before_they_are_imported(package: ModuleType) -> None:
    script = (
        f"import {package.__name__} as package; print(*set(package.__all__) - set(dir(package)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == []


@packages
def test_a_name_that_is_not_exported_is_an_error_that_helps(package: ModuleType) -> None:
    with pytest.raises(AttributeError, match=f"{package.__name__}.*Clinet") as caught:
        package.Clinet  # noqa: B018 - reading is the test
    assert not hasattr(package, "__path_of_nothing__")
    assert "Clinet" in str(caught.value)


def test_functions_are_not_hidden_by_modules_of_their_name() -> None:
    """``genesys_core.decode`` is the function, whatever was imported before."""
    script = (
        "import genesys_core.codec.decoding, genesys_core.codec.encoding, genesys_core.calls.lifecycle\n"
        "import genesys_core\n"
        "for name in genesys_core.__all__:\n"
        "    value = getattr(genesys_core, name)\n"
        "    assert type(value).__name__ != 'module', name\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)

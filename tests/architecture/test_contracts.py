"""A module that is in no layer fails the contracts, and so does an import from a higher layer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter", reason="the contracts are checked with --group lint")
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
LINT = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command(sys.argv[1:])"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of both packages, to plant modules in."""
    folder = tmp_path_factory.mktemp("planted")
    ignored = shutil.ignore_patterns("__pycache__", "*.pyi", "*.xz")
    for package in ("sansio_core/genesys_core", "adapters/genesys_cloud"):
        shutil.copytree(ROOT / package, folder / Path(package).name, ignore=ignored)
    return folder


def broken_contracts(folder: Path) -> str:
    """What lint-imports says of a copy; nothing where all contracts are kept."""
    command = [sys.executable, "-c", LINT, "--no-cache", "--config", str(ROOT / "pyproject.toml")]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout if done.returncode else ""


def test_the_contracts_are_kept(copy: Path) -> None:
    assert broken_contracts(copy) == ""


@pytest.mark.parametrize(
    ("path", "text", "contract"),
    [
        ("genesys_core/nowhere.py", "", "Layers of the core"),
        ("genesys_core/newpackage/__init__.py", "", "Layers of the core"),
        ("genesys_cloud/nowhere.py", "", "Layers of the adapters"),
        ("genesys_core/simulator/nowhere.py", "", "Layers of the simulator"),
        ("genesys_core/http/up.py", "import genesys_core.calls.call", "Layers of the core"),
        ("genesys_core/http/clock.py", "import time", "The core performs no I/O"),
        (
            "genesys_core/http/down.py",
            "import genesys_cloud.system_clock",
            "The core does not import",
        ),
        (
            "genesys_core/websocket/up.py",
            "import genesys_core.oauth.grants",
            "WebSocket is independent",
        ),
        ("genesys_cloud/client/other.py", "import httpx", "Only transports import httpx"),
    ],
)
def test_a_planted_module_breaks_its_contract(
    copy: Path, path: str, text: str, contract: str
) -> None:
    planted = copy / path
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(f"{text}\n", encoding="utf-8")
    try:
        said = broken_contracts(copy)
    finally:
        planted.unlink()
        if not any(planted.parent.iterdir()):
            planted.parent.rmdir()
    broken = [line for line in said.splitlines() if " BROKEN" in line]
    assert [line for line in broken if line.startswith(contract)], said

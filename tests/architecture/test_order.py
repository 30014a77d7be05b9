"""The tests stand in packages like the code, and share what they share in the open."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.own_coverage import WITHOUT_TESTS, core_modules, own_tests

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "tests").rglob("*.py"), *(ROOT / "fuzz").rglob("*.py")])


IMPORT = re.compile(r"(?:tests|fuzz)[\w.]*(?:\.| import .*|\s+import \([^)]*)\btest_")


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, and every name that it imports from one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_nothing_imports_from_a_test_module() -> None:
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in SOURCES
        if IMPORT.search(path.read_text(encoding="utf-8"))  # parsing all takes seconds
        for name in imported(path)
        if name.startswith(("tests.", "fuzz."))
        if any(part.startswith("test_") for part in name.split(".")[:-1])
    ]
    assert not found, "move what is shared to tests/helpers or tests/strategies"


@pytest.mark.parametrize("module", core_modules(), ids=lambda path: path.as_posix())
def test_each_core_module_has_its_test_module(module: Path) -> None:
    name = module.as_posix()
    has_tests = bool(own_tests(module))
    if name in WITHOUT_TESTS:
        assert not has_tests, f"{name} has tests: take it off the list"
    else:
        assert has_tests, f"{module} has no test module: tests/core/<package>/test_<module>.py"


def test_the_list_of_exceptions_is_current() -> None:
    names = {module.as_posix() for module in core_modules()}
    assert names >= WITHOUT_TESTS.keys()

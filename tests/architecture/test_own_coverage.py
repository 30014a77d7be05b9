"""Each core module is covered to 100 %, branches included, by its own tests."""

import subprocess
import sys

import pytest

from tests.architecture import own_coverage

BELOW: dict[str, str] = {}
"""Core modules whose own tests do not reach everything, and why."""


@pytest.mark.slow
def test_each_core_module_is_covered_by_its_own_tests():
    command = [sys.executable, own_coverage.__file__, *(f"--except={name}" for name in BELOW)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)


@pytest.mark.slow
def test_what_is_not_covered_is_found(tmp_path, monkeypatch):
    """The measurement itself: a line and a branch that no test reaches are named."""
    core, tests = tmp_path / "core", tmp_path / "tests"
    core.mkdir()
    tests.mkdir()
    (core / "sums.py").write_text(
        "def half(number):\n"
        "    if number % 2:\n"
        "        return None\n"
        "    for _ in range(number):\n"
        "        break\n"
        "    return number // 2\n"
    )
    (tests / "test_sums.py").write_text(
        f"import sys\nsys.path.insert(0, {str(core)!r})\nimport sums\n\n"
        "def test_half():\n    assert sums.half(4) == 2\n"
    )
    script = (
        "from pathlib import Path\n"
        "from tests.architecture import own_coverage as own\n"
        f"own.CORE, own.TESTS = Path({str(core)!r}), Path({str(tests)!r})\n"
        "(result,) = own.measure_all([Path('sums.py')], 1)\n"
        "print(result.missing, result.passed)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=own_coverage.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n")[0] == "3, 2->3, 4->6 True"

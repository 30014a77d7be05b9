"""Measures how much of each core module its own test module covers, branch by branch.

``python tests/architecture/own_coverage.py [ROOM_OR_MODULE ...]`` prints what is missing;
without arguments it measures every module but those named by ``--except=MODULE``.

A module's own tests are the quick tests of ``tests/core/<package>/test_<module>.py`` and of
``test_<module>_<aspect>.py`` beside it, run alone in a process of their own: what a neighbour's tests
happen to execute does not count. Modules that hold types or constants alone need none. Hypothesis is
derandomized and gives few examples, so a result repeats and hangs on no lucky one.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import sys
import tempfile
import time
import tomllib
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORE = ROOT / "sansio_core" / "genesys_core"
TESTS = ROOT / "tests" / "core"
GENERATED = ("api", "models", "notifications/_topic_models.py")


@dataclass(frozen=True)
class Result:
    """What the module's own tests leave out: lines, and branches as ``from->to``."""

    module: str
    percent: float
    missing: str
    passed: bool
    seconds: float
    output: str = ""

    @property
    def is_complete(self) -> bool:
        return self.passed and not self.missing


WITHOUT_TESTS = {
    "calls/job_family.py": "types alone",
    "calls/listing.py": "types alone",
    "simulator/wire/steps.py": "types alone",
    "simulator/state/jobs.py": "types alone",
    "version.py": "two constants",
    "websocket/events.py": "types alone",
}
"""Core modules that need no tests of their own, and why."""


AHEAD_OF_THE_FORKS = (
    *(
        "asyncio",
        "coverage",
        "email.message",
        "hypothesis",
        "hypothesis.internal.conjecture.engine",
    ),
    *("hypothesis.stateful", "hypothesis.strategies", "msgspec", "pytest", "ssl"),
)
"""What most modules' tests import, beside the core: it is loaded once."""


def core_modules() -> list[Path]:
    """Every hand-written module of the core, relative to it, without the ``__init__`` of packages."""
    found = (path.relative_to(CORE) for path in sorted(CORE.rglob("*.py")))
    return [
        path
        for path in found
        if path.name != "__init__.py" and not path.as_posix().startswith(GENERATED)
    ]


def own_tests(module: Path) -> list[Path]:
    """The test modules of a core module: ``test_<module>.py``, then ``test_<module>_<aspect>.py``."""
    folder, name = TESTS / module.parent, module.stem.lstrip("_")
    others = {f"test_{other.stem}.py" for other in (CORE / module.parent).glob("*.py")}
    more = [path for path in sorted(folder.glob(f"test_{name}_*.py")) if path.name not in others]
    return [path for path in (folder / f"test_{name}.py", *more) if path.exists()]


def measure(module: Path) -> Result:
    """Run the module's own tests in this process, which must not have imported the core yet."""
    import coverage
    import pytest

    tests = own_tests(module)
    if not tests:
        return Result(module.as_posix(), 0.0, "has no test module", passed=False, seconds=0.0)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    measured = coverage.Coverage(
        branch=True, include=[str(CORE / module)], data_file=None, config_file=False
    )
    report = project["tool"]["coverage"]["report"]
    for option, more in (("exclude_lines", "exclude_also"), ("partial_branches", "partial_also")):
        name = f"report:{option}"  # what the config file says beside the defaults
        measured.set_option(name, [*measured.get_option(name), *report[more]])
    began = time.perf_counter()
    measured.start()
    code = pytest.main(["-q", "-m", "not slow", "-p", "no:cacheprovider", *map(str, tests)])
    measured.stop()
    seconds = time.perf_counter() - began
    with contextlib.redirect_stdout(None):
        percent = measured.report(file=open(os.devnull, "w"))  # noqa: PTH123, SIM115
    with tempfile.NamedTemporaryFile(suffix=".json") as written:
        measured.json_report(outfile=written.name)
        (facts,) = json.loads(Path(written.name).read_text())["files"].values()
    lines = [str(line) for line in facts["missing_lines"]]
    branches = [f"{a}->{b if b > 0 else 'exit'}" for a, b in facts["missing_branches"]]
    return Result(
        module.as_posix(), percent, ", ".join(lines + branches), code == 0, round(seconds, 2)
    )


def prepare_forks() -> None:
    """Load what is the same for all modules; few examples, and no plugins, in the forks' pytest."""
    for name in AHEAD_OF_THE_FORKS:
        importlib.import_module(name)
    gc.freeze()
    os.environ["HYPOTHESIS_PROFILE"] = "few-examples"
    # The core's tests use no plugin, and loading them takes as long as many a module's tests.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"


def measure_all(modules: list[Path], processes: int) -> list[Result]:
    """Measure each module in a process of its own; a fork costs less than a new interpreter."""
    prepare_forks()
    todo = sorted(modules, key=lambda path: -sum(test.stat().st_size for test in own_tests(path)))
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder:
        running: dict[int, Path] = {}
        while todo or running:
            while todo and len(running) < processes:
                module = todo.pop(0)
                running[_fork(module, _place(folder, module))] = module
            pid, status = os.wait()
            module = running.pop(pid)
            place = _place(folder, module)
            output = place.with_suffix(".txt").read_text(errors="replace")
            if status:
                results.append(Result(module.as_posix(), 0.0, "crashed", False, 0.0, output))
                continue
            facts = json.loads(place.read_text())
            results.append(Result(**facts | {"output": "" if facts["passed"] else output}))
    return sorted(results, key=lambda result: (result.percent, result.module))


def _place(folder: str, module: Path) -> Path:
    return Path(folder) / (module.as_posix().replace("/", ".") + ".json")


def _fork(module: Path, place: Path) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        output = os.open(place.with_suffix(".txt"), os.O_WRONLY | os.O_CREAT)
        os.dup2(output, 1)
        os.dup2(output, 2)
        place.write_text(json.dumps(asdict(measure(module))))
        status = 0
    except BaseException:  # noqa: BLE001 - told by the parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def main(arguments: list[str]) -> int:
    """Measure the named modules and packages, or all; print what is below 100 %, lowest first."""
    if unknown := [name for name in arguments if name.startswith("-") and "=" not in name]:
        print(__doc__)
        return unknown != ["--help"]
    left_out = {name.removeprefix("--except=") for name in arguments if name.startswith("--")}
    named = tuple(name for name in arguments if not name.startswith("--"))
    chosen = [
        module
        for module in core_modules()
        if module.as_posix() not in {*left_out, *WITHOUT_TESTS}
        and module.as_posix().startswith(named or "")
    ]
    if not chosen:
        print(
            f"{', '.join(named)}: is neither a package nor a module, such as paging or codec/merge.py"
        )
        return 1
    began = time.perf_counter()
    results = measure_all(chosen, processes=os.cpu_count() or 1)
    for result in results:
        if not result.is_complete:
            print(f"{result.percent:6.1f} %  {result.module}: {result.missing}")
            print(result.output, end="")
    complete = sum(result.is_complete for result in results)
    slowest = max(results, key=lambda result: result.seconds)
    print(
        f"{complete} of {len(results)} core modules are covered to 100 % by their own tests"
        f" ({time.perf_counter() - began:.0f} s; longest: {slowest.module}, {slowest.seconds} s)"
    )
    return complete < len(results)


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "sansio_core"), str(ROOT / "adapters")]
    sys.exit(main(sys.argv[1:]))

"""Changes core modules one place at a time, and runs their own tests: do they notice?

``python -m tests.mutation.run [MODULE ...]`` takes paths below ``genesys_core``, such as
``session/vault.py``; without arguments, all of :data:`MODULES`. ``--sample=N`` takes N mutants of
each module, spread over it, ``--jobs=N`` runs that many at a time. It prints the mutants that all tests
survive and ends with 1 if one of them is not explained in ``tests/mutation/explained.toml``.

Why no tool of others: mutmut numbers its mutants, so an explanation is lost when a line moves, and
changes functions alone; cosmic-ray starts an interpreter for each mutant. Here a mutant is told by its
line's text, and costs a fork and the module's own tests, as measured for coverage
(``tests/architecture/own_coverage.py``).
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.own_coverage import CORE, own_tests, prepare_forks
from tests.mutation.mutants import Mutant, mutants_of

EXPLAINED = Path(__file__).with_name("explained.toml")

MODULES = (
    "calls/lifecycle.py",
    "calls/rate_limit.py",
    "http/headers.py",
    "http/redaction.py",
    "http/response_reader.py",
    "http/urls.py",
    "notifications/channel/channel.py",
    "notifications/channel/transition.py",
    "session/pacing.py",
    "session/retry.py",
    "session/vault.py",
    "transport/pool.py",
    "websocket/frames.py",
)
"""What is mutated: where a wrong decision loses data, repeats a call or shows a secret."""


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a changed tree."""

    def __init__(self, module: str, path: Path, tree: ast.Module) -> None:
        self._module, self._path, self._tree = module, path, tree

    def find_spec(self, name: str, path: object, target: object = None) -> object:
        if name != self._module:
            return None
        return importlib.util.spec_from_file_location(name, self._path, loader=self)

    def create_module(self, spec: object) -> None:
        return None

    def exec_module(self, module: object) -> None:
        exec(compile(self._tree, str(self._path), "exec"), module.__dict__)


def _run(module: Path, tree: ast.Module | None, seconds: float) -> str:
    """Run a module's own tests in a fork: ``survived``, ``killed``, or ``timeout``."""
    pid = os.fork()
    if pid == 0:
        status = 3
        try:
            signal.alarm(max(1, int(seconds + 0.999)))
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            if tree is not None:
                name = "genesys_core." + ".".join(module.with_suffix("").parts)
                sys.meta_path.insert(0, _Mutated(name, CORE / module, tree))
            import pytest

            arguments = ["-q", "-x", "-m", "not slow", "-p", "no:cacheprovider"]
            status = int(pytest.main([*arguments, *map(str, own_tests(module))]))
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return "timeout" if os.WTERMSIG(status) == signal.SIGALRM else "killed"
    return "survived" if os.WEXITSTATUS(status) == 0 else "killed"


@dataclass(frozen=True)
class Report:
    """What came of a module's mutants."""

    module: str
    tried: int
    all: int
    survivors: list[Mutant]
    seconds: float


def spread(mutants: list[Mutant], count: int | None) -> list[Mutant]:
    """So many mutants, spread evenly over the module."""
    if count is None or count >= len(mutants):
        return mutants
    return [mutants[index * len(mutants) // count] for index in range(count)]


def run_module(module: str, sample: int | None, jobs: int) -> Report:
    """Try the mutants of a module."""
    from concurrent.futures import ThreadPoolExecutor

    path, began = Path(module), time.monotonic()
    everything = mutants_of((CORE / path).read_text(encoding="utf-8"))
    if _run(path, None, 300) != "survived":
        raise SystemExit(f"{module}: its own tests fail without any change")
    limit = 10 + 5 * (time.monotonic() - began)
    chosen = spread(everything, sample)
    with ThreadPoolExecutor(jobs) as pool:
        ends = list(pool.map(lambda mutant: _run(path, mutant.tree, limit), chosen))
    survivors = [mutant for mutant, end in zip(chosen, ends, strict=True) if end == "survived"]
    return Report(module, len(chosen), len(everything), survivors, time.monotonic() - began)


def explained() -> dict[tuple[str, str, str], str]:
    """By module, line and change, why a survivor is right."""
    entries = tomllib.loads(EXPLAINED.read_text(encoding="utf-8")).get("survivor", [])
    return {(one["module"], one["line"], one["change"]): one["reason"] for one in entries}


def unexplained(report: Report) -> Iterator[Mutant]:
    """The survivors of which the file says nothing."""
    known = explained()
    return (one for one in report.survivors if (report.module, *one.key) not in known)


def main(arguments: Sequence[str]) -> int:
    """Run, print, and tell whether a survivor is unexplained."""
    options = dict(one[2:].split("=") for one in arguments if one.startswith("--"))
    modules = [one for one in arguments if not one.startswith("--")] or list(MODULES)
    sample = int(options["sample"]) if "sample" in options else None
    jobs = int(options.get("jobs", "1"))
    prepare_forks()
    failed = False
    for module in modules:
        report = run_module(module, sample, jobs)
        new = list(unexplained(report))
        failed |= bool(new)
        print(
            f"{module}: {report.tried} of {report.all} mutants, {report.tried - len(report.survivors)}"
            f" killed, {len(report.survivors) - len(new)} explained, {len(new)} unexplained"
            f" ({report.seconds:.0f} s)",
            flush=True,
        )
        for one in new:
            print(f"  {module}:{one.line}: {one.text}\n      {one.change}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

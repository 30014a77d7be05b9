"""Tries the mutants of a module in forks of one process that has already collected its tests.

A mutant whose functions alone differ is put into the functions that are already loaded, and only the
tests that run its lines are run, the quickest first: a mutant costs a fork and a few tests, often
30 ms. Whatever survives that, and whatever changes a class or the module, is left to ``run.py``, which
imports the mutant and runs all its tests.
"""

from __future__ import annotations

import gc
import inspect
import os
import resource
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType, FunctionType

import coverage
import pytest

from tests.mutation.mutants import Mutant

GIBIBYTE = 1 << 30


def limit_this_process(seconds: float) -> None:
    """End this process where it takes so much processor time, stands still, or fills the memory."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.alarm(int(120 + 10 * seconds))
    resource.setrlimit(resource.RLIMIT_AS, (4 * GIBIBYTE, 4 * GIBIBYTE))


class MutantsInPlace:
    """A plugin of pytest that, instead of running the tests once, tries all mutants with them.

    Args:
        path: the module's file.
        mutants: to be tried.
        jobs: how many at a time.

    Attributes:
        failed: whether a test fails without a change.
        left: the numbers of the mutants that survived or need an import.
        seconds: how long the tests take without a change.
    """

    def __init__(self, path: Path, mutants: Sequence[Mutant], jobs: int) -> None:
        self._path, self._mutants, self._jobs = str(path), mutants, jobs
        self.failed, self.seconds = False, 0.0
        self.left: list[int] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run every test once, measured; then those that matter for each mutant."""
        tests, took = self._measure(session)
        self.failed, self.seconds = bool(session.testsfailed), sum(took.values())
        if self.failed:
            return True
        gc.unfreeze()  # where the functions are
        functions = [
            one
            for one in gc.get_objects()
            if isinstance(one, FunctionType) and one.__code__.co_filename == self._path
        ]
        gc.freeze()
        original = compile(Path(self._path).read_text(encoding="utf-8"), self._path, "exec")
        running: dict[int, int] = {}
        for number, mutant in enumerate(self._mutants):
            covering = {test for line in mutant.lines for test in tests.get(line, ())}
            if not covering or not only_functions_differ(original, mutant.code):
                self.left.append(number)
                continue
            chosen = sorted(covering, key=lambda test: took[test])
            limit = 5 + 5 * sum(took[test] for test in chosen)
            running[_fork(session, functions, mutant.code, chosen, limit)] = number
            if len(running) == self._jobs:
                self._wait(running)
        while running:
            self._wait(running)
        return True

    def _measure(
        self, session: pytest.Session
    ) -> tuple[dict[int, list[pytest.Item]], dict[pytest.Item, float]]:
        """Which tests run a line, and how long each takes."""
        measured = coverage.Coverage(include=[self._path], data_file=None, config_file=False)
        took: dict[pytest.Item, float] = {}
        measured.start()
        for number, item in enumerate(session.items):
            measured.switch_context(str(number))
            began = time.process_time()
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            took[item] = time.process_time() - began
        measured.stop()
        lines = measured.get_data().contexts_by_lineno(self._path)
        tests = {
            line: [session.items[int(number)] for number in numbers if number]
            for line, numbers in lines.items()
        }
        return tests, took

    def _wait(self, running: dict[int, int]) -> None:
        pid, status = os.wait()
        number = running.pop(pid)
        if status == 0:
            self.left.append(number)


def _fork(
    session: pytest.Session,
    functions: list[FunctionType],
    code: CodeType,
    tests: Sequence[pytest.Item],
    limit: float,
) -> int:
    """Start a process that ends with 0 where the mutant survives these tests or cannot be tried."""
    pid = os.fork()
    if pid:
        return pid
    limit_this_process(limit)
    status = 0
    try:
        if put_in_place(functions, code):
            for test in tests:
                session.config.hook.pytest_runtest_protocol(item=test, nextitem=None)
                if session.testsfailed:
                    status = 1
                    break
    finally:
        os._exit(status)


def put_in_place(functions: list[FunctionType], code: CodeType) -> bool:
    """Give each function of a loaded module its code in a changed one; false where one does not fit."""
    new = dict(_named(code))
    for function in functions:
        name = function.__code__.co_qualname, function.__code__.co_firstlineno
        found = new.get((*name, 0))
        if found is None or found == function.__code__:
            continue
        several_on_its_line = (*name, 1) in new
        if several_on_its_line or found.co_freevars != function.__code__.co_freevars:
            return False
        function.__code__ = found
    return True


def only_functions_differ(old: CodeType, new: CodeType) -> bool:
    """Whether the bodies of the module and of its classes are the same."""
    before, after = dict(_named(old)), dict(_named(new))
    bodies = [key for key, code in before.items() if not code.co_flags & inspect.CO_OPTIMIZED]
    return all(key in after and _alone(before[key]) == _alone(after[key]) for key in bodies)


def _named(code: CodeType) -> Iterator[tuple[tuple[str, int, int], CodeType]]:
    """Every code object in a module's, by name, line, and number where these are the same."""
    counted: Counter[tuple[str, int]] = Counter()
    todo = [code]
    while todo:
        one = todo.pop(0)
        name = one.co_qualname, one.co_firstlineno
        yield (*name, counted[name]), one
        counted[name] += 1
        todo += [inner for inner in one.co_consts if isinstance(inner, CodeType)]


def _alone(code: CodeType) -> CodeType:
    """A code object without those in it."""
    constants = (None if isinstance(one, CodeType) else one for one in code.co_consts)
    return code.replace(co_consts=tuple(constants))

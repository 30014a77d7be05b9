"""Hypothesis profiles, and what holds for the whole process that runs the tests.

Timing never decides a test, and CI runs the same examples each time.
"""

import functools
import gc
import itertools
import os
import signal
import sys
import threading

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import Phase, settings
from hypothesis.internal.conjecture import providers

settings.register_profile("at-home", deadline=None)
settings.register_profile("in-ci", deadline=None, derandomize=True, print_blob=True)
for name in ("at-home", "in-ci"):
    # A tenth of Hypothesis' 100; CI runs every property with all of them beside the slow tests.
    settings.register_profile(f"{name}-quick", settings.get_profile(name), max_examples=10)
# Enough to run through a property, for measuring coverage: it must not hang on a lucky example.
settings.register_profile("few-examples", settings.get_profile("in-ci"), max_examples=10)
# A mutant has to fail, not to be understood.
settings.register_profile(
    "no-shrinking",
    settings.get_profile("few-examples"),
    phases=(Phase.explicit, Phase.generate),
)


_run = itertools.count(1)  # how many tests


def pytest_configure(config: pytest.Config) -> None:
    """Choose how many examples a property gets, and what processes that tests start inherit.

    Bytecode is written, whatever the environment says: without it every worker rewrites all tests
    once more, and every process compiles all sources, which takes a fifth of the quick suite.

    A job that a shell starts in the background ignores SIGINT, and so would all its children.
    """
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    profile = "in-ci" if os.environ.get("CI") else "at-home"
    if config.option.markexpr == "not slow":
        profile += "-quick"
        # Hypothesis draws constants of the loaded modules, too. Tests load modules all the time, and
        # each time it sorts out anew which constants fit, for a few of ten examples.
        providers._get_local_constants = lambda: providers._local_constants
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or profile)
    is_main = threading.current_thread() is threading.main_thread()
    if is_main and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection() -> None:
    """Nothing that collecting makes is garbage worth looking for, which takes a third of its time."""
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is loaded by now stays: no later garbage collection looks through it again.

    So do the conftest files, and which of them a directory has: each test asks a dozen times.

    Tests load and keep a lot more, and make little garbage that needs a collection: with the
    interpreter's thresholds, a tenth of their time is spent on finding none.
    """
    session.gethookproxy = functools.cache(session.gethookproxy)  # type: ignore[method-assign]
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    gc.enable()


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A worker reports a test that passes once, not five times, which takes a twentieth of the time.

    What a thousand tests have loaded stays, as what was collected does.
    """
    if not hasattr(item.config, "workerinput"):
        return None
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    duration = sum(report.duration for report in reports)
    for report in reports:
        if report.when == "call" or not report.passed:
            report.duration = duration
            if report.passed:
                report.keywords = {}  # a third of a report, which nothing reads
            item.ihook.pytest_runtest_logreport(report=report)
    if next(_run) % 1000 == 0:
        gc.collect()
        gc.freeze()
    return True


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Collect what a test may leave behind while its warnings are ignored, not in a later test."""
    marks = item.iter_markers("filterwarnings")
    if any("ResourceWarning" in text for mark in marks for text in mark.args):
        gc.collect(1)  # the young generations, which are small

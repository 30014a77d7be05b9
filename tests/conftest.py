"""Hypothesis profiles: timing never decides a test, and CI runs the same examples each time."""

import gc
import os

from hypothesis import settings

settings.register_profile("at-home", deadline=None)
settings.register_profile("in-ci", deadline=None, derandomize=True, print_blob=True)
# Enough to run through a property, for measuring coverage: it must not hang on a lucky example.
settings.register_profile("few-examples", settings.get_profile("in-ci"), max_examples=10)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("in-ci" if os.environ.get("CI") else "at-home")
)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: no later garbage collection looks through it again."""
    gc.collect()
    gc.freeze()

"""Hypothesis profiles: timing never decides a test, and CI runs the same examples each time."""

import os

from hypothesis import settings

settings.register_profile("at-home", deadline=None)
settings.register_profile("in-ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("in-ci" if os.environ.get("CI") else "at-home")

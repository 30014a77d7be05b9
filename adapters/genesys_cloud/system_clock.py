"""Reading of the system's clocks."""

import time

from genesys_core.clock import Now

__all__ = ["read_clocks"]


def read_clocks() -> Now:
    """Read the monotonic and the wall clock."""
    # Not Now(...), whose constructor is Python code: a call reads the clocks nine times.
    return tuple.__new__(Now, (time.monotonic(), time.time()))

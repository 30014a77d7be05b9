"""Both clocks, read where reading clocks is allowed."""

import time

from genesys_core.clock import Now

__all__ = ["read_clocks"]


def read_clocks() -> Now:
    """One reading of the monotonic and the wall clock."""
    return Now(time.monotonic(), time.time())

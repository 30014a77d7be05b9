"""Reads the system's clocks."""

import time
from collections.abc import Callable
from typing import Final, cast

from genesys_core.clock import Now

__all__ = ["read_clocks"]


def read_clocks() -> Now:
    """Return the current times of the monotonic and the wall clock."""
    # Faster than the constructor of Now, which is Python code. A single API call reads the clocks
    # nine times.
    return _make(Now, (time.monotonic(), time.time()))


_make: Final = cast(Callable[[type[Now], tuple[float, float]], Now], tuple.__new__)  # pyright: ignore[reportUnknownMemberType] - of a generic class

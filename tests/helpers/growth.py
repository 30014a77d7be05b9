"""How the work of a program grows with its input, counted rather than timed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType


def count_calls(program: Callable[[], object]) -> int:
    """Return how many functions, of Python and of C, a program calls in this thread."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        program()
    finally:
        sys.setprofile(before)
    return calls


def growth(program: Callable[[int], Callable[[], object]], size: int) -> float:
    """Return how many times the calls of a small input a four times larger one takes.

    Args:
        program: prepares an input of a size, and returns the program to count.
        size: that of the small input.
    """
    return count_calls(program(4 * size)) / count_calls(program(size))

"""Raise in the middle of things: once before each instruction of some modules."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from types import FrameType
from typing import Any


class Interrupt(BaseException):
    """What a signal handler raises."""


def interrupt_at(
    position: int, work: Callable[[], object], files: tuple[str, ...]
) -> tuple[bool, object]:
    """Do work, and raise before its so-many-th instruction in functions of these files.

    Returns:
        Whether it came that far, and what the work returned if it was not stopped.
    """
    left = position

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.endswith(files):
            return None
        frame.f_trace_lines = False
        frame.f_trace_opcodes = True
        if event == "opcode":
            left -= 1
            if left < 0:
                sys.settrace(None)
                raise Interrupt
        return trace

    def apart() -> Generator[object, None, None]:
        # An interrupt in the middle of entering or leaving an `except` block leaves its exception in
        # hand, for everything that follows. What a generator has in hand ends with the generator.
        yield work()

    before = sys.gettrace()
    try:
        sys.settrace(trace)
        result = next(apart())
        sys.settrace(before)
    except Interrupt:
        return True, None
    finally:
        sys.settrace(before)
    # In a finalizer it is swallowed.
    return left < 0, result


def each_interrupt(
    work: Callable[[], Callable[[], object]], *files: str, step: int = 1, limit: int = 100_000
) -> Iterator[int]:
    """Run fresh work again and again, each time interrupted an instruction (or ``step``) later.

    Yields after each interrupt; ends with the first run that got through.

    Args:
        work: prepares a run; what it returns is what is interrupted.
        files: ends of the names of files whose instructions count.
        step: instructions between two interrupts.
        limit: instructions at most.
    """
    for position in range(0, limit, step):
        interrupted, _ = interrupt_at(position, work(), files)
        if not interrupted:
            return
        yield position
    raise AssertionError(f"more than {limit} instructions")

"""Raise in the middle of things: once before each instruction of some modules."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Generator, Iterator
from types import CodeType, FrameType
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

    if sys.version_info >= (3, 12):  # where tracing no longer sees every instruction
        return _monitored(position, apart, files)
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


def _monitored(
    position: int, apart: Callable[[], Iterator[object]], files: tuple[str, ...]
) -> tuple[bool, object]:
    """The same by ``sys.monitoring``, for which instructions count in this thread alone."""
    left, here = position, threading.get_ident()
    monitoring = sys.monitoring
    tool, events = monitoring.DEBUGGER_ID, monitoring.events

    def instruction(code: CodeType, offset: int) -> object:
        nonlocal left
        if not code.co_filename.endswith(files):
            return monitoring.DISABLE
        if threading.get_ident() == here:
            left -= 1
            if left < 0:
                monitoring.set_events(tool, events.NO_EVENTS)
                raise Interrupt
        return None

    monitoring.use_tool_id(tool, "interrupts")
    monitoring.register_callback(tool, events.INSTRUCTION, instruction)
    monitoring.restart_events()
    try:
        monitoring.set_events(tool, events.INSTRUCTION)
        result = next(apart())
    except Interrupt:
        return True, None
    finally:
        monitoring.set_events(tool, events.NO_EVENTS)
        monitoring.register_callback(tool, events.INSTRUCTION, None)
        monitoring.free_tool_id(tool)
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

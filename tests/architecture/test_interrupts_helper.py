"""The helper that interrupts anywhere leaves nothing behind for the tests that follow."""

import sys

from tests.helpers.interrupts import interrupt_at


def work() -> int:
    try:
        return int("no number")
    except ValueError as error:
        return len(error.args)


def test_an_exception_that_was_being_handled_does_not_stay_in_hand() -> None:
    interrupted = True
    position = 0
    while interrupted:
        interrupted, _ = interrupt_at(position, work, (__file__,))
        assert sys.exc_info() == (None, None, None), position
        position += 1
    assert position > 5

"""The id of the current process, cached to avoid system calls."""

import os
from typing import Final

__all__ = ["PROCESS", "process_id"]


class _Process:
    """This process.

    Attributes:
        id: the id of the process, read again in a child after a fork.
    """

    __slots__ = ("id",)

    def __init__(self) -> None:
        self.read_again()

    def read_again(self) -> None:
        """Read the process id again; called in a child after a fork."""
        self.id = os.getpid()


PROCESS: Final = _Process()


def process_id() -> int:
    """Return the id of the current process, even in a child after a fork."""
    return PROCESS.id


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=PROCESS.read_again)

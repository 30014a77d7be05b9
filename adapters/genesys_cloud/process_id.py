"""The process id, without a system call each time."""

import os

__all__ = ["process_id"]

_id = os.getpid()


def process_id() -> int:
    """Return the process id; it differs in a child after a fork."""
    return _id


def _read_again() -> None:
    global _id  # noqa: PLW0603 - a process has one
    _id = os.getpid()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_read_again)

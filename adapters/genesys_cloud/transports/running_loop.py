"""Detects whether asyncio or trio is running, and whether an event loop has ended."""

import asyncio
import sys
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from trio.lowlevel import TrioToken

__all__ = ["has_ended", "in_trio", "running_loop"]


def in_trio() -> bool:
    """Return whether trio is running in this thread; trio need not be installed."""
    # If trio is running, it has already been imported, so do not spend time importing it here.
    trio = sys.modules.get("trio")
    if trio is None:
        return False
    if hasattr(trio.lowlevel, "in_trio_run"):
        return bool(trio.lowlevel.in_trio_run())
    try:  # versions before trio 0.29, which may be installed even if only asyncio is used
        trio.lowlevel.current_trio_token()
    except RuntimeError:
        return False
    return True


def running_loop() -> object:
    """Return the running event loop: asyncio's loop object, or a ``TrioToken``."""
    if in_trio():
        import trio  # noqa: PLC0415 - it runs

        return trio.lowlevel.current_trio_token()
    return asyncio.get_running_loop()


def has_ended(loop: object) -> bool:
    """Return whether an event loop has ended: asyncio's loop is closed, or trio's run has ended."""
    if isinstance(loop, asyncio.AbstractEventLoop):
        return loop.is_closed()
    # A trio token has no public attribute for this, but rejects callbacks once its run has ended.
    # The exception is a `RunFinishedError`, which cannot be imported at interpreter shutdown.
    try:
        cast("TrioToken", loop).run_sync_soon(_nothing, idempotent=True)
    except RuntimeError:
        return True
    return False


def _nothing() -> None:
    """Do nothing; :func:`has_ended` schedules this function to test an event loop."""

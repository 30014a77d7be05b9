"""The token lock, shared by the threads and event loops of a process.

Invariants: at most one owner at a time. The lock counts as free if its owner was
garbage-collected, for example because an exception prevented the release, or if the owner is in the
parent of a forked process.
"""

from typing import Final
from weakref import ref

from genesys_cloud.client.event_loop import LockOwner
from genesys_cloud.process_id import process_id
from genesys_cloud.step_lock import StepLock

__all__ = ["POLL_INTERVAL", "TokenLock"]

POLL_INTERVAL: Final = 0.05
"""Seconds between an event loop's attempts to acquire a token lock that another loop holds."""


class TokenLock:
    """The lock for a client's token requests; acquiring it succeeds or fails at once."""

    def __init__(self) -> None:
        self._steps = StepLock()
        self._owner: ref[LockOwner] | None = None
        self._process = process_id()

    def acquire(self, owner: LockOwner) -> bool:
        """Acquire the lock unless another owner holds it; return whether ``owner`` now holds it."""
        return self._steps.run(self._acquire, owner)

    def release(self, owner: LockOwner) -> bool:
        """Release the lock if ``owner`` holds it; return whether the lock was released."""
        return self._steps.run(self._release, owner)

    def _acquire(self, owner: LockOwner) -> bool:
        # A weak reference, because an owner that is interrupted may never release the lock.
        current = None if self._owner is None else self._owner()
        if current is not None and current is not owner and self._process == process_id():
            return False
        self._owner, self._process = ref(owner), process_id()
        return True

    def _release(self, owner: LockOwner) -> bool:
        held = self._owner is not None and self._owner() is owner
        if held:
            self._owner = None
        return held

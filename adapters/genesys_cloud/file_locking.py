"""The operating system's locks on open files.

Invariants: the operating system releases a lock when its process dies. A lock belongs to the open
file and not to the process, so that it also excludes another client in the same process.
"""

import sys
import time

__all__ = ["try_lock", "unlock", "wait_for_lock"]

if sys.platform == "win32":
    import msvcrt

    def try_lock(descriptor: int) -> bool:
        """Lock an open file without waiting; return ``False`` if another open file has the lock."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def unlock(descriptor: int) -> None:
        """Release the lock on an open file."""
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    # Not lockf: its locks belong to the process, so two clients in one process would not exclude
    # each other, and closing any descriptor of the file would release the lock.
    def try_lock(descriptor: int) -> bool:
        """Lock an open file without waiting; return ``False`` if another open file has the lock."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(descriptor: int) -> None:
        """Release the lock on an open file."""
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def wait_for_lock(descriptor: int, *, timeout: float, poll: float) -> bool:
    """Lock an open file; return ``False`` if another open file has the lock until the timeout.

    The operating system's locks have no timeout, so this function tries to lock the file every
    ``poll`` seconds.
    """
    deadline = time.monotonic() + timeout
    while not try_lock(descriptor):
        if time.monotonic() >= deadline:
            return False
        time.sleep(poll)
    return True

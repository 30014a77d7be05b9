"""Watches a configuration file for changes.

Invariants: changes are detected from the file's content and not from file system events. A follower
opens the file by its path and reads it at intervals, and reports new content that it has read twice
in a row. Therefore a rename, a deletion, a file that is created later and a replaced symbolic link
are all detected, and a burst of writes is one change. File system events only cause the next read
to happen earlier. A follower ends when it is closed or garbage-collected.
"""

import contextlib
import os
import threading
import weakref
from collections.abc import Callable, Generator
from typing import Any, Final, Protocol

from genesys_cloud.config.file import read_snapshot
from genesys_core.configuration.file_changes import ChangeDetector, FileSnapshot

__all__ = ["Follower", "Trigger", "trigger_for"]

INTERVAL: Final = 1.0
"""Seconds between reads of the file while it does not change."""

SETTLE: Final = 0.1
"""Seconds between reads of the file while it is changing."""

_STEP: Final = 0.02
"""Maximum time in seconds that a follower with ``watchfiles`` takes to stop."""


class Trigger(Protocol):
    """Decides when a follower reads its configuration file."""

    def wait(self) -> bool:
        """Wait until the file may have changed; return ``False`` after :meth:`stop`."""
        ...

    def settle(self) -> bool:
        """Wait briefly while the file is changing; return ``False`` after :meth:`stop`."""
        ...

    def stop(self) -> None:
        """End the current wait and all later ones; thread-safe."""
        ...

    def close(self) -> None:
        """Release the trigger's resources; called once, in the thread that calls :meth:`wait`."""
        ...


class Polling:
    """Triggers a read of the file at intervals."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def wait(self) -> bool:
        return not self._stopped.wait(INTERVAL)

    def settle(self) -> bool:
        return not self._stopped.wait(SETTLE)

    def stop(self) -> None:
        self._stopped.set()

    def close(self) -> None:
        pass


class FileEvents(Polling):
    """Triggers a read at intervals, and immediately after a file system event in the directory.

    Args:
        path: the path of the file.
        detector: the function :func:`watchfiles.watch`.
    """

    def __init__(self, path: str, detector: Callable[..., Generator[Any, None, None]]) -> None:
        super().__init__()
        self._directory = os.path.dirname(path)  # noqa: PTH120 - text, not a path of this system
        self._watch = detector
        self._watched: tuple[int, int] | None = None
        self._notices: Generator[Any, None, None] | None = None

    def wait(self) -> bool:
        self._watch_this_directory()
        if self._notices is None or not self._noticed(self._notices):
            self._watched = None  # watching is tried again after the interval
            return super().wait()
        return not self._stopped.is_set()

    def close(self) -> None:
        if self._notices is not None:
            self._notices.close()

    def _watch_this_directory(self) -> None:
        """Watch the directory that currently has the path: it may have been replaced."""
        current = _identity(self._directory)
        if current == self._watched:
            return
        self.close()
        self._watched = current
        self._notices = None if current is None else self._watch(
            self._directory,
            watch_filter=None,
            debounce=int(SETTLE * 1000),
            step=int(_STEP * 1000),
            stop_event=self._stopped,
            # Some network and container file systems report no events, so the file is also read at
            # intervals.
            rust_timeout=int(INTERVAL * 1000),
            yield_on_timeout=True,
            raise_interrupt=False,  # Ctrl-C is handled in the main thread
            recursive=False,
        )  # fmt: skip

    def _noticed(self, notices: Generator[Any, None, None]) -> bool:
        """Wait for a file system event, at most for the interval.

        Returns:
            ``False`` if the directory cannot be watched.
        """
        try:
            next(notices)
        except StopIteration:
            return self._stopped.is_set()
        except (OSError, RuntimeError):  # the limit of watches is reached, or the directory is gone
            return False
        return True


def _identity(directory: str) -> tuple[int, int] | None:
    try:
        found = os.stat(directory)  # noqa: PTH116 - text, as above
    except OSError:
        return None
    return found.st_dev, found.st_ino


def trigger_for(path: str) -> Trigger:
    """Return a trigger: :class:`FileEvents` if ``watchfiles`` is installed, else :class:`Polling`."""
    try:
        from watchfiles import watch  # noqa: PLC0415 - an extra
    except ImportError:
        return Polling()
    return FileEvents(path, watch)


class Follower:
    """Watches a configuration file in a background thread.

    Args:
        path: the absolute path of the file.
        known: the content of the configuration in effect.
        changed: called in the follower's thread with each new content; if it returns ``False``, the
            thread ends. The function must not reference the follower, because the follower would
            then never be garbage-collected.
        trigger: decides when the file is read; ``None`` for :func:`trigger_for`.
        snapshot: the function that reads the file.
    """

    def __init__(
        self,
        path: str,
        known: FileSnapshot,
        changed: Callable[[FileSnapshot], bool],
        trigger: Trigger | None = None,
        snapshot: Callable[[str], FileSnapshot] = read_snapshot,
    ) -> None:
        trigger = trigger or trigger_for(path)
        self._thread = threading.Thread(
            target=_follow,
            args=(lambda: snapshot(path), ChangeDetector(known), changed, trigger),
            name=f"genesys-cloud config {path}",
            daemon=True,
        )
        # Also runs when the follower is garbage-collected, since its thread does not reference it.
        self._stop = weakref.finalize(self, trigger.stop)
        self._thread.start()

    @property
    def following(self) -> bool:
        """Whether the follower is still watching the file."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop watching, and wait for the thread to end, usually for less than 0.1 seconds."""
        self._stop()
        if self._thread is not threading.current_thread():
            self._thread.join()


def _follow(
    snapshot: Callable[[], FileSnapshot],
    detector: ChangeDetector,
    changed: Callable[[FileSnapshot], bool],
    trigger: Trigger,
) -> None:
    with contextlib.closing(trigger):
        while trigger.settle() if detector.is_settling else trigger.wait():
            detector, change = detector.snapshot_taken(snapshot())
            if change is not None and not changed(change):
                return

"""Following a configuration file.

Law: what counts is what the file says, not what the file system tells of it. A follower looks at the
file by its path, again and again, and acts when it reads something new twice in a row: so a rename,
a deletion and re-creation, a file that appears late and a swapped symbolic link are all the same,
and a burst of writes is one change. A notice from the file system only makes the next look earlier.
A follower ends when it is closed, or when nobody holds it any more.
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
"""Seconds between two looks while nothing happens."""

SETTLE: Final = 0.1
"""Seconds between two looks while something does."""

_STEP: Final = 0.02
"""Seconds within which a follower with ``watchfiles`` notices that it is to stop."""


class Trigger(Protocol):
    """When a follower looks."""

    def wait(self) -> bool:
        """Wait until the file may have changed; ``False`` once it was told to stop."""
        ...

    def settle(self) -> bool:
        """Wait for a short while; ``False`` once it was told to stop."""
        ...

    def stop(self) -> None:
        """End the current wait and all later ones; called from any thread."""
        ...

    def close(self) -> None:
        """Give back what it holds; called once, by the thread that waited."""
        ...


class Polling:
    """Looks at intervals."""

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
    """Looks at intervals, and at once when the file system reports a change in the directory.

    Args:
        path: the file.
        detector: :func:`watchfiles.watch`.
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
            self._watched = None
            return super().wait()
        return not self._stopped.is_set()

    def close(self) -> None:
        if self._notices is not None:
            self._notices.close()

    def _watch_this_directory(self) -> None:
        """Watch the directory that has the name now: it may have been replaced."""
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
            rust_timeout=int(INTERVAL * 1000),
            yield_on_timeout=True,
            raise_interrupt=False,
            recursive=False,
        )  # fmt: skip

    def _noticed(self, notices: Generator[Any, None, None]) -> bool:
        """Wait for a notice or the interval; ``False`` where the directory cannot be watched."""
        try:
            next(notices)
        except StopIteration:
            return self._stopped.is_set()
        except (OSError, RuntimeError):  # no more watches to be had, or the directory is gone
            return False
        return True


def _identity(directory: str) -> tuple[int, int] | None:
    try:
        found = os.stat(directory)  # noqa: PTH116 - text, as above
    except OSError:
        return None
    return found.st_dev, found.st_ino


def trigger_for(path: str) -> Trigger:
    """The best trigger that is installed: ``watchfiles`` comes with the extra ``reload``."""
    try:
        from watchfiles import watch  # noqa: PLC0415 - an extra
    except ImportError:
        return Polling()
    return FileEvents(path, watch)


class Follower:
    """Follows one file in a thread of its own.

    Args:
        path: the file, absolute.
        known: what it held when its configuration was last taken over.
        changed: told of each new content, in the follower's thread; ``False`` ends the following.
            It must not hold the follower, nor who holds it.
        trigger: when to look; ``None`` for :func:`trigger_for`.
        snapshot: looks at the file.
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
        # Runs when this object goes, be it closed or forgotten; the thread does not hold it.
        self._stop = weakref.finalize(self, trigger.stop)
        self._thread.start()

    @property
    def following(self) -> bool:
        """Whether it still does."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop, and wait until the thread is gone: some hundredths of a second."""
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

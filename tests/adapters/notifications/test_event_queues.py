"""The queue of events for threads: what an exception out of a signal handler can interrupt."""

from __future__ import annotations

import threading

import pytest

from genesys_cloud.notifications.event_queues import QueueClosed, ThreadEventQueue
from genesys_core.clock import Now
from genesys_core.notifications.buffer import Buffered
from tests.helpers.interrupts import interrupt_at

NOW = Now(0.0, 0.0)


class Arriving:
    """A store that is empty when it is first asked; then a thread puts an event into the queue."""

    blocked = False

    def __init__(self) -> None:
        self.held: list[Buffered[str]] = []
        self.queue = ThreadEventQueue[str](self)
        self.asked = threading.Lock()
        self.asked.acquire()
        threading.Thread(target=self._put_when_asked, daemon=True).start()

    def put(self, event: str, *, at: Now) -> None:
        self.held.append(Buffered(event, at))

    def take(self) -> Buffered[str] | None:
        if self.asked.locked():
            self.asked.release()  # the thread now waits for the queue's lock
            return None
        return self.held.pop() if self.held else None

    def _put_when_asked(self) -> None:
        self.asked.acquire()
        self.asked.release()
        self.queue.put(["event"], at=NOW)


def test_a_wait_runs_no_code_of_a_condition():
    """An interrupt in ``Condition.wait`` may become a ``RuntimeError``, or leave the lock held."""
    interrupted, held = interrupt_at(0, Arriving().queue.wait, ("/threading.py",))
    assert not interrupted
    assert held == Buffered("event", NOW)


def test_a_thread_that_is_interrupted_while_it_waits_leaves_later_events_to_others(monkeypatch):
    queue = Arriving().queue

    class Interrupted:
        """A lock whose second acquisition, the wait, is interrupted."""

        def __init__(self) -> None:
            self.acquired = False

        def acquire(self) -> None:
            if self.acquired:
                raise KeyboardInterrupt
            self.acquired = True

        def release(self) -> None: ...

    with monkeypatch.context() as patched:
        patched.setattr(threading, "Lock", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            queue.wait()
    assert queue.wait() == Buffered("event", NOW)
    assert not queue._wakers
    queue.close()
    with pytest.raises(QueueClosed):
        queue.wait()

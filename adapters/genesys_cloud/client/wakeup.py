"""Waking the threads of a client that sleep.

Law: a thread takes :attr:`Wakeup.next` before it looks at what it waits for. Whatever happens after
that look is heard.
"""

import threading

__all__ = ["Wakeup"]


class Wakeup:
    """Rings for all who are waiting, any number of times.

    Attributes:
        next: is set when it rings next.
    """

    def __init__(self) -> None:
        self.next = threading.Event()

    def notify_all(self) -> None:
        """Wake everybody who waits."""
        rung, self.next = self.next, threading.Event()
        rung.set()

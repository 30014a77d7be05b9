"""A reply that a test holds back."""

import threading

from tests.helpers.server import TOKEN, Reply, Seen


class Slow:
    """Holds back the answers to one path until told otherwise, and says when one is waiting."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.asked = threading.Event()
        self.release = threading.Event()

    def __call__(self, seen: Seen) -> Reply:
        if seen.path == self.path and not self.release.is_set():
            self.asked.set()
            assert self.release.wait(30)
        return Reply(json=TOKEN if seen.path == "/oauth/token" else {"id": "1"})

"""Whatever callers do, no window holds more requests than its limit, and all get through.

Invariants: as above, for the limit of all and for that of a path; nothing is sent before the gate
opens; the memory is bounded by the limit and those who wait; once callers come when they were told
to, everybody who waits is let go. No exception at all escapes.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from genesys_core.session.budget import change_pacer
from genesys_core.session.pacing import MARGIN, Gate, Pacer, Pacing, Reservation
from tests.strategies.calls import at, reply

__all__ = ["TARGETS"]

WINDOW: Final = 10.0
LIMITS: Final = {"": 2, "/narrow": 1}
SPAN: Final = WINDOW * (1 + MARGIN)


class _Run:
    """Callers of one pacer, each waiting with a reservation."""

    def __init__(self) -> None:
        self.pacer = Pacer.of(Pacing(limit=LIMITS[""], window=WINDOW, paths={"/narrow": 1}))
        self.kept: bytes | None = None
        self.clock = self.opens = 0.0
        self.waiting: list[tuple[str, Reservation]] = []
        self.sent: dict[str, list[float]] = {path: [] for path in LIMITS}

    def ask(self, path: str, reservation: Reservation | None = None) -> None:
        now = at(self.clock)
        step = partial(Pacer.reserve, path=path, now=now, reservation=reservation)
        # Kept elsewhere in between, as by those who share it; a gate is kept without its response.
        self.kept, (kept, found) = change_pacer(self.kept, self.pacer, step, now=now)
        self.pacer, answer = step(self.pacer)
        assert (found, kept.windows) == (answer, self.pacer.windows)
        if not answer.due(at(self.clock)):
            self.waiting.append((path, answer))
            return
        assert self.clock >= self.opens - 1e-5
        for lane in {"", path} & set(LIMITS):
            self.sent[lane].append(self.clock)
            window = [time for time in self.sent[lane] if time > self.clock - SPAN + 1e-4]
            assert len(window) <= LIMITS[lane]

    def change(self, step: Callable[[Pacer], Pacer]) -> None:
        both = lambda pacer: (step(pacer), None)  # noqa: E731
        self.kept, _ = change_pacer(self.kept, self.pacer, both, now=at(self.clock))
        self.pacer = step(self.pacer)

    def step(self, letter: int) -> None:
        """One event: a newcomer, time, or something that one who waits does."""
        kind, which = divmod(letter, 32)
        if kind < 2:
            self.ask(("/wide", "/narrow")[kind])
        elif kind == 2:
            self.clock += which / 2
        elif kind == 3 and which < 8:
            gate = Gate.closed_by(reply(429, str(which)), now=at(self.clock))
            self.change(lambda pacer: pacer if gate is None else pacer.with_gate(gate))
            self.opens = max(self.opens, self.clock + which)
        elif self.waiting:
            path, reservation = self.waiting.pop(which % len(self.waiting))
            if kind == 4:
                self.change(lambda pacer: pacer.release(reservation, now=at(self.clock)))
            elif kind != 5:  # kind 5 is never seen again
                self.ask(path, reservation)

    def finish(self) -> None:
        steps = 20 * (len(self.waiting) + 1)
        while self.waiting:
            self.waiting.sort(key=lambda waiter: -waiter[1].at)
            path, reservation = self.waiting.pop()
            self.clock = max(self.clock, reservation.at)
            self.ask(path, reservation)
            steps -= 1
            assert steps, "somebody never gets through"


def pacing(data: bytes) -> None:
    """The input is what happens, a byte an event."""
    run = _Run()
    for letter in data[:200]:
        run.step(letter)
        for window in run.pacer.windows:
            assert len(window.sent) <= window.limit
    run.finish()


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {"pacing": pacing}

"""Timers of conversations, jobs and traffic, on the virtual clock.

Invariants: the timer that is due first is returned first; if several timers are due at the same
time, the one that was set first. Only the timers of rescheduled callbacks and of stopped traffic are
removed; any other obsolete timer does nothing, because its action checks the conversation.
"""

from heapq import heapify, heappop, heappush

from genesys_core.clock import Now
from genesys_core.simulator.state.timeline import ContactCenter, TimerKind, VirtualTimer

__all__ = ["cancel_timers", "due_timer", "next_timer", "set_timer"]


def set_timer(
    center: ContactCenter,
    kind: TimerKind,
    seconds: float,
    now: Now,
    about: tuple[str, str] = ("", ""),
) -> None:
    """Set a timer that is due after a delay.

    Args:
        center: the contact center to whose timers this one is added.
        kind: the action to perform when the timer is due.
        seconds: the delay in seconds; if negative, the timer is due immediately.
        now: the current time.
        about: the ids of the conversation and the participant that the timer is for.
    """
    center.serial += 1
    due = now.monotonic + max(seconds, 0.0)
    timer = VirtualTimer(due, center.serial, kind, *about)
    heappush(center.timers, timer)


def cancel_timers(center: ContactCenter, about: tuple[str, str]) -> None:
    """Cancel all timers for a participant of a conversation.

    Args:
        center: the contact center that keeps the timers.
        about: the ids of the conversation and the participant.
    """
    kept = [e for e in center.timers if (e.conversation_id, e.participant_id) != about]
    heapify(kept)
    center.timers = kept


def next_timer(center: ContactCenter) -> float | None:
    """Return the monotonic time at which the next timer is due; ``None`` if no timer is set."""
    return center.timers[0].due if center.timers else None


def due_timer(center: ContactCenter, now: Now) -> tuple[VirtualTimer, Now] | None:
    """Remove the first timer that is due, and return it with the time at which it was due.

    Args:
        center: the contact center that keeps the timers.
        now: the current time.

    Returns:
        ``None`` if no timer is due.
    """
    if not center.timers or center.timers[0].due > now.monotonic:
        return None
    timer = heappop(center.timers)
    # Both clocks as they were when the timer was due, so that a late call changes no times.
    return timer, Now(timer.due, now.wall - (now.monotonic - timer.due))

"""Time that a session spent in each kind of segment.

Invariants: only segments that have ended count.
"""

from genesys_core.simulator.state.timeline import MediaSession, SegmentKind

__all__ = ["time_spent"]


def time_spent(session: MediaSession, kind: SegmentKind) -> int:
    """Return the milliseconds of all ended segments of a kind."""
    return sum(each.length() for each in session.segments if each.kind == kind)

"""The time that a session has spent in each kind of segment.

Invariants: only segments that have ended count.
"""

from genesys_core.simulator.state.timeline import MediaSession, SegmentKind

__all__ = ["time_spent"]


def time_spent(session: MediaSession, kind: SegmentKind) -> int:
    """Return the total duration of all ended segments of a kind, in milliseconds."""
    return sum(each.length() for each in session.segments if each.kind == kind)

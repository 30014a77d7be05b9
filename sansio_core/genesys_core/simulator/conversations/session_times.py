"""The time that a session has spent in each kind of segment.

Invariants: only segments that have ended are counted.
"""

from genesys_core.simulator.state.timeline import MediaSession, SegmentKind

__all__ = ["time_spent"]


def time_spent(session: MediaSession, kind: SegmentKind) -> int:
    """Return the total duration of a session's ended segments of one kind, in milliseconds."""
    return sum(each.length() for each in session.segments if each.kind == kind)

"""Sessions of participants, as sequences of segments.

Invariants: segments do not overlap, and nothing changes after the end of a session except
after-call work.
"""

from genesys_core.clock import Now
from genesys_core.simulator.state.timeline import MediaSession, SegmentKind, TimelineSegment

__all__ = [
    "answer_session",
    "end_segment",
    "end_session",
    "hold_session",
    "open_segment",
    "resume_session",
    "wall_milliseconds",
]


def wall_milliseconds(now: Now) -> int:
    """Return the wall-clock time in whole milliseconds since 1970-01-01 UTC."""
    return round(now.wall * 1000)


def open_segment(session: MediaSession, kind: SegmentKind, at: int) -> None:
    """End a session's open segment, and begin one of another kind."""
    end_segment(session, at)
    session.segments.append(TimelineSegment(kind, at))


def end_segment(session: MediaSession, at: int, disconnect_type: str | None = None) -> None:
    """End a session's open segment, if there is one.

    Args:
        session: the session whose open segment ends.
        at: when the segment ended, in milliseconds.
        disconnect_type: why the session ends, spelled as in REST; ``None`` if it continues.
    """
    if session.segments and session.segments[-1].end is None:
        session.segments[-1].end = at
        session.segments[-1].disconnect_type = disconnect_type


def answer_session(session: MediaSession, at: int) -> None:
    """Record that a session was connected, and begin an ``interact`` segment."""
    session.state = "connected"
    session.connected = at
    open_segment(session, "interact", at)


def hold_session(session: MediaSession, at: int) -> None:
    """Put a connected session on hold; does nothing if it is already on hold."""
    if not session.is_held:
        open_segment(session, "hold", at)


def resume_session(session: MediaSession, at: int) -> None:
    """Take a session off hold; does nothing if it is not on hold."""
    if session.is_held:
        open_segment(session, "interact", at)


def end_session(session: MediaSession, disconnect_type: str, at: int) -> None:
    """Record that a session has ended, and why.

    Args:
        session: the session to end.
        disconnect_type: the disconnect type, spelled as in REST.
        at: when the session ended, in milliseconds.
    """
    end_segment(session, at, disconnect_type)
    # The final state of calls on the platform is `terminated`; that of other media is a guess.
    session.state = "terminated" if session.media == "voice" else "disconnected"
    session.disconnect_type = disconnect_type
    session.ended = at

"""How the segments of a session follow each other."""

from genesys_core.clock import Now
from genesys_core.simulator.conversations.sessions import (
    answer_session,
    end_segment,
    end_session,
    hold_session,
    open_segment,
    resume_session,
    wall_milliseconds,
)
from genesys_core.simulator.state.timeline import MediaSession, TimelineSegment


def session(media="voice"):
    made = MediaSession("s", media, "inbound", "alerting", "alerting", 0)
    open_segment(made, "alert", 0)
    return made


def test_one_segment_follows_the_other():
    made = session()
    answer_session(made, 5)
    hold_session(made, 10)
    hold_session(made, 11)
    assert made.is_held
    resume_session(made, 20)
    resume_session(made, 21)
    end_session(made, "client", 30)
    assert made.segments == [
        TimelineSegment("alert", 0, 5),
        TimelineSegment("interact", 5, 10),
        TimelineSegment("hold", 10, 20),
        TimelineSegment("interact", 20, 30, "client"),
    ]
    assert (made.state, made.connected, made.ended, made.is_held) == ("terminated", 5, 30, False)
    end_segment(made, 40)
    assert made.segments[-1].end == 30


def test_sessions_of_other_media_end_disconnected():
    made = session("email")
    end_session(made, "peer", 1)
    assert made.state == "disconnected"


def test_times_are_whole_milliseconds():
    assert wall_milliseconds(Now(0.0, 1.2345)) == 1234
    assert wall_milliseconds(Now(0.0, 1_700_000_000.123)) == 1_700_000_000_123

"""How long a session spent in which kind of segment."""

from genesys_core.simulator.conversations.session_times import time_spent
from genesys_core.simulator.state.timeline import MediaSession, TimelineSegment


def test_only_segments_that_ended_count():
    made = MediaSession("s", "voice", "inbound", "connected", "alerting", 0)
    made.segments = [
        TimelineSegment("interact", 0, 5),
        TimelineSegment("hold", 5, 7),
        TimelineSegment("interact", 7, 8),
        TimelineSegment("interact", 9),
    ]
    assert time_spent(made, "interact") == 6
    assert time_spent(made, "hold") == 2
    assert time_spent(made, "wrapup") == 0

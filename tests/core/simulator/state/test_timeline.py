"""What conversations say about themselves."""

import copy

from genesys_core.simulator.state.timeline import (
    ContactCenter,
    ConversationTimeline,
    MediaSession,
    Participant,
    TimelineSegment,
    VirtualTimer,
)


def participant(**facts):
    return Participant(
        "p", "agent", MediaSession("s", "voice", "inbound", "alerting", "alerting", 0), **facts
    )


def test_a_segment_that_lasts_has_no_length_yet():
    assert TimelineSegment("alert", 5).length() == 0
    assert TimelineSegment("alert", 5, 8).length() == 3


def test_a_session_is_held_alerting_or_connected():
    session = participant().session
    assert (session.is_alerting, session.is_connected, session.is_held) == (True, False, False)
    session.state, session.segments = "connected", [TimelineSegment("hold", 0)]
    assert (session.is_alerting, session.is_connected, session.is_held) == (False, True, True)
    session.ended = 5
    assert not session.is_held


def test_a_participant_is_finished_after_its_after_call_work():
    party = participant()
    assert (party.is_live, party.is_in_acw, party.is_finished) == (True, False, False)
    party.session.ended, party.acw_started = 5, 5
    assert (party.is_live, party.is_in_acw, party.is_finished) == (False, True, False)
    party.acw_ended = 9
    assert (party.is_in_acw, party.is_finished) == (False, True)


def test_participants_are_found_by_id():
    conversation = ConversationTimeline("c", "voice", "inbound", 0, participants=[participant()])
    assert conversation.participant("p") is conversation.participants[0]
    assert conversation.participant("q") is None
    assert not conversation.is_over
    conversation.participants[0].session.ended = 1
    assert conversation.is_over


def test_the_state_can_be_copied():
    center = ContactCenter(timers=[VirtualTimer(1.0, 1, "alert")])
    center.conversations["c"] = ConversationTimeline("c", "voice", "inbound", 0)
    copied = copy.deepcopy(center)
    copied.conversations["c"].ended = 5
    assert center.conversations["c"].ended is None
    assert copied.timers == center.timers


def test_a_conversation_has_the_media_type_that_it_began_with_and_those_of_its_participants():
    conversation = ConversationTimeline("c", "voice", "inbound", 0)
    assert list(conversation.media_kinds) == ["voice"]
    session = MediaSession("s", "callback", "inbound", "connected", "connected", 0)
    conversation.participants = [Participant("q", "customer", session), participant()]
    assert list(conversation.media_kinds) == ["voice", "callback"]

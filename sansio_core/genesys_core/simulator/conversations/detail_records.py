"""Detail records of conversations: sessions, segments and metrics.

Invariants: in the record of an active conversation, neither the conversation nor its last segment
has an end time, and only emitted metrics are included. Segments and disconnect types are spelled as
in analytics.
"""

from genesys_core.simulator.conversations.dimensions import analytics_disconnect_type
from genesys_core.simulator.conversations.metrics import EmittedMetric, conversation_metrics
from genesys_core.simulator.conversations.rest_views import show_time
from genesys_core.simulator.state.timeline import (
    ConversationTimeline,
    Participant,
    TimelineSegment,
)
from genesys_core.simulator.state.world import Record

__all__ = ["show_detail_record"]


def show_detail_record(conversation: ConversationTimeline) -> Record:
    """Return a conversation's detail record, an ``AnalyticsConversationWithoutAttributes``."""
    metrics: dict[str, list[EmittedMetric]] = {}
    for each in conversation_metrics(conversation):
        metrics.setdefault(each.participant.id, []).append(each)
    return _present(
        {
            "conversationId": conversation.id,
            "conversationStart": show_time(conversation.started),
            "conversationEnd": _time(conversation.ended),
            "originatingDirection": conversation.direction,
            "divisionIds": [],
            "participants": [
                _show_participant(conversation, each, metrics.get(each.id, []))
                for each in conversation.participants
            ],
        }
    )


def _show_participant(
    conversation: ConversationTimeline, participant: Participant, metrics: list[EmittedMetric]
) -> Record:
    return _present(
        {
            "participantId": participant.id,
            "participantName": participant.name,
            "purpose": participant.purpose,
            "userId": participant.user_id,
            "sessions": [_show_session(conversation, participant, metrics)],
        }
    )


def _show_session(
    conversation: ConversationTimeline, participant: Participant, metrics: list[EmittedMetric]
) -> Record:
    session = participant.session
    answered = conversation.participant(participant.answered_by or "")
    return _present(
        {
            "sessionId": session.id,
            "mediaType": session.media,
            "direction": session.direction,
            "peerId": session.peer_id,
            "provider": "Simulator",
            "ani": session.address or None,
            "requestedRoutings": ["Standard"] if participant.purpose == "acd" else None,
            "usedRouting": None if answered is None else "Standard",
            "selectedAgentId": None if answered is None else answered.user_id,
            "callbackNumbers": list(conversation.callback_numbers) or None,
            "callbackScheduledTime": _time(conversation.scheduled),
            "segments": [
                _show_segment(conversation, participant, e) for e in _segments(participant)
            ],
            "metrics": [
                {"name": each.name, "value": each.value, "emitDate": show_time(each.at)}
                for each in metrics
            ],
        }
    )


def _segments(participant: Participant) -> list[TimelineSegment]:
    """Return a participant's segments.

    Guess: a wrap-up without after-call work is a segment with a duration of zero.
    """
    wrap_up, segments = participant.wrap_up, participant.session.segments
    if wrap_up is None or participant.acw_started is not None:
        return segments
    return [*segments, TimelineSegment("wrapup", wrap_up.at, wrap_up.at)]


def _show_segment(
    conversation: ConversationTimeline, participant: Participant, segment: TimelineSegment
) -> Record:
    facts: Record = {
        "segmentStart": show_time(segment.start),
        "segmentEnd": _time(segment.end),
        "segmentType": segment.kind,
        "disconnectType": analytics_disconnect_type(segment.disconnect_type),
        "queueId": participant.queue_id,
        "conference": False,
        "subject": conversation.subject or None,
    }
    wrap_up = participant.wrap_up
    if segment.kind == "wrapup" and wrap_up is not None:
        facts |= {
            "wrapUpCode": wrap_up.code,
            "wrapUpNote": wrap_up.notes,
            "wrapUpTags": list(wrap_up.tags),
        }
    return _present(facts)


def _time(at: int | None) -> str | None:
    return None if at is None else show_time(at)


def _present(record: Record) -> Record:
    return {name: value for name, value in record.items() if value is not None}

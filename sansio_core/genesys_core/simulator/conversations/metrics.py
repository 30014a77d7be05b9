"""The metrics of a conversation, computed from its timeline.

Invariants: a metric belongs to one session and one point in time; its value is never split. The
metric of a segment is emitted when the segment ends. When no participant is waiting, the count of
``nOffered`` is the sum of the counts of ``tAnswered``, ``tAbandon`` and ``tFlowOut``.

Guesses: the sessions to which ``tAbandon``, ``nOutbound`` and ``nOutboundConnected`` belong;
``tAcw`` is the duration that the wrap-up reports.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from genesys_core.simulator.conversations.session_times import time_spent
from genesys_core.simulator.state.timeline import (
    AcdOutcome,
    ConversationTimeline,
    Participant,
    SegmentKind,
)

__all__ = ["EmittedMetric", "conversation_metrics", "handle_time"]

_OUTCOMES: Final[Mapping[AcdOutcome, str]] = {"ABANDON": "tAbandon", "FLOW_OUT": "tFlowOut"}
_SEGMENTS: Final[Mapping[SegmentKind, str]] = {
    "alert": "tAlert",
    "dialing": "tDialing",
    "hold": "tHeld",
    "interact": "tTalk",
}


class EmittedMetric(Struct, frozen=True):
    """One value of a session's metric.

    Attributes:
        name: the metric's name, such as ``tTalk``.
        value: the metric's value: a duration in milliseconds, or a count.
        at: when the metric was emitted, in milliseconds.
        participant: the participant whose session the metric belongs to.
    """

    name: str
    value: int
    at: int
    participant: Participant


def conversation_metrics(conversation: ConversationTimeline) -> Iterator[EmittedMetric]:
    """Yield the metrics that a conversation has emitted so far, participant by participant."""
    for each in conversation.participants:
        match each.purpose:
            case "acd":
                yield from _acd_metrics(each)
            case "agent" | "user":
                yield from _agent_metrics(conversation, each)
            case _:
                if each.session.connected is not None:
                    yield EmittedMetric("nConnected", 1, each.session.connected, each)


def handle_time(agent: Participant) -> int:
    """Return an agent's handle time in milliseconds: talk, hold, dialing and after-call work.

    Alerting is not part of the handle time.
    """
    session = agent.session
    spent = sum(time_spent(session, kind) for kind in ("interact", "hold", "dialing"))
    return spent + _acw_time(agent)


def _acd_metrics(acd: Participant) -> Iterator[EmittedMetric]:
    session = acd.session
    offered = next((each.start for each in session.segments if each.kind == "interact"), None)
    if offered is None:
        return  # a scheduled callback whose time has not come
    yield EmittedMetric("nOffered", 1, offered, acd)
    if session.ended is not None and acd.outcome is not None:
        waited = time_spent(session, "interact")
        yield EmittedMetric("tAcd", waited, session.ended, acd)
        if acd.outcome in _OUTCOMES:
            yield EmittedMetric(_OUTCOMES[acd.outcome], waited, session.ended, acd)


def _agent_metrics(
    conversation: ConversationTimeline, agent: Participant
) -> Iterator[EmittedMetric]:
    session = agent.session
    # Only an outbound conversation begins with an agent.
    is_first = conversation.participants[0] is agent
    if is_first:
        yield EmittedMetric("nOutbound", 1, session.started, agent)
    if session.connected is not None:
        if is_first:
            yield EmittedMetric("nOutboundConnected", 1, session.connected, agent)
        acd = conversation.participant(agent.answers or "")
        if acd is not None:
            waited = time_spent(acd.session, "interact")
            yield EmittedMetric("tAnswered", waited, session.connected, agent)
    for segment in session.segments:
        if segment.end is not None and segment.kind in _SEGMENTS:
            yield EmittedMetric(_SEGMENTS[segment.kind], segment.length(), segment.end, agent)
            if segment.kind == "alert" and agent.did_not_respond:
                yield EmittedMetric("tNotResponding", segment.length(), segment.end, agent)
    if session.ended is not None:
        yield from _ended_metrics(agent, session.ended)


def _ended_metrics(agent: Participant, ended: int) -> Iterator[EmittedMetric]:
    session = agent.session
    if session.connected is not None:
        yield EmittedMetric("tTalkComplete", time_spent(session, "interact"), ended, agent)
        held = time_spent(session, "hold")
        if held:
            yield EmittedMetric("tHeldComplete", held, ended, agent)
    counts = {
        "nTransferred": agent.transfers + agent.consult_transfers,
        "nBlindTransferred": agent.transfers,
        "nConsult": agent.consults,
        "nConsultTransferred": agent.consult_transfers,
    }
    for name, count in counts.items():
        if count:
            yield EmittedMetric(name, count, ended, agent)
    if agent.acw_ended is not None:
        yield EmittedMetric("tAcw", _acw_time(agent), agent.acw_ended, agent)
    if agent.is_finished and session.connected is not None:
        yield EmittedMetric("tHandle", handle_time(agent), agent.acw_ended or ended, agent)


def _acw_time(agent: Participant) -> int:
    if agent.acw_ended is None or agent.wrap_up is None:
        return 0
    return agent.wrap_up.seconds * 1000

"""Performs the actions of conversation timers that are due.

Invariants: a timer does nothing if its conversation has been discarded, or its participant is no
longer in the state for which the timer was set.
"""

from genesys_core.clock import Now
from genesys_core.simulator.conversations.consults import settle_consults
from genesys_core.simulator.conversations.lifecycle import (
    begin_waiting,
    connect_participant,
    end_acw,
    refuse_alert,
)
from genesys_core.simulator.conversations.traffic import continue_traffic
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.timeline import VirtualTimer

__all__ = ["run_timer"]


def run_timer(state: PlatformState, timer: VirtualTimer, now: Now) -> None:
    """Perform the action of a conversation timer that is due.

    Args:
        state: the platform's state.
        timer: the timer that is due.
        now: the time at which the timer was due.
    """
    if timer.kind in {"traffic", "talk", "give_up"}:
        continue_traffic(state, timer, now)
        return
    conversation = state.contact_center.conversations.get(timer.conversation_id)
    participant = None if conversation is None else conversation.participant(timer.participant_id)
    if conversation is None or participant is None:
        return
    session = participant.session
    match timer.kind:
        case "alert" if session.is_alerting:
            refuse_alert(state, conversation, participant, "transfer.noanswer", now)
            settle_consults(state, conversation, now)
        case "answer" if session.state == "dialing":
            connect_participant(state, conversation, participant, now)
        case "schedule" if session.state == "scheduled":
            begin_waiting(state, conversation, participant, now)
        case "acw" if participant.is_in_acw:
            end_acw(state, conversation, participant, now)
        case _:
            pass

"""Distributes waiting conversations to available agents (ACD).

Invariants: after :func:`distribute_conversations` no queue has both a waiting conversation and an
available agent. The longest waiting conversation is offered to the longest idle agent; skills,
priorities and rings are not considered.
"""

from genesys_core.clock import Now
from genesys_core.simulator.conversations.lifecycle import alert_agent
from genesys_core.simulator.state.memory import PlatformState

__all__ = ["distribute_conversations", "drop_finished", "file_finished"]


def distribute_conversations(state: PlatformState, now: Now) -> None:
    """Offer waiting conversations to available agents, in every queue that has changed."""
    center = state.contact_center
    while center.unsettled:
        queue_id = next(iter(center.unsettled))
        del center.unsettled[queue_id]
        line, agents = center.waiting.get(queue_id), center.available.get(queue_id)
        # An alert takes the conversation out of the line and makes the agent unavailable.
        while line and agents:
            participant_id, conversation_id = next(iter(line.items()))
            conversation = center.conversations[conversation_id]
            acd = conversation.participant(participant_id)
            alert_agent(state, conversation, next(iter(agents)), now, acd=acd)


def file_finished(state: PlatformState) -> None:
    """Add the changed conversations that have ended to the list of finished conversations."""
    center = state.contact_center
    for identity in center.changed:
        conversation = center.conversations[identity]
        if not conversation.is_filed and conversation.is_over:
            conversation.is_filed = True
            center.finished.append(identity)


def drop_finished(state: PlatformState, limit: int) -> None:
    """Discard the conversations that ended first, so that at most ``limit`` ended ones are kept.

    Args:
        state: the platform's state.
        limit: the maximum number of ended conversations to keep.
    """
    center = state.contact_center
    while len(center.finished) > limit:
        del center.conversations[center.finished.popleft()]
        center.dropped += 1

"""Consult transfers and conferences, in which an agent speaks to a third party.

Invariants: an agent has at most one consult at a time; a consult may end without a transfer. During
a consult, ``speakTo`` determines who hears whom; the excluded party is on hold. If the agent
leaves, the conversation is transferred (``transfer.consult``); if the destination leaves or the
consult is cancelled, the agent is connected to the other party again.

Guesses: the agent may leave before the destination answers; all parties to a conference hear each
other immediately; a call that is merged into another conversation has the disconnect type
``transfer.conference``.
"""

from collections.abc import Iterator

from genesys_core.clock import Now
from genesys_core.simulator.conversations import lifecycle
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.timeline import ConversationTimeline, Participant

__all__ = [
    "begin_consult",
    "cancel_consult",
    "change_consult",
    "consulted_party",
    "leave_conversation",
    "merge_conversations",
    "settle_consults",
]


def begin_consult(
    state: PlatformState,
    conversation: ConversationTimeline,
    initiator: Participant,
    destination: Participant,
    now: Now,
    *,
    speak_to: str,
) -> None:
    """Start an agent's consult with a party that has just joined.

    Args:
        state: the platform's state.
        conversation: the conversation of the agent and the party.
        initiator: a connected agent without a consult.
        destination: the participant to consult: an alerted agent, the participant that waits in a
            queue, or a dialed party.
        now: the current time.
        speak_to: the party to which the agent speaks: ``DESTINATION``, ``OBJECT``, ``BOTH`` or
            ``CONFERENCE``.
    """
    initiator.consult, initiator.consults = destination.id, initiator.consults + 1
    destination.session.peer_id = initiator.session.id
    change_consult(state, conversation, initiator, speak_to, now)


def change_consult(
    state: PlatformState,
    conversation: ConversationTimeline,
    initiator: Participant,
    speak_to: str,
    now: Now,
) -> None:
    """Change the party to which an agent speaks; the excluded party is put on hold."""
    initiator.speak_to = speak_to
    destination = consulted_party(conversation, initiator)
    for each in _others(conversation, initiator):
        is_destination = each is destination
        # OBJECT is the original party, such as the customer; BOTH and CONFERENCE exclude nobody.
        is_held = speak_to == ("OBJECT" if is_destination else "DESTINATION")
        if each.session.is_connected and each.purpose != "acd":
            lifecycle.hold_participant(state, conversation, each, now, held=is_held)
    state.contact_center.changed[conversation.id] = None


def cancel_consult(
    state: PlatformState, conversation: ConversationTimeline, initiator: Participant, now: Now
) -> None:
    """End a consult: its destination leaves, and the agent speaks to the other party again."""
    destination = consulted_party(conversation, initiator)
    _end_consult(state, conversation, initiator, now)
    if destination is not None and destination.is_live:
        lifecycle.hang_up(state, conversation, destination, now)


def leave_conversation(
    state: PlatformState, conversation: ConversationTimeline, participant: Participant, now: Now
) -> None:
    """Disconnect a participant; an agent with a consult thereby transfers the conversation."""
    destination = consulted_party(conversation, participant)
    if destination is None:
        lifecycle.hang_up(state, conversation, participant, now)
    else:
        destination.session.peer_id = participant.session.peer_id
        _end_consult(state, conversation, participant, now)
        participant.consult_transfers += 1
        lifecycle.hang_up(state, conversation, participant, now, "transfer.consult")
    settle_consults(state, conversation, now)


def settle_consults(state: PlatformState, conversation: ConversationTimeline, now: Now) -> None:
    """End a conversation's consults whose destinations have left or never answered."""
    for each in conversation.participants:
        if each.consult is not None and consulted_party(conversation, each) is None:
            _end_consult(state, conversation, each, now)


def consulted_party(
    conversation: ConversationTimeline, initiator: Participant
) -> Participant | None:
    """Return the party that an agent consults, or ``None`` if there is none.

    If a queue is consulted, this is the participant that waits in it, and later the agent who answers.
    """
    found = conversation.participant(initiator.consult or "")
    if found is not None and found.answered_by is not None:
        found = conversation.participant(found.answered_by)
    return found if found is not None and found.is_live else None


def merge_conversations(
    state: PlatformState, kept: ConversationTimeline, merged: ConversationTimeline, now: Now
) -> None:
    """Merge two calls into a conference of all their parties.

    Args:
        state: the platform's state.
        kept: the call that continues, and becomes the conference.
        merged: the call that ends after its parties have joined the kept call.
        now: the current time.
    """
    known = {each.user_id for each in kept.participants if each.is_live and each.user_id}
    for each in [each for each in merged.participants if each.session.is_connected]:
        if each.purpose != "acd" and each.user_id not in known:
            lifecycle.join_connected(state, kept, each, now)
    lifecycle.disconnect_all(state, merged, "transfer.conference", now)
    for each in kept.participants:
        if each.is_live:
            lifecycle.hold_participant(state, kept, each, now, held=False)


def _end_consult(
    state: PlatformState, conversation: ConversationTimeline, initiator: Participant, now: Now
) -> None:
    initiator.consult = initiator.speak_to = None
    for each in _others(conversation, initiator):
        if each.session.is_held:
            lifecycle.hold_participant(state, conversation, each, now, held=False)
    state.contact_center.changed[conversation.id] = None


def _others(conversation: ConversationTimeline, initiator: Participant) -> Iterator[Participant]:
    return (each for each in conversation.participants if each is not initiator and each.is_live)

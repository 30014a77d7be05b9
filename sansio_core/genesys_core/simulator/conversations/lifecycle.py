"""A conversation's lifecycle: the steps that begin, change and end it.

Invariants: every step is one function, which keeps the timeline, the agents and the detail events
consistent. A conversation ends when fewer than two parties remain, or when the last party outside
the organization has left. Handlers reject commands that the current state does not allow.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final

from genesys_core.clock import Now
from genesys_core.simulator.conversations.agents import occupy_agent, release_agent
from genesys_core.simulator.conversations.queue_settings import (
    acw_timeout,
    alerting_seconds,
    wrap_up_prompt,
)
from genesys_core.simulator.conversations.sessions import (
    answer_session,
    end_segment,
    end_session,
    hold_session,
    open_segment,
    resume_session,
    wall_milliseconds,
)
from genesys_core.simulator.conversations.timers import cancel_timers, set_timer
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.timeline import (
    AcdOutcome,
    ConversationTimeline,
    DetailFact,
    FactKind,
    MediaKind,
    MediaSession,
    Participant,
    SegmentKind,
    WrapUp,
)

__all__ = [
    "SKIPPED_CODE",
    "TIMEOUT_CODE",
    "add_callback",
    "alert_agent",
    "begin_inbound",
    "begin_outbound",
    "call_address",
    "change_attributes",
    "connect_participant",
    "disconnect_all",
    "end_acw",
    "enter_queue",
    "hang_up",
    "hold_participant",
    "join_connected",
    "leave_queue",
    "refuse_alert",
    "reschedule_callback",
    "transfer_to_address",
    "transfer_to_agent",
    "transfer_to_queue",
    "wrap_up",
]

TIMEOUT_CODE: Final = "ININ-WRAP-UP-TIMEOUT"
"""The wrap-up code that is recorded if after-call work times out."""

SKIPPED_CODE: Final = "ININ-WRAP-UP-SKIPPED"
"""The wrap-up code that is recorded if after-call work is skipped; a guess."""

_OUTSIDE: Final = frozenset({"customer", "external"})
_AGENTS: Final = frozenset({"agent", "user"})
_NEEDS_ACW: Final = frozenset({"mandatory", "timeout", "forcedTimeout"})

ANSWER_SECONDS: Final = 5.0
"""The number of seconds after which every outbound call is answered; a guess."""


# Beginnings


def begin_inbound(
    state: PlatformState,
    media: MediaKind,
    now: Now,
    *,
    address: str = "",
    to: str = "",
    name: str = "",
    attributes: Mapping[str, Json] | None = None,
) -> ConversationTimeline:
    """Begin a conversation with a customer, who is connected but not yet in a queue.

    Args:
        state: the platform's state.
        media: the media type of the conversation.
        now: the current time.
        address: the customer's address.
        to: the address that the customer called or wrote to.
        name: the customer's name.
        attributes: the customer's participant data.
    """
    conversation = _new_conversation(state, media, "inbound", now)
    customer = _join(state, conversation, "customer", now, ("connected", "interact"))
    customer.name, customer.attributes = name or address, dict(attributes or {})
    customer.session.address, customer.session.other_address = address, to
    customer.session.connected = wall_milliseconds(now)
    _tell(state, "customer.start", conversation, customer, now)
    return conversation


def begin_outbound(
    state: PlatformState,
    media: MediaKind,
    user_id: str,
    now: Now,
    *,
    address: str,
    queue_id: str | None = None,
    name: str = "",
    callee_id: str | None = None,
) -> ConversationTimeline:
    """Begin a conversation between a user and a customer or another user.

    A call rings until the called party answers; other media are connected immediately.

    Args:
        state: the platform's state.
        media: the media type of the conversation.
        user_id: the id of the user who begins the conversation.
        now: the current time.
        address: the address of the customer, or of the called user.
        queue_id: the id of the queue on whose behalf the user begins the conversation, if any.
        name: the name of the customer, or of the called user.
        callee_id: the id of the user who is called; ``None`` if a customer is called.
    """
    conversation = _new_conversation(state, media, "outbound", now)
    is_call = media == "voice"
    first: tuple[str, SegmentKind] = (
        ("dialing", "dialing") if is_call else ("connected", "interact")
    )
    caller = _join(state, conversation, "agent" if queue_id else "user", now, first)
    _be_agent(state, conversation, caller, user_id, now, queue_id=queue_id, is_acd=False)
    caller.session.other_address = address
    if callee_id is not None:
        alert_agent(state, conversation, callee_id, now, purpose="user")
        return conversation
    customer = _join(state, conversation, "customer", now, first)
    customer.name, customer.session.address = name or address, address
    _connect_peers(caller, customer)
    _tell(state, "customer.start", conversation, customer, now)
    if is_call:
        set_timer(
            state.contact_center, "answer", ANSWER_SECONDS, now, (conversation.id, customer.id)
        )
    else:
        caller.session.connected = customer.session.connected = wall_milliseconds(now)
    return conversation


def _new_conversation(
    state: PlatformState, media: MediaKind, direction: str, now: Now
) -> ConversationTimeline:
    identity = state.new_id("conversation")
    conversation = ConversationTimeline(identity, media, direction, wall_milliseconds(now))
    state.contact_center.conversations[identity] = conversation
    return conversation


def _join(
    state: PlatformState,
    conversation: ConversationTimeline,
    purpose: str,
    now: Now,
    first: tuple[str, SegmentKind],
    *,
    media: MediaKind | None = None,
) -> Participant:
    """Add a participant whose session begins with the given state and kind of segment."""
    at, (session_state, segment) = wall_milliseconds(now), first
    session = MediaSession(
        state.new_id("communication"),
        media or conversation.media,
        conversation.direction,
        session_state,
        session_state,
        at,
    )
    open_segment(session, segment, at)
    participant = Participant(state.new_id("participant"), purpose, session)
    conversation.participants.append(participant)
    _touch(state, conversation)
    return participant


def _be_agent(
    state: PlatformState,
    conversation: ConversationTimeline,
    participant: Participant,
    user_id: str,
    now: Now,
    *,
    queue_id: str | None,
    is_acd: bool,
) -> None:
    participant.user_id, participant.queue_id = user_id, queue_id
    participant.name = str(state.users.get(user_id, {}).get("name") or "")
    participant.prompt = wrap_up_prompt(state, queue_id) if queue_id else None
    participant.acw_timeout = acw_timeout(state, queue_id)
    occupy_agent(state, user_id, conversation.id, now, is_acd=is_acd)
    _tell(state, "user.start", conversation, participant, now)


def _connect_peers(one: Participant, other: Participant) -> None:
    one.session.peer_id, other.session.peer_id = other.session.id, one.session.id


# Queues


def enter_queue(
    state: PlatformState,
    conversation: ConversationTimeline,
    queue_id: str,
    now: Now,
    *,
    seconds: float = 0.0,
    media: MediaKind | None = None,
) -> Participant:
    """Put a conversation into a queue, and return the participant that waits.

    Args:
        state: the platform's state.
        conversation: the conversation that will wait.
        queue_id: the id of an existing queue.
        now: the current time.
        seconds: for a scheduled callback, the number of seconds until it waits for an agent.
        media: the media type of the communication that waits; by default the conversation's.
    """
    is_later = seconds > 0
    start: tuple[str, SegmentKind] = (
        ("scheduled", "scheduled") if is_later else ("connected", "interact")
    )
    acd = _join(state, conversation, "acd", now, start, media=media)
    acd.queue_id, acd.name = queue_id, str(state.queues.get(queue_id, {}).get("name") or "")
    customer = _outside_party(conversation, acd.session.media)
    if customer is not None:
        acd.session.peer_id, customer.queue_id = customer.session.id, queue_id
    if is_later:
        set_timer(state.contact_center, "schedule", seconds, now, (conversation.id, acd.id))
    else:
        begin_waiting(state, conversation, acd, now)
    return acd


def add_callback(
    state: PlatformState,
    conversation: ConversationTimeline,
    queue_id: str,
    now: Now,
    *,
    address: str,
    name: str = "",
    seconds: float = 0.0,
) -> tuple[Participant, Participant]:
    """Add a callback to a conversation; the callback continues after the other media have ended.

    Args:
        state: the platform's state.
        conversation: the conversation, which continues.
        queue_id: the id of an existing queue.
        now: the current time.
        address: the phone number to call.
        name: the customer's name.
        seconds: the delay in seconds before the callback is queued.

    Returns:
        The customer as a party to the callback, and the participant that waits in the queue.
    """
    connected: tuple[str, SegmentKind] = ("connected", "interact")
    customer = _join(state, conversation, "customer", now, connected, media="callback")
    customer.name = name or address
    customer.session.address = address
    customer.session.connected = wall_milliseconds(now)
    _tell(state, "customer.start", conversation, customer, now)
    acd = enter_queue(state, conversation, queue_id, now, seconds=seconds, media="callback")
    return customer, acd


def reschedule_callback(
    state: PlatformState,
    conversation: ConversationTimeline,
    acd: Participant,
    seconds: float,
    now: Now,
) -> None:
    """Change the time at which a scheduled callback is queued.

    Args:
        state: the platform's state.
        conversation: the callback's conversation.
        acd: the participant that will wait in the queue, in the state ``scheduled``.
        seconds: the delay in seconds before the callback is queued.
        now: the current time.
    """
    about = (conversation.id, acd.id)
    cancel_timers(state.contact_center, about)
    set_timer(state.contact_center, "schedule", seconds, now, about)


def begin_waiting(
    state: PlatformState, conversation: ConversationTimeline, acd: Participant, now: Now
) -> None:
    """Make a participant wait in a queue, so that the conversation is offered to agents."""
    at = wall_milliseconds(now)
    if acd.session.state == "scheduled":
        answer_session(acd.session, at)
    acd.session.connected = at
    _wait(state, conversation, acd, is_next=False)
    _tell(state, "acd.start", conversation, acd, now)


def leave_queue(
    state: PlatformState,
    conversation: ConversationTimeline,
    acd: Participant,
    outcome: AcdOutcome,
    now: Now,
) -> None:
    """Stop a conversation from waiting in a queue, and end the alerts of agents."""
    line = state.contact_center.waiting.get(acd.queue_id or "")
    if line is not None:
        line.pop(acd.id, None)
    acd.outcome = outcome
    # Guess: the session of an abandoned conversation ends with `peer`.
    end_session(acd.session, "peer" if outcome == "ABANDON" else "transfer", wall_milliseconds(now))
    _tell(state, "acd.end", conversation, acd, now)
    for each in conversation.participants:
        if each.answers == acd.id and each.session.is_alerting:
            _leave(state, conversation, each, "peer", now)


def _wait(
    state: PlatformState, conversation: ConversationTimeline, acd: Participant, *, is_next: bool
) -> None:
    center, queue_id = state.contact_center, acd.queue_id or ""
    line = center.waiting.setdefault(queue_id, OrderedDict())
    line[acd.id] = conversation.id
    if is_next:
        line.move_to_end(acd.id, last=False)
    center.unsettled[queue_id] = None


# Agents


def alert_agent(
    state: PlatformState,
    conversation: ConversationTimeline,
    user_id: str,
    now: Now,
    *,
    acd: Participant | None = None,
    purpose: str = "agent",
    replaces: Participant | None = None,
    attended: bool = False,
) -> Participant:
    """Alert an agent, who becomes a new participant.

    Args:
        state: the platform's state.
        conversation: the conversation that is offered to the agent.
        user_id: the id of the user.
        now: the current time.
        acd: the participant that waits in the queue; ``None`` for an alert without a queue.
        purpose: ``agent``, or ``user`` in a conversation without a queue.
        replaces: the participant that the agent replaces.
        attended: whether the replaced participant leaves only when the agent connects.
    """
    other = acd or replaces
    media = conversation.media if other is None else other.session.media
    agent = _join(state, conversation, purpose, now, ("alerting", "alert"), media=media)
    queue_id = None if acd is None else acd.queue_id
    if acd is not None:
        agent.answers = acd.id
        state.contact_center.waiting[queue_id or ""].pop(acd.id, None)
    agent.replaces = replaces.id if replaces is not None and attended else None
    _be_agent(state, conversation, agent, user_id, now, queue_id=queue_id, is_acd=acd is not None)
    customer = _outside_party(conversation, media)
    if customer is not None:
        agent.session.peer_id = customer.session.id
        agent.session.other_address = customer.session.address
    if state.users.get(user_id, {}).get("acdAutoAnswer") is True:
        connect_participant(state, conversation, agent, now)
        return agent
    seconds = alerting_seconds(state, queue_id, media)
    set_timer(state.contact_center, "alert", seconds, now, (conversation.id, agent.id))
    return agent


def connect_participant(
    state: PlatformState, conversation: ConversationTimeline, participant: Participant, now: Now
) -> None:
    """Connect an alerted or dialed participant, and the parties waiting for this participant."""
    at, replaces = wall_milliseconds(now), participant.replaces
    answer_session(participant.session, at)
    _touch(state, conversation)
    for each in conversation.participants:
        if each.id == participant.answers:
            each.answered_by, replaces = participant.id, each.replaces
            leave_queue(state, conversation, each, "ANSWERED", now)
        elif each.session.state == "dialing":
            # The caller's session is also dialing until the called party answers.
            answer_session(each.session, at)
    leaving = conversation.participant(replaces or "")
    if leaving is not None and leaving.is_live:
        _leave(state, conversation, leaving, "transfer", now)


def refuse_alert(
    state: PlatformState,
    conversation: ConversationTimeline,
    agent: Participant,
    disconnect_type: str,
    now: Now,
) -> None:
    """End an alert that an agent declined or did not answer.

    After an alert from a queue, the conversation returns to the head of the queue, and the agent is
    offered no further conversation until the routing status is set.
    """
    agent.did_not_respond = True
    # Only an alert from a queue makes the agent NOT_RESPONDING.
    _leave(state, conversation, agent, disconnect_type, now, responded=agent.answers is None)
    acd = conversation.participant(agent.answers or "")
    if acd is not None:
        _wait(state, conversation, acd, is_next=True)
    _end_if_alone(state, conversation, now)


def hold_participant(
    state: PlatformState,
    conversation: ConversationTimeline,
    participant: Participant,
    now: Now,
    *,
    held: bool,
) -> None:
    """Put a connected participant on hold, or take it off hold."""
    (hold_session if held else resume_session)(participant.session, wall_milliseconds(now))
    _touch(state, conversation)


def change_attributes(
    state: PlatformState,
    conversation: ConversationTimeline,
    participant: Participant,
    attributes: Mapping[str, Json],
    now: Now,
) -> None:
    """Merge attributes into the participant data; other keys keep their values."""
    participant.attributes = {**participant.attributes, **attributes}
    _touch(state, conversation)
    _tell(state, "attributes", conversation, participant, now)


# Ends


def hang_up(
    state: PlatformState,
    conversation: ConversationTimeline,
    participant: Participant,
    now: Now,
    disconnect_type: str = "client",
) -> None:
    """Disconnect a participant; an alerted agent is recorded as having declined.

    Args:
        state: the platform's state.
        conversation: the participant's conversation.
        participant: a participant that has not left.
        now: the current time.
        disconnect_type: the disconnect type, spelled as in REST.
    """
    if participant.session.is_alerting:
        refuse_alert(state, conversation, participant, disconnect_type, now)
        return
    if participant.purpose == "acd":
        leave_queue(state, conversation, participant, "FLOW_OUT", now)
    else:
        _leave(state, conversation, participant, disconnect_type, now)
    _end_if_alone(state, conversation, now)


def disconnect_all(
    state: PlatformState,
    conversation: ConversationTimeline,
    disconnect_type: str,
    now: Now,
    *,
    media: MediaKind | None = None,
) -> None:
    """End a conversation, or only its communications of one media type, for all participants.

    Args:
        state: the platform's state.
        conversation: the conversation to end.
        disconnect_type: the disconnect type, spelled as in REST.
        now: the current time.
        media: the media type that ends; ``None`` for all.
    """
    # Queues first: when a conversation leaves a queue, the alerts of that queue's agents end, too.
    parties = [e for e in conversation.participants if media in {None, e.session.media}]
    for each in parties:
        if each.is_live and each.purpose == "acd":
            leave_queue(state, conversation, each, "ABANDON", now)
    for each in parties:
        if each.is_live:
            _leave(state, conversation, each, disconnect_type, now)
    if conversation.ended is None and not any(e.is_live for e in conversation.participants):
        conversation.ended = wall_milliseconds(now)
    _touch(state, conversation)


def _leave(
    state: PlatformState,
    conversation: ConversationTimeline,
    participant: Participant,
    disconnect_type: str,
    now: Now,
    *,
    responded: bool = True,
) -> None:
    """End a customer's or an agent's session; begin after-call work if the prompt requires it."""
    was_connected = participant.session.connected is not None
    end_session(participant.session, disconnect_type, wall_milliseconds(now))
    _touch(state, conversation)
    if participant.purpose not in _AGENTS:
        _tell(state, "customer.end", conversation, participant, now)
        return
    _tell(state, "user.end", conversation, participant, now)
    # An agent who wrapped up during the conversation needs no after-call work, unless it is forced.
    is_open = participant.wrap_up is None or participant.prompt == "forcedTimeout"
    if was_connected and is_open and participant.prompt in _NEEDS_ACW:
        _begin_acw(state, conversation, participant, now)
    else:
        _release(state, conversation, participant, now, responded=responded)


def _end_if_alone(state: PlatformState, conversation: ConversationTimeline, now: Now) -> None:
    """End each medium of a conversation in which fewer than two, or no external, parties remain."""
    for media in conversation.media_kinds:
        parties = [each for each in conversation.participants if each.session.media == media]
        live = [each for each in parties if each.is_live]
        has_outside = any(each.purpose in _OUTSIDE for each in parties)
        is_outside = any(each.purpose in _OUTSIDE for each in live)
        if len(live) < 2 or (has_outside and not is_outside):
            disconnect_all(state, conversation, "peer", now, media=media)


def _begin_acw(
    state: PlatformState, conversation: ConversationTimeline, participant: Participant, now: Now
) -> None:
    at = wall_milliseconds(now)
    participant.acw_started = at
    open_segment(participant.session, "wrapup", at)
    if participant.acw_timeout is not None:
        seconds = participant.acw_timeout / 1000
        set_timer(state.contact_center, "acw", seconds, now, (conversation.id, participant.id))


def wrap_up(
    state: PlatformState,
    conversation: ConversationTimeline,
    participant: Participant,
    code: str,
    now: Now,
    *,
    seconds: int | None = None,
    notes: str = "",
    tags: Sequence[str] = (),
) -> None:
    """Record an agent's wrap-up; end after-call work, unless the queue prescribes its duration.

    Guess: a later wrap-up replaces the previous one.

    Args:
        state: the platform's state.
        conversation: the agent's conversation.
        participant: the agent's participant.
        code: the id of the wrap-up code.
        now: the current time.
        seconds: the duration of after-call work that the agent reports; by default the time that
            has passed.
        notes: the agent's notes, free text.
        tags: the tags of the wrap-up.
    """
    at = wall_milliseconds(now)
    started = participant.acw_started
    passed = 0 if started is None else (participant.acw_ended or at) - started
    spent = round(passed / 1000) if seconds is None else seconds
    participant.wrap_up = WrapUp(code, at, spent, notes, tuple(tags))
    _touch(state, conversation)
    _tell(state, "wrapup", conversation, participant, now)
    if participant.is_in_acw and participant.prompt != "forcedTimeout":
        end_acw(state, conversation, participant, now)


def end_acw(
    state: PlatformState, conversation: ConversationTimeline, participant: Participant, now: Now
) -> None:
    """End an agent's after-call work; if there is no wrap-up, record one with the timeout code."""
    at = wall_milliseconds(now)
    participant.acw_ended = at
    if participant.wrap_up is None:
        spent = round((at - (participant.acw_started or at)) / 1000)
        participant.wrap_up = WrapUp(TIMEOUT_CODE, at, spent)
    end_segment(participant.session, at)
    _touch(state, conversation)
    _tell(state, "acw", conversation, participant, now)
    _release(state, conversation, participant, now)


def _release(
    state: PlatformState,
    conversation: ConversationTimeline,
    participant: Participant,
    now: Now,
    *,
    responded: bool = True,
) -> None:
    user_id = participant.user_id or ""
    # A user may be several participants, for example after a second alert for the conversation.
    others = [each for each in conversation.participants if each.user_id == user_id]
    if all(each.is_finished for each in others):
        release_agent(state, user_id, conversation.id, now, responded=responded)


# Transfers


def transfer_to_queue(
    state: PlatformState,
    conversation: ConversationTimeline,
    participant: Participant,
    queue_id: str,
    now: Now,
    *,
    attended: bool = False,
    seconds: float = 0.0,
) -> Participant:
    """Transfer a conversation to a queue, and return the participant that waits in the queue.

    Args:
        state: the platform's state.
        conversation: the conversation to transfer.
        participant: the connected participant who transfers the conversation.
        queue_id: the id of an existing queue.
        now: the current time.
        attended: whether the participant stays until an agent connects.
        seconds: for a scheduled callback, the number of seconds until it waits for an agent.
    """
    media = participant.session.media
    acd = enter_queue(state, conversation, queue_id, now, seconds=seconds, media=media)
    acd.replaces = participant.id if attended else None
    _hand_over(state, conversation, participant, now, attended=attended)
    return acd


def transfer_to_agent(
    state: PlatformState,
    conversation: ConversationTimeline,
    participant: Participant,
    user_id: str,
    now: Now,
    *,
    attended: bool = False,
) -> None:
    """Transfer a conversation from a participant to a user; see :func:`transfer_to_queue`."""
    alert_agent(state, conversation, user_id, now, replaces=participant, attended=attended)
    _hand_over(state, conversation, participant, now, attended=attended)


def transfer_to_address(
    state: PlatformState,
    conversation: ConversationTimeline,
    participant: Participant,
    address: str,
    now: Now,
) -> None:
    """Transfer a conversation from a participant to a party outside the organization."""
    call_address(state, conversation, address, now)
    _hand_over(state, conversation, participant, now, attended=False)


def call_address(
    state: PlatformState, conversation: ConversationTimeline, address: str, now: Now
) -> Participant:
    """Call a party outside the organization, which becomes a new participant."""
    external = _join(state, conversation, "external", now, ("dialing", "dialing"))
    external.name = external.session.address = address
    center = state.contact_center
    set_timer(center, "answer", ANSWER_SECONDS, now, (conversation.id, external.id))
    _tell(state, "customer.start", conversation, external, now)
    return external


def join_connected(
    state: PlatformState, conversation: ConversationTimeline, party: Participant, now: Now
) -> Participant:
    """Move a party from another conversation to this one, and connect it immediately.

    Args:
        state: the platform's state.
        conversation: the conversation that the party joins.
        party: the participant to move from the other conversation.
        now: the current time.
    """
    joined = _join(state, conversation, party.purpose, now, ("connected", "interact"))
    joined.session.connected = wall_milliseconds(now)
    joined.session.address = party.session.address
    joined.session.other_address = party.session.other_address
    joined.attributes = dict(party.attributes)
    if party.user_id is None:
        joined.name = party.name
        _tell(state, "customer.start", conversation, joined, now)
        return joined
    _be_agent(
        state, conversation, joined, party.user_id, now, queue_id=party.queue_id, is_acd=False
    )
    return joined


def _hand_over(
    state: PlatformState,
    conversation: ConversationTimeline,
    participant: Participant,
    now: Now,
    *,
    attended: bool,
) -> None:
    if participant.purpose == "acd":
        leave_queue(state, conversation, participant, "FLOW_OUT", now)
        return
    participant.transfers += 1
    if not attended:
        _leave(state, conversation, participant, "transfer", now)


# Helpers


def _outside_party(conversation: ConversationTimeline, media: MediaKind) -> Participant | None:
    """Return the first live customer or external party with a session of a media type."""
    return next(
        (
            each
            for each in conversation.participants
            if each.purpose in _OUTSIDE and each.is_live and each.session.media == media
        ),
        None,
    )


def _touch(state: PlatformState, conversation: ConversationTimeline) -> None:
    state.contact_center.changed[conversation.id] = None


def _tell(
    state: PlatformState,
    kind: FactKind,
    conversation: ConversationTimeline,
    participant: Participant,
    now: Now,
) -> None:
    fact = DetailFact(kind, conversation.id, participant.id, wall_milliseconds(now))
    state.contact_center.facts.append(fact)

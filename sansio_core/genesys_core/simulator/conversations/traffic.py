"""Generated traffic: customers who arrive, wait, talk and leave, and agents who answer them.

Invariants: everything is determined by the seed and the virtual clock: the same seed yields the
same conversations at the same times. The traffic continues only conversations that it began.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from heapq import heapify
from math import log
from typing import Final

from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.simulator.conversations import lifecycle
from genesys_core.simulator.conversations.agents import (
    request_routing_status,
    routing_status,
    set_member,
)
from genesys_core.simulator.conversations.timers import set_timer
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.timeline import (
    ConversationTimeline,
    MediaKind,
    Participant,
    TrafficState,
    VirtualTimer,
)
from genesys_core.simulator.state.world import user_state

__all__ = [
    "WRAP_UP_CODES",
    "continue_traffic",
    "follow_facts",
    "parse_rate",
    "start_traffic",
    "stop_traffic",
]

WRAP_UP_CODES: Final = ("simulated-sold", "simulated-answered", "simulated-call-back")
"""The wrap-up codes used in generated traffic."""

_RATE: Final = re.compile(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*/\s*(s|min|h)\s*", re.ASCII)
_PER_MINUTE: Final[Mapping[str, float]] = {"s": 60.0, "min": 1.0, "h": 1 / 60}

_MEDIA: Final[tuple[tuple[MediaKind, float], ...]] = (
    ("voice", 0.6),
    ("message", 0.2),
    ("email", 0.1),
    ("callback", 0.1),
)
_GIVE_UP: Final = 180.0
_TALK: Final = 120.0
_HOLD: Final = 20.0
_NO_ANSWER: Final = 0.05
_HOLDS: Final = 0.1
_TRANSFERS: Final = 0.05
_CUSTOMER_HANGS_UP: Final = 0.5


def parse_rate(text: str) -> float:
    """Parse a rate such as ``10/min``, ``2/s`` or ``30/h`` as conversations per minute.

    Raises:
        InvalidValueError: the text is not a rate, or the rate is zero.
    """
    found = _RATE.fullmatch(text)
    rate = 0.0 if found is None else float(found[1]) * _PER_MINUTE[found[2]]
    if not rate:
        raise InvalidValueError(
            f"rate {text!r}: write a number with /s, /min or /h, such as 10/min"
        )
    return rate


def start_traffic(state: PlatformState, per_minute: float, seed: int, now: Now) -> None:
    """Start generating conversations with customers, at random intervals.

    If no queue has members, each active user, except those that belong to OAuth clients, is added
    to two queues. All members of queues are put on queue.

    Args:
        state: the platform's state.
        per_minute: the mean number of conversations per minute.
        seed: makes the traffic reproducible.
        now: the current time.

    Raises:
        InvalidValueError: the number is not positive and finite, or there is no queue.
    """
    if not 0 < per_minute < float("inf"):
        raise InvalidValueError(f"per_minute={per_minute!r}: must be positive and finite")
    if not state.queues:
        raise InvalidValueError("the organization has no queue for traffic; create one first")
    center = state.contact_center
    stop_traffic(state)
    center.traffic = TrafficState(per_minute, seed)
    _staff(state, now)
    set_timer(center, "traffic", _gap(center.traffic), now)


def stop_traffic(state: PlatformState) -> None:
    """Stop generating conversations; those that have begun continue until they end."""
    center = state.contact_center
    center.timers = [each for each in center.timers if each.kind != "traffic"]
    heapify(center.timers)


def follow_facts(state: PlatformState, now: Now) -> None:
    """Set timers for the agents' next actions in the generated conversations that have changed.

    Args:
        state: the platform's state, with the detail events that have not been published yet.
        now: the current time.
    """
    center = state.contact_center
    if center.traffic is None:
        return
    for fact in center.facts:
        conversation = center.conversations[fact.conversation_id]
        if not conversation.is_generated:
            continue
        about = (fact.conversation_id, fact.participant_id)
        if fact.kind == "user.start":
            set_timer(center, "talk", 1.0 + 5.0 * _draw(center.traffic), now, about)
        elif fact.kind == "user.end":
            set_timer(center, "talk", 5.0 + 15.0 * _draw(center.traffic), now, about)


def continue_traffic(state: PlatformState, timer: VirtualTimer, now: Now) -> None:
    """Perform a traffic timer's action; does nothing if traffic was never started.

    Args:
        state: the platform's state.
        timer: the timer that is due.
        now: the time at which the timer was due.
    """
    center = state.contact_center
    traffic = center.traffic
    if traffic is None:
        return
    if timer.kind == "traffic":
        _arrive(state, traffic, now)
        set_timer(center, "traffic", _gap(traffic), now)
        return
    conversation = center.conversations.get(timer.conversation_id)
    participant = None if conversation is None else conversation.participant(timer.participant_id)
    if conversation is None or participant is None:
        return
    if timer.kind == "give_up":
        _give_up(state, conversation, participant, now)
    else:
        _act(state, traffic, conversation, participant, now)


def _arrive(state: PlatformState, traffic: TrafficState, now: Now) -> None:
    """Begin a customer's conversation in a random queue; does nothing if there are no queues."""
    queues = list(state.queues)
    if not queues:
        return
    traffic.started += 1
    media = _media(_draw(traffic))
    address = f"tel:+1555{traffic.started % 10_000_000:07d}"
    name = f"Customer {traffic.started}"
    made = lifecycle.begin_inbound(state, media, now, address=address, name=name)
    made.is_generated = True
    lifecycle.enter_queue(state, made, queues[int(_draw(traffic) * len(queues))], now)
    wait = _exponential(_GIVE_UP, traffic)
    set_timer(state.contact_center, "give_up", wait, now, (made.id, made.participants[0].id))


def _give_up(
    state: PlatformState, conversation: ConversationTimeline, customer: Participant, now: Now
) -> None:
    """Disconnect a customer if no agent has answered yet."""
    is_answered = any(e.user_id and e.session.connected for e in conversation.participants)
    if customer.is_live and not is_answered:
        lifecycle.hang_up(state, conversation, customer, now, "endpoint")


def _act(
    state: PlatformState,
    traffic: TrafficState,
    conversation: ConversationTimeline,
    agent: Participant,
    now: Now,
) -> None:
    """Perform an agent's next action: answer, hold, resume, transfer, hang up or wrap up."""
    again: float | None = None
    if agent.session.is_alerting:
        if _draw(traffic) >= _NO_ANSWER:
            lifecycle.connect_participant(state, conversation, agent, now)
            again = _exponential(_TALK, traffic)
    elif agent.session.is_connected:
        again = _talk_on(state, traffic, conversation, agent, now)
    elif agent.did_not_respond:
        if routing_status(state, agent.user_id or "") == "NOT_RESPONDING":
            request_routing_status(state, agent.user_id or "", "IDLE", now)
    elif agent.session.connected is not None and (agent.wrap_up is None or agent.is_in_acw):
        code = WRAP_UP_CODES[int(_draw(traffic) * len(WRAP_UP_CODES))]
        lifecycle.wrap_up(state, conversation, agent, code, now)
    if again is not None:
        about = (conversation.id, agent.id)
        set_timer(state.contact_center, "talk", again, now, about)


def _talk_on(
    state: PlatformState,
    traffic: TrafficState,
    conversation: ConversationTimeline,
    agent: Participant,
    now: Now,
) -> float | None:
    """Continue an agent's connected conversation.

    Returns:
        The seconds until the agent's next action; ``None`` if the agent has left.
    """
    if agent.session.is_held:
        lifecycle.hold_participant(state, conversation, agent, now, held=False)
        return _exponential(_TALK / 2, traffic)
    chance = _draw(traffic)
    if chance < _HOLDS and conversation.media == "voice":
        lifecycle.hold_participant(state, conversation, agent, now, held=True)
        return _exponential(_HOLD, traffic)
    if chance < _HOLDS + _TRANSFERS:
        queues = list(state.queues)
        queue_id = queues[int(_draw(traffic) * len(queues))]
        lifecycle.transfer_to_queue(state, conversation, agent, queue_id, now)
        return None
    leaving = conversation.participants[0] if _draw(traffic) < _CUSTOMER_HANGS_UP else agent
    lifecycle.hang_up(state, conversation, leaving, now)
    return None


def _staff(state: PlatformState, now: Now) -> None:
    """Add members to the queues if no queue has any, and put all members on queue."""
    center, queues = state.contact_center, list(state.queues)
    if not any(center.members.values()):
        owners = {client.user_id for client in state.clients.values()}
        people = [
            user_id
            for user_id, user in state.users.items()
            if user_state(user) == "active" and user_id not in owners
        ]
        for at, user_id in enumerate(people):
            for queue_id in dict.fromkeys(
                (queues[at % len(queues)], queues[(at + 1) % len(queues)])
            ):
                set_member(state, queue_id, user_id, joined=True)
    for user_id in center.memberships:
        # A requested status: agents who are busy with earlier traffic must not become idle.
        request_routing_status(state, user_id, "IDLE", now)


def _media(chance: float) -> MediaKind:
    for media, share in _MEDIA[:-1]:
        if chance < share:
            return media
        chance -= share
    return _MEDIA[-1][0]


def _gap(traffic: TrafficState) -> float:
    """Return the seconds until the next conversation begins."""
    return _exponential(60.0 / traffic.per_minute, traffic)


def _exponential(mean: float, traffic: TrafficState) -> float:
    return -mean * log(1.0 - _draw(traffic))


def _draw(traffic: TrafficState) -> float:
    """Return the next pseudorandom number, at least 0 and below 1.

    A hash rather than ``random.Random``, because the state of the traffic must be plain data.
    """
    traffic.drawn += 1
    digest = sha256(f"{traffic.seed}/{traffic.drawn}".encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48

"""Stored conversations: participants with sessions, sessions with segments.

Invariants: plain data; the functions of :mod:`genesys_core.simulator.conversations` modify it. All
times are whole milliseconds since 1970-01-01 UTC, so that durations add up exactly. A session has
at most one open segment, its last.
"""

from collections import OrderedDict, deque
from collections.abc import Collection
from typing import Literal, TypeAlias

from msgspec import Struct, field

from genesys_core.simulator.state.examples import Json

__all__ = [
    "AcdOutcome",
    "ContactCenter",
    "ConversationTimeline",
    "DetailFact",
    "FactKind",
    "MediaKind",
    "MediaSession",
    "Participant",
    "SegmentKind",
    "StatusChange",
    "TimelineSegment",
    "TimerKind",
    "TrafficState",
    "UserStatusKind",
    "VirtualTimer",
    "WrapUp",
]

MediaKind: TypeAlias = Literal["voice", "callback", "email", "message"]

SegmentKind: TypeAlias = Literal["alert", "dialing", "hold", "interact", "scheduled", "wrapup"]
"""The kinds of segments: what a participant does in a segment, spelled as in analytics."""

AcdOutcome: TypeAlias = Literal["ANSWERED", "ABANDON", "FLOW_OUT"]
"""How a conversation left a queue: answered by an agent, abandoned, or moved elsewhere."""

FactKind: TypeAlias = Literal[
    "customer.start",
    "customer.end",
    "acd.start",
    "acd.end",
    "user.start",
    "user.end",
    "acw",
    "wrapup",
    "attributes",
]
"""The kinds of detail events; each kind is the last part of its topic's name."""

UserStatusKind: TypeAlias = Literal["presence", "routing"]
"""The kinds of user status: presence and routing status."""

TimerKind: TypeAlias = Literal[
    "alert", "answer", "schedule", "acw", "traffic", "talk", "give_up", "work", "campaign"
]
"""Timer actions: end an alert, answer an outbound call, begin a scheduled callback, end after-call
work, begin a generated conversation (``traffic``) and continue it (``talk``, ``give_up``), end a job
or other work, and turn a stopping campaign off."""


class TimelineSegment(Struct):
    """A period of a session during which the session's state does not change.

    Attributes:
        kind: what the participant does in the segment, such as ``interact`` or ``hold``.
        start: when the segment began, in milliseconds.
        end: when the segment ended, in milliseconds; ``None`` while it lasts.
        disconnect_type: why the session ended, spelled as in REST; ``None`` unless it ended with
            this segment.
    """

    kind: SegmentKind
    start: int
    end: int | None = None
    disconnect_type: str | None = None

    def length(self) -> int:
        """Return the segment's duration in milliseconds; 0 while it lasts."""
        return 0 if self.end is None else self.end - self.start


class MediaSession(Struct):
    """A participant's communication over one medium.

    Attributes:
        id: the communication's id.
        media: the communication's media type.
        direction: the communication's direction, ``inbound`` or ``outbound``.
        state: the communication's state, spelled as in REST.
        initial_state: the communication's first state.
        started: when the communication began.
        peer_id: the id of the session at the other side of the communication, if any.
        segments: the communication's segments, in order of time.
        connected: when the communication was connected; ``None`` before.
        ended: when the communication ended, before after-call work; ``None`` while it lasts.
        disconnect_type: why the communication ended, spelled as in REST.
        is_muted: whether the participant has been muted.
        address: the participant's address.
        other_address: the address at the other side of the communication.
    """

    id: str
    media: MediaKind
    direction: str
    state: str
    initial_state: str
    started: int
    peer_id: str | None = None
    segments: list[TimelineSegment] = []
    connected: int | None = None
    ended: int | None = None
    disconnect_type: str | None = None
    is_muted: bool = False
    address: str = ""
    other_address: str = ""

    @property
    def is_held(self) -> bool:
        """Whether the session is on hold."""
        return bool(self.segments) and self.segments[-1].kind == "hold" and self.ended is None

    @property
    def is_alerting(self) -> bool:
        """Whether the session waits for its participant to answer."""
        return self.state == "alerting"

    @property
    def is_connected(self) -> bool:
        """Whether the session is connected."""
        return self.state == "connected"


class WrapUp(Struct, frozen=True):
    """An agent's wrap-up.

    Attributes:
        code: the id of the wrap-up code.
        at: when the wrap-up was submitted.
        seconds: the duration of the after-call work, in seconds.
        notes: the agent's notes, free text.
        tags: the tags of the wrap-up.
    """

    code: str
    at: int
    seconds: int
    notes: str = ""
    tags: tuple[str, ...] = ()


class Participant(Struct):
    """A party to a conversation. An agent who is alerted again is a new participant.

    Attributes:
        id: the id of the participant.
        purpose: the participant's role: ``customer``, ``acd``, ``agent``, ``user`` or ``external``.
        session: the participant's communication.
        name: the participant's displayed name.
        user_id: for an agent, the id of the user.
        queue_id: the id of the queue in which the participant waits or through which it came.
        attributes: the participant data: attributes set by callers.
        outcome: for ``acd``, how the conversation left the queue; ``None`` while it waits.
        answers: for an agent, the id of the ``acd`` participant for which the agent was alerted.
        answered_by: for ``acd``, the id of the participant of the agent who answered.
        replaces: the id of the participant that leaves when this participant connects.
        transfers: the number of times that the participant transferred the conversation.
        consult: the id of the participant that this agent consults before a transfer.
        speak_to: the party to which the agent speaks during a consult, spelled as in REST.
        consults: the number of consults that this agent began.
        consult_transfers: the number of this agent's consults that ended in a transfer.
        watching: how this agent supervises another participant: ``monitored``, ``coached``,
            ``barged``.
        watched: the id of the supervised participant.
        flag: why the participant is flagged, spelled as in REST; ``None`` if it is not flagged.
        did_not_respond: whether the agent's alert ended without an answer.
        prompt: the queue's wrap-up prompt, spelled as in a participant's ``wrapupPrompt``.
        acw_timeout: the limit on after-call work in milliseconds, if the prompt has a limit.
        acw_started: when the agent's after-call work began.
        acw_ended: when the agent's after-call work ended.
        wrap_up: the agent's wrap-up, if any.
        is_told: whether the final event about this participant has been published; after that, the
            user receives no more events of the conversation.
    """

    id: str
    purpose: str
    session: MediaSession
    name: str = ""
    user_id: str | None = None
    queue_id: str | None = None
    attributes: dict[str, Json] = {}
    outcome: AcdOutcome | None = None
    answers: str | None = None
    answered_by: str | None = None
    replaces: str | None = None
    transfers: int = 0
    consult: str | None = None
    speak_to: str | None = None
    consults: int = 0
    consult_transfers: int = 0
    watching: str | None = None
    watched: str | None = None
    flag: str | None = None
    did_not_respond: bool = False
    prompt: str | None = None
    acw_timeout: int | None = None
    acw_started: int | None = None
    acw_ended: int | None = None
    wrap_up: WrapUp | None = None
    is_told: bool = False

    @property
    def is_live(self) -> bool:
        """Whether the participant is still in the conversation."""
        return self.session.ended is None

    @property
    def is_in_acw(self) -> bool:
        """Whether the participant is in after-call work."""
        return self.acw_started is not None and self.acw_ended is None

    @property
    def is_finished(self) -> bool:
        """Whether the participant has left and has finished after-call work."""
        return not self.is_live and not self.is_in_acw


class ConversationTimeline(Struct):
    """A conversation.

    Attributes:
        id: the conversation's id.
        media: the media type with which the conversation began.
        direction: the initial direction, ``inbound`` or ``outbound``.
        started: when the conversation began.
        ended: when the last participant left; ``None`` before.
        participants: the participants, in the order in which they joined.
        subject: the subject of an email conversation.
        callback_numbers: the phone numbers to call, for a callback.
        scheduled: the time for which a callback is scheduled.
        external_tag: the conversation's tag from an external system.
        label_id: the id of the conversation's utilization label.
        recording_state: the state of the conversation's recording, spelled as in REST.
        messages: the conversation's messages, by id.
        is_generated: whether the conversation belongs to generated traffic.
        is_filed: whether the conversation has been added to the finished conversations.
        metrics_told: the number of published values of each metric, by the participant's id and the
            metric's name.
    """

    id: str
    media: MediaKind
    direction: str
    started: int
    ended: int | None = None
    participants: list[Participant] = []
    subject: str = ""
    callback_numbers: tuple[str, ...] = ()
    scheduled: int | None = None
    external_tag: str | None = None
    label_id: str | None = None
    recording_state: str = "NONE"
    messages: dict[str, dict[str, Json]] = {}
    is_generated: bool = False
    is_filed: bool = False
    metrics_told: dict[tuple[str, str], int] = {}

    def participant(self, identity: str) -> Participant | None:
        """Return the participant with an id, or ``None`` if there is none."""
        return next((each for each in self.participants if each.id == identity), None)

    @property
    def media_kinds(self) -> Collection[MediaKind]:
        """The conversation's media types, beginning with the initial one."""
        return dict.fromkeys((self.media, *(each.session.media for each in self.participants)))

    @property
    def is_over(self) -> bool:
        """Whether all participants have left and all after-call work is done."""
        return all(each.is_finished for each in self.participants)


class DetailFact(Struct, frozen=True):
    """A change to a conversation that a detail event reports.

    Attributes:
        kind: the kind of the detail event.
        conversation_id: the id of the conversation.
        participant_id: the id of the participant.
        at: when the change happened, in milliseconds.
    """

    kind: FactKind
    conversation_id: str
    participant_id: str
    at: int


class StatusChange(Struct, frozen=True):
    """A change to a user's presence or routing status.

    Attributes:
        kind: which status changed: the presence or the routing status.
        at: when the change happened, in milliseconds.
        before: the old ``value`` and, for presences, ``definition_id``.
        after: the new ``value`` and, for presences, ``definition_id``.
    """

    kind: UserStatusKind
    at: int
    before: dict[str, str]
    after: dict[str, str]


class VirtualTimer(Struct, frozen=True, order=True):
    """A timer on the simulator's virtual clock.

    Attributes:
        due: when the timer is due, in monotonic seconds.
        serial: the timer's serial number, which orders timers that are due at the same time.
        kind: the action to perform when the timer is due.
        conversation_id: the id of the conversation that the timer is for; empty if there is none.
        participant_id: the id of the participant that the timer is for; empty if there is none.
    """

    due: float
    serial: int
    kind: TimerKind
    conversation_id: str = ""
    participant_id: str = ""


class ContactCenter(Struct):
    """All conversations, and the data for their distribution to agents.

    Attributes:
        conversations: the conversations by id, in order of start.
        finished: the ids of ended conversations, in the order in which they ended and are
            discarded.
        dropped: the number of discarded conversations.
        members: whether a member of a queue is joined, by the ids of the queue and the user.
        by_group: the ids of the users who belong to a queue only by group, by queue.
        memberships: the ids of the queues that have a user as a member, joined or not, by user.
        waiting: the conversation of each ``acd`` participant that waits, by queue; the first
            participant is next.
        available: the agents that can take a conversation, by queue; the first agent has been idle
            longest.
        busy: the conversations that a user has not finished, including after-call work, by user.
        unsettled: the queues in which a waiting conversation may have to be offered to an agent.
        timers: the pending timers, as a heap.
        changed: the conversations with unpublished changes.
        facts: the detail events that have not been published yet.
        status_changes: the users whose routing status has changed without an event having been
            published.
        statuses: the latest changes of a user's presence and routing status, by user.
        membership_changes: the queue and user of each membership change that has not been published
            yet.
        serial: the number of timers that have been set so far; the next timer's serial number is one
            higher.
        traffic: the state of generated traffic, if there is any; see ``conversations.traffic``.
    """

    conversations: dict[str, ConversationTimeline] = {}
    finished: deque[str] = field(default_factory=deque[str])
    dropped: int = 0
    members: dict[str, dict[str, bool]] = {}
    by_group: dict[str, dict[str, None]] = {}
    memberships: dict[str, dict[str, None]] = {}
    waiting: dict[str, OrderedDict[str, str]] = {}
    available: dict[str, dict[str, None]] = {}
    busy: dict[str, dict[str, None]] = {}
    unsettled: dict[str, None] = {}
    timers: list[VirtualTimer] = []
    changed: dict[str, None] = {}
    facts: deque[DetailFact] = field(default_factory=deque[DetailFact])
    status_changes: dict[str, None] = {}
    statuses: dict[str, deque[StatusChange]] = {}
    membership_changes: dict[tuple[str, str], None] = {}
    serial: int = 0
    traffic: "TrafficState | None" = None


class TrafficState(Struct):
    """The state of generated traffic.

    Attributes:
        per_minute: the mean number of conversations per minute.
        seed: makes the traffic reproducible.
        drawn: the number of random numbers that have been drawn; the next number depends only on
            this count and the seed.
        started: the number of conversations that have been started.
    """

    per_minute: float
    seed: int
    drawn: int = 0
    started: int = 0

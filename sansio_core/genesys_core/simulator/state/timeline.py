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
"""Media types as spelled in analytics."""

AcdOutcome: TypeAlias = Literal["ANSWERED", "ABANDON", "FLOW_OUT"]
"""How a conversation left a queue."""

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
"""Detail event kinds: the last part of the events' topics."""

UserStatusKind: TypeAlias = Literal["presence", "routing"]
"""The kinds of user status: presence or routing status."""

TimerKind: TypeAlias = Literal[
    "alert", "answer", "schedule", "acw", "traffic", "talk", "give_up", "work", "campaign"
]
"""Timer actions: end an alert, answer at the far end, begin a scheduled callback, end after-call
work; three for generated traffic, and one to end a job or other work."""


class TimelineSegment(Struct):
    """A part of a session in which its state does not change.

    Attributes:
        kind: the kind of segment.
        start: when the segment began.
        end: its end; ``None`` while it lasts.
        disconnect_type: the reason if the session ended with this segment, spelled as in REST;
            otherwise ``None``.
    """

    kind: SegmentKind
    start: int
    end: int | None = None
    disconnect_type: str | None = None

    def length(self) -> int:
        """Return the duration in milliseconds; 0 before the end."""
        return 0 if self.end is None else self.end - self.start


class MediaSession(Struct):
    """A participant's communication.

    Attributes:
        id: the communication's id.
        media: its media type.
        direction: ``inbound`` or ``outbound``.
        state: its state, spelled as in REST.
        initial_state: its first state.
        started: when it began.
        peer_id: the other side's session.
        segments: its segments, in order of time.
        connected: when it was connected.
        ended: when it ended; after-call work comes later.
        disconnect_type: why it ended.
        is_muted: whether the participant is muted.
        address: its own address.
        other_address: the other side's address.
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
        code: the wrap-up code's id.
        at: when it was submitted.
        seconds: the duration of the after-call work.
        notes: free text.
        tags: the wrap-up's tags.
    """

    code: str
    at: int
    seconds: int
    notes: str = ""
    tags: tuple[str, ...] = ()


class Participant(Struct):
    """A party to a conversation. An agent who is alerted again is a new participant.

    Attributes:
        id: the participant's id.
        purpose: ``customer``, ``acd``, ``agent``, ``user`` or ``external``.
        session: its communication.
        name: the displayed name.
        user_id: for agents, the user.
        queue_id: the queue that it came through or waits in.
        attributes: participant data.
        outcome: for ``acd``, how the conversation left the queue.
        answers: the ``acd`` participant for which an agent was alerted.
        answered_by: for ``acd``, the agent's participant.
        replaces: the participant that leaves when this one connects.
        transfers: the number of times that it transferred the conversation.
        consult: the participant that this agent consults before a transfer.
        speak_to: whom the agent speaks to in a consult, spelled as in REST.
        consults: the number of consults that this agent began.
        consult_transfers: the number of those that ended in a transfer.
        watching: how this agent supervises another participant: ``monitored``, ``coached``,
            ``barged``.
        watched: the supervised participant.
        flag: the reason for its flag, spelled as in REST; ``None`` if not flagged.
        did_not_respond: whether an alert ended without being answered by the agent.
        prompt: the queue's wrap-up prompt, spelled as for participants.
        acw_timeout: the after-call work limit in milliseconds, if the prompt has one.
        acw_started: when after-call work began.
        acw_ended: when it ended.
        wrap_up: the wrap-up.
        is_told: whether its last event has been sent to the user.
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
        media: its media type.
        direction: ``inbound`` or ``outbound``.
        started: when it began.
        ended: when its last participant left; ``None`` before.
        participants: its participants, in the order in which they joined.
        subject: for an email, its subject.
        callback_numbers: for a callback, the numbers to call.
        scheduled: when a callback is due.
        external_tag: its tag from an external system.
        label_id: its utilization label.
        recording_state: the state of its recording, spelled as in REST.
        messages: its messages, by id.
        is_generated: whether it belongs to generated traffic.
        is_filed: whether it has been added to the finished conversations.
        metrics_told: the number of published metrics, by participant and name.
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
        """Return a participant by id."""
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
    """A change to report in the detail events.

    Attributes:
        kind: the kind of event.
        conversation_id: the conversation.
        participant_id: the participant.
        at: when it happened, in milliseconds.
    """

    kind: FactKind
    conversation_id: str
    participant_id: str
    at: int


class StatusChange(Struct, frozen=True):
    """A change to a user's presence or routing status.

    Attributes:
        kind: presence or routing status.
        at: when it happened, in milliseconds.
        before: the old ``value`` and, for presences, ``definition_id``.
        after: the new ``value`` and ``definition_id``.
    """

    kind: UserStatusKind
    at: int
    before: dict[str, str]
    after: dict[str, str]


class VirtualTimer(Struct, frozen=True, order=True):
    """A timer on the virtual clock.

    Attributes:
        due: when it is due, in monotonic seconds.
        serial: the order of timers that are due at the same time.
        kind: its action.
        conversation_id: the conversation; empty if there is none.
        participant_id: the participant; empty if there is none.
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
        finished: ids of ended conversations, in order; the oldest are discarded first.
        dropped: the number of discarded conversations.
        members: whether each member of a queue is joined, by queue and user.
        by_group: members who belong to a queue only by group, by queue.
        memberships: the queues of each user, joined or not.
        waiting: the conversation of each ``acd`` participant that waits, by queue; the first one is
            next.
        available: the agents that can take a conversation, by queue; the first one has been idle
            longest.
        busy: the conversations that each user has not finished.
        unsettled: queues in which a conversation and an agent may have to be matched.
        timers: the timers, as a heap.
        changed: the conversations with unpublished changes.
        facts: unpublished detail events.
        status_changes: users whose routing status has an unpublished change.
        statuses: the latest changes of each user's presence and routing status.
        membership_changes: the queue and user of each unpublished membership change.
        serial: the number of timers so far.
        traffic: the state of generated traffic, see ``conversations.traffic``.
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
    """Generated traffic.

    Attributes:
        per_minute: the mean number of conversations per minute.
        seed: makes the traffic reproducible.
        drawn: the number of random numbers drawn.
        started: the number of conversations started.
    """

    per_minute: float
    seed: int
    drawn: int = 0
    started: int = 0

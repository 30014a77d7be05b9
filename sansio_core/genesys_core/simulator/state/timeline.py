"""Conversations as the simulator stores them: participants with sessions, sessions with segments.

Invariants: plain data; the functions of :mod:`genesys_core.simulator.conversations` modify it. All times
are whole milliseconds since 1970-01-01 UTC, so that durations add up exactly. A session has at most
one open segment, its last.
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
"""As analytics spell them."""

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
"""Kinds of detail events: the last part of their topics."""

UserStatusKind: TypeAlias = Literal["presence", "routing"]
"""What a user's status change is about."""

TimerKind: TypeAlias = Literal[
    "alert", "answer", "schedule", "acw", "traffic", "talk", "give_up", "work", "campaign"
]
"""What a timer does: ends an alert, lets the far end answer, begins a scheduled callback, ends after-call
work; three belong to generated traffic, and the last ends a job or other work."""


class TimelineSegment(Struct):
    """A part of a session in which its state does not change.

    Attributes:
        kind: what happens in it.
        start: its start.
        end: its end; ``None`` while it lasts.
        disconnect_type: why the session ended with it, as REST spells it; ``None`` if it did not.
    """

    kind: SegmentKind
    start: int
    end: int | None = None
    disconnect_type: str | None = None

    def length(self) -> int:
        """Return the duration in milliseconds; 0 while it lasts."""
        return 0 if self.end is None else self.end - self.start


class MediaSession(Struct):
    """The communication of a participant.

    Attributes:
        id: its id.
        media: its media type.
        direction: ``inbound`` or ``outbound``.
        state: as REST spells it.
        initial_state: its first state.
        started: its start.
        peer_id: the session of the other side.
        segments: in order of time.
        connected: when it was connected.
        ended: when it ended; after-call work comes later.
        disconnect_type: why it ended.
        is_muted: whether the participant is muted.
        address: its own address.
        other_address: that of the other side.
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
        """Whether it is on hold."""
        return bool(self.segments) and self.segments[-1].kind == "hold" and self.ended is None

    @property
    def is_alerting(self) -> bool:
        """Whether it waits for its participant to answer."""
        return self.state == "alerting"

    @property
    def is_connected(self) -> bool:
        """Whether it is connected."""
        return self.state == "connected"


class WrapUp(Struct, frozen=True):
    """The wrap-up of an agent.

    Attributes:
        code: the id of the wrap-up code.
        at: when it was given.
        seconds: the duration of the after-call work.
        notes: free text.
        tags: tags.
    """

    code: str
    at: int
    seconds: int
    notes: str = ""
    tags: tuple[str, ...] = ()


class Participant(Struct):
    """A party of a conversation. An agent who is tried again is a new participant.

    Attributes:
        id: its id.
        purpose: ``customer``, ``acd``, ``agent``, ``user`` or ``external``.
        session: its communication.
        name: the name that is shown.
        user_id: the user, for agents.
        queue_id: the queue that it came through or waits in.
        attributes: participant data.
        outcome: how the conversation left the queue, for ``acd``.
        answers: the ``acd`` participant that an agent was alerted for.
        answered_by: the agent's participant, for ``acd``.
        replaces: the participant that leaves when this one connects.
        transfers: how often it transferred the conversation.
        consult: the participant that this agent consults before a transfer.
        speak_to: whom the agent speaks to in a consult, as REST spells it.
        consults: how often this agent began a consult.
        consult_transfers: how often this agent ended one by a transfer.
        watching: what this agent does with another participant: ``monitored``, ``coached``, ``barged``.
        watched: that participant.
        flag: why it is flagged, as REST spells it; ``None`` if it is not.
        did_not_respond: whether an alert ended without an answer of the agent.
        prompt: the wrap-up prompt of the queue, as participants spell it.
        acw_timeout: the limit of after-call work in milliseconds, if the prompt has one.
        acw_started: when after-call work began.
        acw_ended: when it ended.
        wrap_up: the wrap-up.
        is_told: whether the user was sent its last event.
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
        """Whether it is still in the conversation."""
        return self.session.ended is None

    @property
    def is_in_acw(self) -> bool:
        """Whether it does after-call work."""
        return self.acw_started is not None and self.acw_ended is None

    @property
    def is_finished(self) -> bool:
        """Whether nothing more is expected of it."""
        return not self.is_live and not self.is_in_acw


class ConversationTimeline(Struct):
    """A conversation.

    Attributes:
        id: its id.
        media: its media type.
        direction: ``inbound`` or ``outbound``.
        started: its start.
        ended: when its last participant left; ``None`` before.
        participants: the first that joined comes first.
        subject: the subject of an email.
        callback_numbers: the numbers of a callback.
        scheduled: when a callback is due.
        external_tag: the tag that another system gave it.
        label_id: its utilization label.
        recording_state: of its recording, as REST spells it.
        messages: what was sent in it, by id.
        is_generated: whether it belongs to generated traffic.
        is_filed: whether it was counted among those that are over.
        metrics_told: how many metrics of each participant and name were published.
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
        """Its media types, the one that it began with first."""
        return dict.fromkeys((self.media, *(each.session.media for each in self.participants)))

    @property
    def is_over(self) -> bool:
        """Whether all participants have left and all after-call work is done."""
        return all(each.is_finished for each in self.participants)


class DetailFact(Struct, frozen=True):
    """Something that happened, for the detail events.

    Attributes:
        kind: what.
        conversation_id: the conversation.
        participant_id: the participant.
        at: when.
    """

    kind: FactKind
    conversation_id: str
    participant_id: str
    at: int


class StatusChange(Struct, frozen=True):
    """A change of a user's presence or routing status.

    Attributes:
        kind: which of the two.
        at: when, in milliseconds.
        before: the ``value``, and of presences the ``definition_id``, that it had.
        after: those that it has.
    """

    kind: UserStatusKind
    at: int
    before: dict[str, str]
    after: dict[str, str]


class VirtualTimer(Struct, frozen=True, order=True):
    """Something that is due on the virtual clock.

    Attributes:
        due: monotonic seconds.
        serial: the order of timers that are due at once.
        kind: what is due.
        conversation_id: the conversation; empty for none.
        participant_id: the participant; empty for none.
    """

    due: float
    serial: int
    kind: TimerKind
    conversation_id: str = ""
    participant_id: str = ""


class ContactCenter(Struct):
    """All conversations, and what their distribution to agents needs.

    Attributes:
        conversations: by id, in order of their start.
        finished: ids of those that are over, in that order; the oldest are dropped first.
        dropped: how many were dropped.
        members: whether each member of a queue is joined, by queue and user.
        by_group: the members that a queue has by its groups alone, by queue.
        memberships: the queues of each user, joined or not.
        waiting: the conversation of each ``acd`` participant that waits, by queue; the first is next.
        available: the agents that can take a conversation, by queue; the first waits longest.
        busy: the conversations of each user that are not finished for them.
        unsettled: queues in which a conversation and an agent may have to be matched.
        timers: a heap.
        changed: the conversations that changed and were not published yet.
        facts: what happened and was not published yet.
        status_changes: users whose routing status changed and was not published yet.
        statuses: the latest changes of each user's presence and routing status.
        membership_changes: queue and user of changed memberships, likewise.
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
        per_minute: the mean number of conversations a minute.
        seed: makes it repeatable.
        drawn: how many random numbers were drawn.
        started: how many conversations were started.
    """

    per_minute: float
    seed: int
    drawn: int = 0
    started: int = 0

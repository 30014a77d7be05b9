"""Creates the events that report unpublished changes to conversations, agents and queues.

Invariants: a changed conversation is published as a whole, once for each of its agents and queues,
after the detail events of the change. A body is built only for a topic with a subscription. An
agent receives the events of a conversation from the alert to the end of after-call work.

Guesses: the order of the events for one change; a queue receives the events of its conversations
until they end.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final

from genesys_core.clock import Now
from genesys_core.notifications.topics import topic_model_name
from genesys_core.simulator.conversations.observations import observe_queue
from genesys_core.simulator.conversations.rest_views import (
    MEDIA_PATHS,
    show_conversation,
    show_media_conversation,
)
from genesys_core.simulator.conversations.session_times import time_spent
from genesys_core.simulator.http.exchange import format_instant
from genesys_core.simulator.sockets.event_bodies import shape_event
from genesys_core.simulator.sockets.metric_events import METRIC_TOPICS, MetricEvents
from genesys_core.simulator.state.channels import Notice, is_heard
from genesys_core.simulator.state.definition import Definition, Schema
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.timeline import (
    ConversationTimeline,
    DetailFact,
    MediaKind,
    MediaSession,
    Participant,
)
from genesys_core.simulator.state.world import TEAMS, Record

__all__ = ["CONVERSATION_TOPICS", "ConversationEvents"]

_DETAILS: Final = "v2.detail.events.conversation.{id}"
_FACTS: Final = (
    "acd.end",
    "acd.start",
    "acw",
    "attributes",
    "customer.end",
    "customer.start",
    "user.end",
    "user.start",
    "wrapup",
)

CONVERSATION_TOPICS: Final = frozenset(
    {
        *(f"{_DETAILS}.{kind}" for kind in _FACTS),
        *(f"v2.users.{{id}}.conversations.{each}" for each in MEDIA_PATHS.values()),
        *(f"v2.routing.queues.{{id}}.conversations.{each}" for each in MEDIA_PATHS.values()),
        *METRIC_TOPICS,
        "v2.analytics.queues.{id}.activity",
        "v2.analytics.queues.{id}.observations",
        "v2.detail.events.agent.{id}.state",
        "v2.routing.queues.{id}.conversations",
        "v2.routing.queues.{id}.users",
        "v2.users.{id}.activity",
        "v2.users.{id}.conversations",
        "v2.users.{id}.conversationsummary",
        "v2.users.{id}.routingStatus",
        "v2.users.{id}.workforcemanagement.adherence",
        "v2.workforcemanagement.teams.{id}.adherence",
    }
)
"""The templates of the topics to which this module publishes events."""

_STATES: Final[Mapping[str, str]] = {
    "alert": "ALERT",
    "dialing": "DIALING",
    "hold": "HOLD",
    "interact": "INTERACT",
    "wrapup": "WRAPUP",
}
_DISCONNECTS: Final[Mapping[str, str]] = {
    "transfer.noanswer": "NO_ANSWER_TRANSFER",
    "transfer.consult": "CONSULT_TRANSFER",
}
_MEDIA: Final[Mapping[str, str]] = {
    "voice": "call",
    "callback": "callback",
    "email": "email",
    "message": "message",
}


class ConversationEvents:
    """Creates the events that report changes to conversations, agents and queues.

    Args:
        definition: the API definition, which contains the models of the topics' events.
    """

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._metrics = MetricEvents(definition)

    def publish(self, state: PlatformState, now: Now) -> None:
        """Add the events for all unpublished changes to the pending events, and clear the changes.

        Args:
            state: the platform's state.
            now: the current time.
        """
        center, notices = state.contact_center, state.notices
        while center.facts:
            notices.append(self._fact(state, center.facts.popleft(), now))
        for identity in center.changed:
            notices.extend(self._conversation(state, center.conversations[identity], now))
            notices.extend(self._metrics.notices(state, center.conversations[identity], now))
        for queue_id, media in self._queues(state):
            notices.extend(self._observations(state, queue_id, media, now))
        for user_id in center.status_changes:
            notices.extend(self._status(state, user_id, now))
        for queue_id, user_id in center.membership_changes:
            notices.append(self._membership(state, queue_id, user_id, now))
        center.changed.clear()
        center.status_changes.clear()
        center.membership_changes.clear()

    def _notice(
        self,
        state: PlatformState,
        names: tuple[str, str],
        make: Callable[[], Record],
        now: Now,
    ) -> Notice:
        """Return the event for a topic, given by its template and its name.

        An event without subscribers has no body, because building one is expensive.
        """
        template, topic = names
        if not is_heard(state.channels, topic):
            return Notice(topic, None)
        model = Schema(ref=f"#/definitions/{topic_model_name(template)}")
        return Notice(topic, shape_event(self._definition, model, make(), "updated", now))

    def _conversation(
        self, state: PlatformState, conversation: ConversationTimeline, now: Now
    ) -> Iterator[Notice]:
        agents = [each for each in conversation.participants if each.user_id and not each.is_told]
        queues = {each.queue_id for each in conversation.participants if each.queue_id is not None}
        hearers = [
            *(("v2.users.{id}", each) for each in dict.fromkeys(a.user_id or "" for a in agents)),
            *(("v2.routing.queues.{id}", each) for each in sorted(queues)),
        ]
        views: list[tuple[str, Callable[[], Record]]] = [
            (".conversations", partial(show_conversation, state, conversation)),
            *(
                (
                    f".conversations.{MEDIA_PATHS[e]}",
                    partial(show_media_conversation, conversation, e),
                )
                for e in conversation.media_kinds
            ),
        ]
        for prefix, identity in hearers:
            for suffix, view in views:
                names = (f"{prefix}{suffix}", f"{prefix.replace('{id}', identity)}{suffix}")
                yield self._notice(state, names, view, now)
        for agent in agents:
            yield from self._agent(state, conversation, agent, now)

    def _queues(self, state: PlatformState) -> Mapping[tuple[str, MediaKind], None]:
        """Return the queues and media types of the conversations that changed."""
        center = state.contact_center
        changed = (center.conversations[each] for each in center.changed)
        return {
            (each.queue_id, each.session.media): None
            for conversation in changed
            for each in conversation.participants
            if each.queue_id is not None
        }

    def _observations(
        self, state: PlatformState, queue_id: str, media: MediaKind, now: Now
    ) -> Iterator[Notice]:
        for suffix, view in (("observations", _observation), ("activity", _queue_activity)):
            template = f"v2.analytics.queues.{{id}}.{suffix}"
            names = (template, template.replace("{id}", queue_id))
            yield self._notice(state, names, partial(view, state, queue_id, media, now), now)

    def _agent(
        self,
        state: PlatformState,
        conversation: ConversationTimeline,
        agent: Participant,
        now: Now,
    ) -> Iterator[Notice]:
        # The event that is created now is the last one for an agent who has finished.
        agent.is_told = agent.is_finished
        user_id = agent.user_id or ""
        template = "v2.detail.events.agent.{id}.state"
        names = (template, template.replace("{id}", user_id))
        yield self._notice(state, names, lambda: _agent_state(conversation, agent), now)
        template = "v2.users.{id}.conversationsummary"
        names = (template, template.replace("{id}", user_id))
        yield self._notice(state, names, lambda: _summary(state, user_id), now)

    def _fact(self, state: PlatformState, fact: DetailFact, now: Now) -> Notice:
        template = f"{_DETAILS}.{fact.kind}"
        names = (template, template.replace("{id}", fact.conversation_id))
        return self._notice(state, names, lambda: _detail(state, fact), now)

    def _status(self, state: PlatformState, user_id: str, now: Now) -> Iterator[Notice]:
        for suffix, view in (("routingStatus", _routing_status), ("activity", _activity)):
            names = (f"v2.users.{{id}}.{suffix}", f"v2.users.{user_id}.{suffix}")
            yield self._notice(state, names, partial(view, state, user_id), now)
        template = "v2.users.{id}.workforcemanagement.adherence"
        names = (template, template.replace("{id}", user_id))
        yield self._notice(state, names, partial(_adherence, state, user_id, now), now)
        for team in state.collections.get(TEAMS, {}):
            if user_id in state.collections.get((*TEAMS, team, "members"), {}):
                template = "v2.workforcemanagement.teams.{id}.adherence"
                names = (template, template.replace("{id}", team))
                yield self._notice(state, names, partial(_adherence, state, user_id, now), now)

    def _membership(self, state: PlatformState, queue_id: str, user_id: str, now: Now) -> Notice:
        joined = state.contact_center.members.get(queue_id, {}).get(user_id, False)
        body: Record = {
            "id": user_id,
            "user": {"id": user_id},
            "queueId": queue_id,
            "joined": joined,
        }
        template = "v2.routing.queues.{id}.users"
        return self._notice(
            state, (template, template.replace("{id}", queue_id)), lambda: body, now
        )


def _routing_status(state: PlatformState, user_id: str) -> Record:
    return {"id": user_id, "routingStatus": state.users[user_id].get("routingStatus")}


def _adherence(state: PlatformState, user_id: str, now: Now) -> Record:
    """Return a user's adherence, always unscheduled, because the simulator has no schedules."""
    user = state.users[user_id]
    routing = user.get("routingStatus")
    definition = _presence(user).get("presenceDefinition")
    return {
        "user": {"id": user_id},
        "systemPresence": definition.get("systemPresence")
        if isinstance(definition, Mapping)
        else None,
        "routingStatus": routing.get("status") if isinstance(routing, Mapping) else None,
        "adherenceState": "Unscheduled",
        "presenceUpdateTime": format_instant(now.wall),
    }


def _presence(user: Record) -> Mapping[str, Json]:
    found = user.get("presence")
    return found if isinstance(found, Mapping) else {}


def _activity(state: PlatformState, user_id: str) -> Record:
    """Return a user's presence, routing status and active queues."""
    center = state.contact_center
    presence = _presence(state.users[user_id])
    return {
        **_routing_status(state, user_id),
        "presence": {**presence, "presenceMessage": presence.get("message")},
        "activeQueueIds": [
            queue_id
            for queue_id in center.memberships.get(user_id, ())
            if center.members[queue_id][user_id]
        ],
    }


def _detail(state: PlatformState, fact: DetailFact) -> Record:
    """Return the flat body of a detail event."""
    conversation = state.contact_center.conversations[fact.conversation_id]
    participant = next(e for e in conversation.participants if e.id == fact.participant_id)
    session, wrap_up = participant.session, participant.wrap_up
    answered = conversation.participant(participant.answered_by or "")
    record: Record = {
        "eventTime": fact.at,
        "conversationId": conversation.id,
        "participantId": participant.id,
        "sessionId": session.id,
        "mediaType": session.media.upper(),
        "direction": session.direction.upper(),
        "provider": "Simulator",
        "userId": participant.user_id,
        "queueId": participant.queue_id,
        "disconnectType": _disconnect_type(session),
        "subject": conversation.subject or None,
        "acdOutcome": participant.outcome,
        "answeredUserId": None if answered is None else answered.user_id,
        "connectedDurationMs": time_spent(session, "interact"),
        "interactingDurationMs": time_spent(session, "interact"),
        "heldDurationMs": time_spent(session, "hold"),
        "alertingDurationMs": time_spent(session, "alert"),
        "dialingDurationMs": time_spent(session, "dialing"),
        "attributes": dict(participant.attributes),
    }
    if wrap_up is not None:
        record |= {
            "wrapupCode": wrap_up.code,
            "wrapupNotes": wrap_up.notes,
            "wrapupDurationMs": wrap_up.seconds * 1000,
        }
    return record


def _disconnect_type(session: MediaSession) -> str | None:
    known = session.disconnect_type
    return None if known is None else _DISCONNECTS.get(known, known.upper())


def _observation(state: PlatformState, queue_id: str, media: MediaKind, now: Now) -> Record:
    """Return a queue's current observations. Guess: their interval has no length."""
    at = format_instant(now.wall)
    counts = observe_queue(state, queue_id, media)
    return {
        "group": {"queueId": queue_id, "mediaType": media},
        "data": [
            {
                "interval": f"{at}/{at}",
                "metrics": [
                    {"metric": metric, "stats": {"count": count}}
                    for metric, count in counts.items()
                ],
            }
        ],
    }


def _queue_activity(state: PlatformState, queue_id: str, media: MediaKind, now: Now) -> Record:  # noqa: ARG001
    counts = observe_queue(state, queue_id, media)
    data: list[Json] = [{"metric": metric, "count": count} for metric, count in counts.items()]
    return {"results": [{"mediaType": media, "data": data}]}


def _agent_state(conversation: ConversationTimeline, agent: Participant) -> Record:
    segment = agent.session.segments[-1]
    ended = agent.session.ended
    is_over = agent.is_finished and ended is not None
    return {
        "conversationId": conversation.id,
        "sessionId": agent.session.id,
        "sessionStart": agent.session.started,
        "currentStateStart": ended if is_over else segment.start,
        "currentState": "TERMINATED" if is_over else _STATES[segment.kind],
        "userId": agent.user_id,
        "originatingDirection": conversation.direction.upper(),
        "mediaType": agent.session.media.upper(),
        "queueId": agent.queue_id,
    }


def _summary(state: PlatformState, user_id: str) -> Record:
    """Return how many conversations a user has, by media type and with or without a queue."""
    center = state.contact_center
    counts = {(kind, side): [0, 0] for kind in _MEDIA.values() for side in (True, False)}
    for identity in center.busy.get(user_id, ()):
        conversation = center.conversations[identity]
        for each in conversation.participants:
            if each.user_id == user_id and not each.is_finished:
                count = counts[_MEDIA[each.session.media], each.queue_id is not None]
                count[int(each.is_in_acw)] += 1
    return {
        "userId": user_id,
        **{
            kind: {
                side: dict(zip(("active", "acw"), counts[kind, is_acd], strict=True))
                for side, is_acd in (("contactCenter", True), ("enterprise", False))
            }
            for kind in _MEDIA.values()
        },
    }

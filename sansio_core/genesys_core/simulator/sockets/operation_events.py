"""Events caused by an operation or a job, immediately or when the work is done.

Invariants: an event contains values from the request, the response and the stored item, in the form
of the topic's model. No event is published on a topic whose ids are unknown. When a job's end is
due, nothing is published if the job has been deleted or waits for an action of its caller.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from genesys_core.clock import Now
from genesys_core.notifications.topics import topic_model_name
from genesys_core.simulator.conversations.timers import set_timer
from genesys_core.simulator.http.exchange import ApiCall, Reply, format_instant
from genesys_core.simulator.resources.job_states import SUCCESS, find_job_states
from genesys_core.simulator.resources.rule_types import Collection
from genesys_core.simulator.resources.rules import ResourceRules
from genesys_core.simulator.sockets.event_bodies import shape_event
from genesys_core.simulator.sockets.event_rules import EventRules
from genesys_core.simulator.sockets.operation_topics import TOPIC_CAUSES, TopicCause, causes_of
from genesys_core.simulator.state.changes import ChangeKind, RecordChange
from genesys_core.simulator.state.channels import Notice
from genesys_core.simulator.state.definition import Definition, Schema
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.jobs import AwaitedEvent, WorkEnd
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.world import GROUPS, Record

__all__ = ["JobStart", "OperationEvents"]

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_KINDS: Final[Mapping[str, ChangeKind]] = {"POST": "created", "DELETE": "deleted"}
_MOMENT: Final = 0.001
"""Seconds by which the check for a job's end is delayed, so that rounding cannot make it early."""


class OperationEvents:
    """Publishes the events that operations and jobs cause, at once or when the work is done.

    Args:
        definition: the API definition, which contains the models of the topics' events.
        rules: the definition's rules, which identify the operations that start jobs.
        events: maps the paths of jobs to topics.
    """

    def __init__(self, definition: Definition, rules: ResourceRules, events: EventRules) -> None:
        self._definition = definition
        self._rules = rules
        self._events = events

    def publish(
        self, call: ApiCall, reply: Reply, changes: Sequence[RecordChange], *, has_job: bool = False
    ) -> None:
        """Add the events that an API call causes to the pending events; set a timer for later ones.

        Args:
            call: the API call that has been performed.
            reply: the response to the API call.
            changes: the records that the API call changed, whose events the caller publishes.
            has_job: whether the API call started a job.
        """
        rule = self._rules.find(call.route) if call.settings.stateful else None
        collection = None if rule is None else rule.collection
        awaited: list[AwaitedEvent] = []
        for cause in causes_of(call.route.method, call.route.template):
            for event in self._events_of(cause, call, reply):
                if cause.is_late:
                    awaited.append(event)
                else:
                    call.state.notices.append(self._notice(event, "", call.now))
        if collection is not None and has_job:
            at = next(reversed(call.state.jobs))  # the job that the call has just started
            caller = call.user_id
            seconds = call.settings.job_duration
            start = JobStart(call.state, at, collection, caller, seconds, call.now)
            self.follow_job(start, changes, awaited)
        elif awaited:
            end = WorkEnd("", (), tuple(awaited))
            key = call.state.new_id("work")
            _set_end(call.state, key, end, call.settings.job_duration, call.now)
        elif collection is not None and rule is not None and rule.action == "resume":
            _resume(call, collection)

    def follow_job(
        self,
        start: "JobStart",
        changes: Sequence[RecordChange] = (),
        awaited: Sequence[AwaitedEvent] = (),
    ) -> None:
        """Publish the events for the start of a job, and schedule those for its end.

        Args:
            start: the job that has started.
            changes: the records changed by the call that started the job; if the job is one of
                them, no start events are published, because the job's change is published anyway.
            awaited: further events to publish when the job ends.
        """
        at, collection = start.at, start.collection
        is_id = [each.startswith("{") for each in (*collection.template.split("/"), "{id}")]
        pairs = list(zip(is_id, at, strict=True))
        template = "/".join("{}" if marked else each for marked, each in pairs)
        ids = tuple(each for marked, each in pairs if marked)
        record = start.state.collections[at[:-1]][at[-1]]
        change = RecordChange(template, ids, "created", record)
        if not any((each.template, each.ids) == (template, ids) for each in changes):
            start.state.notices.extend(self._events.notices(change, start.caller, start.now))
        own = [
            AwaitedEvent(known, topic, record, "updated")
            for known, topic in self._events.topics_of(change, start.caller)
        ]
        if own or awaited:
            end = WorkEnd(collection.template, at, (*own, *awaited))
            _set_end(start.state, "/".join(at), end, start.seconds, start.now)

    def end_work(self, state: PlatformState, key: str, duration: float, now: Now) -> None:
        """Publish the events for the end of a job or other work, if it has ended.

        Args:
            state: the platform's state.
            key: the key of the timer that is due.
            duration: how long a job takes, in seconds.
            now: the time at which the timer was due.
        """
        end = state.work_ends.get(key)
        if end is None:
            return
        outcome: str | None = SUCCESS
        if end.at:
            outcome = self._outcome(state, end, duration, now)
        if outcome is None and end.at in state.jobs:
            return  # the job waits for its caller, who sets a new timer by continuing it
        del state.work_ends[key]
        if outcome is not None:
            for event in end.events:
                state.notices.append(self._notice(event, outcome, now))

    def heard(self) -> dict[str, str]:
        """Map each topic to the first operation that causes events on it."""
        known = {f"{each.method} {each.template}" for each in self._definition.routes}
        heard: dict[str, str] = {}
        for cause in TOPIC_CAUSES:
            operation = cause.operations[0].replace(" ", " /api/v2", 1)
            if operation in known:
                heard.setdefault(cause.template, operation)
        return heard

    def _outcome(self, state: PlatformState, end: WorkEnd, duration: float, now: Now) -> str | None:
        """Return the state in which a job has ended; ``None`` if it was deleted or is running."""
        run, collection = state.jobs.get(end.at), self._rules.collection(end.template)
        states = None if collection is None else collection.states
        if run is None or states is None:
            return None
        wanted = state.job_outcomes.get(end.template, SUCCESS)
        reached = states.state_at(run, now.monotonic + _MOMENT, duration, wanted)
        if not run.ended and reached != states.end_of(wanted):
            return None
        return SUCCESS if reached == states.success else reached

    def _notice(self, event: AwaitedEvent, outcome: str, now: Now) -> Notice:
        model = Schema(ref=f"#/definitions/{topic_model_name(event.template)}")
        states = find_job_states(self._definition.resolve(model))
        record = event.record
        if states is not None:
            known = {each.lower(): each for each in states.names}
            state = states.waiting if not outcome else states.success
            if outcome not in {"", SUCCESS}:
                state = known.get(outcome.lower(), states.failure)
            record = {**record, states.name: state}
        return Notice(event.topic, shape_event(self._definition, model, record, event.kind, now))

    def _events_of(self, cause: TopicCause, call: ApiCall, reply: Reply) -> Iterator[AwaitedEvent]:
        kind: ChangeKind = _KINDS.get(call.route.method, "updated")
        for facts in _facts(cause, call, reply):
            name, _, wanted = cause.needs.partition("=")
            value = facts.get(name)
            if name and (value is None or (wanted and value != wanted)):
                continue

            def find(placeholder: str, facts: Record = facts) -> Json:
                return _value(placeholder, call, facts)

            topic = _fill(cause.topic, find)
            more = _filled(cause.more, find)
            if topic is not None and isinstance(more, Mapping):
                yield AwaitedEvent(cause.template, topic, {**facts, **more}, kind)


class JobStart(Struct, frozen=True):
    """A job that has started.

    Attributes:
        state: the platform's state.
        at: the segments of the job's path.
        collection: the collection of the job.
        caller: the id of the user who started the job, if any.
        seconds: how long a job takes, in seconds.
        now: when the job was started.
    """

    state: PlatformState
    at: tuple[str, ...]
    collection: Collection
    caller: str | None
    seconds: float
    now: Now


def _set_end(state: PlatformState, key: str, end: WorkEnd, seconds: float, now: Now) -> None:
    state.work_ends[key] = end
    set_timer(state.contact_center, "work", seconds, now, (key, ""))


def _resume(call: ApiCall, collection: Collection) -> None:
    """Reset the timer of a job that continues after waiting for its caller."""
    at = _path(call)[: len(collection.template.split("/")) + 1]
    end = call.state.work_ends.get("/".join(at))
    if end is not None:
        seconds = 0.0 if call.state.jobs[at].ended else call.settings.job_duration / 2
        _set_end(call.state, "/".join(at), end, seconds, call.now)


def _path(call: ApiCall) -> tuple[str, ...]:
    return tuple(
        call.arguments[each[1:-1]] if each.startswith("{") else each
        for each in call.route.template.split("/")
    )


def _facts(cause: TopicCause, call: ApiCall, reply: Reply) -> Iterator[Record]:
    """Yield the known values of each event: from the item, response, request and path."""
    facts = {**_stored(call), **_mapping(_replied(reply)), **_mapping(call.body), **call.arguments}
    if not cause.each:
        yield facts
        return
    if cause.each == "agents":
        for user_id, conversation_id in _agents_of_sender(call):
            yield {**facts, "userId": user_id, "conversationId": conversation_id}
        return
    listed = call.body if cause.each == "*" else _mapping(call.body).get(cause.each)
    for item in listed if isinstance(listed, list) else ():
        yield {**facts, **_mapping(item)}


def _agents_of_sender(call: ApiCall) -> Iterator[tuple[str, str]]:
    """Yield the ids of agents and of their message conversations with an open message's sender."""
    sender = _mapping(_mapping(_mapping(call.body).get("channel")).get("from")).get("id")
    center = call.state.contact_center
    for user_id, conversations in center.busy.items():
        for identity in conversations:
            conversation = center.conversations[identity]
            addresses = [e.session.address for e in conversation.participants if not e.user_id]
            if conversation.media == "message" and sender in addresses:
                yield user_id, identity


def _stored(call: ApiCall) -> Record:
    """Return the innermost stored item in a call's path; empty if none is stored."""
    path = _path(call)
    for length in range(len(path), 1, -1):
        found = call.state.collections.get(path[: length - 1], {}).get(path[length - 1])
        if found is not None:
            return found
    return {}


def _replied(reply: Reply) -> Json:
    if not reply.body or "json" not in reply.content_type:
        return None
    value: Json = msgspec.json.decode(reply.body)
    return value


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _value(name: str, call: ApiCall, facts: Record) -> Json:
    """Return the value of a placeholder; see :class:`TopicCause`."""
    value: Json
    match name:
        case "*":
            value = facts
        case "caller":
            value = call.user_id
        case "now":
            value = format_instant(call.now.wall)
        case "queue":
            known = call.state.contact_center.conversations.get(call.arguments["conversationId"])
            parties = () if known is None else known.participants
            value = next((each.queue_id for each in parties if each.queue_id), None)
        case "room" | "group":
            room = call.arguments["roomJid"].partition("@")[0]
            is_group = room in call.state.collections.get(GROUPS, {})
            value = room if is_group == (name == "group") else None
        case _ if name.startswith("."):
            found = facts.get(name[1:])
            value = found.get("id") if isinstance(found, Mapping) else found
        case _:
            value = call.arguments.get(name)
    return value


def _fill(topic: str, find: Callable[[str], Json]) -> str | None:
    """Return a topic with its ids filled in; ``None`` if one is unknown or contains a dot."""
    values = {name: find(name) for name in _PLACEHOLDER.findall(topic)}
    if not all(isinstance(each, str) and each and "." not in each for each in values.values()):
        return None
    return _PLACEHOLDER.sub(lambda found: str(values[found[1]]), topic)


def _filled(value: Json, find: Callable[[str], Json]) -> Json:
    """Return a value with its placeholders replaced; properties with unknown values are omitted."""
    if isinstance(value, str):
        found = _PLACEHOLDER.fullmatch(value)
        return value if found is None else find(found[1])
    if isinstance(value, list):
        return [_filled(each, find) for each in value]
    if not isinstance(value, Mapping):
        return value
    made = {name: _filled(each, find) for name, each in value.items()}
    return {name: each for name, each in made.items() if each is not None}

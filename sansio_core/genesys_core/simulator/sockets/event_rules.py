"""The topics to which an event is published when a stored record changes.

Invariants: the rules are derived from the topic map and a reviewed table of topics whose name
differs from their resource's path. No event is published on a topic whose ids are unknown.

A topic ``v2.outbound.campaigns.{id}`` belongs to ``/api/v2/outbound/campaigns/{campaignId}``, and
``v2.edges.{id}.interfaces`` to every item below ``/api/v2/edges/{edgeId}/interfaces``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from msgspec import Struct

from genesys_core.clock import Now
from genesys_core.notifications.topics import NOTIFICATION_TOPICS, topic_model_name
from genesys_core.simulator.resources.rule_types import ResourceRule
from genesys_core.simulator.resources.rules import ResourceRules
from genesys_core.simulator.sockets.conversation_events import CONVERSATION_TOPICS
from genesys_core.simulator.sockets.event_bodies import shape_event
from genesys_core.simulator.state.changes import RecordChange
from genesys_core.simulator.state.channels import Notice
from genesys_core.simulator.state.definition import Definition, OperationFacts, Schema
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.routes import ServedRoute

__all__ = ["HEARD_BY_HAND", "EventRules"]

TOPICS_ELSEWHERE: Final[tuple[tuple[str, str], ...]] = (
    ("/api/v2/alerting/alerts/{}", "v2.users.{caller}.alerting.alerts"),
    ("/api/v2/alerting/rules/{}", "v2.users.{caller}.alerting.rules"),
    ("/api/v2/coaching/notifications/{}", "v2.users.{caller}.wem.coaching.notification"),
    (
        "/api/v2/contentmanagement/documents/{}",
        "v2.contentmanagement.workspaces.{.workspace}.documents",
    ),
    (
        "/api/v2/conversations/{}/recordings/{}",
        "v2.users.{caller}.conversations.{0}.recordings.{1}",
    ),
    ("/api/v2/conversations/{}/recordings/{}", "v2.users.{caller}.conversations.{0}.recordings"),
    ("/api/v2/conversations/{}/recordings/{}", "v2.users.{caller}.recordings"),
    ("/api/v2/fax/documents/{}", "v2.users.{caller}.fax.documents"),
    ("/api/v2/learning/assignments/{}", "v2.users.{.user}.wem.learning.assignment"),
    ("/api/v2/outbound/callanalysisresponsesets/{}", "v2.outbound.responsesets.{0}"),
    ("/api/v2/outbound/messagingcampaigns/{}", "v2.outbound.emailcampaigns.{0}+emailConfig"),
    ("/api/v2/outbound/messagingcampaigns/{}", "v2.outbound.whatsappcampaigns.{0}+whatsAppConfig"),
    ("/api/v2/outbound/wrapupcodemappings", "v2.outbound.wrapupcodemappings.{.id}"),
    ("/api/v2/quality/conversations/{}/evaluations/{}", "v2.quality.evaluations"),
    ("/api/v2/taskmanagement/workitems/{}", "v2.taskmanagement.workitems.queues.{.queue}"),
    ("/api/v2/taskmanagement/workitems/{}", "v2.taskmanagement.workitems.users.{.assignee}"),
    ("/api/v2/userrecordings/{}", "v2.users.{caller}.userrecordings"),
    ("/api/v2/users/{}/geolocations/{}", "v2.users.{0}.geolocation"),
    ("/api/v2/voicemail/messages/{}", "v2.users.{caller}.voicemail.messages"),
    (
        "/api/v2/webdeployments/configurations/{}/versions/draft",
        "v2.webdeployments.configurations.{0}",
    ),
    (
        "/api/v2/workforcemanagement/agents/{}/adherence/explanations/{}",
        "v2.workforcemanagement.businessunits.{.businessUnit}.adherence.explanations",
    ),
    (
        "/api/v2/workforcemanagement/managementunits/{}/users/{}/timeoffrequests/{}",
        "v2.users.{1}.workforcemanagement.timeoffrequests",
    ),
    (
        "/api/v2/workforcemanagement/timeoffrequests/{}",
        "v2.users.{caller}.workforcemanagement.timeoffrequests",
    ),
)
"""Pairs of a resource's path and a topic whose name differs from that path.

``{0}`` is the first id of the path, ``{caller}`` the user of the token, ``{.name}`` the id in a
property, and ``+name`` a property that the record must have. Guess: callers own the entities that
they create or change.
"""

AUDITS: Final = "v2.audits.entitytype.{id}.entityid.{id}"
"""The topic of the event that is published when an item of an audited type is created, changed or
deleted; the event is not delayed, because the platform's delay is unknown."""

HEARD_BY_HAND: Final = frozenset(
    {
        "v2.subscription.updated",
        "v2.system.no_longer_subscribed.{id}",
        "v2.system.socket_closing",
        "v2.system.token_revoked.{id}",
        "v2.system.{id}.{id}",
        "v2.users.{id}.presence",
        "v2.users.{id}.tokens",
    }
)
"""Topics whose events are published by handlers or the hub, and therefore not by a rule."""

_PLACEHOLDER: Final = re.compile(r"\{[^}]*\}")


class TopicSource(Struct, frozen=True):
    """A rule by which events are published on a topic.

    Attributes:
        topic: the topic's template, a key of the topic map.
        pattern: the topic with named placeholders, which are filled in from the record.
        needs: a property that the record must have; empty if there is none.
    """

    topic: str
    pattern: str
    needs: str = ""


class EventRules:
    """Maps the paths of records to the topics that report changes to the records.

    Args:
        definition: the API definition, which contains the models of the topics' events.
    """

    def __init__(self, definition: Definition) -> None:
        self._definition = definition

    def notices(self, change: RecordChange, caller: str | None, now: Now) -> Iterator[Notice]:
        """Yield the events that report a change to a record.

        Args:
            change: the record that changed.
            caller: the id of the user who made the request, if any.
            now: the time of the request.
        """
        for template, topic in self.topics_of(change, caller):
            yield Notice(topic, self._body(template, change, now))
        entity = self._audited_type(change.template)
        if entity is not None and change.is_target:
            yield self._audit(entity, change, caller, now)

    def topics_of(self, change: RecordChange, caller: str | None) -> Iterator[tuple[str, str]]:
        """Yield the template and name of each topic, except audit topics, that reports a change.

        Args:
            change: the record that changed.
            caller: the id of the user who made the request, if any.
        """
        for source in _found(change.template):
            topic = _filled(source.pattern, change, caller)
            if topic is not None and (not source.needs or source.needs in change.record):
                yield source.topic, topic

    def heard(self, rules: ResourceRules) -> dict[str, str]:
        """Return, by topic, the path of the records whose changes the topic reports.

        Topics that report no changes are omitted; the audit topic has a description instead of a
        path.

        Args:
            rules: the definition's rules, with the paths at which records can be written.
        """
        started = {
            source.topic: path
            for route in self._definition.routes
            if (path := _job_path(rules.find(route))) is not None
            for source in _found(path)
        }
        written = {
            source.topic: path
            for route in self._definition.routes
            if route.method != "GET" and _changes_its_path(route, rules.find(route))
            for path in _changed_paths(route, rules.find(route))
            for source in _found(path)
        }
        heard = started | written
        return {topic: heard[topic] for topic in NOTIFICATION_TOPICS if topic in heard} | {
            AUDITS: "changes to items of audited types"
        }

    def _body(self, topic: str, change: RecordChange, now: Now) -> Json:
        model = Schema(ref=f"#/definitions/{topic_model_name(topic)}")
        return shape_event(self._definition, model, change.record, change.kind, now)

    def _audited_type(self, template: str) -> str | None:
        """Return the type of an item as audits name it, or ``None`` if it is not audited."""
        owner = template.removesuffix("/{}")
        model = self._definition.schemas.get(topic_model_name(AUDITS), Schema())
        known = (model.properties or {}).get("entityType", Schema()).enum or ()
        kind = owner.rpartition("/")[2].removesuffix("s").lower()
        return next((str(e) for e in known if owner != template and str(e).lower() == kind), None)

    def _audit(self, entity: str, change: RecordChange, caller: str | None, now: Now) -> Notice:
        identity = change.ids[-1]
        named = {"id": identity, "name": change.record.get("name")}
        record: dict[str, Json] = {
            "id": f"{identity}-{int(now.wall * 1000)}",
            "userId": caller,
            "entityType": entity,
            "entity": {key: value for key, value in named.items() if value is not None},
            "level": "USER" if caller else "SYSTEM",
        }
        about = RecordChange(change.template, change.ids, change.kind, record)
        topic = f"v2.audits.entitytype.{entity}.entityid.{identity}"
        return Notice(topic, self._body(AUDITS, about, now))


@cache
def _sources() -> Mapping[str, Sequence[TopicSource]]:
    """Return the topics by path, in lower case and with ``{}`` for each id."""
    sources: dict[str, list[TopicSource]] = {}
    for topic in NOTIFICATION_TOPICS:
        if topic not in {*HEARD_BY_HAND, *CONVERSATION_TOPICS, AUDITS}:
            path = f"/api/{topic.replace('.', '/')}".replace("{id}", "{}").lower()
            sources.setdefault(path, []).append(TopicSource(topic, _numbered(topic)))
    for path, written in TOPICS_ELSEWHERE:
        pattern, _, needs = written.partition("+")
        source = TopicSource(_PLACEHOLDER.sub("{id}", pattern), pattern, needs)
        sources.setdefault(path, []).append(source)
    return sources


def _changes_its_path(route: ServedRoute[OperationFacts], rule: ResourceRule | None) -> bool:
    """Return whether a write changes the record at its own path, not members or other items."""
    if rule is None or rule.letter not in {"A", "B", "C", "D", "E", "H"}:
        return False
    if rule.letter == "E":
        return rule.action == "add_members"
    if rule.collection is None:
        return route.method != "DELETE"
    return rule.action != "start" or rule.collection.template == route.template


def _job_path(rule: ResourceRule | None) -> str | None:
    """Return the path of the jobs that a rule is for, or ``None``.

    The path may be one at which no operation starts jobs: tests can start them with
    ``Simulator.start_job``.
    """
    if rule is None or rule.collection is None or rule.collection.states is None:
        return None
    return _PLACEHOLDER.sub("{}", f"{rule.collection.template}/{{}}")


def _found(template: str) -> Sequence[TopicSource]:
    """Return the topics of the item or resource at a path, and those of the item's collection."""
    path = template.lower()
    own, collection = _sources().get(path, ()), path.removesuffix("/{}")
    return own if collection == path else [*own, *_sources().get(collection, ())]


def _numbered(topic: str) -> str:
    """Return the topic with its placeholders numbered from left to right."""
    parts = topic.split("{id}")
    return "".join(f"{part}{{{at}}}" for at, part in enumerate(parts[:-1])) + parts[-1]


def _changed_paths(
    route: ServedRoute[OperationFacts], rule: ResourceRule | None
) -> tuple[str, ...]:
    """Return the path of the record that a write changes."""
    template = _PLACEHOLDER.sub("{}", route.template)
    is_item = rule is not None and rule.collection is not None
    return (f"{template}/{{}}",) if route.method == "POST" and is_item else (template,)


def _filled(pattern: str, change: RecordChange, caller: str | None) -> str | None:
    """Return a topic with its ids filled in, or ``None`` if an id is unknown."""
    topic = pattern
    for name in _PLACEHOLDER.findall(pattern):
        value = _value(name[1:-1], change, caller)
        if not isinstance(value, str) or not value:
            return None
        topic = topic.replace(name, value)
    return topic


def _value(name: str, change: RecordChange, caller: str | None) -> Json:
    if name == "caller":
        return caller
    if name.startswith("."):
        found = change.record.get(name[1:])
        return found.get("id") if isinstance(found, Mapping) else found
    return change.ids[int(name)]

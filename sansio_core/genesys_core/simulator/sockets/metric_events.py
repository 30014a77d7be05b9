"""Metric events for conversations, agents and wrap-up codes.

Invariants: an emitted metric is published at most once on each topic, with the value that analytics
queries count. Nothing is computed for a conversation without a subscription.

Guesses: metrics are published with each change instead of every half minute; a new subscriber
receives a conversation's metrics from its start.
"""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from genesys_core.clock import Now
from genesys_core.notifications.topics import topic_model_name
from genesys_core.simulator.conversations.dimensions import session_dimensions
from genesys_core.simulator.conversations.metrics import EmittedMetric, conversation_metrics
from genesys_core.simulator.conversations.rest_views import show_time
from genesys_core.simulator.sockets.event_bodies import shape_event
from genesys_core.simulator.state.channels import Notice, is_heard
from genesys_core.simulator.state.definition import Definition, Schema
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.timeline import ConversationTimeline

if TYPE_CHECKING:
    from genesys_core.simulator.state.examples import Json
    from genesys_core.simulator.state.world import Record

__all__ = ["METRIC_TOPICS", "MetricEvents"]

_CONVERSATION: Final = "v2.analytics.conversation.{id}.metrics"
_USER: Final = "v2.analytics.users.{id}.aggregates"
_WRAP_UP: Final = "v2.analytics.wrapup.{id}.aggregates"

METRIC_TOPICS: Final = frozenset({_CONVERSATION, _USER, _WRAP_UP})
"""The templates of the topics to which this module publishes metric events."""


class MetricEvents:
    """Creates the events that report the metrics of conversations.

    Args:
        definition: the API definition, which contains the models of the topics' events.
    """

    def __init__(self, definition: Definition) -> None:
        self._definition = definition

    def notices(
        self, state: PlatformState, conversation: ConversationTimeline, now: Now
    ) -> Iterator[Notice]:
        """Yield the events for the metrics of a conversation that have not been published yet.

        Args:
            state: the platform's state.
            conversation: a conversation that has changed.
            now: the current time.
        """
        if not any(is_heard(state.channels, topic) for topic in _topics(conversation)):
            return
        for metric in _new_metrics(conversation):
            dimensions = session_dimensions(conversation, metric.participant)
            at = show_time(metric.at)
            facts: Record = {
                "metric": metric.name,
                "metricDate": at,
                "value": metric.value,
                **{name: each for name, each in dimensions.items() if each is not None},
            }
            stats: Record = {"count": metric.value}
            if not metric.name.startswith("n"):
                stats = {"count": 1, **dict.fromkeys(("sum", "min", "max"), metric.value)}
            data: list[Json] = [
                {"interval": f"{at}/{at}", "metrics": [{"metric": metric.name, "stats": stats}]}
            ]
            media = metric.participant.session.media
            user, code = dimensions["userId"], dimensions["wrapUpCode"]
            by_user: Record = {"group": {"mediaType": media, "userId": user}, "data": data}
            by_code: Record = {"group": {"mediaType": media, "wrapUpCode": code}, "data": data}
            for template, identity, record in (
                (_CONVERSATION, conversation.id, facts),
                (_USER, user, by_user),
                (_WRAP_UP, code, by_code),
            ):
                topic = template.replace("{id}", identity or "")
                if identity is not None and is_heard(state.channels, topic):
                    model = Schema(ref=f"#/definitions/{topic_model_name(template)}")
                    body = shape_event(self._definition, model, record, "updated", now)
                    yield Notice(topic, body)


def _topics(conversation: ConversationTimeline) -> Iterator[str]:
    """Yield the topics that the metrics of a conversation may have."""
    yield _CONVERSATION.replace("{id}", conversation.id)
    for each in conversation.participants:
        if each.user_id is not None:
            yield _USER.replace("{id}", each.user_id)
        if each.wrap_up is not None:
            yield _WRAP_UP.replace("{id}", each.wrap_up.code)


def _new_metrics(conversation: ConversationTimeline) -> Iterator[EmittedMetric]:
    """Yield the metrics that have not been yielded before, and record them as published."""
    seen: Counter[tuple[str, str]] = Counter()
    for each in conversation_metrics(conversation):
        key = (each.participant.id, each.name)
        seen[key] += 1
        if seen[key] > conversation.metrics_told.get(key, 0):
            yield each
    conversation.metrics_told = dict(seen)

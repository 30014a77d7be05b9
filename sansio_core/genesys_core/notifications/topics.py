"""Notification topics and the types of their events.

Invariants: the map is complete and lazy: it contains every topic template of the API definition,
and imports a model only when its topic is looked up.
"""

from typing import Final

from genesys_core.notifications._topic_models import TOPIC_MODELS
from genesys_core.notifications.topic_table import TopicTable

__all__ = ["NOTIFICATION_TOPICS", "topic_model_name"]

NOTIFICATION_TOPICS: Final = TopicTable(TOPIC_MODELS)
"""All topic templates, such as ``v2.users.{id}.presence``, and the models of their events."""


def topic_model_name(template: str) -> str:
    """Return the model name of a topic's events, without importing the model.

    Args:
        template: a key of :data:`NOTIFICATION_TOPICS`.

    Raises:
        KeyError: there is no such topic.
    """
    return TOPIC_MODELS[template]

"""Notification topics and the types of their events.

Invariants: the map is complete and lazy: it contains every topic template of the API definition,
and imports a model only when its topic is looked up.
"""

from collections.abc import Iterator, Mapping
from typing import Final, cast

from genesys_core import models
from genesys_core.codec.model import Model
from genesys_core.notifications._topic_models import TOPIC_MODELS

__all__ = ["NOTIFICATION_TOPICS", "topic_model_name"]


class _TopicModels(Mapping[str, type[Model]]):
    """Maps topic templates to models, importing each on lookup."""

    __slots__ = ()

    def __getitem__(self, template: str) -> type[Model]:
        return cast(type[Model], getattr(models, TOPIC_MODELS[template]))

    def __iter__(self) -> Iterator[str]:
        return iter(TOPIC_MODELS)

    def __len__(self) -> int:
        return len(TOPIC_MODELS)

    def __contains__(self, template: object) -> bool:
        """Return whether the template is known, without importing its model."""
        return template in TOPIC_MODELS

    def __repr__(self) -> str:
        return f"NOTIFICATION_TOPICS({len(self)} topics)"


NOTIFICATION_TOPICS: Final[Mapping[str, type[Model]]] = _TopicModels()
"""All topic templates, such as ``v2.users.{id}.presence``, and the models of their events."""


def topic_model_name(template: str) -> str:
    """Return the name of the model of a topic's events, without importing the model.

    Args:
        template: a key of :data:`NOTIFICATION_TOPICS`.

    Raises:
        KeyError: there is no such topic.
    """
    return TOPIC_MODELS[template]

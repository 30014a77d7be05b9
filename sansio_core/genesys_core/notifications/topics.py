"""Notification topics and the types of their events.

Law: the map is complete and lazy: it names every topic template that the definition knows, and
imports a model when its topic is looked up, not before.
"""

from collections.abc import Iterator, Mapping
from typing import Final, cast

from genesys_core import models
from genesys_core.codec.model import Model
from genesys_core.notifications._topic_models import TOPIC_MODELS

__all__ = ["NOTIFICATION_TOPICS"]


class _TopicModels(Mapping[str, type[Model]]):
    """Topic templates to models; looking one up imports the model."""

    __slots__ = ()

    def __getitem__(self, template: str) -> type[Model]:
        return cast(type[Model], getattr(models, TOPIC_MODELS[template]))

    def __iter__(self) -> Iterator[str]:
        return iter(TOPIC_MODELS)

    def __len__(self) -> int:
        return len(TOPIC_MODELS)

    def __contains__(self, template: object) -> bool:
        """Whether the template is known; imports nothing."""
        return template in TOPIC_MODELS

    def __repr__(self) -> str:
        return f"NOTIFICATION_TOPICS({len(self)} topics)"


NOTIFICATION_TOPICS: Final[Mapping[str, type[Model]]] = _TopicModels()
"""Every topic template, such as ``v2.users.{id}.presence``, and the model of its events."""

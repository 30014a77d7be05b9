"""Tables of notification topics: the template of a topic, and the model of its events.

Invariants: a table is lazy: a model is imported only when its topic is looked up. Topics are
case-insensitive.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Final, TypeAlias, cast

from genesys_core.codec.decoding import resolve_type
from genesys_core.codec.model import Model

__all__ = ["TopicTable"]

_PLACEHOLDER: Final = "{id}"
_Parts: TypeAlias = tuple[str | None, ...]


class TopicTable(Mapping[str, type[Model]]):
    """Maps topic templates to models, importing each model on lookup.

    Args:
        names: model names by template.
        package: the package whose module ``models`` contains the models.
    """

    def __init__(self, names: Mapping[str, str], package: str = "genesys_core") -> None:
        self._names = names
        self._package = package
        # A cache for each table: one of the class would keep tables alive.
        self._found = lru_cache(maxsize=4096)(self._find)

    def __getitem__(self, template: str) -> type[Model]:
        return cast(type[Model], resolve_type(self._names[template], self._package))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, template: object) -> bool:
        """Return whether the template is known, without importing its model."""
        return template in self._names

    def __repr__(self) -> str:
        return f"NOTIFICATION_TOPICS({len(self)} topics)"

    def template_of(self, topic: str) -> str | None:
        """Return the template of a topic, or ``None`` for an unknown topic.

        For example, the template of ``v2.users.9ed7d9f6-....presence`` is
        ``v2.users.{id}.presence``. A placeholder matches one segment. If several templates match,
        the one with the fewest placeholders is returned (``v2.system.token_revoked.{id}``, not
        ``v2.system.{id}.{id}``), and among equals, the one whose first placeholder is nearest to the end.
        """
        return self._found(topic.lower())

    def _find(self, topic: str) -> str | None:
        segments = tuple(topic.split("."))
        candidates = self._templates.get(len(segments), ())
        return next((template for template, parts in candidates if _fits(parts, segments)), None)

    @cached_property
    def _templates(self) -> Mapping[int, tuple[tuple[str, _Parts], ...]]:
        """The templates by number of segments, most specific first; placeholders are ``None``."""
        sized: dict[int, list[tuple[str, _Parts]]] = {}
        for template in self._names:
            parts = tuple(
                None if part == _PLACEHOLDER else part.lower() for part in template.split(".")
            )
            sized.setdefault(len(parts), []).append((template, parts))
        return {size: tuple(sorted(known, key=_generality)) for size, known in sized.items()}


def _generality(known: tuple[str, _Parts]) -> tuple[int, tuple[bool, ...]]:
    placeholders = tuple(part is None for part in known[1])
    return sum(placeholders), placeholders


def _fits(parts: _Parts, segments: tuple[str, ...]) -> bool:
    pairs = zip(parts, segments, strict=True)
    return all(segment != "" if part is None else part == segment for part, segment in pairs)

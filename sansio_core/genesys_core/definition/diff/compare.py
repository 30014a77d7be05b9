"""Compares two API definitions and their notification topics.

Invariants: pure. Both removals and additions are found; identical definitions have no changes.
Changes are in the order in which reports list them: by severity, the greatest first, then by rule and subject.
A removed path is one change, not one for each of its operations.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from genesys_core.definition.diff.changes import Change, Direction
from genesys_core.definition.diff.models import compare_models
from genesys_core.definition.diff.operations import (
    OperationView,
    compare_operations,
    operation_views,
)
from genesys_core.definition.diff.rules import RULES
from genesys_core.definition.read.parse import DefinitionSources
from genesys_core.definition.read.references import definition_name
from genesys_core.definition.read.swagger import Swagger, SwaggerSchema

__all__ = ["compare_definitions"]


def compare_definitions(old: DefinitionSources, new: DefinitionSources) -> tuple[Change, ...]:
    """Return the changes between two definitions, in the order in which reports list them.

    Args:
        old: the older definition, from :func:`~genesys_core.definition.read.parse.read_sources`.
        new: the newer definition, from the same function.
    """
    found = [*_operations(old.document, new.document), *_models(old, new), *_topics(old, new)]
    places = {name: number for number, name in enumerate(RULES)}
    found.sort(key=lambda one: (-one.weight, places[one.rule], one.subject, one.part, one.new))
    return tuple(found)


def _operations(old: Swagger, new: Swagger) -> Iterator[Change]:
    before, after = operation_views(old), operation_views(new)
    old_paths, new_paths = _methods(before), _methods(after)
    for path, methods in old_paths.items():
        if path not in new_paths:
            yield Change(
                "path-removed", path, old=", ".join(methods), is_preview=_previews(before, path)
            )
    for path, methods in new_paths.items():
        if path not in old_paths:
            yield Change(
                "path-added", path, new=", ".join(methods), is_preview=_previews(after, path)
            )
    for key, view in before.items():
        if key in after:
            yield from compare_operations(view, after[key])
        elif view.path in new_paths:
            rule = "operation-removed"
            rule = f"deprecated-{rule}" if view.source.deprecated else rule
            yield Change(rule, view.subject, old=view.name, is_preview=view.source.is_preview)
    for key, view in after.items():
        if key not in before and view.path in old_paths:
            is_preview = view.source.is_preview
            yield Change("operation-added", view.subject, new=view.name, is_preview=is_preview)


def _methods(views: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path, method in views:
        found.setdefault(path, []).append(method)
    return found


def _previews(views: Mapping[tuple[str, str], OperationView], path: str) -> bool:
    return all(view.source.is_preview for view in views.values() if view.path == path)


def _models(old: DefinitionSources, new: DefinitionSources) -> Iterator[Change]:
    before, after = old.document.definitions, new.document.definitions
    reached_before, reached_after = _reached(old), _reached(new)
    for name in before:
        if name not in after:
            reached = reached_before.direction(name)
            rule = "model-removed" if reached else "unreferenced-model-removed"
            yield Change(rule, name, direction=reached)
        else:
            # If no operation or topic uses the model any longer, its earlier use determines the direction.
            direction = reached_after.direction(name) or reached_before.direction(name)
            yield from compare_models(name, before[name], after[name], direction)
    for name in after:
        if name not in before:
            yield Change("model-added", name, direction=reached_after.direction(name))


class _Reached(Struct, frozen=True):
    """The names of the models that requests and responses contain, directly or in other models."""

    requests: frozenset[str]
    responses: frozenset[str]

    def direction(self, name: str) -> Direction:
        if name in self.requests:
            return "both" if name in self.responses else "request"
        return "response" if name in self.responses else ""


def _reached(sources: DefinitionSources) -> _Reached:
    """Return the models that operations and topics reach; events of topics count as responses."""
    definitions = sources.document.definitions
    requests: list[str] = []
    responses = [topic.model for topic in sources.topics]
    for view in operation_views(sources.document).values():
        for parameter in view.parameters.values():
            requests += [] if parameter.schema is None else _references(parameter.schema)
        for schema in view.responses.values():
            responses += [] if schema is None else _references(schema)
    return _Reached(_closure(requests, definitions), _closure(responses, definitions))


def _closure(roots: Iterable[str], definitions: Mapping[str, SwaggerSchema]) -> frozenset[str]:
    seen: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in seen and name in definitions:
            seen.add(name)
            waiting += _references(definitions[name])
    return frozenset(seen)


def _references(schema: SwaggerSchema) -> list[str]:
    found = [] if schema.ref is None else [definition_name(schema.ref)]
    inner = [*schema.all_of, *schema.properties.values()]
    inner += [
        one
        for one in (schema.items, schema.additional_properties)
        if isinstance(one, SwaggerSchema)
    ]
    for one in inner:
        found += _references(one)
    return found


def _topics(old: DefinitionSources, new: DefinitionSources) -> Iterator[Change]:
    before = {topic.topic: topic.model for topic in old.topics}
    after = {topic.topic: topic.model for topic in new.topics}
    for topic, model in before.items():
        if topic not in after:
            yield Change("topic-removed", topic, old=model)
        elif after[topic] != model:
            yield Change("topic-model-changed", topic, old=model, new=after[topic])
    for topic, model in after.items():
        if topic not in before:
            yield Change("topic-added", topic, new=model)

"""Event bodies for tests: an example of the topic's model, with the caller's properties.

Invariants: a returned body is valid against the model of its topic; the caller's properties are
neither changed nor omitted.
"""

from collections.abc import Iterator, Mapping

import msgspec

from genesys_core.errors import InvalidValueError
from genesys_core.notifications.messages import resolve_topic
from genesys_core.notifications.topics import topic_model_name
from genesys_core.simulator.http.checks import has_type
from genesys_core.simulator.state.definition import Definition, Schema
from genesys_core.simulator.state.examples import Json, example_of

__all__ = ["make_event"]


def make_event(definition: Definition, topic: str, properties: Mapping[str, Json]) -> Json:
    """Return a valid body for a topic's event; see :meth:`Simulator.make_event`.

    Args:
        definition: the API definition, which contains the models of events.
        topic: a topic with its ids, or its template.
        properties: properties of the body; all others are taken from an example.

    Raises:
        InvalidValueError: there is no such topic, or its model does not declare a property or does
            not allow its value.
    """
    template = resolve_topic(topic)
    if template is None:
        raise InvalidValueError(f"topic {topic!r}: the platform has no such topic")
    model = Schema(ref=f"#/definitions/{topic_model_name(template)}")
    example = example_of(definition, model)
    body = {**(example if isinstance(example, Mapping) else {}), **properties}
    fault = next(_faults(definition, model, body, ""), None)
    if fault is not None:
        raise InvalidValueError(f"topic {template}: the event's body is not valid: {fault}")
    return body


def _faults(definition: Definition, schema: Schema, value: Json, place: str) -> Iterator[str]:
    """Yield a description of each violation of a schema by a value."""
    known = definition.resolve(schema)
    kind = known.type or ("object" if known.properties is not None else None)
    if kind is not None and not has_type(kind, known.format, value):
        yield f"{place.strip('.')} is {_shown(value)}, not of type {known.format or kind}"
    elif known.enum is not None and value not in known.enum:
        names = ", ".join(map(str, known.enum))
        yield f"{place.strip('.')} is {_shown(value)}, which is not one of {names}"
    elif isinstance(value, Mapping):
        yield from (
            f"{place}{name} is required".removeprefix(".")
            for name in known.required
            if name not in value
        )
        for name, each in value.items():
            yield from _member_faults(definition, known, name, each, place)
    elif isinstance(value, list) and known.items is not None:
        for at, each in enumerate(value):
            yield from _faults(definition, known.items, each, f"{place.rstrip('.')}[{at}].")


def _member_faults(
    definition: Definition, known: Schema, name: str, value: Json, place: str
) -> Iterator[str]:
    inside = (known.properties or {}).get(name) or known.additional
    if isinstance(inside, Schema):
        yield from _faults(definition, inside, value, f"{place}{name}.")
    elif known.properties is not None:
        names = ", ".join(known.properties)
        yield f"{place}{name} is not a property of the model; its properties are {names}"


def _shown(value: Json) -> str:
    return msgspec.json.encode(value).decode()[:100]

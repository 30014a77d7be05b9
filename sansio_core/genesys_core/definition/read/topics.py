"""Reads notification topics, from a file that maps topics to models or from the platform's list.

Invariants: both forms are read as :class:`Topics`, whose schemas have the same type as those of a
Swagger document. Models of events are named as in the official SDKs, after the URNs of their
schemas. A topic without a model is omitted with a finding.
"""

from collections.abc import Mapping
from typing import Final, cast
from urllib.parse import unquote

import msgspec
from msgspec import Struct, field

from genesys_core.definition.read.findings import Finding, format_place
from genesys_core.definition.read.naming import UniqueNames
from genesys_core.definition.read.references import definition_name, definition_reference
from genesys_core.definition.read.swagger import SwaggerSchema
from genesys_core.definition.read.tolerant import convert_tolerantly
from genesys_core.errors import InvalidValueError

__all__ = ["Topic", "Topics", "read_topics"]


class Topic(Struct, frozen=True):
    """A topic's template, and the name of the definition of its events."""

    topic: str
    model: str


class Topics(Struct):
    """The topics in a document, and the definitions of their events if the document has them."""

    topics: list[Topic]
    definitions: dict[str, SwaggerSchema] = {}


class _MappedTopic(Struct):
    topic: str
    model: str = field(name="class")


class _Mapping(Struct):
    notifications: list[_MappedTopic]


class _PublishedTopic(Struct, kw_only=True):
    id: str
    schema: SwaggerSchema | None = None


class _Published(Struct):
    entities: list[_PublishedTopic]


def read_topics(document: object) -> tuple[Topics, list[Finding]]:
    """Read the topics in a parsed document.

    Args:
        document: ``{"notifications": [{"topic": ..., "class": ...}]}``, or the response of ``GET
            /api/v2/notifications/availabletopics?expand=schema``.

    Returns:
        The topics, and a finding for each dropped part.

    Raises:
        InvalidValueError: the document has neither of these formats.
    """
    facts: Mapping[str, object] = {}
    if isinstance(document, dict):
        facts = cast(Mapping[str, object], document)
    if isinstance(facts.get("notifications"), list):
        mapping, findings = convert_tolerantly(facts, _Mapping)
        mapped = [] if mapping is None else mapping.notifications
        return Topics([Topic(one.topic, one.model) for one in mapped]), findings
    if isinstance(facts.get("entities"), list):
        published, findings = convert_tolerantly(facts, _Published)
        return _with_schemas([] if published is None else published.entities, findings), findings
    raise InvalidValueError(
        'topics: must be {"notifications": [{"topic": ..., "class": ...}]} or the response of '
        "GET /api/v2/notifications/availabletopics?expand=schema"
    )


def _with_schemas(entities: list[_PublishedTopic], findings: list[Finding]) -> Topics:
    schemas, topics = _Schemas(), list[Topic]()
    for number, one in enumerate(entities):
        place = format_place(("entities", number))
        if one.schema is None:
            findings.append(Finding(place, f"topic {one.id} has no schema; omitted"))
            continue
        named = schemas.move(one.schema)
        if named.ref is None:
            findings.append(
                Finding(f"{place}.schema", f"topic {one.id} has a schema without an id; omitted")
            )
            continue
        topics.append(Topic(one.id, definition_name(named.ref) or named.ref))
    return Topics(topics, schemas.definitions)


_URN: Final = "urn:jsonschema:"


class _Schemas:
    """The schemas with a URN; equal class names of different URNs are numbered.

    Attributes:
        definitions: the schemas by class name.
    """

    def __init__(self) -> None:
        self.definitions: dict[str, SwaggerSchema] = {}
        self._names: dict[str, str | None] = {}
        self._unique = UniqueNames()

    def move(self, schema: SwaggerSchema) -> SwaggerSchema:
        """Add the schemas with a URN to the definitions; return references in their place."""
        if schema.ref is not None:
            name = self._name(schema.ref)
            return schema if name is None else SwaggerSchema(ref=definition_reference(name))
        name = None if schema.id is None else self._name(schema.id)
        if name is not None:
            self.definitions.setdefault(name, schema)  # before its parts, which may refer to it
        copy = msgspec.structs.replace(
            schema,
            properties={key: self.move(one) for key, one in schema.properties.items()},
            items=None if schema.items is None else self.move(schema.items),
            additional_properties=(
                self.move(schema.additional_properties)
                if isinstance(schema.additional_properties, SwaggerSchema)
                else schema.additional_properties
            ),
            all_of=[self.move(one) for one in schema.all_of],
        )
        if name is None:
            return copy
        self.definitions[name] = copy
        return SwaggerSchema(ref=definition_reference(name), description=schema.description)

    def _name(self, urn: str) -> str | None:
        # A reference is a URI and may be percent-encoded; the id of the same schema may not be.
        urn = unquote(urn)
        if urn not in self._names:
            name = _class_of(urn)
            self._names[urn] = None if name is None else self._unique.add(name)
        return self._names[urn]


def _class_of(urn: str) -> str | None:
    """Return the class name for a schema's URN.

    ``urn:jsonschema:conversation:event:v2:Call`` becomes ``ConversationEventCall``.
    """
    if not urn.startswith(_URN):
        return None
    # The official SDKs omit the version from the name.
    words = [word for word in urn.removeprefix(_URN).split(":") if word != "v2"]
    return "".join(word[:1].upper() + word[1:] for word in words) or None

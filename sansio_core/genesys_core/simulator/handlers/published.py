"""The published API definition: ``/api/v2/docs/swagger`` and ``/api/v2/docs/swaggerpreview``.

Invariants: both paths serve the document that the simulator was created from and, as on the
platform, require no token. The schemas of ``/api/v2/notifications/availabletopics`` are from the
same document.
"""

import re
from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.http.exchange import ApiCall, Handler, Reply
from genesys_core.simulator.state.definition import Definition, OperationFacts, Schema
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.routes import RouteTable, ServedRoute

__all__ = ["HANDLERS", "ROUTES", "topic_schema"]

_PATHS: Final = ("/api/v2/docs/swagger", "/api/v2/docs/swaggerpreview")

ROUTES: Final[RouteTable[OperationFacts]] = RouteTable(
    ServedRoute("GET", path, OperationFacts()) for path in _PATHS
)
"""Routes that serve the definition, and are not in the definition themselves."""


def get_definition(call: ApiCall) -> Reply:
    """Return the API definition as a Swagger 2.0 document."""
    return Reply(200, call.definition.published())


HANDLERS: Mapping[tuple[str, str], Handler] = {("GET", path): get_definition for path in _PATHS}


def topic_schema(definition: Definition, model: str) -> dict[str, Json] | None:
    """Return an event's JSON schema, with nested schemas inlined at their first occurrence.

    Returns:
        ``None`` if the definition does not have the model.
    """
    if model not in definition.schemas:
        return None
    return _object(definition, model, set())


def _object(definition: Definition, model: str, shown: set[str]) -> dict[str, Json]:
    schema = definition.schemas[model]
    if model in shown:
        return {"type": "object", "$ref": _urn(model)}
    shown.add(model)
    properties: dict[str, Json] = {
        name: _json(definition, one, shown) for name, one in (schema.properties or {}).items()
    }
    return {"type": "object", "id": _urn(model), "properties": properties}


def _json(definition: Definition, schema: Schema, shown: set[str]) -> Json:
    if schema.model_name in definition.schemas:
        return _object(definition, schema.model_name or "", shown)
    facts: dict[str, Json] = {"type": schema.type or "any"}
    if schema.format is not None:
        facts["format"] = schema.format
    if schema.enum is not None:
        facts["enum"] = list(schema.enum)
    if schema.items is not None:
        facts["items"] = _json(definition, schema.items, shown)
    if isinstance(schema.additional, Schema):
        facts["additionalProperties"] = _json(definition, schema.additional, shown)
    return facts


def _urn(model: str) -> str:
    """Return a model's URN, which contains a ``v2`` that the model's name omits."""
    parts = _WORDS.fullmatch(model)
    return (
        f"urn:jsonschema:{model}" if parts is None else f"urn:jsonschema:{parts[1]}:v2:{parts[2]}"
    )


_WORDS: Final = re.compile(r"(.+?Topic)([A-Z].*)")

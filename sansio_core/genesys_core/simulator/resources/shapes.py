"""Looks up the operations at a path: their bodies, responses and listings.

Invariants: a missing body or response is the empty schema. Paths are compared with ``{}`` in place
of their parameters.
"""

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

from genesys_core.simulator.resources.listing_styles import FieldPath, find_items
from genesys_core.simulator.resources.rule_types import are_alike
from genesys_core.simulator.state.definition import Definition, OperationFacts, Schema
from genesys_core.simulator.state.routes import ServedRoute

__all__ = ["ApiRoute", "PathShapes", "is_placeholder", "path_key"]

ApiRoute: TypeAlias = ServedRoute[OperationFacts]
"""A route: an operation with its method and path template."""

_PLACEHOLDER: Final = re.compile(r"\{[^}]*\}")


def path_key(template: str) -> str:
    """Return a path template with ``{}`` in place of each parameter."""
    return _PLACEHOLDER.sub("{}", template)


def is_placeholder(segment: str) -> bool:
    """Return whether a segment of a path template is a parameter."""
    return _PLACEHOLDER.fullmatch(segment) is not None


class PathShapes:
    """Looks up the operations at paths, and the models of their bodies, responses and listings.

    Args:
        definition: the API definition.
    """

    def __init__(self, definition: Definition) -> None:
        self.definition = definition

    def routes(self, key: str) -> Mapping[str, ApiRoute]:
        """Return the operations at a path, by HTTP method; empty if there is no such path."""
        found = self.definition.routes.find(key)
        if found is None:
            return {}
        # The lookup may also match a literal segment of the key with a placeholder.
        return {
            method: route
            for method, route in found.routes.items()
            if path_key(route.template) == key
        }

    def resolved(self, schema: Schema | None) -> Schema:
        """Return the schema to which a schema refers, or the schema itself if it refers to none."""
        return Schema() if schema is None else self.definition.resolve(schema)

    def reply(self, route: ApiRoute) -> Schema:
        """Return the schema of an operation's response."""
        return self.resolved(route.facts.reply_schema)

    def body(self, route: ApiRoute) -> Schema:
        """Return the schema of an operation's request body."""
        wanted = route.facts.body
        return self.resolved(None if wanted is None else wanted.schema)

    def items(self, route: ApiRoute | None) -> tuple[FieldPath, Schema] | None:
        """Return the response field that contains a listing's items, and the items' schema.

        Returns ``None`` if the operation is not a listing.
        """
        schema = None if route is None else route.facts.reply_schema
        return None if schema is None else find_items(self.definition, schema)

    def listing(self, route: ApiRoute | None, entity: Schema) -> FieldPath | None:
        """Return the response field that lists items of a model, or ``None``."""
        found = self.items(route)
        if found is None or not are_alike(self.resolved(found[1]), entity):
            return None
        return found[0]

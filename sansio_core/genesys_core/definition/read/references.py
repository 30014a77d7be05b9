"""Resolves references in a Swagger document, and decides which definitions become classes.

Invariants: the name of a referenced definition is the unescaped last part of the JSON pointer (RFC
6901).
"""

from typing import Final
from urllib.parse import unquote

from genesys_core.definition.read.swagger import SwaggerSchema

__all__ = ["definition_name", "definition_reference", "is_model", "pointed_name"]

_REF: Final = "#/definitions/"


def definition_name(reference: str) -> str:
    """Return the name of the definition that a reference points to.

    Empty if the reference points outside the document's ``definitions``.
    """
    return pointed_name(reference, _REF)


def definition_reference(name: str) -> str:
    """Return the reference that points to a definition: the inverse of :func:`definition_name`."""
    # The escapes are in the reverse order of decoding, so that no escape is escaped again.
    return _REF + name.replace("~", "~0").replace("/", "~1").replace("%", "%25")


def pointed_name(reference: str, prefix: str) -> str:
    """Return the unescaped name after the prefix of a JSON pointer; empty for any other prefix."""
    if not reference.startswith(prefix):
        return ""
    # A fragment is percent-encoded, and ~1 comes before ~0: "~01" is "~1" (RFC 6901, sections 4, 6).
    return unquote(reference.removeprefix(prefix)).replace("~1", "/").replace("~0", "~")


def is_model(schema: SwaggerSchema) -> bool:
    """Return whether a definition becomes a class: an object other than a map of arbitrary keys."""
    if schema.ref is not None:
        return False
    if schema.properties or schema.all_of:
        return True
    return schema.type == "object" and not isinstance(schema.additional_properties, SwaggerSchema)

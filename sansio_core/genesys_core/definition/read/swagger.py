"""The supported part of Swagger 2.0, as types.

Invariants: this module defines what a document may contain, not how it is used. Unknown members are
ignored, so newer definitions with more members still parse.
"""

from typing import Any

import msgspec
from msgspec import Struct, field

from genesys_core.errors import InvalidValueError

__all__ = [
    "Info",
    "Swagger",
    "SwaggerOperation",
    "SwaggerParameter",
    "SwaggerPathItem",
    "SwaggerPermissions",
    "SwaggerResponse",
    "SwaggerSchema",
    "SwaggerTopic",
    "SwaggerTopics",
    "read_swagger",
    "read_topics",
]


class SwaggerSchema(Struct, kw_only=True):
    """A JSON schema, as far as the platform uses it."""

    ref: str | None = field(default=None, name="$ref")
    type: str | None = None
    format: str | None = None
    enum: list[Any] = []
    items: "SwaggerSchema | None" = None
    additional_properties: "SwaggerSchema | bool | None" = field(
        default=None, name="additionalProperties"
    )
    all_of: "list[SwaggerSchema]" = field(default_factory=list["SwaggerSchema"], name="allOf")
    properties: "dict[str, SwaggerSchema]" = {}
    required: list[str] = []
    read_only: bool = field(default=False, name="readOnly")
    x_read_only: bool = field(default=False, name="x-read-only")


class SwaggerParameter(Struct, kw_only=True):
    """A parameter: ``in`` is ``path``, ``query``, ``header`` or ``body``."""

    name: str
    location: str = field(name="in")
    required: bool = False
    type: str | None = None
    format: str | None = None
    enum: list[Any] = []
    items: SwaggerSchema | None = None
    schema: SwaggerSchema | None = None


class SwaggerResponse(Struct, kw_only=True):
    """A response; without a schema it has no body."""

    schema: SwaggerSchema | None = None


class SwaggerPermissions(Struct, kw_only=True):
    """``x-inin-requires-permissions``."""

    type: str = "ALL"
    permissions: list[str] = []


class SwaggerOperation(Struct, kw_only=True):
    """An operation of one path."""

    tags: list[str] = []
    operation_id: str | None = field(default=None, name="operationId")
    python_name: str | None = field(default=None, name="x-python-method-name")
    produces: list[str] = []
    parameters: list[SwaggerParameter] = []
    responses: dict[str, SwaggerResponse] = {}
    deprecated: bool = False
    preview: bool = field(default=False, name="x-inin-preview")
    genesys_preview: bool = field(default=False, name="x-genesys-preview")
    permissions: SwaggerPermissions | None = field(default=None, name="x-inin-requires-permissions")


class SwaggerPathItem(Struct, kw_only=True):
    """The operations of one path, and their common parameters."""

    get: SwaggerOperation | None = None
    put: SwaggerOperation | None = None
    post: SwaggerOperation | None = None
    delete: SwaggerOperation | None = None
    options: SwaggerOperation | None = None
    head: SwaggerOperation | None = None
    patch: SwaggerOperation | None = None
    parameters: list[SwaggerParameter] = []

    def operations(self) -> list[tuple[str, SwaggerOperation]]:
        """The operations in Swagger's order, with methods in upper case."""
        named = (
            ("GET", self.get),
            ("PUT", self.put),
            ("POST", self.post),
            ("DELETE", self.delete),
            ("OPTIONS", self.options),
            ("HEAD", self.head),
            ("PATCH", self.patch),
        )
        return [(method, operation) for method, operation in named if operation is not None]


class Info(Struct, kw_only=True):
    """Metadata of the definition; the version is ``x-sdk-version`` if present."""

    version: str
    sdk_version: str | None = field(default=None, name="x-sdk-version")


class Swagger(Struct, kw_only=True):
    """A Swagger 2.0 document."""

    swagger: str
    info: Info
    paths: dict[str, SwaggerPathItem]
    definitions: dict[str, SwaggerSchema] = {}


class SwaggerTopic(Struct, kw_only=True):
    """One notification topic and the definition of its event's body."""

    topic: str
    model: str = field(name="class")


class SwaggerTopics(Struct, kw_only=True):
    """The file that maps topics to definitions."""

    notifications: list[SwaggerTopic]


def read_swagger(document: object) -> Swagger:
    """Validate a parsed Swagger document.

    Raises:
        InvalidValueError: it is not a Swagger 2.0 document; the message has the location.
    """
    try:
        swagger = msgspec.convert(document, Swagger)
    except msgspec.ValidationError as error:
        raise InvalidValueError(f"definition: {error}; it must be Swagger 2.0") from error
    if swagger.swagger != "2.0":
        raise InvalidValueError(f"definition: version {swagger.swagger!r}; it must be Swagger 2.0")
    return swagger


def read_topics(document: object) -> SwaggerTopics:
    """Validate a parsed topic file.

    Raises:
        InvalidValueError: it does not have the form ``{"notifications": [{"topic", "class"}]}``.
    """
    try:
        return msgspec.convert(document, SwaggerTopics)
    except msgspec.ValidationError as error:
        raise InvalidValueError(
            f'topics: {error}; wanted {{"notifications": [{{"topic": ..., "class": ...}}]}}'
        ) from error

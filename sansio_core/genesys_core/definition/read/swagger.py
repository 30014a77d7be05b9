"""The parts of Swagger 2.0 that are read here, as types.

Law: this module says what a definition may look like and nothing of what becomes of it. What is not
named here is ignored, so that a newer definition with more in it still reads.
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
    """A reply; without a schema it has no body."""

    schema: SwaggerSchema | None = None


class SwaggerPermissions(Struct, kw_only=True):
    """``x-inin-requires-permissions``."""

    type: str = "ALL"
    permissions: list[str] = []


class SwaggerOperation(Struct, kw_only=True):
    """One method of one path."""

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
    """The methods of one path, and the parameters that they share."""

    get: SwaggerOperation | None = None
    put: SwaggerOperation | None = None
    post: SwaggerOperation | None = None
    delete: SwaggerOperation | None = None
    options: SwaggerOperation | None = None
    head: SwaggerOperation | None = None
    patch: SwaggerOperation | None = None
    parameters: list[SwaggerParameter] = []

    def operations(self) -> list[tuple[str, SwaggerOperation]]:
        """The methods that are there, in capitals, in Swagger's order."""
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
    """Who the definition is of; the version is ``x-sdk-version`` where there is one."""

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
    """Check a parsed Swagger document.

    Raises:
        InvalidValueError: it is no Swagger 2.0 document; the message names the place.
    """
    try:
        swagger = msgspec.convert(document, Swagger)
    except msgspec.ValidationError as error:
        raise InvalidValueError(f"definition: {error}; it must be Swagger 2.0") from error
    if swagger.swagger != "2.0":
        raise InvalidValueError(f"definition: version {swagger.swagger!r}; it must be Swagger 2.0")
    return swagger


def read_topics(document: object) -> SwaggerTopics:
    """Check a parsed topic file.

    Raises:
        InvalidValueError: it does not have the shape ``{"notifications": [{"topic", "class"}]}``.
    """
    try:
        return msgspec.convert(document, SwaggerTopics)
    except msgspec.ValidationError as error:
        raise InvalidValueError(
            f'topics: {error}; wanted {{"notifications": [{{"topic": ..., "class": ...}}]}}'
        ) from error

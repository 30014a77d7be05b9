"""The objects of a Swagger 2.0 document, as types.

Invariants: this module defines what a document may contain, not how it is used. Unknown members are
ignored, so newer definitions with more members still parse. Invalid parts are dropped with a
finding; only a document in a different format is rejected.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from msgspec import Struct, field

from genesys_core.definition.read.findings import Finding, format_place
from genesys_core.definition.read.tolerant import convert_tolerantly
from genesys_core.errors import InvalidValueError

__all__ = [
    "DEFINITION_PATH",
    "METHODS",
    "PREVIEW_PATH",
    "TOPICS_PATH",
    "Info",
    "Swagger",
    "SwaggerOperation",
    "SwaggerParameter",
    "SwaggerPathItem",
    "SwaggerPermissions",
    "SwaggerResponse",
    "SwaggerSchema",
    "SwaggerSecurityScheme",
    "SwaggerTag",
    "load_document",
    "read_swagger",
]

DEFINITION_PATH = "/api/v2/docs/swagger"
"""The path at which the platform publishes its API definition."""

PREVIEW_PATH = "/api/v2/docs/swaggerpreview"
"""The path of the platform's API definition that includes preview operations."""

TOPICS_PATH = "/api/v2/notifications/availabletopics"
"""The path that lists the platform's topics; ``expand=schema`` adds the schemas of their events."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
"""The HTTP methods that a path may have, in the order of the Swagger specification."""


class _Values(Struct, kw_only=True):
    """The members that describe a value's type and limits, in schemas as well as parameters."""

    type: str | None = None
    format: str | None = None
    description: str = ""
    enum: list[Any] = []
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = field(default=None, name="minLength")
    max_length: int | None = field(default=None, name="maxLength")
    min_items: int | None = field(default=None, name="minItems")
    max_items: int | None = field(default=None, name="maxItems")
    unique_items: bool = field(default=False, name="uniqueItems")
    pattern: str | None = None
    collection_format: str | None = field(default=None, name="collectionFormat")


class SwaggerSchema(_Values, kw_only=True):
    """A schema object; ``id`` is the URN of a notification topic's schema."""

    ref: str | None = field(default=None, name="$ref")
    id: str | None = None
    title: str = ""
    items: "SwaggerSchema | None" = None
    additional_properties: "SwaggerSchema | bool | None" = field(
        default=None, name="additionalProperties"
    )
    all_of: "list[SwaggerSchema]" = field(default_factory=list["SwaggerSchema"], name="allOf")
    discriminator: Any = None
    discriminator_value: str | None = field(default=None, name="x-discriminator-value")
    ms_discriminator_value: str | None = field(default=None, name="x-ms-discriminator-value")
    properties: "dict[str, SwaggerSchema]" = {}
    required: list[str] = []
    read_only: bool = field(default=False, name="readOnly")
    x_read_only: bool = field(default=False, name="x-read-only")

    @property
    def is_read_only(self) -> bool:
        """Whether ``readOnly`` or, next to a ``$ref``, ``x-read-only`` is true."""
        return self.read_only or self.x_read_only


class SwaggerParameter(_Values, kw_only=True):
    """A parameter; ``location`` is ``path``, ``query``, ``header``, ``body`` or ``formData``."""

    ref: str | None = field(default=None, name="$ref")
    name: str = ""
    location: str = field(default="", name="in")
    required: bool = False
    items: SwaggerSchema | None = None
    schema: SwaggerSchema | None = None


class SwaggerResponse(Struct, kw_only=True):
    """A response; without a schema, it has no body."""

    ref: str | None = field(default=None, name="$ref")
    description: str = ""
    schema: SwaggerSchema | None = None
    error_codes: dict[str, Any] = field(default_factory=dict[str, Any], name="x-inin-error-codes")


class SwaggerPermissions(Struct, kw_only=True):
    """The permissions that an operation requires: ``ALL`` of them, or ``ANY`` one."""

    type: str = "ALL"
    permissions: list[str] = []


class SwaggerOperation(Struct, kw_only=True):
    """An operation: an HTTP method on a path."""

    tags: list[str] = []
    summary: str = ""
    description: str = ""
    operation_id: str | None = field(default=None, name="operationId")
    method_name: str | None = field(default=None, name="x-purecloud-method-name")
    consumes: list[str] = []
    produces: list[str] = []
    parameters: list[SwaggerParameter] = []
    responses: dict[str, SwaggerResponse] = {}
    deprecated: bool = False
    security: list[dict[str, list[str]]] | None = None
    preview: bool = field(default=False, name="x-inin-preview")
    genesys_preview: bool = field(default=False, name="x-genesys-preview")
    permissions: SwaggerPermissions | list[str] | None = field(
        default=None, name="x-inin-requires-permissions"
    )

    @property
    def is_preview(self) -> bool:
        """Whether the operation is in preview and may change without notice."""
        return self.preview or self.genesys_preview

    def required_permissions(self) -> SwaggerPermissions:
        """Return the operation's permissions.

        In documents from 2016, the permissions are a plain list: an operation requires all of them.
        """
        if isinstance(self.permissions, list):
            return SwaggerPermissions(permissions=self.permissions)
        return self.permissions or SwaggerPermissions()


class SwaggerPathItem(Struct, kw_only=True):
    """The operations on a path, and the parameters that they have in common."""

    get: SwaggerOperation | None = None
    put: SwaggerOperation | None = None
    post: SwaggerOperation | None = None
    delete: SwaggerOperation | None = None
    options: SwaggerOperation | None = None
    head: SwaggerOperation | None = None
    patch: SwaggerOperation | None = None
    parameters: list[SwaggerParameter] = []

    def operations(self) -> list[tuple[str, SwaggerOperation]]:
        """Return each operation with its method in upper case, in the order of :data:`METHODS`."""
        named: list[tuple[str, SwaggerOperation | None]] = [
            (method.upper(), getattr(self, method)) for method in METHODS
        ]
        return [(method, operation) for method, operation in named if operation is not None]


class SwaggerTag(Struct, kw_only=True):
    """The name and description of a tag; each tag corresponds to an API."""

    name: str = ""
    description: str = ""


class SwaggerSecurityScheme(Struct, kw_only=True):
    """A security scheme; the scheme for the platform's access tokens has the type ``oauth2``."""

    type: str = ""


class Info(Struct, kw_only=True):
    """The definition's metadata; ``x-sdk-version`` is the version that the official SDKs use."""

    version: str = ""
    sdk_version: str | None = field(default=None, name="x-sdk-version")


class Swagger(Struct, kw_only=True):
    """A Swagger 2.0 document."""

    info: Info = field(default_factory=Info)
    consumes: list[str] = []
    produces: list[str] = []
    paths: dict[str, SwaggerPathItem] = {}
    definitions: dict[str, SwaggerSchema] = {}
    parameters: dict[str, SwaggerParameter] = {}
    responses: dict[str, SwaggerResponse] = {}
    security: list[dict[str, list[str]]] = []
    security_definitions: dict[str, SwaggerSecurityScheme] = field(
        default_factory=dict[str, SwaggerSecurityScheme], name="securityDefinitions"
    )
    tags: list[SwaggerTag] = []


def load_document(text: str | bytes) -> Mapping[str, object]:
    """Parse the JSON text of a definition or topic file.

    Lone surrogates, which UTF-8 cannot encode, are replaced with question marks.

    Raises:
        InvalidValueError: the text is not a JSON object, for example because it is YAML or HTML.
    """
    try:
        document: object = json.loads(text)  # not msgspec, which rejects NaN
        # Only if necessary, because encoding and parsing a large document again is slow.
        if _may_have_surrogates(text):
            encoded = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
            document = json.loads(encoded)
    except RecursionError:
        raise InvalidValueError("the document is nested too deeply to be parsed") from None
    except ValueError as error:
        start = text[:200].decode("utf-8", "replace") if isinstance(text, bytes) else text[:200]
        raise InvalidValueError(f"the document {_no_json(start.lstrip())} ({error})") from None
    if not isinstance(document, dict):
        raise InvalidValueError("the document must be a JSON object")
    return cast(dict[str, object], document)


def _may_have_surrogates(text: str | bytes) -> bool:
    if isinstance(text, bytes):
        return re.search(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]", text) is not None
    return re.search(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]", text) is not None


def _no_json(start: str) -> str:
    if start.startswith("<"):
        return "is HTML or XML, not JSON; check the URL that it was fetched from"
    if start.startswith(("swagger:", "openapi:", "---", "#", "%YAML")):
        return "is YAML, not JSON; convert it to JSON first"
    return "is not JSON"


def read_swagger(document: object) -> tuple[Swagger, list[Finding]]:
    """Convert a parsed Swagger document to structs, dropping invalid parts.

    Returns:
        The document, and a finding for each dropped part.

    Raises:
        InvalidValueError: the document is not Swagger 2.0.
    """
    _check_version(document)
    own, others = _own_paths(document)
    swagger, findings = convert_tolerantly(own, Swagger)
    return swagger or Swagger(), [*others, *findings]


def _check_version(document: object) -> None:
    facts: Mapping[str, object] = {}
    if isinstance(document, dict):
        facts = cast(Mapping[str, object], document)
    if "openapi" in facts:
        raise InvalidValueError(
            f"the definition is OpenAPI {facts['openapi']!s:.20}, but only Swagger 2.0 is supported; "
            "the platform publishes its Swagger 2.0 definition at /api/v2/docs/swagger"
        )
    if "swagger" not in facts:
        raise InvalidValueError(
            "the definition has no 'swagger' version, so it is not a Swagger 2.0 document; "
            "the platform publishes its Swagger 2.0 definition at /api/v2/docs/swagger"
        )
    if facts["swagger"] not in ("2.0", 2.0):  # a number if converted from YAML without quotes
        raise InvalidValueError(
            f"the definition is Swagger {facts['swagger']!s:.20}, but only Swagger 2.0 is supported"
        )
    if not isinstance(facts.get("paths"), dict):
        raise InvalidValueError(
            "the definition has no 'paths' object, which a Swagger 2.0 document requires"
        )


def _own_paths(document: object) -> tuple[object, list[Finding]]:
    """Drop members of ``paths`` whose names are not paths, with a finding for each.

    Only a path that begins with a slash cannot change the host of the base URL: appended to
    ``https://api.example.com``, ``@other.example`` or ``.other.example`` would change it, and the
    other host would receive access tokens.
    """
    facts = cast(Mapping[str, object], document)
    paths = cast(Mapping[str, object], facts["paths"])
    kept = {name: item for name, item in paths.items() if name.startswith("/")}
    findings = [
        Finding(format_place(("paths", name)), "does not begin with '/'; ignored")
        for name in paths
        if name not in kept and not name.startswith("x-")
    ]
    return {**facts, "paths": kept}, findings

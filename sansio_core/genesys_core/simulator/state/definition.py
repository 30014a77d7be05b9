"""The parts of the API definition that the simulator needs.

Invariants: a definition is immutable. A missing type or response is ``None``; the code that uses it
chooses the default.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Struct, field

from genesys_core.errors import InvalidValueError
from genesys_core.simulator.state.routes import RouteTable, ServedRoute

__all__ = ["Bounds", "Definition", "OperationFacts", "Parameter", "RequiredPermissions", "Schema"]

Location: TypeAlias = Literal["path", "query", "header", "body", "formData"]


class Bounds(Struct, frozen=True, gc=False, kw_only=True):
    """The JSON Schema keywords that bound a value; an exclusive bound is itself out of range."""

    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: bool = field(name="exclusiveMinimum", default=False)
    exclusive_maximum: bool = field(name="exclusiveMaximum", default=False)
    min_length: int | None = field(name="minLength", default=None)
    max_length: int | None = field(name="maxLength", default=None)
    min_items: int | None = field(name="minItems", default=None)
    max_items: int | None = field(name="maxItems", default=None)
    pattern: str | None = None


class Schema(Bounds, frozen=True, gc=False):
    """A Swagger 2.0 schema object, with the keywords that the platform uses."""

    ref: str | None = field(name="$ref", default=None)
    type: str | None = None
    format: str | None = None
    enum: list[str | int | float | bool] | None = None
    items: "Schema | None" = None
    properties: dict[str, "Schema"] | None = None
    required: tuple[str, ...] = ()
    additional: "Schema | bool | None" = field(name="additionalProperties", default=None)
    read_only: bool = field(name="readOnly", default=False)
    x_read_only: bool = field(name="x-read-only", default=False)

    @property
    def is_read_only(self) -> bool:
        """Whether the property is read-only; next to a ``$ref`` the flag is ``x-read-only``."""
        return self.read_only or self.x_read_only

    @property
    def model_name(self) -> str | None:
        """The name of the model to which the schema refers; ``None`` if it refers to none."""
        return None if self.ref is None else self.ref.rpartition("/")[2]


class Parameter(Bounds, frozen=True, gc=False):
    """A Swagger 2.0 parameter object."""

    name: str
    location: Location = field(name="in")
    required: bool = False
    type: str | None = None
    format: str | None = None
    items: Schema | None = None
    schema: Schema | None = None
    enum: list[str | int | float | bool] | None = None


class ReplyFacts(Struct, frozen=True, gc=False):
    """A Swagger 2.0 response object."""

    schema: Schema | None = None


class RequiredPermissions(Struct, frozen=True, gc=False):
    """The permissions that an operation requires: all of them, or any one of them."""

    permissions: tuple[str, ...] = ()
    type: str = "ALL"


class OperationFacts(Struct, frozen=True, gc=False):
    """A Swagger 2.0 operation object.

    Attributes:
        security: the accepted kinds of authentication; empty if the operation requires no token.
        permissions: the permissions that the caller needs, as written in the document.
        name: the name of the client's Python method, such as ``get_users_me``; empty if the
            document has none.
    """

    parameters: tuple[Parameter, ...] = ()
    responses: dict[str, ReplyFacts] = {}
    security: list[dict[str, list[str]]] = []
    produces: tuple[str, ...] = ()
    permissions: RequiredPermissions | list[str] | None = field(
        name="x-inin-requires-permissions", default=None
    )
    name: str = field(name="x-python-method-name", default="")

    @property
    def required_permissions(self) -> RequiredPermissions:
        """The permissions that the caller needs.

        If the document has only a list of names, as documents from 2016 do, the caller needs all of
        the listed permissions.
        """
        match self.permissions:
            case RequiredPermissions() as required:
                return required
            case given:
                return RequiredPermissions(tuple(given or ()))

    @property
    def permission_names(self) -> list[str]:
        """The names of the permissions, such as ``routing:queue:view``.

        Some documents have prose instead ("They are enforced by the backend"), which is skipped.
        """
        required = self.required_permissions.permissions
        return [each for each in required if each.count(":") == _COLONS]

    @property
    def body(self) -> Parameter | None:
        """The parameter for the request body, or ``None`` if the operation takes none."""
        return next((each for each in self.parameters if each.location == "body"), None)

    @property
    def reply_schema(self) -> Schema | None:
        """The schema of a successful response, which the platform documents as ``default``."""
        facts = self.responses.get("default") or self.responses.get("200")
        return None if facts is None else facts.schema


_COLONS: Final = 2
"""The number of colons in the name of a permission, such as ``routing:queue:view``."""


class PathItem(Struct, frozen=True, gc=False):
    """A Swagger 2.0 path item: the operations of one path."""

    get: OperationFacts | None = None
    put: OperationFacts | None = None
    post: OperationFacts | None = None
    patch: OperationFacts | None = None
    delete: OperationFacts | None = None
    head: OperationFacts | None = None

    def operations(self) -> Iterator[tuple[str, OperationFacts]]:
        """Yield the path's operations, each with its HTTP method in upper case."""
        for name in self.__struct_fields__:
            facts: OperationFacts | None = getattr(self, name)
            if facts is not None:
                yield name.upper(), facts


class SwaggerDocument(Struct, frozen=True):
    """A Swagger 2.0 document, limited to the parts that the simulator uses."""

    paths: dict[str, PathItem]
    definitions: dict[str, Schema] = {}


class Definition:
    """An API definition, used to route requests and to generate examples.

    Args:
        document: a Swagger 2.0 document as plain JSON values, such as the one that the platform
            publishes at ``/api/v2/docs/swagger``. The simulator serves the document at that path.
        text: the JSON text of the document, if known.

    Attributes:
        schemas: the models by name.
        routes: the operations of the definition, by path and method.
        derived: objects derived from the definition on first use, by type; all simulators with this
            definition share them.

    Raises:
        InvalidValueError: the document is not a Swagger 2.0 definition; the message gives the
            location.
    """

    def __init__(
        self,
        document: "Mapping[str, object] | SwaggerDocument",
        *,
        text: bytes | None = None,
    ) -> None:
        facts = document if isinstance(document, SwaggerDocument) else _read(document)
        self._text = text
        self._document = document if text is None else None
        self.derived: dict[type, object] = {}
        self.schemas: Mapping[str, Schema] = facts.definitions
        self.routes: RouteTable[OperationFacts] = RouteTable(
            ServedRoute(method=method, template=path, facts=operation)
            for path, item in facts.paths.items()
            for method, operation in item.operations()
        )

    @classmethod
    def from_json(cls, text: bytes) -> "Definition":
        """Parse a definition from JSON text; this is faster than parsing its JSON values.

        Raises:
            InvalidValueError: the text is not JSON or not a Swagger 2.0 definition.
        """
        try:
            return cls(msgspec.json.decode(text, type=SwaggerDocument), text=text)
        except msgspec.DecodeError as error:
            raise _unreadable(error) from error

    @classmethod
    def of(cls, definition: "Definition | Mapping[str, object]") -> "Definition":
        """Return a definition unchanged, or parse one from a document.

        Raises:
            InvalidValueError: the document is not a Swagger 2.0 definition.
        """
        return definition if isinstance(definition, Definition) else cls(definition)

    def published(self) -> bytes:
        """Return the document as JSON text, as the platform publishes it."""
        return msgspec.json.encode(self._document) if self._text is None else self._text

    def resolve(self, schema: Schema) -> Schema:
        """Return the schema to which a schema refers; if it is not a reference, the schema itself.

        A dangling or circular reference resolves to an empty schema.
        """
        seen: set[str] = set()
        while (name := schema.model_name) is not None:
            if name in seen:
                return _ANYTHING
            seen.add(name)
            schema = self.schemas.get(name, _ANYTHING)
        return schema

    def __repr__(self) -> str:
        return f"Definition({len(self.routes)} operations, {len(self.schemas)} models)"


_ANYTHING = Schema()


def _read(document: Mapping[str, object]) -> SwaggerDocument:
    try:
        return msgspec.convert(document, SwaggerDocument)
    except msgspec.ValidationError as error:
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> InvalidValueError:
    return InvalidValueError(
        f"the definition cannot be parsed: {error}; pass a Swagger 2.0 document as the platform publishes it at /api/v2/docs/swagger"
    )

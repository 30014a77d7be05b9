"""The API definition as Python values, the input of the code generator.

Invariants: all names are final, both on the wire and in Python; references are
resolved; the order is the definition's.
"""

from collections import Counter
from typing import Literal, TypeAlias

from msgspec import Struct

from genesys_core.http.forms import FormKind

__all__ = [
    "Api",
    "ApiDefinition",
    "ApiOperation",
    "ApiParameter",
    "ApiPermissions",
    "Array",
    "Field",
    "Limits",
    "Map",
    "ModelDef",
    "ParameterLocation",
    "Plain",
    "PlainKind",
    "Ref",
    "Type",
]

PlainKind: TypeAlias = Literal[
    "string",
    "integer",
    "number",
    "boolean",
    "date",
    "date-time",
    "local-date-time",
    "year-month",
    "object",
    "any",
    "file",
]
"""Types other than containers and models: ``object`` is a JSON object without a description,
``any`` is any JSON value, ``file`` the content of a file, which only forms and responses have.
"""

ParameterLocation: TypeAlias = Literal["path", "query", "header", "body", "formData"]
"""Where a parameter is sent."""


class Plain(Struct, frozen=True):
    """A scalar type; ``values`` are the known values of an enum."""

    kind: PlainKind
    values: tuple[str, ...] = ()


class Ref(Struct, frozen=True):
    """A model, by its class name."""

    name: str


class Array(Struct, frozen=True):
    """A JSON array."""

    items: "Type"


class Map(Struct, frozen=True):
    """A JSON object with arbitrary keys."""

    values: "Type"


Type: TypeAlias = Plain | Ref | Array | Map
"""The type of a field, parameter, body or response."""


class Limits(Struct, frozen=True):
    """Constraints on values: the default as JSON, the bounds and the format.

    The format is a string format, such as ``uri``, without a corresponding Python type.
    """

    default: str = ""
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_items: int | None = None
    max_items: int | None = None
    format: str = ""
    pattern: str = ""
    is_unique: bool = False


class Field(Struct, frozen=True):
    """A model's property, with its Python name and wire name."""

    name: str
    wire: str
    type: Type
    required: bool = False
    read_only: bool = False
    secret: bool = False
    description: str = ""
    limits: Limits = Limits()


class ModelDef(Struct, frozen=True):
    """A model, with its class name and its name in the definition.

    A union of models has a ``tag``, the member that names the kind, and ``cases``: the kind and the
    class name of each of its models.
    """

    name: str
    wire: str
    fields: tuple[Field, ...] = ()
    description: str = ""
    tag: str = ""
    cases: tuple[tuple[str, str], ...] = ()


class ApiParameter(Struct, frozen=True):
    """An operation's parameter, which may be the body."""

    name: str
    wire: str
    location: ParameterLocation
    type: Type
    required: bool = False
    description: str = ""
    limits: Limits = Limits()


class ApiPermissions(Struct, frozen=True):
    """The permissions that an operation requires: all of them, or any one."""

    all: bool
    names: tuple[str, ...]


class ApiOperation(Struct, frozen=True):
    """An operation: a method and path; ``tags`` are the APIs that contain it.

    ``returns`` is the type of a successful response, and ``replies`` has the types of successful
    statuses that differ. ``form`` is how its ``formData`` parameters are encoded. ``errors``
    contains the error codes of unsuccessful statuses. ``schemes`` is set if the operation accepts
    no access token: any one of these security schemes suffices; empty if no authentication is
    needed.
    """

    name: str
    method: str
    path: str
    tags: tuple[str, ...]
    parameters: tuple[ApiParameter, ...] = ()
    returns: Type | None = None
    replies: tuple[tuple[int, Type | None], ...] = ()
    form: FormKind | None = None
    accept: str = "application/json"
    permissions: ApiPermissions | None = None
    deprecated: bool = False
    preview: bool = False
    summary: str = ""
    description: str = ""
    errors: tuple[tuple[str, tuple[str, ...]], ...] = ()
    schemes: tuple[str, ...] | None = None

    @property
    def return_types(self) -> tuple[Type | None, ...]:
        """The types of all successful responses, each once, beginning with ``returns``."""
        return tuple(dict.fromkeys((self.returns, *(type_ for _, type_ in self.replies))))

    @property
    def body(self) -> ApiParameter | None:
        """The body parameter, if the operation has one."""
        return next((one for one in self.parameters if one.location == "body"), None)


class Api(Struct, frozen=True):
    """The operations with one tag; ``name`` is ``agent_ui`` if ``tag`` is ``AgentUI``."""

    tag: str
    name: str
    operations: tuple[ApiOperation, ...]
    description: str = ""

    @property
    def class_name(self) -> str:
        """The API class's name, as in the official SDK."""
        return f"{self.tag}Api"


class ApiDefinition(Struct, frozen=True):
    """The complete definition; ``topics`` maps topic templates to the class of their event body."""

    version: str
    models: tuple[ModelDef, ...]
    apis: tuple[Api, ...]
    topics: tuple[tuple[str, str], ...] = ()

    def operations(self) -> tuple[ApiOperation, ...]:
        """All operations, each once, even if several APIs contain it."""
        seen: dict[tuple[str, str], ApiOperation] = {}
        for api in self.apis:
            for operation in api.operations:
                seen.setdefault((operation.path, operation.method), operation)
        return tuple(seen.values())

    def common_errors(self) -> frozenset[str]:
        """The error codes that at least half of the operations have, such as ``internal.server.error``."""
        # In a definition of one operation nothing is common: its codes would all be left out.
        operations = self.operations()
        counts = Counter(
            code
            for one in operations
            for code in {code for _, codes in one.errors for code in codes}
        )
        return frozenset(code for code, count in counts.items() if 2 * count >= len(operations) > 1)

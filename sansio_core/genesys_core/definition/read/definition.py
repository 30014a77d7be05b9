"""The definition as values: what the writers read.

Law: every name here is final. The wire's spelling stands beside Python's, references are resolved,
and order is the definition's.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

__all__ = [
    "Api",
    "ApiDefinition",
    "ApiOperation",
    "ApiParameter",
    "ApiPermissions",
    "Array",
    "Field",
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
]
"""The types that are no container and no model: ``object`` is JSON that the definition calls an
object and does not describe, ``any`` is JSON of any shape."""

ParameterLocation: TypeAlias = Literal["path", "query", "header", "body"]
"""Where a parameter travels."""


class Plain(Struct, frozen=True):
    """A value without parts; ``values`` are those of an enum that the definition knows."""

    kind: PlainKind
    values: tuple[str, ...] = ()


class Ref(Struct, frozen=True):
    """A model, by the name of its class."""

    name: str


class Array(Struct, frozen=True):
    """A JSON array."""

    items: "Type"


class Map(Struct, frozen=True):
    """A JSON object whose keys are data."""

    values: "Type"


Type: TypeAlias = Plain | Ref | Array | Map
"""The type of a field, parameter, body or reply."""


class Field(Struct, frozen=True):
    """One property of a model: Python's name, the wire's name, and the facts."""

    name: str
    wire: str
    type: Type
    required: bool = False
    read_only: bool = False
    secret: bool = False


class ModelDef(Struct, frozen=True):
    """One model: the name of its class and the definition's name for it."""

    name: str
    wire: str
    fields: tuple[Field, ...] = ()


class ApiParameter(Struct, frozen=True):
    """One parameter of an operation, the body included."""

    name: str
    wire: str
    location: ParameterLocation
    type: Type
    required: bool = False


class ApiPermissions(Struct, frozen=True):
    """What a caller must be allowed to do: all of these, or any one."""

    all: bool
    names: tuple[str, ...]


class ApiOperation(Struct, frozen=True):
    """One method and path; ``tags`` are the APIs that offer it."""

    name: str
    method: str
    path: str
    tags: tuple[str, ...]
    parameters: tuple[ApiParameter, ...] = ()
    returns: Type | None = None
    accept: str = "application/json"
    permissions: ApiPermissions | None = None
    deprecated: bool = False
    preview: bool = False

    @property
    def body(self) -> ApiParameter | None:
        """The body, where the operation takes one."""
        return next((one for one in self.parameters if one.location == "body"), None)


class Api(Struct, frozen=True):
    """The operations of one tag: ``tag`` is ``AgentUI``, ``name`` is ``agent_ui``."""

    tag: str
    name: str
    operations: tuple[ApiOperation, ...]

    @property
    def class_name(self) -> str:
        """The class that binds them to a client, as the official SDK names it."""
        return f"{self.tag}Api"


class ApiDefinition(Struct, frozen=True):
    """All of it; ``topics`` maps a topic template to the class of its event body."""

    version: str
    models: tuple[ModelDef, ...]
    apis: tuple[Api, ...]
    topics: tuple[tuple[str, str], ...] = ()

    def operations(self) -> tuple[ApiOperation, ...]:
        """Every operation once, though several APIs may offer it."""
        seen: dict[tuple[str, str], ApiOperation] = {}
        for api in self.apis:
            for operation in api.operations:
                seen.setdefault((operation.path, operation.method), operation)
        return tuple(seen.values())

"""The API definition as Python values, the input of the code generator.

Invariants: each field, parameter and model has its name on the wire and its final name in Python;
references are resolved. Models are in the order of the document, followed by unions and the models of
inline objects; APIs, their operations and topics are sorted by name.
"""

from collections import Counter
from typing import Final, Literal, TypeAlias

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
    "format_number",
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
"""The kinds of :class:`Plain` types. ``object`` is a JSON object without declared properties, ``any``
is any JSON value, and ``file`` is the content of a file in a form or response.
"""

ParameterLocation: TypeAlias = Literal["path", "query", "header", "body", "formData"]
"""The part of a request in which a parameter is sent."""


class Plain(Struct, frozen=True):
    """A type that is neither a container nor a model; ``values`` are an enum's known values."""

    kind: PlainKind
    values: tuple[str, ...] = ()


class Ref(Struct, frozen=True):
    """A reference to a model, by the model's class name."""

    name: str


class Array(Struct, frozen=True):
    """A JSON array; ``items`` is the type of its items."""

    items: "Type"


class Map(Struct, frozen=True):
    """A JSON object with arbitrary keys; ``values`` is the type of its values."""

    values: "Type"


Type: TypeAlias = Plain | Ref | Array | Map
"""The type of a field, parameter, body or response."""


class Limits(Struct, frozen=True):
    """The limits of a field or parameter: default, bounds, pattern, format and uniqueness of items.

    A ``default`` that is not a string is encoded as JSON. ``format`` is a string format without a
    corresponding Python type, such as ``uri``.
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


def format_number(value: float) -> str:
    """Format a number; an integer with an absolute value below 2**53 has no decimal point."""
    if abs(value) < _INTEGERS and value % 1 == 0:
        return str(int(value))
    return str(value)


_INTEGERS: Final = 2.0**53
"""The bound below which a float represents every integer exactly."""


class Field(Struct, frozen=True):
    """A model's property; ``name`` is its name in Python, ``wire`` its name in JSON."""

    name: str
    wire: str
    type: Type
    required: bool = False
    read_only: bool = False
    secret: bool = False
    description: str = ""
    limits: Limits = Limits()


class ModelDef(Struct, frozen=True):
    """A model; ``name`` is its class name, ``wire`` its name in the definition.

    A union of models has a ``tag``, the JSON property whose value names the kind, and ``cases``:
    the kind and class name of each of its models.
    """

    name: str
    wire: str
    fields: tuple[Field, ...] = ()
    description: str = ""
    tag: str = ""
    cases: tuple[tuple[str, str], ...] = ()


class ApiParameter(Struct, frozen=True):
    """A parameter of an operation, including the body; ``wire`` is its name in requests."""

    name: str
    wire: str
    location: ParameterLocation
    type: Type
    required: bool = False
    description: str = ""
    limits: Limits = Limits()


class ApiPermissions(Struct, frozen=True):
    """The permissions that an operation requires: all of them if ``all`` is true, otherwise any one."""

    all: bool
    names: tuple[str, ...]


class ApiOperation(Struct, frozen=True):
    """An operation: a method and path; ``tags`` are the APIs that contain it.

    ``returns`` is the type of a successful response's body. ``replies`` contains the successful
    statuses whose body has a different type, each with that type. ``form`` is the encoding of
    ``formData`` parameters, and ``accept`` the value of the ``Accept`` header. ``errors`` lists the
    error codes of each status. ``schemes`` is ``None`` if the operation accepts an access token.
    Otherwise it names the security schemes that the operation accepts instead, and is empty if no
    authentication is needed.
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
        """The types of all successful responses without duplicates, beginning with ``returns``."""
        return tuple(dict.fromkeys((self.returns, *(type_ for _, type_ in self.replies))))

    @property
    def body(self) -> ApiParameter | None:
        """The body parameter, if the operation has one."""
        return next((one for one in self.parameters if one.location == "body"), None)


class Api(Struct, frozen=True):
    """The operations with one tag; for the tag ``AgentUI``, ``name`` is ``agent_ui``."""

    tag: str
    name: str
    operations: tuple[ApiOperation, ...]
    description: str = ""

    @property
    def class_name(self) -> str:
        """The name of the API's class, the same as in the official SDK."""
        return f"{self.tag}Api"


class ApiDefinition(Struct, frozen=True):
    """A complete API definition; ``topics`` pairs each topic template with its events' class name."""

    version: str
    models: tuple[ModelDef, ...]
    apis: tuple[Api, ...]
    topics: tuple[tuple[str, str], ...] = ()

    def operations(self) -> tuple[ApiOperation, ...]:
        """Return all operations without duplicates: an operation may be in several APIs."""
        seen: dict[tuple[str, str], ApiOperation] = {}
        for api in self.apis:
            for operation in api.operations:
                seen.setdefault((operation.path, operation.method), operation)
        return tuple(seen.values())

    def common_errors(self) -> frozenset[str]:
        """Return the error codes that at least half of the operations have, such as ``not.found``."""
        # With a single operation, every code would count as common and be omitted.
        operations = self.operations()
        counts = Counter(
            code
            for one in operations
            for code in {code for _, codes in one.errors for code in codes}
        )
        return frozenset(code for code, count in counts.items() if 2 * count >= len(operations) > 1)

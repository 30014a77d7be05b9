"""Conversion of a Swagger document to the API definition as values.

Invariants: parsing is independent of source code. Every reference is resolved or rejected, every
name is final, and the order is the document's.
"""

from collections.abc import Iterable, Mapping

from genesys_core.definition.read import naming, swagger
from genesys_core.definition.read.definition import (
    Api,
    ApiDefinition,
    ApiOperation,
    ApiParameter,
    ApiPermissions,
    Array,
    Field,
    Map,
    ModelDef,
    ParameterLocation,
    Plain,
    PlainKind,
    Ref,
    Type,
)
from genesys_core.definition.read.secret_fields import is_secret
from genesys_core.errors import InvalidValueError

__all__ = ["parse_definition"]

_ANY = Plain("any")
_REF = "#/definitions/"

_FORMATS: Mapping[str, PlainKind] = {
    "date": "date",
    "date-time": "date-time",
    "local-date-time": "local-date-time",
    "year-month": "year-month",
}
_KINDS: Mapping[str, PlainKind] = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "object": "object",
}
_LOCATIONS: Mapping[str, ParameterLocation] = {
    "path": "path",
    "query": "query",
    "header": "header",
    "body": "body",
}


def parse_definition(document: Mapping[str, object], topics: Mapping[str, object]) -> ApiDefinition:
    """Parse a Swagger document and a topic file.

    Raises:
        InvalidValueError: one of them is malformed or has a dangling reference.
    """
    source = swagger.read_swagger(document)
    names = _class_names(source.definitions)
    types = _TypeReader(names)
    return ApiDefinition(
        version=source.info.sdk_version or source.info.version,
        models=tuple(
            _model(wire, schema, types, source) for wire, schema in source.definitions.items()
        ),
        apis=_apis(_operations(source, types)),
        topics=_topics(swagger.read_topics(topics), types),
    )


def _class_names(definitions: Iterable[str]) -> dict[str, str]:
    wires = list(definitions)
    return dict(zip(wires, naming.make_unique(map(naming.class_name, wires)), strict=True))


class _TypeReader:
    """Converts schemas to types; knows the class of every definition."""

    def __init__(self, classes: Mapping[str, str]) -> None:
        self.classes = classes

    def ref(self, reference: str) -> Ref:
        return Ref(self.class_of(reference.removeprefix(_REF)))

    def class_of(self, wire: str) -> str:
        try:
            return self.classes[wire]
        except KeyError:
            raise InvalidValueError(f"definition: {wire!r} is referenced but not defined") from None

    def of(self, schema: swagger.SwaggerSchema) -> Type:
        if schema.ref is not None:
            return self.ref(schema.ref)
        if len(schema.all_of) == 1:
            return self.of(schema.all_of[0])
        if schema.type == "array":
            return Array(_ANY if schema.items is None else self.of(schema.items))
        if isinstance(schema.additional_properties, swagger.SwaggerSchema):
            return Map(self.of(schema.additional_properties))
        return _plain(schema.type, schema.format, schema.enum)

    def of_parameter(self, parameter: swagger.SwaggerParameter) -> Type:
        if parameter.schema is not None:
            return self.of(parameter.schema)
        if parameter.type == "array":
            return Array(_ANY if parameter.items is None else self.of(parameter.items))
        return _plain(parameter.type, parameter.format, parameter.enum)


def _plain(type_: str | None, format_: str | None, enum: Iterable[object]) -> Plain:
    if type_ == "string" and format_ in _FORMATS:
        return Plain(_FORMATS[format_ or ""])
    if type_ == "string":
        return Plain("string", tuple(dict.fromkeys(map(str, enum))))
    return Plain(_KINDS.get(type_ or "", "any"))


def _model(
    wire: str, schema: swagger.SwaggerSchema, types: _TypeReader, source: swagger.Swagger
) -> ModelDef:
    properties, required = _inherited(schema, source, frozenset({wire}))
    names = naming.make_unique(map(naming.to_snake_case, properties))
    return ModelDef(
        types.class_of(wire),
        wire,
        tuple(
            _field(wire, name, key, value, types, required=key in required)
            for name, (key, value) in zip(names, properties.items(), strict=True)
        ),
    )


def _inherited(
    schema: swagger.SwaggerSchema, source: swagger.Swagger, seen: frozenset[str]
) -> tuple[dict[str, swagger.SwaggerSchema], set[str]]:
    """Return the properties of a schema, including inherited ones (``allOf``)."""
    properties: dict[str, swagger.SwaggerSchema] = {}
    required: set[str] = set()
    for part in schema.all_of:
        wire = (part.ref or "").removeprefix(_REF)
        if part.ref is not None and (wire in seen or wire not in source.definitions):
            continue
        base = part if part.ref is None else source.definitions[wire]
        more, needed = _inherited(base, source, seen | {wire})
        properties |= more
        required |= needed
    return properties | schema.properties, required | set(schema.required)


def _field(
    model: str,
    name: str,
    wire: str,
    schema: swagger.SwaggerSchema,
    types: _TypeReader,
    *,
    required: bool,
) -> Field:
    type_ = types.of(schema)
    return Field(
        name,
        wire,
        type_,
        required=required,
        read_only=schema.read_only or schema.x_read_only,
        secret=is_secret(model, wire, type_),
    )


def _operations(source: swagger.Swagger, types: _TypeReader) -> list[ApiOperation]:
    return [
        _operation(path, method, operation, item.parameters, types)
        for path, item in source.paths.items()
        for method, operation in item.operations()
    ]


def _operation(
    path: str,
    method: str,
    source: swagger.SwaggerOperation,
    shared: list[swagger.SwaggerParameter],
    types: _TypeReader,
) -> ApiOperation:
    where = f"definition: {method} {path}"
    return ApiOperation(
        name=_operation_name(source, where),
        method=method,
        path=path,
        tags=tuple(dict.fromkeys(source.tags)) or ("Default",),
        parameters=_parameters([*shared, *source.parameters], types, where),
        returns=_returns(source.responses, types),
        accept=_accept(source.produces),
        permissions=_permissions(source.permissions),
        deprecated=source.deprecated,
        preview=source.preview or source.genesys_preview,
    )


def _operation_name(source: swagger.SwaggerOperation, where: str) -> str:
    given = source.python_name or source.operation_id
    if not given:
        raise InvalidValueError(f"{where}: has neither x-python-method-name nor operationId")
    return naming.method_name(given)


def _parameters(
    given: list[swagger.SwaggerParameter], types: _TypeReader, where: str
) -> tuple[ApiParameter, ...]:
    """Merge parameters: those of an operation override its path's of the same name and place."""
    merged = {(one.name, one.location): one for one in given}.values()
    names = naming.make_unique(naming.to_snake_case(one.name) for one in merged)
    return tuple(
        ApiParameter(
            name,
            one.name,
            _location(one.location, one.name, where),
            types.of_parameter(one),
            required=one.required or one.location == "path",
        )
        for name, one in zip(names, merged, strict=True)
    )


def _location(given: str, name: str, where: str) -> ParameterLocation:
    try:
        return _LOCATIONS[given]
    except KeyError:
        raise InvalidValueError(
            f"{where}: parameter {name!r} is in {given!r}; must be one of {', '.join(_LOCATIONS)}"
        ) from None


def _returns(responses: Mapping[str, swagger.SwaggerResponse], types: _TypeReader) -> Type | None:
    """Return the type of a successful response: the first 2xx with a body, or ``default``."""
    for status in (*sorted(key for key in responses if key.startswith("2")), "default"):
        schema = responses[status].schema if status in responses else None
        if schema is not None:
            return types.of(schema)
    return None


def _accept(produces: list[str]) -> str:
    """JSON, unless the definition offers only other types."""
    return "application/json" if not produces or "application/json" in produces else produces[0]


def _permissions(given: swagger.SwaggerPermissions | None) -> ApiPermissions | None:
    if given is None or not given.permissions:
        return None
    return ApiPermissions(given.type.upper() != "ANY", tuple(given.permissions))


def _apis(operations: list[ApiOperation]) -> tuple[Api, ...]:
    """Group operations by tag, both alphabetically; a method's name is unique in its API."""
    by_tag: dict[str, list[ApiOperation]] = {}
    for operation in operations:
        for tag in operation.tags:
            by_tag.setdefault(tag, []).append(operation)
    tags = sorted(by_tag, key=lambda tag: (naming.api_name(tag), tag))
    modules = naming.make_unique(map(naming.api_name, tags))
    titles = naming.make_unique(map(naming.tag_name, tags))
    return tuple(
        Api(title, module, _sorted_operations(by_tag[tag]))
        for tag, title, module in zip(tags, titles, modules, strict=True)
    )


def _sorted_operations(operations: list[ApiOperation]) -> tuple[ApiOperation, ...]:
    names = [operation.name for operation in operations]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        paths = [one.path for one in operations if one.name == twice]
        raise InvalidValueError(f"definition: {twice!r} is the name of several operations: {paths}")
    return tuple(sorted(operations, key=lambda operation: operation.name))


def _topics(source: swagger.SwaggerTopics, types: _TypeReader) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((one.topic, types.class_of(one.model)) for one in source.notifications))

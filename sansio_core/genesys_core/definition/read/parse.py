"""Converts a Swagger document and topics to an :class:`ApiDefinition`.

Invariants: the result is independent of the generated source code. Every reference is resolved,
every name is final. Models are in the order of the document, followed by unions and the models of
inline objects; APIs, their operations and topics are sorted by name. Invalid parts are omitted, or typed as any JSON value, with a finding that
gives their location; valid parts are kept.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from genesys_core.definition.read import naming, swagger
from genesys_core.definition.read.definition import (
    Api,
    ApiDefinition,
    ApiOperation,
    ApiParameter,
    ApiPermissions,
    Array,
    Field,
    Limits,
    Map,
    ModelDef,
    ParameterLocation,
    Plain,
    PlainKind,
    Ref,
    Type,
)
from genesys_core.definition.read.findings import Finding, Place, format_place, refuse_findings
from genesys_core.definition.read.polymorphism import Family, find_families
from genesys_core.definition.read.references import definition_name, is_model, pointed_name
from genesys_core.definition.read.secret_fields import is_secret
from genesys_core.definition.read.tolerant import MAX_DEPTH
from genesys_core.definition.read.topics import Topic, read_topics
from genesys_core.http.forms import FormKind

__all__ = [
    "DefinitionSources",
    "Reading",
    "interpret_sources",
    "parse_definition",
    "read_definition",
    "read_sources",
]

_ANY: Final = Plain("any")
_TOO_DEEP: Final = f"nested more than {MAX_DEPTH} levels deep"

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
    "formData": "formData",
}


_NO_FIELD: Final = re.compile(r'["\\\x00-\x1f]')
"""Characters that msgspec does not allow in field names."""

_PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")


class DefinitionSources(Struct, frozen=True):
    """A Swagger document and topics as read, before Python names and types are derived."""

    document: swagger.Swagger
    topics: tuple[Topic, ...]
    findings: tuple[Finding, ...]

    @property
    def version(self) -> str:
        """The version of the definition: ``x-sdk-version`` if present, else ``version``."""
        return self.document.info.sdk_version or self.document.info.version


class Reading(Struct, frozen=True):
    """An API definition, with the findings in the documents that it was read from."""

    definition: ApiDefinition
    findings: tuple[Finding, ...]


def parse_definition(document: Mapping[str, object], topics: Mapping[str, object]) -> ApiDefinition:
    """Convert a Swagger document and a topic file to an API definition; any finding is an error.

    Raises:
        InvalidValueError: a part of a document is invalid, such as a dangling reference; the
            message lists the findings.
    """
    reading = read_definition(document, topics)
    refuse_findings(reading.findings)
    return reading.definition


def read_definition(document: Mapping[str, object], topics: Mapping[str, object]) -> Reading:
    """Convert a Swagger document and a topic file to an API definition, with a finding for each error.

    Args:
        document: a parsed Swagger 2.0 document.
        topics: a parsed topic file; see :func:`~genesys_core.definition.read.topics.read_topics`.

    Raises:
        InvalidValueError: a document has a different format, such as OpenAPI 3.
    """
    return interpret_sources(read_sources(document, topics))


def interpret_sources(sources: DefinitionSources) -> Reading:
    """Derive Python names, types and operations from documents read by :func:`read_sources`."""
    return _DefinitionReader(sources.document, list(sources.findings)).read(sources)


def read_sources(document: Mapping[str, object], topics: Mapping[str, object]) -> DefinitionSources:
    """Read a Swagger document and a topic file without deriving Python names and types.

    Takes the same arguments and raises the same exceptions as :func:`read_definition`.
    """
    source, findings = swagger.read_swagger(document)
    topic_list, more_findings = read_topics(topics)
    # The schemas of topics are appended; if both define a name, the document's schema is used.
    own = source.definitions
    more = {name: one for name, one in topic_list.definitions.items() if name not in own}
    source = replace(source, definitions={**own, **more})
    return DefinitionSources(source, tuple(topic_list.topics), (*findings, *more_findings))


class _Owner(Struct, frozen=True):
    """The model that a field belongs to."""

    name: str
    wire: str
    required: frozenset[str]


class _DefinitionReader:
    """Converts a document, and collects its findings and the models of its inline schemas."""

    def __init__(self, source: swagger.Swagger, findings: list[Finding]) -> None:
        self.source = source
        self.findings = findings
        wires = [wire for wire, schema in source.definitions.items() if is_model(schema)]
        names = naming.make_unique(map(naming.class_name, wires))
        self.classes = dict(zip(wires, names, strict=True))
        self.names = naming.UniqueNames(names)
        self.inline: list[ModelDef] = []
        self.aliases: dict[str, Type] = {}
        self.open_aliases: set[str] = (
            set()
        )  # being resolved; a reference to one of them is circular
        self.depth = 0  # of the type that is being read
        self.families = find_families(source.definitions)
        self.unions: dict[str, str] = {}
        for wire in self.families:
            self.unions[wire] = self.names.add(f"Any{self.classes[wire]}")

    def read(self, sources: DefinitionSources) -> Reading:
        models = [
            self.model(self.classes[wire], wire, schema, ("definitions", wire))
            for wire, schema in self.source.definitions.items()
            if wire in self.classes
        ]
        unions = [self.union(wire, family) for wire, family in self.families.items()]
        apis = self.apis(self.operations())
        topic_models = self.topics(sources.topics)
        definition = ApiDefinition(
            sources.version, (*models, *unions, *self.inline), apis, topic_models
        )
        # A shared parameter or an inherited schema is reported by each of its users.
        return Reading(definition, tuple(dict.fromkeys(self.findings)))

    def report(self, place: Place, message: str) -> None:
        self.findings.append(Finding(format_place(place), message))

    # --- types ---

    # The order of the cases in `type_at` matters: next to a ``$ref`` all other members are ignored (Swagger 2.0,
    # "Reference Object"), and documents in use write ``properties`` without ``type: object``.
    def type_of(self, schema: swagger.SwaggerSchema, place: Place, hint: str) -> Type:
        """Return the type of a schema; ``hint`` is the class name for an inline object's model."""
        # References can make a type deeper than the document, and Python's parser limits the depth of
        # annotations.
        if self.depth >= MAX_DEPTH:
            self.report(place, f"{_TOO_DEEP}; typed as any JSON value")
            return _ANY
        self.depth += 1
        try:
            return self.type_at(schema, place, hint)
        finally:
            self.depth -= 1

    def type_at(self, schema: swagger.SwaggerSchema, place: Place, hint: str) -> Type:
        if schema.ref is not None:
            return self.referenced(schema.ref, place)
        if len(schema.all_of) == 1 and not schema.properties:
            return self.type_of(schema.all_of[0], (*place, "allOf", 0), hint)
        if schema.properties or schema.all_of:
            return self.inline_model(schema, place, hint)
        if schema.type == "array":
            inner = schema.items
            return Array(_ANY if inner is None else self.type_of(inner, (*place, "items"), hint))
        values = schema.additional_properties
        if isinstance(values, swagger.SwaggerSchema):
            return Map(self.type_of(values, (*place, "additionalProperties"), hint))
        return _plain(schema.type, schema.format, schema.enum)

    def referenced(self, reference: str, place: Place) -> Type:
        wire = definition_name(reference)
        if wire in self.unions:
            return Ref(self.unions[wire])
        if wire in self.classes:
            return Ref(self.classes[wire])
        if wire in self.source.definitions:
            return self.alias(wire)
        message = (
            f"{reference!r} is not defined; typed as any JSON value"
            if reference.startswith("#")
            else f"{reference!r} is outside the document; typed as any JSON value"
        )
        self.report((*place, "$ref"), message)
        return _ANY

    def alias(self, wire: str) -> Type:
        """Return the type of an entry of ``definitions`` that is not an object, such as an enum."""
        place: Place = ("definitions", wire)
        if wire in self.open_aliases:
            self.report(place, "is a recursive type without an object; typed as any JSON value")
            return _ANY
        if wire not in self.aliases:
            self.open_aliases.add(wire)
            schema = self.source.definitions[wire]
            self.aliases[wire] = self.type_of(schema, place, naming.class_name(wire))
            self.open_aliases.discard(wire)
        return self.aliases[wire]

    def inline_model(self, schema: swagger.SwaggerSchema, place: Place, hint: str) -> Ref:
        name = self.names.add(hint)
        position = len(self.inline)
        self.inline.append(ModelDef(name, name))  # before the models inside it
        self.inline[position] = self.model(name, name, schema, place)
        return Ref(name)

    # --- models ---

    # A union has its own name, ``AnyShape``: the base ``Shape`` remains a class that can be created.
    def union(self, wire: str, family: Family) -> ModelDef:
        """Return the union of a polymorphic definition and the definitions that extend it."""
        cases: dict[str, str] = {}
        for kind, model in family.kinds:
            name = self.classes.get(model)
            place: Place = ("definitions", wire, "discriminator")
            if name is None:
                self.report(place, f"kind {kind!r}: {model!r} is not an object definition; ignored")
            elif kind in cases:
                self.report(place, f"kind {kind!r}: already names {cases[kind]}; ignored")
            else:
                cases[kind] = name
        return ModelDef(
            self.unions[wire], self.unions[wire], tag=family.tag, cases=tuple(cases.items())
        )

    def model(self, name: str, wire: str, schema: swagger.SwaggerSchema, place: Place) -> ModelDef:
        declared, required = self.inherited(schema, place, frozenset({wire}), {wire})
        properties = {
            key: value for key, value in declared.items() if self.can_be_field(key, place)
        }
        names = naming.make_unique(map(naming.to_snake_case, properties))
        owner = _Owner(name, wire, frozenset(required))
        return ModelDef(
            name,
            wire,
            tuple(
                self.field(own, key, value, (*place, "properties", key), owner)
                for own, (key, value) in zip(names, properties.items(), strict=True)
            ),
            schema.description,
        )

    def can_be_field(self, wire: str, place: Place) -> bool:
        """Return whether msgspec accepts a property's name; if it does not, add a finding."""
        if _NO_FIELD.search(wire) is None:
            return True
        self.report(
            (*place, "properties", wire),
            "a name with a quotation mark, a backslash or a control character cannot be a field; "
            "omitted",
        )
        return False

    def inherited(
        self,
        schema: swagger.SwaggerSchema,
        place: Place,
        seen: frozenset[str],
        merged: set[str],
    ) -> tuple[dict[str, swagger.SwaggerSchema], set[str]]:
        """Return a schema's properties and required names, including inherited ones (``allOf``).

        Args:
            schema: the schema whose properties to return.
            place: the schema's location for findings; if it is inherited, a location below the
                definition that extends it.
            seen: the names of the schema's definition and of those that extend it.
            merged: the names of the definitions inherited so far; each is inherited once, because
                the number of inheritance paths to it may double with every level.
        """
        properties: dict[str, swagger.SwaggerSchema] = {}
        required: set[str] = set()
        for number, part in enumerate(schema.all_of):
            here = (*place, "allOf", number)
            base, extended = part, seen
            if part.ref is not None:
                wire = definition_name(part.ref)
                if wire in seen or wire not in self.source.definitions:
                    self.report(here, f"{part.ref!r} is {_unusable(wire in seen)}; ignored")
                    continue
                if wire in merged:
                    continue
                merged.add(wire)
                base, extended = self.source.definitions[wire], seen | {wire}
            if len(here) > 2 * MAX_DEPTH:  # each level is a key and an index
                self.report(here, f"{_TOO_DEEP}; ignored")
                continue
            more, needed = self.inherited(base, here, extended, merged)
            properties |= more
            required |= needed
        return properties | schema.properties, required | set(schema.required)

    def field(
        self,
        name: str,
        wire: str,
        schema: swagger.SwaggerSchema,
        place: Place,
        owner: "_Owner",
    ) -> Field:
        type_ = self.type_of(schema, place, owner.name + naming.tag_name(wire))
        return Field(
            name,
            wire,
            type_,
            required=wire in owner.required,
            read_only=schema.is_read_only,
            secret=is_secret(owner.wire, wire, type_),
            description=schema.description,
            limits=_limits(schema),
        )

    # --- operations ---

    def operations(self) -> list[tuple[ApiOperation, Place]]:
        found: list[tuple[ApiOperation, Place]] = []
        for path, item in self.source.paths.items():
            for method, operation in item.operations():
                place: Place = ("paths", path, method.lower())
                made = self.operation(path, method, operation, item.parameters, place)
                found.append((made, place))
        return found

    def operation(
        self,
        path: str,
        method: str,
        source: swagger.SwaggerOperation,
        shared: list[swagger.SwaggerParameter],
        place: Place,
    ) -> ApiOperation:
        name = self.operation_name(path, method, source, place)
        given = [
            *self.resolved(shared, (*place[:2], "parameters")),
            *self.resolved(source.parameters, (*place, "parameters")),
        ]
        given = self.without_second_body(self.in_path(given, path), place)
        title = naming.tag_name(name)
        returns, replies = self.replies(source.responses, (*place, "responses"), f"{title}Response")
        return ApiOperation(
            name=name,
            method=method,
            path=path,
            tags=tuple(dict.fromkeys(source.tags)) or ("Default",),
            parameters=self.parameters(given, path, title),
            returns=returns,
            replies=replies,
            form=_form_kind(given, source.consumes or self.source.consumes),
            accept=_accept(source.produces or self.source.produces),
            permissions=_permissions(source.required_permissions()),
            deprecated=source.deprecated,
            preview=source.is_preview,
            summary=source.summary,
            description=source.description,
            errors=self.errors(source.responses),
            schemes=self.schemes(source.security),
        )

    def errors(
        self, responses: Mapping[str, swagger.SwaggerResponse]
    ) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return an operation's error codes by response status."""
        shared = self.source.responses
        found = {
            status: one if one.ref is None else shared.get(pointed_name(one.ref, "#/responses/"))
            for status, one in responses.items()
        }
        return tuple(
            (status, tuple(one.error_codes))
            for status, one in found.items()
            if one and one.error_codes
        )

    def schemes(self, given: list[dict[str, list[str]]] | None) -> tuple[str, ...] | None:
        """Return the security schemes that an operation accepts; ``None`` if it accepts a token."""
        # An operation's list replaces the document's, and an empty one removes it (Swagger 2.0,
        # "Operation Object"); {} makes it optional, as in OpenAPI 3.
        choices = given if given is not None else self.source.security or None
        if choices is None:
            return None
        names = dict.fromkeys(name for choice in choices for name in choice)
        known = self.source.security_definitions
        if any(name in known and known[name].type == "oauth2" for name in names):
            return None
        return () if {} in choices else tuple(names)

    def operation_name(
        self, path: str, method: str, source: swagger.SwaggerOperation, place: Place
    ) -> str:
        """Return a method's name from ``x-purecloud-method-name``, ``operationId`` or the path."""
        given = source.method_name or source.operation_id
        if given:
            return naming.method_name(given)
        name = naming.method_name(f"{method.lower()}_{re.sub(r'[{}]', '', path)}")
        self.report(place, f"has no operationId; named {name!r} after its path")
        return name

    def resolved(
        self, given: list[swagger.SwaggerParameter], place: Place
    ) -> list[tuple[swagger.SwaggerParameter, Place]]:
        """Return an operation's valid parameters, with references resolved."""
        result: list[tuple[swagger.SwaggerParameter, Place]] = []
        for number, one in enumerate(given):
            here = (*place, number)
            found: swagger.SwaggerParameter | None = one
            if one.ref is not None:
                found = self.source.parameters.get(pointed_name(one.ref, "#/parameters/"))
            if found is None:
                self.report(here, f"parameter {one.ref!r} is not defined; omitted")
            elif found.location not in _LOCATIONS:
                self.report(
                    here,
                    f"parameter {found.name!r} is in {found.location!r}, but must be in "
                    f"{', '.join([*_LOCATIONS][:-1])} or formData; omitted",
                )
            else:
                result.append((found, here))
        return result

    def in_path(
        self, given: list[tuple[swagger.SwaggerParameter, Place]], path: str
    ) -> list[tuple[swagger.SwaggerParameter, Place]]:
        """Return the parameters, omitting path parameters that do not occur in the path."""
        known = set(_PLACEHOLDER.findall(path))
        found: list[tuple[swagger.SwaggerParameter, Place]] = []
        for one, here in given:
            if one.location == "path" and one.name not in known:
                self.report(here, f"path parameter {one.name!r} is not in the path; omitted")
            else:
                found.append((one, here))
        return found

    def without_second_body(
        self, given: list[tuple[swagger.SwaggerParameter, Place]], place: Place
    ) -> list[tuple[swagger.SwaggerParameter, Place]]:
        """Return the parameters with at most one body, and without form data if there is a body."""
        # The first body's name is kept. The operation may redefine a body of its path under this name;
        # `parameters` then chooses the operation's.
        body = next((one.name for one, _ in given if one.location == "body"), None)
        for one, here in given:
            if one.location == "body" and one.name != body:
                self.report(here, f"has a second body, {one.name!r}; omitted")
        given = [pair for pair in given if pair[0].location != "body" or pair[0].name == body]
        if {"body", "formData"} <= {one.location for one, _ in given}:
            self.report(place, "has a body and form data; the form data is omitted")
            return [(one, here) for one, here in given if one.location != "formData"]
        return given

    def parameters(
        self, given: Sequence[tuple[swagger.SwaggerParameter, Place]], path: str, title: str
    ) -> tuple[ApiParameter, ...]:
        """Merge parameters by name and location: an operation's parameters override its path's."""
        merged = list({(one.name, one.location): (one, here) for one, here in given}.values())
        declared = {one.name for one, _ in merged if one.location == "path"}
        undeclared = [name for name in _PLACEHOLDER.findall(path) if name not in declared]
        here: Place = ("paths", path)
        for name in dict.fromkeys(undeclared):
            self.report(here, f"path parameter {name!r} is not declared; added as a string")
            missing = swagger.SwaggerParameter(name=name, location="path", type="string")
            merged.append((missing, here))
        names = naming.make_unique(naming.to_snake_case(one.name) for one, _ in merged)
        return tuple(
            ApiParameter(
                name,
                one.name,
                _LOCATIONS[one.location],
                self.parameter_type(one, place, title),
                required=one.required or one.location == "path",
                description=one.description,
                limits=_limits(one),
            )
            for name, (one, place) in zip(names, merged, strict=True)
        )

    def parameter_type(self, parameter: swagger.SwaggerParameter, place: Place, title: str) -> Type:
        if parameter.schema is not None:
            return self.type_of(parameter.schema, (*place, "schema"), f"{title}Body")
        if parameter.type == "file":
            return Plain("file")
        if parameter.type == "array":
            inner = parameter.items
            return Array(_ANY if inner is None else self.type_of(inner, (*place, "items"), title))
        return _plain(parameter.type, parameter.format, parameter.enum)

    def replies(
        self, responses: Mapping[str, swagger.SwaggerResponse], place: Place, hint: str
    ) -> tuple[Type | None, tuple[tuple[int, Type | None], ...]]:
        """Return an operation's response type, and different types of 2xx responses by status.

        The response type is that of the first 2xx status with a body; if no 2xx status is documented,
        it is that of ``default``.
        """
        successes = sorted(key for key in responses if re.fullmatch(r"2\d\d", key))
        types = {
            status: self.reply(responses[status], (*place, status), hint)
            for status in successes or [key for key in responses if key == "default"]
        }
        returns = next((type_ for type_ in types.values() if type_ is not None), None)
        others = [(int(key), types[key]) for key in successes if types[key] != returns]
        return returns, tuple(others)

    def reply(self, response: swagger.SwaggerResponse, place: Place, hint: str) -> Type | None:
        found: swagger.SwaggerResponse | None = response
        if response.ref is not None:
            found = self.source.responses.get(pointed_name(response.ref, "#/responses/"))
            if found is None:
                self.report(
                    place,
                    f"response {response.ref!r} is not defined; treated as empty",
                )
        if found is None or found.schema is None:
            return None
        if found.schema.type == "file":
            return Plain("file")
        return self.type_of(found.schema, (*place, "schema"), hint)

    # --- APIs and topics ---

    def apis(self, operations: list[tuple[ApiOperation, Place]]) -> tuple[Api, ...]:
        """Group operations into APIs by tag, with APIs and their operations sorted by name."""
        operations = self.distinct(operations)
        by_tag: dict[str, list[ApiOperation]] = {}
        for operation, _ in operations:
            for tag in operation.tags:
                by_tag.setdefault(tag, []).append(operation)
        described = {tag.name: tag.description for tag in self.source.tags}
        tags = sorted(by_tag, key=lambda tag: (naming.api_name(tag), tag))
        modules = naming.make_unique(map(naming.api_name, tags))
        titles = naming.api_titles(tags)
        return tuple(
            Api(
                title,
                module,
                tuple(sorted(by_tag[tag], key=lambda operation: operation.name)),
                described.get(tag, ""),
            )
            for tag, title, module in zip(tags, titles, modules, strict=True)
        )

    def distinct(
        self, operations: list[tuple[ApiOperation, Place]]
    ) -> list[tuple[ApiOperation, Place]]:
        """Number equal operation names in an API: the second ``name`` becomes ``name_2``, and so on."""
        # A numbered name must not be the name of another operation.
        names = {(tag, one.name) for one, _ in operations for tag in one.tags}
        used: set[tuple[str, str]] = set()
        # The first number that may be free: counting from 1 would take a quadratic time.
        free: dict[tuple[str, str], int] = {}

        def is_taken(tag: str, name: str, number: int) -> bool:
            key = (tag, naming.number_name(name, number))
            return key in used or (number > 1 and key in names)

        result: list[tuple[ApiOperation, Place]] = []
        for one, place in operations:
            number = max(free.get((tag, one.name), 1) for tag in one.tags)
            while any(is_taken(tag, one.name, number) for tag in one.tags):
                number += 1
            name = naming.number_name(one.name, number)
            if name != one.name:
                self.report(
                    place,
                    f"{one.name!r} is also the name of another operation; renamed to {name!r}",
                )
            used.update((tag, name) for tag in one.tags)
            for tag in one.tags:
                number = free.get((tag, one.name), 1)
                while is_taken(tag, one.name, number):
                    number += 1
                free[tag, one.name] = number
            result.append((replace(one, name=name), place))
        return result

    def topics(self, topics: Sequence[Topic]) -> tuple[tuple[str, str], ...]:
        found: dict[str, str] = {}
        for topic in topics:
            name = self.unions.get(topic.model) or self.classes.get(topic.model)
            if name is None:
                self.report(
                    ("topics", topic.topic), f"{topic.model!r} is not an object definition; omitted"
                )
            else:
                found[topic.topic] = name
        return tuple(sorted(found.items()))


def _unusable(is_circular: bool) -> str:  # noqa: FBT001 - the only fact
    return "circular" if is_circular else "not defined"


def _plain(type_: str | None, format_: str | None, enum: Iterable[object]) -> Plain:
    if type_ == "string" and format_ in _FORMATS:
        return Plain(_FORMATS[format_ or ""])
    if type_ == "string":
        return Plain(
            "string", tuple(dict.fromkeys(str(value) for value in enum if value is not None))
        )
    return Plain(_KINDS.get(type_ or "", "any"))


def _limits(values: swagger.SwaggerSchema | swagger.SwaggerParameter) -> Limits:
    default = values.default
    if default is not None and not isinstance(default, str):
        default = msgspec.json.encode(default).decode()
    has_format = values.type == "string" and values.format not in _FORMATS
    return Limits(
        default or "",
        values.minimum,
        values.maximum,
        values.min_length,
        values.max_length,
        values.min_items,
        values.max_items,
        (values.format or "") if has_format else "",
        values.pattern or "",
        values.unique_items,
    )


def _form_kind(
    given: Sequence[tuple[swagger.SwaggerParameter, Place]], consumes: Sequence[str]
) -> FormKind | None:
    """Return the encoding of form data: ``multipart`` for files or if the document specifies it."""
    form = [one for one, _ in given if one.location == "formData"]
    if not form:
        return None
    is_multipart = "multipart/form-data" in consumes or any(one.type == "file" for one in form)
    return "multipart" if is_multipart else "urlencoded"


def _accept(produces: list[str]) -> str:
    """Return the ``Accept`` header: JSON, unless the operation produces only other media types."""
    return "application/json" if not produces or "application/json" in produces else produces[0]


def _permissions(given: swagger.SwaggerPermissions) -> ApiPermissions | None:
    if not given.permissions:
        return None
    # An unknown type is read as the stricter one.
    return ApiPermissions(given.type.upper() != "ANY", tuple(given.permissions))

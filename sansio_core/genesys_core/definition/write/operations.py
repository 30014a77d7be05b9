"""Writes operations: for each API, a module of pure functions that build operations (builders).

Invariants: a builder only collects its arguments, without checking or converting them, and takes
about a microsecond. Its signature and docstring come from the definition.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from genesys_core.calls.listing import Listing
from genesys_core.definition.read.definition import (
    Api,
    ApiDefinition,
    ApiOperation,
    ApiParameter,
    Array,
    Map,
    ModelDef,
    Plain,
    PlainKind,
    Ref,
    Type,
)
from genesys_core.definition.read.jobs import FoundJobs
from genesys_core.definition.read.listings import find_item_type, find_listing
from genesys_core.definition.read.read_only_posts import only_reads
from genesys_core.definition.words.summaries import replaced_paths, summarize_operation
from genesys_core.definition.write.annotations import (
    HELPERS,
    Enums,
    enum_lines,
    format_annotation,
    format_expression,
    grouped_imports,
    repeated_enums,
    values_to_split,
)
from genesys_core.definition.write.docstrings import operation_docstring
from genesys_core.definition.write.layout import BUILT_IN, Layout
from genesys_core.definition.write.listings import listing_name
from genesys_core.definition.write.source_text import (
    WIDTH,
    count_things,
    described_lines,
    fill_lines,
    quote_string,
    split_values,
    write_banner,
    write_docstring,
)

__all__ = ["api_source", "endpoint_arguments", "package_source"]


def api_source(
    definition: ApiDefinition,
    api: Api,
    models: Mapping[str, ModelDef],
    jobs: Mapping[str, FoundJobs],
    layout: Layout = BUILT_IN,
) -> str:
    """Return the source of the module with an API's builders.

    Args:
        definition: the API definition.
        api: the API whose operations the module contains.
        models: the models, by class name.
        jobs: the job families of operations that start jobs, by method and path.
        layout: the names and paths of the generated modules.
    """
    scope, replaced = _Scope(api), replaced_paths(api.operations)
    common_errors = definition.common_errors()
    blocks = [
        _builder(
            operation,
            models,
            scope,
            jobs.get(f"{operation.method} {operation.path}"),
            (summarize_operation(operation, replaced), common_errors),
        )
        for operation in api.operations
    ]
    # Annotations are not evaluated, so names that only they use are not imported at run time.
    runtime = {"_Endpoint", *scope.built}
    typed = _typing_imports(scope.used - runtime, layout)
    guarded = [*(f"    {line}".rstrip() for line in typed), *enum_lines(scope.enums, "    ")]
    guard = ["from typing import TYPE_CHECKING as _TYPE_CHECKING", ""] if guarded else []
    lines = [
        *write_docstring([_about(api), *described_lines(api.description)], ""),
        "",
        "from __future__ import annotations",
        "",
        *guard,
        *_runtime_imports(runtime, layout),
        *(["", "if _TYPE_CHECKING:", *guarded] if guarded else []),
        *(line for block in blocks for line in block),
        "",
    ]
    return write_banner(definition.version) + "\n".join(lines)


class _Scope:
    """Collects the imports and named enums of a module of builders."""

    def __init__(self, api: Api) -> None:
        self.used: set[str] = set()
        self.built: set[str] = set()
        self.enums: Enums = repeated_enums(
            (parameter.name, parameter.type)
            for operation in api.operations
            for parameter in operation.parameters
        )
        if self.enums:
            self.used.update(("_Literal", "_Open"))

    def spell(self, name: str) -> str:
        """Return a name as it is written in the generated module, and record the necessary import."""
        if name in HELPERS:
            self.used.add(name)
            return name
        if name in _BUILTINS:
            return name
        self.used.add("_m")
        return f"_m.{name}"

    def annotation(self, type_: Type) -> str:
        """Format a type as source code, and record the necessary imports."""
        return format_annotation(type_, self.spell, self.enums)

    def reply_annotation(self, operation: ApiOperation) -> str:
        """Return the annotation of an operation's response as source code: ``_m.User | None``."""
        # ``None`` comes last, as in all annotations.
        types = sorted(operation.return_types, key=lambda type_: type_ is None)
        return " | ".join("None" if one is None else self.annotation(one) for one in types)


def _about(api: Api) -> str:
    return (
        f"Builders for the {count_things(len(api.operations), 'operation')} of the {api.tag} API."
    )


def _runtime_imports(used: set[str], layout: Layout) -> list[str]:
    own = layout is not BUILT_IN
    lines = grouped_imports(used - {"_l"} - ({"_Endpoint"} if own else set()))
    if "_l" in used:
        lines.append(f"from {layout.package}.api import _listings as _l")
    if own:
        lines.append(f"from {layout.endpoint} import Endpoint as _Endpoint")
    return lines


def _typing_imports(used: Iterable[str], layout: Layout) -> list[str]:
    names = set(used)
    models = [f"from {layout.package} import models as _m"] if "_m" in names else []
    return [line for line in [*grouped_imports(names - {"_m"}), *models] if line]


def _builder(
    operation: ApiOperation,
    models: Mapping[str, ModelDef],
    scope: _Scope,
    job: FoundJobs | None,
    words: tuple[str, Collection[str]],
) -> list[str]:
    summary, common_errors = words
    listing = find_listing(operation, models)
    returns = scope.reply_annotation(operation)
    kind, parameters = "_Operation", [returns]
    if job is not None:
        status = scope.reply_annotation(job.status)
        kind, parameters = "_Jobs", [returns, status, scope.annotation(job.item)]
    elif listing is not None:
        kind, parameters = "_Lists", [returns, scope.annotation(find_item_type(operation, models))]
    return [
        "",
        "",
        *_signature(operation, scope, kind, parameters),
        *operation_docstring(
            operation, models, summary, is_job=job is not None, common_errors=common_errors
        ),
        *_return(operation, scope, listing, kind),
    ]


def endpoint_arguments(operation: ApiOperation, listing: Listing | None) -> list[str]:
    """Return the arguments for an operation's ``Endpoint`` as source code.

    A listing is passed as a variable of the listings module, which is imported as ``_l``.
    """
    body = operation.body
    arguments = [
        quote_string(operation.name),
        quote_string(operation.method),
        quote_string(operation.path),
    ]
    if operation.returns is not None:
        arguments.append(quote_string(format_expression(operation.returns)))
    if body is not None:
        arguments.append(f"body={quote_string(_body_kind(body.type))}")
        if body.required:
            arguments.append("body_required=True")
    if operation.accept != "application/json":
        arguments.append(f"accept={quote_string(operation.accept)}")
    if only_reads(operation):
        arguments.append("reads=True")
    if listing is not None:
        arguments.append(f"listing=_l.{listing_name(listing)}")
    if operation.replies:
        pairs = [f"({status}, {_returns(type_)})" for status, type_ in operation.replies]
        arguments.append(f"replies={_tuple(pairs)}")
    return arguments


def _returns(type_: Type | None) -> str:
    return "None" if type_ is None else quote_string(format_expression(type_))


def _body_kind(type_: Type) -> str:
    match type_:
        case Ref() | Map() | Plain(kind="object"):
            return "object"
        case Array():
            return "array"
        case Plain(kind="any"):
            return "any"
        case Plain():
            return "string"


def _signature(
    operation: ApiOperation, scope: _Scope, kind: str, parameters: Sequence[str]
) -> list[str]:
    """Return the lines of a builder's signature, in which optional parameters are keyword-only."""
    arguments = [
        *((one, "") for one in operation.parameters if one.required),
        *((one, " | None = None") for one in operation.parameters if not one.required),
    ]
    texts = [f"{one.name}: {_parameter_annotation(one, scope)}{end}" for one, end in arguments]
    values = [values_to_split(one.type, scope.enums) for one, _ in arguments]
    required = sum(one.required for one in operation.parameters)
    if required < len(texts):
        texts.insert(required, "*")
        values.insert(required, ())
    end = f") -> {kind}[{', '.join(parameters)}]:"
    line = f"def {operation.name}({', '.join(texts)}{end}"
    if len(line) <= WIDTH:
        return [line]
    inner = [
        part
        for text, known in zip(texts, values, strict=True)
        for part in split_values(f"    {text},", known)
    ]
    ends = [end]
    if len(end) > WIDTH:
        ends = [f") -> {kind}[", *fill_lines(parameters, "    "), "]:"]
    return [f"def {operation.name}(", *inner, *ends]


_BUILTINS = frozenset({"bytes", "str", "int", "float", "bool", "list", "dict"})
_ALSO_TEXT: frozenset[PlainKind] = frozenset({"date", "date-time", "local-date-time", "year-month"})


def _parameter_annotation(parameter: ApiParameter, scope: _Scope) -> str:
    """Return a parameter's annotation, which also accepts strings as dates and dicts as models."""
    if parameter.location == "body":
        return _body_annotation(parameter.type, scope)
    return _value_annotation(parameter.type, scope)


def _value_annotation(type_: Type, scope: _Scope) -> str:
    match type_:
        case Array(items=items):
            return f"{scope.spell('_Sequence')}[{_value_annotation(items, scope)}]"
        case Plain(kind="file"):
            return scope.spell("_File")
        case Plain(kind=kind) if kind in _ALSO_TEXT:
            return f"{scope.annotation(type_)} | str"
        case _:
            return scope.annotation(type_)


def _body_annotation(type_: Type, scope: _Scope) -> str:
    match type_:
        case Ref():
            return f"{scope.annotation(type_)} | {scope.spell('_JsonObject')}"
        case Map() | Plain(kind="object"):
            return scope.spell("_JsonObject")
        case Array(items=items):
            return f"{scope.spell('_Sequence')}[{_body_annotation(items, scope)}]"
        case Plain(kind="any"):
            return "object"
        case Plain():
            return _value_annotation(type_, scope)


def _return(
    operation: ApiOperation, scope: _Scope, listing: Listing | None, kind: str
) -> list[str]:
    """Return the lines of a builder's return statement, without trailing empty arguments."""
    fields = [_pairs(operation, where) for where in ("path", "query", "header")]
    body = operation.body
    # Trailing empty fields are the defaults; before a body or form, they are needed as placeholders.
    while fields and body is None and operation.form is None and not fields[-1]:
        fields.pop()
    form = _tuple(_pairs(operation, "formData"))
    tail = [] if body is None else [body.name]
    if operation.form is not None:
        tail = [f"_Form({quote_string(operation.form)}, {form})"]
        scope.built.add("_Form")
    endpoint = endpoint_arguments(operation, listing)
    scope.built.update({kind} if listing is None else {kind, "_l"})
    line = f"    return {kind}({', '.join([_call(endpoint), *map(_tuple, fields), *tail])})"
    if len(line) <= WIDTH:
        return [line]
    # Indented by one level instead of two: in thousands of builders, indentation is most of the text.
    lines = [f"    return {kind}(_Endpoint("]
    lines += fill_lines(endpoint, " " * 8)
    last = "    )"
    parts = [(_tuple(field), field) for field in fields] + [(name, []) for name in tail]
    for whole, items in parts:
        if len(last) + len(whole) + 3 <= WIDTH or not items:  # 3: the ", " before it, and ")"
            last += f", {whole}"
        else:
            lines += [f"{last}, (", *fill_lines(items, " " * 8)]
            last = "    )"
    return [*lines, f"{last})"]


def _call(arguments: Sequence[str]) -> str:
    return f"_Endpoint({', '.join(arguments)})"


def _pairs(operation: ApiOperation, location: str) -> list[str]:
    return [
        f"({quote_string(one.wire)}, {one.name})"
        for one in operation.parameters
        if one.location == location
    ]


def _tuple(items: Sequence[str]) -> str:
    return f"({', '.join(items)}{',' * (len(items) == 1)})"


def package_source(definition: ApiDefinition) -> str:
    """Return the source of ``api/__init__.py``, which imports each API's module on first use."""
    names = [api.name for api in definition.apis]
    listed = [f"    {quote_string(name)}," for name in names]
    return write_banner(definition.version) + "\n".join(
        [
            *_PACKAGE_HEAD.splitlines(),
            *(f"        {name} as {name}," for name in names),
            "    )",
            "",
            "__all__ = [",
            *listed,
            "]",
            "",
            f"DEFINITION_VERSION = {quote_string(definition.version)}",
            '"""The version of the API definition that this package is generated from."""',
            *_PACKAGE_TAIL.splitlines(),
            "",
        ]
    )


_PACKAGE_HEAD = '''\
"""Pure builders of all operations: one module per API, imported on first use."""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING

if _TYPE_CHECKING:
    from . import (
'''

_PACKAGE_TAIL = """

def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"there is no API {name}; known APIs: {', '.join(__all__)}", name=name)
    return _import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
"""

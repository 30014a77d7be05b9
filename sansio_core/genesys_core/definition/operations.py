"""Operations as source: a module of pure builders for each API.

Law: a builder only collects what it is given; it looks at nothing, converts nothing and costs half
a microsecond. Its signature and docstring come from the definition's facts.
"""

from collections.abc import Iterable, Mapping, Sequence

from genesys_core.definition.annotations import (
    HELPERS,
    Spelling,
    annotation,
    expression,
    literal_values,
)
from genesys_core.definition.docstrings import operation_docstring
from genesys_core.definition.ir import (
    Api,
    ApiOperation,
    Array,
    Definition,
    Kind,
    Map,
    ModelDef,
    Parameter,
    Plain,
    Ref,
    Type,
)
from genesys_core.definition.models import grouped_imports
from genesys_core.definition.reads import only_reads
from genesys_core.definition.text import (
    WIDTH,
    banner,
    counted,
    docstring,
    filled,
    quoted,
    split_values,
)

__all__ = ["api_source", "package_source"]


def api_source(definition: Definition, api: Api, models: Mapping[str, ModelDef]) -> str:
    """One module of builders."""
    used: set[str] = set()
    blocks = [_builder(operation, models, used) for operation in api.operations]
    runtime = {"_Endpoint", "_Operation"}
    typed = [f"    {line}".rstrip() for line in _typing_imports(used - runtime)]
    guard = ["from typing import TYPE_CHECKING as _TYPE_CHECKING", ""] if typed else []
    lines = [
        *docstring([_about(api)], ""),
        "",
        "from __future__ import annotations",
        "",
        *guard,
        *grouped_imports(runtime),
        *(["", "if _TYPE_CHECKING:", *typed] if typed else []),
        *(line for block in blocks for line in block),
        "",
    ]
    return banner(definition.version) + "\n".join(lines)


def _about(api: Api) -> str:
    return f"Builders for the {counted(len(api.operations), 'operation')} of the {api.tag} API."


def _typing_imports(used: Iterable[str]) -> list[str]:
    names = set(used)
    models = ["from genesys_core import models as _m"] if "_m" in names else []
    return [line for line in [*grouped_imports(names - {"_m"}), *models] if line]


def _builder(operation: ApiOperation, models: Mapping[str, ModelDef], used: set[str]) -> list[str]:
    constant = f"_{operation.name.upper()}"
    returns = _returns_annotation(operation.returns, used)
    return [
        "",
        "",
        *_endpoint(operation, constant),
        "",
        "",
        *_signature(operation, returns, used),
        *operation_docstring(operation, models),
        *_return(operation, constant),
    ]


def _endpoint(operation: ApiOperation, constant: str) -> list[str]:
    arguments = _endpoint_arguments(operation)
    line = f"{constant} = _Endpoint({', '.join(arguments)})"
    if len(line) <= WIDTH:
        return [line]
    return [f"{constant} = _Endpoint(", *filled(arguments, "    "), ")"]


def _endpoint_arguments(operation: ApiOperation) -> list[str]:
    body = operation.body
    arguments = [quoted(operation.name), quoted(operation.method), quoted(operation.path)]
    if operation.returns is not None:
        arguments.append(f"returns={quoted(expression(operation.returns))}")
    if body is not None:
        arguments.append(f"body={quoted(_body_kind(body.type))}")
        if body.required:
            arguments.append("body_required=True")
    if operation.accept != "application/json":
        arguments.append(f"accept={quoted(operation.accept)}")
    if only_reads(operation):
        arguments.append("reads=True")
    if any(one.wire == "pageNumber" and one.location == "query" for one in operation.parameters):
        arguments.append("paged=True")
    return arguments


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


def _signature(operation: ApiOperation, returns: str, used: set[str]) -> list[str]:
    """Required parameters by position or name, optional ones by name alone."""
    arguments = [
        *((one, "") for one in operation.parameters if one.required),
        *((one, " | None = None") for one in operation.parameters if not one.required),
    ]
    texts = [f"{one.name}: {parameter_annotation(one, used)}{end}" for one, end in arguments]
    values = [literal_values(one.type) for one, _ in arguments]
    required = sum(one.required for one in operation.parameters)
    if required < len(texts):
        texts.insert(required, "*")
        values.insert(required, ())
    line = f"def {operation.name}({', '.join(texts)}) -> {returns}:"
    if len(line) <= WIDTH:
        return [line]
    inner = [
        part
        for text, known in zip(texts, values, strict=True)
        for part in split_values(f"    {text},", known)
    ]
    return [f"def {operation.name}(", *inner, f") -> {returns}:"]


def _returns_annotation(type_: Type | None, used: set[str]) -> str:
    if type_ is None:
        return "_Operation[None]"
    return f"_Operation[{annotation(type_, _noting(used))}]"


def _noting(used: set[str]) -> Spelling:
    """Spell names as a module of builders sees them, and note what has to be imported."""

    def spell(name: str) -> str:
        if name in HELPERS:
            used.add(name)
            return name
        if name in _BUILTINS:
            return name
        used.add("_m")
        return f"_m.{name}"

    return spell


_BUILTINS = frozenset({"str", "int", "float", "bool", "list", "dict"})
_ALSO_TEXT: frozenset[Kind] = frozenset({"date", "date-time", "local-date-time", "year-month"})


def parameter_annotation(parameter: Parameter, used: set[str]) -> str:
    """What a caller may give: read-only containers, text for dates, dictionaries for models."""
    if parameter.location == "body":
        return _body_annotation(parameter.type, used)
    return _value_annotation(parameter.type, used)


def _value_annotation(type_: Type, used: set[str]) -> str:
    match type_:
        case Array(items=items):
            used.add("_Sequence")
            return f"_Sequence[{_value_annotation(items, used)}]"
        case Plain(kind=kind) if kind in _ALSO_TEXT:
            return f"{annotation(type_, _noting(used))} | str"
        case _:
            return annotation(type_, _noting(used))


def _body_annotation(type_: Type, used: set[str]) -> str:
    match type_:
        case Ref():
            used.add("_JsonObject")
            return f"{annotation(type_, _noting(used))} | _JsonObject"
        case Map() | Plain(kind="object"):
            used.add("_JsonObject")
            return "_JsonObject"
        case Array(items=items):
            used.add("_Sequence")
            return f"_Sequence[{_body_annotation(items, used)}]"
        case Plain(kind="any"):
            return "object"
        case Plain():
            return _value_annotation(type_, used)


def _return(operation: ApiOperation, constant: str) -> list[str]:
    """The fields of the operation in order, up to the last one that is not empty."""
    fields = [_pairs(operation, where) for where in ("path", "query", "header")]
    body = operation.body
    while fields and body is None and not fields[-1]:
        fields.pop()
    tail = [] if body is None else [body.name]
    line = f"    return _Operation({', '.join([constant, *map(_tuple, fields), *tail])})"
    if len(line) <= WIDTH:
        return [line]
    inner = [line for field in fields for line in _tuple_lines(field)]
    rest = [f"        {name}," for name in tail]
    return ["    return _Operation(", f"        {constant},", *inner, *rest, "    )"]


def _pairs(operation: ApiOperation, location: str) -> list[str]:
    return [
        f"({quoted(one.wire)}, {one.name})"
        for one in operation.parameters
        if one.location == location
    ]


def _tuple(items: Sequence[str]) -> str:
    return f"({', '.join(items)}{',' * (len(items) == 1)})"


def _tuple_lines(items: Sequence[str]) -> list[str]:
    line = f"        {_tuple(items)},"
    if len(line) <= WIDTH:
        return [line]
    return ["        (", *filled(items, " " * 12), "        ),"]


def package_source(definition: Definition) -> str:
    """``api/__init__.py``: the modules, each imported when it is first named."""
    names = [api.name for api in definition.apis]
    listed = [f"    {quoted(name)}," for name in names]
    return banner(definition.version) + "\n".join(
        [
            *_PACKAGE_HEAD.splitlines(),
            *(f"        {name} as {name}," for name in names),
            "    )",
            "",
            "__all__ = [",
            *listed,
            "]",
            *_PACKAGE_TAIL.splitlines(),
            "",
        ]
    )


_PACKAGE_HEAD = '''\
"""Pure builders of all operations: one module an API, imported when it is first named."""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING

if _TYPE_CHECKING:
    from . import (
'''

_PACKAGE_TAIL = """

def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"there is no API {name}; known are {', '.join(__all__)}", name=name)
    return _import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
"""

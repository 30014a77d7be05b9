"""Writes the model modules, each of which contains its models as a table.

Invariants: a table contains the information that model classes need at run time, in the notation of
:mod:`genesys_core.codec.model_tables`. Each model follows its dependencies, except in cycles. The stub
next to the module (:mod:`~genesys_core.definition.write.model_stubs`) declares the same models as class
statements, with the known values of enums.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from genesys_core.definition.read.definition import (
    ApiDefinition,
    Array,
    Field,
    Map,
    ModelDef,
    Plain,
    PlainKind,
    Ref,
    Type,
)
from genesys_core.definition.read.naming import to_camel_case
from genesys_core.definition.shards import Shard
from genesys_core.definition.write.source_text import (
    quote_string,
    to_ascii,
    to_one_line,
    wrap_text,
    write_banner,
    write_docstring,
)

__all__ = ["shard_source"]


def shard_source(definition: ApiDefinition, shard: Shard, models: Mapping[str, ModelDef]) -> str:
    """Return the source of a shard's module."""
    rows = [line for name in shard.models for line in _row(models[name])]
    lines = [
        *write_docstring([shard.about], ""),
        "",
        "from genesys_core.codec.model_tables import define_models as _define",
        "",
        '_define(globals(), """\\',
        *rows,
        *_descriptions([models[name] for name in shard.models]),
        "",
    ]
    return write_banner(definition.version) + "\n".join(lines)


def _descriptions(models: Sequence[ModelDef]) -> list[str]:
    """Return the lines that end the table: an argument with descriptions, if models have any."""
    described = {one.name: to_ascii(to_one_line(one.description)) for one in models}
    lines = [
        line
        for name, text in described.items()
        if text
        for line in (f"    {quote_string(name)}:", *_text(text))
    ]
    if not lines:
        return ['""")']
    return ['""", {', *lines, "})"]


def _text(text: str) -> list[str]:
    *first, last = wrap_text(text, "")
    lines = [f"        {quote_string(f'{line} ')}" for line in first]
    return [*lines, f"        {quote_string(last)},"]


def _row(model: ModelDef) -> list[str]:
    """Return a model's row in the table, with indented continuation lines if it is too long."""
    if model.tag:
        cases = [name if name == kind else f"{name}={_encoded(kind)}" for kind, name in model.cases]
        return wrap_text(" ".join([f"{model.name}|{_encoded(model.tag)}", *cases]), "", " ")
    wire = "" if model.wire == model.name else f"={_encoded(model.wire)}"
    return wrap_text(" ".join([f"{model.name}{wire}", *map(_field, model.fields)]), "", " ")


def _field(field: Field) -> str:
    facts = {"!": field.required, "^": field.read_only, "*": field.secret}
    marks = "".join(mark for mark, holds in facts.items() if holds)
    wire = "" if to_camel_case(field.name) == field.wire else f"={_encoded(field.wire)}"
    type_ = _type(field.type)
    return f"{field.name}{marks}{wire}{'' if type_ == 'str' else f':{type_}'}"


def _encoded(wire: str) -> str:
    # Percent-encoding escapes spaces and the notation's signs; "$", as in `$ref`, is not one of them.
    return quote(wire, safe="$")


def _type(type_: Type) -> str:
    match type_:
        case Plain(kind=kind):
            return _PLAIN[kind]
        case Array(items=items):
            return f"[{_type(items)}]"
        case Map(values=values):
            return f"{{{_type(values)}}}"
        case Ref(name=name):
            return name


_PLAIN: Mapping[PlainKind, str] = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "date": "full-date",
    "date-time": "date-time",
    "local-date-time": "date-time",
    "year-month": "year-month",
    "object": "any",
    "any": "any",
    "file": "any",
}

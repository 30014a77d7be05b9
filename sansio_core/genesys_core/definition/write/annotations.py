"""Writes type annotations for types in the definition.

Invariants: an annotation has the same meaning for a type checker and at run time, except for ``Open``,
which is ``str`` at run time. Helpers are imported under private aliases, because a field may be
called ``date`` or ``field``.
"""

from collections.abc import Callable, Iterable, Mapping

from genesys_core.definition.read.definition import Array, Map, Plain, PlainKind, Ref, Type
from genesys_core.definition.read.naming import make_unique
from genesys_core.definition.write.source_text import quote_string, split_values, write_import

__all__ = [
    "HELPERS",
    "Enums",
    "Helper",
    "Spelling",
    "enum_lines",
    "format_annotation",
    "format_expression",
    "grouped_imports",
    "keep_name",
    "literal_values",
    "repeated_enums",
    "values_to_split",
]

Helper = tuple[str, str]
"""The module, name and alias of a helper: ``("datetime", "date as _date")``."""

HELPERS: Mapping[str, Helper] = {
    "_Any": ("typing", "Any as _Any"),
    "_Literal": ("typing", "Literal as _Literal"),
    "_TypeAlias": ("typing", "TypeAlias as _TypeAlias"),
    "_date": ("datetime", "date as _date"),
    "_datetime": ("datetime", "datetime as _datetime"),
    "_field": ("msgspec", "field as _field"),
    "_LocalDateTime": ("genesys_core.codec.values", "LocalDateTime as _LocalDateTime"),
    "_Open": ("genesys_core.codec.values", "Open as _Open"),
    "_YearMonth": ("genesys_core.codec.values", "YearMonth as _YearMonth"),
    "_Model": ("genesys_core.codec.model", "Model as _Model"),
    "_SecretModel": ("genesys_core.codec.model", "SecretModel as _SecretModel"),
    "_File": ("genesys_core.http.forms", "FileValue as _File"),
    "_Form": ("genesys_core.http.forms", "FormBody as _Form"),
    "_Sequence": ("collections.abc", "Sequence as _Sequence"),
    "_Mapping": ("collections.abc", "Mapping as _Mapping"),
    "_Endpoint": ("genesys_core.calls.operation", "Endpoint as _Endpoint"),
    "_JsonObject": ("genesys_core.calls.operation", "JsonObject as _JsonObject"),
    "_Jobs": ("genesys_core.calls.operation", "JobOperation as _Jobs"),
    "_Lists": ("genesys_core.calls.operation", "ListOperation as _Lists"),
    "_Operation": ("genesys_core.calls.operation", "Operation as _Operation"),
}
"""The helpers that generated code may use, by their aliases.

Fields cannot have these names, because no field name begins with ``_``.
"""

Spelling = Callable[[str], str]
"""A function that returns the spelling of a name in annotations, and records that it is used."""

_PLAIN: Mapping[PlainKind, str] = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "date": "_date",
    "date-time": "_datetime",
    "local-date-time": "_LocalDateTime",
    "year-month": "_YearMonth",
    "object": "_Any",
    "any": "_Any",
    "file": "bytes",
}


def keep_name(name: str) -> str:
    """Return a name unchanged: the default :data:`Spelling`, which records nothing."""
    return name


Enums = Mapping[tuple[str, ...], str]
"""The names of the enums that a generated module defines, by the enums' values."""


def format_annotation(type_: Type, spell: Spelling = keep_name, enums: Enums = {}) -> str:  # noqa: B006 - never changed
    """Format a type as source code, such as ``list[_Open[_Literal["A", "B"]]]``."""
    match type_:
        case Plain(kind=kind, values=()):
            return spell(_PLAIN[kind])
        case Plain(values=values) if values in enums:
            return enums[values]
        case Plain(values=values):
            known = ", ".join(map(quote_string, values))
            return f"{spell('_Open')}[{spell('_Literal')}[{known}]]"
        case Ref(name=name):
            return spell(name)
        case Array(items=items):
            return f"{spell('list')}[{format_annotation(items, spell, enums)}]"
        case Map(values=values):
            return f"{spell('dict')}[{spell('str')}, {format_annotation(values, spell, enums)}]"


def repeated_enums(uses: Iterable[tuple[str, Type]]) -> Enums:
    """Return names for the long enums that occur more than once in a module, in order of use.

    Args:
        uses: the name and type of every field or parameter of the module.
    """
    names: dict[tuple[str, ...], list[str]] = {}
    for name, type_ in uses:
        values = literal_values(type_)
        if sum(map(len, values)) > _SHORT:
            names.setdefault(values, []).append(name)
    repeated = {values: found[0] for values, found in names.items() if len(found) > 1}
    titles = make_unique(f"_{name.title().replace('_', '')}Values" for name in repeated.values())
    return dict(zip(repeated, titles, strict=True))


_SHORT = 20
"""The maximum length of an enum, in characters of all its values, that is repeated at each use.

A longer enum that occurs more than once in a module is defined once, with a name.
"""


def enum_lines(enums: Enums, indent: str) -> list[str]:
    """Return the source lines that define named enums."""
    return [
        line
        for values, name in enums.items()
        for line in split_values(
            f"{indent}{name} = {format_annotation(Plain('string', values))}", values
        )
    ]


def values_to_split(type_: Type, enums: Enums) -> tuple[str, ...]:
    """Return the enum values written out in a type's annotation, so that they can be wrapped."""
    values = literal_values(type_)
    return () if values in enums else values


_EXPRESSIONS: Mapping[PlainKind, str] = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "date": "date",
    "date-time": "datetime",
    "local-date-time": "datetime",  # the decoder accepts both, with and without an offset
    "year-month": "YearMonth",
    "object": "object",
    "any": "object",
    "file": "bytes",
}


def format_expression(type_: Type) -> str:
    """Format a type as the expression for :attr:`Endpoint.returns`, such as ``list[User]``."""
    match type_:
        case Plain(kind=kind):
            return _EXPRESSIONS[kind]
        case Ref(name=name):
            return name
        case Array(items=items):
            return f"list[{format_expression(items)}]"
        case Map(values=values):
            return f"dict[str, {format_expression(values)}]"


def literal_values(type_: Type) -> tuple[str, ...]:
    """Return the values of the enum that a type is or contains; empty if there is none."""
    match type_:
        case Plain(values=values):
            return values
        case Array(items=inner) | Map(values=inner):
            return literal_values(inner)
        case Ref():
            return ()


def grouped_imports(helpers: Iterable[str]) -> list[str]:
    """Return the import lines of helpers: standard library, third party, then first party."""
    by_module: dict[str, set[str]] = {}
    for helper in helpers:
        module, name = HELPERS[helper]
        by_module.setdefault(module, set()).add(name)
    groups: list[list[str]] = [[], [], []]
    for module in sorted(by_module):
        groups[_import_group(module)] += write_import(module, by_module[module])
    return "\n\n".join("\n".join(group) for group in groups if group).split("\n")


def _import_group(module: str) -> int:
    # The order of isort, as in hand-written code.
    return {"msgspec": 1, "genesys_core": 2}.get(module.partition(".")[0], 0)

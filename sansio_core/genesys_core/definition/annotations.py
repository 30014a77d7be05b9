"""Types of the definition as Python annotations.

Law: an annotation means the same to a type checker and at run time, save for :data:`Open`, and it
names nothing but builtins, models and helpers under private aliases, because a field may be called
``list``, ``field`` or ``Literal``.
"""

from collections.abc import Callable, Mapping

from genesys_core.definition.ir import Array, Kind, Map, Plain, Ref, Type
from genesys_core.definition.text import quoted

__all__ = [
    "HELPERS",
    "Helper",
    "Spelling",
    "annotation",
    "expression",
    "identity",
    "literal_values",
]

Helper = tuple[str, str]
"""Where a helper is imported from, and how: ``("datetime", "date as _date")``."""

HELPERS: Mapping[str, Helper] = {
    "_Any": ("typing", "Any as _Any"),
    "_ClassVar": ("typing", "ClassVar as _ClassVar"),
    "_Literal": ("typing", "Literal as _Literal"),
    "_date": ("datetime", "date as _date"),
    "_datetime": ("datetime", "datetime as _datetime"),
    "_field": ("msgspec", "field as _field"),
    "_LocalDateTime": ("genesys_core.values", "LocalDateTime as _LocalDateTime"),
    "_Open": ("genesys_core.values", "Open as _Open"),
    "_YearMonth": ("genesys_core.values", "YearMonth as _YearMonth"),
    "_Model": ("genesys_core.model", "Model as _Model"),
    "_SecretModel": ("genesys_core.model", "SecretModel as _SecretModel"),
    "_Sequence": ("collections.abc", "Sequence as _Sequence"),
    "_Mapping": ("collections.abc", "Mapping as _Mapping"),
    "_Endpoint": ("genesys_core.operation", "Endpoint as _Endpoint"),
    "_JsonObject": ("genesys_core.operation", "JsonObject as _JsonObject"),
    "_Operation": ("genesys_core.operation", "Operation as _Operation"),
}
"""Every helper that generated source may name. No field can collide with one: none begins with ``_``."""

Spelling = Callable[[str], str]
"""How a name is written where the annotation stands; also the place to note that it is used."""

_PLAIN: Mapping[Kind, str] = {
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
}


def identity(name: str) -> str:
    """Write a name as it is."""
    return name


Enums = Mapping[tuple[str, ...], str]
"""Lists of known values that the module gives a name, and that name."""


def annotation(type_: Type, spell: Spelling = identity, enums: Enums = {}) -> str:  # noqa: B006 - never changed
    """A type as source, such as ``list[_Open[_Literal["A", "B"]]]``."""
    match type_:
        case Plain(kind=kind, values=()):
            return spell(_PLAIN[kind])
        case Plain(values=values) if values in enums:
            return enums[values]
        case Plain(values=values):
            known = ", ".join(map(quoted, values))
            return f"{spell('_Open')}[{spell('_Literal')}[{known}]]"
        case Ref(name=name):
            return spell(name)
        case Array(items=items):
            return f"{spell('list')}[{annotation(items, spell, enums)}]"
        case Map(values=values):
            return f"{spell('dict')}[{spell('str')}, {annotation(values, spell, enums)}]"


_EXPRESSIONS: Mapping[Kind, str] = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "date": "date",
    "date-time": "datetime",
    "local-date-time": "datetime",
    "year-month": "YearMonth",
    "object": "object",
    "any": "object",
}


def expression(type_: Type) -> str:
    """A type as :attr:`Endpoint.returns` has it: models, builtins, ``list`` and ``dict``."""
    match type_:
        case Plain(kind=kind):
            return _EXPRESSIONS[kind]
        case Ref(name=name):
            return name
        case Array(items=items):
            return f"list[{expression(items)}]"
        case Map(values=values):
            return f"dict[str, {expression(values)}]"


def literal_values(type_: Type) -> tuple[str, ...]:
    """The enum values that a type's annotation lists."""
    match type_:
        case Plain(values=values):
            return values
        case Array(items=inner) | Map(values=inner):
            return literal_values(inner)
        case Ref():
            return ()

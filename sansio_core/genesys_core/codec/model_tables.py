"""Creation of model classes from compact tables; the stub next to each model module declares them.

Invariants: a class created here matches its stub: the same fields in the same order, each optional,
keyword-only and ``None`` when absent, with the same wire names. A test compares them all.

A table takes a fifth of the space of class statements and their bytecode, and loads faster. It has
one line per model: the name, then the fields. A line that begins with a space continues the
previous one. A field is ``name``, flags, ``=wireName`` unless the wire name is the name in camel
case, and ``:type`` unless the type is a string::

    Group id^ name! date_modified^:date-time owners:[User] secret*

A union of models is a line ``AnyPet|petType Dog Cat=cat``: its name, the member that names the kind,
and the models, each with its kind unless the kind is the model's name.

Flags: ``!`` required, ``^`` read-only, ``*`` secret. Types: ``int``, ``float``, ``bool``, ``any``,
``full-date``, ``date-time``, ``year-month``, ``[list of]``, ``{objects by key}``, and models. Wire
names are percent-encoded.
"""

from collections.abc import Mapping, MutableMapping, Sequence
from datetime import date, datetime
from importlib import import_module
from types import GenericAlias
from typing import Any, Final, ForwardRef
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from genesys_core.codec.model import Model, SecretModel
from genesys_core.codec.values import YearMonth

__all__ = ["define_models", "model_facts"]

_PLAIN: Final[Mapping[str, Any]] = {
    "": str,
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "any": Any,
    "full-date": date,
    "date-time": datetime,
    "year-month": YearMonth,
}
_MARKS: Final = "!^*"


def define_models(
    namespace: MutableMapping[str, Any], table: str, about: Mapping[str, str] = {}
) -> None:
    """Create the model classes of one module from its table.

    Args:
        namespace: the module's ``globals()``, which receives the models. Models of other modules
            are imported from the parent package.
        table: the models, each after its dependencies, except in cycles.
        about: the descriptions of models for their docstrings, by model name.
    """
    rows = [line.split(" ") for line in table.replace("\n ", " ").splitlines()]
    heads = [row[0].partition("=") for row in rows]
    types = _TableTypes(namespace, {name.partition("|")[0] for name, _, _ in heads})
    for (head, _, wire), (_, *fields) in zip(heads, rows, strict=True):
        name, _, tag = head.partition("|")
        if tag:
            # Imported on first use, because the bundled definition has no union.
            from genesys_core.codec.tagged_union import define_union  # noqa: PLC0415

            cases = (one.partition("=") for one in fields)
            kinds = {unquote(kind or model): model for model, _, kind in cases}
            namespace[name] = define_union(namespace, name, unquote(tag), kinds)
            continue
        model = namespace[name] = _made(name, unquote(wire), fields, types)
        if name in about:
            model.__doc__ = "\n\n".join(filter(None, (about[name], model.__doc__)))
    for name in types.awaited:
        namespace[f"_later_{name}"] = namespace[name]


class _TableTypes:
    """Parses the types in one table."""

    def __init__(self, namespace: MutableMapping[str, Any], own: set[str]) -> None:
        self.namespace = namespace
        self.own = own
        self.awaited: set[str] = set()
        self.known = {text: type_ | None for text, type_ in _PLAIN.items()}
        self.text = self.known["str"]

    def optional(self, text: str) -> object:
        """Return the union of ``None`` and the type that the text names."""
        found = self.known.get(text)
        if found is None:
            found = self.known[text] = self._type(text) | None
        return found

    def _type(self, text: str) -> Any:  # noqa: ANN401 - an operand of `|` and `[]`
        if text in _PLAIN:
            return _PLAIN[text]
        if text[0] == "[":
            return GenericAlias(list, (self._type(text[1:-1]),))
        if text[0] == "{":
            return GenericAlias(dict, (str, self._type(text[1:-1])))
        if text in self.namespace:
            return self.namespace[text]
        if text in self.own:
            # msgspec looks names up in the class first, where a field may have the model's name.
            self.awaited.add(text)
            return ForwardRef(f"_later_{text}")
        return getattr(import_module(self.namespace["__package__"]), text)


def _made(name: str, wire: str, fields: Sequence[str], types: _TableTypes) -> type[Struct]:
    marked: dict[str, list[str]] = {mark: [] for mark in _MARKS}
    defined: list[tuple[str, Any, Any]] = []
    for field in fields:
        # the most common case: an optional string with the default wire name
        if field.isidentifier():
            defined.append((field, types.text, None))
            continue
        left, _, type_ = field.partition(":")
        left, renamed, wire_name = left.partition("=")
        own = left.rstrip(_MARKS)
        for mark in left[len(own) :]:
            marked[mark].append(own)
        default = msgspec.field(name=unquote(wire_name), default=None) if renamed else None
        defined.append((own, types.optional(type_), default))
    namespace: dict[str, Any] = {"__doc__": model_facts(wire, fields, *marked.values())}
    if marked["*"]:
        namespace["__secrets__"] = frozenset(marked["*"])
    return msgspec.defstruct(
        name,
        defined,
        bases=(SecretModel if marked["*"] else Model,),
        module=types.namespace["__name__"],
        namespace=namespace,
        kw_only=True,
    )


def model_facts(
    wire: str,
    fields: Sequence[object],
    required: Sequence[str],
    read_only: Sequence[str],
    secret: Sequence[str],
) -> str | None:
    """Return a docstring with facts that a model's field types do not express, or ``None``.

    Args:
        wire: the model's name in the definition if it differs from the class name; otherwise empty.
        fields: the names of all fields.
        required: the names of the required fields.
        read_only: the names of the fields that only the platform sets.
        secret: the names of the fields whose values ``repr`` redacts.
    """
    lists = {"Required": required, "Read-only": read_only, "Never shown": secret}
    named = f"``{wire}`` in the API definition." if wire else ""
    sentences = [
        named,
        *(f"{title}: {', '.join(found)}." for title, found in lists.items() if found),
    ]
    nothing = None if fields else "Has no properties."
    return " ".join(sentences).strip() or nothing

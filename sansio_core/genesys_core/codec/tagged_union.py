"""Unions of models that are distinguished by one member of the JSON object (a discriminator).

Invariants: a value of a known kind is decoded as that kind's model. A value of any other kind, and
one without a kind, remains a dictionary, so that nothing is lost.
"""

from collections.abc import Callable, Mapping, MutableMapping
from importlib import import_module
from typing import Any, NoReturn, cast

import msgspec
from msgspec import Struct

__all__ = ["TaggedUnion", "define_union"]


class TaggedUnion(type):
    """The metaclass of unions. A union is used only in annotations; its values are models or dicts.

    Attributes:
        tag: the name of the discriminator: the JSON member whose value is the kind.
        cases: the names of the models, by kind.
    """

    tag: str
    cases: Mapping[str, str]
    _namespace: Mapping[str, Any]

    def __call__(cls, *_: object, **__: object) -> NoReturn:
        """Raise ``TypeError``, because a union cannot be instantiated."""
        names = ", ".join(dict.fromkeys(cls.cases.values()))
        raise TypeError(f"{cls.__name__} is a union of models; create one of {names}, or a dict")

    def __instancecheck__(cls, value: object) -> bool:
        # msgspec checks the result of `convert_union` with isinstance.
        return isinstance(value, (dict, *map(cls.model, cls.cases.values())))

    def model(cls, name: str) -> type[Struct]:
        """Return a model of the union by name; import models of other modules on first use."""
        if name in cls._namespace:
            return cast(type[Struct], cls._namespace[name])
        return cast(type[Struct], getattr(import_module(cls._namespace["__package__"]), name))

    def case_of(cls, value: Mapping[str, object]) -> type[Struct] | None:
        """Return the model for a JSON object, or ``None`` if the object's kind is unknown."""
        kind = value.get(cls.tag)
        name = cls.cases.get(kind) if isinstance(kind, str) else None
        return None if name is None else cls.model(name)

    def convert_union(cls, value: object, hook: Callable[[type, object], object]) -> object:
        """Convert a JSON object, decoded without types, to the model of its kind.

        Raises:
            TypeError: the value is not a JSON object.
            ValueError: the object does not match the model of its kind.
        """
        if not isinstance(value, dict):
            raise TypeError(f"expected an object, found {type(value).__name__}")
        members = cast(dict[str, object], value)
        model = cls.case_of(members)
        return members if model is None else msgspec.convert(value, model, dec_hook=hook)


def define_union(
    namespace: MutableMapping[str, Any], name: str, tag: str, cases: Mapping[str, str]
) -> TaggedUnion:
    """Define a union of models; the models may be in other modules of the same package.

    Args:
        namespace: the module's ``globals()``, which receives the union.
        name: the name of the union.
        tag: the name of the discriminator: the JSON member whose value is the kind.
        cases: the names of the models, by kind.
    """
    members = {
        "__doc__": f"A union of models, discriminated by ``{tag}``; a dictionary if the kind is unknown.",
        "__module__": namespace["__name__"],
        "tag": tag,
        "cases": cases,
        "_namespace": namespace,
    }
    return TaggedUnion(name, (), members)

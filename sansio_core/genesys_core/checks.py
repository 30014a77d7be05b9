"""Type checks of arguments, with errors that name the expected type and an example.

Invariants: a value of the wrong type raises ``TypeError`` where it is passed. The message does not
show the value, which may be a secret passed as the wrong argument.
"""

import re
from collections.abc import Iterable, Mapping
from types import FunctionType
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

__all__ = [
    "FLAG",
    "FUNCTION",
    "MAPPING",
    "NUMBER",
    "PATH",
    "TEXT",
    "WHOLE_NUMBER",
    "Expected",
    "check_arguments",
    "check_fields",
    "wrong_type",
]


class Expected(Struct, frozen=True):
    """The types that an argument accepts.

    Attributes:
        wanted: description of the accepted types, such as ``a grant``.
        example: a valid value.
        types: the accepted types.
        methods: methods that an object of any other type must have; if empty, no other types are
            accepted.
        is_optional: whether ``None`` is accepted.
    """

    wanted: str
    example: str
    types: tuple[type, ...] = ()
    methods: tuple[str, ...] = ()
    is_optional: bool = False

    def or_none(self) -> "Expected":
        """Return the same check, accepting ``None`` as well."""
        return replace(self, is_optional=True)

    def fits(self, value: object) -> bool:
        """Return whether a value has an accepted type; a ``bool`` is not accepted as a number."""
        if value is None:
            return self.is_optional
        if isinstance(value, bool) and bool not in self.types:
            return False
        if isinstance(value, self.types):
            return True
        # Not a class, which has the methods too, but was probably passed instead of an instance.
        has_methods = self.methods and not isinstance(value, type)
        return bool(has_methods) and all(callable(getattr(value, m, None)) for m in self.methods)

    def check(self, name: str, value: object) -> None:
        """Check that a value has an accepted type.

        Raises:
            TypeError: the value has the wrong type; the message gives the argument's name, the
                expected type, the actual type and an example.
        """
        if not self.fits(value):
            raise wrong_type(name, value, self.wanted, self.example, or_none=self.is_optional)


def wrong_type(
    name: str, value: object, wanted: str, example: str, *, or_none: bool = False
) -> TypeError:
    """Return the ``TypeError`` for an argument of the wrong type."""
    wanted = f"{wanted} or None" if or_none else wanted
    return TypeError(f"{name} must be {wanted}, not {_describe(value)}; for example {example}")


def _describe(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    name = "function" if isinstance(value, FunctionType) else type(value).__name__
    return f"{'an' if _AN.match(name) else 'a'} {name}"


# "a UserMe", the result of a call that is often passed instead of its operation, but "an UnsetType".
_AN: Final = re.compile(r"[aeio]|u(?!ni|[rstu])", re.IGNORECASE)


TEXT: Final = Expected("a str", "'text'", (str,))
FLAG: Final = Expected("True or False", "True", (bool,))
NUMBER: Final = Expected("a number", "10", (int, float))
WHOLE_NUMBER: Final = Expected("a whole number", "5", (int,))
MAPPING: Final = Expected("a mapping of names to values", "{'name': 'value'}", (Mapping,))
PATH: Final = Expected("a path", "'/etc/genesys.ini'", (str,), ("__fspath__",))
FUNCTION: Final = Expected("a function", "print", methods=("__call__",))


def check_fields(owner: object, fields: Mapping[str, Expected]) -> None:
    """Check the types of an object's fields.

    Raises:
        TypeError: a field has the wrong type; the message names the first such field.
    """
    for name, expected in fields.items():
        expected.check(name, getattr(owner, name))


def check_arguments(
    given: Mapping[str, object], known: Iterable[str], expected: Mapping[str, Expected]
) -> None:
    """Check the names and types of keyword arguments.

    Args:
        given: the keyword arguments by name.
        known: the names that are accepted.
        expected: the checks by name; arguments without a check are checked elsewhere.

    Raises:
        TypeError: a name is unknown, or a value has the wrong type.
    """
    known = tuple(known)
    for name, value in given.items():
        if name not in known:
            raise TypeError(f"unexpected keyword argument {name!r}; use one of {', '.join(known)}")
        if name in expected:
            expected[name].check(name, value)

"""Base classes for values that contain secrets and are safe to print.

Invariants: the values of fields named in ``__secrets__`` never appear in a ``repr``, in a traceback
that shows local variables or in ``rich`` output, and never leave the process in a pickle. Fields that
are ``None`` or an empty mapping are omitted from the ``repr``, so it shows which secrets are set.
"""

from typing import Any, ClassVar, Final, NoReturn, Self, cast

import msgspec
from msgspec import Struct

__all__ = ["REDACTED", "Confidential", "Printable"]

REDACTED: Final = "[REDACTED]"
"""The text that replaces a secret wherever a value is shown."""


class Printable(Struct, frozen=True):
    """Base class for values with their own ``__repr__``; ``rich`` displays the same text."""

    # msgspec gives every Struct a `__rich_repr__` with all fields, which rich prefers to `repr`.
    def __rich_repr__(self) -> list[tuple[str, Any]]:
        inner = repr(self).partition("(")[2].removesuffix(")")
        # A cast, because msgspec declares pairs only. rich prints a member that is not a pair as is.
        return cast("list[tuple[str, Any]]", [_Verbatim(inner)])


class Confidential(Printable, frozen=True):
    """Base class for immutable values with secret fields."""

    __secrets__: ClassVar[frozenset[str]] = frozenset()
    __instead_of_pickling__: ClassVar[str] = "create it there from the same arguments"

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value}" for name, value in self._shown())
        return f"{type(self).__name__}({shown})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, _Verbatim(value)) for name, value in self._shown()]

    def __reduce__(self) -> tuple[Any, ...]:
        fields = msgspec.structs.asdict(self)
        # Without a secret there is nothing to expose, and a pickle is allowed.
        if any(fields[name] for name in self.__secrets__):
            self._refuse_pickling()
        return _remade, (type(self), fields)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # immutable, so a copy can be the object itself and needs no pickle

    def _refuse_pickling(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} cannot be pickled, because a pickle would expose its secrets; "
            f"to use it in another process, {self.__instead_of_pickling__}"
        )

    def _shown(self) -> list[tuple[str, str]]:
        return [
            (name, REDACTED if name in self.__secrets__ else repr(value))
            for name, value in msgspec.structs.asdict(self).items()
            if value is not None and value != {}
        ]


def _remade(cls: type[Confidential], fields: dict[str, Any]) -> Confidential:
    return cls(**fields)


class _Verbatim(str):
    """A string whose ``repr`` has no quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

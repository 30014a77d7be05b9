"""Values with secrets in them, which may be printed all the same.

Invariants: what a class names in ``__secrets__`` never shows, in a ``repr``, in a traceback with local
variables or in what ``rich`` prints, and does not leave the process in a pickle; what is ``None`` or
empty is left out, so that a reader sees which secrets there are.
"""

from typing import Any, ClassVar, Final, NoReturn, Self, cast

import msgspec
from msgspec import Struct

__all__ = ["REDACTED", "Confidential", "Printable"]

REDACTED: Final = "[REDACTED]"
"""What is shown in place of a secret, everywhere."""


class Printable(Struct, frozen=True):
    """Base of values with a ``__repr__`` of their own, ``Name(...)``, which ``rich`` prints as well."""

    # msgspec gives every Struct a `__rich_repr__` with all fields, which rich prefers to `repr`.
    def __rich_repr__(self) -> list[tuple[str, Any]]:
        inner = repr(self).partition("(")[2].removesuffix(")")
        # A member that is no pair of name and value is printed alone; msgspec's type has pairs only.
        return cast("list[tuple[str, Any]]", [_Verbatim(inner)])


class Confidential(Printable, frozen=True):
    """Base of immutable values with secrets among their fields."""

    __secrets__: ClassVar[frozenset[str]] = frozenset()
    __instead_of_pickling__: ClassVar[str] = "pass what it takes to make it there"

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value}" for name, value in self._shown())
        return f"{type(self).__name__}({shown})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, _Verbatim(value)) for name, value in self._shown()]

    def __reduce__(self) -> tuple[Any, ...]:
        fields = msgspec.structs.asdict(self)
        if any(fields[name] for name in self.__secrets__):
            self._refuse_pickling()
        return _remade, (type(self), fields)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # it cannot change, and need not be pickled for a copy

    def _refuse_pickling(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} holds secrets and is not pickled, because a pickle shows them; "
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
    """Text whose ``repr`` is itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

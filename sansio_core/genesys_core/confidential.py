"""Values with secrets in them, which may be printed all the same.

Law: what a class names in ``__secrets__`` never shows, in a ``repr`` or in what ``rich`` prints;
what is ``None`` or empty is left out, so that a reader sees which secrets there are.
"""

from typing import ClassVar, Final

import msgspec
from msgspec import Struct

__all__ = ["REDACTED", "Confidential"]

REDACTED: Final = "[REDACTED]"
"""What is shown in place of a secret, everywhere."""


class Confidential(Struct, frozen=True):
    """Base of immutable values with secrets among their fields."""

    __secrets__: ClassVar[frozenset[str]] = frozenset()

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value}" for name, value in self._shown())
        return f"{type(self).__name__}({shown})"

    # msgspec gives every Struct a `__rich_repr__` with all fields, which rich prefers to `repr`.
    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [(name, _Shown(value)) for name, value in self._shown()]

    def _shown(self) -> list[tuple[str, str]]:
        return [
            (name, REDACTED if name in self.__secrets__ else repr(value))
            for name, value in msgspec.structs.asdict(self).items()
            if value is not None and value != {}
        ]


class _Shown(str):
    """Text whose ``repr`` is itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

"""What every generated model is.

Law: a model is a plain record. Fields are optional and ``None`` when absent, the class adds no
public name of its own that a field could collide with, and a secret never shows in a ``repr``.
"""

from typing import ClassVar

import msgspec
from msgspec import Struct

from genesys_core.confidential import REDACTED

__all__ = ["Model", "SecretModel"]


class Model(Struct, kw_only=True, omit_defaults=True, repr_omit_defaults=True, rename="camel"):
    """Base of all models: mutable, keyword-only, absent fields left out of ``repr`` and JSON."""


class SecretModel(Model, kw_only=True):
    """A model with fields that are never shown; their names are in ``__secrets__``."""

    __secrets__: ClassVar[frozenset[str]] = frozenset()

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}={REDACTED if name in self.__secrets__ else repr(value)}"
            for name, value in msgspec.structs.asdict(self).items()
            if value is not None
        )
        return f"{type(self).__name__}({shown})"

    def __rich_repr__(self) -> "list[tuple[str, object]]":
        return [
            (name, REDACTED if name in self.__secrets__ else value)
            for name, value in msgspec.structs.asdict(self).items()
            if value is not None
        ]

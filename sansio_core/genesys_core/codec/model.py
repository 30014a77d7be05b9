"""The base class of all generated models.

Invariants: a model is a plain record. Fields are optional and ``None`` when absent, the class adds
no public name that could collide with a field, and a secret never appears in a ``repr``.
"""

from typing import ClassVar

import msgspec
from msgspec import Struct

from genesys_core.confidential import REDACTED

__all__ = ["Model", "SecretModel"]


class Model(Struct, kw_only=True, omit_defaults=True, repr_omit_defaults=True, rename="camel"):
    """Base class of all models: mutable, keyword-only; absent fields are omitted everywhere."""


class SecretModel(Model, kw_only=True):
    """A model with secret fields, which ``__secrets__`` names and ``repr`` does not show."""

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

"""The base class of all generated models.

Invariants: a model is a plain record. Fields are optional and ``None`` when absent, the class adds
one public name, ``of``, which the generator never gives to a field, and a secret never appears in
a ``repr``.
"""

from typing import TYPE_CHECKING, ClassVar, Self

import msgspec
from msgspec import Struct

from genesys_core.confidential import REDACTED

__all__ = ["Model", "SecretModel"]


class ResponseRecord:
    """Base class with a slot for the response that a model was decoded from and its unknown fields.

    The slot is not a field of the model: ``==``, ``repr``, copies and pickles ignore it, as does
    msgspec.
    """

    # In a base class of its own, because a Struct cannot define slots.
    __slots__ = ("_response",)

    if TYPE_CHECKING:
        _response: tuple[object] | list[object]


class Model(
    ResponseRecord,
    Struct,
    kw_only=True,
    omit_defaults=True,
    repr_omit_defaults=True,
    rename="camel",
):
    """Base class of all models: mutable, keyword-only; JSON and ``repr`` omit absent fields."""

    @classmethod
    def of(cls, source: Struct, *, left_out: list[str] | None = None) -> Self:
        """Create a model from the fields that it shares with another model: ``QueueRequest.of(queue)``.

        Args:
            source: the model to copy, of any type; fields are matched by wire name.
            left_out: a list that receives the paths of members that the copy does not have, such as
                ``$.memberCount``.

        Raises:
            TypeError: ``source`` is not a model.
            InvalidValueError: ``source`` cannot be represented in JSON.
        """
        # Imports the decoder, which most programs load later or not at all.
        from genesys_core.codec.conversion import convert_model  # noqa: PLC0415

        copy, missing = convert_model(cls, source)
        if left_out is not None:
            left_out += missing
        return copy


class SecretModel(Model, kw_only=True):
    """A model with secret fields: ``__secrets__`` lists them, and ``repr`` redacts their values."""

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

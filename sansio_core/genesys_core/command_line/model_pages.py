"""Help pages of models, from the platform's definition (Swagger 2.0)."""

import textwrap
from collections.abc import Mapping
from typing import Any, Final

from genesys_core.command_line.bodies import ModelField
from genesys_core.command_line.usage import UsageError, suggest_name

__all__ = ["ModelCatalog"]

_PREFIX: Final = "#/definitions/"


class ModelCatalog:
    """The models of an API definition, for help pages and body skeletons.

    Args:
        definitions: the ``definitions`` of a Swagger 2.0 document.
    """

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions

    def fields_of(self, model: str) -> list[ModelField]:
        """Return the fields of a model; an empty list for an unknown model."""
        schema = self._definitions.get(model, {})
        required = set(schema.get("required", ()))
        return [
            ModelField(
                name,
                _kind(field),
                _kind(field.get("items", {})) if field.get("type") == "array" else "",
                name in required,
                # Beside a $ref, Swagger 2.0 ignores readOnly, so the platform adds x-read-only.
                bool(field.get("readOnly") or field.get("x-read-only")),
            )
            for name, field in schema.get("properties", {}).items()
        ]

    def page(self, model: str, width: int) -> str:
        """Return the help page of a model: each field with its type and known values.

        Args:
            model: the model's name; case-insensitive.
            width: the terminal's width in characters.

        Raises:
            UsageError: the definition has no model of that name.
        """
        name = self._find(model)
        schema = self._definitions[name]
        lines = [name, ""]
        for field in self.fields_of(name):
            flags = [
                word
                for word, applies in (
                    ("required", field.is_required),
                    ("read-only", field.is_read_only),
                )
                if applies
            ]
            kind = f"list of {field.item}" if field.kind == "list" else field.kind
            lines.append("  " + " ".join([field.wire, kind, *[f"({flag})" for flag in flags]]))
            values = _values(schema["properties"][field.wire])
            if values:
                lines += textwrap.wrap(
                    ", ".join(values),
                    max(width, 20),
                    initial_indent="      ",
                    subsequent_indent="      ",
                    break_long_words=False,
                    break_on_hyphens=False,
                )
        return "\n".join(lines)

    def _find(self, model: str) -> str:
        if model in self._definitions:
            return model
        folded = {name.lower(): name for name in self._definitions}
        if model.lower() in folded:
            return folded[model.lower()]
        raise UsageError(f"{model}: no such model{suggest_name(model, self._definitions)}")


def _kind(schema: Mapping[str, Any]) -> str:
    reference: str = schema.get("$ref", "")
    if reference:
        return reference.removeprefix(_PREFIX)
    kind: str = schema.get("type", "any JSON value")
    if kind == "string":
        written: str = schema.get("format", "")
        return written if written in _DATES else kind
    return "list" if kind == "array" else kind


_DATES: Final = frozenset({"date", "date-time"})


def _values(schema: Mapping[str, Any]) -> list[str]:
    found = schema.get("enum") or schema.get("items", {}).get("enum") or ()
    return [str(value) for value in found]

"""Writes model pages, with a section for each model: its fields, and where the model is used."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from genesys_core.definition.read.definition import ApiDefinition, Field, ModelDef
from genesys_core.definition.read.model_graph import referenced_models
from genesys_core.definition.read.naming import to_camel_case
from genesys_core.definition.reference.markdown import (
    anchor_of,
    inline_code,
    plain_text,
    write_heading,
    write_table,
)
from genesys_core.definition.reference.places import ReferenceLinks, describe_values, model_page

__all__ = ["Uses", "find_uses", "model_page_text"]

_USES_SHOWN: Final = 20

Uses = Mapping[str, Sequence[tuple[str, str]]]
"""The methods (as ``("method", "users.get_user")``), topics and models that use each model."""


def find_uses(definition: ApiDefinition) -> Uses:
    """Return the methods, topics and models that use each model directly, in that order."""
    uses: dict[str, dict[tuple[str, str], None]] = {}

    def note(names: Iterable[str], kind: str, user: str) -> None:
        for name in names:
            uses.setdefault(name, {})[kind, user] = None

    for api in definition.apis:
        for operation in api.operations:
            types = [*operation.return_types, *(one.type for one in operation.parameters)]
            for type_ in types:
                note(referenced_models(type_), "method", f"{api.name}.{operation.name}")
    for topic, model in definition.topics:
        note([model], "topic", topic)
    for each in definition.models:
        note((name for _, name in each.cases), "model", each.name)
        for field in each.fields:
            note(referenced_models(field.type), "model", each.name)
    return {name: tuple(found) for name, found in uses.items()}


def model_page_text(models: Sequence[ModelDef], uses: Uses, places: ReferenceLinks) -> str:
    """Return the page about the models whose names begin with the same word.

    Args:
        models: the models to describe on the page.
        uses: the methods, topics and models that use each model.
        places: creates links to models, methods and topics.
    """
    page = model_page(models[0].name)
    word = page.removeprefix("models/").removesuffix(".md")
    lines = [f"# Models: {word[:1].upper()}{word[1:]}", ""]
    if len(models) > 1:
        lines += [
            ", ".join(f"[{inline_code(one.name)}](#{anchor_of(one.name)})" for one in models),
            "",
        ]
    for model in models:
        lines += _section(model, uses.get(model.name, ()), places, page)
    return "\n".join(lines)


def _section(
    model: ModelDef, uses: Sequence[tuple[str, str]], places: ReferenceLinks, page: str
) -> list[str]:
    lines = [write_heading(2, model.name, anchor_of(model.name)), ""]
    if model.wire != model.name:
        lines += [f"Name in the definition: {inline_code(model.wire)}", ""]
    if model.description:
        lines += [plain_text(model.description), ""]
    if model.tag:
        lines += [
            f"A union of models, discriminated by {inline_code(model.tag)}; a dict if the kind is unknown.",
            "",
        ]
        rows = ((inline_code(kind), places.model(name, page)) for kind, name in model.cases)
        lines += write_table(("kind", "model"), rows)
    else:
        fields = (_field_row(field, places, page) for field in model.fields)
        lines += write_table(("field", "type", ""), fields) or ["A model without fields.", ""]
    if uses:
        shown = [_use(kind, name, places, page) for kind, name in uses[:_USES_SHOWN]]
        more = len(uses) - len(shown)
        tail = f" and {more} more" if more else ""
        lines += [f"Used by {', '.join(shown)}{tail}.", ""]
    return lines


def _field_row(field: Field, places: ReferenceLinks, page: str) -> tuple[str, ...]:
    notes = [
        "**required**" if field.required else "",
        "read-only" if field.read_only else "",
        "secret: never shown" if field.secret else "",
        plain_text(field.description),
        describe_values(field.type),
        f"sent as {inline_code(field.wire)}" if field.wire != to_camel_case(field.name) else "",
    ]
    return inline_code(field.name), places.type(field.type, page), "; ".join(filter(None, notes))


def _use(kind: str, name: str, places: ReferenceLinks, page: str) -> str:
    match kind:
        case "method":
            api, _, method = name.partition(".")
            return places.method(api, method, page)
        case "topic":
            return places.topic(name, page)
        case _:
            return places.model(name, page)

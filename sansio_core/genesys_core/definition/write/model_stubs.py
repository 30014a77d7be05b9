"""Writes the stubs of model modules: class statements for type checkers, editors and readers.

Invariants: a stub declares every model of its shard, in the same order and with the same fields as
the module next to it. Enums are open: editors suggest the known values, and type checkers accept
unknown values.
"""

from collections.abc import Mapping, Sequence

from genesys_core.definition.read.definition import ApiDefinition, Field, ModelDef
from genesys_core.definition.read.naming import to_camel_case
from genesys_core.definition.shards import Shard
from genesys_core.definition.words.parameters import describe_limits
from genesys_core.definition.write.annotations import (
    HELPERS,
    enum_lines,
    format_annotation,
    grouped_imports,
    repeated_enums,
    values_to_split,
)
from genesys_core.definition.write.docstrings import model_docstring
from genesys_core.definition.write.source_text import (
    WIDTH,
    join_sentences,
    quote_string,
    split_values,
    to_one_line,
    to_plain_text,
    wrap_text,
    write_banner,
    write_docstring,
    write_import,
)

__all__ = ["shard_stub"]


def shard_stub(
    definition: ApiDefinition,
    shard: Shard,
    models: Mapping[str, ModelDef],
    homes: Mapping[str, str],
) -> str:
    """Return the stub of a shard's module; ``homes`` maps every model to its module."""
    writer = _StubWriter(shard, [models[name] for name in shard.models], homes)
    return write_banner(definition.version) + writer.source()


class _StubWriter:
    """Collects the class statements of a stub, and the imports and aliases that they need."""

    def __init__(self, shard: Shard, models: Sequence[ModelDef], homes: Mapping[str, str]) -> None:
        self.shard = shard
        self.homes = homes
        self.helpers: set[str] = set()
        self.imported: dict[str, set[str]] = {}
        self.hidden: set[str] = set()
        self.enums = repeated_enums(
            (field.name, field.type) for model in models for field in model.fields
        )
        if self.enums:
            self.helpers.update(("_Open", "_Literal"))
        self.lines = [line for model in models for line in self._class(model)]

    def source(self) -> str:
        others = [
            line
            for home in sorted(self.imported)
            for line in write_import(f".{home}", self.imported[home])
        ]
        head = [*grouped_imports(self.helpers), *others, "", *enum_lines(self.enums, "")]
        aliases = [f"{_alias(name)} = {name}" for name in sorted(self.hidden)]
        return "\n".join(
            [*write_docstring([self.shard.about], ""), "", *head, *aliases, *self.lines, ""]
        )

    def _class(self, model: ModelDef) -> list[str]:
        if model.tag:
            return self._union(model)
        secrets = sorted(field.name for field in model.fields if field.secret)
        base = "_SecretModel" if secrets else "_Model"
        self.helpers.add(base)
        own = frozenset(field.name for field in model.fields)
        body = self._docstring(model)
        for field in model.fields:
            body += self._field(field, own)
        return ["", f"class {model.name}({base}, kw_only=True):", *(body or ["    ..."])]

    def _union(self, model: ModelDef) -> list[str]:
        names = [self._spelt(name, frozenset()) for name in dict(model.cases).values()]
        members = [*dict.fromkeys(names), f"dict[str, {self._spelt('_Any', frozenset())}]"]
        self.helpers.add("_TypeAlias")
        line = f"{model.name}: _TypeAlias = {' | '.join(members)}"
        if len(line) > WIDTH:
            lines = [f"{model.name}: _TypeAlias = (", f"    {members[0]}"]
            lines += [f"    | {one}" for one in members[1:]]
            line = "\n".join([*lines, ")"])
        tag = to_plain_text(model.tag)
        about = (
            f"A union of models, discriminated by ``{tag}``; a dictionary if the kind is unknown."
        )
        return ["", *line.splitlines(), *write_docstring([about], "")]

    def _docstring(self, model: ModelDef) -> list[str]:
        texts = filter(None, (_text(model.description), model_docstring(model)))
        lines = [line for text in texts for line in ("", *wrap_text(text, "    "))][1:]
        return write_docstring([lines[0].strip(), *lines[1:]], "    ") if lines else []

    def _field(self, field: Field, own: frozenset[str]) -> list[str]:
        def spell(name: str) -> str:
            return self._spelt(name, own)

        text = f"{format_annotation(field.type, spell, self.enums)} | None"
        default = "None"
        # Models are declared with rename="camel", so that only exceptions state their wire name.
        if to_camel_case(field.name) != field.wire:
            default = f"{spell('_field')}(name={quote_string(field.wire)}, default=None)"
        known = values_to_split(field.type, self.enums)
        lines = split_values(f"    {field.name}: {text} = {default}", known)
        # The default of a secret may be a secret, and its pattern helps to guess it.
        limits = "" if field.secret else describe_limits(field.limits)
        described = wrap_text(to_plain_text(join_sentences(field.description, limits)), "    ")
        if not described:
            return lines
        return [*lines, *write_docstring([described[0].strip(), *described[1:]], "    ")]

    def _spelt(self, name: str, own: frozenset[str]) -> str:
        """Return a name, or an alias for it if a field of the class has the same name."""
        if name in HELPERS:
            self.helpers.add(name)
            return name
        home = self.homes.get(name)
        if home is not None and home != self.shard.module:
            self.imported.setdefault(home, set()).add(name)
        if name not in own:
            return name
        self.hidden.add(name)
        return _alias(name)


def _alias(name: str) -> str:
    return f"_{name}" if f"_{name}" not in HELPERS else f"_{name}_"


def _text(description: str) -> str:
    return to_plain_text(to_one_line(description))

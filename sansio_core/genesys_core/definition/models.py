"""Models as source: one module for each shard.

Law: a shard is plain Python that runs top to bottom: what a class names is a global of its module
before the class is made. Only references inside one cycle are quoted. (msgspec resolves annotations
in the module's globals, so names that only a type checker sees would not do.)
"""

from collections.abc import Iterable, Mapping, Sequence

from genesys_core.definition.annotations import HELPERS, annotation, literal_values
from genesys_core.definition.graph import references
from genesys_core.definition.ir import Definition, Field, ModelDef, Plain
from genesys_core.definition.naming import camel, unique
from genesys_core.definition.sharding import Shard
from genesys_core.definition.text import (
    banner,
    docstring,
    imports,
    plain,
    quoted,
    split_values,
    wrapped,
)

__all__ = ["grouped_imports", "shard_source"]


def shard_source(
    definition: Definition, shard: Shard, models: Mapping[str, ModelDef], homes: Mapping[str, str]
) -> str:
    """One module of models; ``homes`` is the module of every model."""
    writer = _ShardWriter(shard, models, homes)
    for component in shard.components:
        for name in component:
            writer.add(models[name], component)
    return writer.source(definition.version)


class _ShardWriter:
    """Collects classes, and which names they use."""

    def __init__(
        self, shard: Shard, models: Mapping[str, ModelDef], homes: Mapping[str, str]
    ) -> None:
        self.shard = shard
        self.models = models
        self.homes = homes
        self.lines: list[str] = []
        self.helpers: set[str] = set()
        self.imported: dict[str, set[str]] = {}
        self.aliases: dict[str, None] = {}
        self.enums = _repeated_enums(models[name] for name in shard.models)

    def add(self, model: ModelDef, component: Sequence[str]) -> None:
        base = "_SecretModel" if any(field.secret for field in model.fields) else "_Model"
        self.helpers.add(base)
        scope = _Scope(self, frozenset(field.name for field in model.fields))
        body = [*_class_docstring(model), *self._secrets(model, scope)]
        for field in model.fields:
            body += self._field(field, scope, component)
        header = f"class {model.name}({base}, kw_only=True):"
        self.lines += [*self._new_aliases(scope, component), "", "", header, *(body or ["    ..."])]
        cyclic = [f"_{name} = {name}" for name in scope.hidden if name in component]
        self.lines += ["", "", *cyclic] if cyclic else []

    def source(self, version: str) -> str:
        self.helpers.update(("_Open", "_Literal") if self.enums else ())
        head = [*grouped_imports(self.helpers), *self._shard_imports()]
        doc = docstring([self.shard.about], "")
        return banner(version) + "\n".join([*doc, "", *head, *self._enum_lines(), *self.lines, ""])

    def _enum_lines(self) -> list[str]:
        lines = [
            line
            for values, name in self.enums.items()
            for line in split_values(f"{name} = {annotation(Plain('string', values))}", values)
        ]
        return ["", *lines] if lines else []

    def _shard_imports(self) -> list[str]:
        return [
            line
            for module in sorted(self.imported)
            for line in imports(f".{module}", self.imported[module])
        ]

    def _secrets(self, model: ModelDef, scope: "_Scope") -> list[str]:
        names = sorted(field.name for field in model.fields if field.secret)
        if not names:
            return []
        kind = f"{scope.spell('_ClassVar')}[{scope.spell('frozenset')}[{scope.spell('str')}]]"
        values = "{" + ", ".join(map(quoted, names)) + "}"
        return [f"    __secrets__: {kind} = {scope.spell('frozenset')}({values})", ""]

    def _field(self, field: Field, scope: "_Scope", component: Sequence[str]) -> list[str]:
        text = f"{annotation(field.type, scope.spell, self.enums)} | None"
        if any(name in component for name in references(field.type)):
            text = quoted(text)
        default = "None"
        if camel(field.name) != field.wire:
            default = f"{scope.spell('_field')}(name={quoted(field.wire)}, default=None)"
        return split_values(f"    {field.name}: {text} = {default}", literal_values(field.type))

    def _new_aliases(self, scope: "_Scope", component: Sequence[str]) -> list[str]:
        """Aliases that a class needs before it is made; members of its own cycle follow it."""
        new = [name for name in scope.hidden if name not in self.aliases and name not in component]
        self.aliases.update(dict.fromkeys(new))
        return ["", "", *(f"_{name} = {name}" for name in new)] if new else []


def _repeated_enums(models: Iterable[ModelDef]) -> dict[tuple[str, ...], str]:
    """Names for lists of known values that stand more than once in a module, in order of use."""
    uses: dict[tuple[str, ...], list[str]] = {}
    for model in models:
        for field in model.fields:
            values = literal_values(field.type)
            if sum(map(len, values)) > _SHORT:
                uses.setdefault(values, []).append(field.name)
    repeated = {values: names[0] for values, names in uses.items() if len(names) > 1}
    titles = unique(f"_{name.title().replace('_', '')}Values" for name in repeated.values())
    return dict(zip(repeated, titles, strict=True))


_SHORT = 20
"""Letters of known values that are repeated rather than named: a name would be no shorter."""


class _Scope:
    """The body of one class: spells names, and notes what they need."""

    def __init__(self, writer: _ShardWriter, fields: frozenset[str]) -> None:
        self.writer = writer
        self.fields = fields
        self.hidden: dict[str, None] = {}

    def spell(self, name: str) -> str:
        """A name as the class body sees it: a field of the same name hides it there."""
        if name in HELPERS:
            self.writer.helpers.add(name)
            return name
        home = self.writer.homes.get(name)
        if home is not None and home != self.writer.shard.module:
            self.writer.imported.setdefault(home, set()).add(name)
        if name not in self.fields:
            return name
        self.hidden[name] = None
        return f"_{name}"


def _class_docstring(model: ModelDef) -> list[str]:
    """The facts that the annotations do not tell."""
    facts = [
        ("Required", [field.name for field in model.fields if field.required]),
        ("Read-only", [field.name for field in model.fields if field.read_only]),
        ("Never shown", [field.name for field in model.fields if field.secret]),
    ]
    text = " ".join(f"{title}: {', '.join(names)}." for title, names in facts if names)
    if model.wire != model.name:
        text = f"The definition's ``{plain(model.wire)}``. {text}".rstrip()
    if not text and not model.fields:
        text = "Has no properties of its own."
    if not text:
        return []
    first, *rest = wrapped(text, "    ", "    ")
    lines = docstring([first.strip(), *rest], "    ")
    return [*lines, ""] if model.fields else lines


def grouped_imports(helpers: Iterable[str]) -> list[str]:
    """The imports of helpers: the standard library's first, then others', then ours."""
    by_module: dict[str, set[str]] = {}
    for helper in helpers:
        module, name = HELPERS[helper]
        by_module.setdefault(module, set()).add(name)
    groups: list[list[str]] = [[], [], []]
    for module in sorted(by_module):
        groups[_import_group(module)] += imports(module, by_module[module])
    return "\n\n".join("\n".join(group) for group in groups if group).split("\n")


def _import_group(module: str) -> int:
    return {"msgspec": 1, "genesys_core": 2}.get(module.partition(".")[0], 0)

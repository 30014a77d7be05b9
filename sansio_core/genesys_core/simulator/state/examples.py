"""Well-formed examples of the models of a definition.

Invariants: an example depends only on its arguments, has the declared types at every level, and is
finite: models nest at most ``depth`` levels, apart from those in required properties, even if the
definition has cycles.
"""

from binascii import crc32
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final, TypeAlias, TypeVar

from msgspec import UNSET, Struct, UnsetType

from genesys_core.errors import InvalidValueError
from genesys_core.simulator.state.definition import Definition, Schema

__all__ = ["Json", "example", "example_of", "minimal_value", "uuid_shaped"]

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""Any value that JSON can represent."""

Made: TypeAlias = "Json | UnsetType"
"""A generated JSON value; ``UNSET`` if the maximum depth was reached."""

T = TypeVar("T")

DEFAULT_DEPTH: Final = 3
"""The default maximum nesting of models; at 2 or more, the outermost one has all its properties."""

# Seed 0 yields the first of each. The others are legal values that tend to break careless code.
_INTEGERS: Mapping[str | None, tuple[int, ...]] = {
    "int64": (1, 2**53 + 1, 2**63 - 1, -(2**63), 0),
    None: (1, 2**31 - 1, -(2**31), 0),
}
_NUMBERS = (1.5, 0.1, -2.25, 1e-7, 1e21)
_TEXTS = ("", " é ☎ 漢", ' "quoted" \\ /', " line\nbreak\t", " {id}?a=b&c#d")
_DATES = ("2024-05-17", "2024-02-29", "1999-12-31", "2038-01-20")
_TIMES = ("09:30:00.000", "23:59:59.999", "00:00:00.000")


def example(
    definition: Definition | Mapping[str, object],
    name: str,
    *,
    depth: int = DEFAULT_DEPTH,
    seed: int = 0,
) -> Json:
    """Return an example of a model, as plain JSON values.

    Args:
        definition: the definition, or its document; for repeated calls, pass the parsed definition.
        name: the name of the model, such as ``UserMe``.
        depth: the maximum nesting of models, including the model itself. Deeper values are omitted,
            and lists and maps of them are empty; required properties are always present.
        seed: 0 yields the first value of each enum and plain values; other seeds select
            among all values of an enum and among values that are legal but unusual.

    Raises:
        InvalidValueError: the definition has no such model, or cannot be parsed.
    """
    known = Definition.of(definition)
    if name not in known.schemas:
        raise InvalidValueError(f"model {name!r}: the definition has no model of that name")
    return example_of(known, Schema(ref=f"#/definitions/{name}"), depth=depth, seed=seed, hint=name)


def example_of(
    definition: Definition,
    schema: Schema,
    *,
    depth: int = DEFAULT_DEPTH,
    seed: int = 0,
    hint: str = "value",
) -> Json:
    """Return an example of a schema, as :func:`example` does for a model.

    Args:
        definition: the API definition, which resolves references.
        schema: any schema, which may be a reference.
        depth: the maximum nesting of models, at least 1.
        seed: selects among the possible values, as in :func:`example`.
        hint: the name of the property, from which string values are derived.
    """
    value = _Maker(definition, seed).value(schema, hint, max(depth, 1))
    return {} if isinstance(value, UnsetType) else value


def minimal_value(definition: Definition, schema: Schema, hint: str) -> Json:
    """Return the smallest valid value of a schema: only required properties, and empty lists.

    Args:
        definition: the API definition, which resolves references.
        schema: any schema.
        hint: the name of the property, from which string values are derived.
    """
    return _Maker(definition, 0).least(schema, hint, frozenset())


def uuid_shaped(*parts: object) -> str:
    """Return an id in the form of a version 4 UUID that depends only on the given parts."""
    digest = sha256("/".join(map(str, parts)).encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"


class _Maker(Struct, frozen=True):
    definition: Definition
    seed: int

    def value(self, schema: Schema, hint: str, depth: int) -> Made:
        if schema.ref is not None:
            return self._referred(self.definition.resolve(schema), hint, depth)
        if schema.type == "array":
            return self._array(schema.items or Schema(), hint, depth)
        if _is_object(schema):
            return self._object(schema, hint, depth)
        return self._scalar(schema, hint)

    def _referred(self, target: Schema, hint: str, depth: int) -> Made:
        # Every reference uses a level, so cycles of any kind end.
        if depth <= 0 and (_is_object(target) or target.type == "array"):
            return UNSET
        return self.value(target, hint, depth - 1)

    def _array(self, items: Schema, hint: str, depth: int) -> Json:
        item = self.value(items, hint, depth)
        return [] if isinstance(item, UnsetType) else [item]

    def _object(self, schema: Schema, hint: str, depth: int) -> Json:
        if schema.properties is not None:
            return self._model(schema, schema.properties, depth)
        item = self.value(_additional(schema), hint, depth)
        return {} if isinstance(item, UnsetType) else {"key": item}

    def _model(self, schema: Schema, properties: Mapping[str, Schema], depth: int) -> Json:
        made = {name: self.value(each, name, depth) for name, each in properties.items()}
        for name in schema.required:
            if made.get(name) is UNSET:
                made[name] = self.least(properties[name], name, frozenset())
        return {name: each for name, each in made.items() if not isinstance(each, UnsetType)}

    def least(self, schema: Schema, hint: str, above: frozenset[str]) -> Json:
        """Return a value with only the required properties; recursive models are empty."""
        target = self.definition.resolve(schema)
        if target.type == "array":
            return []
        if not _is_object(target):
            return self._scalar(target, hint)
        name = schema.model_name or ""
        if name in above:
            return {}
        inside = above | {name} if name else above
        properties = target.properties or {}
        required = [each for each in target.required if each in properties]
        return {each: self.least(properties[each], each, inside) for each in required}

    def _scalar(self, schema: Schema, hint: str) -> Json:
        if schema.enum:
            known = self._pick(schema.enum, hint)
            # The definition writes the values of integer enums as strings.
            return int(known) if schema.type == "integer" else known
        match schema.type:
            case "boolean":
                return self._pick((True, False), hint)
            case "integer":
                return self._pick(_INTEGERS.get(schema.format, _INTEGERS[None]), hint)
            case "number":
                return self._pick(_NUMBERS, hint)
            case _:
                return self._text(schema.format, hint)

    def _text(self, form: str | None, hint: str) -> str:
        day, time = self._pick(_DATES, hint), self._pick(_TIMES, hint)
        match form:
            case "date":
                return day
            case "date-time":
                return f"{day}T{time}Z"
            case "local-date-time":
                return f"{day}T{time}"
            case "year-month":
                return day[:7]
            case "uuid":
                return uuid_shaped(self.seed, hint)
            case _:
                return self._plain(hint)

    def _plain(self, hint: str) -> str:
        if hint == "id":
            return uuid_shaped(self.seed, hint)
        if hint.endswith("Uri"):
            return f"/api/v2/example/{hint}"
        return hint + self._pick(_TEXTS, hint)

    def _pick(self, values: Sequence[T], hint: str) -> T:
        if self.seed == 0:
            return values[0]
        # Not `hash()`, which differs between processes for strings.
        return values[crc32(f"{self.seed}:{hint}".encode()) % len(values)]


def _is_object(schema: Schema) -> bool:
    return schema.type == "object" or schema.properties is not None


def _additional(schema: Schema) -> Schema:
    return schema.additional if isinstance(schema.additional, Schema) else Schema(type="string")

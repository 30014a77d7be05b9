"""Finds the changes that affect a program, and the lines of the program that they affect.

Invariants: a change affects a program that uses the changed part of the API. Such a program calls the
method, passes the parameter (or omits the parameter, if calls without it are affected), names the
model or reaches the model from a used operation through fields that the program names, or subscribes
to the topic. Additions affect no program. Names are matched regardless of the types of objects, so
that every change that may affect the program is included.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from genesys_core.definition.diff.changes import Change
from genesys_core.definition.diff.source_names import UNSEEN, CallSite, SourceNames
from genesys_core.definition.read.definition import (
    ApiDefinition,
    ApiOperation,
    Array,
    Map,
    ModelDef,
    Ref,
    Type,
)
from genesys_core.definition.read.naming import to_snake_case

__all__ = ["find_touched"]


def find_touched(
    changes: Iterable[Change], old: ApiDefinition, sources: Sequence[SourceNames]
) -> dict[Change, tuple[str, ...]]:
    """Return the changes that affect a program, each with the affected lines (``app.py:12``).

    Args:
        changes: the changes between two definitions; their order is kept.
        old: the definition that the program was written for.
        sources: the names used in each of the program's files.
    """
    usage = _Usage(old, sources)
    found = ((change, tuple(dict.fromkeys(usage.places(change)))) for change in changes)
    return {change: places for change, places in found if places}


class _OperationUse(Struct, frozen=True):
    path: str
    operation: ApiOperation
    site: CallSite

    @property
    def place(self) -> str:
        return f"{self.path}:{self.site.line}"

    def passes(self, part: str) -> bool:
        """Return whether the call passes a parameter, or may pass it."""
        return self._known(part) is not False

    def omits(self, part: str) -> bool:
        """Return whether the call omits a parameter, or may omit it."""
        return self._known(part) is not True

    def may_pass_text(self, part: str, text: str) -> bool:
        """Return whether the call passes a parameter with the value ``text``, or may do so."""
        name = self._name(part)
        value = None if self.site.keywords is None else self.site.keywords.get(name)
        return self.passes(part) and value in {None, text}

    def _name(self, part: str) -> str:
        shown = {_shown(one.wire, one.location): one.name for one in self.operation.parameters}
        return shown.get(part, "")

    def _known(self, part: str) -> bool | None:
        """Return whether the call passes a parameter; ``None`` if only known at run time."""
        if self.site.keywords is None or self.site.positional is None:
            return None
        name = self._name(part)
        required = [one.name for one in self.operation.parameters if one.required]
        return name in self.site.keywords or name in required[: self.site.positional]


def _shown(wire: str, location: str) -> str:
    return "body" if location == "body" else f"{wire} ({location})"


# Rules whose changes do not affect existing programs.
_ADDITIONS: Final = frozenset(
    {
        *("path-added", "operation-added", "optional-parameter-added", "model-added"),
        *("topic-added", "optional-property-added", "tag-added", "description-changed"),
        *("parameter-enum-value-added", "property-enum-value-added", "map-enum-value-added"),
        *("success-status-added", "error-status-added", "optional-parameters-reordered"),
        *("permissions-loosened", "constraint-loosened", "operation-id-changed"),
        *("required-property-added-to-response", "response-property-made-required"),
        *("property-made-writable", "deprecation-withdrawn"),
    }
)
_IF_OMITTED: Final = frozenset({"parameter-made-required", "parameter-default-changed"})
_IF_POSITIONAL: Final = frozenset(
    {
        *("required-parameters-reordered", "parameter-made-optional"),
        "positional-parameter-made-optional",
    }
)
_OF_PARAMETERS: Final = frozenset(
    {
        *("parameter-removed", "parameter-type-changed", "parameter-item-type-changed"),
        *("parameter-date-format-changed", "parameter-collection-format-changed"),
        *("number-format-changed", "body-model-changed", "constraint-tightened"),
    }
)
# "response.rows" or "response max_items", but not "response (query)", which is a parameter.
_IN_RESPONSE: Final = re.compile(r"response(\.| [^(])")
_OF_REQUESTS: Final = frozenset(
    {"required-property-added-to-request", "request-property-made-required"}
)


class _Usage:
    """The operations, models and topics of a definition that a program's files use."""

    def __init__(self, old: ApiDefinition, sources: Sequence[SourceNames]) -> None:
        self.sources = sources
        self.models = {model.wire: model for model in old.models}
        self.by_class = {model.name: model for model in old.models}
        self.uses = [use for source in sources for use in _operation_uses(old, source)]
        self.topic_texts = [
            (text, f"{source.path}:{line}")
            for source in sources
            for text, line in source.texts.items()
            if text.startswith(("v2.", UNSEEN))
        ]
        self.model_places = self.find_models(old)

    def places(self, change: Change) -> Iterator[str]:
        if change.rule in _ADDITIONS:
            return
        if change.subject.startswith("/"):
            yield from (use.place for use in self.uses if use.operation.path == change.subject)
        elif " /" in change.subject:
            for use in self.uses:
                operation = use.operation
                if f"{operation.method} {operation.path}" == change.subject and _meets(use, change):
                    yield use.place
        elif change.rule.startswith("topic-"):
            yield from self.topic_places(change.subject)
        else:
            yield from self.changed_model(change)

    def topic_places(self, topic: str) -> Iterator[str]:
        for text, place in self.topic_texts:
            if _fits_template(text, topic):
                yield place

    def changed_model(self, change: Change) -> Iterator[str]:
        places = self.model_places.get(change.subject, ())
        if not change.part or change.rule in _OF_REQUESTS:
            yield from places
            return
        # In "address.city maximum", the last name, "city", is the field of an anonymous object.
        wire = change.part.split(" ")[0].split(".")[-1]
        names = {wire, to_snake_case(wire)}
        model = self.models.get(change.subject)
        for one in model.fields if model else ():
            # A property's own name may contain dots.
            if one.wire in {wire, change.part} or change.part.startswith(f"{one.wire} "):
                names |= {one.name, one.wire}
        value = change.old if change.rule.endswith("enum-value-removed") else ""
        for source in self.sources if places else ():
            for name in sorted(names & source.fields.keys()):
                if not value or value in source.texts:
                    yield f"{source.path}:{source.texts[value] if value else source.fields[name]}"

    def find_models(self, old: ApiDefinition) -> dict[str, list[str]]:
        """Return the lines that use each model, directly or through a model, operation or topic.

        The keys are the models' names in the definition.
        """
        waiting: list[tuple[str, str]] = []
        for source in self.sources:
            waiting += [
                (model.name, f"{source.path}:{source.names[model.name]}")
                for model in old.models
                if model.name in source.names
            ]
        waiting += [
            (model, place) for topic, model in old.topics for place in self.topic_places(topic)
        ]
        for use in self.uses:
            bodies = [one.type for one in use.operation.parameters if one.location == "body"]
            for type_ in (*use.operation.return_types, *bodies):
                waiting += [(name, use.place) for name in _refs(type_)]
        named = {name for source in self.sources for name in source.fields}
        found: dict[str, list[str]] = {}
        while waiting:
            name, place = waiting.pop()
            model = self.by_class[name]
            places = found.setdefault(model.wire, [])
            if place not in places:
                places.append(place)
                waiting += [(inner, place) for inner in _reached_fields(model, named)]
                waiting += [(case, place) for _, case in model.cases]
        return found


def _reached_fields(model: ModelDef, named: set[str]) -> list[str]:
    """Return the models in those fields of a model that the program names."""
    return [
        name
        for field in model.fields
        if field.name in named or field.wire in named
        for name in _refs(field.type)
    ]


def _refs(type_: Type | None) -> list[str]:
    match type_:
        case Ref(name=name):
            return [name]
        case Array(items=inner) | Map(values=inner):
            return _refs(inner)
        case _:
            return []


def _meets(use: _OperationUse, change: Change) -> bool:
    """Return whether a change of an operation affects a use of the operation."""
    if change.rule in _IF_OMITTED:
        return use.omits(change.part)
    if change.rule in _IF_POSITIONAL:
        return use.site.positional != 0
    if change.rule == "parameter-enum-value-removed":
        return use.may_pass_text(change.part, change.old)
    if change.rule in _OF_PARAMETERS and not _IN_RESPONSE.match(change.part):
        # Up to the location: for a limit, the part is "limit (query) maximum".
        return use.passes(change.part.rpartition(")")[0] + ")" if ")" in change.part else "body")
    return True


def _operation_uses(old: ApiDefinition, source: SourceNames) -> Iterator[_OperationUse]:
    by_name: dict[str, list[tuple[str, ApiOperation]]] = {}
    for api in old.apis:
        for operation in api.operations:
            by_name.setdefault(operation.name, []).append((api.name, operation))
    apis: Mapping[str, str] = {
        owner: api.name
        for api in old.apis
        for owner in (api.name, api.class_name, f"Async{api.class_name}")
    }
    for site in source.calls:
        for api_name, operation in by_name.get(site.name, ()):
            # An owner that is not the name of an API, such as a variable, may be an object of any API.
            if apis.get(site.owner, api_name) == api_name:
                yield _OperationUse(source.path, operation, site)
    paths = {text: line for text, line in source.texts.items() if text.startswith("/")}
    for operation in old.operations() if paths else ():
        for text, line in paths.items():
            if _fits_template(text.partition("?")[0], operation.path):
                yield _OperationUse(source.path, operation, CallSite(operation.name, "", line))


def _fits_template(text: str, template: str) -> bool:
    """Return whether a path or topic matches a template, segment by segment."""
    separator = "/" if template.startswith("/") else "."
    known, given = template.split(separator), text.split(separator)
    return len(known) == len(given) and all(map(_fits_segment, given, known))


def _fits_segment(given: str, known: str) -> bool:
    if _PLACEHOLDER.fullmatch(known):
        return given != ""
    pattern = ".*".join(map(re.escape, given.split(UNSEEN)))
    return re.fullmatch(pattern, known) is not None


_PLACEHOLDER: Final = re.compile(r"\{\w+\}")

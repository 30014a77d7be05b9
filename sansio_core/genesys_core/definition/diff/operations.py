"""Compares two versions of an operation: name, parameters, body, responses, permissions and tags.

Invariants: a parameter is identified by its name and location. Required parameters are positional
in Python, so their order matters; optional ones are keyword-only.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from msgspec import Struct

from genesys_core.definition.diff.changes import Change, Direction
from genesys_core.definition.diff.models import compare_contents
from genesys_core.definition.diff.schemas import (
    changed_limits,
    enum_values,
    number_format,
    type_change,
    type_text,
    values_differ,
)
from genesys_core.definition.read import naming
from genesys_core.definition.read.references import pointed_name
from genesys_core.definition.read.swagger import (
    Swagger,
    SwaggerOperation,
    SwaggerParameter,
    SwaggerSchema,
)

__all__ = ["OperationView", "compare_operations", "operation_views"]


class OperationView(Struct, frozen=True):
    """An operation, including the parameters and settings that its path and document define."""

    method: str
    path: str
    source: SwaggerOperation
    parameters: Mapping[tuple[str, str], SwaggerParameter]
    responses: Mapping[str, SwaggerSchema | None]
    consumes: tuple[str, ...]
    produces: tuple[str, ...]
    security: tuple[str, ...]
    error_codes: frozenset[str]

    @property
    def subject(self) -> str:
        """The method and path, such as ``GET /api/v2/users``."""
        return f"{self.method} {self.path}"

    @property
    def name(self) -> str:
        """The name of the operation's Python method; empty if it is derived from the path."""
        given = self.source.method_name or self.source.operation_id
        return naming.method_name(given) if given else ""

    @property
    def tags(self) -> tuple[str, ...]:
        """The operation's tags; each tag names an API that contains the operation."""
        return tuple(dict.fromkeys(self.source.tags)) or ("Default",)

    def required(self) -> list[tuple[str, str]]:
        """Return the names and locations of the required parameters, in the definition's order."""
        return [key for key, one in self.parameters.items() if _is_required(one)]

    def statuses(self, *, success: bool) -> list[str]:
        """Return the documented 2xx statuses if ``success`` is true, otherwise the other statuses.

        ``default`` is never included.
        """
        return [
            status
            for status in self.responses
            if status != "default" and status.startswith("2") == success
        ]

    def returned(self) -> SwaggerSchema | None:
        """Return the schema of the first 2xx response with a body, otherwise that of ``default``.

        The result is ``None`` if no such response has a body.
        """
        for status in (*sorted(self.statuses(success=True)), "default"):
            if self.responses.get(status) is not None:
                return self.responses[status]
        return None


def _is_required(parameter: SwaggerParameter) -> bool:
    return parameter.required or parameter.location == "path"


def operation_views(document: Swagger) -> dict[tuple[str, str], OperationView]:
    """Return all operations of a document by their path and method."""
    return {
        (path, method): _view(document, path, method, operation, item.parameters)
        for path, item in document.paths.items()
        for method, operation in item.operations()
    }


def _view(
    document: Swagger,
    path: str,
    method: str,
    operation: SwaggerOperation,
    shared: Sequence[SwaggerParameter],
) -> OperationView:
    given = [
        one if one.ref is None else document.parameters.get(pointed_name(one.ref, "#/parameters/"))
        for one in (*shared, *operation.parameters)
    ]
    responses = {
        status: one
        if one.ref is None
        else document.responses.get(pointed_name(one.ref, "#/responses/"))
        for status, one in operation.responses.items()
    }
    security = document.security if operation.security is None else operation.security
    return OperationView(
        method,
        path,
        operation,
        {(one.name, one.location): one for one in given if one is not None},
        {status: None if one is None else one.schema for status, one in responses.items()},
        tuple(operation.consumes or document.consumes),
        tuple(operation.produces or document.produces),
        tuple(
            f"{name} {' '.join(scopes)}".strip()
            for choice in security
            for name, scopes in choice.items()
        ),
        frozenset(code for one in responses.values() if one for code in one.error_codes),
    )


def compare_operations(old: OperationView, new: OperationView) -> list[Change]:
    """Return the changes between two versions of an operation."""
    is_preview = old.source.is_preview
    return [
        Change(rule, old.subject, part, before, after, is_preview=is_preview)
        for rule, part, before, after in _changes(old, new)
    ]


_Found: TypeAlias = tuple[str, str, str, str]


def _changes(old: OperationView, new: OperationView) -> Iterator[_Found]:
    yield from _names(old, new)
    yield from _texts(old, new)
    yield from _parameters(old, new)
    yield from _responses(old, new)
    yield from _access(old, new)
    for part, before, after in (
        ("consumes", old.consumes, new.consumes),
        ("produces", old.produces, new.produces),
    ):
        if set(before) != set(after):
            yield "media-types-changed", part, ", ".join(before), ", ".join(after)


def _names(old: OperationView, new: OperationView) -> Iterator[_Found]:
    if old.name != new.name:
        yield "method-renamed", "", old.name, new.name
    elif old.source.operation_id != new.source.operation_id:
        yield (
            "operation-id-changed",
            "",
            old.source.operation_id or "",
            new.source.operation_id or "",
        )
    for tag in old.tags:
        if tag not in new.tags:
            yield "tag-removed", tag, tag, ""
    for tag in new.tags:
        if tag not in old.tags:
            yield "tag-added", tag, "", tag
    if old.source.deprecated != new.source.deprecated:
        rule = "operation-deprecated" if new.source.deprecated else "deprecation-withdrawn"
        yield rule, "", "", ""


def _texts(old: OperationView, new: OperationView) -> Iterator[_Found]:
    for part, before, after in (
        ("summary", old.source.summary, new.source.summary),
        ("description", old.source.description, new.source.description),
    ):
        if before != after:
            yield "description-changed", part, before, after


def _shown(key: tuple[str, str]) -> str:
    name, location = key
    return "body" if location == "body" else f"{name} ({location})"


def _parameters(old: OperationView, new: OperationView) -> Iterator[_Found]:
    before, after = _keyed(old), _keyed(new)
    for key, one in before.items():
        if key in after:
            yield from _parameter(key, one, after[key], old)
        else:
            yield "parameter-removed", _shown(key), type_text(one), ""
    for key, one in after.items():
        if key not in before:
            kind = "required" if _is_required(one) else "optional"
            yield f"{kind}-parameter-added", _shown(key), "", type_text(one)
    for kind, is_kind in (("required", True), ("optional", False)):
        orders = [
            [
                key
                for key in keys
                if key in before
                and key in after
                and _is_required(before[key]) == _is_required(after[key]) == is_kind
            ]
            for keys in (before, after)
        ]
        if orders[0] != orders[1]:
            texts = [", ".join(map(_shown, order)) for order in orders]
            yield f"{kind}-parameters-reordered", "", texts[0], texts[1]


def _keyed(view: OperationView) -> dict[tuple[str, str], SwaggerParameter]:
    """Return the parameters by name and location; the body's name is replaced with an empty one."""
    return {
        ("" if location == "body" else name, location): one
        for (name, location), one in view.parameters.items()
    }


def _parameter(
    key: tuple[str, str], old: SwaggerParameter, new: SwaggerParameter, view: OperationView
) -> Iterator[_Found]:
    part = _shown(key)
    if old.description != new.description:
        yield "description-changed", part, old.description, new.description
    if _is_required(old) != _is_required(new):
        yield _need_change(old, new, view), part, "", ""
    kind = type_change(old, new)
    if kind:
        rule = "body-model-changed" if old.location == "body" else _TYPE_RULES[kind]
        yield rule, part, type_text(old), type_text(new)
    elif old.location == "body":
        yield from _contents(part, old.schema, new.schema, "request")
    else:
        yield from _values(part, old, new)
        yield from _facts(part, old, new)


def _contents(
    part: str, old: SwaggerSchema | None, new: SwaggerSchema | None, direction: Direction
) -> Iterator[_Found]:
    # A model is compared on its own: only a schema without a reference has contents here.
    if old is not None and new is not None:
        for one in compare_contents(part, old, new, direction):
            yield one.rule, one.part, one.old, one.new


_TYPE_RULES: Final[Mapping[str, str]] = {
    "type": "parameter-type-changed",
    "date": "parameter-date-format-changed",
    "item": "parameter-item-type-changed",
    "nested": "parameter-item-type-changed",
}


def _need_change(old: SwaggerParameter, new: SwaggerParameter, view: OperationView) -> str:
    if _is_required(new):
        return "parameter-made-required"
    # If any but the last required parameter becomes optional, the positions of later ones change.
    is_last = view.required()[-1] == (old.name, old.location)
    return f"{'' if is_last else 'positional-'}parameter-made-optional"


def _values(part: str, old: SwaggerParameter, new: SwaggerParameter) -> Iterator[_Found]:
    before, after = enum_values(old)[0], enum_values(new)[0]
    if bool(before) != bool(after):
        rule = "constraint-tightened" if after else "constraint-loosened"
        yield rule, f"{part} enum", ", ".join(before), ", ".join(after)
        return
    for value in before:
        if value not in after:
            yield "parameter-enum-value-removed", part, value, ""
    for value in after:
        if value not in before:
            yield "parameter-enum-value-added", part, "", value


def _facts(part: str, old: SwaggerParameter, new: SwaggerParameter) -> Iterator[_Found]:
    for rule, before, after in (
        ("parameter-default-changed", old.default, new.default),
        ("parameter-collection-format-changed", old.collection_format, new.collection_format),
        ("number-format-changed", number_format(old), number_format(new)),
    ):
        if values_differ(before, after):
            yield rule, part, _text(before), _text(after)
    for limit, was, is_now, is_tighter in changed_limits(old, new):
        kind = "tightened" if is_tighter else "loosened"
        yield f"constraint-{kind}", f"{part} {limit}", was, is_now


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _responses(old: OperationView, new: OperationView) -> Iterator[_Found]:
    before, after = old.returned(), new.returned()
    if (before is None) != (after is None):
        rule = "response-body-added" if before is None else "response-body-removed"
        yield rule, "", type_text(before), type_text(after)
    elif kind := type_change(before, after):
        rule = "response-item-changed" if kind in {"item", "nested"} else "response-model-changed"
        yield rule, "", type_text(before), type_text(after)
    else:
        yield from _contents("response", before, after, "response")
    for kind, success in (("success", True), ("error", False)):
        known, found = old.statuses(success=success), new.statuses(success=success)
        for status in known:
            if status not in found:
                yield f"{kind}-status-removed", status, status, ""
        for status in found:
            if status not in known:
                yield f"{kind}-status-added", status, "", status
    gone, come = old.error_codes - new.error_codes, new.error_codes - old.error_codes
    if gone or come:
        yield "error-codes-changed", "", ", ".join(sorted(gone)), ", ".join(sorted(come))


def _access(old: OperationView, new: OperationView) -> Iterator[_Found]:
    before, after = old.source.required_permissions(), new.source.required_permissions()
    known, found = set(before.permissions), set(after.permissions)
    were_any, are_any = (one.type.upper() == "ANY" for one in (before, after))
    # With a single permission, ANY and ALL mean the same.
    if (known, were_any and len(known) > 1) != (found, are_any and len(found) > 1):
        are_enough = _suffice(known, found, were_any=were_any, are_any=are_any)
        rule = "permissions-loosened" if are_enough else "permissions-tightened"
        yield (
            rule,
            "",
            _permissions(before.type, before.permissions),
            _permissions(after.type, after.permissions),
        )
    if set(old.security) != set(new.security):
        yield "security-changed", "", ", ".join(old.security), ", ".join(new.security)


def _suffice(known: set[str], found: set[str], *, were_any: bool, are_any: bool) -> bool:
    """Return whether every user with the old required permissions also has the new ones.

    The old and the new requirement must differ.
    """
    if not found:
        return True
    if were_any and known:
        return are_any and known <= found
    return bool(known & found) if are_any else found <= known


def _permissions(kind: str, names: Sequence[str]) -> str:
    return (" or " if kind.upper() == "ANY" else " and ").join(names)

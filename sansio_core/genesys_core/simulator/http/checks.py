"""Validation of request parameters and bodies.

Invariants: a request is rejected only if it violates the definition, including its bounds, at any
depth of its body. Unknown enum values, parameters and properties are accepted.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from math import isfinite
from typing import Final

import msgspec

from genesys_core.http.messages import Request
from genesys_core.simulator.http.bounds import find_broken_bound
from genesys_core.simulator.http.problems import bad_request, invalid_value, unsupported_media_type
from genesys_core.simulator.state.definition import Definition, OperationFacts, Parameter, Schema
from genesys_core.simulator.state.examples import Json

__all__ = ["check_parameters", "find_misfits", "has_type", "is_wider", "read_body"]

MAX_NESTING: Final = 64
"""The maximum nesting depth of a JSON body; models in the definition nest far less deeply."""

_JSON_TYPE = re.compile(r"application/([\w.-]+\+)?json", re.IGNORECASE)
_INTEGER = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_YEAR_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d(:([0-5]\d|60)(\.\d+)?)?(Z|[+-]\d\d:?\d\d)", re.ASCII
)
_LOCAL_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d(:([0-5]\d|60)(\.\d+)?)?", re.ASCII
)


def check_parameters(
    facts: OperationFacts,
    arguments: Mapping[str, str],
    query: Mapping[str, Sequence[str]],
    request: Request,
) -> None:
    """Check that required parameters are present and that all values have the declared type.

    Raises:
        Problem: 400, naming the missing or invalid parameter.
    """
    for parameter in facts.parameters:
        if parameter.location == "body":
            continue
        values = _values(parameter, arguments, query, request)
        if parameter.required and not any(values):
            message = f"The {parameter.location} parameter '{parameter.name}' is required."
            raise bad_request(message, field=parameter.name)
        for value in values:
            _check_text(parameter, value)
        given: list[Json] = [*values] if parameter.type == "array" else []
        broken = find_broken_bound(parameter, given) if given else None
        if broken is not None:
            raise invalid_value(",".join(values)[:100], broken, field=parameter.name)


def read_body(facts: OperationFacts, definition: Definition, request: Request) -> Json:
    """Return the parsed and validated JSON body; ``None`` if an optional body is missing.

    Raises:
        Problem: 400 for a missing or invalid body, naming the property; 415 for a body that is not
            declared as JSON.
    """
    wanted = facts.body
    if wanted is None:
        return None
    if not request.body:
        if wanted.required:
            raise bad_request("The request body is required.", field=wanted.name)
        return None
    if _JSON_TYPE.match(request.headers.get("content-type", "").strip()) is None:
        raise unsupported_media_type()
    body = _decoded(request.body, wanted.name)
    if wanted.schema is not None:
        _check_body(wanted, wanted.schema, definition, body)
    return body


def _values(
    parameter: Parameter,
    arguments: Mapping[str, str],
    query: Mapping[str, Sequence[str]],
    request: Request,
) -> Sequence[str]:
    match parameter.location:
        case "path":
            return [arguments[parameter.name]] if parameter.name in arguments else []
        case "query":
            return query.get(parameter.name, ())
        case "header":
            return request.headers.get_list(parameter.name)
        case _:
            return ()


def _check_text(parameter: Parameter, value: str) -> None:
    kind, form = parameter.type, parameter.format
    if kind == "array" and parameter.items is not None:
        kind, form = parameter.items.type, parameter.items.format
    if not _TEXT_CHECKS.get(form or kind or "string", _anything)(value):
        raise invalid_value(value, form or kind or "string", field=parameter.name)
    is_list = parameter.type == "array" and parameter.items is not None
    bounded: Parameter | Schema = parameter.items or parameter if is_list else parameter
    broken = find_broken_bound(bounded, float(value) if kind in _NUMBERS else value)
    if broken is not None:
        raise invalid_value(value, broken, field=parameter.name)


_NUMBERS: Final = ("integer", "number")


def _decoded(body: bytes, name: str) -> Json:
    try:
        value: Json = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise bad_request("The request body is not valid JSON.", field=name) from error
    if _deeper_than(MAX_NESTING, value):
        raise bad_request(
            f"The request body is nested more than {MAX_NESTING} levels deep.", field=name
        )
    return value


def _check_body(wanted: Parameter, schema: Schema, definition: Definition, body: Json) -> None:
    if body is None:
        if wanted.required:
            raise bad_request("The request body is required.", field=wanted.name)
        return
    for place, value, kind in find_misfits(definition, schema, body, wanted.name):
        raise invalid_value(msgspec.json.encode(value).decode()[:100], kind, field=place)
    for place in _missing(definition, schema, body, ""):
        raise bad_request(f"The request body must contain the field '{place}'.", field=place)


def _missing(definition: Definition, schema: Schema, value: Json, place: str) -> Iterator[str]:
    """Yield the location of each required property that is absent or null, at any depth.

    Read-only properties are not required: many models declare them as required for responses.
    """
    known = definition.resolve(schema)
    if isinstance(value, Mapping):
        for name in known.required:
            facts = (known.properties or {}).get(name)
            if facts is not None and not facts.is_read_only and value.get(name) is None:
                yield f"{place}{name}"
        for name, each in value.items():
            inside = _member(known, name)
            if inside is not None:
                yield from _missing(definition, inside, each, f"{place}{name}.")
    elif isinstance(value, list) and known.items is not None:
        for at, each in enumerate(value):
            yield from _missing(definition, known.items, each, f"{place.rstrip('.')}[{at}].")


def find_misfits(
    definition: Definition, schema: Schema, value: Json, place: str
) -> Iterator[tuple[str, Json, str]]:
    """Yield the location, value and expected type or bound of each value that violates a schema.

    Args:
        definition: the API definition, which resolves references.
        schema: the schema to which the value should conform.
        value: the value to check, at any depth; null conforms to every schema.
        place: the location of the value, which begins the yielded locations.
    """
    if value is None:
        return
    known = definition.resolve(schema)
    kind = known.type or ("object" if known.properties else None)
    if kind is None:
        return
    if not has_type(kind, known.format, value):
        yield place, value, known.format or kind
    elif (broken := find_broken_bound(known, value)) is not None:
        yield place, value, broken
    elif isinstance(value, Mapping):
        for name, each in value.items():
            inside = _member(known, name)
            if inside is not None and not is_wider(schema.model_name, name, each):
                yield from find_misfits(definition, inside, each, f"{place}.{name}")
    elif isinstance(value, list) and known.items is not None:
        for at, each in enumerate(value):
            yield from find_misfits(definition, known.items, each, f"{place}[{at}]")


def _member(schema: Schema, name: str) -> Schema | None:
    if schema.properties is not None and name in schema.properties:
        return schema.properties[name]
    return schema.additional if isinstance(schema.additional, Schema) else None


def is_wider(model: str | None, name: str, value: Json) -> bool:
    """Return whether the platform accepts a property's value although the definition declares an object.

    ``additionalProperties`` of a JSON schema may be a boolean, and ``value`` of a SCIM PATCH
    operation may have any type.
    """
    if name == "additionalProperties":
        return isinstance(value, bool)
    return (model, name) == ("ScimV2PatchOperation", "value")


def has_type(kind: str, form: str | None, value: Json) -> bool:
    """Return whether a value has a schema's type, such as ``string`` with the format ``date``."""
    match kind:
        case "object":
            return isinstance(value, Mapping)
        case "array":
            return isinstance(value, list)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            bits = 64 if form == "int64" else 32
            return isinstance(value, int | float) and _is_whole(value, bits)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case _:
            return isinstance(value, str) and _TEXT_CHECKS.get(form or "", _anything)(value)


def _is_whole(value: float, bits: int) -> bool:
    """Return whether a value is a signed integer of at most ``bits`` bits; a boolean is not."""
    if isinstance(value, bool) or not isfinite(value) or value != value // 1:
        return False
    limit = 1 << (bits - 1)
    return -limit <= value < limit


def _deeper_than(levels: int, value: Json) -> bool:
    if not isinstance(value, Mapping | list):
        return False
    inside = value.values() if isinstance(value, Mapping) else value
    return levels == 0 or any(_deeper_than(levels - 1, each) for each in inside)


def _anything(value: str) -> bool:  # noqa: ARG001 - a check like the others
    return True


def _is_number(value: str) -> bool:
    try:
        return value.isascii() and isfinite(float(value))
    except ValueError:
        return False


def _is_date(value: str) -> bool:
    try:
        return len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_date_time(value: str) -> bool:
    return _DATE_TIME.fullmatch(value) is not None and _is_date(value[:10])


def _is_local_date_time(value: str) -> bool:
    return _LOCAL_DATE_TIME.fullmatch(value) is not None and _is_date(value[:10])


_TEXT_CHECKS: Mapping[str, Callable[[str], bool]] = {
    "integer": lambda value: _INTEGER.fullmatch(value) is not None,
    "boolean": lambda value: value in {"true", "false"},
    "number": _is_number,
    "date": _is_date,
    "date-time": _is_date_time,
    "local-date-time": _is_local_date_time,
    "year-month": lambda value: _YEAR_MONTH.fullmatch(value) is not None,
}

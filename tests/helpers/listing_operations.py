"""Operations with arguments that the simulator accepts."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import UTC, date, datetime
from inspect import Parameter, signature
from types import FunctionType
from typing import Any

from msgspec import UNSET

from genesys_core.calls.operation import Operation
from tests.helpers.resource_walk import Walk

SIZE = 2
"""Of a page, where a body has to say it."""

QUERY = b'{"types":["users"],"query":[{"type":"EXACT","fields":["name"],"value":"x"}]}'
PLACES = ("after", "before", "cursor", "pageNumber", "nextPage", "paging", "pageSize", "limit")


def new_walk(desk: Any = None) -> Any:
    """Makes bodies from the definition, and parents on the platform of a desk."""
    return Walk(desk)  # type: ignore[no-untyped-call]


def build_operation(walk: Any, builder: FunctionType) -> Any:
    """The operation of a builder, with all required arguments and a body, at its first page."""
    parameters = signature(builder).parameters
    given = {
        each.name: argument(each) for each in parameters.values() if each.default is Parameter.empty
    }
    if "q64" in given:
        given["q64"] = b64encode(QUERY).decode()
    operation: Operation[Any] = builder(**given)
    is_body = {n: n == "body" or "_Json" in str(each.annotation) for n, each in parameters.items()}
    for name in filter(is_body.get, parameters):
        body = walk.body(walk.route(operation.endpoint.method, operation.endpoint.path))
        if isinstance(body, dict) and "pageNumber" in body:
            body |= {"pageNumber": 1, "pageSize": SIZE}
        elif isinstance(body, dict):
            body = {key: value for key, value in body.items() if key not in PLACES}
        if body is not UNSET:
            operation = builder(**{**given, name: body})
    return operation


def argument(parameter: Parameter) -> Any:
    annotation = str(parameter.annotation)
    words = re.search(r'Literal\["([^"]*)"', annotation)
    if words:
        return [words[1]] if annotation.startswith("Iterable") else words[1]
    if parameter.name in ("date", "week_date_id") or parameter.name.endswith("workday"):
        return "2024-02-29"
    if parameter.name == "interval":
        return "2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z"
    plain = {"int": 1, "bool": True, "float": 1.0, "date": date(2024, 2, 29)}
    if annotation in plain:
        return plain[annotation]
    if "datetime" in annotation:
        return datetime(2024, 2, 29, tzinfo=UTC)
    return ["x"] if annotation.startswith("Iterable") else "x"

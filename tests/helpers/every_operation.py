"""All operations of the definition: arguments for each, and the request that they make."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from genesys_cloud.definition import load_definition
from genesys_core.definition.read.naming import to_snake_case
from genesys_core.http.messages import Request
from genesys_core.simulator.state.definition import Definition
from genesys_core.simulator.state.examples import example

BASE = "http://recorded.example/base"


@cache
def document() -> dict[str, Any]:
    return load_definition()  # type: ignore[return-value]


@cache
def definition() -> Definition:
    return Definition.of(document())


def methods() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            for tag in operation["tags"]:
                yield tag, method.upper(), path, operation


def attribute(tag: str) -> str:
    words = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3_\2\4", tag).lower()
    return {"o_auth": "oauth"}.get(words, words)


# What is sent for each type, and how the platform wants to read it.
ARGUMENTS: dict[str, tuple[object, str]] = {
    "string": ("a/b é?&%2F+", "a/b é?&%2F+"),
    "integer": (7, "7"),
    "number": (1.5, "1.5"),
    "boolean": (False, "false"),
    "date": (date(2024, 2, 29), "2024-02-29"),
    "date-time": (datetime(2024, 2, 29, 12, 30, tzinfo=UTC), "2024-02-29T12:30:00Z"),
}


def argument(parameter: dict[str, Any]) -> tuple[Any, list[str]]:
    if parameter["type"] == "array":
        values = parameter["items"].get("enum", ["x y", "z,w"])[:2]
        return values, values
    if "enum" in parameter:
        return parameter["enum"][0], [parameter["enum"][0]]
    value, text = ARGUMENTS[parameter.get("format") or parameter["type"]]
    return value, [text]


def body(schema: dict[str, Any]) -> Any:
    if schema.get("type") == "array":
        return [] if "$ref" in schema["items"] else ["one", "two"]
    return "text" if schema.get("type") == "string" else {"name": None, "n": 0}


def reply(operation: dict[str, Any]) -> bytes:
    schema = operation["responses"]["default"].get("schema")
    if schema is None:
        return b""
    if operation["produces"][0].startswith("text/"):
        return b"plain text"
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return json.dumps(example(definition(), name, depth=1)).encode()
    kinds = {"array": b"[]", "string": b'"s"', "integer": b"3", "object": b'{"a":{"b":1}}'}
    return kinds[schema["type"]]


def check(
    request: Request, method: str, path: str, operation: dict[str, Any], sent: dict[str, Any]
) -> None:
    query: list[tuple[str, str]] = []
    headers: dict[str, str] = {}
    for parameter in operation.get("parameters", []):
        name = parameter["name"]
        match parameter["in"]:
            case "body":
                assert json.loads(request.body or b"null") == sent[to_snake_case(name)]
            case "path":
                path = path.replace(f"{{{name}}}", quote(argument(parameter)[1][0], safe=""))
            case "query":
                query += [(name, text) for text in argument(parameter)[1]]
            case "header":
                headers[name] = "etag"
    parts = urlsplit(request.url)
    assert request.method == method
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == BASE + path
    assert "+" not in parts.query
    assert parse_qsl(parts.query, keep_blank_values=True) == query
    assert {name: request.headers[name] for name in headers} == headers
    offered = operation["produces"]
    wanted = "application/json" if "application/json" in offered else offered[0]
    assert request.headers["accept"] == wanted
    assert request.headers["authorization"] == "Bearer t"
    has_body = any(parameter["in"] == "body" for parameter in operation.get("parameters", []))
    assert (request.body is not None) == has_body
    assert request.headers.get("content-type") == ("application/json" if has_body else None)

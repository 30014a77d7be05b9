"""All 3,508 methods through a recording transport, with arguments made from the definition."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec
import pytest

from genesys_cloud import apis
from genesys_cloud.definition import load_definition
from genesys_core.definition.read.naming import to_snake_case
from genesys_core.http.messages import Request, Response
from genesys_core.simulator.state.definition import Definition
from genesys_core.simulator.state.examples import example
from tests.helpers.flavours import Api, every_flavour

BASE = "http://recorded.example/base"


class Recorder:
    """A transport that keeps the request and answers with what it was given."""

    is_mock = True  # no rate limit to keep

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.body = b""

    def send(self, request: Request) -> Response:
        self.requests.append(request)
        return Response(200 if self.body else 204, body=self.body)

    def close(self) -> None:
        pass


class AsyncRecorder(Recorder):
    async def send(self, request: Request) -> Response:  # type: ignore[override]
        return Recorder.send(self, request)

    async def close(self) -> None:  # type: ignore[override]
        pass


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


def test_there_are_3508_methods_on_87_apis() -> None:
    found = {
        (attribute(tag), operation["x-python-method-name"]) for tag, _, _, operation in methods()
    }
    assert len(found) == 3508
    assert len({api for api, _ in found}) == 87
    assert {"oauth", "scim", "ai_studio", "agent_ui"} <= {api for api, _ in found}


@every_flavour
def test_every_method_sends_what_the_definition_says(run, request: pytest.FixtureRequest) -> None:
    is_sync = "sync" in request.node.callspec.id.split("-")
    recorder = Recorder() if is_sync else AsyncRecorder()

    async def scenario(api: Api) -> None:
        called = 0
        for tag, method, path, operation in methods():
            recorder.requests.clear()
            recorder.body = reply(operation)
            arguments: dict[str, Any] = {}
            for parameter in operation.get("parameters", []):
                where, name = parameter["in"], to_snake_case(parameter["name"])
                if where == "body":
                    arguments[name] = body(parameter["schema"])
                elif where == "header":
                    arguments[name] = "etag"
                else:
                    arguments[name] = argument(parameter)[0]
            call = getattr(getattr(api.client, attribute(tag)), operation["x-python-method-name"])
            value = call(**arguments) if is_sync else await call(**arguments)
            (sent,) = recorder.requests
            check(sent, method, path, operation, arguments)
            assert (value is not None) == bool(recorder.body and method != "HEAD")
            called += 1
        assert called == 3508

    run(scenario, host=BASE, access_token="t", transport=recorder)


def test_apis_can_be_built_around_a_client() -> None:
    from genesys_cloud import Client

    recorder = Recorder()
    client = Client(host=BASE, transport=recorder, trust_env=False)
    assert apis.UsersApi(client).get_users_me() is None
    assert recorder.requests[0].url == f"{BASE}/api/v2/users/me"


def normalised(value: Any) -> Any:
    """A JSON value with date-times as instants and numbers, for comparison."""
    if isinstance(value, dict):
        return {key: normalised(item) for key, item in value.items()}
    if isinstance(value, list):
        return [normalised(item) for item in value]
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value) if "T" in value else value
        except ValueError:
            return value
    return value


@pytest.mark.parametrize("seed", [0, 1])
def test_every_model_decodes_an_example_and_encodes_it_back(seed: int) -> None:
    from genesys_core import models
    from genesys_core.codec.decoding import decode
    from genesys_core.codec.encoding import to_json

    names = list(document()["definitions"])
    assert len(names) == 6651
    for name in names:
        wire = example(definition(), name, depth=3, seed=seed)
        decoded = decode(getattr(models, name), msgspec.json.encode(wire))
        assert decoded.issues == (), name
        assert normalised(json.loads(to_json(decoded.data))) == normalised(wire), name

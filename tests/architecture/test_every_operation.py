"""All 3,508 methods through a recording transport, with arguments made from the definition."""

from __future__ import annotations

import inspect
import json
import re
from datetime import datetime
from typing import Any

import msgspec
import pytest

from genesys_cloud import apis
from genesys_core.definition.read.naming import to_snake_case
from genesys_core.http.messages import Request, Response
from genesys_core.simulator.state.examples import example
from tests.helpers.every_operation import (
    BASE,
    argument,
    attribute,
    body,
    check,
    definition,
    document,
    methods,
    reply,
)
from tests.helpers.flavours import RUNNERS, Api


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


def test_there_are_3508_methods_on_87_apis() -> None:
    found = {
        (attribute(tag), operation["x-python-method-name"]) for tag, _, _, operation in methods()
    }
    assert len(found) == 3508
    assert len({api for api, _ in found}) == 87
    assert {"oauth", "scim", "ai_studio", "agent_ui"} <= {api for api, _ in found}


@pytest.mark.parametrize(
    "run",
    [
        RUNNERS["sync"],
        *(pytest.param(RUNNERS[other], marks=pytest.mark.slow) for other in ("asyncio", "trio")),
    ],
    ids=["sync", "asyncio", "trio"],
)
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


@pytest.mark.slow  # it imports most models
def test_every_operation_with_a_declared_model_refuses_its_python_names() -> None:
    from genesys_core import api
    from genesys_core.calls.body_keys import check_keys
    from genesys_core.codec.decoding import resolve_type
    from genesys_core.errors import InvalidValueError

    refused = 0
    for module in (getattr(api, attribute(tag)) for tag in {tag for tag, *_ in methods()}):
        for builder in vars(module).values():
            notes: dict[str, str] = getattr(builder, "__annotations__", {})
            bodies = [
                name for name, note in notes.items() if re.search("_m.*_JsonObject", str(note))
            ]
            for body_name in bodies:
                required = inspect.signature(builder).parameters.values()
                given: dict[str, Any] = {
                    one.name: "x" for one in required if one.default is one.empty
                }
                endpoint = builder(**given | {body_name: {}}).endpoint
                model = resolve_type(re.findall(r"_m\.(\w+)", notes[body_name])[0])
                wires = model.__struct_encode_fields__  # type: ignore[attr-defined]
                names = [name for name in model.__struct_fields__ if name not in wires]  # type: ignore[attr-defined]
                wrap = (lambda one: [one]) if endpoint.body == "array" else (lambda one: one)
                check_keys(wrap(dict.fromkeys(wires, 1)), endpoint)
                for name in names:
                    with pytest.raises(InvalidValueError, match="is the Python name of"):
                        check_keys(wrap({name: 1}), endpoint)
                refused += bool(names)
    assert refused > 1000


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


@pytest.mark.slow
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

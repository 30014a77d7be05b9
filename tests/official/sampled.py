"""One in 30 methods of the official Python SDK, called against the simulator with arguments from the definition.

Whether an answer has the right state is judged by what REST means, from the outside: what was created is read and
listed, what was changed is read back, what was deleted is gone, an id that nothing has is a 404, and
an invalid body is refused.
"""

from __future__ import annotations

import json
import re
import subprocess
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import PureCloudPlatformClientV2 as official
from PureCloudPlatformClientV2.rest import ApiException

from tests.official.arguments import UNKNOWN, Operation, Platform, operations, resolved

SHARE = 30


@dataclass(frozen=True)
class Judgement:
    """A judged answer.

    Attributes:
        method: such as ``UsersApi.get_user``.
        check: what was looked at.
        right: whether the answer was right.
        seen: what was seen instead.
    """

    method: str
    check: str
    right: bool
    seen: str = ""


@dataclass(frozen=True)
class Sampled:
    """A method that was chosen.

    Attributes:
        api: such as ``UsersApi``.
        operation: the operation.
    """

    api: str
    operation: Operation

    @property
    def name(self) -> str:
        return f"{self.api}.{self.operation.name}"


def sample(share: int = SHARE, remainder: int = 0) -> list[Sampled]:
    """The methods whose names' hash, divided by ``share``, has this remainder."""
    apis = sorted(name for name in dir(official) if name.endswith("Api"))
    every = [
        Sampled(api, operation)
        for operation in operations().values()
        for api in apis
        if hasattr(getattr(official, api), operation.name)
    ]
    return [each for each in every if zlib.crc32(each.name.encode()) % share == remainder]


class PythonCaller:
    """Calls methods of the Python SDK.

    Args:
        platform: the simulated platform.
        token: an access token.
    """

    def __init__(self, platform: Platform, token: str) -> None:
        self.platform = platform
        self._client = official.api_client.ApiClient(host=platform.url)
        self._client.access_token = token

    def call(self, sampled: Sampled, path: dict[str, Any], body: Any) -> tuple[int, Any]:
        """Call a method; return the status and the reply."""
        method = getattr(getattr(official, sampled.api)(self._client), sampled.operation.name)
        names = re.findall(r":param .*? (\w+):", method.__doc__ or "")
        by_letters = {re.sub("_", "", name).lower(): name for name in names}
        arguments: dict[str, Any] = {}
        for each in sampled.operation.parameters:
            value = self.platform.argument(each, path, body)
            if value is not None:
                letters = re.sub(r"\W|_", "", each["name"]).lower()
                arguments[by_letters.get(letters, each["name"])] = value
        try:
            return 200, method(**arguments)
        except ApiException as error:
            return error.status, error.body


class MissingMethodError(Exception):
    """The JavaScript SDK, which may be of another version, does not have the method."""


class JavaScriptCaller:
    """Calls methods of the JavaScript SDK in Node.

    Args:
        platform: the simulated platform.
        start: starts the program that answers calls.
    """

    def __init__(self, platform: Platform, program: subprocess.Popen[str]) -> None:
        self.platform = platform
        self._program = program

    def call(self, sampled: Sampled, path: dict[str, Any], body: Any) -> tuple[int, Any]:
        """Call a method; return the status and the reply."""
        values, options = [], {}
        for each in sampled.operation.parameters:
            value = self.platform.argument(each, path, body)
            if each.get("required") and each["in"] != "header":
                values.append(value)
            elif value is not None:
                options[each["name"]] = value
        call = {
            "api": sampled.api,
            "method": sampled.operation.javascript_name,
            "values": values,
            "options": options,
        }
        self._program.stdin.write(json.dumps(call) + "\n")
        self._program.stdin.flush()
        answer = json.loads(self._program.stdout.readline())
        if "missing" in answer:
            raise MissingMethodError(sampled.name)
        return answer["status"], answer["reply"]


def judge(caller: PythonCaller | JavaScriptCaller, sampled: Sampled) -> list[Judgement]:
    """Judge the answers of one method: to unknown ids, to an invalid body, to a valid call."""
    found: list[Judgement] = []
    platform, operation = caller.platform, sampled.operation

    def note(check: str, right: bool, seen: object = "") -> None:
        found.append(Judgement(sampled.name, check, right, "" if right else str(seen)[:300]))

    path = platform.path_of(operation)
    body = None if operation.body is None else platform.body_of(operation.body)
    try:
        _judge_refusals(caller, sampled, path.values, body, note)
        status, reply = caller.call(sampled, path.values, body)
        # What nobody could create need not be there.
        note("answer", 200 <= status < 300 or (status == 404 and not path.exist), (status, reply))
        if 200 <= status < 300:
            _judge_effect(platform, operation, path.values, body, reply, note)
    except MissingMethodError:
        return []
    except (ValueError, TypeError) as error:  # the SDK cannot read the reply
        note("decoding", False, repr(error))
    return found


def _judge_refusals(caller, sampled, path, body, note) -> None:
    operation = sampled.operation
    ids = [each for each in operation.placeholders if each.lower().endswith("id")]
    if ids and isinstance(path[ids[0]], str):
        status, reply = caller.call(sampled, {**path, ids[0]: UNKNOWN}, body)
        note("unknown id", status == 404, (status, reply))
    required = resolved(operation.body).get("required", ()) if isinstance(body, dict) else ()
    if required:
        less = {key: value for key, value in body.items() if key != required[0]}
        status, reply = caller.call(sampled, path, less)
        note("invalid body", status in {400, 404}, (status, reply))


def _judge_effect(platform, operation, path, body, reply, note) -> None:
    """Judge what a call left behind, by reading it."""
    target = "/".join(
        quote(str(path[part[1:-1]]), safe="") if part.startswith("{") else part
        for part in operation.path.split("/")
    )
    known = {(method, re.sub(r"\{\w+\}", "{}", path)) for method, path in operations()}
    shape = re.sub(r"\{\w+\}", "{}", operation.path)
    readable, item = ("GET", shape) in known, ("GET", f"{shape}/{{}}") in known
    identity = reply.get("id") if isinstance(reply, dict) else getattr(reply, "id", None)
    if operation.method == "POST" and item and isinstance(identity, str):
        status, read = platform.call("GET", f"{target}/{quote(identity, safe='')}")
        right = status == 200 and _agrees(read, body, ("name",))
        note("what was created is there", right, (status, read, body))
    elif operation.method in {"PUT", "PATCH"} and readable and isinstance(body, dict):
        status, read = platform.call("GET", target)
        right = status == 200 and _agrees(read, body, {*body} - {"version"})
        note("what was changed is read", right, (status, read, body))
    elif operation.method == "DELETE" and readable and shape.endswith("{}"):
        status, read = platform.call("GET", target)
        gone = status == 404 or (isinstance(read, dict) and read.get("state") == "deleted")
        note("what was deleted is gone", gone, (status, read))
    elif operation.method == "GET" and shape.endswith("{}") and isinstance(identity, str):
        note("it is the one asked for", identity == unquote(target.rpartition("/")[2]), identity)


def _agrees(read: Any, written: Any, names: Iterable[str]) -> bool:
    """Whether what is read has the plain values that were written."""
    return isinstance(read, dict) and all(
        read[name] == written[name]
        for name in names
        if isinstance(written, dict)
        and name in read
        and isinstance(written.get(name), str | bool | int | float)
    )

"""Arguments for any operation, made from the definition's document and from what the platform has.

Nothing of the simulator is used here: the document is read as JSON, and ids are those of items that are created
or listed over HTTP.
"""

from __future__ import annotations

import itertools
import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from genesys_cloud.packed_data import read_own_data

UNKNOWN = "0123abcd-0123-4567-89ab-0123456789ab"
"""An id that nothing has."""

SAMPLES: dict[str, Any] = {
    "date": "2024-05-17",
    "date-time": "2024-05-17T09:30:00Z",
    "local-date-time": "2024-05-17T09:30:00",
    "year-month": "2024-05",
    "interval": "2024-05-17T00:00:00Z/2024-05-18T00:00:00Z",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "uri": "https://example.com/",
}

BY_NAME = {
    "phonenumber": "+13175550100",
    "phone": "+13175550100",
    "interval": SAMPLES["interval"],
    "languagetag": "en-US",
    "timezone": "America/New_York",
}
"""Values of properties that have a form of their own."""


@dataclass(frozen=True)
class Operation:
    """An operation of the definition.

    Attributes:
        name: its name in the Python SDK.
        javascript_name: its name in the JavaScript SDK.
        method: in upper case.
        path: with placeholders.
        tags: the APIs that have it.
        parameters: as in the document.
        reply: the schema of its success, if it has one.
    """

    name: str
    javascript_name: str
    method: str
    path: str
    tags: tuple[str, ...]
    parameters: tuple[dict[str, Any], ...]
    reply: dict[str, Any] | None

    @property
    def placeholders(self) -> list[str]:
        return re.findall(r"\{(\w+)\}", self.path)

    @property
    def body(self) -> dict[str, Any] | None:
        found = (each["schema"] for each in self.parameters if each["in"] == "body")
        return next(found, None)


@cache
def document() -> dict[str, Any]:
    return json.loads(read_own_data("swagger.json.xz"))


@cache
def operations() -> dict[tuple[str, str], Operation]:
    """All operations, by method and path."""
    found = {}
    for path, methods in document()["paths"].items():
        for method, facts in methods.items():
            if "operationId" not in facts:
                continue
            replies = [
                answer.get("schema")
                for status, answer in facts["responses"].items()
                if status == "default" or status.startswith("2")
            ]
            found[method.upper(), path] = Operation(
                facts["x-python-method-name"],
                facts["operationId"],
                method.upper(),
                path,
                tuple(facts["tags"]),
                tuple(facts.get("parameters", ())),
                next((each for each in replies if each), None),
            )
    return found


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document()["definitions"][schema["$ref"].rpartition("/")[2]]
    return schema


class Platform:
    """A simulated platform, called over HTTP.

    Args:
        url: its address.
        token: an access token.
    """

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._token = token
        self._count = itertools.count(1)
        self._references: dict[str, str | None] = {}

    def call(self, method: str, target: str, body: object = None) -> tuple[int, Any]:
        """Make a call; return its status and its JSON."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + target, data, headers, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
        try:
            with opener.open(request, timeout=60) as response:
                status, text = response.status, response.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        try:
            return status, json.loads(text) if text else None
        except ValueError:
            return status, text.decode()

    def body_of(self, schema: dict[str, Any], name: str = "", depth: int = 0) -> Any:
        """A value of a schema: what is required, and a name that nothing else has."""
        schema = resolved(schema)
        kind = schema.get("type")
        if "enum" in schema:
            values = [
                each for each in schema["enum"] if each and "unknown" not in str(each).lower()
            ]
            return (values or schema["enum"])[0]
        if kind == "array":
            item = self.body_of(schema["items"], name.removesuffix("s"), depth + 1)
            return [item] * max(schema.get("minItems", 0), 1)
        if kind == "object" or "properties" in schema:
            wanted = {*schema.get("required", ())} | ({"name"} if depth == 0 else set())
            return {
                each: self.body_of(inner, each, depth + 1)
                for each, inner in schema.get("properties", {}).items()
                if (each in wanted or (each == "id" and depth)) and depth < 8
            }
        return self._scalar(schema, name)

    def _scalar(self, schema: dict[str, Any], name: str) -> Any:
        kind = schema.get("type")
        if kind == "string" and name == "name":
            return f"Thing {next(self._count):05d}"
        if kind == "string" and name.lower().endswith(("id", "ids")):
            return self.reference(name) or UNKNOWN
        if "minimum" in schema and kind in {"integer", "number"}:
            return max(schema["minimum"], 1)
        if kind == "string" and "a-f" in schema.get("pattern", ""):
            return UNKNOWN
        value = SAMPLES.get(schema.get("format", "")) or SAMPLES.get(kind or "")
        if value is None:
            value = BY_NAME.get(name.lower()) or (
                f"user{next(self._count)}@example.org" if "email" in name.lower() else "text"
            )
        return value

    def reference(self, name: str) -> str | None:
        """The id of something that a property such as ``divisionId`` can refer to."""
        kind = re.sub(r"Ids?$", "", name).lower()
        if kind not in self._references:
            paths = [
                path
                for method, path in operations()
                if method == "GET"
                and "{" not in path
                and path.rpartition("/")[2].lower().removesuffix("s") == kind
            ]
            # Those that can be created come first, they are no views of others; of these the
            # shortest: ``/api/v2/users`` and not ``/api/v2/scim/users``.
            paths.sort(key=lambda path: (("POST", path) not in operations(), path.count("/")))
            self._references[kind] = next(
                (found for path in paths if (found := self.listed(path))), None
            )
        return self._references[kind]

    def listed(self, path: str) -> str | None:
        """The id of an item of a collection, created if there is none."""
        template = re.sub(r"/[0-9a-f]{8}-[0-9a-f-]{27}(?=/|$)", "/{}", path)
        known = {
            (method, re.sub(r"\{\w+\}", "{}", each)): op
            for (method, each), op in operations().items()
        }
        if template == "/api/v2/conversations":
            return self.call("POST", f"{path}/calls", {"phoneNumber": "+13175550100"})[1]["id"]
        template, path = (each.removesuffix("/divisionviews") for each in (template, path))
        reader, maker = known.get(("GET", template)), known.get(("POST", template))
        if maker is not None:
            body = None if maker.body is None else self.body_of(maker.body)
            status, made = self.call("POST", path + self.query_of(maker), body)
            made = made[0] if isinstance(made, list) and made else made
            if status < 300 and isinstance(made, dict) and (identity := identity_of(made)):
                return identity
        if reader is not None:
            status, listing = self.call("GET", path + self.query_of(reader))
            rows = _rows(listing) if status < 300 else []
            return next((found for each in rows if (found := identity_of(each))), None)
        return None

    def query_of(self, operation: Operation) -> str:
        """The query that an operation requires."""
        values = {
            each["name"]: self.value_of(each)
            for each in operation.parameters
            if each["in"] == "query" and each.get("required")
        }
        text = urlencode(values, doseq=True)
        return f"?{text}" if text else ""

    def value_of(self, parameter: dict[str, Any]) -> Any:
        """A value of a parameter that is not in the path."""
        if parameter.get("type") == "array":
            return [self._scalar_of(parameter["items"], parameter["name"])]
        return self._scalar_of(parameter, parameter["name"])

    def _scalar_of(self, schema: dict[str, Any], name: str) -> Any:
        return self.body_of(schema, name, 1)

    def argument(self, parameter: dict[str, Any], path: dict[str, Any], body: Any) -> Any:
        """The argument for a parameter; ``None`` for none."""
        if parameter["in"] == "path":
            return path[parameter["name"]]
        if parameter["in"] == "body":
            return body
        return self.value_of(parameter) if parameter.get("required") else None

    def path_of(self, operation: Operation) -> PathValues:
        """Values of the path's placeholders: ids of what exists, as far as it can be found."""
        values: dict[str, Any] = {}
        exists = True
        path = ""
        for segment in operation.path.split("/")[1:]:
            if not segment.startswith("{"):
                path += f"/{segment}"
                continue
            name = segment[1:-1]
            facts = next(each for each in operation.parameters if each["name"] == name)
            value: Any
            if "enum" in facts or facts.get("type") != "string":
                value = self.value_of(facts)
            else:
                value = self.listed(path) or self.reference(name)
                if value is None:
                    value, exists = SAMPLES.get(facts.get("format", ""), "text"), False
            values[name] = value
            path += f"/{quote(str(value), safe='')}"
        return PathValues(values, exists)


@dataclass(frozen=True)
class PathValues:
    """Values of the placeholders of a path.

    Attributes:
        values: by name.
        exist: whether all of them are ids of what was created or listed.
    """

    values: dict[str, Any]
    exist: bool


def identity_of(item: dict[str, Any]) -> str | None:
    """The id of an item or a job, which may be called ``jobId`` and the like."""
    ids = [item.get("id")] + [item[name] for name in item if name.lower().endswith("id")]
    return next((each for each in ids if isinstance(each, str)), None)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def _rows(listing: Any) -> list[dict[str, Any]]:
    if not isinstance(listing, dict):
        return []
    lists = [each for each in listing.values() if isinstance(each, list)]
    return [row for rows in lists for row in rows if isinstance(row, dict)]

"""Pairs of small definitions that differ in one thing, with the verdict on it.

``KINDS`` are the 60 kinds of change that matter to users of an SDK. The official verdict of each was
established by executing the official comparison on it. ``OTHER_KINDS`` has a pair for each rule that
none of them shows.
"""

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from genesys_core.definition.diff.rules import Weight
from genesys_core.definition.read.parse import DefinitionSources, read_sources
from tests.strategies.definition import STRING, Json, array, mapping, model, query, ref

J, W, M, P, N = Weight.MAJOR, Weight.WARN, Weight.MINOR, Weight.POINT, Weight.NONE

INTEGER: Json = {"type": "integer", "format": "int32"}
DATE_TIME: Json = {"type": "string", "format": "date-time"}


def path_parameter(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "type": "string"}


def base() -> Json:
    """The definition that every pair begins with; no two parts are the same object."""
    document: Json = json.loads(json.dumps(_BASE))
    return document


_BASE: Json = {
    "swagger": "2.0",
    "info": {"version": "1"},
    "paths": {
        "/q": {
            "get": {
                "tags": ["Q"],
                "summary": "s",
                "operationId": "getQ",
                "x-purecloud-method-name": "getQ",
                "produces": ["application/json"],
                "security": [{"oauth": ["q"]}],
                "parameters": [
                    query("mode", enum=["x", "y"]),
                    query("expand", type="array", items=STRING, collectionFormat="multi"),
                    query("n", **INTEGER, default=25),
                    query("at", format="date-time"),
                ],
                "responses": {
                    "200": {"schema": ref("Out")},
                    "202": {},
                    "404": {"x-inin-error-codes": {"not.found": "Not found."}},
                },
                "x-inin-requires-permissions": {"type": "ANY", "permissions": ["q:view"]},
            },
            "post": {
                "tags": ["Q"],
                "operationId": "postQ",
                "parameters": [
                    {"name": "body", "in": "body", "required": True, "schema": ref("In")}
                ],
                "responses": {"200": {"schema": array(ref("Out"))}},
            },
        },
        "/q/{id}/{k}": {
            "get": {
                "tags": ["Q"],
                "operationId": "getQIdK",
                "parameters": [path_parameter("id"), path_parameter("k")],
                "responses": {"202": {}},
            }
        },
        "/z": {"delete": {"tags": ["Q"], "operationId": "deleteZ", "responses": {}}},
        "/preview": {
            "get": {
                "tags": ["Q"],
                "operationId": "getPreview",
                "x-genesys-preview": True,
                "parameters": [query("a")],
                "responses": {},
            }
        },
    },
    "definitions": {
        "Out": model(
            {
                "id": STRING,
                "size": INTEGER,
                "tags": array(STRING),
                "rows": array(array(STRING)),
                "when": DATE_TIME,
                "ro": STRING,
                "state": {"type": "string", "enum": ["A", "B"]},
                "bymap": mapping({"type": "string", "enum": ["A", "B"]}),
            },
            required=["id"],
        ),
        "In": model({"opt": {"type": "string", "maxLength": 10}, "name": STRING}),
        "Err": model({"text": STRING}),
        "Unused": model({"a": STRING}),
        "Topic": model({"t": STRING}),
    },
}


TOPICS: Json = {"notifications": [{"topic": "v2.q", "class": "Topic"}]}


def sources(document: Json, topics: Json = TOPICS) -> DefinitionSources:
    """Read a definition that has nothing wrong."""
    read = read_sources(document, topics)
    assert not read.findings
    return read


class Kind(NamedTuple):
    """One kind of change: an edit of :func:`base`, and the verdict on it."""

    edit: Callable[[Json], object]
    rules: Mapping[str, str]
    """The expected changes: the rule by the place."""
    weight: Weight
    official: Weight
    before: Callable[[Json], object] | None = None
    """An edit of both sides."""
    topics: Json = TOPICS
    """The topics after the change."""

    def documents(self) -> tuple[Json, Json]:
        """Return the documents before and after the change."""
        old = base()
        if self.before is not None:
            self.before(old)
        new = copy.deepcopy(old)
        self.edit(new)
        return old, new


def at(*keys: Any) -> Callable[[Json], Any]:
    def found(document: Json) -> Any:
        for key in keys:
            document = document[key]
        return document

    return found


def put(*keys: Any, to: Any) -> Callable[[Json], object]:
    def edit(document: Json) -> None:
        at(*keys[:-1])(document)[keys[-1]] = copy.deepcopy(to)

    return edit


def drop(*keys: Any) -> Callable[[Json], object]:
    def edit(document: Json) -> None:
        del at(*keys[:-1])(document)[keys[-1]]

    return edit


def add(*keys: Any, item: Any) -> Callable[[Json], object]:
    return lambda document: at(*keys)(document).append(copy.deepcopy(item))


def swap(*keys: Any, first: int, second: int) -> Callable[[Json], object]:
    def edit(document: Json) -> None:
        items = at(*keys)(document)
        items[first], items[second] = items[second], items[first]

    return edit


GET = ("paths", "/q", "get")
POST = ("paths", "/q", "post")
PARAMETERS = (*GET, "parameters")
OUT = ("definitions", "Out", "properties")
IN = ("definitions", "In", "properties")
NEW = {"tags": ["Q"], "operationId": "getNew", "responses": {}}
Q = "GET /q"
KEY = query("k", required=True)

KINDS: Mapping[str, Kind] = {
    "path removed": Kind(drop("paths", "/z"), {"/z": "path-removed"}, J, J),
    "path added": Kind(put("paths", "/n", to={"get": NEW}), {"/n": "path-added"}, M, M),
    "operation removed": Kind(drop(*POST), {"POST /q": "operation-removed"}, J, J),
    "operation removed after a release marked deprecated": Kind(
        drop(*POST),
        {"POST /q": "deprecated-operation-removed"},
        *(J, J),
        put(*POST, "deprecated", to=True),
    ),
    "operation added": Kind(
        put("paths", "/q", "delete", to=NEW), {"DELETE /q": "operation-added"}, M, M
    ),
    "method name changed": Kind(
        put(*GET, "x-purecloud-method-name", to="getQs"), {Q: "method-renamed"}, J, J
    ),
    "operationId changed, method name kept": Kind(
        put(*GET, "operationId", to="getQ2"), {Q: "operation-id-changed"}, N, J
    ),
    "deprecated": Kind(put(*GET, "deprecated", to=True), {Q: "operation-deprecated"}, M, J),
    "summary or description changed": Kind(
        put(*GET, "summary", to="t"), {f"{Q} summary": "description-changed"}, P, P
    ),
    "optional query parameter added": Kind(
        add(*PARAMETERS, item=query("q2")), {f"{Q} q2 (query)": "optional-parameter-added"}, M, J
    ),
    "required parameter added": Kind(
        add(*PARAMETERS, item=query("q3", required=True)),
        {f"{Q} q3 (query)": "required-parameter-added"},
        *(J, J),
    ),
    "parameter removed": Kind(
        drop(*PARAMETERS, 0), {f"{Q} mode (query)": "parameter-removed"}, J, J
    ),
    "parameter made required": Kind(
        put(*PARAMETERS, 0, "required", to=True),
        {f"{Q} mode (query)": "parameter-made-required"},
        *(J, J),
    ),
    "parameter made optional": Kind(
        put(*POST, "parameters", 0, "required", to=False),
        {"POST /q body": "parameter-made-optional"},
        *(J, M),
    ),
    "parameter made optional, and required ones follow it": Kind(
        put(*PARAMETERS, 4, "required", to=False),
        {f"{Q} k (query)": "positional-parameter-made-optional"},
        *(J, M),
        lambda d: (
            add(*PARAMETERS, item=KEY)(d),
            add(*PARAMETERS, item={**KEY, "name": "l"})(d),
        ),
    ),
    "required parameters reordered": Kind(
        swap("paths", "/q/{id}/{k}", "get", "parameters", first=0, second=1),
        {"GET /q/{id}/{k}": "required-parameters-reordered"},
        *(J, N),
    ),
    "optional parameters reordered": Kind(
        swap(*PARAMETERS, first=1, second=2), {Q: "optional-parameters-reordered"}, N, N
    ),
    "parameter type changed": Kind(
        put(*PARAMETERS, 2, to=query("n", default=25)),
        {f"{Q} n (query)": "parameter-type-changed"},
        *(J, J),
    ),
    "parameter array item type changed": Kind(
        put(*PARAMETERS, 1, "items", to=INTEGER),
        {f"{Q} expand (query)": "parameter-item-type-changed"},
        *(J, N),
    ),
    "parameter date format changed": Kind(
        put(*PARAMETERS, 3, "format", to="date"),
        {f"{Q} at (query)": "parameter-date-format-changed"},
        *(J, N),
    ),
    "parameter number format changed": Kind(
        put(*PARAMETERS, 2, "format", to="int64"),
        {f"{Q} n (query)": "number-format-changed"},
        *(N, N),
    ),
    "parameter collectionFormat changed": Kind(
        put(*PARAMETERS, 1, "collectionFormat", to="csv"),
        {f"{Q} expand (query)": "parameter-collection-format-changed"},
        *(J, N),
    ),
    "parameter enum value removed": Kind(
        put(*PARAMETERS, 0, "enum", to=["x"]),
        {f"{Q} mode (query)": "parameter-enum-value-removed"},
        *(W, N),
    ),
    "parameter enum value added": Kind(
        put(*PARAMETERS, 0, "enum", to=["x", "y", "z"]),
        {f"{Q} mode (query)": "parameter-enum-value-added"},
        *(M, N),
    ),
    "parameter default changed": Kind(
        put(*PARAMETERS, 2, "default", to=100),
        {f"{Q} n (query)": "parameter-default-changed"},
        *(W, N),
    ),
    "same name in path and query, one changed": Kind(
        add("paths", "/q/{id}/{k}", "get", "parameters", item=query("id")),
        {"GET /q/{id}/{k} id (query)": "optional-parameter-added"},
        *(M, J),
    ),
    "body model changed": Kind(
        lambda d: (
            put(*POST, "parameters", 0, "schema", to=ref("In2"))(d),
            put("definitions", "In2", to=model({}))(d),
        ),
        {"POST /q body": "body-model-changed", "In2": "model-added"},
        *(J, M),
    ),
    "success response model changed": Kind(
        put(*GET, "responses", "200", "schema", to=ref("Err")),
        {Q: "response-model-changed"},
        *(J, J),
    ),
    "success response array item changed": Kind(
        put(*POST, "responses", "200", "schema", to=array(ref("Err"))),
        {"POST /q": "response-item-changed"},
        *(J, N),
    ),
    "success response gained a body": Kind(
        put("paths", "/q/{id}/{k}", "get", "responses", "202", "schema", to=ref("Out")),
        {"GET /q/{id}/{k}": "response-body-added"},
        *(M, J),
    ),
    "success response lost its body": Kind(
        drop(*POST, "responses", "200", "schema"), {"POST /q": "response-body-removed"}, J, J
    ),
    "success status added": Kind(
        put(*GET, "responses", "201", to={}), {f"{Q} 201": "success-status-added"}, M, M
    ),
    "success status removed": Kind(
        drop(*GET, "responses", "202"), {f"{Q} 202": "success-status-removed"}, M, J
    ),
    "error status removed": Kind(
        drop(*GET, "responses", "404"),
        {f"{Q} 404": "error-status-removed", Q: "error-codes-changed"},
        *(P, J),
    ),
    "error code added or removed": Kind(
        put(*GET, "responses", "404", "x-inin-error-codes", "a.b", to=""),
        {Q: "error-codes-changed"},
        *(P, N),
    ),
    "permissions tightened": Kind(
        put(
            *(*GET, "x-inin-requires-permissions"),
            to={"type": "ALL", "permissions": ["q:view", "q:admin"]},
        ),
        {Q: "permissions-tightened"},
        *(W, N),
    ),
    "security scheme or scope changed": Kind(
        put(*GET, "security", to=[{"oauth": ["r"]}]), {Q: "security-changed"}, W, N
    ),
    "tag added (method offered by one more API)": Kind(
        put(*GET, "tags", to=["Q", "Z"]), {f"{Q} Z": "tag-added"}, M, J
    ),
    "tag removed or replaced": Kind(
        put(*GET, "tags", to=["Z"]), {f"{Q} Q": "tag-removed", f"{Q} Z": "tag-added"}, J, J
    ),
    "model removed, unreferenced by operations and topics": Kind(
        drop("definitions", "Unused"), {"Unused": "unreferenced-model-removed"}, J, J
    ),
    "model removed, referenced": Kind(
        drop("definitions", "In"),
        {"In": "model-removed"},
        *(J, J),
        put(*OUT, "self", to=ref("Unused")),
    ),
    "model of a notification topic changed": Kind(
        put("definitions", "Topic", "properties", "t", to=INTEGER),
        {"Topic t": "property-type-changed"},
        *(J, J),
    ),
    "property removed": Kind(drop(*OUT, "size"), {"Out size": "property-removed"}, J, J),
    "optional property added": Kind(
        put(*OUT, "new", to=STRING), {"Out new": "optional-property-added"}, M, M
    ),
    "required property added, response-only model": Kind(
        lambda d: (
            put(*OUT, "new", to=STRING)(d),
            put("definitions", "Out", "required", to=["id", "new"])(d),
        ),
        {"Out new": "required-property-added-to-response"},
        *(M, J),
    ),
    "required property added, request model": Kind(
        lambda d: (
            put(*IN, "new", to=STRING)(d),
            put("definitions", "In", "required", to=["new"])(d),
        ),
        {"In new": "required-property-added-to-request"},
        *(J, J),
    ),
    "existing property made required, request model": Kind(
        put("definitions", "In", "required", to=["opt"]),
        {"In opt": "request-property-made-required"},
        *(J, N),
    ),
    "existing property made required, response model": Kind(
        put("definitions", "Out", "required", to=["id", "size"]),
        {"Out size": "response-property-made-required"},
        *(M, N),
    ),
    "existing property made optional, response model": Kind(
        drop("definitions", "Out", "required"), {"Out id": "property-made-optional"}, M, N
    ),
    "property type changed": Kind(
        put(*OUT, "size", to=STRING), {"Out size": "property-type-changed"}, J, J
    ),
    "property list item type changed": Kind(
        put(*OUT, "tags", to=array(INTEGER)), {"Out tags": "property-item-type-changed"}, J, J
    ),
    "nested list item type changed": Kind(
        put(*OUT, "rows", to=array(array(INTEGER))),
        {"Out rows": "property-nested-type-changed"},
        *(J, N),
    ),
    "property date format changed": Kind(
        put(*OUT, "when", "format", to="date"),
        {"Out when": "property-date-format-changed"},
        *(J, N),
    ),
    "property number format changed": Kind(
        put(*OUT, "size", "format", to="int64"), {"Out size": "number-format-changed"}, N, N
    ),
    "property made read-only": Kind(
        put(*OUT, "ro", "readOnly", to=True), {"Out ro": "property-made-read-only"}, W, J
    ),
    "property became an enum": Kind(
        put(*OUT, "ro", "enum", to=["A"]), {"Out ro": "property-became-enum"}, M, J
    ),
    "enum value removed from a property": Kind(
        put(*OUT, "state", "enum", to=["A"]), {"Out state": "property-enum-value-removed"}, W, J
    ),
    "enum value added to a property": Kind(
        put(*OUT, "state", "enum", to=["A", "B", "C"]),
        {"Out state": "property-enum-value-added"},
        *(M, M),
    ),
    "enum value removed inside a map": Kind(
        put(*OUT, "bymap", to=mapping({"type": "string", "enum": ["A"]})),
        {"Out bymap": "map-enum-value-removed"},
        *(W, N),
    ),
    "constraint tightened": Kind(
        put(*IN, "opt", "maxLength", to=5), {"In opt max_length": "constraint-tightened"}, W, N
    ),
    "discriminator or allOf added": Kind(
        put("definitions", "Err", "discriminator", to="text"),
        {"Err": "inheritance-changed"},
        *(J, N),
        lambda d: (
            put(*OUT, "err", to=ref("Err"))(d),
            put("definitions", "Sub", to={"allOf": [ref("Err"), model({"more": STRING})]})(d),
        ),
    ),
    "all properties of a model removed": Kind(
        put("definitions", "Err", to={"type": "object"}), {"Err": "all-properties-removed"}, J, N
    ),
    "consumes/produces changed": Kind(
        put(*GET, "produces", to=["text/csv"]), {f"{Q} produces": "media-types-changed"}, J, N
    ),
    "preview operation changed in any way": Kind(
        put("paths", "/preview", "get", "parameters", to=[]),
        {"GET /preview a (query)": "parameter-removed"},
        *(W, J),
    ),
}


OTHER_KINDS: Mapping[str, Kind] = {
    "no longer deprecated": Kind(
        drop(*GET, "deprecated"),
        {Q: "deprecation-withdrawn"},
        *(P, J),
        put(*GET, "deprecated", to=True),
    ),
    "error status added": Kind(
        put(*GET, "responses", "409", to={}), {f"{Q} 409": "error-status-added"}, P, M
    ),
    "permissions loosened": Kind(
        put(
            *(*GET, "x-inin-requires-permissions"),
            to={"type": "ANY", "permissions": ["q:view", "q:admin"]},
        ),
        {Q: "permissions-loosened"},
        *(M, N),
    ),
    "property became any text": Kind(
        drop(*OUT, "state", "enum"), {"Out state": "property-enum-dropped"}, M, J
    ),
    "property made writable": Kind(
        drop(*OUT, "ro", "readOnly"),
        {"Out ro": "property-made-writable"},
        *(M, J),
        put(*OUT, "ro", "readOnly", to=True),
    ),
    "enum value added inside a map": Kind(
        put(*OUT, "bymap", to=mapping({"type": "string", "enum": ["A", "B", "C"]})),
        {"Out bymap": "map-enum-value-added"},
        *(M, N),
    ),
    "constraint loosened": Kind(
        put(*IN, "opt", "maxLength", to=20), {"In opt max_length": "constraint-loosened"}, M, N
    ),
    "topic added": Kind(
        lambda _: None,
        {"v2.z": "topic-added"},
        *(M, N),
        topics={"notifications": [*TOPICS["notifications"], {"topic": "v2.z", "class": "Topic"}]},
    ),
    "topic removed": Kind(
        lambda _: None, {"v2.q": "topic-removed"}, J, N, topics={"notifications": []}
    ),
    "model of a topic replaced": Kind(
        lambda _: None,
        {"v2.q": "topic-model-changed"},
        *(J, N),
        topics={"notifications": [{"topic": "v2.q", "class": "Unused"}]},
    ),
}
"""Pairs for the rules that none of :data:`KINDS` shows."""

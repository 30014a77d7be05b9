"""The official Python SDK, as the differential run sees it: methods, arguments, models, decoding.

Everything here is read from the installed package ``PureCloudPlatformClientV2``, from nothing of ours:
its docstrings name parameters and types, its classes name fields.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import PureCloudPlatformClientV2 as official
from PureCloudPlatformClientV2.api_client import ApiClient

HOST = "http://differential.example"

PARAMETER = re.compile(r"^\s*:param (\S.*?) (\w+): ?(.*?)$", re.MULTILINE)


@dataclass(frozen=True)
class Parameter:
    """A parameter of a method."""

    name: str
    type: str
    required: bool


@dataclass(frozen=True)
class Sent:
    """A request, as far as the two have to agree."""

    method: str
    url: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    body: Any


class _Response:
    status = 200
    reason = "OK"

    def __init__(self, data: str) -> None:
        self.data = data

    def getheader(self, name: str, default: str | None = None) -> str | None:
        return self.getheaders().get(name, default)

    def getheaders(self) -> dict[str, str]:
        return {"Content-Type": "application/json"}


class RecordingClient(ApiClient):
    """Keeps what would be sent, and answers ``null``."""

    def __init__(self) -> None:
        super().__init__(host=HOST)
        self.access_token = "t"
        self.sent: list[Sent] = []

    def get_http_client(self) -> RecordingClient:
        return self

    def get_conf_url(self, path_type: str, host: str) -> str:
        return HOST

    def request(self, options: Any) -> _Response:
        # A copy: the SDK masks the token in these very headers afterwards, for its log.
        query = tuple((key, str(value)) for key, value in options.query_params.items())
        headers = {name.lower(): str(value) for name, value in options.headers.items()}
        body = json.loads(json.dumps(options.body)) if options.body else None
        self.sent.append(Sent(options.method, options.url, query, headers, body))
        return _Response("null")

    def decode(self, document: Any, type_: str) -> Any:
        return self._ApiClient__deserialize(document, type_)  # type: ignore[attr-defined]


def apis() -> Iterator[tuple[str, type[Any]]]:
    """The API classes, by name."""
    for name in sorted(dir(official)):
        if name.endswith("Api") and inspect.isclass(getattr(official, name)):
            yield name, getattr(official, name)


def methods(api: type[Any]) -> list[str]:
    """The names of an API's methods."""
    return sorted(
        name for name, one in vars(api).items() if inspect.isfunction(one) and name[0] != "_"
    )


def parameters(method: Any) -> list[Parameter]:
    """The parameters that a method's docstring names."""
    found = PARAMETER.findall(inspect.getdoc(method) or "")
    return [
        Parameter(name, type_, "(required)" in text)
        for type_, name, text in found
        if name != "function" and type_ != "callback"
    ]


def method_of(client: RecordingClient, api: str, name: str) -> Any:
    """A method of an API, bound to the client."""
    return getattr(getattr(official, api)(client), name)


# --- values


MOMENT = datetime(2024, 2, 29, 12, 30, 15, 250000, tzinfo=UTC)
VALUES: dict[str, Any] = {
    "str": "a b/é&+%",
    "int": 7,
    "float": 1.5,
    "bool": True,
    "datetime": MOMENT,
    "date": date(2024, 2, 29),
    "list[str]": ["x y", "z"],
    "list[int]": [1, 2],
    "object": {"k": 1},
}


@cache
def allowed(model: type[Any], field: str) -> tuple[str, ...]:
    """The values that a field's setter takes; any if there are none."""
    code = getattr(model, field).fset.__code__
    for constant in code.co_consts:
        if isinstance(constant, tuple) and constant and all(isinstance(v, str) for v in constant):
            return constant
    source = re.search(r"allowed_values = (\[.*?\])", inspect.getsource(getattr(model, field).fset))
    return tuple(re.findall(r"\"([^\"]*)\"", source[1])) if source else ()


SCALARS: dict[str, tuple[Any, ...]] = {
    "str": ("text é", ""),
    "int": (7, -(2**40)),
    "float": (1.25, 3),
    "bool": (True, False),
    "datetime": ("2024-02-29T12:30:15.250Z", "2024-02-29T23:59:59.9999999+05:30"),
    "LocalDateTime": ("2024-02-29T12:30:15", "2024-02-29T12:30:15.5"),
    "date": ("2024-02-29", "1999-12-31"),
    "YearMonth": ("2024-02", "1999-12"),
    "object": ({"k": [1, None]}, "free"),
}
"""For each type two values as the platform sends them."""


def document(type_: str, *, seed: int = 0, depth: int = 2) -> Any:
    """A JSON value of a type."""
    if type_ in SCALARS:
        return SCALARS[type_][seed]
    if listed := re.fullmatch(r"list\[(.*)\]", type_):
        return [document(listed[1], seed=seed, depth=depth)] * (1 + seed)
    if mapped := re.fullmatch(r"dict\(([^,]*), (.*)\)", type_):
        return {"a key": document(mapped[2], seed=seed, depth=depth)}
    model = getattr(official.models, type_)
    if depth == 0:
        return {}
    found = {}
    for field, inner in model().swagger_types.items():
        if inner in SCALARS:
            value = accepted(type_, field, inner, seed)
        else:
            value = document(inner, seed=seed, depth=depth - 1)
        if value is not None:
            found[model().attribute_map[field]] = value
    return found


MORE = {
    "str": (
        "0123abcd-0123-4567-89ab-0123456789ab",
        "#a0b1c2",
        "a",
        "1",
        "+13175550100",
        "12:30",
        "P1D",
        "PT1H",
        "abcdef",
    ),
    "int": (1, 2, 10, 30, 60, 100, 1000, 50000, 100000),
    "float": (0.5, 1, 10, 100),
}
"""For fields with a rule: their setters refuse what breaks it."""

UUID = "0123abcd-0123-4567-89ab-0123456789ab"
"""For path parameters with a pattern."""

left_out: set[tuple[str, str]] = set()
"""Fields whose setter took none of the values above."""


@cache
def accepted(model_name: str, field: str, type_: str, seed: int) -> Any:
    """A value that the field's setter takes, of those that :data:`SCALARS` and :data:`MORE` have."""
    model = getattr(official.models, model_name)
    values = allowed(model, field) if type_ == "str" else ()
    if values:
        return values[-seed]
    client = RecordingClient()
    for value in (SCALARS[type_][seed], *MORE.get(type_, ())):
        try:
            setattr(model(), field, client.decode(value, type_))
        except ValueError:
            continue
        return value
    left_out.add((model_name, field))
    return None


def plain(value: Any) -> Any:
    """What was decoded, as plain values: models as dictionaries by wire name."""
    if type(value).__name__ == "YearMonth":
        return ("month", value.year, value.month)
    if hasattr(value, "swagger_types"):
        wire = value.attribute_map
        items = ((wire[name], getattr(value, name)) for name in value.swagger_types)
        return {name: plain(one) for name, one in items if one is not None}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, datetime):
        return ("moment", value.timestamp() if value.tzinfo else value.isoformat())
    if isinstance(value, date):
        return ("day", value.isoformat())
    return value


def model_names() -> list[str]:
    """All models."""
    return sorted(
        name
        for name, one in vars(official.models).items()
        if inspect.isclass(one) and "swagger_types" in inspect.getsource(one.__init__)
    )

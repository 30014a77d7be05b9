"""What the simulator's tests share: a definition small and whole, a desk to call from, a checker."""

import base64
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from urllib.parse import quote, urlencode

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from genesys_cloud.packed_data import read_own_data
from genesys_core.clock import Now
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response
from genesys_core.simulator import Definition, Settings, Simulator, World
from genesys_core.simulator.state.definition import Schema

WALL = 1_700_000_000.0

# How fast a machine is decides no test.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def document() -> bytes:
    """The whole definition, as JSON text."""
    return read_own_data("swagger.json.xz")


@cache
def definition() -> Definition:
    """The whole definition. It is never changed, so all tests share it."""
    return Definition.from_json(document())


def small_document(
    paths: Mapping[str, object], models: Mapping[str, object] | None = None
) -> dict[str, object]:
    """A Swagger document with these paths and models."""
    return {"swagger": "2.0", "paths": dict(paths), "definitions": dict(models or {})}


def operation(*parameters: Mapping[str, object], reply: object = None, **more: object) -> object:
    """An operation that needs no token."""
    facts = {"parameters": list(parameters), "responses": {"default": {"schema": reply}}, **more}
    if reply is None:
        facts["responses"] = {"default": {}}
    return facts


class Answer(msgspec.Struct):
    """A response, read."""

    status: int
    headers: Headers
    body: bytes

    @property
    def json(self):
        return msgspec.json.decode(self.body)


class Desk:
    """A simulator, a clock to move, and one call after another."""

    def __init__(self, simulator: Simulator | None = None, *, settings: Settings | None = None):
        self.simulator = simulator or Simulator(
            definition(), world=World.sample(users=60, queues=5), settings=settings or Settings()
        )
        self.now = Now(0.0, WALL)
        self.client = next(iter(self.simulator.state.clients.values()))
        self.token: str | None = None

    def sleep(self, seconds: float) -> None:
        self.now = Now(self.now.monotonic + seconds, self.now.wall + seconds)

    def send(self, method, target, *, headers=(), body=None) -> Answer:
        request = Request(method, f"http://simulator{target}", Headers(headers), body)
        response: Response = self.simulator.respond(request, now=self.now)
        return Answer(response.status, response.headers, response.body)

    def log_in(self) -> str:
        answer = self.grant({"grant_type": "client_credentials"})
        assert answer.status == 200, answer
        self.token = answer.json["access_token"]
        return self.token

    def grant(self, form, *, credentials=None, path="/oauth/token") -> Answer:
        client_id, secret = credentials or (self.client.id, self.client.secret)
        basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        headers = {
            "Authorization": f"Basic {basic}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return self.send("POST", path, headers=headers, body=urlencode(form).encode())

    def call(self, method, target, value=msgspec.UNSET, *, token=None) -> Answer:
        """An API call with a token and, if there is a value, with a JSON body."""
        bearer = token or self.token or self.log_in()
        headers = {"Authorization": f"Bearer {bearer}"}
        if value is msgspec.UNSET:
            return self.send(method, target, headers=headers)
        headers["Content-Type"] = "application/json"
        return self.send(method, target, headers=headers, body=msgspec.json.encode(value))


def misfits(known: Definition, schema: Schema, value: object, place: str = "$") -> list[str]:
    """Where a JSON value is not what a schema declares; written apart from the code under test."""
    if schema.ref is not None:
        return misfits(
            known, known.schemas[schema.ref.removeprefix("#/definitions/")], value, place
        )
    if schema.enum is not None and str(value) not in map(str, schema.enum):
        return [f"{place}: {value!r} is not in the enum"]
    check = _CHECKS.get((schema.type, schema.format)) or _CHECKS[schema.type, None]
    if not check(value):
        return [f"{place}: {value!r} is no {schema.type} {schema.format or ''}"]
    if isinstance(value, dict):
        return _object_misfits(known, schema, value, place)
    inside = enumerate(value) if isinstance(value, list) and schema.items is not None else ()
    return [
        problem
        for at, each in inside
        for problem in misfits(known, schema.items, each, f"{place}[{at}]")
    ]


def _object_misfits(known, schema, value, place):
    found = [f"{place}: {name} is required" for name in schema.required if name not in value]
    for name, each in value.items():
        inside = (schema.properties or {}).get(name)
        if inside is None and isinstance(schema.additional, Schema):
            inside = schema.additional
        if inside is not None:
            found += misfits(known, inside, each, f"{place}.{name}")
        elif schema.properties is not None:
            found.append(f"{place}: {name} is not declared")
    return found


def _reads(reader, text):
    try:
        reader(text)
    except (TypeError, ValueError):
        return False
    return isinstance(text, str)


def _whole(value, bits):
    return type(value) is int and -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)


_CHECKS = {
    ("object", None): lambda value: isinstance(value, dict),
    ("array", None): lambda value: isinstance(value, list),
    ("boolean", None): lambda value: isinstance(value, bool),
    ("integer", None): lambda value: _whole(value, 32),
    ("integer", "int64"): lambda value: _whole(value, 64),
    ("number", None): lambda value: type(value) in {int, float},
    ("string", None): lambda value: isinstance(value, str),
    ("string", "date"): lambda value: _reads(date.fromisoformat, value) and len(value) == 10,
    ("string", "date-time"): lambda value: (
        _reads(datetime.fromisoformat, value)
        and re.fullmatch(r"....-..-..T..:..:..\.\d{3}Z", value) is not None
    ),
    ("string", "local-date-time"): lambda value: (
        _reads(datetime.fromisoformat, value) and datetime.fromisoformat(value).tzinfo is None
    ),
    ("string", "year-month"): lambda value: re.fullmatch(r"\d{4}-(0\d|1[0-2])", value) is not None,
    ("string", "uuid"): lambda value: re.fullmatch(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value
    ),
}

VOCABULARY = (
    "api",
    "v2",
    "users",
    "me",
    "queues",
    "{userId}",
    "a b",
    "x/y",
    "%",
    "é",
    "..",
    "",
    "%2F",
)

segments = st.sampled_from(VOCABULARY) | st.text(max_size=6)
templates = st.sampled_from([route.template for route in definition().routes])


@st.composite
def paths(draw):
    """Paths, encoded as clients do it, near to and far from those that exist."""
    if draw(st.booleans()):
        return "/" + "/".join(quote(each, safe="") for each in draw(st.lists(segments, max_size=6)))
    return re.sub(r"\{\w+\}", lambda _: quote(draw(segments), safe=""), draw(templates))

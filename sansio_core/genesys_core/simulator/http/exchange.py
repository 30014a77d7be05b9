"""One request being answered: what a handler is given and what it gives back.

Law: a handler sees a :class:`ApiCall` and returns a :class:`Reply`, or raises a problem; it never
touches headers that every response has. These are values, but for the ``state`` that a call carries.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

import msgspec
from msgspec import Struct

from genesys_core.clock import Now
from genesys_core.http.messages import Request
from genesys_core.simulator.state.credentials import IssuedToken
from genesys_core.simulator.state.definition import Definition, OperationFacts
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.memory import PlatformState, Settings
from genesys_core.simulator.state.routes import ServedRoute

__all__ = [
    "ApiCall",
    "Handler",
    "LoginCall",
    "LoginHandler",
    "Reply",
    "format_instant",
    "json_reply",
    "no_content",
]

_WHOLE = re.compile(r"-?\d{1,19}", re.ASCII)


class Reply(Struct, frozen=True):
    """What a handler answers.

    Attributes:
        status: the status code.
        body: the content; ``None`` for none at all.
        content_type: of the body.
        headers: fields beyond those that every response has.
    """

    status: int
    body: bytes | None = None
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class LoginCall(Struct, frozen=True):
    """A request to the login host, read.

    Attributes:
        request: as it came.
        query: the parameters of the URL, by name, in order.
        form: the fields of the form, one value each; none where the request has no body.
        now: when it came.
        state: what the platform remembers; handlers change it.
        settings: how the platform behaves.
    """

    request: Request
    query: Mapping[str, Sequence[str]]
    form: Mapping[str, str]
    now: Now
    state: PlatformState
    settings: Settings


class ApiCall(Struct, frozen=True):
    """A request to the API that is allowed and complete.

    Attributes:
        route: the operation.
        path: still encoded, without a gateway's prefix.
        arguments: the values of the path parameters, by name.
        query: the values of the query parameters, by name, in order.
        body: the JSON body; ``None`` where there was none.
        token: the bearer's, or ``None`` for an operation that needs none.
        now: when it came.
        state: what the platform remembers; handlers change it.
        definition: the API's definition.
        host: where the request was sent, such as ``127.0.0.1:40123``; empty if it does not say.
        settings: how the platform behaves.
    """

    route: ServedRoute[OperationFacts]
    path: str
    arguments: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: Json
    token: IssuedToken | None
    now: Now
    state: PlatformState
    definition: Definition
    host: str = ""
    settings: Settings = Settings()

    def argument(self, name: str, default: str) -> str:
        """The first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else default

    def number(self, name: str, default: int) -> int | None:
        """The first value of a query parameter as a whole number; ``None`` where it is none."""
        text = self.argument(name, str(default))
        return int(text) if _WHOLE.fullmatch(text) else None

    def document(self) -> dict[str, Json]:
        """The object in the body: the properties that a caller may write, as the platform reads it.

        What the definition does not know, or has for the platform alone, is passed over.
        """
        wanted = self.route.facts.body
        if wanted is None or wanted.schema is None or not isinstance(self.body, Mapping):
            return {}
        properties = self.definition.resolve(wanted.schema).properties or {}
        writable = {name for name, schema in properties.items() if not schema.is_read_only}
        return {name: value for name, value in self.body.items() if name in writable}


Handler: TypeAlias = Callable[[ApiCall], Reply]
"""Answers one operation of the API."""

LoginHandler: TypeAlias = Callable[[LoginCall], Reply]
"""Answers one path of the login host."""


def json_reply(
    value: Json,
    *,
    status: int = 200,
    content_type: str = "application/json",
    headers: Sequence[tuple[str, str]] = (),
) -> Reply:
    """A reply with a JSON body."""
    return Reply(status, msgspec.json.encode(value), content_type, tuple(headers))


def no_content() -> Reply:
    """204: done, and nothing to say."""
    return Reply(204)


def format_instant(wall: float) -> str:
    """A time as the platform writes it, to the millisecond.

    Args:
        wall: seconds since 1970-01-01 UTC.
    """
    when = datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds")
    return when.replace("+00:00", "Z")

"""Parameters and return types of handlers.

Invariants: a handler receives an :class:`ApiCall` and returns a :class:`Reply`, or raises a
problem. The simulator adds the headers common to all responses. All types are immutable, except for
the ``state`` of a call.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias
from urllib.parse import parse_qs

import msgspec
from msgspec import Struct

from genesys_core.clock import Now, assume_utc
from genesys_core.http.headers import Headers
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
    "parse_instant",
    "parse_query",
]

_WHOLE = re.compile(r"-?\d{1,19}", re.ASCII)


class Reply(Struct, frozen=True):
    """A handler's response.

    Attributes:
        status: the HTTP status code.
        body: the content of the response; ``None`` for a response without a body.
        content_type: the media type of the body.
        headers: the response's headers, apart from those common to all responses.
    """

    status: int
    body: bytes | None = None
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class LoginCall(Struct, frozen=True):
    """A parsed request to the login host.

    Attributes:
        request: the request as received.
        query: the query parameters by name, each with its values in order.
        form: the fields of the form in the body, by name; empty if the request has no body.
        now: when the request was received.
        state: the platform's state, which handlers modify.
        settings: the simulator's settings.
    """

    request: Request
    query: Mapping[str, Sequence[str]]
    form: Mapping[str, str]
    now: Now
    state: PlatformState
    settings: Settings


class ApiCall(Struct, frozen=True):
    """An authorized and validated request to the API.

    Attributes:
        route: the route of the operation.
        path: the percent-encoded path, without a gateway's prefix.
        arguments: the values of the path parameters, by name.
        query: the query parameters by name, each with its values in order.
        body: the parsed JSON body, or ``None``.
        token: the caller's token, or ``None`` if the operation requires none.
        now: when the request was received.
        state: the platform's state, which handlers modify.
        definition: the API definition.
        host: the ``Host`` header, such as ``127.0.0.1:40123``; empty if there is none.
        settings: the simulator's settings.
        headers: the request's headers.
        divisions: the ids of the divisions in which the caller has the permissions the operation
            requires; ``None`` for all.
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
    headers: Headers = Headers()
    divisions: frozenset[str] | None = None

    @property
    def user_id(self) -> str | None:
        """The user id of the caller's token, or ``None`` if the token has no user."""
        return None if self.token is None else self.token.user_id

    def argument(self, name: str, default: str) -> str:
        """Return the first value of a query parameter, or a default."""
        values = self.query.get(name)
        return values[0] if values else default

    def number(self, name: str, default: int) -> int | None:
        """Return a query parameter, or a default, as an integer; ``None`` if it is not an integer."""
        text = self.argument(name, str(default))
        return int(text) if _WHOLE.fullmatch(text) else None

    def document(self) -> dict[str, Json]:
        """Return the JSON object in the request body, limited to writable properties.

        Unknown and read-only properties are ignored, as on the platform.
        """
        wanted = self.route.facts.body
        if wanted is None or wanted.schema is None or not isinstance(self.body, Mapping):
            return {}
        properties = self.definition.resolve(wanted.schema).properties or {}
        writable = {name for name, schema in properties.items() if not schema.is_read_only}
        return {name: value for name, value in self.body.items() if name in writable}


Handler: TypeAlias = Callable[[ApiCall], Reply]
"""A function that performs one API operation and returns the response."""

LoginHandler: TypeAlias = Callable[[LoginCall], Reply]
"""A function that responds to requests to one path on the login host."""


def parse_query(facts: OperationFacts, query: str) -> dict[str, list[str]]:
    """Return the query parameters by name, each with its values in order.

    The values of a list may be repeated parameters, or one parameter that joins them with commas.
    """
    values = parse_qs(query, keep_blank_values=True)
    for parameter in facts.parameters:
        given = values.get(parameter.name)
        if given is not None and parameter.location == "query" and parameter.type == "array":
            values[parameter.name] = [each for value in given for each in value.split(",")]
    return values


def json_reply(
    value: Json,
    *,
    status: int = 200,
    content_type: str = "application/json",
    headers: Sequence[tuple[str, str]] = (),
) -> Reply:
    """Return a response with a JSON body and, by default, the status 200."""
    return Reply(status, msgspec.json.encode(value), content_type, tuple(headers))


def no_content() -> Reply:
    """Return a 204 response, which has no body."""
    return Reply(204)


def format_instant(wall: float) -> str:
    """Return a time in the platform's text format, with milliseconds.

    Args:
        wall: the time, in seconds since 1970-01-01 UTC.
    """
    when = datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds")
    return when.replace("+00:00", "Z")


def parse_instant(text: str) -> int:
    """Return an ISO 8601 date and time as milliseconds since 1970-01-01 UTC; the default zone is UTC.

    Raises:
        ValueError: the text is not a date and time, has a leap second, or is not in the years 1 to
            9999 in UTC.
    """
    try:
        # In UTC, because `format_instant` fails for times that are outside these years there.
        when = assume_utc(datetime.fromisoformat(text)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from error
    return round(when.timestamp() * 1000)

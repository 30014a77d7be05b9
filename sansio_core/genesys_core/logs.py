"""What a log line holds, computed from one attempt.

Law: one record an attempt at most, redacted before it exists; where the level is off nothing is
looked at, let alone formatted. Bodies hold personal data and are off unless switched on; those of
token exchanges are never logged. Nothing that a server sends makes formatting fail, or makes one
record look like two.

========  ===========================================================================
level     what is recorded
========  ===========================================================================
trace     every attempt: method, URL, request and response headers, status, and the
          request body if switched on
debug     the same without response headers
error     calls that fail: all of it, and the response body if switched on
none      nothing
========  ===========================================================================

The attempt that ends a call in failure is recorded once, as an error, at each of the three levels.
"""

import re
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from genesys_core.configuration_keys import LogFormat, LogLevel
from genesys_core.configuration_parts import LoggingConfiguration
from genesys_core.message import Request, Response, TransportFailure
from genesys_core.redaction import DEFAULT_REDACTION, Redaction
from genesys_core.retry import GiveUp, Repeat

__all__ = ["LEVEL_NUMBERS", "LogEntry", "RecordLevel", "RoundTrip", "log_entry"]

RecordLevel: TypeAlias = Literal["trace", "debug", "error"]
"""The level of a record that is written."""

_Decision: TypeAlias = Literal["repeat", "give up"] | None

LEVEL_NUMBERS: Final[dict[RecordLevel, int]] = {"trace": 5, "debug": 10, "error": 40}
"""Python's numbers for the levels; the standard library has none for ``trace``, the official
Python SDK uses 5."""


class RoundTrip(Struct, frozen=True, kw_only=True):
    """One attempt: a request and what came of it.

    Attributes:
        request: as it was sent.
        outcome: the response, or the transport's failure.
        wall: when the outcome was known, in seconds since 1970-01-01 UTC (``Now.wall``).
        attempt: its number within the call, from 1.
        decision: what follows and why, where it is not simply the call's result: the request is
            sent again (with a new token, say), or the call has failed (the reply cannot be read,
            say). ``None`` leaves it to the outcome.
        is_token_exchange: whether it asks the login host for a token. A request to a URL that
            ends in ``/oauth/token`` is taken for one anyway.
    """

    request: Request
    outcome: Response | TransportFailure
    wall: float
    attempt: int = 1
    decision: Repeat | GiveUp | None = None
    is_token_exchange: bool = False

    def __repr__(self) -> str:
        return f"RoundTrip({self.request.method}, attempt {self.attempt})"

    @property
    def fails(self) -> bool:
        """Whether the call ends here, and in failure."""
        if self.decision is not None:
            return isinstance(self.decision, GiveUp)
        return not (isinstance(self.outcome, Response) and 200 <= self.outcome.status < 300)


class LogEntry(
    Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel", repr_omit_defaults=True
):
    """One record, redacted; its fields are in the order of the official SDKs, then ours.

    Attributes:
        date: ISO 8601 in UTC, with milliseconds.
        level: ``trace``, ``debug`` or ``error``.
        method: in capitals.
        url: absolute.
        request_headers: names as first spelt, repeated values joined with ``", "``.
        response_headers: likewise.
        correlation_id: ``ININ-Correlation-Id``, which the platform's support asks for.
        status_code: the HTTP status.
        request_body: if switched on.
        response_body: if switched on, of a failure.
        attempt: the attempt's number within the call, from 1.
        failure: what the transport reported where there is no response.
        decision: ``repeat`` or ``give up``, where an attempt did not succeed.
        reason: why.
        wait: seconds until the request is sent again.
    """

    date: str
    level: RecordLevel
    method: str
    url: str
    request_headers: dict[str, str] | None = None
    response_headers: dict[str, str] | None = None
    correlation_id: str | None = None
    status_code: int | None = None
    request_body: str | None = None
    response_body: str | None = None
    attempt: int
    failure: str | None = None
    decision: _Decision = None
    reason: str | None = None
    wait: float | None = None

    def formatted(self, format: LogFormat | None = None) -> str:
        """The record as ``json`` or as ``text``, which is the default."""
        return self.to_json() if format == "json" else self.to_text()

    def to_json(self) -> str:
        """One line of JSON, absent fields left out."""
        return msgspec.json.encode(self).decode()

    def to_text(self) -> str:
        """Several lines, absent fields left out; further lines of a value begin with a tab."""
        return "\n".join(
            [
                f"{self.level.upper()}: {self.date}",
                "=== REQUEST ===",
                *_line("URL", self.url),
                *_line("Method", self.method),
                *_header_lines(self.request_headers),
                *_line("Body", self.request_body),
                "=== RESPONSE ===",
                *_line("Status", self.status_code),
                *_header_lines(self.response_headers),
                *_line("CorrelationId", self.correlation_id),
                *_line("Body", self.response_body),
                "=== ATTEMPT ===",
                *_line("Attempt", self.attempt),
                *_line("Failure", self.failure),
                *_line("Decision", self.decision),
                *_line("Reason", self.reason),
                *_line("Wait", None if self.wait is None else f"{self.wait:g} s"),
            ]
        )


def log_entry(
    trip: RoundTrip,
    settings: LoggingConfiguration,
    redaction: Redaction = DEFAULT_REDACTION,
) -> LogEntry | None:
    """What is to be recorded of an attempt.

    Args:
        trip: the attempt.
        settings: the level and the body switches; ``None`` in them is the default: off.
        redaction: what is hidden.

    Returns:
        The record, or ``None`` where the level wants none.
    """
    level = _level(trip, settings.level)
    if level is None:
        return None
    response = trip.outcome if isinstance(trip.outcome, Response) else None
    with_bodies = not _is_token_exchange(trip)
    with_request = with_bodies and settings.request_body
    with_response = with_bodies and settings.response_body and level == "error"
    decision, reason, wait = _decision(trip.decision)
    return LogEntry(
        date=_date(trip.wall),
        level=level,
        method=trip.request.method,
        url=_encodable(redaction.shown_url(trip.request.url)),
        request_headers=_headers(trip.request, redaction),
        response_headers=None if level == "debug" else _headers(response, redaction),
        correlation_id=_correlation_id(response),
        status_code=None if response is None else response.status,
        request_body=_body(trip.request, redaction) if with_request else None,
        response_body=_body(response, redaction) if with_response else None,
        attempt=trip.attempt,
        failure=_failure(trip.outcome, redaction),
        decision=decision,
        reason=None if reason is None else _encodable(redaction.shown_text(reason)),
        wait=wait,
    )


def _level(trip: RoundTrip, level: LogLevel | None) -> RecordLevel | None:
    if level is None or level == "none":
        return None
    if trip.fails:
        return "error"
    return None if level == "error" else level


def _decision(decision: Repeat | GiveUp | None) -> tuple[_Decision, str | None, float | None]:
    match decision:
        case Repeat(seconds, why):
            return "repeat", why, seconds
        case GiveUp(why):
            return "give up", why, None
        case None:
            return None, None, None


_TOKEN_URL = re.compile(r"/oauth/token/?(?:[?#]|$)")


def _is_token_exchange(trip: RoundTrip) -> bool:
    return trip.is_token_exchange or _TOKEN_URL.search(trip.request.url) is not None


def _date(wall: float) -> str:
    moment = datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds")
    return moment.replace("+00:00", "Z")


def _headers(message: Request | Response | None, redaction: Redaction) -> dict[str, str] | None:
    if message is None:
        return None
    shown = redaction.shown_headers(message.headers)
    return {_encodable(name): _encodable(value) for name, value in shown.items()}


def _correlation_id(response: Response | None) -> str | None:
    found = response.headers.get("inin-correlation-id") if response else None
    return _encodable(found) if found else None


def _body(message: Request | Response | None, redaction: Redaction) -> str | None:
    if message is None:
        return None
    shown = redaction.shown_body(message.body, message.headers.get("content-type"))
    return None if shown is None else _encodable(shown)


def _failure(outcome: Response | TransportFailure, redaction: Redaction) -> str | None:
    if isinstance(outcome, Response):
        return None
    return _encodable(f"{outcome.kind}: {redaction.shown_text(outcome.message)}")


def _encodable(text: str) -> str:
    """The text with half surrogate pairs replaced, which no UTF-8 file could take."""
    return text.encode("utf-8", "replace").decode()


# What could end a line or steer a terminal: C0 and C1 control characters but tab and line feed,
# and the two separators of Unicode.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def _line(name: str, value: object) -> list[str]:
    if value is None or value == "":
        return []
    # A server that sends "\n=== RESPONSE ===" must not begin a part of the record.
    line = f"{name}: {value}".replace("\r\n", "\n").replace("\n", "\n\t")
    return [_CONTROL.sub(_escaped, line)]


def _escaped(match: re.Match[str]) -> str:
    return f"\\x{ord(match[0]):02x}"


def _header_lines(headers: dict[str, str] | None) -> list[str]:
    if not headers:
        return []
    fields = [line for name, value in headers.items() for line in _line(f"\t{name}", value)]
    return ["Headers: ", *fields]

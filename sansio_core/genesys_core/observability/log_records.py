"""Log records, computed from the attempts of a call.

Invariants: at most one record per attempt, redacted when it is created; if the level is disabled
nothing is computed. Bodies contain personal data and are not logged unless enabled; the bodies of
token requests and their responses are never logged. Nothing that a server sends can make formatting
fail or forge a record.

========  ===========================================================================
level     what is recorded
========  ===========================================================================
trace     every attempt: method, URL, request and response headers, status, and the
          request body if enabled
debug     the same without response headers
error     failed calls: all of the above, and the response body if enabled
none      nothing
========  ===========================================================================

With ``trace``, ``debug`` and ``error``, the attempt that ends a call in failure gets a single
record, of the level ``error``.
"""

import re
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from genesys_core.calls.call import Call
from genesys_core.calls.lifecycle import (
    ClosingGate,
    NeedPermit,
    NeedToken,
    Raised,
    Returned,
    Sending,
    State,
    Waiting,
)
from genesys_core.calls.responses import ApiResponse
from genesys_core.calls.transfers import RawResponseReader
from genesys_core.clock import Now
from genesys_core.confidential import Printable
from genesys_core.configuration.keys import LogFormat, LogLevel
from genesys_core.configuration.sections import LoggingConfiguration
from genesys_core.http.headers import Headers
from genesys_core.http.known_secrets import KnownSecrets
from genesys_core.http.messages import Request, Response, TransportFailure
from genesys_core.http.redaction import DEFAULT_REDACTION, Redaction
from genesys_core.oauth.tokens import CORRELATION_ID
from genesys_core.observability.terminal import escape_json, escape_line, escape_lines
from genesys_core.session.retry import GiveUp, Repeat

__all__ = [
    "LEVEL_NUMBERS",
    "LogEntry",
    "LogNotice",
    "RecordLevel",
    "RoundTrip",
    "issues_notice",
    "log_entry",
    "log_notice",
]

T = TypeVar("T")
M = TypeVar("M", Request, Response)

RecordLevel: TypeAlias = Literal["trace", "debug", "error"]
"""The level of a log record about an attempt."""

_Decision: TypeAlias = Literal["repeat", "give up"] | None

LEVEL_NUMBERS: Final[dict[RecordLevel, int]] = {"trace": 5, "debug": 10, "error": 40}
"""Numeric logging levels. The standard library has no level ``trace``; the official Python SDK uses 5.
"""


class RoundTrip(Printable, frozen=True, kw_only=True):
    """One attempt: a request and its outcome.

    Attributes:
        request: the request as it was sent.
        outcome: the response, or the transport's failure.
        wall: when the outcome was known, in seconds since 1970-01-01 UTC (``Now.wall``).
        attempt: number of the attempt within the call, starting at 1.
        decision: whether the request is sent again (for example with a new token) or the call has
            failed (for example because the response cannot be decoded), and why; if ``None``, the
            outcome determines whether the call has failed.
        hides_bodies: whether the bodies are omitted even if logging of bodies is enabled: the
            bodies of a token request and its response are secret, and the bodies of a transfer are
            files. A request to a URL whose path ends in ``/oauth/token`` is always treated as a
            token request.
        returned: whether the call succeeded regardless of the status: a repeated DELETE may succeed
            with a 404.
        call: the call that the attempt belongs to; its secrets are redacted wherever they appear.
    """

    request: Request
    outcome: Response | TransportFailure
    wall: float
    attempt: int = 1
    decision: Repeat | GiveUp | None = None
    hides_bodies: bool = False
    returned: bool = False
    call: Call[Any] | None = None

    @property
    def secrets(self) -> KnownSecrets:
        """The secrets of the call, which are redacted in the log record."""
        return KnownSecrets() if self.call is None else self.call.known_secrets

    @classmethod
    def of(
        cls,
        sending: Sending[T],
        request: Request,
        outcome: Response | TransportFailure,
        state: State[T],
        *,
        now: Now,
    ) -> "RoundTrip":
        """Describe the attempt that a driver has just made.

        Args:
            sending: the call's state before the attempt.
            request: the request as it was sent.
            outcome: the response or the transport's failure.
            state: the call's state after the attempt.
            now: when the outcome was known.
        """
        return cls(
            request=request,
            outcome=outcome,
            wall=now.wall,
            attempt=len(sending.call.attempts) + 1,
            decision=_decided(state),
            hides_bodies=_hides_bodies(sending),
            returned=isinstance(state, Returned),
            call=sending.call,
        )

    def __repr__(self) -> str:
        return f"RoundTrip({self.request.method}, attempt {self.attempt})"

    @property
    def fails(self) -> bool:
        """Whether this attempt ends the call in failure."""
        if self.decision is not None:
            return isinstance(self.decision, GiveUp)
        if self.returned:
            return False
        return not (isinstance(self.outcome, Response) and 200 <= self.outcome.status < 300)


class LogEntry(
    Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel", repr_omit_defaults=True
):
    """A redacted log record: the fields of the official SDKs in their order, then further fields.

    Attributes:
        date: the time in UTC as ISO 8601 with milliseconds.
        level: the record's level: ``trace``, ``debug`` or ``error``.
        method: the HTTP method in upper case.
        url: the absolute URL.
        request_headers: the request's header fields; repeated values are joined with ``", "``.
        response_headers: the response's header fields in the same form.
        correlation_id: the response's ``ININ-Correlation-Id``, needed for support requests to
            Genesys.
        status_code: the HTTP status of the response.
        request_body: the request body, if enabled.
        response_body: the body of an error response, if enabled.
        attempt: number of the attempt within the call, starting at 1.
        failure: the transport failure, if there is no response.
        decision: ``repeat`` or ``give up``, for a failed attempt.
        reason: the reason for the decision.
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

    def __str__(self) -> str:
        """Return the record as one line: the request, its outcome and the decision."""
        words = [f"{self.method} {self.url}: {self.failure or self.status_code}"]
        if self.attempt > 1:
            words.append(f"attempt {self.attempt}")
        if self.decision == "repeat":
            words.append(f"sent again after {self.wait or 0:g} s")
        elif self.decision:
            words.append("given up")
        reason = f" ({self.reason})" if self.reason else ""
        correlated = f" [{self.correlation_id}]" if self.correlation_id else ""
        return _one_line(", ".join(words) + reason + correlated)

    def formatted(self, format: LogFormat | None = None) -> str:
        """Return the record in the given format; the default is ``text``."""
        return self.to_json() if format == "json" else self.to_text()

    def to_json(self) -> str:
        """Return the record as one line of JSON, without absent fields."""
        return escape_json(msgspec.json.encode(self).decode())

    def to_text(self) -> str:
        """Return the record as lines without absent fields; continuation lines begin with a tab."""
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


class LogNotice(Struct, frozen=True):
    """A warning in the log that does not concern an individual attempt.

    Attributes:
        date: the time in UTC as ISO 8601 with milliseconds.
        level: the record's level, always ``warning``.
        message: the message, redacted.
    """

    date: str
    level: Literal["warning"]
    message: str

    def __str__(self) -> str:
        return _one_line(self.message)

    def formatted(self, format: LogFormat | None = None) -> str:
        """Return the record in the given format, with JSON on one line; the default is ``text``."""
        if format == "json":
            return escape_json(msgspec.json.encode(self).decode())
        return "\n".join([f"{self.level.upper()}: {self.date}", *_line("Message", self.message)])


def log_notice(message: str, *, now: Now, redaction: Redaction = DEFAULT_REDACTION) -> LogNotice:
    """Create a warning record from a message, with secrets redacted."""
    return LogNotice(_date(now.wall), "warning", _encodable(redaction.shown_text(message)))


def issues_notice(operation: str, response: ApiResponse[Any], *, now: Now) -> LogNotice | None:
    """Create a warning record for the decoding issues of a response.

    Args:
        operation: the operation's name.
        response: the response that was decoded.
        now: the current time.

    Returns:
        A warning with each issue's location and how it was handled, without values; ``None`` if
        there are no issues.
    """
    issues = response.issues
    if not issues:
        return None
    shown = "; ".join(f"{issue.path}: {issue.message}" for issue in issues[:MOST_ISSUES])
    more = f"; and {len(issues) - MOST_ISSUES} more" if len(issues) > MOST_ISSUES else ""
    return log_notice(f"{operation}: decoding issues ({len(issues)}): {shown}{more}", now=now)


MOST_ISSUES: Final = 5  # a response may have thousands; the response itself has them all


def log_entry(
    trip: RoundTrip,
    settings: LoggingConfiguration,
    redaction: Redaction = DEFAULT_REDACTION,
) -> LogEntry | None:
    """Create the log record of an attempt.

    Args:
        trip: the attempt to record.
        settings: the log level (``None`` disables logging), and whether bodies are logged.
        redaction: the rules for redacting secrets.

    Returns:
        The record, or ``None`` if the log level excludes it.
    """
    level = _level(trip, settings.level)
    if level is None:
        return None
    secrets = trip.secrets
    request = _hidden(trip.request, secrets)
    response = _hidden(trip.outcome, secrets) if isinstance(trip.outcome, Response) else None
    with_bodies = not (trip.hides_bodies or _TOKEN_URL.search(trip.request.url))
    with_request = with_bodies and settings.request_body
    with_response = with_bodies and settings.response_body and level == "error"
    decision, reason, wait = _decision(trip.decision)
    return LogEntry(
        date=_date(trip.wall),
        level=level,
        method=_encodable(request.method),
        url=_encodable(redaction.shown_url(secrets.hide(request.url))),
        request_headers=_headers(request, redaction),
        response_headers=None if level == "debug" else _headers(response, redaction),
        correlation_id=_correlation_id(response),
        status_code=None if response is None else response.status,
        request_body=_body(request, redaction, secrets) if with_request else None,
        response_body=_body(response, redaction, secrets) if with_response else None,
        attempt=trip.attempt,
        failure=_failure(trip.outcome, redaction, secrets),
        decision=decision,
        reason=None if reason is None else _encodable(redaction.shown_text(secrets.hide(reason))),
        wait=wait,
    )


def _hidden(message: M, secrets: KnownSecrets) -> M:
    """Return the message with known secrets redacted in the values of its headers.

    The caller then redacts headers by name, which alone would miss secrets in unusual headers.
    """
    fields = ((name, secrets.hide(value)) for name, value in message.headers.raw)
    # Without validation: what a server sends may be invalid in a request.
    return replace(message, headers=Headers.received(fields))


def _level(trip: RoundTrip, level: LogLevel | None) -> RecordLevel | None:
    if level is None or level == "none":
        return None
    if trip.fails:
        return "error"
    return None if level == "error" else level


def _decided(state: State[T]) -> Repeat | GiveUp | None:
    match state:
        case ClosingGate(then=then):
            return _decided(then)
        case Waiting(seconds=seconds, why=why):
            return Repeat(seconds, why)
        case NeedToken(call=call):
            # The token was rejected, and the request is sent again with another one.
            return Repeat(0.0, call.attempts[-1].decision if call.attempts else "")
        case Raised(error=error):
            return GiveUp(error.attempts[-1].decision if error.attempts else error.message)
        case Returned() | NeedPermit() | Sending():
            return None


def _decision(decision: Repeat | GiveUp | None) -> tuple[_Decision, str | None, float | None]:
    match decision:
        case Repeat(seconds, why):
            return "repeat", why, seconds
        case GiveUp(why):
            return "give up", why, None
        case None:
            return None, None, None


_TOKEN_URL = re.compile(r"/oauth/token/?(?:[?#]|$)")


def _hides_bodies(sending: Sending[T]) -> bool:
    return sending.request.purpose == "token" or isinstance(sending.call.reader, RawResponseReader)


def _date(wall: float) -> str:
    moment = datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds")
    return moment.replace("+00:00", "Z")


def _headers(message: Request | Response | None, redaction: Redaction) -> dict[str, str] | None:
    if message is None:
        return None
    shown = redaction.shown_headers(message.headers)
    return {_encodable(name): _encodable(value) for name, value in shown.items()}


def _correlation_id(response: Response | None) -> str | None:
    found = response.headers.get(CORRELATION_ID) if response else None
    return _encodable(found) if found else None


def _body(
    message: Request | Response | None, redaction: Redaction, secrets: KnownSecrets
) -> str | None:
    if message is None or message.body is None:
        return None
    # surrogateescape: a body may be any bytes, and what is not redacted stays as it is.
    content = secrets.hide(message.body.decode("utf-8", "surrogateescape"))
    shown = redaction.shown_body(
        content.encode("utf-8", "surrogateescape"), message.headers.get("content-type")
    )
    return None if shown is None else _encodable(shown)


def _failure(
    outcome: Response | TransportFailure, redaction: Redaction, secrets: KnownSecrets
) -> str | None:
    if isinstance(outcome, Response):
        return None
    return _encodable(f"{outcome.kind}: {redaction.shown_text(secrets.hide(outcome.message))}")


def _encodable(text: str) -> str:
    """Replace lone surrogates, which no UTF-8 file can contain."""
    return text.encode("utf-8", "replace").decode()


def _line(name: str, value: object) -> list[str]:
    if value is None or value == "":
        return []
    # A server that sends "\n=== RESPONSE ===" must not be able to forge a part of the record.
    line = f"{name}: {value}".replace("\r\n", "\n").replace("\n", "\n\t")
    return [escape_lines(line)]


def _one_line(text: str) -> str:
    return escape_line(text.replace("\n", " "))


def _header_lines(headers: dict[str, str] | None) -> list[str]:
    if not headers:
        return []
    fields = [line for name, value in headers.items() for line in _line(f"\t{name}", value)]
    return ["Headers: ", *fields]

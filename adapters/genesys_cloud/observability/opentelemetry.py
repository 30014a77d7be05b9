"""Traces and metrics of calls with OpenTelemetry; the extra ``otel``.

Law: one span a call, however often it is sent; names and attributes are those of the stable HTTP
semantic conventions where there are any, and low in cardinality where they are counted by. Secrets,
bodies and the platform's words, which may name people, are in none of them.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from genesys_cloud.system_clock import read_clocks
from genesys_core.calls.lifecycle import Raised, Returned, Sending, State, Waiting
from genesys_core.calls.operation import Endpoint
from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.http.messages import Purpose, Request, Response, TransportFailure
from genesys_core.http.redaction import DEFAULT_REDACTION, Redaction
from genesys_core.notifications.messages import resolve_topic
from genesys_core.observability.log_records import RoundTrip
from genesys_core.session.retry import GiveUp, Repeat
from genesys_core.version import VERSION

try:
    from opentelemetry import context, metrics, propagate, trace
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.propagators.textmap import Setter, TextMapPropagator
    from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider
except ImportError as missing:
    raise ImportError(
        "opentelemetry is not installed; pip install 'genesys-cloud[otel]'", name=missing.name
    ) from missing

__all__ = ["SCHEMA_URL", "Telemetry"]

SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.37.0"
"""The version of the semantic conventions that the names are from."""

# Seconds; the buckets that the conventions recommend for http.client.request.duration.
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)

# Seconds; a program that keeps up takes microseconds, one that does not may be minutes behind.
_LAG_BUCKETS: Final = (0.0001, 0.001, 0.01, 0.1, 0.5, 1, 5, 10, 60, 300)

_Attributes = dict[str, str | int | float | bool]


class Telemetry:
    """Traces and counts the calls of any number of clients: ``Client(telemetry=Telemetry())``.

    ``docs/telemetry.md`` lists the spans, events and metrics.

    Args:
        tracer_provider: where spans go; ``None`` for the program's own.
        meter_provider: where metrics go; ``None`` for the program's own.
        propagator: writes the header fields that carry the trace to the platform; ``None`` for the
            program's own.
        propagate_context: whether such header fields are sent at all.
        redaction: what is hidden in URLs, besides what always is.
        clock: reads both clocks.
    """

    def __init__(
        self,
        *,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        propagator: TextMapPropagator | None = None,
        propagate_context: bool = True,
        redaction: Redaction = DEFAULT_REDACTION,
        clock: Callable[[], Now] = read_clocks,
    ) -> None:
        self._tracer = trace.get_tracer("genesys_cloud", VERSION, tracer_provider, SCHEMA_URL)
        self._propagator = propagator
        self._propagates = propagate_context
        self.redaction = redaction
        self.clock = clock
        meter = metrics.get_meter("genesys_cloud", VERSION, meter_provider, SCHEMA_URL)
        self.requests = meter.create_histogram(
            "http.client.request.duration",
            unit="s",
            description="Duration of HTTP client requests.",
            explicit_bucket_boundaries_advisory=_BUCKETS,
        )
        self.calls = meter.create_histogram(
            "genesys_cloud.client.call.duration",
            unit="s",
            description="Duration of calls, repeats and waits included.",
            explicit_bucket_boundaries_advisory=_BUCKETS,
        )
        self.retries = meter.create_counter(
            "genesys_cloud.client.retries", unit="{request}", description="Repeated requests."
        )
        self.waits = meter.create_histogram(
            "genesys_cloud.client.wait.duration",
            unit="s",
            description="Time that calls were told to wait, for a repeat or for the rate limit.",
        )
        self._lags = meter.create_histogram(
            "genesys_cloud.notification.lag",
            unit="s",
            description="Time from the read of a notification to its delivery to the program.",
            explicit_bucket_boundaries_advisory=_LAG_BUCKETS,
        )
        self._channels = meter.create_up_down_counter(
            "genesys_cloud.notification.channels",
            unit="{channel}",
            description="Open notification channels.",
        )

    def begin(self, operation_name: str, purpose: Purpose, now: Now) -> "_TracedCall":
        """Begin a span, the parent of what happens within the call."""
        # A call that the definition lacks is named by its path, which may hold ids.
        name = operation_name.partition(" ")[0]
        name = "HTTP" if name.isupper() and name not in _METHODS else name
        facts = {"genesys_cloud.operation": name, "genesys_cloud.purpose": purpose}
        span = self._tracer.start_span(name, kind=SpanKind.CLIENT, attributes=facts)
        return _TracedCall(self, span, {"genesys_cloud.operation": name}, now)

    def channel_opened(self) -> None:
        """Count a channel in; see :class:`~genesys_core.observability.observers.NotificationObserver`."""
        self._channels.add(1)

    def channel_closed(self) -> None:
        """Count a channel out."""
        self._channels.add(-1)

    def delivered(self, topic: str, seconds: float) -> None:
        """Record how long a notification lay with this library."""
        # A topic holds ids; of its templates there are a few hundred.
        template = resolve_topic(topic) or "_OTHER"
        self._lags.record(seconds, {"genesys_cloud.notification.topic": template})

    def carried(self, request: Request, span: Span) -> Request:
        """The request with the header fields that carry the trace; those it has are kept."""
        if not self._propagates:
            return request
        carrier: dict[str, str] = {}
        propagator = self._propagator or propagate.get_global_textmap()
        propagator.inject(carrier, trace.set_span_in_context(span), _SETTER)
        headers = request.headers
        for name, value in carrier.items():
            if name not in headers:
                # Baggage of the program's that no header can hold is left behind.
                with contextlib.suppress(InvalidValueError):
                    headers = headers.set(name, value)
        return msgspec.structs.replace(request, headers=headers)


class _FieldSetter(Setter[dict[str, str]]):
    def set(self, carrier: dict[str, str], key: str, value: str) -> None:
        carrier[key] = value


_SETTER: Final = _FieldSetter()


class _TracedCall:
    def __init__(self, telemetry: Telemetry, span: Span, facts: _Attributes, now: Now) -> None:
        self._telemetry = telemetry
        self._span = span
        self._facts = facts
        self._began = now.monotonic
        self._sent_at = now.monotonic
        self._sent = 0
        self._status: dict[str, str | int] = {}
        self._attached = context.attach(trace.set_span_in_context(span))

    def sending(self, request: Request) -> Request:
        if self._sent:
            self._telemetry.retries.add(1, self._facts)
        self._sent += 1
        if self._span.is_recording():
            self._span.set_attributes(dict(_place(request, self._telemetry.redaction)))
        request = self._telemetry.carried(request, self._span)
        self._sent_at = self._telemetry.clock().monotonic
        return request

    def attempted(
        self,
        sending: Sending[Any],
        request: Request,
        outcome: Response | TransportFailure,
        state: State[Any],
        now: Now,
    ) -> None:
        seconds = max(now.monotonic - self._sent_at, 0.0)
        named = _named(sending.call.endpoint)
        result = _result(outcome)
        self._telemetry.requests.record(seconds, {**_server(request), **named, **result})
        if not self._span.is_recording():
            return
        if "url.template" in named:
            self._span.update_name(f"{request.method} {named['url.template']}")
        self._span.set_attributes({**named, **_resent(self._sent)})
        self._status = _status(outcome)
        trip = RoundTrip.of(sending, request, outcome, state, now=now)
        event = {"genesys_cloud.attempt": trip.attempt, **result, **_decision(trip.decision)}
        self._span.add_event("genesys_cloud.attempt", event)

    def waiting(self, waiting: Waiting[Any]) -> None:
        reason = "retry" if waiting.reservation is None else "pacing"
        self._telemetry.waits.record(
            waiting.seconds, {**self._facts, "genesys_cloud.wait.reason": reason}
        )
        self._span.add_event(
            "genesys_cloud.wait",
            {"genesys_cloud.wait.reason": reason, "genesys_cloud.wait.seconds": waiting.seconds},
        )

    def ended(self, outcome: Returned[Any] | Raised | None, now: Now) -> None:
        kind = _error_type(outcome)
        facts = self._facts if kind is None else {**self._facts, "error.type": kind}
        self._telemetry.calls.record(max(now.monotonic - self._began, 0.0), facts)
        # Of the last attempt alone: what is set on a span cannot be taken back.
        self._span.set_attributes(self._status)
        if kind is not None:
            self._span.set_attribute("error.type", kind)
            if isinstance(outcome, Raised):
                self._span.set_status(Status(StatusCode.ERROR))
        correlation_id = _correlation_id(outcome)
        if correlation_id:
            self._span.set_attribute("genesys_cloud.correlation_id", correlation_id)
        self._span.end()
        context.detach(self._attached)


def _place(request: Request, redaction: Redaction) -> Iterator[tuple[str, str | int]]:
    yield from _server(request).items()
    if request.method not in _METHODS:
        yield "http.request.method_original", request.method
    yield "url.full", redaction.shown_url(request.url)


_PORTS: Final = {"https": 443, "http": 80}

_METHODS: Final = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
)
"""Those that the conventions count by; any other is ``_OTHER``."""


def _server(request: Request) -> dict[str, str | int]:
    url = urlsplit(request.url)
    return {
        "http.request.method": request.method if request.method in _METHODS else "_OTHER",
        "server.address": url.hostname or "",
        "server.port": url.port or _PORTS.get(url.scheme, 0),
    }


def _named(endpoint: Endpoint) -> dict[str, str]:
    # A call that the definition lacks has no template: its path may hold ids.
    return {} if " " in endpoint.name else {"url.template": endpoint.path}


def _resent(sent: int) -> dict[str, int]:
    return {"http.request.resend_count": sent - 1} if sent > 1 else {}


def _result(outcome: Response | TransportFailure) -> dict[str, str | int]:
    if isinstance(outcome, TransportFailure):
        return {"error.type": outcome.kind}
    status = _status(outcome)
    return {**status, "error.type": str(outcome.status)} if outcome.status >= 400 else status


def _status(outcome: Response | TransportFailure) -> dict[str, str | int]:
    if isinstance(outcome, TransportFailure):
        return {}
    return {"http.response.status_code": outcome.status}


def _decision(decision: Repeat | GiveUp | None) -> Mapping[str, str | float]:
    match decision:
        case Repeat(seconds, why):
            return {
                "genesys_cloud.decision": "repeat",
                "genesys_cloud.reason": DEFAULT_REDACTION.shown_text(why),
                "genesys_cloud.wait.seconds": seconds,
            }
        case GiveUp(why):
            return {
                "genesys_cloud.decision": "give up",
                "genesys_cloud.reason": DEFAULT_REDACTION.shown_text(why),
            }
        case None:
            return {}


def _error_type(outcome: Returned[Any] | Raised | None) -> str | None:
    if outcome is None:
        return "cancelled"
    if isinstance(outcome, Returned):
        return None
    status: object = getattr(outcome.error, "status", None)
    return str(status) if isinstance(status, int) else type(outcome.error).__name__


def _correlation_id(outcome: Returned[Any] | Raised | None) -> str | None:
    if isinstance(outcome, Returned):
        return outcome.response.correlation_id
    found: object = getattr(outcome.error, "correlation_id", None) if outcome else None
    return found if isinstance(found, str) else None

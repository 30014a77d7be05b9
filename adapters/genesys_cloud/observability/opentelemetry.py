"""Traces and metrics of calls with OpenTelemetry (extra ``otel``).

Invariants: one span per call, regardless of retries. Names and attributes are those of
:mod:`genesys_core.observability.span_attributes`.
"""

import contextlib
from collections.abc import Callable
from typing import Any, Final

import msgspec

from genesys_cloud.system_clock import read_clocks
from genesys_core.calls.lifecycle import Raised, Returned, Sending, State, Waiting
from genesys_core.checks import FLAG, FUNCTION, Expected
from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.http.messages import Purpose, Request, Response, TransportFailure
from genesys_core.http.redaction import DEFAULT_REDACTION, Redaction
from genesys_core.notifications.messages import resolve_topic
from genesys_core.observability.log_records import RoundTrip
from genesys_core.observability.observers import CallObserver, Observer
from genesys_core.observability.span_attributes import (
    SCHEMA_URL,
    Attributes,
    call_result_attributes,
    correlation_attributes,
    decision_attributes,
    endpoint_attributes,
    operation_label,
    request_attributes,
    resend_attributes,
    result_attributes,
    server_attributes,
    status_attributes,
    topic_attributes,
    wait_reason_attributes,
)
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

__all__ = ["Telemetry"]

# In seconds; the semantic conventions recommend these buckets for http.client.request.duration.
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)

# In seconds. A program that keeps up receives a notification within microseconds; a program that
# does not may lag by minutes.
_LAG_BUCKETS: Final = (0.0001, 0.001, 0.01, 0.1, 0.5, 1, 5, 10, 60, 300)


_EXPECTED: Final = {
    "tracer_provider": Expected(
        "a TracerProvider", "TracerProvider()", methods=("get_tracer",), is_optional=True
    ),
    "meter_provider": Expected(
        "a MeterProvider", "MeterProvider([reader])", methods=("get_meter",), is_optional=True
    ),
    "propagator": Expected(
        "a TextMapPropagator",
        "TraceContextTextMapPropagator()",
        methods=("inject",),
        is_optional=True,
    ),
    "propagate_context": FLAG,
    "redaction": Expected("a Redaction", "Redaction(query={'phone'})", (Redaction,)),
    "clock": FUNCTION,
}


class Telemetry(Observer):
    """Traces and metrics for any number of clients: ``Client(telemetry=Telemetry())``.

    ``docs/telemetry.md`` lists the spans, events and metrics.

    Args:
        tracer_provider: the provider that receives spans; ``None`` for the global provider.
        meter_provider: the provider that receives metrics; ``None`` for the global provider.
        propagator: the propagator that writes the headers with the trace context, such as
            ``traceparent``; ``None`` for the global propagator.
        propagate_context: whether headers with the trace context are sent to the platform.
        redaction: the names of URL parameters whose values are redacted, in addition to the default
            names.
        clock: a function that reads the monotonic and the wall clock.
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
        for name, given in (
            ("tracer_provider", tracer_provider),
            ("meter_provider", meter_provider),
            ("propagator", propagator),
            ("propagate_context", propagate_context),
            ("redaction", redaction),
            ("clock", clock),
        ):
            _EXPECTED[name].check(name, given)
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
            description="Duration of calls, including retries and waits.",
            explicit_bucket_boundaries_advisory=_BUCKETS,
        )
        self.retries = meter.create_counter(
            "genesys_cloud.client.retries", unit="{request}", description="Repeated requests."
        )
        self.waits = meter.create_histogram(
            "genesys_cloud.client.wait.duration",
            unit="s",
            description="Time that calls waited before a retry or for the rate limit.",
        )
        self._lags = meter.create_histogram(
            "genesys_cloud.notification.lag",
            unit="s",
            description="Time from receipt of a notification to its delivery to the program.",
            explicit_bucket_boundaries_advisory=_LAG_BUCKETS,
        )
        self._channels = meter.create_up_down_counter(
            "genesys_cloud.notification.channels",
            unit="{channel}",
            description="Number of open notification channels.",
        )

    def begin(self, operation_name: str, purpose: Purpose, now: Now) -> "_TracedCall":
        """Start the span of a call, and return the observer of that call."""
        name = operation_label(operation_name)
        counted: Attributes = {"genesys_cloud.operation": name}
        span = self._tracer.start_span(
            name, kind=SpanKind.CLIENT, attributes={**counted, "genesys_cloud.purpose": purpose}
        )
        return _TracedCall(self, span, counted, now)

    def channel_opened(self) -> None:
        """Count an opened channel."""
        self._channels.add(1)

    def channel_closed(self) -> None:
        """Count a closed channel."""
        self._channels.add(-1)

    def delivered(self, topic: str, seconds: float) -> None:
        """Record the seconds from the receipt of a notification to its delivery."""
        self._lags.record(seconds, topic_attributes(resolve_topic(topic)))

    def carried(self, request: Request, span: Span) -> Request:
        """Return the request with the trace context added to its headers; existing headers are kept."""
        if not self._propagates:
            return request
        carrier: dict[str, str] = {}
        propagator = self._propagator or propagate.get_global_textmap()
        propagator.inject(carrier, trace.set_span_in_context(span), _SETTER)
        headers = request.headers
        for name, value in carrier.items():
            if name not in headers:
                # Baggage that cannot be represented in a header is not propagated.
                with contextlib.suppress(InvalidValueError):
                    headers = headers.set(name, value)
        return msgspec.structs.replace(request, headers=headers)


class _FieldSetter(Setter[dict[str, str]]):
    def set(self, carrier: dict[str, str], key: str, value: str) -> None:
        carrier[key] = value


_SETTER: Final = _FieldSetter()


class _TracedCall(CallObserver):
    def __init__(self, telemetry: Telemetry, span: Span, counted: Attributes, now: Now) -> None:
        self._telemetry = telemetry
        self._span = span
        self._counted = counted
        self._began = now.monotonic
        self._sent_at = now.monotonic
        self._sent = 0
        self._status: Attributes = {}
        # This span becomes the parent of spans within the call, such as those of an instrumented
        # HTTP library. The same task must detach it, because OpenTelemetry stores it in a context
        # variable.
        self._attached = context.attach(trace.set_span_in_context(span))

    def sending(self, request: Request) -> Request:
        if self._sent:
            self._telemetry.retries.add(1, self._counted)
        self._sent += 1
        if self._span.is_recording():
            self._span.set_attributes(request_attributes(request, self._telemetry.redaction))
        request = self._telemetry.carried(request, self._span)
        # Last, so that the duration of the request does not include the work of this method.
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
        endpoint = endpoint_attributes(sending.call.endpoint)
        result = result_attributes(outcome)
        self._telemetry.requests.record(
            seconds, {**server_attributes(request), **endpoint, **result}
        )
        if not self._span.is_recording():
            return
        # The path is a template such as `/api/v2/users/{userId}`, so the number of span names is small.
        if endpoint:
            self._span.update_name(f"{request.method} {sending.call.endpoint.path}")
        self._span.set_attributes({**endpoint, **resend_attributes(self._sent)})
        self._status = status_attributes(outcome)
        trip = RoundTrip.of(sending, request, outcome, state, now=now)
        self._span.add_event("genesys_cloud.attempt", {**result, **decision_attributes(trip)})

    def waiting(self, waiting: Waiting[Any]) -> None:
        reason = wait_reason_attributes(waiting)
        self._telemetry.waits.record(waiting.seconds, {**self._counted, **reason})
        self._span.add_event(
            "genesys_cloud.wait", {**reason, "genesys_cloud.wait.seconds": waiting.seconds}
        )

    def ended(self, outcome: Returned[Any] | Raised | None, now: Now) -> None:
        result = call_result_attributes(outcome)
        seconds = max(now.monotonic - self._began, 0.0)
        self._telemetry.calls.record(seconds, {**self._counted, **result})
        # Only the last attempt's status is set, because span attributes cannot be removed.
        self._span.set_attributes({**self._status, **result, **correlation_attributes(outcome)})
        if isinstance(outcome, Raised):
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()
        context.detach(self._attached)

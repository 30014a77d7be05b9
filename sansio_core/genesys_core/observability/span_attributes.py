"""The names and attributes of a call's span, its events and its metrics, for OpenTelemetry.

Invariants: names are those of the stable HTTP semantic conventions where there are any; all others begin
with ``genesys_cloud.``. What metrics are counted by is low in cardinality: a path that may hold ids
is in none of it. Secrets, bodies and the platform's words, which may name people, are nowhere.
"""

from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from genesys_core.calls.lifecycle import Raised, Returned, Waiting
from genesys_core.calls.operation import Endpoint
from genesys_core.http.known_secrets import KnownSecrets
from genesys_core.http.messages import Request, Response, TransportFailure
from genesys_core.http.redaction import DEFAULT_REDACTION, Redaction, message_secrets
from genesys_core.observability.log_records import RoundTrip
from genesys_core.session.retry import Repeat

__all__ = [
    "SCHEMA_URL",
    "Attributes",
    "call_result_attributes",
    "correlation_attributes",
    "decision_attributes",
    "endpoint_attributes",
    "operation_label",
    "request_attributes",
    "resend_attributes",
    "result_attributes",
    "server_attributes",
    "status_attributes",
    "topic_attributes",
    "wait_reason_attributes",
]

Attributes: TypeAlias = dict[str, str | int | float]
"""Attributes by name."""

SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.37.0"
"""The version of the semantic conventions that the names are from."""

_METHODS: Final = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
)
"""Those that the conventions count by; any other is ``_OTHER``."""

_PORTS: Final = {"https": 443, "http": 80}


def operation_label(operation_name: str) -> str:
    """What a call is counted by: the operation's name, or the method of a call without one.

    A call that the definition lacks is named by its method and path, and the path may hold ids.
    """
    method = operation_name.partition(" ")[0]
    return "HTTP" if method.isupper() and method not in _METHODS else method


def server_attributes(request: Request) -> Attributes:
    """The method, and the host that it goes to."""
    url = urlsplit(request.url)
    return {
        "http.request.method": request.method if request.method in _METHODS else "_OTHER",
        "server.address": url.hostname or "",
        "server.port": url.port or _PORTS.get(url.scheme, 0),
    }


def request_attributes(request: Request, redaction: Redaction) -> Attributes:
    """What a span says of a request: method, host and the redacted URL."""
    attributes = server_attributes(request)
    if request.method not in _METHODS:
        attributes["http.request.method_original"] = request.method
    secrets = KnownSecrets.of(message_secrets(request.headers, request.body))
    return {**attributes, "url.full": redaction.shown_url(secrets.hide(request.url))}


def endpoint_attributes(endpoint: Endpoint) -> Attributes:
    """The template of the path; a call that the definition lacks has none."""
    return {} if " " in endpoint.name else {"url.template": endpoint.path}


def resend_attributes(sent: int) -> Attributes:
    """How often a request was sent again.

    Args:
        sent: how often it was sent in all.
    """
    return {"http.request.resend_count": sent - 1} if sent > 1 else {}


def status_attributes(outcome: Response | TransportFailure) -> Attributes:
    """The status code, if there is one."""
    if isinstance(outcome, TransportFailure):
        return {}
    return {"http.response.status_code": outcome.status}


def result_attributes(outcome: Response | TransportFailure) -> Attributes:
    """The status code, and what went wrong with one request."""
    if isinstance(outcome, TransportFailure):
        return {"error.type": outcome.kind}
    status = status_attributes(outcome)
    return {**status, "error.type": str(outcome.status)} if outcome.status >= 400 else status


def decision_attributes(trip: RoundTrip) -> Attributes:
    """The number of an attempt, and what was decided after it."""
    number: Attributes = {"genesys_cloud.attempt": trip.attempt}
    if trip.decision is None:
        return number
    decision: Attributes = {
        "genesys_cloud.decision": "repeat" if isinstance(trip.decision, Repeat) else "give up",
        "genesys_cloud.reason": DEFAULT_REDACTION.shown_text(trip.secrets.hide(trip.decision.why)),
    }
    if isinstance(trip.decision, Repeat):
        decision["genesys_cloud.wait.seconds"] = trip.decision.seconds
    return number | decision


def wait_reason_attributes(waiting: Waiting[Any]) -> Attributes:
    """What a call waits for: a retry, or its place in the rate limit."""
    reason = "retry" if waiting.reservation is None else "pacing"
    return {"genesys_cloud.wait.reason": reason}


def call_result_attributes(outcome: Returned[Any] | Raised | None) -> Attributes:
    """How a whole call failed; none where it did not. ``None`` is a call that was cancelled."""
    if outcome is None:
        return {"error.type": "cancelled"}
    if isinstance(outcome, Returned):
        return {}
    status: object = getattr(outcome.error, "status", None)
    kind = str(status) if isinstance(status, int) else type(outcome.error).__name__
    return {"error.type": kind}


def correlation_attributes(outcome: Returned[Any] | Raised | None) -> Attributes:
    """The platform's id of the exchange, by which its support finds it."""
    found: object = None
    if isinstance(outcome, Returned):
        found = outcome.response.correlation_id
    elif outcome is not None:
        found = getattr(outcome.error, "correlation_id", None)
    return {"genesys_cloud.correlation_id": found} if found and isinstance(found, str) else {}


def topic_attributes(template: str | None) -> Attributes:
    """What a notification is counted by.

    Args:
        template: that of its topic, of which there are a few hundred (a topic itself holds ids);
            ``None`` for a topic of no known template.
    """
    return {"genesys_cloud.notification.topic": template or "_OTHER"}

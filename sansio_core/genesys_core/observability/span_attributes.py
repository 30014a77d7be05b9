"""Names and attributes of spans, span events and metrics, for OpenTelemetry.

Invariants: names are those of the stable HTTP semantic conventions if there are any; all others
begin with ``genesys_cloud.``. Metric attributes have low cardinality: none contains a path that may
include ids. No attribute contains secrets, bodies, or messages from the platform, which may contain
people's names.
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
"""Attributes of a span, span event or metric, by attribute name."""

SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.37.0"
"""The schema URL of the semantic conventions that the attributes follow."""

_METHODS: Final = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
)
"""The HTTP methods that the semantic conventions define; others are reported as ``_OTHER``."""

_PORTS: Final = {"https": 443, "http": 80}


def operation_label(operation_name: str) -> str:
    """Return the name of a call in metrics: its operation's name, or else the HTTP method.

    The name of an undocumented call is not used, because its path may contain ids. An HTTP method
    that the semantic conventions do not define is reported as ``HTTP``.
    """
    method = operation_name.partition(" ")[0]
    # The semantic conventions name a span ``HTTP`` if its method is not a known one.
    return "HTTP" if method.isupper() and method not in _METHODS else method


def server_attributes(request: Request) -> Attributes:
    """Return the attributes for the HTTP method and the server's host and port."""
    url = urlsplit(request.url)
    return {
        "http.request.method": request.method if request.method in _METHODS else "_OTHER",
        "server.address": url.hostname or "",
        "server.port": url.port or _PORTS.get(url.scheme, 0),
    }


def request_attributes(request: Request, redaction: Redaction) -> Attributes:
    """Return the attributes of a request's span: method, host and the redacted URL."""
    attributes = server_attributes(request)
    if request.method not in _METHODS:
        attributes["http.request.method_original"] = request.method
    secrets = KnownSecrets.of(message_secrets(request.headers, request.body))
    return {**attributes, "url.full": redaction.shown_url(secrets.hide(request.url))}


def endpoint_attributes(endpoint: Endpoint) -> Attributes:
    """Return the attribute for the endpoint's path template; empty for undocumented calls."""
    return {} if " " in endpoint.name else {"url.template": endpoint.path}


def resend_attributes(sent: int) -> Attributes:
    """Return the attribute for the number of resends of a request; empty if there were none.

    Args:
        sent: the number of times that the request was sent in total.
    """
    return {"http.request.resend_count": sent - 1} if sent > 1 else {}


def status_attributes(outcome: Response | TransportFailure) -> Attributes:
    """Return the attribute for the response's status code; empty if there is no response."""
    if isinstance(outcome, TransportFailure):
        return {}
    return {"http.response.status_code": outcome.status}


def result_attributes(outcome: Response | TransportFailure) -> Attributes:
    """Return the attributes for the status code and the error type of one request."""
    if isinstance(outcome, TransportFailure):
        return {"error.type": outcome.kind}
    status = status_attributes(outcome)
    # For clients, 4xx is an error as well, unlike for servers.
    return {**status, "error.type": str(outcome.status)} if outcome.status >= 400 else status


def decision_attributes(trip: RoundTrip) -> Attributes:
    """Return the attributes for an attempt's number and the decision after it."""
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
    """Return the attribute for the reason why a call waits: a retry, or the rate limit."""
    reason = "retry" if waiting.reservation is None else "pacing"
    return {"genesys_cloud.wait.reason": reason}


def call_result_attributes(outcome: Returned[Any] | Raised | None) -> Attributes:
    """Return the attribute for the error type of a call; empty if it succeeded.

    An outcome of ``None`` means that the call was cancelled.
    """
    if outcome is None:
        return {"error.type": "cancelled"}
    if isinstance(outcome, Returned):
        return {}
    status: object = getattr(outcome.error, "status", None)
    kind = str(status) if isinstance(status, int) else type(outcome.error).__name__
    return {"error.type": kind}


def correlation_attributes(outcome: Returned[Any] | Raised | None) -> Attributes:
    """Return the attribute for the platform's correlation id; empty if there is none."""
    found: object = None
    if isinstance(outcome, Returned):
        found = outcome.response.correlation_id
    elif outcome is not None:
        found = getattr(outcome.error, "correlation_id", None)
    return {"genesys_cloud.correlation_id": found} if found and isinstance(found, str) else {}


def topic_attributes(template: str | None) -> Attributes:
    """Return the metric attribute for the topic of a notification.

    Args:
        template: the template of the topic; ``None`` for an unknown topic. There are a few hundred
            templates, but any number of topics, because topics contain ids.
    """
    return {"genesys_cloud.notification.topic": template or "_OTHER"}

"""The platform's error responses.

Invariants: a handler that cannot continue raises a :class:`Problem`, which contains the response.
Error codes are those that the platform documents or has been observed to return; if none is known,
the code is ``bad.request``. Guesses: the codes of 405 and 413.
"""

from collections.abc import Mapping, Sequence

from genesys_core.simulator.http.exchange import Reply, json_reply
from genesys_core.simulator.state.examples import Json

__all__ = [
    "OAuthProblem",
    "PlatformProblem",
    "Problem",
    "ScimProblem",
    "bad_request",
    "content_too_large",
    "invalid_value",
    "method_not_allowed",
    "missing_permissions",
    "no_such_entity",
    "no_such_reference",
    "no_such_resource",
    "too_many_requests",
    "unauthorized_token",
    "unsupported_media_type",
    "version_conflict",
]


class Problem(Exception):  # noqa: N818 - never leaves the simulator: it is a response, not an error
    """A request's failure, which becomes an error response."""

    def reply(self, context_id: str) -> Reply:
        """Return the error response.

        Args:
            context_id: the request's correlation id, which the error body repeats.
        """
        raise NotImplementedError


class PlatformProblem(Problem):
    """An API error, with a body of the type ``ErrorBody``.

    Args:
        status: the HTTP status code.
        code: the platform's error code, such as ``not.found``.
        message: the error message in the body.
        extra: further members of the error body.
        headers: further headers of the response.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        extra: Mapping[str, Json] | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.extra = extra or {}
        self.headers = tuple(headers)

    def reply(self, context_id: str) -> Reply:
        """Return the response that reports this error in an ``ErrorBody``."""
        body: dict[str, Json] = {
            "message": self.message,
            "code": self.code,
            "status": self.status,
            "contextId": context_id,
            "details": [],
            "errors": [],
            **self.extra,
        }
        return json_reply(body, status=self.status, headers=self.headers)


class OAuthProblem(Problem):
    """A login host error; its body repeats the description under two names.

    Args:
        status: the HTTP status code.
        error: an error code from RFC 6749 section 5.2.
        description: the error message.
    """

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description

    def reply(self, context_id: str) -> Reply:  # noqa: ARG002 - the body has no context id
        """Return the response with ``error``, ``description`` and ``error_description``."""
        body: dict[str, Json] = {
            "error": self.error,
            "description": self.description,
            "error_description": self.description,
        }
        return json_reply(body, status=self.status)


class ScimProblem(Problem):
    """A SCIM error, with the body defined in RFC 7644 section 3.12.

    Args:
        status: the HTTP status code.
        detail: the error message.
        kind: the ``scimType``, such as ``uniqueness``; empty if RFC 7644 defines none for the
            error.
    """

    def __init__(self, status: int, detail: str, kind: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = kind

    def reply(self, context_id: str) -> Reply:  # noqa: ARG002 - the body has no context id
        """Return the response with ``schemas``, ``status``, ``scimType`` and ``detail``."""
        body: dict[str, Json] = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": str(self.status),
            "detail": self.detail,
            **({"scimType": self.kind} if self.kind else {}),
        }
        return json_reply(body, status=self.status, content_type="application/scim+json")


def bad_request(message: str, *, field: str | None = None) -> PlatformProblem:
    """Return a 400 for a malformed or incomplete request."""
    return PlatformProblem(400, "bad.request", message, extra=_about_field("bad.request", field))


def invalid_value(value: str, kind: str, *, field: str) -> PlatformProblem:
    """Return a 400 for a value of the wrong type or outside the bounds."""
    message = f"Value [{value}] is not valid for field type [{kind}]: {field}."
    return PlatformProblem(
        400, "invalid.value", message, extra=_about_field("invalid.value", field)
    )


def unauthorized_token(code: str) -> PlatformProblem:
    """Return a 401 with one of the platform's three error codes for tokens."""
    challenge = ("WWW-Authenticate", 'Bearer realm="Genesys Cloud"')
    return PlatformProblem(401, code, _UNAUTHORIZED[code], headers=(challenge,))


def missing_permissions(missing: Sequence[str], *, is_any: bool) -> PlatformProblem:
    """Return a 403 for a caller who lacks permissions.

    Args:
        missing: the permissions that the caller lacks.
        is_any: whether one of the missing permissions would suffice.
    """
    named = ", ".join(missing)
    if is_any:
        message = "This request requires one of these permissions: [{permissions}]."
    else:
        message = "This request requires permissions that the caller lacks: [{permissions}]."
    extra: dict[str, Json] = {
        "messageWithParams": message,
        "messageParams": {"permissions": named},
    }
    message = message.replace("{permissions}", named)
    code = "missing.any.permissions" if is_any else "missing.permissions"
    return PlatformProblem(403, code, message, extra=extra)


def no_such_resource() -> PlatformProblem:
    """Return a 404 for a path that the platform does not have."""
    return PlatformProblem(404, "not.found", "The requested resource was not found.")


def no_such_entity(kind: str, identity: str) -> PlatformProblem:
    """Return a 404 for an entity that does not exist."""
    message = f"Unable to find a {kind} with that id"
    extra: dict[str, Json] = {"entityId": identity, "entityName": kind}
    detail: dict[str, Json] = {"errorCode": "not.found", **extra}
    return PlatformProblem(404, "not.found", message, extra={**extra, "details": [detail]})


def no_such_reference(kind: str, identity: str, *, field: str) -> PlatformProblem:
    """Return a 400 for a body that refers to something that does not exist."""
    message = f"The field '{field}' refers to a {kind} that does not exist: [{identity}]."
    detail: dict[str, Json] = {
        "errorCode": "not.found",
        "fieldName": field,
        "entityId": identity,
        "entityName": kind,
    }
    return PlatformProblem(400, "bad.request", message, extra={"details": [detail]})


def method_not_allowed(allowed: Sequence[str]) -> PlatformProblem:
    """Return a 405 for a method that the path does not support."""
    allow = ("Allow", ", ".join(sorted(allowed)))
    message = "The requested method is not allowed for this resource."
    return PlatformProblem(405, "method.not.allowed", message, headers=(allow,))


def version_conflict(
    kind: str,
    identity: str,
    given: object,
    current: object,
    *,
    code: str = "general.conflict",
) -> PlatformProblem:
    """Return a 409 for an update based on an outdated version."""
    message = f"The {kind} version {given} does not match the current version {current}"
    extra: dict[str, Json] = {"entityId": identity, "entityName": kind}
    return PlatformProblem(409, code, message, extra=extra)


def unsupported_media_type() -> PlatformProblem:
    """Return a 415 for a body that is not declared as JSON."""
    message = (
        "Unsupported Media Type - Unsupported or incorrect media type, such as an incorrect "
        "Content-Type value in the header."
    )
    return PlatformProblem(415, "unsupported.media.type", message)


def content_too_large(limit: int) -> PlatformProblem:
    """Return a 413 for a body that is larger than the limit in bytes."""
    message = f"The request body is larger than {limit} bytes."
    return PlatformProblem(413, "request.entity.too.large", message)


def too_many_requests(seconds: int, limit: int) -> PlatformProblem:
    """Return a 429 with ``Retry-After`` in whole seconds."""
    message = f"Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds"
    facts: dict[str, Json] = {
        "key": "token.rate.per.minute",
        "namespace": "platform.api",
        "value": limit,
    }
    return PlatformProblem(
        429,
        "too.many.requests.retry.after",
        message,
        extra={"limit": facts},
        headers=(("Retry-After", str(seconds)),),
    )


_UNAUTHORIZED: Mapping[str, str] = {
    "authentication.required": "No authentication bearer token specified in authorization header.",
    "bad.credentials": "Invalid login credentials.",
    "credentials.expired": "The supplied credentials are expired and cannot be used.",
}


def _about_field(code: str, field: str | None) -> Mapping[str, Json]:
    return {} if field is None else {"details": [{"errorCode": code, "fieldName": field}]}

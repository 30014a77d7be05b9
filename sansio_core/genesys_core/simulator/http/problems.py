"""The platform's error replies.

Law: a handler that cannot go on raises a :class:`Problem`, which is already the reply. Codes and
messages are the platform's, as recorded by its users; where none is known, the code is
``bad.request``.
"""

from collections.abc import Mapping, Sequence

from genesys_core.simulator.http.exchange import Reply, json_reply
from genesys_core.simulator.state.examples import Json

__all__ = [
    "OAuthProblem",
    "PlatformProblem",
    "Problem",
    "bad_request",
    "invalid_value",
    "method_not_allowed",
    "no_such_entity",
    "no_such_resource",
    "too_many_requests",
    "unauthorized_token",
    "unsupported_media_type",
    "version_conflict",
]


class Problem(Exception):  # noqa: N818 - never leaves the simulator: it is a reply, not an error
    """A request that ends with an error reply."""

    def reply(self, context_id: str) -> Reply:
        """The reply.

        Args:
            context_id: the request's correlation id, which error bodies repeat.
        """
        raise NotImplementedError


class PlatformProblem(Problem):
    """An error of the API, with the body that the definition calls ``ErrorBody``.

    Args:
        status: of the reply.
        code: the platform's code, such as ``not.found``.
        message: in words.
        extra: further members of the body.
        headers: further fields of the reply.
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
        """The reply, with the error body."""
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
    """An error of the login host, whose body says everything twice.

    Args:
        status: of the reply.
        error: the code of RFC 6749, 5.2.
        description: in words.
    """

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description

    def reply(self, context_id: str) -> Reply:  # noqa: ARG002 - the login host's body has no place
        """The reply, with ``error``, ``description`` and ``error_description``."""
        body: dict[str, Json] = {
            "error": self.error,
            "description": self.description,
            "error_description": self.description,
        }
        return json_reply(body, status=self.status)


def bad_request(message: str, *, field: str | None = None) -> PlatformProblem:
    """400 for a request that lacks something, or cannot be understood."""
    return PlatformProblem(400, "bad.request", message, extra=_about_field("bad.request", field))


def invalid_value(value: str, kind: str, *, field: str) -> PlatformProblem:
    """400 for a value of the wrong type."""
    message = f"Value [{value}] is not valid for field type [{kind}]: {field}."
    return PlatformProblem(
        400, "invalid.value", message, extra=_about_field("invalid.value", field)
    )


def unauthorized_token(code: str) -> PlatformProblem:
    """401 with one of the platform's three codes."""
    challenge = ("WWW-Authenticate", 'Bearer realm="Genesys Cloud"')
    return PlatformProblem(401, code, _UNAUTHORIZED[code], headers=(challenge,))


def no_such_resource() -> PlatformProblem:
    """404 for a path that the platform does not have."""
    return PlatformProblem(404, "not.found", "The requested resource was not found.")


def no_such_entity(kind: str, identity: str) -> PlatformProblem:
    """404 for an id that nothing has."""
    message = f"Unable to find a {kind} with that id"
    extra: dict[str, Json] = {"entityId": identity, "entityName": kind}
    detail: dict[str, Json] = {"errorCode": "not.found", **extra}
    return PlatformProblem(404, "not.found", message, extra={**extra, "details": [detail]})


def method_not_allowed(allowed: Sequence[str]) -> PlatformProblem:
    """405 for a path that exists, but not with this method."""
    allow = ("Allow", ", ".join(sorted(allowed)))
    message = "The requested method is not allowed for this resource."
    return PlatformProblem(405, "method.not.allowed", message, headers=(allow,))


def version_conflict(kind: str, identity: str, given: object, current: object) -> PlatformProblem:
    """409 for a change to a version that is no longer the current one."""
    message = f"The {kind} version {given} does not match the current version {current}"
    extra: dict[str, Json] = {"entityId": identity, "entityName": kind}
    return PlatformProblem(409, "general.conflict", message, extra=extra)


def unsupported_media_type() -> PlatformProblem:
    """415 for a body that is not declared as JSON."""
    message = (
        "Unsupported Media Type - Unsupported or incorrect media type, such as an incorrect "
        "Content-Type value in the header."
    )
    return PlatformProblem(415, "unsupported.media.type", message)


def too_many_requests(seconds: int, limit: int) -> PlatformProblem:
    """429 with ``Retry-After`` in whole seconds."""
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

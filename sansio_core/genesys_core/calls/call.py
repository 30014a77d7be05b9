"""The data of one call, shared by all of its states.

Invariants: a call is an immutable value; each failed attempt is appended to its history, with the
decision that followed. The timeouts of the next request are computed here, and nowhere else.
"""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from genesys_core import errors
from genesys_core.calls.operation import Endpoint
from genesys_core.calls.prepare import authorize_request
from genesys_core.calls.responses import ResponseReader, transport_error
from genesys_core.clock import Now, Random
from genesys_core.errors import ApiError, Attempt, GenesysCloudError
from genesys_core.http.known_secrets import KnownSecrets
from genesys_core.http.messages import Request, Response, Timeout, TransportFailure
from genesys_core.http.redaction import redact_error
from genesys_core.oauth.tokens import Token, token_secrets
from genesys_core.session.retry import RetryConfiguration
from genesys_core.session.vault import Vault

__all__ = ["Call"]

T = TypeVar("T")

LEAST_FOR_A_REPEAT: Final = 1.0
"""Minimum time allowed for a retry, in seconds, even if less of the retry budget is left."""

_UNAUTHENTICATED: Final = (
    "the request was sent without a token; pass auth= or access_token= to the client, or set "
    "GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET in the environment"
)


class Call(Struct, Generic[T], frozen=True, kw_only=True):
    """The data that all states of one call share.

    Attributes:
        endpoint: the endpoint of the operation.
        request: the request without a token.
        reader: decodes the responses to the request.
        policy: the effective retry configuration.
        repeatable: whether the request may be sent again even if an earlier attempt took effect.
        refreshable: whether a rejected token can be replaced.
        paced: whether the call's requests count against a client-side rate limit.
        random: the random source for jitter.
        started: when the call began, on the monotonic clock.
        deadline: maximum duration in seconds, or ``None``.
        token: the token in use.
        refreshed: whether a rejected token was already replaced.
        attempts: the failed requests so far, oldest first, each with the retry decision.
        doubtful: whether one of the failed requests may have taken effect.
        login: the login host that must have issued the call's token; ``None`` for any login host.
        vault: the client's token and grant, whose secrets are redacted in errors.
        secrets: further secrets to redact.
        refuse_redirect: for a caller that follows redirects, a function that takes the error for a
            redirect, and returns the error to raise, or ``None`` to follow the redirect.
    """

    endpoint: Endpoint
    request: Request
    reader: ResponseReader[T]
    policy: RetryConfiguration
    repeatable: bool
    refreshable: bool
    paced: bool
    random: Random
    started: float
    deadline: float | None = None
    token: Token | None = None
    refreshed: bool = False
    attempts: tuple[Attempt, ...] = ()
    doubtful: bool = False
    login: str | None = None
    vault: Vault = Vault()
    secrets: KnownSecrets = KnownSecrets()
    refuse_redirect: Callable[[GenesysCloudError], GenesysCloudError | None] | None = None

    @property
    def known_secrets(self) -> KnownSecrets:
        """The secrets to redact in error messages, because a server may echo parts of a request."""
        token = () if self.token is None else token_secrets(self.token)
        held = KnownSecrets.of((*self.secrets.values, *self.vault.secrets(), *token))
        return held.joined(self.request.known_secrets)

    @property
    def expires(self) -> float | None:
        """When the call's deadline passes, on the monotonic clock; ``None`` without a deadline."""
        return None if self.deadline is None else self.started + self.deadline

    def uses_login_host(self, login: str) -> bool:
        """Return whether tokens issued by a login host are valid for this call.

        A configuration reload may have changed the client's login host.
        """
        return self.login is None or self.login == login

    def elapsed(self, now: Now) -> float:
        """Return the seconds since the call began."""
        return now.monotonic - self.started

    def expired(self, now: Now) -> bool:
        """Return whether the call's deadline has passed."""
        return self.expires is not None and now.monotonic >= self.expires

    def next_request(self, now: Now | None) -> Request:
        """Return the next request, with the token and with timeouts limited by the remaining time.

        Args:
            now: the current time; ``None`` leaves the timeouts unchanged.
        """
        request = authorize_request(self.request, self.token)
        left = None if now is None else self._time_left(now)
        if now is None or left is None:
            return request
        return msgspec.structs.replace(
            request, timeout=_shortened(request.timeout, left), expires=now.monotonic + left
        )

    def with_attempt(
        self, outcome: Response | TransportFailure, decision: str, *, now: Now
    ) -> "Call[T]":
        """Return the call with one more attempt in its history.

        Args:
            outcome: the response or failure.
            decision: the decision after the attempt (retry or not), and its reason.
            now: when the attempt ended.
        """
        status = outcome.status if isinstance(outcome, Response) else None
        words = outcome.message if isinstance(outcome, TransportFailure) else f"HTTP {status}"
        number, secrets = len(self.attempts) + 1, self.known_secrets
        attempt = Attempt(
            number, secrets.hide(words), self.elapsed(now), secrets.hide(decision), status
        )
        return msgspec.structs.replace(self, attempts=(*self.attempts, attempt))

    def error(
        self, outcome: Response | TransportFailure, retry_after: float | None = None
    ) -> GenesysCloudError:
        """Return the error for an attempt's outcome.

        Args:
            outcome: the response or failure.
            retry_after: seconds to wait before retrying, from the response.
        """
        if not isinstance(outcome, Response):
            return transport_error(outcome, self.request)
        error = self.reader.error(outcome, self.request, retry_after)
        # Only for API calls: token requests and requests to other hosts need no token.
        needs_token = outcome.status == 401 and self.login is not None
        if needs_token and self.next_request(None).headers.get("Authorization") is None:
            error.add_note(_UNAUTHENTICATED)
        return error

    def timeout_error(self, words: str | None = None) -> errors.TimeoutError:
        """Return a timeout error; its default message is that the call's deadline has passed."""
        message = words or f"the call's deadline of {self.deadline:g} s has passed"
        return errors.TimeoutError(message, sent=self.doubtful, request=self.request)

    def with_history(self, error: GenesysCloudError) -> GenesysCloudError:
        """Return an error that ends the call, with the call's history and without secrets."""
        error.attempts = self.attempts
        secrets = self.known_secrets
        redact_error(error, secrets)
        # A program may need the response as received, so only its display is redacted.
        if isinstance(error, ApiError):
            error.response = error.response.hiding(secrets)
        # The error knows the last attempt only; an earlier one may have taken effect.
        if self.repeatable:
            error.is_retry_safe = True
        elif self.doubtful and error.is_retry_safe:
            error.is_retry_safe = False
        return error

    def _time_left(self, now: Now) -> float | None:
        """Return the seconds for the next request, or ``None`` for no limit."""
        if self.deadline is None and not self.attempts:
            return None
        bounds: list[float] = []
        if self.expires is not None:
            bounds.append(self.expires - now.monotonic)
        # The retry budget limits neither a slow first attempt, which is not a failure, nor a POST,
        # whose effect would be unknown if it were cut off.
        if self.repeatable and any(attempt.status != 401 for attempt in self.attempts):
            left = self.policy.max_retry_time_sec - self.elapsed(now)
            bounds.append(max(left, LEAST_FOR_A_REPEAT))
        return min(bounds, default=None)


def _shortened(timeout: Timeout, left: float) -> Timeout:
    phases = msgspec.structs.asdict(timeout)
    return Timeout(**{n: left if s is None or left < s else s for n, s in phases.items()})

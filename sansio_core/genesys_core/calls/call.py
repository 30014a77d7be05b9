"""What one call knows of itself, whatever state it is in.

Law: a call is a value and only grows: each attempt is added to its history, with what was decided
about it. What the next request may take of its time is computed here, and nowhere else.
"""

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
"""Seconds that a repeat gets even if it begins with less than that left of the budget."""


class Call(Struct, Generic[T], frozen=True, kw_only=True):
    """What stays the same, or is counted, through the life of one call.

    Attributes:
        endpoint: what is called.
        request: the request without its token.
        reader: how its replies are read.
        policy: the retry configuration in force.
        repeatable: whether doing it twice is doing it once.
        refreshable: whether a rejected token can be replaced.
        paced: whether it counts against a rate limit that somebody keeps.
        random: for the jitter of waits.
        started: when the call began, on the monotonic clock.
        deadline: seconds from then that it may take, or ``None``.
        token: the token in use.
        refreshed: whether a rejected token was replaced already.
        attempts: requests that failed so far.
        doubtful: whether one of them may have taken effect.
        login: the login host that its tokens come from; ``None`` for whichever there is.
        vault: the client's token and grant, whose secrets are replaced in what the call shows.
        secrets: further ones.
    """

    endpoint: Endpoint
    request: Request
    reader: ResponseReader[T]
    policy: RetryConfiguration
    repeatable: bool
    refreshable: bool
    paced: bool = False
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

    @property
    def known_secrets(self) -> KnownSecrets:
        """What is replaced wherever the platform's words repeat it."""
        token = () if self.token is None else token_secrets(self.token)
        held = KnownSecrets.of((*self.secrets.values, *self.vault.secrets(), *token))
        return held.joined(self.request.known_secrets)

    @property
    def expires(self) -> float | None:
        """When the deadline is, on the monotonic clock."""
        return None if self.deadline is None else self.started + self.deadline

    def uses_login_host(self, login: str) -> bool:
        """Whether tokens of a login host are for this call; a reload may have moved the client."""
        return self.login is None or self.login == login

    def elapsed(self, now: Now) -> float:
        """Seconds since the call began."""
        return now.monotonic - self.started

    def expired(self, now: Now) -> bool:
        """Whether the deadline has passed."""
        return self.expires is not None and now.monotonic >= self.expires

    def next_request(self, now: Now | None) -> Request:
        """The request as it goes out next: with the token, and no more time than there is.

        Args:
            now: the moment; ``None`` leaves the timeouts as the caller set them.
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
        """The call with one more attempt in its history.

        Args:
            outcome: how the attempt ended.
            decision: what was decided about it, in words.
            now: when it ended.
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
        """The error that an attempt's outcome means.

        Args:
            outcome: how the attempt ended.
            retry_after: seconds that the platform asks to wait.
        """
        if isinstance(outcome, Response):
            return self.reader.error(outcome, self.request, retry_after)
        return transport_error(outcome, self.request)

    def timeout_error(self, words: str | None = None) -> errors.TimeoutError:
        """The error of a call that took too long; by default, longer than its deadline."""
        message = words or f"the call's deadline of {self.deadline:g} s has passed"
        return errors.TimeoutError(message, sent=self.doubtful, request=self.request)

    def with_history(self, error: GenesysCloudError) -> GenesysCloudError:
        """An error that ends the call, with the call's history on it and no secret in it."""
        error.attempts = self.attempts
        secrets = self.known_secrets
        redact_error(error, secrets)
        if isinstance(error, ApiError):
            error.response = error.response.hiding(secrets)
        if self.repeatable:
            error.is_retry_safe = True
        elif self.doubtful and error.is_retry_safe:
            error.is_retry_safe = False
        return error

    def _time_left(self, now: Now) -> float | None:
        """Seconds for the next request, or ``None`` for as long as its timeouts allow."""
        bounds: list[float] = []
        if self.expires is not None:
            bounds.append(self.expires - now.monotonic)
        # A slow first attempt is no failure, and one of POST that is cut off leaves a doubt.
        if self.repeatable and any(attempt.status != 401 for attempt in self.attempts):
            left = self.policy.max_retry_time_sec - self.elapsed(now)
            bounds.append(max(left, LEAST_FOR_A_REPEAT))
        return min(bounds, default=None)


def _shortened(timeout: Timeout, left: float) -> Timeout:
    phases = msgspec.structs.asdict(timeout)
    return Timeout(**{name: min(left, left if s is None else s) for name, s in phases.items()})

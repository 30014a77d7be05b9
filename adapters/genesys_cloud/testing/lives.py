"""The life of a call: the outcomes of its attempts, replayed to a client or to the core.

Invariants: a life is immutable and can be replayed any number of times. Replaying it to the core
needs no socket and no time, because a simulated clock advances by the length of each wait.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeAlias, TypeVar, assert_never, cast

from genesys_core.calls.lifecycle import (
    ClosingGate,
    NeedPermit,
    NeedToken,
    Raised,
    Returned,
    Sending,
    State,
    Waiting,
    start,
)
from genesys_core.calls.operation import Operation
from genesys_core.calls.rate_limit import close_gate, reserve_permit
from genesys_core.calls.token_actions import Exchanging, reserve_token, settle_token
from genesys_core.clock import Now
from genesys_core.codec.encoding import to_json
from genesys_core.hosts import Hosts
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response, TransportFailure
from genesys_core.oauth.tokens import Token
from genesys_core.session.retry import RETRIES_OFF, RetryConfiguration
from genesys_core.session.session import Session, Settings
from genesys_core.session.vault import Vault

__all__ = ["AsyncLifeTransport", "Life", "LifeTransport", "Outcome", "Played"]

T = TypeVar("T")

Outcome: TypeAlias = Response | TransportFailure
"""The outcome of one attempt: a response of any status, or a failure."""

_START: Final = Now(0.0, 1_700_000_000.0)
_JSON: Final = Headers({"Content-Type": "application/json"})


class LifeTransport:
    """Replays the outcomes of a life to a :class:`~genesys_cloud.Client`, and repeats the last one.

    A token request receives a token and consumes no outcome.

    Attributes:
        requests: all requests so far, except token requests.
        arrived: the requests that the platform may have executed: all of ``requests`` except those
            that failed before anything was sent.
    """

    is_mock = True  # without a platform, there is no rate limit to observe

    def __init__(self, outcomes: tuple[Outcome, ...]) -> None:
        self._outcomes = outcomes
        self._numbers = itertools.count()  # thread-safe, unlike adding to an integer
        self.requests: list[Request] = []
        self.arrived: list[Request] = []

    def send(self, request: Request) -> Response:
        """Record the request and return the next outcome, or raise it if it is a failure."""
        if request.url.partition("?")[0].endswith("/oauth/token"):
            token = {"access_token": "token", "token_type": "bearer", "expires_in": 86400}
            return Response(200, _JSON, to_json(token))
        outcome = self._outcomes[min(next(self._numbers), len(self._outcomes) - 1)]
        self.requests.append(request)
        if isinstance(outcome, Response):
            self.arrived.append(request)
            return outcome
        if outcome.sent:
            self.arrived.append(request)
        # A new exception each time, because an exception keeps the traceback of earlier raises.
        raise TransportFailure(outcome.message, kind=outcome.kind, sent=outcome.sent)

    def close(self) -> None:
        """Do nothing, because there is no connection to close."""


class AsyncLifeTransport:
    """Like :class:`LifeTransport`, for an :class:`~genesys_cloud.AsyncClient`."""

    is_mock = True  # without a platform, there is no rate limit to observe

    def __init__(self, outcomes: tuple[Outcome, ...]) -> None:
        self._played = LifeTransport(outcomes)
        self.requests = self._played.requests
        self.arrived = self._played.arrived

    async def send(self, request: Request) -> Response:
        """Record the request and return the next outcome, or raise it if it is a failure."""
        return self._played.send(request)

    async def close(self) -> None:
        """Do nothing, because there is no connection to close."""


@dataclass(frozen=True)
class Played(Generic[T]):
    """The result of replaying a life to a call.

    Attributes:
        end: the final state of the call.
        transport: the transport that replayed the life, with the requests of the call.
        waits: the length in seconds of each wait before a retry or for the rate limit.
    """

    end: Returned[T] | Raised
    transport: LifeTransport
    waits: tuple[float, ...]

    @property
    def seconds(self) -> float:
        """The total time in seconds that the call waited."""
        return sum(self.waits)


@dataclass(frozen=True)
class Life:
    """The life of a call: the outcomes of its attempts, in order.

    Attributes:
        outcomes: at least one outcome; the last one is repeated for all further attempts.
    """

    outcomes: tuple[Outcome, ...]

    def __post_init__(self) -> None:
        if not self.outcomes:
            raise ValueError("a life needs at least one outcome, such as Response(200)")

    def transport(self) -> LifeTransport:
        """Return a transport for a ``Client`` that replays this life from its beginning."""
        return LifeTransport(self.outcomes)

    def async_transport(self) -> AsyncLifeTransport:
        """Return a transport for an ``AsyncClient`` that replays this life from its beginning."""
        return AsyncLifeTransport(self.outcomes)

    def play(
        self,
        operation: Operation[T],
        *,
        retry: RetryConfiguration | None = None,
        session: Session | None = None,
    ) -> Played[T]:
        """Run a call in the core, with the outcomes of this life, without I/O or delays.

        Args:
            operation: the operation to call.
            retry: the retry configuration of the new session, by default without retries; ignored
                if ``session`` is given.
            session: the session to use instead of a new one.

        Raises:
            GenesysCloudError: the operation cannot be sent; see :func:`genesys_core.start`.
        """
        if session is None:
            settings = Settings(hosts=Hosts.resolve(), retry=retry or RETRIES_OFF)
            session = Session(settings, Vault(None, Token("token")), _no_jitter)
        player = _Player(session, self.transport())
        end = player.drive(start(operation, session, now=player.now))
        return Played(end, player.transport, tuple(player.waits))


def _no_jitter() -> float:
    return 0.0


@dataclass
class _Player:
    """Drives a call like the example in ``docs/embedding.md``, but with a simulated clock."""

    session: Session
    transport: LifeTransport
    now: Now = _START
    waits: list[float] = field(default_factory=list[float])

    def drive(self, state: State[T]) -> Returned[T] | Raised:
        while True:
            match state:
                case NeedToken():
                    state = self._authorize(state.joined(self.session))
                case NeedPermit():
                    state = self._apply(reserve_permit, state)
                case Sending(request=request):
                    try:
                        response = self.transport.send(request)
                    except TransportFailure as failure:
                        state = state.failed(failure, now=self.now)
                    else:
                        state = state.received(response, now=self.now)
                case ClosingGate():
                    state = self._apply(close_gate, state)
                case Waiting(seconds=seconds, until=until):
                    self.waits.append(seconds)
                    # Both clocks advance by the same time: tokens expire by the wall clock.
                    passed = max(0.0, until - self.now.monotonic)
                    self.now = Now(until, self.now.wall + passed)
                    state = state.woke(self.session, now=self.now)
                case Returned() | Raised():
                    return state
                case _:
                    assert_never(state)

    def _authorize(self, need: NeedToken[T]) -> State[T]:
        step = self._apply(reserve_token, need)
        if not isinstance(step, Exchanging):
            return cast("State[T]", step)
        return cast("State[T]", self._apply(settle_token, need, self.drive(step.state)))

    def _apply(self, step: Callable[..., tuple[Session, Any]], *args: object) -> Any:  # noqa: ANN401 - the step's own
        self.session, answer = step(self.session, *args, now=self.now)
        return answer

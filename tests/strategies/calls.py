"""What the tests of the lifecycle, retry and pacing share: a clock, a driver without I/O, outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, assert_never

from hypothesis import strategies as st

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
from genesys_core.calls.operation import Endpoint, Operation
from genesys_core.calls.rate_limit import close_gate, reserve_permit
from genesys_core.calls.token_actions import Exchanging, reserve_token, settle_token
from genesys_core.clock import Now
from genesys_core.hosts import Hosts
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response, TransportFailure
from genesys_core.oauth import ClientCredentials, Token
from genesys_core.observability.observers import Observer
from genesys_core.observability.watch import watch_call
from genesys_core.session.pacing import Pacer, Pacing
from genesys_core.session.retry import RETRIES_OFF, RetryConfiguration
from genesys_core.session.session import Session, Settings
from genesys_core.session.vault import Vault

WALL = 1_700_000_000.0
"""Tue, 14 Nov 2023 22:13:20 GMT."""

HOSTS = Hosts.resolve(region="eu_west_1")

Outcome = Response | TransportFailure


def at(seconds: float) -> Now:
    """Both clocks, so many seconds in."""
    return Now(seconds, WALL + seconds)


def operation(method: str = "GET", path: str = "/api/v2/things", **facts: Any) -> Operation[Any]:
    """A call that takes nothing and returns nothing."""
    return Operation(Endpoint(f"{method.lower()}_things", method, path, **facts))


def session(
    *,
    retry: RetryConfiguration | None = None,
    vault: Vault | None = None,
    pacing: Pacing | None = None,
    random: Callable[[], float] = lambda: 0.0,
    **settings: Any,
) -> Session:
    """A client's shared state; without a token unless a vault is given."""
    said = Settings(hosts=HOSTS, retry=retry or RETRIES_OFF, **settings)
    return Session(said, vault or Vault(), random, Pacer.of(pacing) if pacing else None)


def with_token(text: str = "token-0") -> Vault:
    """A vault that has a token and can get others."""
    return Vault(ClientCredentials("id", "secret"), Token(text))


def reply(status: int = 200, retry_after: str | None = None, body: bytes = b"") -> Response:
    """A response."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Response(status, Headers(headers), body)


UNSENT = TransportFailure("no route to host", kind="connect", sent=False)
CUT_OFF = TransportFailure("the connection was reset", kind="closed", sent=True)
SILENCE = TransportFailure("no answer within 60 s", kind="timeout", sent=True)

AMBIGUOUS = (reply(502), reply(503), reply(504), CUT_OFF, SILENCE)
"""What leaves open whether the request took effect."""


@dataclass
class Driver:
    """Drives calls on a virtual clock: what an adapter does, without its I/O.

    Attributes:
        session: the shared state.
        transport: given a request and the time, the outcome and how long it took.
        observers: told of what happens, as by a client.
    """

    session: Session
    transport: Callable[[Request, float], tuple[Outcome, float]]
    clock: float = 0.0
    sleeps: list[float] = field(default_factory=list)
    sent: list[Request] = field(default_factory=list)
    sent_at: list[float] = field(default_factory=list)
    exchanges: int = 0
    observers: tuple[Observer, ...] = ()

    @property
    def now(self) -> Now:
        return at(self.clock)

    def apply(self, step: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.session, answer = step(self.session, *args, **kwargs)
        return answer

    def call(self, wanted: Operation[Any]) -> Returned[Any] | Raised:
        """Make a call; raises what :func:`start` raises."""
        return self.drive(start(wanted, self.session, now=self.now))

    def drive(self, state: State[Any]) -> Returned[Any] | Raised:
        watch = watch_call(self.observers, state, now=self.now)
        try:
            while True:
                match state:
                    case NeedToken():
                        state = self._authorize(state.joined(self.session))
                    case NeedPermit():
                        state = self.apply(reserve_permit, state, now=self.now)
                    case Sending():
                        request = watch.begin_attempt(state)
                        outcome = self._send(request)
                        state = watch.finish_attempt(state, request, outcome, now=self.now)
                    case ClosingGate():
                        state = self.apply(close_gate, state, now=self.now)
                    case Waiting(seconds=seconds, until=until):
                        watch.begin_wait(state)
                        self.sleeps.append(seconds)
                        self.clock = until
                        state = state.woke(self.session, now=self.now)
                    case Returned() | Raised():
                        return state
                    case _:
                        assert_never(state)
        finally:
            watch.end(state, now=self.now)

    def _send(self, request: Request) -> Outcome:
        self.sent.append(request)
        self.sent_at.append(self.clock)
        outcome, seconds = self.transport(request, self.clock)
        self.clock += seconds
        return outcome

    def _authorize(self, need: NeedToken[Any]) -> State[Any]:
        step = self.apply(reserve_token, need, now=self.now)
        if not isinstance(step, Exchanging):
            return step
        self.exchanges += 1
        return self.apply(settle_token, need, self.drive(step.state), now=self.now)


def scripted(*outcomes: Outcome) -> Callable[[Request, float], tuple[Outcome, float]]:
    """A transport that answers at once, one outcome after the other, the last one for ever."""
    left = list(outcomes)
    return lambda request, now: (left.pop(0) if len(left) > 1 else left[0], 0.0)


def token_reply(text: str) -> Response:
    """What the login host answers."""
    return reply(body=b'{"access_token":"%s","token_type":"bearer"}' % text.encode())


RETRY_AFTERS: Iterable[str | None] = (
    None, "1", "0.5", "3", "42", "180", "181", "86400", "0", "-1", "nan", "inf", "soon",
    "Tue, 14 Nov 2023 22:13:40 GMT",
)  # fmt: skip

failures = st.sampled_from([UNSENT, CUT_OFF, SILENCE])
replies = st.builds(
    reply,
    st.sampled_from([200, 204, 400, 401, 404, 408, 409, 410, 429, 500, 502, 503, 504]),
    st.sampled_from(list(RETRY_AFTERS)),
)
outcomes: st.SearchStrategy[Outcome] = st.one_of(replies, failures)

_waits = st.floats(0, 400)


def usable_retries(
    max_retry_time_sec: float, retry_wait_min: float | None, **fields: Any
) -> RetryConfiguration:
    """A retry configuration whose shortest wait its budget allows."""
    if retry_wait_min is not None and max_retry_time_sec:
        retry_wait_min = min(retry_wait_min, max_retry_time_sec)
    return RetryConfiguration(max_retry_time_sec, retry_wait_min=retry_wait_min, **fields)


policies = st.builds(
    usable_retries,
    max_retry_time_sec=st.sampled_from([0, 1, 10, 60, 600, 3600]),
    retry_max=st.integers(0, 12),
    retry_wait_min=st.none() | st.floats(0, 20),
    retry_wait_max=st.none() | st.floats(20, 400),
    retry_after_default=_waits,
    backoff_interval=_waits,
)

"""Fault injection between a client and the platform.

Invariants: a plan is immutable and selects requests by counting them, without a clock or
randomness, so runs are reproducible. The log records what a client cannot know: whether the
platform executed the request.
"""

import math
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypeAlias, get_args

import msgspec
from msgspec import Struct

from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.http.headers import Headers, HeadersInput
from genesys_core.http.messages import FailureKind, Request, Response, TransportFailure
from genesys_core.simulator.platform import Simulator

__all__ = [
    "Answer",
    "Closed",
    "Fault",
    "FaultPlan",
    "FaultyPlatform",
    "Garbage",
    "Interrupted",
    "Met",
    "Rule",
    "Slow",
]

_LOG_LENGTH: Final = 10_000
"""The maximum number of requests in the log; the request counters have no limit."""

FaultMoment: TypeAlias = Literal["request", "before", "after", "head", "body"]
FaultMeans: TypeAlias = Literal["reset", "close", "silence"]
ReplyPart: TypeAlias = Literal["head", "body"]


class Answer(Struct, frozen=True):
    """A response that replaces the platform's, such as a 429, or a 502 from a load balancer.

    Attributes:
        status: the HTTP status code.
        headers: the response's headers, such as ``{"Retry-After": "1"}``.
        body: the content of the response.
        done: whether the platform still executes the request, as is common with a 504.

    Raises:
        InvalidValueError: the status is not from 200 to 599, or a header is invalid.
    """

    status: int
    headers: HeadersInput = ()
    body: bytes = b""
    done: bool = False

    def __post_init__(self) -> None:
        if not 200 <= self.status <= 599:
            raise InvalidValueError(f"status={self.status!r}: must be from 200 to 599")
        if {"content-length", "transfer-encoding"} & set(Headers(self.headers)):
            raise InvalidValueError(
                "headers: Content-Length and Transfer-Encoding are set by the server"
            )


class Interrupted(Struct, frozen=True):
    """The connection breaks or stalls before the response is complete.

    Attributes:
        at: when this happens. ``request``: after the request's head has been read, but not its
            body; ``before``: when the request has been read, but not executed; ``after``: when it
            has been executed, but nothing has been sent; ``head`` and ``body``: in the middle of
            this part of the response, after the request has been executed.
        by: ``reset`` (RST), ``close`` (FIN), or ``silence`` until the client disconnects.

    Raises:
        InvalidValueError: ``at`` or ``by`` has an unknown value.
    """

    at: FaultMoment
    by: FaultMeans = "reset"

    def __post_init__(self) -> None:
        _require_one_of(FaultMoment, at=self.at)
        _require_one_of(FaultMeans, by=self.by)


class Slow(Struct, frozen=True):
    """A slow response: its head or its body is sent in chunks, with a pause before each chunk.

    Attributes:
        part: the part of the response that is slow: ``head`` or ``body``.
        seconds: the duration of each pause, in seconds.
        size: the size of each chunk in bytes.

    Raises:
        InvalidValueError: the part is unknown, or a number is invalid.
    """

    part: ReplyPart
    seconds: float
    size: int = 1

    def __post_init__(self) -> None:
        _require_one_of(ReplyPart, part=self.part)
        if not 0 <= self.seconds < math.inf:
            raise InvalidValueError(f"seconds={self.seconds!r}: must be 0 or more, and finite")
        _require_positive(size=self.size)


class Garbage(Struct, frozen=True):
    """Bytes that are not HTTP, after which the connection is closed.

    The platform does not execute the request.
    """

    data: bytes = b"\x15\x03\x01\x00\x02\x02\x50"  # a TLS alert, as from a wrong port


class Closed(Struct, frozen=True):
    """The connection is closed after a complete response that lacks ``Connection: close``."""


Fault: TypeAlias = Answer | Interrupted | Slow | Garbage | Closed
"""A fault that can be injected into a request."""


class Rule(Struct, frozen=True):
    """Selects the requests into which a fault is injected.

    Attributes:
        fault: the fault to inject into the selected requests.
        method: the HTTP method, in upper case; ``None`` for any method.
        path: a path template such as ``/api/v2/users/{userId}``, or a path as sent, without the
            query; ``None`` for any path.
        first: the number of the first matching request that gets the fault, counted from 1.
        times: the number of matching requests that get the fault; ``None`` for all from the first
            on.

    Raises:
        InvalidValueError: ``first`` or ``times`` is below 1.
    """

    fault: Fault
    method: str | None = None
    path: str | None = None
    first: int = 1
    times: int | None = 1

    def __post_init__(self) -> None:
        _require_positive(first=self.first, times=1 if self.times is None else self.times)

    def concerns(self, method: str, paths: Sequence[str | None]) -> bool:
        """Return whether a request matches the rule's method and path."""
        return self.method in {None, method} and (self.path is None or self.path in paths)

    def is_due(self, number: int) -> bool:
        """Return whether the rule applies to the ``number``-th matching request, counted from 1."""
        return self.first <= number < self.first + (math.inf if self.times is None else self.times)


class FaultPlan(Struct, frozen=True):
    """A fault plan: rules, each with the number of requests that it has counted.

    Each rule counts every matching request, including requests that get another rule's fault. If
    two rules select a request, the earlier one applies.
    """

    rules: tuple[Rule, ...] = ()
    counts: tuple[int, ...] = ()

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> "FaultPlan":
        """Create a plan whose rules have counted no requests."""
        return cls().extended(rules)

    def extended(self, rules: Iterable[Rule]) -> "FaultPlan":
        """Return a plan with additional rules, which start to count with the next request."""
        rules = tuple(rules)
        return FaultPlan(self.rules + rules, self.counts + (0,) * len(rules))

    def meets(self, method: str, *paths: str | None) -> "tuple[FaultPlan, Fault | None]":
        """Return the plan with one more request counted, and that request's fault or ``None``.

        Args:
            method: the request's HTTP method.
            paths: the request's path, and the path template of its route.
        """
        concerned = [rule.concerns(method, paths) for rule in self.rules]
        counts = tuple(map(int.__add__, self.counts, concerned))
        turns = zip(self.rules, concerned, counts, strict=True)
        due = (rule.fault for rule, concern, count in turns if concern and rule.is_due(count))
        return msgspec.structs.replace(self, counts=counts), next(due, None)


class Met(Struct, frozen=True):
    """A received request and its outcome.

    Attributes:
        method: the HTTP method, in upper case.
        path: the path as received, without the query.
        template: the route's path template, such as ``/api/v2/users/{userId}``; ``None`` if no
            route matches.
        fault: the fault that was injected into the request, if any.
        status: the platform's HTTP status, even if the response was not sent; ``None`` if the
            platform never received the request.
    """

    method: str
    path: str
    template: str | None
    fault: Fault | None = None
    status: int | None = None

    @property
    def done(self) -> bool:
        """Whether the platform executed the request, with a status below 400."""
        return self.status is not None and self.status < 400


class FaultyPlatform:
    """A simulator that injects faults into requests according to a plan.

    Args:
        simulator: the simulated platform.
        rules: the rules that select requests and their faults.

    Attributes:
        simulator: the simulated platform.
        plan: the plan of faults, which may be replaced between two requests.
        log: the latest requests, in the order in which they were handled.
    """

    def __init__(self, simulator: Simulator, rules: Iterable[Rule] = ()) -> None:
        self.simulator = simulator
        self.plan = FaultPlan.of(rules)
        self.log: deque[Met] = deque(maxlen=_LOG_LENGTH)
        self._came: Counter[tuple[str, str | None]] = Counter()
        self._done: Counter[tuple[str, str | None]] = Counter()

    def inject(self, *rules: Rule) -> None:
        """Add rules to the plan; a new rule counts only the requests that follow."""
        self.plan = self.plan.extended(rules)

    def meets(self, request: Request) -> Fault | None:
        """Count a request whose head has been read, and return its fault, or ``None``."""
        if not self.plan.rules:
            return None
        template = self.simulator.template(request)
        self.plan, fault = self.plan.meets(request.method, _path(request), template)
        return fault

    def answers(self, request: Request, fault: Fault | None, *, now: Now) -> Response:
        """Handle a request, and return its response.

        The caller does not send the response if the fault breaks the connection.

        Args:
            request: the complete request.
            fault: the request's fault, as returned by :meth:`meets`.
            now: the current time.
        """
        reply = self.simulator.respond(request, now=now) if _reaches(fault) else None
        if reply is None:
            status, template = None, self.simulator.template(request)
        else:
            status, template = reply.status, self.simulator.state.log[-1].template
        self._record(Met(request.method, _path(request), template, fault, status))
        if isinstance(fault, Answer):
            return Response(fault.status, Headers(fault.headers), fault.body)
        return reply or Response(204)

    def respond(self, request: Request, *, now: Now) -> Response:
        """Return the response to a request from a client in the same process.

        There is no connection, so :class:`Slow` and :class:`Closed` have no effect.

        Raises:
            TransportFailure: the request's fault is :class:`Interrupted` or :class:`Garbage`.
        """
        fault = self.meets(request)
        response = self.answers(request, fault, now=now)
        failure = _failure_of(fault)
        if failure is not None:
            kind, message = failure
            raise TransportFailure(f"{message} (injected fault)", kind=kind, sent=True)
        return response

    def clear(self) -> None:
        """Clear the log and the request counters."""
        self.log.clear()
        self._came.clear()
        self._done.clear()

    def came(self, method: str, template: str) -> int:
        """Return the number of requests that a route has received."""
        return self._came[method, template]

    def done(self, method: str, template: str) -> int:
        """Return the number of a route's requests that were executed with a status below 400."""
        return self._done[method, template]

    def _record(self, met: Met) -> None:
        self.log.append(met)
        self._came[met.method, met.template] += 1
        self._done[met.method, met.template] += met.done

    def __repr__(self) -> str:
        return f"FaultyPlatform({self.simulator!r}, {len(self.plan.rules)} rules)"


def _path(request: Request) -> str:
    return request.url.partition("?")[0]


def _reaches(fault: Fault | None) -> bool:
    """Return whether the platform receives a request with this fault."""
    match fault:
        case Answer():
            return fault.done
        case Interrupted():
            return fault.at not in {"request", "before"}
        case Garbage():
            return False
        case None | Slow() | Closed():
            return True


def _failure_of(fault: Fault | None) -> tuple[FailureKind, str] | None:
    """Return the failure's kind and message for a client in the same process, or ``None``."""
    match fault:
        case Interrupted(by="silence"):
            return "timeout", "no response"
        case Interrupted():
            return "closed", "the connection broke before the response was complete"
        case Garbage():
            return "protocol", "the response is not HTTP"
        case _:
            return None


def _require_one_of(literal: object, **said: str) -> None:
    for name, value in said.items():
        if value not in get_args(literal):
            known = ", ".join(get_args(literal))
            raise InvalidValueError(f"{name}={value!r}: must be one of {known}")


def _require_positive(**said: int) -> None:
    for name, value in said.items():
        if value < 1:
            raise InvalidValueError(f"{name}={value!r}: must be 1 or more")

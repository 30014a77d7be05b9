"""What goes wrong between a client and the platform, and when.

Law: a plan is a value. It counts requests; no clock and no chance decides which of them meets a
fault, so a run can be repeated. What a client cannot know is on record: whether the platform did
what it was asked.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias, get_args

import msgspec
from msgspec import Struct

from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.http.headers import Headers, HeadersInput
from genesys_core.http.messages import Request, Response
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

FaultMoment: TypeAlias = Literal["request", "before", "after", "head", "body"]
FaultMeans: TypeAlias = Literal["reset", "close", "silence"]
ReplyPart: TypeAlias = Literal["head", "body"]


class Answer(Struct, frozen=True):
    """Another answer than the platform's: 429, 502 from a load balancer, HTML with a 200.

    Attributes:
        status: of the answer.
        headers: such as ``{"Retry-After": "1"}``.
        body: its bytes.
        done: whether the platform did what it was asked all the same, as with many a 504.

    Raises:
        InvalidValueError: a status below 200 or above 599, or a header that cannot be.
    """

    status: int
    headers: HeadersInput = ()
    body: bytes = b""
    done: bool = False

    def __post_init__(self) -> None:
        if not 200 <= self.status <= 599:
            raise InvalidValueError(f"status={self.status!r}: must be from 200 to 599")
        if {"content-length", "transfer-encoding"} & set(Headers(self.headers)):
            raise InvalidValueError("headers: the length of the body is the server's to write")


class Interrupted(Struct, frozen=True):
    """The connection breaks, or goes silent, in the middle of things.

    Attributes:
        at: ``request`` with its head read and its body not, ``before`` it is done, ``after`` it is
            done and nothing of the reply is sent, in the middle of the reply's ``head`` or
            ``body``. From ``after`` on, the platform has done what it was asked.
        by: ``reset`` (RST), ``close`` (FIN), or ``silence`` until the client goes.

    Raises:
        InvalidValueError: another moment, or other means.
    """

    at: FaultMoment
    by: FaultMeans = "reset"

    def __post_init__(self) -> None:
        _require_one_of(FaultMoment, at=self.at)
        _require_one_of(FaultMeans, by=self.by)


class Slow(Struct, frozen=True):
    """The whole reply, a part of it in pieces with a pause before each.

    Attributes:
        part: ``head`` or ``body``.
        seconds: each pause.
        size: bytes of each piece.

    Raises:
        InvalidValueError: another part, or numbers that cannot be.
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
    """Bytes that are no HTTP instead of a reply; then the connection is closed. Nothing is done."""

    data: bytes = b"\x15\x03\x01\x00\x02\x02\x50"  # an alert of TLS: what a wrong port answers


class Closed(Struct, frozen=True):
    """The whole reply, after which the connection is closed without having said so."""


Fault: TypeAlias = Answer | Interrupted | Slow | Garbage | Closed
"""What a request may meet."""


class Rule(Struct, frozen=True):
    """Which requests meet a fault.

    Attributes:
        fault: what they meet.
        method: in capitals; ``None`` for any.
        path: a template such as ``/api/v2/users/{userId}`` or ``/oauth/token``, or a path as it is
            sent, without the query; ``None`` for any.
        first: the first of those requests that meets it, counted from 1.
        times: how many do; ``None`` for all from there on.

    Raises:
        InvalidValueError: ``first`` or ``times`` below 1.
    """

    fault: Fault
    method: str | None = None
    path: str | None = None
    first: int = 1
    times: int | None = 1

    def __post_init__(self) -> None:
        _require_positive(first=self.first, times=1 if self.times is None else self.times)

    def concerns(self, method: str, paths: Sequence[str | None]) -> bool:
        """Whether a request counts."""
        return self.method in {None, method} and (self.path is None or self.path in paths)

    def is_due(self, number: int) -> bool:
        """Whether the request of that number, among those that count, meets the fault."""
        return self.first <= number < self.first + (math.inf if self.times is None else self.times)


class FaultPlan(Struct, frozen=True):
    """Rules, and how many requests each of them has counted so far.

    Each rule counts every request that it concerns, those included that another rule's fault meets.
    Where two are due the earlier one holds.
    """

    rules: tuple[Rule, ...] = ()
    counts: tuple[int, ...] = ()

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> "FaultPlan":
        """A plan that has met no request yet."""
        rules = tuple(rules)
        return cls(rules, (0,) * len(rules))

    def meets(self, method: str, *paths: str | None) -> "tuple[FaultPlan, Fault | None]":
        """What the next request meets, and the plan after it.

        Args:
            method: of the request.
            paths: its path and its template.
        """
        concerned = [rule.concerns(method, paths) for rule in self.rules]
        counts = tuple(map(int.__add__, self.counts, concerned))
        turns = zip(self.rules, concerned, counts, strict=True)
        due = (rule.fault for rule, concern, count in turns if concern and rule.is_due(count))
        return msgspec.structs.replace(self, counts=counts), next(due, None)


class Met(Struct, frozen=True):
    """A request that came, and what became of it.

    Attributes:
        method: in capitals.
        path: as it came, without the query.
        template: its route, such as ``/api/v2/users/{userId}``; ``None`` for none.
        fault: what it met, if anything.
        status: what the platform answered, whether or not that was sent; ``None`` where it never
            got the request.
    """

    method: str
    path: str
    template: str | None
    fault: Fault | None = None
    status: int | None = None

    @property
    def done(self) -> bool:
        """Whether the platform did what it was asked."""
        return self.status is not None and self.status < 400


class FaultyPlatform:
    """A simulator, and the plan that stands between it and its clients.

    Args:
        simulator: the platform.
        rules: what goes wrong.

    Attributes:
        simulator: the platform.
        plan: may be replaced between two requests.
        log: all requests that came, in the order in which they were dealt with.
    """

    def __init__(self, simulator: Simulator, rules: Iterable[Rule] = ()) -> None:
        self.simulator = simulator
        self.plan = FaultPlan.of(rules)
        self.log: list[Met] = []

    def meets(self, request: Request) -> Fault | None:
        """Count a request, of which no more than the head need be there."""
        template = self.simulator.template(request)
        self.plan, fault = self.plan.meets(request.method, _path(request), template)
        return fault

    def answers(self, request: Request, fault: Fault | None, *, now: Now) -> Response:
        """What is sent in reply, if the connection lasts that long; the platform does what it does.

        Args:
            request: the whole request.
            fault: what :meth:`meets` said of it.
            now: the moment.
        """
        reply = self.simulator.respond(request, now=now) if _reaches(fault) else None
        status = None if reply is None else reply.status
        template = self.simulator.template(request)
        self.log.append(Met(request.method, _path(request), template, fault, status))
        if isinstance(fault, Answer):
            return Response(fault.status, Headers(fault.headers), fault.body)
        return reply or Response(204)

    def came(self, method: str, template: str) -> int:
        """How many requests came for a route."""
        return sum((met.method, met.template) == (method, template) for met in self.log)

    def done(self, method: str, template: str) -> int:
        """How many of them the platform did, whatever its clients were told."""
        return sum(
            met.done and (met.method, met.template) == (method, template) for met in self.log
        )

    def __repr__(self) -> str:
        return f"FaultyPlatform({self.simulator!r}, {len(self.plan.rules)} rules)"


def _path(request: Request) -> str:
    return request.url.partition("?")[0]


def _reaches(fault: Fault | None) -> bool:
    """Whether the platform gets to see a request that meets a fault."""
    match fault:
        case Answer():
            return fault.done
        case Interrupted():
            return fault.at not in {"request", "before"}
        case Garbage():
            return False
        case None | Slow() | Closed():
            return True


def _require_one_of(literal: object, **said: str) -> None:
    for name, value in said.items():
        if value not in get_args(literal):
            known = ", ".join(get_args(literal))
            raise InvalidValueError(f"{name}={value!r}: must be one of {known}")


def _require_positive(**said: int) -> None:
    for name, value in said.items():
        if value < 1:
            raise InvalidValueError(f"{name}={value!r}: must be 1 or more")

"""Drives one exchange after another over connections that are only names, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from genesys_core.clock import Now
from genesys_core.http.messages import Request, Response, Timeout, TransportFailure
from genesys_core.transport.exchange import Exchange, Step
from genesys_core.transport.origins import Origin
from genesys_core.transport.pool import Pool, PoolLimits
from genesys_core.transport.routes import Route

__all__ = [
    "DIRECT",
    "GET",
    "METHODS",
    "REFUSAL",
    "REPLY",
    "Driver",
    "at",
    "dialed_exchange",
    "run_exchange",
]

C = TypeVar("C")

DIRECT = Route(Origin("http", "h", 80))
REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
GET = Request("GET", "http://h/x", timeout=Timeout(connect=1, read=2, write=3, pool=4))
METHODS = ("GET", "HEAD", "PUT", "DELETE", "POST", "PATCH")


def at(seconds: float) -> Now:
    return Now(seconds, 1_700_000_000 + seconds)


def dialed_exchange(request: Request, connection: C, *, now: Now) -> Exchange[C]:
    """An exchange that is about to write its request over a new connection."""
    exchange: Exchange[C] = Exchange(request, DIRECT)
    pool: Pool[C] = Pool()
    pool.acquire(exchange, DIRECT, now=now)
    exchange.begin(now=now)
    exchange.dialed(connection, now=now)
    return exchange


@dataclass
class Driver:
    """Answers steps from a script, and notes what was done."""

    route: Route = DIRECT
    pool: Pool[str] = field(default_factory=lambda: Pool(PoolLimits(connections=1)))
    clock: float = 0.0
    opened: int = 0
    written: bytes = b""

    def begin(self, request: Request = GET, **options: object) -> Exchange[str]:
        exchange: Exchange[str] = Exchange(request, self.route, **options)  # type: ignore[arg-type]
        self.pool.acquire(exchange, self.route, now=at(self.clock))
        self.step = exchange.begin(now=at(self.clock))
        self.exchange = exchange
        return exchange

    def connect(self) -> None:
        """On to the first write."""
        exchange = self.exchange
        if self.step is Step.CHECK:
            self.step = exchange.checked(readable=False, now=at(self.clock))
        if self.step is Step.CLOSE:
            self.step = exchange.closed(now=at(self.clock))
        if self.step is Step.DIAL:
            self.opened += 1
            self.step = exchange.dialed(f"socket {self.opened}", now=at(self.clock))

    def write(self, size: int | None = None) -> None:
        assert self.step is Step.WRITE
        data = bytes(self.exchange.data)[:size]
        self.written += data
        self.step = self.exchange.written(len(data), now=at(self.clock))

    def ask(self, request: Request = GET, **options: object) -> None:
        """On to the first read."""
        self.begin(request, **options)
        self.connect()
        self.write()

    def receive(self, data: bytes) -> None:
        self.step = self.exchange.received(data, now=at(self.clock))

    def release(self) -> None:
        self.pool.release(self.exchange, now=at(self.clock))

    def call(self, request: Request = GET, reply: bytes = REPLY) -> Response:
        self.ask(request)
        self.receive(reply)
        assert self.step is Step.RESPOND
        self.release()
        return self.exchange.response

    @property
    def idle(self) -> int:
        return self.pool.statistics().idle


REFUSAL = b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"
_REPLIES = (
    REPLY,
    REFUSAL,
    b"HTTP/1.1 100 C\r\n\r\n" + REPLY,
    b"garbage\r\n\r\n",
    REPLY + b"x",
    b"",
)
_TIME = Timeout(connect=1, read=2, write=3, pool=4)


def run_exchange(data: bytes) -> None:
    """One request, whatever the server and the socket do.

    The input is what happens, a byte an event; after its end all goes well. It ends with a response
    or a failure; at most one connection more than one is opened; ``sent`` is false only if nothing
    was written; the place in the pool is free afterwards.
    """
    events = iter(data)
    kind, driver = next(events, 0), Driver()
    if kind & 1:
        driver.call()
        driver.written = b""
    uploads, streams = bool(kind & 2), bool(kind & 4)
    method, reply = METHODS[kind // 8 % 6], bytearray(_REPLIES[next(events, 0) % 6])
    chunks = iter([b"a", b"", b"bc"])
    request = Request(method, "http://h/x", body=None if uploads else b"body", timeout=_TIME)
    try:
        driver.begin(request, uploads=uploads, streams=streams)
        exchange, opened = driver.exchange, driver.opened
        while driver.step is not Step.RESPOND:
            event, size = divmod(next(events, 255), 32)
            if not _spoil(driver, event, reply, size):
                _proceed(driver, event, reply, size, chunks)
            assert driver.opened <= opened + 2 - (kind & 1)
        assert exchange.response.status in {200, 407}
    except TransportFailure as error:
        failure = error
    else:
        failure = None
    finally:
        driver.exchange.stop()
        driver.release()
    if failure is not None:
        assert failure.sent or driver.written == b""
        assert failure.message.startswith("h:80: ")
    statistics = driver.pool.statistics()
    assert (statistics.in_use, statistics.waiting) == (0, 0)
    driver.call()


def _take(reply: bytearray, size: int) -> bytes:
    piece = bytes(reply[:size])
    del reply[:size]
    return piece


def _spoil(driver: Driver, event: int, reply: bytearray, size: int) -> bool:
    """Let something happen that the driver did not ask for, where it can."""
    exchange, step = driver.exchange, driver.step
    if event == 0 and step in {Step.WRITE, Step.READ}:
        driver.receive(_take(reply, size))
    elif event == 1 and step in {Step.WRITE, Step.READ, Step.CHECK}:
        driver.step = exchange.broke("it broke", now=at(0))
    elif event == 2 and step in {Step.WRITE, Step.READ}:
        driver.step = exchange.timed_out(now=at(4))
    else:
        return False
    return True


def _proceed(
    driver: Driver, event: int, reply: bytearray, size: int, chunks: Iterator[bytes]
) -> None:
    exchange = driver.exchange
    match driver.step:
        case Step.WRITE:
            driver.write(size if event == 3 else None)
        case Step.READ:
            driver.receive(_take(reply, len(reply)))
        case Step.CHECK:
            driver.step = exchange.checked(readable=event == 3, now=at(0))
        case Step.BODY:
            driver.step = exchange.body(next(chunks, None), now=at(0))
        case _:
            driver.connect()

"""What a case may do, whichever transport it runs through, and the table of cases.

A case is a coroutine over a :class:`Bench`. The synchronous flavour runs it without an event loop:
every ``await`` in it is over at once, because the transport underneath has done its work.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import trio

from genesys_core import Headers, Request, Response, Timeout, TransportFailure
from tests.adapters.transports.conformance.servers import (
    LIMIT,
    STALL,
    Action,
    Server,
    answering,
    serving,
)

# --- what comes out -------------------------------------------------------------------------------


@dataclass(frozen=True)
class R:
    """A response came back."""

    status: int = 200
    body: bytes = b""
    headers: Headers = field(default=Headers(), compare=False, repr=False)


@dataclass(frozen=True)
class F:
    """No response came back."""

    kind: str
    sent: bool
    message: str = field(default="", compare=False)


Outcome = R | F

KEPT, CLOSED, EITHER = "kept", "closed", "either"


def outcome_of(failure: TransportFailure) -> F:
    return F(failure.kind, failure.sent, failure.message)


# --- cases ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One situation of one numbered case.

    Attributes:
        number: of the case in the list of 260.
        name: of the situation.
        run: drives it.
        needs: what a transport has to be able to do for it.
        flavours: those that it is about.
        slow: whether it takes seconds or many resources, or waits for a timeout: of these, no reply
            at all or half of one (131), and a late one (133), are in the quick suite.
        prepare: starts what stays for other cases too.
        spare: descriptors that a server of somebody else may open in this process meanwhile.
        is_exchange: whether it is about the bytes of one response, which the core alone reads: the
            quick suite plays them to one flavour of our own transport.
    """

    number: int
    name: str
    run: Callable[[Bench], Coroutine[Any, Any, None]]
    needs: frozenset[str]
    flavours: frozenset[str]
    slow: bool
    prepare: Callable[[], object]
    spare: int = 0
    is_exchange: bool = False

    @property
    def id(self) -> str:
        return f"{self.number:03}-{self.name}"


CASES: dict[str, Case] = {}
FLAVOURS = frozenset({"sync", "asyncio", "trio"})


def case(
    number: int,
    name: str,
    *,
    each: Mapping[str, Any] | None = None,
    needs: str = "",
    flavours: frozenset[str] = FLAVOURS,
    slow: bool = False,
    prepare: Callable[[], object] = lambda: None,
    spare: int = 0,
    is_exchange: bool = False,
) -> Callable[[Callable[..., Coroutine[Any, Any, None]]], Callable[..., Any]]:
    """Enter a situation, or one for each value of a table, whose value is the second argument."""

    def enter(function: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., Any]:
        for suffix, value in (each or {"": None}).items():

            def run(bench: Bench, value: Any = value) -> Coroutine[Any, Any, None]:
                return function(bench) if each is None else function(bench, value)

            whole = f"{name}-{suffix}" if suffix else name
            able = frozenset(needs.split())
            entry = Case(number, whole, run, able, flavours, slow, prepare, spare, is_exchange)
            assert entry.id not in CASES, entry.id
            CASES[entry.id] = entry
        return function

    return enter


def exchange(
    number: int,
    name: str,
    *actions: Action,
    expect: Outcome | tuple[Outcome, ...],
    fate: str | None = None,
    method: str = "GET",
    body: bytes | None = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> None:
    """Enter a case of one request on a fresh connection: what the server plays, what comes out."""

    async def run(bench: Bench) -> None:
        request = ("/case", method, body, headers)
        await bench.check(*actions, expect=expect, fate=fate, request=request)

    case(number, name, is_exchange=True)(run)


# --- what a case may do ---------------------------------------------------------------------------


class Bench:
    """One transport under test, and the servers that it talks to.

    Attributes:
        subject: the transport's entry in the registry.
        options: how its connections are made; to be set before the first request.
        patience: seconds after which a request fails and, three times as many, the case.
    """

    def __init__(self, subject: Any, group: Background, patience: float) -> None:
        self.subject = subject
        self.patience = patience
        self.options: dict[str, Any] = {}
        self._transports: list[Any] = []
        self._transport: Any = None
        self._group = group
        group.bench = self

    @property
    def is_sync(self) -> bool:
        return self.subject.flavour == "sync"

    @property
    def transport(self) -> Any:
        if self._transport is None:
            self._transport = self.another(**self.options)
        return self._transport

    def another(self, **options: Any) -> Any:
        """A further transport, which is closed with the first."""
        made = self.subject.make(**options)
        self._transports.append(made)
        return made

    def client(self, host: str = "https://api.example", **options: Any) -> Any:
        """A client over the transport, for what is done above it."""
        from genesys_cloud import AsyncClient, Client

        chosen = {"access_token": "hunter2", "trust_env": False, "pacing": None, **options}
        kind = Client if self.is_sync else AsyncClient
        return kind(host=host, transport=self.transport, **chosen)

    async def close(self) -> None:
        while self._transports:
            await self.over(self._transports.pop().close())

    async def over(self, result: Any) -> Any:
        """What a method of the transport returned, or will have returned."""
        return result if self.is_sync else await result

    # --- requests --------------------------------------------------------------------------------

    def request(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        timeout: Timeout | None = None,
        expires: float | None = None,
    ) -> Request:
        return Request(
            method,
            url,
            Headers(headers),
            body,
            timeout or Timeout.of(self.patience),
            expires=expires,
        )

    async def send(self, url: str, *args: Any, **kwargs: Any) -> Outcome:
        """What one request brings about."""
        return await self.exchange(self.request(url, *args, **kwargs))

    async def exchange(self, request: Request, transport: Any = None) -> Outcome:
        """What one request brings about."""
        try:
            response: Response = await self.over((transport or self.transport).send(request))
        except TransportFailure as failure:
            return outcome_of(failure)
        return R(response.status, response.body, response.headers)

    @asynccontextmanager
    async def stream(
        self, request: Request, pieces: Iterator[bytes] | None = None
    ) -> AsyncIterator[Stream]:
        """A reply whose body is read piece by piece; the request's own may come so, too."""
        if self.is_sync:
            with self.transport.stream(request, pieces) as streamed:
                yield Stream(streamed.status, streamed.headers, _as_async(streamed.chunks))
            return
        content = None if pieces is None else AsyncPieces(pieces)
        async with self.transport.stream(request, content) as streamed:
            yield Stream(streamed.status, streamed.headers, streamed.chunks)

    async def upload(
        self,
        url: str,
        pieces: Iterator[bytes],
        headers: tuple[tuple[str, str], ...] = (),
        **more: Any,
    ) -> Outcome:
        """What a request brings about whose body is made while it is sent."""
        request = self.request(url, "POST", None, headers, **more)
        try:
            async with self.stream(request, pieces) as streamed:
                return R(streamed.status, await streamed.read(), streamed.headers)
        except TransportFailure as failure:
            return outcome_of(failure)

    async def check(
        self,
        *actions: Action,
        expect: Outcome | tuple[Outcome, ...],
        fate: str | None = None,
        request: tuple[Any, ...] = ("/case",),
        resent: int = 0,
    ) -> Outcome:
        """One exchange on a fresh connection, and what became of the connection after it.

        A failure means that the connection is closed and never used again, unless it is said that
        either is right.
        """
        with serving(answering(*actions)) as server:
            path, *rest = request
            # A transport that waits where it should not is found out soon; no other waits so long.
            timeout = Timeout.of(min(3.0, self.patience) if STALL in actions else self.patience)
            outcome = await self.send(server.url + path, *rest, timeout=timeout)
            assert outcome in (expect if isinstance(expect, tuple) else (expect,)), outcome
            if isinstance(outcome, F) and fate is None:
                fate = CLOSED
            if fate not in {None, EITHER}:
                await self.check_fate(server, fate)
            assert len(server.asked("/case")) == 1 + resent
            return outcome

    async def check_fate(self, server: Server, fate: str) -> None:
        """Whether the server's last connection serves the next request, or is closed."""
        last = server.peer(-1)
        assert await self.send(f"{server.url}/next") == R(200, b"next")
        # By its target: another connection's thread may note its own request later.
        served = server.asked("/next")[-1].connection
        if fate == KEPT:
            assert served == last.number, "a new connection was opened"
        else:
            assert served > last.number, "the connection was used again"
            await self.wait(last.ended.is_set)

    # --- time and concurrency --------------------------------------------------------------------

    async def wait(self, condition: Callable[[], Any], limit: float | None = None) -> None:
        """Wait for something that the server does or sees."""
        end = time.monotonic() + (2 * self.patience if limit is None else limit)
        while not condition():
            assert time.monotonic() < end, "it did not come about"
            await self.sleep(0.001)

    async def sleep(self, seconds: float) -> None:
        if self.subject.flavour == "sync":
            time.sleep(seconds)
        elif self.subject.flavour == "asyncio":
            await asyncio.sleep(seconds)
        else:
            await trio.sleep(seconds)

    def start(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> Task:
        """Do something beside the case: in a thread, or in a task."""
        return self._group.start(work)

    async def at_once(self, count: int, work: Callable[[int], Coroutine[Any, Any, Any]]) -> list:
        tasks = [self.start(lambda index=index: work(index)) for index in range(count)]
        return [await task.result() for task in tasks]


@dataclass
class Stream:
    """A reply that is being read."""

    status: int
    headers: Headers
    chunks: Any

    async def read(self) -> bytes:
        return b"".join([chunk async for chunk in self.chunks])


async def _as_async(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


class AsyncPieces:
    """An asynchronous iterator over another; ``aclose`` says that nobody wants the rest."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def __aiter__(self) -> AsyncPieces:
        return self

    async def __anext__(self) -> bytes:
        try:
            return next(self._pieces)
        except StopIteration:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()


# --- three flavours -------------------------------------------------------------------------------


class Task:
    """Work beside a case; its exception is raised where its result is asked for."""

    def __init__(self, bench_wait: Callable[..., Awaitable[None]]) -> None:
        self.done = threading.Event()
        self.value: Any = None
        self.error: BaseException | None = None
        self.cancel: Callable[[], None] = lambda: None
        self._wait = bench_wait

    async def result(self) -> Any:
        await self._wait(self.done.is_set, 3 * PATIENCE)
        if self.error is not None:
            raise self.error
        return self.value

    async def run(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        try:
            self.value = await work()
        except (Exception, asyncio.CancelledError, trio.Cancelled) as error:
            self.error = error
            if isinstance(error, trio.Cancelled):
                raise
        finally:
            self.done.set()


class Background:
    """Starts work beside a case."""

    def __init__(self, start: Callable[[Task, Callable[..., Any]], None]) -> None:
        self._start = start
        self.bench: Bench | None = None

    def start(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> Task:
        assert self.bench is not None
        task = Task(self.bench.wait)
        self._start(task, work)
        return task


PATIENCE = 10.0


def run(subject: Any, entry: Case, patience: float = PATIENCE) -> None:
    """Run a case through a transport; afterwards as many descriptors are open as before."""
    _warm_up(subject.loop)
    entry.prepare()
    gc.collect(0)
    before = descriptors()
    driver = {"sync": _run_sync, "asyncio": _run_asyncio, "trio": _run_trio}[subject.flavour]
    driver(subject, entry, patience)
    end = time.monotonic() + 3  # a server of another kind may close its end a little later
    while (left := descriptors() - before - entry.spare) > 0 and time.monotonic() < end:
        gc.collect()
        time.sleep(0.01)
    assert left <= 0, f"{left} descriptors are left open"


@cache
def _warm_up(library: str) -> None:
    """Let an event loop open what it keeps open for the whole process."""
    if library != "asyncio":
        loop = pytest.importorskip(library).new_event_loop()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def descriptors() -> int:
    """How many are open in this process; 0 where that cannot be seen."""
    listing = Path("/proc/self/fd")
    return sum(1 for _ in listing.iterdir()) if listing.exists() else 0


def run_now(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never really waits."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the sync flavour awaited something")


def _run_sync(subject: Any, entry: Case, patience: float) -> None:
    def start(task: Task, work: Callable[..., Any]) -> None:
        threads.append(threading.Thread(target=lambda: run_now(task.run(work)), daemon=True))
        threads[-1].start()

    threads: list[threading.Thread] = []
    bench = Bench(subject, Background(start), patience)
    try:
        with _alarm(3 * patience):
            run_now(entry.run(bench))
    finally:
        run_now(bench.close())
        for thread in threads:
            thread.join(LIMIT)


@contextmanager
def _alarm(guard: float) -> Iterator[None]:
    def hung(*_: object) -> None:
        raise AssertionError(f"the case hung for {guard} s")

    usable = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not usable:
        yield
        return
    before = signal.signal(signal.SIGALRM, hung)
    signal.setitimer(signal.ITIMER_REAL, guard)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _run_asyncio(subject: Any, entry: Case, patience: float) -> None:
    def start(task: Task, work: Callable[..., Any]) -> None:
        tasks.append(asyncio.create_task(task.run(work)))
        task.cancel = tasks[-1].cancel

    tasks: list[asyncio.Task[None]] = []

    async def main() -> None:
        bench = Bench(subject, Background(start), patience)
        try:
            async with asyncio.timeout(3 * patience):
                await entry.run(bench)
        finally:
            await bench.close()

    library = pytest.importorskip(subject.loop)
    with asyncio.Runner(loop_factory=library.new_event_loop) as runner:
        runner.run(main())


def _run_trio(subject: Any, entry: Case, patience: float) -> None:
    async def main() -> None:
        with trio.fail_after(3 * patience):
            async with trio.open_nursery() as nursery:

                def start(task: Task, work: Callable[..., Any]) -> None:
                    async def scoped() -> None:
                        with trio.CancelScope() as scope:
                            task.cancel = scope.cancel
                            await task.run(work)

                    nursery.start_soon(scoped)

                bench = Bench(subject, Background(start), patience)
                try:
                    await entry.run(bench)
                finally:
                    with trio.CancelScope(shield=True):
                        await bench.close()

    def unwrapped(error: BaseException) -> BaseException:
        while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
            error = error.exceptions[0]
        return error

    try:
        trio.run(main)
    except BaseExceptionGroup as group:
        raise unwrapped(group) from None

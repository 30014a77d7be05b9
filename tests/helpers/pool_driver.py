"""Drives a pool over connections that are only names."""

from __future__ import annotations

from dataclasses import dataclass, field

from genesys_core.clock import Now
from genesys_core.transport.pool import Claim, Pool, PoolLimits

__all__ = ["HERE", "THERE", "Desk", "Http", "Socket", "at", "name_of", "run_pool"]

HERE, THERE = "https://here", "https://there"


def at(monotonic: float, wall: float | None = None) -> Now:
    return Now(monotonic, 1_700_000_000 + (monotonic if wall is None else wall))


@dataclass(eq=False)
class Http:
    """What the pool asks of an HTTP connection."""

    reusable: bool = True
    keep_alive_timeout: int | None = None


@dataclass(eq=False)
class Socket:
    name: int
    closed: bool = False


@dataclass
class Desk:
    """Drives a pool as an adapter does."""

    limits: PoolLimits = field(default_factory=PoolLimits)
    clock: float = 0.0
    opened: list[Socket] = field(default_factory=list)
    woken: list[Claim[Socket]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pool: Pool[Socket] = Pool(self.limits)

    def settle(self) -> None:
        while (lease := self.pool.next_closing()) is not None:
            assert lease.connection is not None
            lease.connection.closed = True
        while (claim := self.pool.next_waking()) is not None:
            self.woken.append(claim)

    def acquire(self, key: str = HERE, now: Now | None = None) -> Claim[Socket]:
        claim: Claim[Socket] = Claim()
        self.pool.acquire(claim, key, now=now or at(self.clock))
        self.dial(claim)
        self.settle()
        return claim

    def dial(self, claim: Claim[Socket]) -> None:
        if claim.lease is not None and claim.lease.connection is None:
            self.opened.append(Socket(len(self.opened)))
            claim.lease.connection, claim.lease.http = self.opened[-1], Http()

    def release(self, claim: Claim[Socket], now: Now | None = None, **http: object) -> None:
        if claim.lease is not None and http:
            claim.lease.http = Http(**http)  # type: ignore[arg-type]
        self.pool.release(claim, now=now or at(self.clock))
        self.settle()

    @property
    def counts(self) -> tuple[int, int, int]:
        found = self.pool.statistics()
        return found.open, found.idle, found.waiting


def name_of(claim: Claim[Socket]) -> int | None:
    lease = claim.lease
    return None if lease is None or lease.connection is None else lease.connection.name


def run_pool(data: bytes) -> None:
    """Any calls of any kind: the promises hold after each.

    The input is what happens, a byte an event. No lease is held twice, no connection is handed out
    closed, the limits hold, no claim waits while there is capacity, and at the end all slots are
    free.
    """
    events = iter(data)
    first = next(events, 0)
    limits = PoolLimits(
        connections=1 + first % 4, connections_per_key=(None, 1, 2)[first // 4 % 3], max_age=50
    )
    desk, claims = Desk(limits), list[Claim[Socket]]()
    for event in events:
        kind, which = divmod(event, 32)
        if kind < 3:
            claims.append(desk.acquire((HERE, THERE, "https://third")[kind]))
        elif kind == 3:
            desk.clock += which
            desk.pool.expire(now=at(desk.clock))
        elif kind == 4 and claims:
            del claims[which % len(claims)]  # nobody holds it any more
            desk.woken.clear()
        elif claims:
            claim = claims.pop(which % len(claims))
            desk.release(claim, reusable=kind != 5, keep_alive_timeout=which if kind == 6 else None)
        _check(desk, claims)
    for claim in claims:
        desk.release(claim)
        desk.release(claim)
    _wake(desk, [])
    assert desk.pool.statistics().in_use == 0
    desk.pool.close()
    desk.settle()
    assert desk.pool.statistics().open == 0


def _wake(desk: Desk, claims: list[Claim[Socket]]) -> None:
    """Let everybody who waits look again, those who are gone included."""
    for _ in range(10):
        desk.woken.clear()
        desk.pool.serve(now=at(desk.clock))
        desk.settle()
    for claim in claims:
        desk.dial(claim)


def _check(desk: Desk, claims: list[Claim[Socket]]) -> None:
    _wake(desk, claims)
    leases = [claim.lease for claim in claims if claim.lease is not None]
    names = [name_of(claim) for claim in claims if claim.lease is not None]
    assert len({id(lease) for lease in leases}) == len(leases)
    assert len(set(names)) == len(names)
    assert not any(lease.connection is None or lease.connection.closed for lease in leases)
    limits, found = desk.limits, desk.pool.statistics()
    assert found.open <= limits.connections
    assert found.in_use == len(leases)
    waiting = [claim for claim in claims if claim.is_waiting]
    if waiting and limits.connections_per_key is None:
        assert len(leases) == limits.connections

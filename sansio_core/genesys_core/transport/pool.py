"""The connection pool: who gets which connection, who waits, and what is closed when.

A :class:`Lease` is a place in the pool and the connection in it. While idle it lies in the pool;
otherwise the :class:`Claim` of one call holds it. The pool refers to leases in use weakly, so the
places taken are the leases that exist: occupancy is derived, never counted. A lease that nobody
holds any more (an exception at an awkward moment, a thread that died) is a free place at the next
step.

Invariants:

* A lease is held by one claim, or idle. It is idle only if its HTTP connection can take a request,
  which it cannot from the first byte of a request until the reply is complete.
* There are never more leases than :attr:`PoolLimits.connections`, nor more for one key than
  :attr:`PoolLimits.connections_per_key`; connections being opened count.
* The connection that was idle last goes out first. A full pool gives up the one idle longest.
* Claims wait in a queue, and a newcomer never overtakes. A claim that waits for the limit of its key
  holds up nobody else; it joins the queue of all when that limit admits it.
* A connection idle too long, by either clock, or too old is never handed out. There is no thread:
  idle ones are closed at the next step, or when a timer set to :attr:`Pool.next_expiry` fires.
* No step looks at all connections, keys or claims: its cost does not grow with their number.
* A step that an exception interrupts between any two instructions loses no place and hands nothing
  out twice.

A pool does no I/O and takes no lock. The driver makes each step under a lock of its own (asyncio and
trio: between two checkpoints); then, outside it, it closes the connections in :attr:`Pool.closing`
and wakes the claims in :attr:`Pool.waking`. For threads::

    claim = Claim()
    try:
        with lock:
            pool.acquire(claim, key, now=read_clocks())
        while claim.is_waiting:
            event.wait(min(LOOK_AGAIN, time_left))     # set by whoever finds the claim in `waking`
            with lock:
                pool.serve(now=read_clocks())          # in case that wake-up was lost
        ...                                            # open a connection if the lease has none,
        ...                                            # then send and receive
    finally:
        with lock:
            pool.release(claim, now=read_clocks())     # gives back, or leaves the queue
        while (lease := pool.next_closing()) is not None:
            lease.connection.close()

:meth:`Pool.release` may be called at any time and any number of times for the same claim.
"""

import weakref
from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Final, Generic, Protocol, TypeVar, cast

from msgspec import Struct

from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError, InvalidValueError

__all__ = ["LOOK_AGAIN", "Claim", "Lease", "Pool", "PoolLimits", "PoolStatistics", "Reusable"]

C = TypeVar("C")  # the driver's connections

KEEP_ALIVE_MARGIN: Final = 1.0
"""Seconds that a connection is given up ahead of the time that the server announced."""

LOOK_AGAIN: Final = 1.0
"""Seconds after which a waiting thread makes a step of its own, in case its wake-up was lost."""


class PoolLimits(Struct, frozen=True, kw_only=True):
    """How many connections there may be, and how long they are kept.

    Attributes:
        connections: open, idle and being opened, for all keys together.
        connections_per_key: the same for one key; ``None`` for no limit of its own.
        keep_alive: seconds that a connection may be idle.
        max_age: seconds after which a connection takes no further request, so that a changed
            address is noticed; ``None`` for no limit.

    Raises:
        InvalidValueError: a number that is not above 0.
    """

    connections: int = 100
    connections_per_key: int | None = None
    keep_alive: float = 30.0
    max_age: float | None = 600.0

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            number: object = getattr(self, name)
            if number is not None and not (isinstance(number, int | float) and number > 0):
                raise InvalidValueError(f"pool {name}={number!r}: must be a number above 0")


class PoolStatistics(Struct, frozen=True):
    """What a pool holds at one moment.

    Attributes:
        open: connections, those being opened included.
        idle: those that wait for a request.
        waiting: claims that wait for a connection.
    """

    open: int
    idle: int
    waiting: int

    @property
    def in_use(self) -> int:
        """Connections that a claim holds."""
        return self.open - self.idle


class Reusable(Protocol):
    """What the pool asks of the HTTP state of a connection."""

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent: no reply is outstanding, nothing is broken."""
        ...

    @property
    def keep_alive_timeout(self) -> int | None:
        """Seconds for which the server keeps the connection while it is idle, if it said so."""
        ...


class Lease(Generic[C]):
    """A place in the pool, and the connection in it.

    Attributes:
        connection: the driver's socket or stream; ``None`` until it is opened.
        http: its HTTP state; ``None`` until it is opened.
        opened: when the place was taken or last cleared.
        idle_since: when it was given back last.
        keep_alive: seconds that it may be idle since then.
        group: the pool's.
        ref: the pool's.
    """

    __slots__ = (
        "__weakref__",
        "connection",
        "group",
        "http",
        "idle_since",
        "keep_alive",
        "opened",
        "ref",
    )

    def __init__(self, group: "_Group[C]", opened: Now) -> None:
        self.connection: C | None = None
        self.http: Reusable | None = None
        self.opened = self.idle_since = opened
        self.keep_alive = 0.0
        self.group = group
        self.ref: _Reference[C] | None = None

    def clear(self, *, now: Now) -> None:
        """Keep the place and forget the connection, which the driver closes; another follows."""
        self.http = self.connection = None
        self.opened = now

    def __repr__(self) -> str:
        return f"Lease({'open' if self.connection is not None else 'not open'})"


class Claim(Generic[C]):
    """One call's claim on a connection.

    Attributes:
        lease: what the call may use, once it is its turn.
        waker: whatever the driver needs to wake the call; the pool does not look at it.
        is_waiting: whether it is in the queue. One that is not, and has no lease, was refused:
            the pool was closed.
        group: the pool's.
    """

    __slots__ = ("group", "is_waiting", "lease", "waker")

    def __init__(self) -> None:
        self.lease: Lease[C] | None = None
        self.waker: object = None
        self.is_waiting = False
        self.group: _Group[C] | None = None


class _Reference(weakref.ref["Lease[C]"], Generic[C]):
    """A weak reference that is equal to itself alone, also when its lease is gone."""

    __slots__ = ("group",)
    __hash__ = object.__hash__
    __eq__ = object.__eq__

    group: "_Group[C]"


class _Group(Generic[C]):
    """The connections of one key, and the claims that wait for its limit."""

    __slots__ = ("idle", "key", "members", "queued", "waiting")

    def __init__(self, key: Hashable) -> None:
        self.key = key
        # The truth about what is idle: whoever takes a lease out of here may use it. The one idle
        # last is at the end.
        self.idle: dict[Lease[C], None] = {}
        self.members: set[_Reference[C]] = set()
        self.queued: set[Claim[C]] = set()  # those in the queue of all
        self.waiting: OrderedDict[Claim[C], None] = OrderedDict()  # those that this limit holds up


class Pool(Generic[C]):
    """The connections of one owner: a process, and in it one event loop or all threads.

    Args:
        limits: how many connections there may be, and how long they are kept.

    Attributes:
        closing: leases whose connections the driver is to close, first in, first out.
        waking: claims that were served or refused; the driver is to wake them.
    """

    def __init__(self, limits: PoolLimits | None = None) -> None:
        self.limits = limits = limits or PoolLimits()
        self.closing: deque[Lease[C]] = deque()
        self.waking: deque[Claim[C]] = deque()
        self._connections = limits.connections
        self._per_key = limits.connections_per_key
        self._groups: dict[Hashable, _Group[C]] = {}
        self._members: set[_Reference[C]] = set()  # every lease that exists, idle or held
        # References to leases that nobody holds any more. Where the last holder lets go, a method
        # written in C puts them here: no exception can come between.
        self._abandoned: deque[weakref.ref[Lease[C]]] = deque()
        self._idle: OrderedDict[Lease[C], None] = OrderedDict()  # the one idle longest comes first
        self._queue: OrderedDict[Claim[C], _Group[C]] = OrderedDict()
        self._look_at = Now(0.0, 0.0)  # before this, no idle connection has been idle too long
        self._closed = False

    @property
    def is_closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closed

    @property
    def next_expiry(self) -> float | None:
        """When the connection idle longest has been idle too long, on the monotonic clock."""
        for lease in self._idle:
            return lease.idle_since.monotonic + self.limits.keep_alive
        return None

    def statistics(self) -> PoolStatistics:
        """What the pool holds now."""
        self._bury()
        waiting = len(self._queue) + sum(len(group.waiting) for group in self._groups.values())
        return PoolStatistics(len(self._members), len(self._idle), waiting)

    # --- steps --------------------------------------------------------------------------------

    def acquire(self, claim: Claim[C], key: Hashable, *, now: Now) -> None:
        """Give a claim a lease, or a place in the queue (:attr:`Claim.is_waiting`).

        The lease has the connection that was idle last; or none, and the driver opens it.

        Args:
            claim: a new one, or one that was released.
            key: what the connection has to lead to: scheme, host, port, proxy, TLS settings.
            now: the time.

        Raises:
            GenesysCloudError: the pool is closed.
        """
        if self._closed:
            raise GenesysCloudError("the client is closed; nothing was sent")
        if self._queue or self._abandoned:
            self.serve(now=now)
        if now.monotonic >= self._look_at.monotonic or now.wall >= self._look_at.wall:
            self.expire(now=now)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(key)
        claim.group = group
        if not (self._queue or group.waiting) and self._has_room(group):
            claim.lease = self._place(group, now)
            if claim.lease is not None:
                return
        claim.is_waiting = True
        group.waiting[claim] = None
        self._admit(group)

    def release(self, claim: Claim[C], *, now: Now) -> None:
        """Take a claim's lease back, or its place in the queue; of no effect where it has neither.

        The connection becomes idle if another request may follow on it; else it is closed.
        """
        group = claim.group
        if group is None:
            return
        lease, claim.lease = claim.lease, None
        if lease is not None:
            if self._may_follow(lease, now):
                lease.idle_since = now
                self._idle[lease] = None
                group.idle[lease] = None
            else:
                self._retire(lease)
        elif claim.is_waiting:
            self._queue.pop(claim, None)
            group.queued.discard(claim)
            group.waiting.pop(claim, None)
            claim.is_waiting = False
            self._forget_if_empty(group)
        if group.waiting:
            self._admit(group)
        if self._queue or self._abandoned:
            self.serve(now=now)

    def serve(self, *, now: Now) -> None:
        """Serve the queue as far as there are places."""
        self._bury()
        while self._queue:
            claim, group = next(iter(self._queue.items()))
            if claim.lease is None:  # else an interrupted step came this far
                claim.lease = self._place(group, now)
                if claim.lease is None:
                    return
            group.queued.discard(claim)
            self.waking.append(claim)
            claim.is_waiting = False
            del self._queue[claim]
            self._bury()

    def expire(self, *, now: Now) -> None:
        """Close the connections that have been idle too long."""
        since = now
        while self._idle:
            lease = next(iter(self._idle))
            if self._is_fresh(lease, now):
                since = lease.idle_since
                break
            self._evict(lease)
        # Whatever becomes idle later than this has its time later than this.
        keep_alive = self.limits.keep_alive
        self._look_at = Now(since.monotonic + keep_alive, since.wall + keep_alive)

    def discard(self, lease: Lease[C]) -> None:
        """Close an idle connection: its peer closed it, or sent what nobody asked for.

        Of no effect on one that is not idle.
        """
        if lease in lease.group.idle:
            self._evict(lease)

    def close(self) -> None:
        """Close idle connections and refuse who waits; those in use are closed when they return."""
        self._closed = True
        while self._idle:
            self._evict(next(iter(self._idle)))
        for group in self._groups.values():
            for claim in (*group.queued, *group.waiting):
                claim.is_waiting = False
                self.waking.append(claim)
            group.queued.clear()
            group.waiting.clear()
        self._queue.clear()

    def next_closing(self) -> Lease[C] | None:
        """Take the next lease out of :attr:`closing`; needs no lock."""
        try:
            return self.closing.popleft()
        except IndexError:
            return None

    def next_waking(self) -> Claim[C] | None:
        """Take the next claim out of :attr:`waking`; needs no lock."""
        try:
            return self.waking.popleft()
        except IndexError:
            return None

    # --- places -------------------------------------------------------------------------------

    def _place(self, group: _Group[C], now: Now) -> Lease[C] | None:
        """A lease of the group, idle until now or new; nothing if the pool is full."""
        while group.idle:
            lease, _ = group.idle.popitem()
            self._idle.pop(lease, None)
            if self._is_fresh(lease, now):
                return lease
            self._retire(lease)
        while len(self._members) >= self._connections:
            if not self._idle:
                return None
            self._evict(next(iter(self._idle)))
            self._bury()
        lease = Lease(group, now)
        lease.ref = ref = _Reference(lease, self._abandoned.append)
        ref.group = group
        # What is in the second is in the first, whatever comes between; see `_bury`.
        self._members.add(ref)
        group.members.add(ref)
        self._groups[group.key] = group
        return lease

    def _has_room(self, group: _Group[C]) -> bool:
        """Whether the limit of a key admits one more claim to the queue."""
        if self._per_key is None:
            return True
        return len(group.members) - len(group.idle) + len(group.queued) < self._per_key

    def _admit(self, group: _Group[C]) -> None:
        """Let claims that waited for the limit of their key into the queue of all."""
        while group.waiting and self._has_room(group):
            claim = next(iter(group.waiting))
            group.queued.add(claim)
            self._queue[claim] = group
            del group.waiting[claim]

    def _is_fresh(self, lease: Lease[C], now: Now) -> bool:
        since, keep_alive = lease.idle_since, lease.keep_alive
        # The monotonic clock stands still while a laptop sleeps or a container is frozen.
        if now.monotonic - since.monotonic >= keep_alive or now.wall - since.wall >= keep_alive:
            return False
        return self._is_young(lease, now)

    def _is_young(self, lease: Lease[C], now: Now) -> bool:
        opened, max_age = lease.opened, self.limits.max_age
        return max_age is None or (
            now.monotonic - opened.monotonic < max_age and now.wall - opened.wall < max_age
        )

    def _may_follow(self, lease: Lease[C], now: Now) -> bool:
        """Whether another request may follow on a lease that comes back."""
        http = lease.http
        if self._closed or lease.ref not in self._members or http is None or not http.reusable:
            return False
        announced = http.keep_alive_timeout
        lease.keep_alive = self.limits.keep_alive
        if announced is not None:
            lease.keep_alive = min(lease.keep_alive, announced - KEEP_ALIVE_MARGIN)
        return lease.keep_alive > 0 and self._is_young(lease, now)

    def _evict(self, lease: Lease[C]) -> None:
        """Close an idle connection."""
        group = lease.group
        if lease in group.idle:
            del group.idle[lease]
            self._retire(lease)
        # Else an interrupted step took it out, and nothing refers to it but this:
        self._idle.pop(lease, None)

    def _retire(self, lease: Lease[C]) -> None:
        """Free a lease's place, and have its connection closed."""
        if lease.connection is not None:
            self.closing.append(lease)
        self._free(cast(_Reference[C], lease.ref))

    def _bury(self) -> None:
        """Free the places of leases that nobody holds any more."""
        while self._abandoned:
            ref = cast(_Reference[C], self._abandoned[0])
            if ref in self._members:
                self._free(ref)
                self._admit(ref.group)
            self._abandoned.popleft()

    def _free(self, ref: _Reference[C]) -> None:
        group = ref.group
        group.members.discard(ref)
        self._members.discard(ref)
        self._forget_if_empty(group)

    def _forget_if_empty(self, group: _Group[C]) -> None:
        if not (group.members or group.queued or group.waiting):
            self._groups.pop(group.key, None)

"""The connection pool: assignment of connections, the queue of waiting calls, and expiry.

A :class:`Lease` is a slot in the pool and the connection in it. The pool keeps idle leases; a lease
in use is held by the :class:`Claim` of one call. The pool has only weak references to leases in
use: a slot is in use as long as its lease exists, and no counter can become wrong. The slot of a
lease that is no longer referenced (because an exception interrupted a call, or its thread died) is
free at the next step.

Invariants:

* A lease is held by one claim, or idle. It is idle only if its HTTP connection can accept a
  request: never between the first byte of a request and the end of the response.
* There are never more leases than :attr:`PoolLimits.connections`, nor more for one key than
  :attr:`PoolLimits.connections_per_key`, including connections being opened.
* The connection that became idle last is used first. A full pool closes the one that has been idle
  longest.
* Claims wait in a FIFO queue; a new claim never overtakes a waiting one. A claim that waits because
  of its key's limit does not block claims with other keys; it joins the common queue when that
  limit allows.
* A connection that has been idle for too long or is too old, by either the monotonic or the wall
  clock, is never used. The pool has no background thread: idle connections are closed at the next
  step, or when a timer that the driver sets to :attr:`Pool.next_expiry` fires.
* Except for :meth:`Pool.close`, no step iterates over all connections, keys or claims: its cost is
  independent of their number.
* If an exception interrupts a step between any two instructions, no slot is lost and none is
  assigned twice.

A pool does no I/O and uses no lock. The driver makes each step under its own lock (asyncio and
trio: between two checkpoints). After releasing the lock, it closes the connections in
:attr:`Pool.closing` and wakes the claims in :attr:`Pool.waking`. For threads::

    claim = Claim()
    try:
        with lock:
            pool.acquire(claim, key, now=read_clocks())
        while claim.is_waiting:
            event.wait(min(LOOK_AGAIN, time_left))  # set by the thread that takes it from `waking`
            with lock:
                pool.serve(now=read_clocks())          # in case that wake-up was lost
        ...                                            # open a connection if the lease has none,
        ...                                            # then send and receive
    finally:
        with lock:
            pool.release(claim, now=read_clocks())     # release the lease, or leave the queue
        while (lease := pool.next_closing()) is not None:
            lease.connection.close()

:meth:`Pool.release` is idempotent and may be called at any time.
"""

import weakref
from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Final, Generic, Protocol, TypeVar, cast

from msgspec import Struct

from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError, InvalidValueError

__all__ = ["LOOK_AGAIN", "Claim", "Lease", "Pool", "PoolLimits", "PoolStatistics", "Reusable"]

C = TypeVar("C")  # the driver's connection type

KEEP_ALIVE_MARGIN: Final = 1.0
"""An idle connection is not reused if the server's keep-alive timeout ends within this many seconds.
"""

LOOK_AGAIN: Final = 1.0
"""Seconds after which a waiting thread checks the pool by itself, in case its wake-up was lost."""


class PoolLimits(Struct, frozen=True, kw_only=True):
    """Limits on the number and age of connections.

    Attributes:
        connections: maximum number of connections for all keys, including idle connections and
            connections being opened.
        connections_per_key: maximum number of connections for one key; ``None`` for no separate
            limit.
        keep_alive: maximum idle time in seconds.
        max_age: seconds after which a connection accepts no further request, so that DNS changes
            take effect; ``None`` for no limit.

    Raises:
        InvalidValueError: a limit is not a number above 0.
    """

    connections: int = 100
    connections_per_key: int | None = None
    keep_alive: float = 30.0
    max_age: float | None = 600.0

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            number: object = getattr(self, name)
            is_optional = name in {"connections_per_key", "max_age"}
            if number is None and is_optional:
                continue
            if not (isinstance(number, int | float) and number > 0):
                lifted = ", or None for no limit" if is_optional else ""
                raise InvalidValueError(f"pool {name}={number!r}: must be a number above 0{lifted}")


class PoolStatistics(Struct, frozen=True):
    """A snapshot of a pool's connections and waiting claims.

    Attributes:
        open: number of connections, including those being opened.
        idle: number of idle connections.
        waiting: number of claims that wait for a connection.
    """

    open: int
    idle: int
    waiting: int

    @property
    def in_use(self) -> int:
        """Number of connections that claims have leased."""
        return self.open - self.idle


class Reusable(Protocol):
    """The part of a connection's HTTP state that the pool needs."""

    @property
    def reusable(self) -> bool:
        """Whether the connection accepts a request: no response is pending, nothing has failed."""
        ...

    @property
    def keep_alive_timeout(self) -> int | None:
        """The keep-alive timeout in seconds that the server announced; ``None`` if unknown."""
        ...


class Lease(Generic[C]):
    """A slot in the pool, and the connection in it.

    Attributes:
        connection: the driver's socket or stream; ``None`` until it is opened.
        http: the HTTP state of the connection; ``None`` until the connection is opened.
        opened: when the slot was created or last cleared.
        idle_since: when the lease was last released.
        expires: when the connection accepts no further request, on the monotonic clock.
        expires_wall: the same time on the wall clock; the earlier of the two applies.
        group: internal to the pool.
        ref: internal to the pool.
    """

    __slots__ = (
        "__weakref__",
        "connection",
        "expires",
        "expires_wall",
        "group",
        "http",
        "idle_since",
        "opened",
        "ref",
    )

    def __init__(self, group: "_Group[C]", opened: Now) -> None:
        self.connection: C | None = None
        self.http: Reusable | None = None
        self.opened = self.idle_since = opened
        self.expires, self.expires_wall = opened
        self.group = group
        self.ref: _Reference[C] | None = None

    @property
    def siblings(self) -> int:
        """Number of other connections in the pool with the same key."""
        return len(self.group.members) - 1

    def clear(self, *, now: Now) -> None:
        """Detach the connection, for the driver to close; the slot remains for a new connection."""
        self.http = self.connection = None
        self.opened = now

    def __repr__(self) -> str:
        return f"Lease({'open' if self.connection is not None else 'not open'})"


class Claim(Generic[C]):
    """One call's claim on a connection.

    Attributes:
        lease: the assigned lease.
        waker: an object that wakes the call; set and used only by the driver.
        is_waiting: whether the claim is in the queue. If a claim leaves the queue without a lease,
            the pool was closed.
        group: internal to the pool.
    """

    __slots__ = ("group", "is_waiting", "lease", "waker")

    def __init__(self) -> None:
        self.lease: Lease[C] | None = None
        self.waker: object = None
        self.is_waiting = False
        self.group: _Group[C] | None = None


class _Reference(weakref.ref["Lease[C]"], Generic[C]):
    """A weak reference that equals only itself, even when its lease is gone."""

    __slots__ = ("group",)
    __hash__ = object.__hash__
    __eq__ = object.__eq__

    group: "_Group[C]"


class _Group(Generic[C]):
    """The connections of one key, and the claims that wait for its limit."""

    __slots__ = ("idle", "key", "members", "queued", "waiting")

    def __init__(self, key: Hashable) -> None:
        self.key = key
        # The authoritative list of idle leases: whoever removes a lease may use it. The most
        # recently idle one is at the end.
        self.idle: dict[Lease[C], None] = {}
        self.members: set[_Reference[C]] = set()
        self.queued: set[Claim[C]] = set()  # claims in the common queue
        # claims that wait for this key's limit
        self.waiting: OrderedDict[Claim[C], None] = OrderedDict()


class Pool(Generic[C]):
    """The connections of one owner: one event loop of a process, or all threads of a process.

    Args:
        limits: limits on the number and age of connections.

    Attributes:
        closing: leases whose connections the driver must close, first in, first out.
        waking: claims that were given a lease or rejected; the driver must wake their calls.
    """

    def __init__(self, limits: PoolLimits | None = None) -> None:
        self.limits = limits = limits or PoolLimits()
        self.closing: deque[Lease[C]] = deque()
        self.waking: deque[Claim[C]] = deque()
        self._connections = limits.connections
        self._per_key = limits.connections_per_key
        self._keep_alive = limits.keep_alive
        self._max_age = limits.max_age
        self._groups: dict[Hashable, _Group[C]] = {}
        self._members: set[_Reference[C]] = set()  # all existing leases, idle or held
        # Weak references to leases that no longer exist. They are added by a method written in C when
        # the last reference is dropped, so no exception can intervene.
        self._abandoned: deque[weakref.ref[Lease[C]]] = deque()
        self._idle: OrderedDict[Lease[C], None] = OrderedDict()  # the one idle longest comes first
        self._queue: OrderedDict[Claim[C], _Group[C]] = OrderedDict()
        self._look_at = Now(0.0, 0.0)  # before this time, no idle connection has expired
        self._closed = False

    @property
    def is_closed(self) -> bool:
        """Whether :meth:`close` has been called."""
        return self._closed

    @property
    def next_expiry(self) -> float | None:
        """When the connection that has been idle longest reaches :attr:`PoolLimits.keep_alive`.

        The time is a reading of the monotonic clock; ``None`` if no connection is idle. The
        connection may expire earlier, by ``max_age`` or the server's own timeout.
        """
        for lease in self._idle:
            return lease.idle_since.monotonic + self.limits.keep_alive
        return None

    def statistics(self) -> PoolStatistics:
        """Return the current numbers of connections and waiting claims."""
        self._bury()
        waiting = len(self._queue) + sum(len(group.waiting) for group in self._groups.values())
        return PoolStatistics(len(self._members), len(self._idle), waiting)

    # --- steps --------------------------------------------------------------------------------

    def acquire(self, claim: Claim[C], key: Hashable, *, now: Now) -> None:
        """Assign a lease to a claim, or queue the claim (:attr:`Claim.is_waiting`).

        The lease has the most recently used idle connection. If there is none, the driver must open
        one.

        Args:
            claim: a new claim, or a claim that was released.
            key: a key that is equal for interchangeable connections: scheme, host, port, proxy, TLS
                settings.
            now: the current time.

        Raises:
            GenesysCloudError: the pool is closed.
        """
        if self._closed:
            raise GenesysCloudError("the client is closed; nothing was sent")
        # Slots that became free since the last step go to claims that already wait.
        if self._queue or self._abandoned:
            self.serve(now=now)
        look_at = self._look_at
        # Compared first, so that most calls need not check any idle connection.
        if now.monotonic >= look_at.monotonic or now.wall >= look_at.wall:
            self.expire(now=now)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(key)
        claim.group = group
        if not (self._queue or group.waiting) and (self._per_key is None or self._has_room(group)):
            claim.lease = self._place(group, now)
            if claim.lease is not None:
                return
        # Also without a limit per key: `_admit` is the only way into the queue, which keeps its order.
        claim.is_waiting = True
        group.waiting[claim] = None
        self._admit(group)

    def release(self, claim: Claim[C], *, now: Now) -> None:
        """Release a claim's lease, or remove the claim from the queue. Idempotent.

        The connection becomes idle if it can be reused; otherwise it is closed.
        """
        group = claim.group
        if group is None:
            return
        # The claim loses its lease first: an interruption after this drops the lease, which frees its
        # slot, and a second release finds nothing.
        lease, claim.lease = claim.lease, None
        if lease is not None:
            if self._may_follow(lease, now):
                # In this order: a lease in `group.idle` alone would never expire.
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
        """Assign leases to waiting claims while the pool has free slots."""
        self._bury()
        while self._queue:
            claim, group = next(iter(self._queue.items()))
            if claim.lease is None:  # otherwise an interrupted step got this far
                claim.lease = self._place(group, now)
                if claim.lease is None:
                    return
            group.queued.discard(claim)
            self.waking.append(claim)
            claim.is_waiting = False
            # Last, so that an interrupted step is repeated for this claim.
            del self._queue[claim]
            self._bury()

    def expire(self, *, now: Now) -> None:
        """Remove connections that have been idle for too long, for the driver to close."""
        since = now
        while self._idle:
            lease = next(iter(self._idle))
            if now.monotonic < lease.expires and now.wall < lease.expires_wall:
                since = lease.idle_since
                break
            self._evict(lease)
        # Connections that become idle later also expire later, except if the server announced a
        # shorter timeout: such a connection is closed late, but `_place` never returns it.
        keep_alive = self.limits.keep_alive
        self._look_at = Now(since.monotonic + keep_alive, since.wall + keep_alive)

    def discard(self, lease: Lease[C]) -> None:
        """Remove an idle connection whose peer closed it or sent data, for the driver to close.

        Does nothing if the connection is not idle.
        """
        if lease in lease.group.idle:
            self._evict(lease)

    def close(self) -> None:
        """Close the pool: remove idle connections, for the driver to close; reject waiting claims.

        Leased connections are removed when their claims are released.
        """
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
        """Remove and return the next lease in :attr:`closing`, if any; needs no lock."""
        try:
            # Not `if self.closing`: another thread may empty it in between.
            return self.closing.popleft()
        except IndexError:
            return None

    def next_waking(self) -> Claim[C] | None:
        """Remove and return the next claim in :attr:`waking`, if any; needs no lock."""
        try:
            return self.waking.popleft()
        except IndexError:
            return None

    # --- places -------------------------------------------------------------------------------

    def _place(self, group: _Group[C], now: Now) -> Lease[C] | None:
        """Return a lease of the group, idle until now or new; ``None`` if the pool is full."""
        while group.idle:
            lease, _ = group.idle.popitem()
            self._idle.pop(lease, None)
            if now.monotonic < lease.expires and now.wall < lease.expires_wall:
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
        # Every reference in the second set is in the first, even if interrupted; see `_bury`.
        self._members.add(ref)
        group.members.add(ref)
        self._groups[group.key] = group
        return lease

    def _has_room(self, group: _Group[C]) -> bool:
        """Return whether the limit of a key allows one more claim in the common queue."""
        if self._per_key is None:
            return True
        return len(group.members) - len(group.idle) + len(group.queued) < self._per_key

    def _admit(self, group: _Group[C]) -> None:
        """Move claims that waited for the limit of their key to the common queue."""
        while group.waiting and self._has_room(group):
            claim = next(iter(group.waiting))
            group.queued.add(claim)
            self._queue[claim] = group
            del group.waiting[claim]

    def _may_follow(self, lease: Lease[C], now: Now) -> bool:
        """Return whether a released connection can be reused, and set when it expires."""
        http = lease.http
        if self._closed or lease.ref not in self._members or http is None or not http.reusable:
            return False
        keep_alive, announced = self._keep_alive, http.keep_alive_timeout
        if announced is not None:
            keep_alive = min(keep_alive, announced - KEEP_ALIVE_MARGIN)
        # By both clocks: the monotonic one stops while a laptop sleeps or a container is frozen.
        expires, expires_wall = now.monotonic + keep_alive, now.wall + keep_alive
        if (max_age := self._max_age) is not None:
            oldest, oldest_wall = lease.opened.monotonic + max_age, lease.opened.wall + max_age
            if oldest < expires:  # noqa: PLR1730 - `min` is a call more
                expires = oldest
            if oldest_wall < expires_wall:  # noqa: PLR1730
                expires_wall = oldest_wall
        lease.idle_since, lease.expires, lease.expires_wall = now, expires, expires_wall
        return now.monotonic < expires and now.wall < expires_wall

    def _evict(self, lease: Lease[C]) -> None:
        """Remove an idle connection, for the driver to close."""
        group = lease.group
        if lease in group.idle:
            del group.idle[lease]
            self._retire(lease)
        # Otherwise an interrupted step removed it, and this is the only reference:
        self._idle.pop(lease, None)

    def _retire(self, lease: Lease[C]) -> None:
        """Free a lease's slot, and have its connection closed."""
        if lease.connection is not None:
            self.closing.append(lease)
        self._free(cast(_Reference[C], lease.ref))

    def _bury(self) -> None:
        """Free the slots of leases that no longer exist."""
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

"""Every state of the channel machine that a small alphabet of inputs can reach.

States are compared by their shape: numbers, times and texts left out, counters cut off. From one
state of each shape every input is tried, and every step is held against the invariants.
"""

import math
from collections.abc import Iterator

import pytest

from genesys_core.clock import Now
from genesys_core.errors import ConnectionClosedError
from genesys_core.models import Channel
from genesys_core.notifications.channel.channel import (
    ChannelStep,
    GivenChannel,
    Running,
    Stopped,
    start_channel,
)
from genesys_core.notifications.channel.connection import (
    BackingOff,
    Checking,
    Connecting,
    Connection,
    Creating,
    Inspecting,
    InSync,
    Listening,
    OutOfSync,
    Syncing,
)
from genesys_core.notifications.channel.events import (
    Arrived,
    ChannelCall,
    CloseSocket,
    Connect,
    Emit,
    Gap,
    SendText,
)
from genesys_core.notifications.channel.facts import Facts
from genesys_core.websocket import Closed, Failed
from tests.helpers.channel_world import (
    HEARTBEAT,
    NO_LONGER,
    POLICY,
    PONG_TEXT,
    SOCKET_CLOSING,
    api_error,
    listing,
)

TOPICS = frozenset({"a"})
NOBODY = 10**6
EVENT = '{"topicName":"a"}'
LOST = ConnectionClosedError("lost", sent=True)
MADE = Channel(id="c", connect_uri="wss://example.com/c")
CALL_OUTCOMES = (MADE, listing(["a"]), LOST, api_error(404), api_error(403))
BATCHES = (
    (EVENT,),
    (HEARTBEAT,),
    (PONG_TEXT,),
    (SOCKET_CLOSING,),
    (NO_LONGER,),
    ('{"result":"404"}',),
)
ENDS = (
    Closed(1001, ""),
    Failed("closed", "broken", code=1006),
    Failed("handshake", "gone", status=404),
)


def connections_of(facts: Facts) -> list[Connection]:
    return [facts.primary, *([] if facts.successor is None else [facts.successor])]


def calls(facts: Facts) -> set[int]:
    found: set[int] = set()
    for connection in connections_of(facts):
        if isinstance(connection, Creating | Inspecting | Checking):
            found.add(connection.call)
        if isinstance(connection, Listening) and isinstance(connection.sync, Syncing):
            found.add(connection.sync.call)
    return found


def sockets(facts: Facts) -> set[int]:
    found = {
        connection.socket
        for connection in connections_of(facts)
        if isinstance(connection, Listening | Connecting)
    }
    return found if facts.draining is None else found | {facts.draining.socket}


def shape(facts: Facts) -> str:
    """What distinguishes a state once numbers, times and how often something failed are left out."""
    parts = (
        sorted(facts.wanted),
        [_connection_shape(connection) for connection in connections_of(facts)],
        None if facts.draining is None else facts.draining.pongs_due > 0,
        None if facts.duplicates is None else facts.duplicates.until is None,
        facts.missing is None,
        facts.established,
    )
    return repr(parts)


def _connection_shape(connection: Connection) -> tuple[object, ...]:
    name = type(connection).__name__
    if isinstance(connection, Listening):
        doubtful = isinstance(connection.sync, Syncing) and connection.sync.doubtful
        sync = (type(connection.sync).__name__, _topics(connection), doubtful)
        behind = connection.backlog is not None
        return (
            name,
            sync,
            connection.pinged is None,
            connection.subscribed,
            connection.leaving,
            behind,
        )
    if isinstance(connection, BackingOff):
        # What `woke` decides by: a number of failures in a row, and whose channel it is.
        next_state = connection.woke(0, now=Now(0.0, 0.0), policy=POLICY)
        return (
            name,
            type(next_state).__name__,
            min(connection.failures, 2),
            connection.channel is None,
        )
    return name, min(connection.failures, 2)


def _topics(connection: Listening) -> object:
    sync = connection.sync
    topics = sync.wanted if isinstance(sync, Syncing) else sync.confirmed
    return None if topics is None else sorted(topics)


def inputs(state: Running, now: Now) -> Iterator[tuple[str, ChannelStep, Now]]:
    """Every input that the alphabet has for a state; also those that come for nobody."""
    facts = state.facts
    for call in [*sorted(calls(facts)), NOBODY]:
        for outcome in CALL_OUTCOMES:
            yield f"called {call}", state.called(call, outcome, now=now), now
    for socket in [*sorted(sockets(facts)), NOBODY]:
        yield f"connected {socket}", state.connected(socket, now=now), now
        for batch in BATCHES:
            yield f"received {batch}", state.received(socket, batch, now=now), now
        for end in ENDS:
            yield f"disconnected {end}", state.disconnected(socket, end, now=now), now
    for wanted in (TOPICS, frozenset[str]()):
        yield f"want {set(wanted)}", state.want(wanted, now=now), now
    yield "ping", state.ping(now=now), now
    yield "stop", state.stop(now=now), now
    yield "resumed", state.resumed(now=now), now
    for reading in (True, False):
        kind = "timer" if reading else "timer, not reading"
        yield f"{kind}, early", state.timer(now=now, reading=reading), now
        due = state.deadline(reading=reading)
        if math.isfinite(due):
            wait = max(0.0, due - now.monotonic)
            later = Now(now.monotonic + wait, now.wall + wait)
            yield kind, state.timer(now=later, reading=reading), later


def check(before: Running, name: str, step: ChannelStep, now: Now) -> None:
    old, effects = before.facts, step.effects
    asked = [effect.id for effect in effects if isinstance(effect, ChannelCall)]
    opened = [effect.socket for effect in effects if isinstance(effect, Connect)]
    closed = [effect.socket for effect in effects if isinstance(effect, CloseSocket)]
    events = [effect.event for effect in effects if isinstance(effect, Emit)]
    assert len({*asked, *opened}) == len(asked) + len(opened), "numbers are not unique"
    assert all(number > old.serial for number in (*asked, *opened)), "a number is used again"
    assert set(closed) <= sockets(old) | set(opened), "closes what is not open"
    for effect in effects:
        if isinstance(effect, SendText):
            assert effect.socket in sockets(old) | set(opened), "sends on what is not open"
    for event in events:
        if isinstance(event, Gap):
            assert event.from_ <= event.to
    if isinstance(step.state, Stopped):
        assert set(closed) == sockets(old), "a socket is left open"
        return
    new = step.state.facts
    assert calls(new) - calls(old) <= set(asked), "waits for a call that was not made"
    left = sockets(old) - sockets(new) - set(closed)
    assert len(left) <= name.startswith("disconnected"), "leaks a socket"
    assert sockets(new) - sockets(old) <= set(opened), "waits for a socket that was not asked for"
    assert set(closed) & sockets(new) == set(), "keeps what it has closed"
    assert isinstance(new.primary, Listening) or not step.state.settled
    if old.missing is not None and new.missing is None:
        assert any(isinstance(event, Gap) for event in events), "forgets that something is missing"
    if name.startswith("timer") and not name.endswith("early"):
        due = step.state.deadline(reading=name == "timer")
        assert due > now.monotonic or step.effects, "makes no progress"
    if name.startswith("timer, not reading"):
        check_patient(old, new)
    if name == "resumed":
        pinged = {effect.socket for effect in effects if isinstance(effect, SendText)}
        assert len(effects) == len(pinged), "does more than to ask where the backlog ends"
        assert pinged <= sockets(new)
        patience = now.monotonic + POLICY.pong_wait
        assert step.state.next_deadline >= min(before.next_deadline, patience)
    assert sum(isinstance(event, Arrived) for event in events) <= name.startswith("received")


def check_patient(old: Facts, new: Facts) -> None:
    """Sockets that nobody reads are neither asked for a sign of life nor given up for having none."""
    if isinstance(new.primary, Listening):
        assert new.draining == old.draining, "gives up an old socket that is not read"
    for before, after in zip(connections_of(old), connections_of(new), strict=False):
        if isinstance(before, Listening) and isinstance(before.sync, InSync):
            assert isinstance(after, Listening)
            assert (after.socket, after.pinged) == (before.socket, before.pinged)


def explore(first: ChannelStep, now: Now, seen: dict[str, tuple[Running, Now]]) -> None:
    assert isinstance(first.state, Running)
    todo = [(first.state, now)]
    while todo:
        state, now = todo.pop()
        key = shape(state.facts)
        if key in seen:
            continue
        seen[key] = state, now
        assert len(seen) < 10_000, "the machine has no bounded shape"
        for name, step, then in inputs(state, now):
            check(state, name, step, then)
            if isinstance(step.state, Running):
                todo.append((step.state, then))


def settles(state: Running, now: Now) -> bool:
    """Whether a state comes to rest once everything works."""
    for _ in range(40):
        facts = state.facts
        if state.settled and (facts.successor, facts.draining, facts.duplicates) == (
            None,
            None,
            None,
        ):
            return facts.missing is None
        step = _helped(state, now)
        if step is None:
            wait = max(0.0, state.next_deadline - now.monotonic)
            assert wait <= POLICY.backoff_cap, "waits longer than its backoff"
            now = Now(now.monotonic + wait, now.wall + wait)
            step = state.timer(now=now)
        assert isinstance(step.state, Running)
        state = step.state
    return False


def _helped(state: Running, now: Now) -> ChannelStep | None:
    for connection in connections_of(state.facts):
        match connection:
            case Creating(call=call):
                return state.called(call, MADE, now=now)
            case Inspecting(call=call) | Checking(call=call):
                return state.called(call, listing([]), now=now)
            case Connecting(socket=socket):
                return state.connected(socket, now=now)
            case Listening(sync=Syncing(call=call)):
                return state.called(call, listing(["a"]), now=now)
            case Listening(socket=socket, pinged=float()):
                return state.received(socket, (PONG_TEXT,), now=now)
            case Listening(sync=InSync() | OutOfSync()) | BackingOff():
                pass
    return None


@pytest.mark.slow
def test_every_state_keeps_the_invariants_and_comes_to_rest():
    now = Now(1000.0, 1_700_000_000.0)
    existing = GivenChannel("given", "wss://example.com/given")
    seen: dict[str, tuple[Running, Now]] = {}
    explore(start_channel(TOPICS, policy=POLICY, now=now), now, seen)
    explore(start_channel((), policy=POLICY, now=now, existing=existing), now, seen)
    for state, then in seen.values():
        assert settles(state, then), state.facts
    kinds = {
        type(connection).__name__
        for state, _ in seen.values()
        for connection in connections_of(state.facts)
    }
    assert kinds == {
        "BackingOff",
        "Creating",
        "Inspecting",
        "Checking",
        "Connecting",
        "Listening",
    }
    assert any(state.facts.draining for state, _ in seen.values())
    assert len(seen) > 1_000

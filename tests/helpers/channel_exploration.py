"""Every step of the channel machine that a small alphabet of inputs can bring about.

States are compared by their shape: numbers, times and texts left out, counters cut off. From one state
of each shape every input is tried.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

from genesys_core.clock import Now
from genesys_core.errors import ConnectionClosedError
from genesys_core.models import Channel
from genesys_core.notifications.channel.channel import (
    ChannelStep,
    GivenChannel,
    Running,
    start_channel,
)
from genesys_core.notifications.channel.connection import (
    BackingOff,
    Checking,
    Connecting,
    Connection,
    Creating,
    Inspecting,
    Listening,
    Syncing,
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


class Edge(NamedTuple):
    """One input to one state."""

    before: Running
    input: str
    step: ChannelStep
    now: Now


def explore(seen: dict[str, tuple[Running, Now]]) -> Iterator[Edge]:
    """Every input from one state of each shape, which are kept in ``seen``."""
    now = Now(1000.0, 1_700_000_000.0)
    existing = GivenChannel("given", "wss://example.com/given")
    firsts = (
        start_channel(TOPICS, policy=POLICY, now=now),
        start_channel((), policy=POLICY, now=now, existing=existing),
    )
    todo = [(first.state, now) for first in firsts if isinstance(first.state, Running)]
    while todo:
        state, now = todo.pop()
        key = shape(state.facts)
        if key in seen:
            continue
        seen[key] = state, now
        assert len(seen) < 10_000, "the machine has no bounded shape"
        for name, step, then in inputs(state, now):
            yield Edge(state, name, step, then)
            if isinstance(step.state, Running):
                todo.append((step.state, then))

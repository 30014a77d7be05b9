"""Every state of the channel machine that a small alphabet of inputs can reach.

States are compared by their shape: numbers, times and texts left out, counters cut off. From one
state of each shape every input is tried, and every step is held against the invariants.
"""

import pytest

from genesys_core.clock import Now
from genesys_core.notifications.channel.channel import (
    ChannelStep,
    Running,
    Stopped,
)
from genesys_core.notifications.channel.connection import (
    BackingOff,
    Checking,
    Connecting,
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
from tests.helpers.channel_exploration import MADE, calls, connections_of, explore, sockets
from tests.helpers.channel_world import (
    POLICY,
    PONG_TEXT,
    listing,
)


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
    seen: dict[str, tuple[Running, Now]] = {}
    for edge in explore(seen):
        check(*edge)
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

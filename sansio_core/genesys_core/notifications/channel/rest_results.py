"""What the platform's replies mean to the machine of a channel.

Law: a reply counts only for the state that waits for it; one that comes late changes nothing.
"""

from msgspec.structs import replace

from genesys_core.errors import GenesysCloudError
from genesys_core.notifications.channel.connection import (
    Changing,
    Checking,
    Creating,
    Inspecting,
    Open,
    Settled,
)
from genesys_core.notifications.channel.events import Adopted, Retrying
from genesys_core.notifications.channel.policy import is_gone
from genesys_core.notifications.channel.rest_calls import made, rejections, seen
from genesys_core.notifications.channel.transition import Role, Turn

__all__ = ["called"]


def called(turn: Turn, call: int, outcome: object) -> None:
    """A call came back."""
    for role, leg in tuple(turn.legs.items()):
        match leg:
            case Creating() if leg.call == call:
                _created(turn, role, leg, outcome)
            case Inspecting() if leg.call == call:
                _inspected(turn, role, leg, outcome)
            case Checking() if leg.call == call:
                _checked(turn, role, leg, outcome)
            case Open(sync=Changing() as sync) if sync.call == call:
                _changed(turn, role, leg, sync, outcome)
            case _:
                pass


def _created(turn: Turn, role: Role, leg: Creating, outcome: object) -> None:
    known = made(outcome, policy=turn.policy, now=turn.now)
    if isinstance(known, GenesysCloudError):
        turn.refused(role, "create", leg.failures, None, known)
        return
    turn.established = True
    turn.enter(role, leg.made(known, turn.number(), now=turn.now, policy=turn.policy))


def _inspected(turn: Turn, role: Role, leg: Inspecting, outcome: object) -> None:
    if is_gone(outcome):
        turn.emit(Retrying("inspect", "the channel given does not exist", 0.0))
        limit = turn.now.monotonic + turn.policy.call_limit
        turn.enter(role, Creating(turn.number(), limit, leg.failures))
    elif isinstance(outcome, GenesysCloudError):
        turn.refused(role, "inspect", leg.failures, leg.known, outcome)
    else:
        _adopt(turn, seen(outcome))
        turn.enter(role, leg.seen(turn.number(), now=turn.now, policy=turn.policy))


def _adopt(turn: Turn, topics: frozenset[str]) -> None:
    turn.established = True
    if topics:
        known = {topic.lower() for topic in turn.wanted}
        turn.wanted |= {topic for topic in topics if topic.lower() not in known}
        turn.emit(Adopted(topics))


def _checked(turn: Turn, role: Role, leg: Checking, outcome: object) -> None:
    go_on = leg.missing if is_gone(outcome) else leg.exists
    turn.enter(role, go_on(turn.number(), now=turn.now, policy=turn.policy))


def _changed(turn: Turn, role: Role, leg: Open, sync: Changing, outcome: object) -> None:
    if is_gone(outcome):
        turn.gone(role, leg)
    elif isinstance(outcome, GenesysCloudError):
        delay = turn.policy.delay(sync.failures + 1, outcome)
        turn.legs[role] = replace(leg, sync=sync.failed(delay, now=turn.now))
        turn.emit(Retrying("subscribe", str(outcome), delay, outcome))
    else:
        _report(turn, sync.wanted, outcome)
        changed = leg.changed(sync, now=turn.now, policy=turn.policy)
        turn.legs[role] = changed
        if isinstance(changed.sync, Settled):
            turn.served(role, changed, changed.sync, before=sync.before)
        turn.settle(role)


def _report(turn: Turn, wanted: frozenset[str], outcome: object) -> None:
    refused, permitted = rejections(outcome, wanted)
    known = turn.rejected
    for refusal in refused:
        if refusal.topic not in known:
            turn.emit(refusal)
    kept = wanted - permitted - {refusal.topic for refusal in refused}
    turn.refusals = frozenset(refused).union(old for old in turn.refusals if old.topic in kept)

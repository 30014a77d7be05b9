"""Processing of REST results by the channel state machine.

Invariants: a result counts only for the state that waits for it; late results change nothing.
"""

from msgspec.structs import replace

from genesys_core.errors import GenesysCloudError
from genesys_core.notifications.channel.connection import (
    Checking,
    Creating,
    Inspecting,
    InSync,
    Listening,
    Syncing,
)
from genesys_core.notifications.channel.events import Adopted, Retrying
from genesys_core.notifications.channel.policy import is_gone
from genesys_core.notifications.channel.rest_calls import channel_from, rejections_from, topics_from
from genesys_core.notifications.channel.transition import Role, Transition

__all__ = ["take_result"]


def take_result(transition: Transition, call: int, outcome: object) -> None:
    """Process the outcome of a channel's REST call."""
    for role, connection in tuple(transition.connections.items()):
        match connection:
            case Creating() if connection.call == call:
                _created(transition, role, connection, outcome)
            case Inspecting() if connection.call == call:
                _inspected(transition, role, connection, outcome)
            case Checking() if connection.call == call:
                _checked(transition, role, connection, outcome)
            case Listening(sync=Syncing() as sync) if sync.call == call:
                _changed(transition, role, connection, sync, outcome)
            case _:
                pass


def _created(transition: Transition, role: Role, connection: Creating, outcome: object) -> None:
    known = channel_from(outcome, policy=transition.policy, now=transition.now)
    if isinstance(known, GenesysCloudError):
        transition.refused(role, "create", connection.failures, None, known)
        return
    transition.established = True
    transition.enter(
        role,
        connection.made(known, transition.number(), now=transition.now, policy=transition.policy),
    )


def _inspected(transition: Transition, role: Role, connection: Inspecting, outcome: object) -> None:
    if is_gone(outcome):
        transition.emit(Retrying("inspect", "the existing channel was not found", 0.0))
        limit = transition.now.monotonic + transition.policy.call_limit
        transition.enter(role, Creating(transition.number(), limit, connection.failures))
    elif isinstance(outcome, GenesysCloudError):
        transition.refused(role, "inspect", connection.failures, connection.channel, outcome)
    else:
        _adopt(transition, topics_from(outcome))
        transition.enter(
            role, connection.seen(transition.number(), now=transition.now, policy=transition.policy)
        )


def _adopt(transition: Transition, topics: frozenset[str]) -> None:
    transition.established = True
    if topics:
        # Topics are case-insensitive: one in another spelling would be subscribed twice.
        known = {topic.lower() for topic in transition.wanted}
        transition.wanted |= {topic for topic in topics if topic.lower() not in known}
        transition.emit(Adopted(topics))


def _checked(transition: Transition, role: Role, connection: Checking, outcome: object) -> None:
    # An error other than "not found" proves nothing; the connection attempt will.
    go_on = connection.missing if is_gone(outcome) else connection.exists
    transition.enter(role, go_on(transition.number(), now=transition.now, policy=transition.policy))


def _changed(
    transition: Transition, role: Role, connection: Listening, sync: Syncing, outcome: object
) -> None:
    if is_gone(outcome):
        transition.channel_gone(role, connection)
    elif isinstance(outcome, GenesysCloudError):
        delay = transition.policy.delay(sync.failures + 1, outcome)
        transition.connections[role] = replace(
            connection, sync=sync.failed(delay, now=transition.now)
        )
        transition.emit(Retrying("subscribe", str(outcome), delay, outcome))
    else:
        # First, because `topics_confirmed` reports the topics without the rejected ones.
        _report(transition, sync.wanted, outcome)
        changed = connection.changed(sync, now=transition.now, policy=transition.policy)
        transition.connections[role] = changed
        if isinstance(changed.sync, InSync):
            transition.topics_confirmed(role, changed, changed.sync, before=sync.before)
        transition.sync_topics(role)


def _report(transition: Transition, wanted: frozenset[str], outcome: object) -> None:
    refused, permitted = rejections_from(outcome, wanted)
    known = transition.rejected
    for refusal in refused:
        if refusal.topic not in known:
            transition.emit(refusal)
    # A response to added topics says nothing of the others, whose rejections still hold.
    kept = wanted - permitted - {refusal.topic for refusal in refused}
    transition.refusals = frozenset(refused).union(
        old for old in transition.refusals if old.topic in kept
    )

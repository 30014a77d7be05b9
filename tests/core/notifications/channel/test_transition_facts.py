"""The facts of a channel under construction: what is kept, what is asked for, when it gives up."""

import pytest
from msgspec.structs import replace

from genesys_core.clock import Now
from genesys_core.errors import ConnectError
from genesys_core.notifications.channel.connection import (
    BackingOff,
    Checking,
    Connecting,
    Creating,
    Inspecting,
    PlatformChannel,
)
from genesys_core.notifications.channel.events import (
    ChannelCall,
    Connect,
    Emit,
    GaveUp,
    Retrying,
    SubscriptionRejected,
)
from genesys_core.notifications.channel.facts import Facts
from genesys_core.notifications.channel.transition import Transition
from tests.helpers.channel_world import POLICY, api_error

NOW = Now(100.0, 1_700_000_000.0)
KNOWN = PlatformChannel("channel-1", "wss://streaming.example.com/channels/channel-1")
FACTS = Facts(
    wanted=frozenset({"a"}),
    primary=BackingOff(110.0, 1, KNOWN),
    refusals=frozenset({SubscriptionRejected("b", "no", ())}),
    serial=7,
)


def transition(facts: Facts = FACTS) -> Transition:
    return Transition(facts, POLICY, NOW)


@pytest.mark.parametrize(
    "facts", [FACTS, replace(FACTS, successor=Creating(8, 130.0, 0), missing=1.0, resumed=True)]
)
def test_a_transition_that_nothing_happened_to_is_the_facts_again(facts):
    assert transition(facts).facts() == facts
    assert transition(facts).rejected == {"b"}


def test_numbers_are_never_given_twice():
    begun = transition()
    assert [begun.number(), begun.number()] == [8, 9]
    assert begun.facts().serial == 9


@pytest.mark.parametrize(
    ("connection", "asked"),
    [
        (Creating(8, 130.0, 0), ("POST", "/api/v2/notifications/channels")),
        (
            Inspecting(8, 130.0, 0, KNOWN),
            ("GET", "/api/v2/notifications/channels/{channelId}/subscriptions"),
        ),
        (Checking(8, 130.0, 0, KNOWN), ("HEAD", "/api/v2/notifications/channels/{channelId}")),
    ],
)
def test_a_state_that_waits_for_a_call_asks_for_it(connection, asked):
    begun = transition()
    begun.enter("primary", connection)
    ((number, operation),) = [
        (e.id, e.operation) for e in begun.effects if isinstance(e, ChannelCall)
    ]
    assert number == 8
    assert (operation.endpoint.method, operation.endpoint.path) == asked
    assert begun.facts().primary is connection


def test_a_state_that_waits_for_a_socket_asks_for_it():
    begun = transition()
    begun.enter("successor", Connecting(8, 130.0, 0, KNOWN))
    assert begun.effects == [Connect(8, KNOWN.uri)]


def test_a_failure_is_waited_out_and_told():
    begun = transition(replace(FACTS, established=True))
    begun.refused("primary", "create", 2, KNOWN, api_error(403))
    (told,) = begun.effects
    assert isinstance(told, Emit)
    assert isinstance(told.event, Retrying)
    assert begun.facts().primary == BackingOff(NOW.monotonic + told.event.delay, 3, KNOWN)
    assert not begun.stopped


@pytest.mark.parametrize(
    ("error", "final"), [(api_error(403), True), (ConnectError("no", sent=False), False)]
)
def test_a_refusal_before_anything_has_worked_is_final_and_a_failure_is_not(error, final):
    begun = transition()
    begun.refused("primary", "create", 0, None, error)
    assert begun.stopped == final
    assert begun.failure is (error if final else None)
    assert isinstance(begun.effects[0].event, GaveUp) == final

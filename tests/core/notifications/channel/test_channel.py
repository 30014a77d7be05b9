import pytest
from msgspec.structs import replace

from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.notifications.channel.channel import GivenChannel, Running, Stopped, start_channel
from genesys_core.notifications.channel.connection import (
    BackingOff,
    InSync,
    Listening,
    OutOfSync,
    PlatformChannel,
    Syncing,
)
from genesys_core.notifications.channel.events import (
    Adopted,
    Arrived,
    CloseSocket,
    Connect,
    Connected,
    Disconnected,
    Emit,
    Gap,
    Heartbeat,
    Retrying,
    SendText,
    Subscribed,
)
from genesys_core.notifications.channel.facts import Facts
from tests.helpers.channel_world import POLICY, PONG_TEXT, ServerChannel, World

NOW = Now(100.0, 1_700_000_000.0)
GIVEN = GivenChannel("given", "wss://streaming.example.com/given")


def names(world: World) -> list[str]:
    return [type(event).__name__ for event in world.events]


def test_a_channel_is_made_then_connected_then_subscribed():
    world = World(["b", "a"])
    (call,) = world.calls.values()
    assert call.endpoint.name == "post_notifications_channels"
    world.answer(1)
    assert world.opening == {2: "c1"}
    assert not names(world)
    world.open(2)
    assert names(world) == ["Connected"]
    (call,) = world.calls.values()
    assert call.body == [{"id": "a"}, {"id": "b"}]
    world.heal()
    assert names(world) == ["Connected", "Subscribed"]
    assert world.events[1].topics == {"a", "b"}
    assert (world.running.settled, world.running.connected_channel) == (True, "c1")


def test_without_topics_it_connects_all_the_same():
    world = World()
    world.heal()
    assert names(world) == ["Connected"]
    assert world.running.settled
    world.want(["a"])
    world.heal()
    assert world.channels["c1"].topics == {"a"}


def test_a_given_channel_keeps_its_topics():
    world = World(["a"], existing=GIVEN)
    world.channels["given"] = ServerChannel("given", {"A", "theirs"})
    world.heal()
    assert world.events[0] == Adopted(frozenset({"A", "theirs"}))
    assert world.channels["given"].topics == {"a", "theirs"}
    assert world.running.connected_channel == "given"
    assert world.made == 0


def test_a_given_channel_without_topics_is_simply_used():
    world = World(["a"], existing=GIVEN)
    world.channels["given"] = ServerChannel("given")
    world.heal()
    assert names(world) == ["Connected", "Subscribed"]


def test_a_given_channel_that_is_gone_is_replaced():
    world = World(["a"], existing=GIVEN)
    world.heal()
    assert names(world) == ["Retrying", "Connected", "Subscribed"]
    assert world.running.connected_channel == "c1"


@pytest.mark.parametrize("existing", [GivenChannel("", "wss://x"), GivenChannel("x", "")])
def test_a_given_channel_must_be_one(existing):
    with pytest.raises(InvalidValueError):
        start_channel((), policy=POLICY, now=NOW, existing=existing)


def test_the_address_of_a_channel_is_not_shown():
    step = start_channel((), policy=POLICY, now=NOW, existing=GivenChannel("id", "wss://a/secret"))
    assert "secret" not in repr(step)
    assert "secret" not in repr(GivenChannel("id", "wss://a/secret"))
    assert "secret" not in repr(Connect(1, "wss://a/secret"))


# Changing the topics


def test_changes_while_connecting_are_remembered():
    world = World(["a"])
    world.take(world.running.add(["b"], now=world.now))
    world.answer(1)
    world.take(world.running.remove(["a"], now=world.now))
    world.take(world.running.add(["c"], now=world.now))
    world.heal()
    assert world.channels["c1"].topics == {"b", "c"}
    assert names(world) == ["Connected", "Subscribed"]


def test_changes_during_a_change_converge():
    world = World(["a"])
    world.heal()
    world.want(["a", "b"])
    world.want(["c"])
    world.want([])
    world.want(["d"])
    assert len(world.calls) == 1
    world.heal()
    assert world.channels["c1"].topics == {"d"}
    assert [event.topics for event in world.events if isinstance(event, Subscribed)] == [
        {"a"},
        {"a", "b"},
        {"d"},
    ]


def test_a_change_and_back_needs_no_call():
    world = World(["a"])
    world.heal()
    world.want(["a"])
    assert not world.calls


def test_a_channel_holds_a_thousand_topics():
    world = World(map(str, range(1000)))
    with pytest.raises(InvalidValueError, match="1,001 topics"):
        world.running.add(["one more"], now=world.now)
    with pytest.raises(InvalidValueError):
        start_channel(map(str, range(1001)), policy=POLICY, now=NOW)


# The rest of the interface


def test_a_ping_of_the_user_is_answered():
    world = World()
    world.heal()
    step = world.running.ping(now=world.now)
    assert step.effects == (SendText(2, '{"message":"ping"}'),)
    world.take(step)
    world.heal()
    assert world.events[-1] == Heartbeat("pong", PONG_TEXT)


def test_a_ping_without_a_connection_does_nothing():
    world = World()
    assert world.running.ping(now=world.now).effects == ()


def test_a_text_is_an_event():
    world = World(["a"])
    world.heal()
    step = world.running.received(2, ['{"topicName":"a"}'], now=world.now)
    (effect,) = step.effects
    assert isinstance(effect, Emit)
    assert isinstance(effect.event, Arrived)


def test_stopping_closes_everything():
    world = World(["a"])
    world.heal()
    step = world.running.stop(now=world.now)
    assert isinstance(step.state, Stopped)
    closed, told = step.effects
    assert closed == CloseSocket(2)
    assert isinstance(told, Emit)
    assert isinstance(told.event, Disconnected)
    assert told.event.reason == "stopped"


def test_stopping_before_anything_happened():
    step = World(["a"]).running.stop(now=NOW)
    assert (step.state, step.effects) == (Stopped(), ())


def test_states_are_values():
    world = World(["a"])
    before = world.running
    first, second = (
        before.called(1, world.execute(before_call), now=NOW)
        for before_call in [*world.calls.values(), *world.calls.values()]
    )
    assert first.state != before
    assert type(first.state) is type(second.state) is Running
    assert world.running == before
    assert any(isinstance(effect, Connect) for effect in first.effects)
    assert start_channel(["a"], policy=POLICY, now=world.now) == start_channel(
        ["a"], policy=POLICY, now=world.now
    )


# A long life


def test_weeks_without_trouble():
    world = World(["a"])
    world.heal()
    before = world.running.facts.serial
    for _ in range(14 * 24):
        world.publish("a")
        for _ in range(36):
            world.advance(100)
            world.heal()
    assert world.running.facts.serial - before == 14 * 24 // 23
    assert set(names(world)) == {"Connected", "Subscribed", "Arrived", "Heartbeat"}
    assert sum(isinstance(event, Connected) for event in world.events) == 1
    assert len(world.handed_out()) == 14 * 24
    assert not any(isinstance(event, Gap) for event in world.events)


def test_a_channel_that_lives_shorter_is_renewed_earlier():
    world = World(["a"])
    outcome = world.execute(world.calls[1])
    from datetime import UTC, datetime

    outcome.expires = datetime.fromtimestamp(world.now.wall + 24 * 60, UTC)
    world.reply(1, outcome)
    world.heal()
    world.advance(22 * 60)
    assert not world.calls
    world.advance(61)
    (renewal,) = world.calls.values()
    assert renewal.endpoint.method == "PUT"
    assert renewal.body == [{"id": "a"}]


def test_the_deadline_is_when_something_is_due():
    world = World(["a"])
    assert world.running.next_deadline == world.running.deadline() == world.time + POLICY.call_limit


def test_time_that_passes_does_what_is_due():
    world = World(["a"])
    step = world.running.timer(now=Now(world.time + POLICY.call_limit, 0.0))
    assert [type(effect.event) for effect in step.effects] == [Retrying]
    assert world.running.timer(now=world.now).effects == ()


def test_a_socket_that_could_not_be_opened_is_opened_again():
    world = World(["a"])
    world.answer(1)
    world.fail_to_open(*world.opening)
    assert names(world) == ["Retrying"]
    world.run(5)
    assert world.running.settled


def test_a_refused_topic_may_be_asked_for_again():
    world = World(["a"])
    world.refused_topics = {"a"}
    world.heal()
    world.refused_topics.clear()
    world.take(world.running.ask_again(["a"], now=world.now))
    world.heal()
    assert world.channels["c1"].topics == {"a"}


def test_a_refused_topic_may_be_asked_for_again_while_others_are_added():
    """The request in progress adds the others only."""
    world = World(["a"])
    world.refused_topics = {"a"}
    world.heal()
    world.want(["a", "b"])
    world.refused_topics.clear()
    world.take(world.running.ask_again(["a"], now=world.now))
    world.heal()
    assert world.channels["c1"].topics == {"a", "b"}
    assert world.running.facts.refusals == frozenset()


def test_reading_again_asks_whether_the_backlog_has_been_read():
    world = World(["a"])
    world.heal()
    world.pause()
    world.publish("a")
    world.resume()
    world.heal()
    assert isinstance(world.events[-1], Heartbeat)
    assert world.running.facts.primary.backlog is None


LISTENING = Listening(
    3,
    PlatformChannel("c1", "wss://streaming.example.com/c1"),
    failures=0,
    opened=0.0,
    heard=NOW,
    renew_at=9000.0,
    sync=InSync(frozenset({"a"}), 0, 0.0),
)


def running(primary, *topics: str) -> Running:
    return Running(POLICY, Facts(wanted=frozenset(topics), primary=primary))


def test_a_channel_is_settled_only_when_the_server_has_confirmed_what_is_wanted():
    confirmed = frozenset({"a"})
    assert running(LISTENING, "a").settled
    assert not running(LISTENING, "a", "b").settled
    assert not running(BackingOff(110.0, 1, None), "a").settled
    for sync in (OutOfSync(confirmed, 0, 0.0), Syncing(4, 130.0, confirmed, 0, confirmed)):
        assert not running(replace(LISTENING, sync=sync), "a").settled


def test_sockets_are_taken_to_be_read_unless_it_is_said_otherwise():
    asked = running(replace(LISTENING, pinged=0.0), "a")
    assert asked.deadline() == asked.next_deadline == POLICY.pong_wait
    assert asked.deadline(reading=False) == 9000.0
    assert asked.timer(now=NOW).effects[0] == CloseSocket(3)
    assert asked.timer(now=NOW, reading=False).effects == ()


def test_what_was_read_earlier_proves_no_more_than_that():
    earlier = Now(NOW.monotonic - 5, NOW.wall - 5)
    before = running(replace(LISTENING, heard=Now(0.0, 0.0)), "a")
    step = before.received(3, [PONG_TEXT], now=NOW, read_at=earlier)
    assert step.state.facts.primary.heard == earlier
    assert before.received(3, [PONG_TEXT], now=NOW).state.facts.primary.heard == NOW


def test_a_given_channel_is_not_ours_and_begins_without_a_failure():
    step = start_channel(["a"], policy=POLICY, now=NOW, existing=GIVEN)
    assert (step.state.facts.primary.channel.own, step.state.facts.primary.failures) == (False, 0)
    assert start_channel([], policy=POLICY, now=NOW).state.facts.primary.failures == 0

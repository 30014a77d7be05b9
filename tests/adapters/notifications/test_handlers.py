"""Notification handlers in each flavour, on the simulated platform, over real sockets."""

import logging
import time

import pytest

from genesys_cloud.notifications import (
    Adopted,
    CallbackFailed,
    Connected,
    Disconnected,
    Gap,
    Heartbeat,
    Moving,
    Policy,
    Resubscribed,
    Subscribed,
    SubscriptionError,
    SubscriptionRejected,
    UnknownEvent,
    websocket_stream,
)
from genesys_cloud.simulator import running_simulator
from genesys_core.api import notifications as notifications_api
from genesys_core.api import presence, users
from genesys_core.errors import (
    AuthenticationError,
    ConfigurationError,
    GenesysCloudError,
    InvalidValueError,
)
from genesys_core.models import Channel, PresenceEventUserPresence
from genesys_core.observability.observers import Observer
from genesys_core.simulator.wire.websocket_server import frame
from tests.helpers.flavours import every_flavour
from tests.helpers.listeners import LIMIT, channels, hasty, listening, no_threads_left, subscribed

pytestmark = every_flavour


@pytest.fixture(scope="module")
def simulator():
    with running_simulator() as running:
        running.simulator.state.extra_topics = {"v2.nobody.knows.this"}
        running.simulator.state.forbidden_topics = {"v2.flows.{id}": ("architect:flow:view",)}
        yield running


@pytest.fixture
def go(simulator, run):
    """Runs a scenario with a handler of a client, and checks that it leaves nothing behind."""

    def ran(scenario, *, token=None, **options):
        client_options = {
            name: options.pop(name) for name in ("hooks", "logging", "telemetry") if name in options
        }

        async def main(api):
            await listening(api, scenario, **options)
            assert api.client.stats().channels == 0

        token = token or simulator.access_token()
        with no_threads_left():
            run(main, host=simulator.url, access_token=token, **client_options)
        assert channels(simulator) == []

    return ran


def topic(number, suffix="presence"):
    return f"v2.users.user-{number}.{suffix}"


def bodies(events):
    return [each if isinstance(each, Gap) else each.event_body for each in events]


def publish(simulator, name, *numbers):
    return [simulator.publish(name, {"message": str(number)}) for number in numbers]


def messages(events):
    return [each if isinstance(each, Gap) else each.event_body.message for each in events]


def only(simulator):
    (channel,) = channels(simulator)
    return channel


# Subscriptions


def test_a_change_over_rest_arrives_as_a_typed_event(simulator, run):
    async def main(api):
        async def scenario(listener):
            me = await api.send(users.get_users_me())
            await listener.do("add_subscription", f"v2.users.{me.id}.presence")
            available = next(
                each
                for each in await api.send(presence.get_systempresences())
                if each.name == "BUSY"
            )
            await api.send(
                presence.patch_user_presences_purecloud(
                    me.id, {"presenceDefinition": {"id": available.id}}
                )
            )
            event = await listener.next()
            assert event.topic_name == f"v2.users.{me.id}.presence"
            assert isinstance(event.event_body, PresenceEventUserPresence)
            assert event.event_body.presence_definition.system_presence == "BUSY"
            assert event.metadata.correlation_id
            assert event.version == "2"
            assert api.client.stats().channels == 1

        await listening(api, scenario)

    token = simulator.access_token()
    run(main, host=simulator.url, access_token=token)


def test_a_type_of_the_callers_wins_and_an_unknown_topic_arrives_raw(simulator, go):
    async def scenario(listener):
        await listener.do("add_subscription", topic(1), dict)
        await listener.do("add_subscription", "v2.nobody.knows.this")
        simulator.publish("V2.Users.User-1.Presence", {"a": 1})
        simulator.publish("v2.nobody.knows.this", [1, 2])
        assert bodies(await listener.take(2)) == [{"a": 1}, [1, 2]]

    go(scenario)


def test_combined_topics_arrive_under_their_own_names(simulator, go):
    async def scenario(listener):
        await listener.do("add_subscription", "v2.users.user-1?presence&station")
        simulator.publish(topic(1, "station"), {})
        publish(simulator, topic(1), 1)
        names = [event.topic_name for event in await listener.take(2)]
        assert names == [topic(1, "station"), topic(1)]

    go(scenario)


def test_topics_are_removed_one_by_one_and_all_at_once(simulator, go):
    async def scenario(listener):
        await listener.do("add_subscriptions", [topic(n) for n in range(4)])
        await listener.do("remove_subscription", topic(0).upper())
        assert subscribed(simulator) == {topic(n) for n in range(1, 4)}
        await listener.do("remove_all_subscriptions")
        assert subscribed(simulator) == set()
        publish(simulator, topic(1), "nobody hears")
        await listener.do("add_subscription", topic(1))
        publish(simulator, topic(1), "heard")
        assert messages([await listener.next()]) == ["heard"]

    go(scenario)


def test_topics_may_be_given_with_the_types_of_their_events(simulator, go):
    async def scenario(listener):
        await listener.do("add_subscriptions", [(topic(1), dict), topic(2)])
        assert subscribed(simulator) == {topic(1), topic(2)}
        publish(simulator, topic(1), "plain")
        assert isinstance((await listener.next()).event_body, dict)
        publish(simulator, topic(2), "a model")
        assert not isinstance((await listener.next()).event_body, dict)

    go(scenario)


@pytest.mark.parametrize("wrong", [None, 5, [5], [("v2.users.1.presence",)], object()])
def test_what_is_no_topic_is_refused_in_words_and_nothing_is_done(simulator, go, wrong):
    async def scenario(listener):
        with pytest.raises(TypeError, match=r"topics must be .+, not .+; for example"):
            await listener.do("add_subscriptions", wrong)
        for method in ("add_subscription", "remove_subscription"):
            with pytest.raises(TypeError, match=r"topic.* must be .+, not .+; for example"):
                await listener.do(method, wrong)
        assert subscribed(simulator) == set()

    go(scenario)


def test_more_topics_than_one_channel_holds_are_spread(simulator, go):
    async def scenario(listener):
        await listener.do("add_subscriptions", [topic(n) for n in range(1001)])
        assert len(channels(simulator)) == 2
        publish(simulator, topic(0), "first")
        publish(simulator, topic(1000), "second")
        assert set(messages(await listener.take(2))) == {"first", "second"}

    go(scenario)


def test_a_refused_topic_is_an_error_and_the_others_are_had(simulator, go):
    async def scenario(listener):
        with pytest.raises(
            SubscriptionError, match=r"v2\.flows\.f-1.*architect:flow:view"
        ) as caught:
            await listener.do("add_subscriptions", [topic(1), "v2.flows.f-1"])
        assert [refusal.topic for refusal in caught.value.refusals] == ["v2.flows.f-1"]
        assert await listener.state(SubscriptionRejected) == list(caught.value.refusals)
        publish(simulator, topic(1), 1)
        assert messages([await listener.next()]) == ["1"]
        with pytest.raises(SubscriptionError):
            await listener.do("add_subscription", "v2.flows.f-1")
        # Somebody is given the permission, and asks once more.
        forbidden = simulator.simulator.state.forbidden_topics
        simulator.simulator.state.forbidden_topics = {}
        await listener.do("add_subscription", "v2.flows.f-1")
        simulator.simulator.state.forbidden_topics = forbidden
        assert subscribed(simulator) == {topic(1), "v2.flows.f-1"}

    go(scenario)


@pytest.mark.parametrize(
    ("name", "words"),
    [("v2.users.{id}.presence", "with an id"), ("not a topic", "joined by dots")],
)
def test_what_is_no_topic_is_refused_before_anything_is_sent(simulator, go, name, words):
    async def scenario(listener):
        with pytest.raises(InvalidValueError, match=words):
            await listener.do("add_subscription", name)
        assert subscribed(simulator) == set()

    go(scenario)


def test_a_type_that_cannot_be_is_refused_before_anything_is_sent(simulator, go):
    async def scenario(listener):
        with pytest.raises(TypeError, match="must be a model"):
            await listener.do("add_subscription", topic(1), "UserMe")
        assert subscribed(simulator) == set()
        await listener.do("ping")

    go(scenario)


def test_a_channel_of_the_callers_keeps_its_topics(simulator, run):
    async def main(api):
        channel = await api.send(notifications_api.post_notifications_channels())
        await api.send(
            notifications_api.post_notifications_channel_subscriptions(
                channel.id, [{"id": topic(1)}]
            )
        )

        async def scenario(listener):
            await listener.do("add_subscription", topic(2))
            assert await listener.state(Adopted) == [Adopted(frozenset({topic(1)}))]
            assert channels(simulator) == [channel.id]
            publish(simulator, topic(1), 1)
            publish(simulator, topic(2), 2)
            assert messages(await listener.take(2)) == ["1", "2"]

        await listening(api, scenario, channel=channel)

    token = simulator.access_token()
    run(main, host=simulator.url, access_token=token)


def test_a_channel_without_an_address_is_refused(go):
    with pytest.raises(InvalidValueError, match="connect_uri"):
        go(None, channel=Channel(id="c"))


# What the platform says by itself


def test_a_ping_is_answered_with_a_pong(go):
    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        await listener.do("ping")
        (pong,) = await listener.state(Heartbeat)
        assert pong.message == "pong"

    go(scenario)


def test_a_planned_move_misses_nothing_and_repeats_nothing(simulator, go):
    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        old = only(simulator)
        publish(simulator, topic(1), 1)
        simulator.at_hub(lambda hub, now: hub.announce_closing(old, now))
        (moving,) = await listener.state(Moving)
        assert moving.reason == "socket_closing"
        publish(simulator, topic(1), 2)
        await listener.state(Resubscribed)
        publish(simulator, topic(1), 3)
        assert messages(await listener.take(3)) == ["1", "2", "3"]
        await listener.wait_for(lambda: channels(simulator) != [old])
        assert listener.told.of(Disconnected) == []

    go(scenario, policy=hasty(overlap=0.05))


def test_system_messages_are_events_for_those_who_ask(simulator, go):
    async def scenario(listener):
        await listener.do("add_subscriptions", [topic(1), "v2.system.socket_closing"])
        simulator.at_hub(lambda hub, now: hub.announce_closing(only_of(hub), now))
        event = await listener.next()
        assert event.topic_name == "v2.system.socket_closing"

    go(scenario)


def only_of(hub):
    (channel,) = (each.id for each in hub.state.channels.values() if each.is_connected)
    return channel


# Faults


@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_that_breaks_comes_back_with_a_gap(simulator, go, reset):
    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        publish(simulator, topic(1), 1)
        assert messages([await listener.next()]) == ["1"]
        simulator.at_hub(lambda hub, _: hub.drop(only_of(hub), reset=reset))
        (gap,) = [each for each in await listener.take(1) if isinstance(each, Gap)]
        assert gap.from_ < gap.to
        publish(simulator, topic(1), 2)
        assert messages([await listener.next()]) == ["2"]
        (lost,) = await listener.state(Disconnected)
        assert lost.reason == "failed"
        assert len(await listener.state(Connected, 2)) == 2
        assert await listener.state(Resubscribed)

    go(scenario)


@pytest.mark.parametrize("code", [1000, 1001, 1011, 3456, 4999])
def test_a_close_of_the_server_comes_back_with_a_gap(simulator, go, code):
    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        simulator.at_hub(lambda hub, _: hub.close(only_of(hub), code, "because"))
        assert isinstance(await listener.next(), Gap)
        (lost,) = await listener.state(Disconnected)
        assert (lost.reason, lost.code) == ("closed", code)
        publish(simulator, topic(1), 1)
        assert messages([await listener.next()]) == ["1"]

    go(scenario)


def test_a_half_open_connection_is_noticed(simulator, go):
    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        simulator.at_hub(lambda hub, _: hub.silence(only_of(hub)))
        publish(simulator, topic(1), "lost")
        assert isinstance(await listener.next(), Gap)
        assert (await listener.state(Disconnected))[0].reason == "silent"
        publish(simulator, topic(1), 1)
        assert messages([await listener.next()]) == ["1"]

    go(scenario, policy=hasty(silence=0.05, pong_wait=0.3))


@pytest.mark.parametrize(
    "data",
    [b"\x00\xff\xfe garbage", frame(0xB, b""), frame(1, b"\xc0"), frame(2, b"binary")],
    ids=["noise", "reserved opcode", "no UTF-8", "binary"],
)
def test_garbage_on_the_socket_ends_it_and_it_comes_back(simulator, go, data):
    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        simulator.at_hub(lambda hub, _: hub.send_bytes(only_of(hub), data))
        assert isinstance(await listener.next(), Gap)
        publish(simulator, topic(1), 1)
        assert messages([await listener.next()]) == ["1"]

    go(scenario)


def test_frames_that_are_no_events_are_states(simulator, go):
    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        for text in (b"not JSON", b"[]", b'{"eventBody": 1}'):
            simulator.at_hub(lambda hub, _, text=text: hub.send_bytes(only_of(hub), frame(1, text)))
        assert [each.text for each in await listener.state(UnknownEvent, 3)] == [
            "not JSON",
            "[]",
            '{"eventBody": 1}',
        ]
        publish(simulator, topic(1), 1)
        assert messages([await listener.next()]) == ["1"]

    go(scenario)


def test_fragments_and_a_huge_event_arrive_whole(simulator, go):
    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        simulator.at_hub(lambda hub, _: hub.fragment(only_of(hub), 7))
        publish(simulator, topic(1), "ü" * 1_000_000, "small")
        assert messages(await listener.take(2)) == ["ü" * 1_000_000, "small"]

    go(scenario)


def test_repeated_and_reordered_events_arrive_as_they_were_sent(simulator, go):
    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        simulator.at_hub(lambda hub, _: hub.hold(only_of(hub)))
        publish(simulator, topic(1), 0, 1, 2)
        simulator.at_hub(lambda hub, _: hub.release(only_of(hub), [2, 0, 0, 1]))
        assert messages(await listener.take(4)) == ["2", "0", "0", "1"]

    go(scenario)


@pytest.mark.parametrize("status", [401, 404, 503, None])
def test_a_refused_socket_is_tried_again(simulator, go, status):
    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        publish(simulator, topic(1), 1)
        assert messages([await listener.next()]) == ["1"]

    simulator.at_hub(lambda hub, _: hub.refuse(status, times=3))
    go(scenario)


def test_a_channel_that_is_gone_is_replaced(simulator, go):
    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        old = only(simulator)
        simulator.at_hub(lambda hub, _: hub.state.channels.pop(old))
        assert isinstance(await listener.next(), Gap)
        assert only(simulator) != old
        publish(simulator, topic(1), 1)
        assert messages([await listener.next()]) == ["1"]

    go(scenario)


def test_a_channel_displaced_by_newer_ones_is_replaced(simulator, run):
    async def main(api):
        async def scenario(listener):
            await listener.do("add_subscription", topic(1))
            # Others of the same client take all twenty places.
            old = only(simulator)
            for _ in range(20):
                made = await api.send(notifications_api.post_notifications_channels())
                simulator.at_hub(lambda hub, now, made=made: hub.connected(made.id, now))
            assert isinstance(await listener.next(), Gap)
            await listener.state(Resubscribed)
            assert old not in channels(simulator)
            publish(simulator, topic(1), 1)
            assert messages([await listener.next()]) == ["1"]
            simulator.at_hub(lambda hub, _: hub.state.channels.clear())

        await listening(api, scenario)

    token = simulator.access_token()
    run(main, host=simulator.url, access_token=token)


# Consumers


def test_a_slow_consumer_gets_everything_where_the_buffer_blocks(simulator, go):
    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        publish(simulator, topic(1), *range(200))
        # The buffer is full, and its owner can still act.
        await listener.do("add_subscription", topic(2))
        publish(simulator, topic(2), "last")
        events = await listener.until(lambda each: messages([each]) == ["last"])
        assert messages(events) == [*map(str, range(200)), "last"]

    go(scenario, buffer=1)


@pytest.mark.slow
def test_the_watchdog_does_not_blame_the_server_for_a_slow_consumer(simulator, go):
    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        # More than two reads of a socket hold, so that one waits for room.
        publish(simulator, topic(1), *["x" * 40_000] * 20)
        await listener.wait_for(lambda: listener.handler._driver._consumer.blocked)
        for number in range(3):
            publish(simulator, topic(1), number)
        await listener.do("add_subscription", topic(2))
        # Long enough for the watchdog to have given up, were it asked.
        end = time.monotonic() + 1.5
        await listener.wait_for(lambda: time.monotonic() > end)
        assert messages(await listener.take(23))[20:] == ["0", "1", "2"]
        assert listener.told.of(Disconnected) == []

    go(scenario, buffer=1, policy=hasty(silence=0.01, pong_wait=1.0))


@pytest.mark.slow
def test_a_server_that_falls_silent_while_the_buffer_is_full_is_noticed(simulator, go):
    async def scenario(listener):
        driver = listener.handler._driver
        await listener.do("add_subscription", topic(1))
        publish(simulator, topic(1), "fills it")
        await listener.wait_for(lambda: driver._consumer.blocked)
        simulator.at_hub(lambda hub, _: hub.silence(only_of(hub)))
        # The watchdog came by, and left the server in peace.
        await listener.wait_for(lambda: driver._due > time.monotonic() + 60)
        assert messages([await listener.next()]) == ["fills it"]
        assert (await listener.state(Disconnected))[0].reason == "silent"
        assert isinstance(await listener.next(), Gap)

    go(scenario, buffer=1, policy=hasty(silence=0.3, pong_wait=0.3))


def test_closing_does_not_wait_for_a_slow_consumer(simulator, go, monkeypatch):
    monkeypatch.setattr(websocket_stream, "CLOSE_LIMIT", 10 * LIMIT)

    async def scenario(listener):
        driver = listener.handler._driver
        await listener.do("add_subscription", topic(1))
        publish(simulator, topic(1), *["x" * 40_000] * 20)
        await listener.wait_for(lambda: driver._consumer.blocked)
        await listener.do("close")

    go(scenario, buffer=1)


def test_a_slow_consumer_is_told_what_was_dropped(simulator, go):
    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        publish(simulator, topic(1), *range(100))
        await listener.do("ping")
        await listener.state(Heartbeat)  # all hundred came before the pong
        gap, *rest = await listener.take(11)
        assert isinstance(gap, Gap)
        assert gap.dropped == 90
        assert messages(rest) == [str(number) for number in range(90, 100)]

    go(scenario, buffer=10, overflow="drop_oldest")


def test_callbacks_get_events_and_one_that_raises_kills_nothing(simulator, go, caplog):
    got = []

    def on_notification(event):
        got.append(event)
        if len(got) == 1:
            raise ValueError("the callback's own fault")

    async def scenario(listener):
        begin = aiter if hasattr(listener.handler, "__aiter__") else iter
        with pytest.raises(TypeError, match="on_notification"):
            begin(listener.handler)
        await listener.do("add_subscription", topic(1))
        publish(simulator, topic(1), 1, 2)
        await listener.wait_for(lambda: len(got) == 2)
        (failed,) = await listener.state(CallbackFailed)
        assert failed.event is got[0]
        assert str(failed.error) == "the callback's own fault"

    with caplog.at_level(logging.WARNING, "genesys_cloud.notifications"):
        go(scenario, on_notification=on_notification)
    assert "a callback raised ValueError: the callback's own fault" in caplog.text


@pytest.mark.parametrize("iterates", [True, False])
def test_an_observer_that_raises_at_a_delivery_loses_no_event(simulator, go, caplog, iterates):
    class Raising(Observer):
        def delivered(self, topic, seconds):
            raise ValueError("the observer's own fault")

    got = []

    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        publish(simulator, topic(1), 1, 2)
        if iterates:
            got.extend(await listener.take(2))
        else:
            await listener.wait_for(lambda: len(got) == 2)
        assert messages(got) == ["1", "2"]

    options = {} if iterates else {"on_notification": got.append}
    with caplog.at_level(logging.WARNING, "genesys_cloud.notifications"):
        go(scenario, telemetry=Raising(), **options)
    assert "an observer raised ValueError: the observer's own fault" in caplog.text


def test_a_state_callback_that_raises_is_reported_and_kills_nothing(simulator, go, caplog):
    class Raising:
        def __init__(self):
            self.states = []

        def __call__(self, state):
            self.states.append(state)
            raise KeyError("state")

        def of(self, kind):
            return [each for each in self.states if isinstance(each, kind)]

    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        publish(simulator, topic(1), 1)
        assert messages([await listener.next()]) == ["1"]
        await listener.wait_for(lambda: len(listener.told.of(Subscribed)) == 1)

    with caplog.at_level(logging.WARNING, "genesys_cloud.notifications"):
        go(scenario, told=Raising())
    assert "a callback raised KeyError" in caplog.text


def test_gaps_and_losses_are_logged(simulator, go, caplog):
    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        simulator.at_hub(lambda hub, _: hub.drop(only_of(hub)))
        assert isinstance(await listener.next(), Gap)

    with caplog.at_level(logging.WARNING, "genesys_cloud.notifications"):
        go(scenario)
    words = [each.getMessage() for each in caplog.records if "notifications" in each.name]
    assert any(each.startswith("disconnected: ") for each in words)
    assert any("may be missing" in each for each in words)


# Ends


def test_closing_ends_the_iteration_and_refuses_what_comes_after(go):
    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        await listener.do("close")
        await listener.do("close")
        with pytest.raises((StopIteration, StopAsyncIteration)):
            await anext_or_next(listener.handler)
        for name, args in [
            ("add_subscription", (topic(2),)),
            ("remove_subscription", (topic(1),)),
            ("remove_all_subscriptions", ()),
            ("ping", ()),
        ]:
            with pytest.raises(GenesysCloudError, match="closed"):
                await listener.do(name, *args)

    go(scenario)


async def anext_or_next(handler):
    if hasattr(handler, "__anext__"):
        return await anext(handler)
    try:
        return next(handler)
    except StopIteration:  # which a coroutine must not raise
        raise StopAsyncIteration from None


def test_a_platform_that_refuses_ends_the_handler_with_its_error(simulator, go):
    async def scenario(listener):
        with pytest.raises(AuthenticationError):
            await listener.do("add_subscription", topic(1))
        with pytest.raises(AuthenticationError):
            await anext_or_next(listener.handler)
        with pytest.raises(AuthenticationError):
            await listener.do("ping")

    go(scenario, token="nobody's")


def test_an_error_in_the_block_is_the_blocks_own(go):
    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        go(scenario)


def test_what_a_hook_raises_is_whoevers_who_listens(simulator, go):
    from genesys_cloud import Hooks

    def refuse(request):
        if request.url.endswith("/notifications/channels"):
            raise LookupError("the hook's own")

    async def scenario(listener):
        with pytest.raises(LookupError, match="the hook's own"):
            await anext_or_next(listener.handler)
        with pytest.raises(LookupError, match="the hook's own"):
            await listener.do("add_subscription", topic(1))

    go(scenario, hooks=Hooks(before_request=[refuse]))


@pytest.mark.slow
def test_what_goes_wrong_with_the_time_is_whoevers_who_listens(simulator, go):
    def broken():
        raise LookupError("the policy's own")

    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        simulator.at_hub(lambda hub, _: hub.silence(only_of(hub)))
        with pytest.raises(LookupError, match="the policy's own"):
            await anext_or_next(listener.handler)
        simulator.at_hub(lambda hub, _: hub.drop(only_of(hub)))

    go(scenario, policy=Policy(broken, silence=0.05, pong_wait=0.3))


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"bufer": 1}, TypeError, "bufer"),
        ({"buffer": 0}, InvalidValueError, "buffer=0"),
        ({"overflow": "drop"}, InvalidValueError, "drop"),
        ({"proxy": "ftp://proxy.example"}, ConfigurationError, "proxy"),
        (
            {"connect_uri": "https://gateway.example"},
            InvalidValueError,
            "must be a URL such as wss://",
        ),
        ({"headers": {"A": "b\r\nc"}}, InvalidValueError, "'A'"),
    ],
)
def test_options_that_cannot_be_are_refused_at_once(go, options, error, words):
    with pytest.raises(error, match=words):
        go(None, **options)


def test_the_address_can_be_rewritten(simulator, go):
    asked = []

    def rewrite(uri):
        asked.append(uri)
        return uri

    async def scenario(listener):
        await listener.do("add_subscription", topic(1))
        assert asked
        assert all(each.startswith("ws://127.0.0.1:") for each in asked)

    go(scenario, connect_uri=rewrite)

"""Where a handler's events go, how an address is changed, and what operators are told."""

import json
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError, InvalidValueError
from genesys_core.models import Channel, ChannelTopicEntityListing, PresenceEventUserPresence
from genesys_core.notifications import open_envelope
from genesys_core.notifications.buffer import EventBuffer
from genesys_core.notifications.channel.events import (
    Arrived,
    Connected,
    Disconnected,
    Gap,
    GaveUp,
    Heartbeat,
    Retrying,
    Subscribed,
    SubscriptionLost,
    SubscriptionRejected,
    UnknownEvent,
)
from genesys_core.notifications.channel.policy import Policy
from genesys_core.notifications.channel_set import ChannelSet
from genesys_core.notifications.dispatch import (
    CallbackFailed,
    EventDispatcher,
    ForConsumer,
    ForStateCallback,
    SubscriptionError,
    connect_uri_rewriter,
    latest_failure,
    operator_warning,
    typed_topics,
)

AT = datetime(2026, 1, 1, tzinfo=UTC)
NOW = Now(0.0, 0.0)
PRESENCE = "v2.users.u-1.presence"


def arrived(topic: str, body: object = None) -> Arrived:
    text = json.dumps({"topicName": topic, "eventBody": body})
    envelope = open_envelope(text)
    assert envelope is not None
    return Arrived(envelope, text)


HEARTBEAT = Heartbeat("pong", '{"topicName":"channel.metadata","eventBody":{"message":"pong"}}')


# Sorting


def test_an_event_goes_to_the_consumer_with_its_type():
    went = EventDispatcher().route(arrived(PRESENCE, {"source": "PURECLOUD"}))
    assert isinstance(went, ForConsumer)
    assert went.event.event_body == PresenceEventUserPresence(source="PURECLOUD")


def test_a_gap_goes_to_the_consumer():
    gap = Gap(AT, AT)
    assert EventDispatcher().route(gap) == ForConsumer(gap)


@pytest.mark.parametrize(
    "event", [Connected("c", AT), HEARTBEAT, UnknownEvent("x"), SubscriptionRejected("t", None, ())]
)
def test_everything_else_is_a_state(event):
    assert EventDispatcher().route(event) == ForStateCallback(event)


@pytest.mark.parametrize("topic", ["v2.system.socket_closing", "V2.System.token_revoked.u-1"])
def test_the_platforms_own_messages_are_states_unless_asked_for(topic):
    dispatcher = EventDispatcher()
    went = dispatcher.route(arrived(topic, {}))
    assert isinstance(went, ForStateCallback)
    assert went.event.topic_name == topic
    dispatcher.remember(typed_topics(["v2.system.token_revoked", "v2.system.socket_closing"]))
    assert isinstance(dispatcher.route(arrived(topic, {})), ForConsumer)
    dispatcher.forget(["v2.system.token_revoked", "v2.system.socket_closing"])
    assert isinstance(dispatcher.route(arrived(topic, {})), ForStateCallback)


SYSTEM = "v2.system.socket_closing"
STEPS = [
    arrived(PRESENCE, {"source": "x"}),
    arrived(SYSTEM, {}),
    Gap(AT, AT),
    HEARTBEAT,
    Connected("c", AT),
    SubscriptionLost((PRESENCE,), AT),
]


@given(st.lists(st.sampled_from(STEPS)), st.booleans())
def test_events_that_arrive_together_go_where_each_of_them_goes(events, subscribed):
    dispatcher, one_by_one = EventDispatcher(), EventDispatcher()
    for each in (dispatcher, one_by_one):
        each.remember(
            typed_topics([PRESENCE, *([SYSTEM, "channel.metadata"] if subscribed else [])])
        )
    routed = [one_by_one.route(event) for event in events]
    found = dispatcher.route_all(events)
    assert found.consumer == [each.event for each in routed if isinstance(each, ForConsumer)]
    assert found.states == [each.event for each in routed if isinstance(each, ForStateCallback)]
    assert found.warnings == [words for words in map(operator_warning, events) if words]


def test_what_was_found_out_about_topics_is_bounded(monkeypatch):
    monkeypatch.setattr("genesys_core.notifications.dispatch._MOST_KNOWN", 2)
    dispatcher = EventDispatcher()
    topics = [f"v2.users.u-{number}.presence" for number in range(5)]
    known = []
    for topic in topics:
        (event,) = dispatcher.route_all([arrived(topic, {})]).consumer
        assert event.topic_name == topic
        known.append(len(dispatcher._for_consumer))
    assert known == [1, 2, 1, 2, 1]


def test_heartbeats_can_be_asked_for():
    dispatcher = EventDispatcher()
    dispatcher.remember(typed_topics(["channel.metadata"]))
    went = dispatcher.route(HEARTBEAT)
    assert isinstance(went, ForConsumer)
    assert went.event.event_body == {"message": "pong"}


def test_a_type_of_the_callers_wins_until_it_is_forgotten():
    dispatcher = EventDispatcher()
    dispatcher.remember(typed_topics([PRESENCE], dict))
    assert dispatcher.route(arrived(PRESENCE, {"source": "x"})).event.event_body == {"source": "x"}
    dispatcher.forget([PRESENCE])
    typed = dispatcher.route(arrived(PRESENCE, {"source": "x"})).event.event_body
    assert isinstance(typed, PresenceEventUserPresence)


def test_all_can_be_forgotten():
    dispatcher = EventDispatcher()
    dispatcher.remember(typed_topics([PRESENCE, SYSTEM, "channel.metadata"], dict))
    assert isinstance(dispatcher.route(arrived(SYSTEM, {})), ForConsumer)
    dispatcher.forget_all()
    assert isinstance(dispatcher.route(arrived(SYSTEM, {})), ForStateCallback)
    assert isinstance(dispatcher.route(HEARTBEAT), ForStateCallback)
    assert isinstance(
        dispatcher.route(arrived(PRESENCE, {})).event.event_body, PresenceEventUserPresence
    )


def test_a_type_that_nothing_can_be_read_as_is_refused_and_changes_nothing():
    dispatcher = EventDispatcher()
    with pytest.raises(TypeError, match="must be a model"):
        dispatcher.remember(typed_topics(["channel.metadata"], "Heartbeat"))
    assert dispatcher.route(HEARTBEAT) == ForStateCallback(HEARTBEAT)


def test_a_text_that_is_no_topic_is_refused():
    with pytest.raises(InvalidValueError, match="two words"):
        EventDispatcher().remember(typed_topics(["two words"]))


@pytest.mark.slow
def test_a_thousand_topics_and_a_hundred_thousand_events_leave_nothing_behind():
    """From texts to what the consumer takes; only what a topic's type is stays, once a topic."""
    topics = [f"v2.users.u-{number}.presence" for number in range(1_000)]
    texts = [arrived(topic, {"source": "PURECLOUD"}).text for topic in topics]
    dispatcher, buffer = EventDispatcher(), EventBuffer()
    dispatcher.remember(typed_topics(topics))
    channels = subscribed_to(topics)
    taken = 0

    def all_topics_once():
        nonlocal channels, taken
        step = channels.received(0, 2, texts, now=NOW)
        channels = step.state
        for each in step.effects:
            sorted_ = dispatcher.route(each.effect.event)
            assert isinstance(sorted_, ForConsumer)
            buffer.put(sorted_.event, at=NOW)
            taken += buffer.take() is not None

    all_topics_once()
    tracemalloc.start()
    try:
        all_topics_once()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(98):
            all_topics_once()
        assert tracemalloc.get_traced_memory()[0] < before + 16_384
    finally:
        tracemalloc.stop()
    assert taken == 100_000
    assert len(dispatcher._decoder._learned) == 1_000
    dispatcher.forget(topics)
    assert not dispatcher._decoder._learned
    assert not dispatcher._decoder._given
    assert not dispatcher._asked


def subscribed_to(topics: list[str]) -> ChannelSet:
    """A channel that has topics, on its socket 2."""
    step = ChannelSet.start(topics, policy=Policy(lambda: 0.0), now=NOW)
    made = Channel(id="c", connect_uri="ws://localhost/channels/c")
    state = step.state.called(0, 1, made, now=NOW).state.connected(0, 2, now=NOW).state
    state = state.called(0, 3, ChannelTopicEntityListing(entities=[]), now=NOW).state
    assert state.settled
    return state


# Refusals


def test_the_error_of_refused_topics_names_each_with_its_reason():
    first = SubscriptionRejected("a.b", "not yours", ("routing:queue:view", "x:y:z"))
    error = SubscriptionError([first, SubscriptionRejected("c.d", None, ())])
    assert error.refusals[0] == first
    assert str(error) == (
        "topic 'a.b': not yours; missing permissions: routing:queue:view, x:y:z; "
        "topic 'c.d': rejected by the platform"
    )


def test_a_callback_that_failed_shows_what_it_raised():
    assert repr(CallbackFailed(KeyError("k"), Gap(AT, AT), AT)) == "CallbackFailed(KeyError('k'))"


# Addresses


def test_a_base_takes_the_place_of_the_platforms_host():
    rewrite = connect_uri_rewriter("wss://gateway.example:8443/streaming/")
    assert rewrite is not None
    assert (
        rewrite("wss://streaming.mypurecloud.ie/channels/streaming-1?a=b")
        == "wss://gateway.example:8443/streaming/channels/streaming-1?a=b"
    )


def test_a_function_is_taken_as_it_is():
    assert connect_uri_rewriter(str.upper) is str.upper
    assert connect_uri_rewriter(None) is None


@pytest.mark.parametrize(
    ("base", "words"),
    [
        ("https://gateway.example", "must be a URL such as wss://"),
        ("gateway.example", "must be a URL such as wss://"),
        ("wss://user:hunter2@gateway.example", "no user name"),
        ("wss://gateway.example/?a=b", "without a query"),
    ],
)
def test_what_is_no_base_is_refused_without_showing_secrets(base, words):
    with pytest.raises(InvalidValueError, match=words) as caught:
        connect_uri_rewriter(base)
    assert "hunter2" not in str(caught.value)


# Operators


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Disconnected("silent", "no pong", AT), "disconnected: no pong"),
        (Disconnected("stopped", "stopped by the user", AT), None),
        (
            Gap(AT, AT),
            "events from 2026-01-01T00:00:00+00:00 to 2026-01-01T00:00:00+00:00 may be missing",
        ),
        (SubscriptionRejected("a.b", "no", ()), "topic 'a.b': no"),
        (SubscriptionLost("{}", AT), "the platform removed topics; subscribing again"),
        (Retrying("connect", "refused", 1.25), "connect failed, retrying in 1.25 s: refused"),
        (GaveUp(GenesysCloudError("no token")), "gave up: no token"),
        (Connected("secret-channel", AT), None),
        (HEARTBEAT, None),
    ],
)
def test_what_operators_are_told(event, words):
    assert operator_warning(event) == words


# --- topics and their types --------------------------------------------------------------------------

STATION = "v2.users.1.station"


@pytest.mark.parametrize(
    ("topics", "type_", "expected"),
    [
        ([], None, ()),
        (PRESENCE, None, ((PRESENCE, None),)),
        ([PRESENCE, STATION], dict, ((PRESENCE, dict), (STATION, dict))),
        ([(PRESENCE, dict), (STATION, list)], None, ((PRESENCE, dict), (STATION, list))),
        ([(PRESENCE, dict), STATION], list, ((PRESENCE, dict), (STATION, list))),
        ([(PRESENCE, None), [STATION, dict]], list, ((PRESENCE, list), (STATION, dict))),
        (iter([PRESENCE]), None, ((PRESENCE, None),)),
    ],
)
def test_topics_are_given_alone_or_each_with_its_type(topics, type_, expected):
    assert typed_topics(topics, type_) == expected


@pytest.mark.parametrize(
    ("topics", "words"),
    [
        (None, "topics must be topics, not None"),
        (5, "topics must be topics, not an int"),
        (
            [5],
            "each element of topics must be a topic, or a pair of a topic and a type, not an int",
        ),
        ([(PRESENCE,)], "each element of topics must be .* not a tuple"),
        ([(PRESENCE, dict, 1)], "each element of topics must be .* not a tuple"),
        ([(dict, PRESENCE)], "each element of topics must be .* not a tuple"),
        ([(PRESENCE, "User")], "type must be a model.*, not a str"),
        ([PRESENCE, (STATION, 5)], "type must be a model.*, not an int"),
    ],
)
def test_what_is_neither_topics_nor_pairs_is_refused(topics, words):
    with pytest.raises(TypeError, match=words):
        typed_topics(topics)


def test_a_text_that_is_no_topic_is_refused_with_those_before_it():
    with pytest.raises(InvalidValueError, match="two words"):
        typed_topics([PRESENCE, "two words"])


def test_each_event_is_read_as_the_type_of_its_own_topic():
    dispatcher = EventDispatcher()
    dispatcher.remember(typed_topics([(PRESENCE, dict), "v2.users.2.presence"]))
    decoder = dispatcher._decoder
    assert decoder.type_of(PRESENCE) is dict
    assert decoder.type_of("v2.users.2.presence") is PresenceEventUserPresence


def test_the_latest_failure_is_why_there_is_no_answer_yet():
    refused, closed = Retrying("create", "refused", 1.0), Retrying("connect", "closed", 1.0)
    assert latest_failure([], "known") == "known"
    assert latest_failure([refused, Heartbeat("pong", "{}"), closed], None) == "closed"
    assert latest_failure([refused, Connected("c", datetime.now(UTC))], None) is None
    assert latest_failure([Subscribed(frozenset(), datetime.now(UTC))], "known") is None

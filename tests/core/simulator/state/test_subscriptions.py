"""What a subscription does to a channel."""

from genesys_core.clock import Now
from genesys_core.simulator.state.channels import Channel, ChannelTopic
from genesys_core.simulator.state.memory import PlatformState, Settings
from genesys_core.simulator.state.subscriptions import (
    mark_used,
    permitted_topics,
    subscribe_channel,
    system_message,
)
from genesys_core.simulator.state.topics import Verdict


def channel(identity, *topics, **more):
    facts = {"client_id": "c", "user_id": "u", "token": "t", "uri": "", "expires": 10.0, "used": 0}
    return Channel(id=identity, **{**facts, **more}).with_topics(places(*topics))


def places(*topics):
    return {topic: ChannelTopic(topic, (topic,)) for topic in topics}


def holding(*channels):
    state = PlatformState()
    state.channels.update({each.id: each for each in channels})
    return state


def test_permitted_topics_by_their_lower_case():
    topic = ChannelTopic("A", ("a",))
    assert permitted_topics([Verdict("A", topic), Verdict("B", reason="no")]) == {"a": topic}


def test_a_channel_lives_for_a_day_after_it():
    state = holding(channel("1", "a"))
    assert subscribe_channel(state, Settings(), state.channels["1"], places("b"), Now(0, 1000))
    changed = state.channels["1"]
    assert (changed.names, changed.expires, changed.used) == ({"b"}, 87_400.0, 1)


def test_a_thousand_topics_and_no_more():
    state = holding(channel("1", "a"))
    many = places(*(f"t{n}" for n in range(1001)))
    before = state.channels["1"]
    assert not subscribe_channel(state, Settings(), before, many, Now(0, 0))
    assert state.channels["1"] is before
    del many["t0"]
    assert subscribe_channel(state, Settings(), before, many, Now(0, 0))


def test_uses_are_in_order():
    state = PlatformState()
    assert mark_used(state, channel("1")).used < mark_used(state, channel("2")).used


def test_a_topic_may_be_on_many_channels():
    state = holding(channel("1", "a"), channel("2"))
    subscribe_channel(state, Settings(), state.channels["2"], places("a"), Now(0, 0))
    assert state.channels["1"].names == {"a"}
    assert not state.notices


def test_or_on_one_alone_whose_predecessor_is_told():
    others = channel("3", "a", user_id="v"), channel("4", "a", client_id="d"), channel("5", "b")
    state = holding(channel("1", "a", "b"), channel("2", "c"), *others)
    settings = Settings(exclusive_topics=True)
    subscribe_channel(state, settings, state.channels["2"], places("c", "a"), Now(0, 0))
    assert state.channels["1"].names == {"b"}
    assert {state.channels[each].names for each in "34"} == {frozenset({"a"})}
    notice, updated = state.notices
    assert (updated.topic, updated.to) == ("v2.subscription.updated", None)
    assert updated.body["systemTopicType"] == "subscription_changed"
    assert (notice.topic, notice.to) == ("v2.system.no_longer_subscribed.1", "1")
    assert notice.body["channelId"] == "2"
    assert notice.body["reason"] == "another_channel_subscribed"


def test_a_combined_topic_goes_whole():
    old = channel("1").with_topics({"u?p&q": ChannelTopic("u?p&q", ("u.p", "u.q")), **places("x")})
    state = holding(old, channel("2"))
    settings = Settings(exclusive_topics=True)
    subscribe_channel(state, settings, state.channels["2"], places("u.q"), Now(0, 0))
    assert state.channels["1"].names == {"x"}


def test_a_system_message_has_the_fields_of_its_model():
    from genesys_core.simulator.state.definition import Schema
    from tests.strategies.simulator import definition, misfits

    state = PlatformState(organization={"id": "o", "name": "org"})
    body = system_message(state, channel("1"), "token_revoked", "user_tokens_revoked", "1")
    schema = Schema(ref="#/definitions/SystemMessageSystemMessage")
    assert misfits(definition(), schema, body) == []
    assert body["message"] == "token revoked: user tokens revoked"


def test_what_nobody_had_is_taken_from_nobody():
    state = holding(channel("1", "a"), channel("2"))
    settings = Settings(exclusive_topics=True)
    subscribe_channel(state, settings, state.channels["2"], places("b"), Now(0, 0))
    assert not state.notices

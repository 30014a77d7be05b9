from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from genesys_core.clock import Now
from genesys_core.errors import DecodeError
from genesys_core.models import Channel, ChannelTopic, ChannelTopicEntityListing
from genesys_core.notifications.channel.connection import PlatformChannel
from genesys_core.notifications.channel.events import SubscriptionRejected
from genesys_core.notifications.channel.rest_calls import (
    channel_from,
    rejections_from,
    subscription_call,
    topics_from,
)
from tests.helpers.channel_world import POLICY, World, api_error, listing

NOW = Now(100.0, 1_000_000.0)
topics = st.frozensets(st.sampled_from("abcd"))


@given(topics, topics, st.booleans())
def test_a_change_brings_about_what_is_wanted(before, wanted, known):
    world = World()
    world.heal()
    (channel,) = world.channels.values()
    channel.topics = set(before)
    world.execute(subscription_call(channel.id, before if known else None, wanted))
    assert channel.topics == wanted


@pytest.mark.parametrize(
    ("before", "wanted", "method", "sent"),
    [
        (None, "ba", "PUT", ["a", "b"]),
        ("", "ba", "POST", ["a", "b"]),
        ("a", "ab", "POST", ["b"]),
        ("ab", "a", "PUT", ["a"]),
        ("ab", "ac", "PUT", ["a", "c"]),
        ("ab", "", "DELETE", None),
        (None, "", "DELETE", None),
    ],
)
def test_the_smallest_call_is_made(before, wanted, method, sent):
    known = None if before is None else frozenset(before)
    operation = subscription_call("c-1", known, frozenset(wanted))
    assert operation.endpoint.method == method
    assert dict(operation.path) == {"channelId": "c-1"}
    assert operation.body == (None if sent is None else [{"id": topic} for topic in sent])
    if method != "DELETE":
        assert dict(operation.query) == {"ignoreErrors": True}


def test_a_channel_that_was_made():
    expires = datetime.fromtimestamp(NOW.wall + 24 * 3600, UTC)
    channel = Channel(id="c", connect_uri="wss://a/c", expires=expires)
    assert channel_from(channel, policy=POLICY, now=NOW) == PlatformChannel(
        "c", "wss://a/c", life=23 * 3600
    )
    gateway = replace(POLICY, rewrite=lambda uri: uri.replace("//a/", "//gateway/"))
    assert channel_from(channel, policy=gateway, now=NOW).uri == "wss://gateway/c"


@pytest.mark.parametrize(
    "expires", [datetime.fromtimestamp(NOW.wall + 48 * 3600, UTC), datetime(1, 1, 1, tzinfo=UTC)]
)
def test_an_expiry_without_a_zone_is_in_utc(expires):
    given, plain = Channel(id="c", connect_uri="x"), Channel(id="c", connect_uri="x")
    given.expires, plain.expires = expires.replace(tzinfo=UTC), expires.replace(tzinfo=None)
    known = channel_from(given, policy=POLICY, now=NOW)
    assert isinstance(known, PlatformChannel)
    assert channel_from(plain, policy=POLICY, now=NOW) == known


@pytest.mark.parametrize(
    "reply", [None, {}, Channel(), Channel(id="c"), Channel(id="", connect_uri="x"), api_error(500)]
)
def test_a_reply_without_a_channel_is_an_error(reply):
    error = channel_from(reply, policy=POLICY, now=NOW)
    assert isinstance(error, DecodeError) or error is reply


def test_the_topics_of_a_channel():
    assert topics_from(listing(["a", "b"])) == {"a", "b"}
    for odd in (None, ChannelTopicEntityListing(), {"entities": [{"id": "a"}]}):
        assert topics_from(odd) == frozenset()
    holes = ChannelTopicEntityListing(entities=[None, ChannelTopic(), ChannelTopic(id="a")])
    assert topics_from(holes) == {"a"}


def test_rejections_are_spelt_as_asked_for():
    entities = [
        ChannelTopic(
            id="V2.A", state="Rejected", rejection_reason="no", missing_permissions=["p", None]
        ),
        ChannelTopic(id="v2.b", state="REJECTED"),
        ChannelTopic(id="v2.c", state="Permitted"),
        ChannelTopic(id="v2.d"),
        ChannelTopic(id="v2.unasked", state="Rejected"),
    ]
    wanted = frozenset({"v2.a", "v2.b", "v2.C", "v2.d"})
    rejected, permitted = rejections_from(ChannelTopicEntityListing(entities=entities), wanted)
    assert rejected == [
        SubscriptionRejected("v2.a", "no", ("p",)),
        SubscriptionRejected("v2.b", None, ()),
    ]
    assert permitted == {"v2.C", "v2.d"}

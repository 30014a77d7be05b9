"""Channels as values."""

import pytest

from genesys_core.simulator.state.channels import Channel, ChannelTopic, death_of, is_heard
from genesys_core.simulator.state.credentials import IssuedToken

CHANNEL = Channel(
    id="secret-id",
    client_id="c",
    user_id="u",
    token="secret-token",
    uri="ws://h/channels/secret-id",
    expires=100.0,
    used=1,
)
TOKENS = {"secret-token": IssuedToken("secret-token", "c", "u", 200.0)}


def test_what_opens_a_channel_is_not_shown():
    assert "secret" not in repr(CHANNEL)
    assert "secret" not in str(CHANNEL.__rich_repr__())


def test_the_names_of_a_channel_are_those_of_all_its_topics():
    first = CHANNEL.with_topics({"a?b&c": ChannelTopic("A?b&c", ("a.b", "a.c"))})
    assert first.names == {"a.b", "a.c"}
    assert first.with_topics({"d": ChannelTopic("d", ("d",))}).names == {"d"}
    assert CHANNEL.names == frozenset()


@pytest.mark.parametrize(
    ("change", "tokens", "wall", "death"),
    [
        ({}, TOKENS, 99.9, None),
        ({}, TOKENS, 100.0, "expired"),
        ({"expires": 900.0}, TOKENS, 199.9, None),
        ({"expires": 900.0}, TOKENS, 200.0, "token_expired"),
        ({}, {}, 0.0, "token_revoked"),
        ({"displaced_by": "other"}, TOKENS, 0.0, "displaced"),
    ],
)
def test_what_ends_a_channel(change, tokens, wall, death):
    from msgspec.structs import replace

    assert death_of(replace(CHANNEL, **change), tokens, wall) == death


def test_a_channel_belongs_to_a_client_and_a_user():
    assert CHANNEL.owner == ("c", "u")


def test_a_topic_is_heard_if_a_channel_has_it_in_any_case():
    channels = {"c": CHANNEL.with_topics({"d.e": ChannelTopic("D.e", ("d.e",))})}
    assert is_heard(channels, "d.E")
    assert not is_heard(channels, "d")
    assert not is_heard({}, "d.e")

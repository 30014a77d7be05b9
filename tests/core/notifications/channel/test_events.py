import typing
from datetime import UTC, datetime

import msgspec
import pytest

from genesys_core.clock import Now
from genesys_core.notifications.channel import events as channel_events
from genesys_core.notifications.channel.events import (
    ChannelEvent,
    Connect,
    Effect,
    Gap,
    datetime_of,
    wall_datetime,
)

KINDS = [*typing.get_args(ChannelEvent), *typing.get_args(Effect)]


@pytest.mark.parametrize("kind", KINDS)
def test_events_and_effects_are_values_and_public(kind):
    assert msgspec.structs.fields(kind)
    assert kind.__struct_config__.frozen
    assert kind.__name__ in channel_events.__all__


def test_moments_are_aware():
    assert wall_datetime(0.5) == datetime(1970, 1, 1, 0, 0, 0, 500_000, UTC)
    assert datetime_of(Now(7.0, 0.0)) == datetime(1970, 1, 1, tzinfo=UTC)


def test_a_gap_of_a_connection_dropped_nothing():
    moment = wall_datetime(0.0)
    assert Gap(moment, moment).dropped == 0


def test_an_address_is_not_shown():
    assert repr(Connect(7, "wss://a/secret")) == "Connect(7)"

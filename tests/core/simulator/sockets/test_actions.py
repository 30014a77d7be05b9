"""What a hub asks for."""

from typing import get_args

from msgspec.structs import fields

from genesys_core.simulator.sockets.actions import Action, Fate, WriteClose
from tests.strategies.hub import ChannelDesk


def test_each_action_is_about_one_socket():
    assert all(fields(action)[0].name == "socket" for action in get_args(Action))


def test_actions_are_values():
    assert WriteClose(1, 1000, "") == WriteClose(1, 1000, "")
    assert len({WriteClose(1, 1000, ""), WriteClose(1, 1000, "")}) == 1


def test_each_fate_is_met_and_counted():
    desk = ChannelDesk()
    channel = desk.channel(desk.presence)
    desk.publish()
    desk.connect(channel)
    desk.publish()
    desk.hub.hold(channel)
    desk.publish()
    desk.hub.release(channel, [])
    desk.hub.silence(channel)
    desk.publish()
    fates = [each.fate for each in desk.hub.deliveries]
    assert fates == ["unconnected", "sent", "withheld", "silenced"]
    assert sorted(fates) == sorted(get_args(Fate))
    assert all(desk.hub.counts[fate] == 1 for fate in fates)

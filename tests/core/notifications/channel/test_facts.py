from math import inf

import pytest
from msgspec.structs import replace

from genesys_core.clock import Now
from genesys_core.notifications.channel.connection import (
    BackingOff,
    Connecting,
    Creating,
    Draining,
    InSync,
    Listening,
    PlatformChannel,
    Syncing,
)
from genesys_core.notifications.channel.facts import Facts
from genesys_core.notifications.channel.move import DuplicateFilter
from tests.helpers.channel_world import POLICY

NONE = frozenset[str]()
KNOWN = PlatformChannel("c", "wss://a/c")


def due(*, reading: bool = True, **facts: object) -> float:
    return Facts(wanted=NONE, **facts).next_deadline(POLICY, reading=reading)


def test_the_earliest_of_all_that_is_due():
    now = Now(0.0, 0.0)
    draining = Draining(1, KNOWN, now, now, 4.0, 1, True)
    assert due(primary=BackingOff(9.0, 0, None)) == 9.0
    assert due(primary=BackingOff(9.0, 0, None), successor=Creating(1, 8.0, 0)) == 8.0
    assert due(primary=Connecting(1, 9.0, 0, KNOWN), draining=draining) == 4.0
    assert due(primary=BackingOff(9.0, 0, None), duplicates=DuplicateFilter(1, 2)) == 9.0
    assert due(primary=BackingOff(9.0, 0, None), duplicates=DuplicateFilter(1, 2, until=3.0)) == 3.0


@pytest.mark.parametrize("pinged", [None, 1.0])
def test_while_sockets_are_not_read_only_calls_and_topics_are_due(pinged):
    now = Now(0.0, 0.0)
    settled = InSync(NONE, 0, 0.0)
    primary = Listening(1, KNOWN, 0, 0.0, heard=now, renew_at=99.0, sync=settled, pinged=pinged)
    draining = Draining(2, KNOWN, now, now, 4.0, 1, True)
    idle = {
        "primary": primary,
        "draining": draining,
        "duplicates": DuplicateFilter(1, 2, until=3.0),
    }
    assert due(**idle) == 3.0
    assert due(**idle, reading=False) == inf
    renewed = replace(primary, sync=InSync(frozenset({"a"}), 0, 0.0))
    assert due(primary=renewed, reading=False) == 99.0
    changed = replace(primary, sync=Syncing(1, 9.0, NONE, 0, NONE))
    assert due(primary=changed, reading=False) == 9.0

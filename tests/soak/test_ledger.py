"""The account of a soak finds what it is there to find."""

from datetime import UTC, datetime

import msgspec
import pytest

from genesys_core.clock import Now
from genesys_core.notifications import Metadata, Notification
from genesys_core.notifications.channel.events import Gap
from genesys_core.simulator.sockets.actions import Delivery, Published
from tests.soak.ledger import Ledger
from tests.soak.soak_notifications import GROWTH, Held, growth

TOPIC = "v2.users.U-1.presence"


def published(number, at, topic=TOPIC):
    return Published(number, topic, f"id-{number}", ("c",), Now(0.0, at))


def sent(number, socket=1, fate="sent"):
    return Delivery(number, "c", socket, fate)


def handed(number, topic=TOPIC):
    return Notification(topic, "2", None, Metadata(f"id-{number}"), "{}")


def gap(start, end):
    return Gap(*(datetime.fromtimestamp(second, UTC) for second in (start, end)))


@pytest.fixture
def ledger():
    ledger = Ledger()
    ledger.added(TOPIC, 10.0)
    return ledger


def settle(ledger, events, *events_of_the_handler, deliveries=None):
    for event in events_of_the_handler:
        ledger.handed(event)
    if deliveries is None:
        deliveries = [sent(event.sequence) for event in events]
    return ledger.settle(events, deliveries)


def test_what_was_handed_out_is_in_order(ledger):
    assert settle(ledger, [published(1, 11.0)], handed(1, TOPIC.lower())) == []
    assert ledger.totals["delivered"] == ledger.totals["expected"] == 1


def test_what_is_missing_without_a_gap_is_found(ledger):
    (wrong,) = settle(ledger, [published(1, 11.0)], gap(11.1, 12.0))
    assert "never delivered" in wrong


def test_a_gap_excuses_what_lies_in_it_and_only_once(ledger):
    assert settle(ledger, [published(1, 11.0)], gap(10.9, 12.0)) == []
    assert ledger.totals["missing, within a gap"] == 1
    assert settle(ledger, [published(2, 11.0)]) != []


def test_what_was_handed_out_more_often_than_it_was_sent_is_found(ledger):
    (wrong,) = settle(ledger, [published(1, 11.0)], handed(1), handed(1))
    assert "delivered 2 times and sent 1 times" in wrong


def test_copies_over_two_sockets_are_no_repetition(ledger):
    deliveries = [sent(1, 1), sent(1, 2)]
    assert settle(ledger, [published(1, 11.0)], handed(1), handed(1), deliveries=deliveries) != []
    deliveries = [sent(2, 1), sent(2, 1), sent(2, 2)]
    assert settle(ledger, [published(2, 11.0)], handed(2), handed(2), deliveries=deliveries) == []


def test_what_was_never_sent_cannot_have_been_received(ledger):
    deliveries = [sent(1, None, "unconnected")]
    assert settle(ledger, [published(1, 11.0)], handed(1), deliveries=deliveries) != []


def test_an_event_of_another_topic_or_of_nobodys_is_found(ledger):
    (missing, stranger) = settle(ledger, [published(1, 11.0)], handed(1, "v2.users.u-2.presence"))
    assert "never delivered" in missing
    assert "never published" in stranger


def test_nothing_is_owed_before_a_topic_was_had_and_after_it_was_given_up(ledger):
    ledger.removed(TOPIC, 20.0)
    ledger.added("v2.users.u-1?presence&station", 30.0)
    owed = [published(2, 11.0), published(4, 31.0), published(5, 31.0, "v2.users.u-1.station")]
    events = [published(1, 9.0), published(3, 21.0), *owed]
    assert len(settle(ledger, sorted(events, key=lambda each: each.sequence))) == len(owed)


@pytest.mark.parametrize("name", GROWTH)
def test_growth_is_found(name):
    before = Held(memory=1000, resident=0, threads=3, tasks=3, descriptors=10)
    most = getattr(before, name) + GROWTH[name]
    assert growth(before, msgspec.structs.replace(before, **{name: most})) == []
    (words,) = growth(before, msgspec.structs.replace(before, **{name: most + 1}))
    assert name in words

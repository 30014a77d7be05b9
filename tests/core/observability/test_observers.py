"""Observers: the base classes change nothing, and several watch a channel as one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.observability.observers import (
    CallObserver,
    ChannelObservers,
    Observer,
    report_connections,
)
from genesys_core.session.pacing import Pacing
from genesys_core.session.retry import RetryConfiguration
from tests.strategies.calls import Driver, operation, reply, scripted, session

TOPIC = "v2.users.1.presence"


class Recording(Observer):
    """Writes down what it learns, under its name."""

    def __init__(self, name, log):
        self.name, self.log = name, log

    def channel_opened(self):
        self.log.append((self.name, "opened"))

    def channel_closed(self):
        self.log.append((self.name, "closed"))

    def delivered(self, topic, seconds):
        self.log.append((self.name, topic, seconds))


class Careless(Observer):
    """Observes each call, and does nothing of its own."""

    def begin(self, operation_name, purpose, now):
        return CallObserver()


@given(st.lists(st.sampled_from(["opened", "closed", "delivered"]), max_size=8))
def test_every_observer_learns_of_every_event_of_a_channel_in_order(events):
    log = []
    both = ChannelObservers([Recording("a", log), Recording("b", log)])
    for event in events:
        match event:
            case "opened":
                both.channel_opened()
            case "closed":
                both.channel_closed()
            case "delivered":
                both.delivered(TOPIC, 0.5)
    expected = [(TOPIC, 0.5) if event == "delivered" else (event,) for event in events]
    assert log == [(name, *facts) for facts in expected for name in "ab"]


@pytest.mark.parametrize(
    ("before", "after", "calls"),
    [(0, 2, ["opened", "opened"]), (2, 1, ["closed"]), (1, 1, [])],
)
def test_a_change_of_the_number_of_connections_is_reported_one_by_one(before, after, calls):
    log = []
    report_connections(Recording("a", log), before, after)
    assert log == [("a", call) for call in calls]


def test_the_base_classes_change_nothing():
    def made(*observers):
        said = {
            "retry": RetryConfiguration(max_retry_time_sec=600),
            "pacing": Pacing(limit=1, window=10),
        }
        answers = scripted(reply(429, "7"), reply(200, body=b"{}"))
        driver = Driver(session(**said), answers, observers=observers)
        return driver.call(operation()), driver.sent, driver.sleeps

    assert made(Observer(), Careless(), ChannelObservers([])) == made()


def test_who_does_not_care_for_channels_may_be_told_of_them():
    for observer in (Observer(), Careless(), ChannelObservers([Careless()])):
        assert observer.channel_opened() is None
        assert observer.channel_closed() is None
        assert observer.delivered(TOPIC, 0.0) is None


def test_only_those_that_take_notice_of_deliveries_hear_of_them():
    log = []
    assert not ChannelObservers([Observer(), Careless()]).observes_delivery
    both = ChannelObservers([Observer(), Recording("a", log)])
    assert both.observes_delivery
    both.delivered("t", 0.5)
    assert len(log) == 1

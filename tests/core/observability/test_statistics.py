"""What a client counts."""

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.http.messages import Request
from genesys_core.oauth import ClientCredentials
from genesys_core.observability.statistics import ClientStats, StatisticsObserver
from genesys_core.session.pacing import Pacing
from genesys_core.session.retry import RetryConfiguration
from genesys_core.session.vault import Vault
from tests.strategies.calls import (
    Driver,
    at,
    operation,
    reply,
    scripted,
    session,
    token_reply,
)

GRANT = ClientCredentials("id", "secret")
RETRY = RetryConfiguration(max_retry_time_sec=600)


class Counted:
    """Statistics, and who applies the steps to them."""

    def __init__(self):
        self.counted = ClientStats()
        self.observer = StatisticsObserver(self.apply)

    def apply(self, step, *args):
        self.counted = step(self.counted, *args)

    @property
    def stats(self):
        return self.observer.snapshot(self.counted)


def counted(*outcomes, calls=1, **said):
    counts = Counted()
    driver = Driver(session(**said), scripted(*outcomes), observers=(counts.observer,))
    for _ in range(calls):
        driver.call(operation())
    return counts.stats


@pytest.mark.parametrize(
    ("outcomes", "said", "expected"),
    [
        ((reply(200),), {}, ClientStats(calls=1)),
        ((reply(404),), {}, ClientStats(calls=1, failures=1)),
        (
            (reply(429, "7"), reply(429, "2"), reply(200)),
            {"retry": RETRY},
            ClientStats(calls=1, retries=2, retry_seconds=9.0),
        ),
        (
            (token_reply("a"), reply(401), token_reply("b"), reply(200)),
            {"vault": Vault(GRANT)},
            ClientStats(calls=1, retries=1, tokens_exchanged=2),
        ),
        (
            (reply(503), token_reply("a"), reply(200)),
            {"vault": Vault(GRANT), "retry": RETRY},
            ClientStats(calls=1, tokens_exchanged=1, retry_seconds=3.0),
        ),
        (
            (reply(400, body=b'{"error": "invalid_client"}'),),
            {"vault": Vault(GRANT)},
            ClientStats(calls=1, failures=1),
        ),
    ],
)
def test_what_is_counted(outcomes, said, expected):
    assert counted(*outcomes, **said) == expected


def test_time_spent_for_the_rate_limit():
    stats = counted(reply(200), calls=3, pacing=Pacing(limit=1, window=10), retry=RETRY)
    assert (stats.calls, stats.retries, stats.retry_seconds) == (3, 0, 0.0)
    assert stats.pacing_seconds == pytest.approx(20.4)


def test_what_is_sent_is_only_counted():
    counts = Counted()
    call = counts.observer.begin("get_things", "api", at(0))
    request = Request("GET", "https://api.mypurecloud.ie/api/v2/users/me")
    assert call.sending(request) is request
    assert call.sending(request) is request
    assert counts.stats == ClientStats(calls=1, calls_under_way=1, retries=1)


def test_a_cancelled_call_is_neither_under_way_nor_a_failure():
    counts = Counted()
    call = counts.observer.begin("get_things", "api", at(0))
    assert counts.stats == ClientStats(calls=1, calls_under_way=1)
    call.ended(None, at(1))
    assert counts.stats == ClientStats(calls=1)


def test_a_call_whose_end_was_interrupted_is_not_under_way_for_ever():
    counts = Counted()
    call = counts.observer.begin("get_things", "api", at(0))
    assert counts.stats.calls_under_way == 1
    del call
    gc.collect()
    assert counts.stats == ClientStats()


def test_a_cancelled_exchange_counts_for_nothing():
    counts = Counted()
    counts.observer.begin("oauth_token", "token", at(0)).ended(None, at(1))
    assert counts.stats == ClientStats()


@given(st.lists(st.booleans(), max_size=20))
def test_open_channels_are_those_opened_less_those_closed(opened):
    counts = Counted()
    for is_opened in opened:
        counts.observer.channel_opened() if is_opened else counts.observer.channel_closed()
        counts.observer.delivered("v2.users.1.presence", 0.5)
    assert counts.stats == ClientStats(channels=opened.count(True) - opened.count(False))


def test_a_reading_does_not_change():
    counts = Counted()
    before = counts.stats
    counts.observer.channel_opened()
    assert before == ClientStats()
    with pytest.raises(AttributeError):
        before.channels = 1

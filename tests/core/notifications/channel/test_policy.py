import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.errors import (
    ConnectError,
    ConnectionClosedError,
    DecodeError,
    InvalidClientError,
    InvalidValueError,
)
from genesys_core.notifications.channel.policy import (
    Policy,
    describe_ending,
    is_final,
    is_gone,
    is_turned_away,
    unanswered_call_error,
)
from genesys_core.websocket import Closed, Failed
from tests.helpers.channel_world import api_error


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_waits_grow_and_are_bounded(failures, drawn):
    policy = Policy(random=lambda: drawn)
    assert 0.5 <= policy.delay(failures) < policy.backoff_cap + 1e-6
    assert policy.delay(failures) <= policy.delay(failures + 1)


@pytest.mark.parametrize(("drawn", "factor"), [(0.0, 0.5), (0.5, 0.75), (0.999, 0.9995)])
def test_half_of_a_wait_is_drawn(drawn, factor):
    policy = Policy(random=lambda: drawn)
    waits = [policy.delay(failures) for failures in range(1, 9)]
    assert waits == [factor * rung for rung in (1, 2, 4, 8, 16, 32, 60, 60)]


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        (None, 0.5),
        (0.1, 0.5),
        (20, 20),
        (10_000, 300),
        (-5, 0.5),
        (float("nan"), 0.5),
        (float("inf"), 0.5),
    ],
)
def test_what_the_platform_asks_for_counts_within_reason(asked, waited):
    assert Policy(random=lambda: 0.0).delay(1, api_error(429, asked)) == waited


@pytest.mark.parametrize(
    ("lasts", "renew"), [(None, 82_800), (86_400, 82_800), (24, 23), (-1, 82_800), (0, 82_800)]
)
def test_when_to_renew(lasts, renew):
    assert Policy(random=lambda: 0.0).life(lasts) == renew


@pytest.mark.parametrize(("status", "gone"), [(404, True), (410, True), (400, False), (503, False)])
def test_what_is_gone(status, gone):
    assert is_gone(api_error(status)) is gone
    assert not is_gone(None)


@pytest.mark.parametrize(
    ("error", "final"),
    [
        *[(api_error(status), True) for status in (302, 400, 401, 403, 404)],
        *[(api_error(status), False) for status in (408, 409, 425, 429, 500, 502, 503, 504)],
        (ConnectError("no", sent=False), False),
        (ConnectionClosedError("no", sent=True), False),
        (DecodeError("no"), False),
        (InvalidClientError("invalid_client"), True),
        (InvalidValueError("no"), True),
        (unanswered_call_error("create"), False),
    ],
)
def test_what_is_final(error, final):
    assert is_final(error) is final


@pytest.mark.parametrize(
    ("how", "turned_away"),
    [
        *[(Failed("handshake", "", status=status), True) for status in (301, 400, 401, 403, 404)],
        *[(Failed("handshake", "", status=status), False) for status in (101, 408, 429, 500, 503)],
        (Failed("proxy", "", status=403), False),
        (Failed("connect", ""), False),
        (Closed(1008, ""), False),
    ],
)
def test_which_sockets_were_turned_away(how, turned_away):
    assert is_turned_away(how) is turned_away


def test_words():
    assert describe_ending(Failed("closed", "it broke")) == "it broke"
    assert describe_ending(Closed(1001, "")) == "the server closed the connection with code 1001"
    assert (
        describe_ending(Closed(1001, "bye"))
        == "the server closed the connection with code 1001: bye"
    )

"""Retry decisions: the official vectors, every form of Retry-After, and the laws."""

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz import fuzz_retry_after
from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.http.messages import TransportFailure
from genesys_core.session.retry import (
    DEFAULT_BUDGET,
    GRAIN,
    MAX_RETRY_AFTER,
    RETRIES_OFF,
    GiveUp,
    Repeat,
    RetryConfiguration,
    certainly_not_done,
    explain_overrun,
    is_retryable,
    parse_retry_after,
    requested_wait,
)
from tests.helpers.retry import decided
from tests.strategies.calls import (
    AMBIGUOUS,
    CUT_OFF,
    UNSENT,
    Driver,
    at,
    operation,
    reply,
    scripted,
    session,
)

DOCS = Path(__file__).parents[3] / "docs" / "retries.md"


# The table of official-sdks.md, 1.4.1: status, budget, default wait, interval, Retry-After; sleeps.
VECTORS = [
    (429, 6, 0.1, 300, "3", [3, 3]),
    (429, 0, 3, 300, "3", []),
    (429, 5, 3, 300, "1", [1] * 5),
    (502, 13, 2, 11, None, [2] * 5 + [3]),
    (503, 40, 0.2, 3, None, [0.2] * 5 + [3, 9, 27]),
    (504, 2, 1, 300, None, [1, 1]),
    (504, 0, 3, 300, None, []),
]


def driven(status, budget, default, interval, retry_after, *, begin=0.0):
    policy = RetryConfiguration(
        max_retry_time_sec=budget,
        retry_max=50,
        retry_after_default=default,
        backoff_interval=interval,
    )
    driver = Driver(session(retry=policy), scripted(reply(status, retry_after)), clock=begin)
    return driver, driver.call(operation())


@pytest.mark.parametrize("begin", [0.0, 1000.1, 123_456.789])
@pytest.mark.parametrize("vector", VECTORS)
def test_the_official_vectors_hold_whatever_the_clock_says(vector, begin):
    *facts, sleeps = vector
    driver, ended = driven(*facts, begin=begin)
    assert driver.sleeps == pytest.approx(sleeps)
    assert driver.clock - begin == pytest.approx(facts[1], abs=1e-5)
    assert len(driver.sent) == len(sleeps) + 1 == len(ended.error.attempts)
    assert ended.error.status == facts[0]


def test_the_vectors_of_the_documentation_are_these():
    rows = re.findall(
        r"^\| (\d{3}) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$",
        DOCS.read_text(),
        re.MULTILINE,
    )
    assert len(rows) == len(VECTORS)
    for (status, *seconds, asked, waits), vector in zip(rows, VECTORS, strict=True):
        told = (int(status), *(float(cell.removesuffix(" s")) for cell in seconds))
        assert told == vector[:4]
        assert (None if asked == "none" else asked.strip("`").split(": ")[1]) == vector[4]
        words = [] if waits == "none" else [part.strip() for part in waits.split(",")]
        expected = [float(word.split(" x ")[0]) for word in words for _ in range(_times(word))]
        assert expected == vector[5]


def _times(word):
    return int(word.split(" x ")[1]) if " x " in word else 1


def test_one_retry_max_is_one_repeat():
    for most in (0, 1, 5):
        policy = RetryConfiguration(max_retry_time_sec=600, retry_max=most)
        driver = Driver(session(retry=policy), scripted(reply(429, "1")))
        ended = driver.call(operation())
        assert len(driver.sent) == most + 1
        why = f"retried {most} times, the maximum" if most else "retries are disabled"
        assert ended.error.__notes__ == [f"not retried: {why}"]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("42", 42),
        (" 42 ", 42),
        ("0.25", 0.25),
        ("1e2", 100),
        ("99999999999999999999", 1e20),
        ("Tue, 14 Nov 2023 22:14:20 GMT", 60),
        ("Tuesday, 14-Nov-23 22:14:20 GMT", 60),
        ("Tue Nov 14 22:14:20 2023", 60),
        ("Wed Nov  1 22:14:20 2073", 18_250 * 86_400 + 60),
        ("Monday, 14-Nov-72 22:13:20 GMT", 17_898 * 86_400),
        ("Monday, 14-Nov-74 22:13:20 GMT", None),
        ("Mon, 13 Nov 2023 22:14:20 GMT", None),
        ("Tue, 14 Nov 2023 22:13:20 GMT", None),
        ("Tue, 31 Feb 2024 22:14:20 GMT", None),
        ("Tue, 14 Foo 2024 22:14:20 GMT", None),
        ("Tue, 14 Nov 2024 25:14:20 GMT", None),
        ("Tue, 14 Nov 2024 22:14:20 CET", None),
        ("Tue, 14-Nov 2024 22:14:20 GMT", None),
        ("Tue, 14 Nov 0000 22:14:20 GMT", None),
        ("0", None),
        ("-0", None),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("Infinity", None),
        ("1e400", None),
        ("9" * 400, None),
        ("1_000", None),
        ("٤٢", None),
        ("0x10", None),
        ("3, 3", None),
        ("3 s", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(header, seconds):
    assert parse_retry_after(header, at(0)) == seconds


@given(st.text() | st.floats().map(str) | st.integers().map(str), st.floats(0, 4e9))
def test_retry_after_is_a_positive_number_or_nothing(header, wall):
    seconds = parse_retry_after(header, Now(0, wall))
    assert seconds is None or 0 < seconds < math.inf


@given(st.datetimes().filter(lambda moment: moment.year >= 1900), st.floats(0, 4e9))
def test_a_date_is_the_time_until_it(moment, wall):
    moment = moment.replace(microsecond=0)
    header = moment.strftime(f"%a, %d %b {moment.year:04d} %H:%M:%S GMT")
    since_epoch = (moment - moment.replace(1970, 1, 1, 0, 0, 0)).total_seconds()
    expected = since_epoch - wall
    assert parse_retry_after(header, Now(0, wall)) == (expected if expected > 0 else None)


def test_only_responses_ask():
    assert requested_wait(reply(503, "7"), at(0)) == 7
    assert requested_wait(CUT_OFF, at(0)) is None


@pytest.mark.parametrize(
    "status", [200, 301, 400, 401, 403, 404, 408, 409, 413, 500, 501, 505, 599]
)
def test_other_statuses_are_final(status):
    assert decided(reply(status, "1")) == GiveUp(f"a {status} is not retryable", 1)
    assert not is_retryable(reply(status))


def test_a_request_that_is_no_valid_http_stays_that():
    invalid = TransportFailure("illegal target", kind="protocol", sent=False)
    assert decided(invalid) == GiveUp("illegal target is not retryable")


def test_off_by_default():
    assert not RETRIES_OFF.enabled
    assert decided(reply(429, "1"), RETRIES_OFF) == GiveUp("retries are disabled", 1)


@pytest.mark.parametrize("asked", ["180.5", "3600", "1e300"])
@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_asks_for_too_much_is_not_waited_for(status, asked):
    decision = decided(reply(status, asked), RetryConfiguration(max_retry_time_sec=1e301))
    assert isinstance(decision, GiveUp)
    assert decision.retry_after == float(asked)
    assert "more than the maximum of 180 s" in decision.why


def test_a_wait_that_would_pass_the_budget_is_not_begun():
    policy = RetryConfiguration(max_retry_time_sec=10)
    assert decided(reply(429, "42"), policy) == GiveUp(
        "the server asks for 42 s, the budget is 10 s", 42
    )
    assert decided(reply(429, "4"), policy, elapsed=7.5) == GiveUp(
        "the server asks for 4 s, the budget is 10 s, of which 2.5 s are left", 4
    )
    assert decided(reply(502), policy, elapsed=12) == GiveUp(
        "the wait is 3 s, the budget is 10 s, of which 0 s are left"
    )
    assert explain_overrun(7_200, policy=RETRIES_OFF, deadline=7_200, elapsed=10.4) == (
        "the deadline is 7200 s, of which 7190 s are left"
    )
    assert decided(reply(429, "10"), policy) == Repeat(10, "HTTP 429, Retry-After 10 s")


def test_a_wait_that_would_reach_the_deadline_is_not_begun():
    assert decided(reply(429, "5"), deadline=5.0) == GiveUp(
        "the server asks for 5 s, the deadline is 5 s", 5
    )
    assert decided(reply(429, "4"), deadline=5.0) == Repeat(4, "HTTP 429, Retry-After 4 s")


def test_overrun_names_what_comes_first():
    on, off = RetryConfiguration(max_retry_time_sec=10), RETRIES_OFF
    assert explain_overrun(11, policy=off, deadline=None, elapsed=0) is None
    assert explain_overrun(11, policy=on, deadline=None, elapsed=0) == "the budget is 10 s"
    assert explain_overrun(11, policy=on, deadline=60, elapsed=0) == "the budget is 10 s"
    assert explain_overrun(11, policy=off, deadline=11, elapsed=0) == "the deadline is 11 s"
    assert explain_overrun(10, policy=on, deadline=60, elapsed=0) is None


@pytest.mark.parametrize("outcome", AMBIGUOUS)
def test_what_may_have_happened_is_not_done_twice(outcome):
    refused = decided(outcome, repeatable=False)
    assert refused == GiveUp("the request may have taken effect, and repeating it is not safe")
    assert isinstance(decided(outcome), Repeat)
    allowed = RetryConfiguration(max_retry_time_sec=600, repeat_unsafe=True)
    assert isinstance(decided(outcome, allowed, repeatable=False), Repeat)


@pytest.mark.parametrize("outcome", [UNSENT, reply(429), reply(429, "1"), reply(503, "1")])
def test_what_certainly_did_not_happen_may_be_sent_again(outcome):
    assert certainly_not_done(outcome, requested_wait(outcome, at(0)))
    assert isinstance(decided(outcome, repeatable=False), Repeat)


@pytest.mark.parametrize("asked", ["0", "-3", "soon", "nan"])
def test_a_503_whose_retry_after_says_nothing_may_have_happened(asked):
    assert isinstance(decided(reply(503, asked), repeatable=False), GiveUp)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"retry_max": 5},
        {"retry_wait_min": 1},
        {"retry_wait_max": 10},
        {"retry_after_default": 1},
        {"backoff_interval": 60},
        {"repeat_unsafe": True},
    ],
)
def test_whoever_asks_for_retries_gets_them_within_a_default_budget(said):
    policy = RetryConfiguration(**said)
    assert policy.enabled
    assert policy.max_retry_time_sec == DEFAULT_BUDGET == 120
    assert isinstance(decided(reply(429, "60"), policy), Repeat)


@pytest.mark.parametrize("off", [{"max_retry_time_sec": 0}, {"retry_max": 0}])
def test_retries_are_off_where_a_zero_says_so(off):
    policy = RetryConfiguration(**off)
    assert not policy.enabled
    assert decided(reply(429, "1"), policy) == GiveUp("retries are disabled", 1)


def test_a_shortest_wait_that_no_budget_allows_is_a_contradiction():
    with pytest.raises(InvalidValueError, match=r"retry_wait_min=20.*max_retry_time_sec=10"):
        RetryConfiguration(max_retry_time_sec=10, retry_wait_min=20)
    with pytest.raises(InvalidValueError, match=r"retry_wait_min=121.*max_retry_time_sec=120"):
        RetryConfiguration(retry_wait_min=121)
    assert RetryConfiguration(max_retry_time_sec=10, retry_wait_min=10).enabled
    assert not RetryConfiguration(max_retry_time_sec=0, retry_wait_min=20).enabled


def test_the_ladder_begins_after_five_repeats_and_grows_with_time():
    five = [502] * 5
    assert decided(reply(502, "7"), before=five[:4]).seconds == 7
    assert decided(reply(502, "7"), before=five).seconds == 3
    assert decided(CUT_OFF, before=five, elapsed=299).seconds == 3
    assert decided(CUT_OFF, before=five, elapsed=300).seconds == 9
    policy = RetryConfiguration(max_retry_time_sec=9999, backoff_interval=100, retry_max=50)
    assert [
        decided(reply(504), policy, before=five, elapsed=elapsed).seconds
        for elapsed in (0, 100, 200, 300, 5000)
    ] == [3, 9, 27, 27, 27]
    at_once = RetryConfiguration(max_retry_time_sec=9999, backoff_interval=0, retry_max=50)
    assert decided(reply(504), at_once, before=five).seconds == 27


def test_only_what_stumbled_counts_towards_the_ladder():
    assert decided(reply(502), before=[429] * 20).seconds == 3
    assert decided(reply(502, "7"), before=[429] * 20 + [401]).seconds == 7
    assert decided(reply(429, "7"), before=[502] * 20).seconds == 7


def test_a_replaced_token_is_no_repeat():
    policy = RetryConfiguration(max_retry_time_sec=600, retry_max=1)
    assert isinstance(decided(reply(429, "1"), policy, before=[401]), Repeat)
    assert isinstance(decided(reply(429, "1"), policy, before=[401, 429]), GiveUp)


def test_the_callers_bounds_of_a_wait():
    policy = RetryConfiguration(max_retry_time_sec=600, retry_wait_min=5, retry_wait_max=8)
    assert decided(reply(429, "1"), policy).seconds == 5
    assert decided(reply(429, "60"), policy).seconds == 60
    assert decided(reply(502), policy).seconds == 5
    long = RetryConfiguration(max_retry_time_sec=600, retry_wait_max=8, retry_after_default=30)
    assert decided(reply(502), long).seconds == 8
    longer = RetryConfiguration(max_retry_time_sec=600, retry_wait_min=500)
    assert decided(reply(502), longer).seconds == MAX_RETRY_AFTER


def test_chance_only_adds_and_never_passes_a_bound():
    assert decided(reply(429, "10"), draw=0.5).seconds == pytest.approx(10.5)
    assert decided(reply(429, "180"), draw=0.9).seconds == 180
    budget = RetryConfiguration(max_retry_time_sec=10)
    assert decided(reply(429, "10"), budget, draw=0.9).seconds == 10
    assert decided(reply(429, "4.9"), deadline=5.0, draw=0.9).seconds == 4.9
    longest = RetryConfiguration(retry_wait_max=3.1)
    assert decided(reply(502), longest, draw=0.1).seconds == pytest.approx(3.03)
    assert decided(reply(502), longest, draw=0.9).seconds == 3.1
    assert decided(reply(502), RetryConfiguration(retry_wait_max=3), draw=0.9).seconds == 3
    assert decided(reply(502, "10"), longest, draw=0.5).seconds == pytest.approx(10.5)


@pytest.mark.parametrize("name", RetryConfiguration.__struct_fields__[:-1])
@pytest.mark.parametrize("value", [-1, -0.001, math.inf, math.nan])
def test_numbers_that_cannot_be_are_refused(name, value):
    is_fraction = name == "retry_max" and isinstance(value, float)
    error = TypeError if is_fraction else InvalidValueError
    rule = f"{name} must be a whole number" if is_fraction else f"{name}=.*0 or more"
    with pytest.raises(error, match=rule):
        RetryConfiguration(**{name: value})


def test_a_minimum_above_its_maximum_is_refused():
    with pytest.raises(
        InvalidValueError, match=r"retry_wait_min=9: must not exceed retry_wait_max=8"
    ):
        RetryConfiguration(retry_wait_min=9, retry_wait_max=8)


def test_a_repeat_is_bounded_and_safe():
    fuzz_retry_after.check_decision()


# Where one condition alone decides


def test_the_default_number_of_retries_is_that_of_the_official_sdks():
    assert RetryConfiguration().retry_max == 5


def test_a_minimum_may_equal_its_maximum():
    assert RetryConfiguration(retry_wait_min=8, retry_wait_max=8).retry_wait_min == 8


def test_a_budget_below_a_second_is_a_budget():
    assert RetryConfiguration(max_retry_time_sec=0.5).enabled


def test_a_year_of_two_digits_is_at_most_fifty_years_ahead():
    """RFC 9110, section 5.6.7: "more than 50 years in the future"."""
    now = Now(0, 1_792_000_000)  # in 2026
    ahead = parse_retry_after("Friday, 06-Nov-76 08:49:37 GMT", now)
    assert ahead is not None
    assert 50 * 365 < ahead / 86_400 < 51 * 366
    assert parse_retry_after("Saturday, 06-Nov-77 08:49:37 GMT", now) is None


def test_only_a_503_is_rejected_by_saying_when_to_come_again():
    assert not certainly_not_done(reply(502, "1"), 1.0)


def test_a_deadline_counts_from_the_start_of_the_call():
    assert explain_overrun(5, policy=RETRIES_OFF, deadline=10, elapsed=6) is not None
    assert explain_overrun(3, policy=RETRIES_OFF, deadline=10, elapsed=6) is None


def test_a_wait_may_pass_the_budget_by_the_grain_of_the_clock():
    policy = RetryConfiguration(max_retry_time_sec=1)
    assert explain_overrun(1 + GRAIN, policy=policy, deadline=None, elapsed=0) is None
    assert explain_overrun(1 + 2 * GRAIN, policy=policy, deadline=None, elapsed=0) is not None


@pytest.mark.parametrize(
    ("elapsed", "said"), [(0.0009, False), (0.001, True), (0.5, True), (0.0, False)]
)
def test_what_is_left_is_said_where_it_is_less_than_the_limit(elapsed, said):
    words = explain_overrun(20, policy=RETRIES_OFF, deadline=10, elapsed=elapsed)
    assert ("of which" in words) is said


def test_a_connection_that_broke_by_a_protocol_error_after_sending_is_retryable():
    assert is_retryable(TransportFailure("broken", kind="protocol", sent=True))


def test_a_replaced_token_does_not_count_towards_the_ladder():
    assert decided(reply(502), before=[502] * 4 + [401], elapsed=400).seconds == 3
    assert decided(reply(502), before=[502] * 5, elapsed=400).seconds == 9


def test_a_repeat_says_what_it_repeats():
    assert decided(UNSENT).why == UNSENT.message

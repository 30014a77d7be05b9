"""Filters of analytics queries."""

import pytest

from genesys_core.simulator.conversations.predicates import (
    FilterSubject,
    match_all_filters,
    match_filter,
)
from genesys_core.simulator.http.problems import Problem

SUBJECT = FilterSubject({"mediaType": "voice", "queueId": None}, {"tTalk": [10, 20], "tHeld": []})
VOICE = {"dimension": "mediaType", "value": "voice"}
EMAIL = {"dimension": "mediaType", "value": "email"}


def matches(*predicates, **more):
    known = {"type": "and", "predicates": list(predicates), **more}
    return match_filter(known, SUBJECT)


def test_dimensions_are_compared_with_a_value():
    assert matches(VOICE)
    assert matches({"dimension": "mediaType", "value": "VOICE", "operator": "matches"})
    assert matches({"dimension": "mediaType"})
    assert not matches(EMAIL)
    assert not matches({"dimension": "queueId", "value": "None"})
    assert not matches({"dimension": "unknown", "value": "x"})


def test_what_exists():
    assert matches({"dimension": "mediaType", "operator": "exists"})
    assert matches({"dimension": "queueId", "operator": "notExists"})
    assert not matches({"dimension": "unknown", "operator": "exists"})
    assert matches({"metric": "tTalk", "operator": "exists"})
    assert matches({"metric": "tHeld", "operator": "notExists"})
    assert matches({"metric": "tAcw", "operator": "notExists"})


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"gt": 19}, True),
        ({"gt": 20}, False),
        ({"gte": 20}, True),
        ({"lt": 10}, False),
        ({"lte": 10}, True),
        ({"gte": 11, "lt": 20}, False),
        ({"gt": None, "other": 5}, True),
    ],
)
def test_metrics_are_compared_with_a_range(limits, expected):
    assert matches({"metric": "tTalk", "range": limits}) is expected


def test_metrics_are_compared_with_a_value():
    assert matches({"metric": "tTalk", "value": "10"})
    assert not matches({"metric": "tTalk", "value": "15"})
    assert matches({"metric": "tTalk"})


def test_and_or_and_clauses():
    assert not matches(VOICE, EMAIL)
    assert match_filter({"type": "or", "predicates": [VOICE, EMAIL]}, SUBJECT)
    assert matches(clauses=[{"type": "or", "predicates": [EMAIL, VOICE]}])
    assert not matches(VOICE, clauses=[{"type": "and", "predicates": [EMAIL]}])


def test_nothing_asked_is_nothing_refused():
    assert matches()
    assert match_filter({"type": "or"}, SUBJECT)
    assert match_all_filters(None, SUBJECT)
    assert match_all_filters([None, {"predicates": [VOICE]}], SUBJECT)
    assert not match_all_filters([{"predicates": [VOICE]}, {"predicates": [EMAIL]}], SUBJECT)


def test_an_operator_that_does_not_exist():
    with pytest.raises(Problem, match="nearly"):
        matches({**VOICE, "operator": "nearly"})

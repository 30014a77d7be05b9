"""Paths become noun phrases."""

from __future__ import annotations

import pytest

from genesys_core.definition.words.phrases import (
    PathStep,
    describe_item,
    describe_owner,
    describe_things,
    is_several,
    name_item,
    name_things,
    pattern_of,
    split_path,
    without_tail,
)


def test_a_path_is_split_at_its_parameters() -> None:
    assert split_path("/api/v2/routing/queues/{queueId}/members") == (
        PathStep(("routing", "queues"), "queueId"),
        PathStep(("members",)),
    )
    assert split_path("/api/v2/users/me") == (PathStep(("users",), "me"),)
    assert split_path("/api/v2/scim/v2/Users/{}") == (PathStep(("scim", "users"), "id"),)
    assert split_path("/a//b/") == (PathStep(("a", "b")),)


@pytest.mark.parametrize("path", ["", "/", "/api/v2/", "/v2", "/api/v2/v2"])
def test_a_path_without_words_is_the_root(path: str) -> None:
    assert split_path(path) == (PathStep(("root",)),)


def test_a_pattern_names_parameters_by_a_star() -> None:
    assert pattern_of(split_path("/api/v2/users/{a}/queues/{b}")) == "users/*/queues"
    assert pattern_of(split_path("/api/v2/users/me/queues")) == "users/me/queues"


def test_the_last_segment_is_left_out() -> None:
    steps = split_path("/api/v2/users/{a}/queues/search")
    assert without_tail(steps) == split_path("/api/v2/users/{a}/queues")
    assert without_tail(without_tail(steps)) == split_path("/api/v2/users/{a}")
    assert without_tail(split_path("/api/v2/users")) == ()


@pytest.mark.parametrize(
    ("path", "things", "item"),
    [
        ("/api/v2/routing/queues/{queueId}", "queues", "queue"),
        ("/api/v2/telephony/providers/edges/trunks/{id}", "trunks", "trunk"),
        ("/api/v2/analytics/users/aggregates/jobs", "user aggregates jobs", "user aggregates job"),
        ("/api/v2/routing/queues/{a}/{b}", "b", "b"),
        ("/api/v2/quality/forms/surveys", "survey forms", "survey form"),
        ("/api/v2/outbound/attemptlimits/{a}", "attempt limits", "set of attempt limits"),
        ("/api/v2/outbound/settings", "outbound settings", "outbound setting"),
        ("/api/v2/flows/divisionviews/{a}", "flows", "flow"),
    ],
)
def test_a_thing_has_the_name_of_its_segments(path: str, things: str, item: str) -> None:
    assert name_things(split_path(path)) == things
    assert name_item(split_path(path)) == item


@pytest.mark.parametrize(
    ("path", "depth", "words"),
    [
        ("/api/v2/routing/queues/{a}/members/{b}", 2, "a member of a queue"),
        ("/api/v2/routing/queues/{a}/members/{b}", 0, "a member"),
        ("/api/v2/users/me", 2, "the current user"),
        ("/api/v2/users/{a}/presences/me", 2, "the presences of the current user"),
        (
            "/api/v2/conversations/calls/{a}/participants/{b}/communications/{c}",
            2,
            "a communication of a call",
        ),
        ("/api/v2/a/{a}/topics/{b}/phrases/{c}", 2, "a phrase of a topic of an a"),
        ("/api/v2/a/{a}/topics/{b}/phrases/{c}", 1, "a phrase of a topic"),
        (
            "/api/v2/workforcemanagement/businessunits/{a}/weeks/{b}/schedules/{c}",
            2,
            "a schedule of a business unit",
        ),
    ],
)
def test_an_item_is_described_with_its_owner(path: str, depth: int, words: str) -> None:
    assert describe_item(split_path(path), depth) == words


def test_things_are_described_with_their_owner() -> None:
    steps = split_path("/api/v2/routing/queues/{a}/members")
    assert describe_things(steps) == "the members of a queue"
    assert describe_things(steps, 0, "") == "members"
    assert is_several(steps)
    assert not is_several(split_path("/api/v2/routing/queues/{a}"))
    assert not is_several(split_path("/api/v2/date"))
    assert describe_owner(split_path("/api/v2/users")) == ""
    assert describe_owner(split_path("/api/v2/businessunits/weeks/{a}/schedules"), 2) == ""

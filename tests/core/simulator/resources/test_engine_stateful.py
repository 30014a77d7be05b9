"""Every collection with a rule, against a dictionary: what was written is what is read."""

import re

import pytest

from tests.helpers.collection_life import CREATABLE, STARTED, WRITTEN, run, run_job
from tests.helpers.resource_walk import RULES, hand_written
from tests.helpers.state_witness import sees
from tests.helpers.stateful_operations import (
    PAGE,
    STATEFUL,
    seen_by_hand,
    seen_by_rule,
    seen_by_what_the_path_names,
)
from tests.strategies.simulator import definition


@pytest.mark.parametrize("collection", (CREATABLE + WRITTEN)[::12], ids=lambda each: each.template)
def test_a_sample_of_the_collections_is_like_a_dictionary(collection):
    assert run(collection, 3)


@pytest.mark.parametrize("collection", STARTED[::12], ids=lambda each: each.template)
def test_a_sample_of_the_jobs_ends(collection):
    assert run_job(collection)


SAMPLE = [each for each in STATEFUL if RULES.find(each).letter not in "ABH"][::30]


@pytest.mark.parametrize("route", SAMPLE, ids=lambda each: f"{each.method} {each.template}")
def test_a_sample_of_the_operations_is_seen_to_have_state(route):
    assert sees(route)


@pytest.mark.slow
def test_the_operations_with_a_rule_or_a_handler_have_state():
    """Every operation whose effect, or whose reply after an earlier write, was seen."""
    rule, hand, named = seen_by_rule(), seen_by_hand(), seen_by_what_the_path_names()
    assert {(each.method, each.template) for each in STATEFUL} <= rule
    assert len(rule) >= 1960
    assert len(rule | hand) >= 2200
    assert len(rule | hand | named) >= 2600
    # What was not seen is in the documentation, by name, and the documentation promises no more.
    page = PAGE.read_text()
    listed = set(re.findall(r"`([A-Z]+ /\S+)`", page))
    examples = set(re.findall(r"`([A-Z]+ /\S+)`", page.rpartition("## Examples\n")[2]))
    every = {(each.method, each.template) for each in definition().routes}
    for names, seen in ((listed, rule | hand), (examples, rule | hand | named)):
        assert {f"{method} {template[7:]}" for method, template in every - seen} <= names
    counts = re.findall(r"\| ([\d,]+) \|", page)
    promised = [int(each.replace(",", "")) for each in counts]
    assert promised[0] == len(every)
    assert promised[1] <= len(rule)
    assert promised[1] + promised[2] <= len(rule | hand)
    assert sum(promised[1:4]) <= len(rule | hand | named)


def test_users_and_queues_have_handlers_of_their_own():
    assert hand_written("/api/v2/users")
    assert {each.template for each in CREATABLE}.isdisjoint({"/api/v2/users"})

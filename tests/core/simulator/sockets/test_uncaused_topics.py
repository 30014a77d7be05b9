"""Every topic has a cause or a reason, and a body for it can be made."""

from collections import Counter
from pathlib import Path

import pytest

from genesys_core.notifications.topics import NOTIFICATION_TOPICS, topic_model_name
from genesys_core.simulator import Simulator
from genesys_core.simulator.sockets.uncaused_topics import UNCAUSED_TOPICS
from genesys_core.simulator.state.definition import Schema
from tests.strategies.simulator import definition, misfits

PAGE = Path(__file__).parents[4] / "docs" / "simulator-notifications.md"
COVERAGE = Simulator(definition()).topic_coverage()


def test_no_topic_is_left_unexplained():
    silent = {topic for topic, source in COVERAGE.items() if source.startswith("none")}
    assert set(COVERAGE) == set(NOTIFICATION_TOPICS)
    assert silent == set(UNCAUSED_TOPICS)
    assert all(COVERAGE[topic] == f"none: {reason}" for topic, reason in UNCAUSED_TOPICS.items())


@pytest.mark.parametrize("topic", sorted(UNCAUSED_TOPICS))
def test_an_event_without_a_cause_can_be_made(topic):
    body = Simulator(definition()).make_event(topic)
    model = Schema(ref=f"#/definitions/{topic_model_name(topic)}")
    assert misfits(definition(), model, body) == []
    assert body


def test_the_page_counts_the_topics_as_they_are():
    kinds = Counter(
        "none" if each.startswith("none") else "after" if " /api" in each else each == "handler"
        for each in COVERAGE.values()
    )
    counted = (
        f"Of the {len(COVERAGE)} topics, {kinds[False]} are published by rule, {kinds['after']} after "
        f"operations and {kinds[True]} by handlers; no operation publishes events for the other "
        f"{kinds['none']}"
    )
    assert counted in " ".join(PAGE.read_text().split())

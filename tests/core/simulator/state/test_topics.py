"""Which topics may be subscribed to."""

import pytest

from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.topics import judge_topic


def names(state, asked):
    topic = judge_topic(state, asked).topic
    return None if topic is None else topic.names


def test_a_topic_of_the_platform_in_any_case():
    assert names(PlatformState(), "v2.users.U-1.Presence") == ("v2.users.u-1.presence",)
    assert (
        judge_topic(PlatformState(), "v2.users.U-1.Presence").topic.written
        == "v2.users.U-1.Presence"
    )


def test_a_combined_topic_stands_for_its_parts():
    asked = "v2.users.u-1?presence&routingStatus"
    assert names(PlatformState(), asked) == ("v2.users.u-1.presence", "v2.users.u-1.routingstatus")


def test_a_combined_topic_is_permitted_if_a_part_is():
    assert names(PlatformState(), "v2.users.u-1?nonsense&presence") == ("v2.users.u-1.presence",)
    assert names(PlatformState(), "v2.users.u-1?nonsense&neither") is None


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "v2.things.1.happened",
        "v2.users..presence",
        "channel.metadata",
        "v2.system.socket_closing",
        "v2.System.token_revoked.1",
        "v2.users.u-1?",
    ],
)
def test_what_there_is_not_or_comes_by_itself_is_rejected(topic):
    verdict = judge_topic(PlatformState(), topic)
    assert verdict.topic is None
    assert verdict.reason == f"The topic {topic} does not exist."
    assert verdict.missing == ()


def test_a_topic_has_at_most_200_characters():
    room = 200 - len("v2.users..presence")
    assert names(PlatformState(), f"v2.users.{'u' * room}.presence") is not None
    verdict = judge_topic(PlatformState(), f"v2.users.{'u' * (room + 1)}.presence")
    assert verdict.topic is None
    assert "200" in verdict.reason


def test_topics_of_a_tests_own():
    state = PlatformState(extra_topics={"v2.Things.{id}.happened"})
    assert names(state, "v2.things.1.happened") == ("v2.things.1.happened",)
    assert names(state, "v2.things..happened") is None
    assert names(state, "v2.things.1.2.happened") is None


def test_missing_permissions_are_named():
    state = PlatformState(
        forbidden_topics={
            "v2.users.{id}.presence": ("presence:view",),
            "v2.users.u-2.station": ("station:view", "telephony:view"),
        }
    )
    verdict = judge_topic(state, "v2.users.u-1.presence")
    assert (verdict.topic, verdict.missing) == (None, ("presence:view",))
    assert judge_topic(state, "v2.users.u-2?presence&station").missing == (
        "presence:view",
        "station:view",
        "telephony:view",
    )
    assert names(state, "v2.users.u-1?presence&station") == ("v2.users.u-1.station",)

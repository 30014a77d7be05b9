"""What a queue decides about its conversations."""

import pytest

from genesys_core.simulator import PlatformState
from genesys_core.simulator.conversations.queue_settings import (
    acw_timeout,
    alerting_seconds,
    wrap_up_prompt,
)


def state(**queue):
    return PlatformState(queues={"q": {"id": "q", **queue}})


def test_a_queue_that_does_not_say_has_the_defaults():
    for known, queue in ((state(), "q"), (state(), "gone"), (state(), None)):
        assert alerting_seconds(known, queue, "voice") == 8.0
        assert wrap_up_prompt(known, queue) == "optional"
        assert acw_timeout(known, queue) is None


def test_alerting_times_are_those_of_the_media_type():
    known = state(mediaSettings={"call": {"alertingTimeoutSeconds": 12}, "email": None})
    assert alerting_seconds(known, "q", "voice") == 12.0
    assert alerting_seconds(known, "q", "email") == 300.0
    assert (
        alerting_seconds(state(mediaSettings={"call": {"alertingTimeoutSeconds": 0}}), "q", "voice")
        == 8.0
    )


@pytest.mark.parametrize(
    ("written", "prompt", "timeout"),
    [
        ("MANDATORY", "mandatory", None),
        ("MANDATORY_TIMEOUT", "timeout", 5000),
        ("MANDATORY_FORCED_TIMEOUT", "forcedTimeout", 5000),
        ("AGENT_REQUESTED", "agentRequested", None),
    ],
)
def test_after_call_work(written, prompt, timeout):
    known = state(acwSettings={"wrapupPrompt": written, "timeoutMs": 5000})
    assert (wrap_up_prompt(known, "q"), acw_timeout(known, "q")) == (prompt, timeout)

"""The map of notification topics is complete and lazy."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from genesys_cloud.definition import load_topics
from genesys_core import models
from genesys_core.codec.model import Model
from genesys_core.definition.read.topics import read_topics
from genesys_core.notifications.topics import NOTIFICATION_TOPICS, topic_model_name


def test_every_topic_of_the_platform_has_its_model() -> None:
    found, findings = read_topics(load_topics())
    assert findings == []
    listed = {one.topic: one.model for one in found.topics}
    assert len(NOTIFICATION_TOPICS) == len(listed) == 242
    assert {topic: model.__name__ for topic, model in NOTIFICATION_TOPICS.items()} == listed
    assert all(issubclass(model, Model) for model in NOTIFICATION_TOPICS.values())
    assert len(set(NOTIFICATION_TOPICS.values())) == 239


def test_it_is_a_mapping() -> None:
    presence = "v2.users.{id}.presence"
    assert NOTIFICATION_TOPICS[presence] is models.PresenceEventUserPresence
    assert presence in NOTIFICATION_TOPICS
    assert "v2.users.{id}" not in NOTIFICATION_TOPICS
    assert 3 not in NOTIFICATION_TOPICS  # type: ignore[comparison-overlap]  # no error either
    assert NOTIFICATION_TOPICS.get("v2.nothing") is None
    with pytest.raises(KeyError, match=r"v2\.nothing"):
        NOTIFICATION_TOPICS["v2.nothing"]
    with pytest.raises(TypeError):
        NOTIFICATION_TOPICS["v2.nothing"] = models.UserMe  # type: ignore[index]
    assert repr(NOTIFICATION_TOPICS) == "NOTIFICATION_TOPICS(242 topics)"


LAZY = """
import json, sys
from genesys_core.notifications.topics import NOTIFICATION_TOPICS, topic_model_name
def shards():
    return sum(name.startswith("genesys_core.models._") for name in sys.modules)
counts = [shards()]
assert "v2.users.{id}.presence" in NOTIFICATION_TOPICS
assert len(list(NOTIFICATION_TOPICS)) == 242
counts.append(shards())
NOTIFICATION_TOPICS["v2.users.{id}.presence"]
counts.append(shards())
print(json.dumps(counts))
"""


def test_only_looking_a_topic_up_imports_its_model() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LAZY], capture_output=True, text=True, check=True, timeout=60
    )
    before, after_listing, after_lookup = json.loads(done.stdout)
    assert before == after_listing == 0
    assert after_lookup >= 1


def test_the_name_of_a_topics_model_is_known_without_importing_it() -> None:
    assert topic_model_name("v2.users.{id}.presence") == "PresenceEventUserPresence"
    with pytest.raises(KeyError):
        topic_model_name("v2.nothing")

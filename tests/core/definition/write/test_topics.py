"""The map of topics to models."""

from __future__ import annotations

from typing import Any

from genesys_core.definition.write.layout import package_layout
from genesys_core.definition.write.topics import topics_source
from tests.helpers.generated import DEFINITION, FILES
from tests.strategies.definition import CORE


def test_the_topic_map_is_sorted_and_quoted() -> None:
    namespace: dict[str, Any] = {}
    exec(FILES[f"{CORE}notifications/_topic_models.py"], namespace)
    assert namespace["TOPIC_MODELS"] == {'v2."odd"\\': "Event", "v2.names.{id}": "Event"}


def test_the_topics_of_an_own_package_are_a_table_of_its_models() -> None:
    text = topics_source(DEFINITION, package_layout("acme"))
    assert "from genesys_core.notifications.topic_table import TopicTable\n" in text
    assert '\nNOTIFICATION_TOPICS = TopicTable(TOPIC_MODELS, "acme")\n' in text

"""The map of topics to models."""

from __future__ import annotations

from typing import Any

from tests.helpers.generated import FILES
from tests.strategies.definition import CORE


def test_the_topic_map_is_sorted_and_quoted() -> None:
    namespace: dict[str, Any] = {}
    exec(FILES[f"{CORE}notifications/_topic_models.py"], namespace)
    assert namespace["TOPIC_MODELS"] == {'v2."odd"\\': "Event", "v2.names.{id}": "Event"}

"""Source code of the topic map.

Invariants: a template maps to a model's name, not to the model, so importing the map imports no
model.
"""

from genesys_core.definition.read.definition import ApiDefinition
from genesys_core.definition.write.source_text import quote_string, write_banner

__all__ = ["topics_source"]


def topics_source(definition: ApiDefinition) -> str:
    """Write ``notifications/_topic_models.py``."""
    lines = [
        '"""Notification topics and the models of their events, by name."""',
        "",
        "TOPIC_MODELS: dict[str, str] = {",
        *(
            f"    {quote_string(topic)}: {quote_string(model)},"
            for topic, model in definition.topics
        ),
        "}",
        "",
    ]
    return write_banner(definition.version) + "\n".join(lines)

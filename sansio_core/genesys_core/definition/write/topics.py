"""The topic map as source.

Law: a template stands for a model's name, never for the model, so that importing the map imports
no model.
"""

from genesys_core.definition.read.definition import Definition
from genesys_core.definition.write.source_text import banner, quoted

__all__ = ["topics_source"]


def topics_source(definition: Definition) -> str:
    """``notifications/_topic_models.py``."""
    lines = [
        '"""Notification topics and the models of their events, by name."""',
        "",
        "TOPIC_MODELS: dict[str, str] = {",
        *(f"    {quoted(topic)}: {quoted(model)}," for topic, model in definition.topics),
        "}",
        "",
    ]
    return banner(definition.version) + "\n".join(lines)

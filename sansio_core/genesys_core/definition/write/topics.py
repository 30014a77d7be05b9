"""Writes the map from notification topics to models.

Invariants: a topic template maps to the name of the model of its events, not to the class, so that
importing the map imports no model.
"""

from genesys_core.definition.read.definition import ApiDefinition
from genesys_core.definition.write.layout import BUILT_IN, Layout
from genesys_core.definition.write.source_text import quote_string, write_banner

__all__ = ["topics_source"]


def topics_source(definition: ApiDefinition, layout: Layout = BUILT_IN) -> str:
    """Return the source of the module that maps topics to the names of models.

    The module is ``notifications/_topic_models.py`` in this library, ``topics.py`` in a user's package.
    """
    own = layout is not BUILT_IN
    lines = [
        '"""Notification topics and the models of their events, by name."""',
        "",
        *(["from genesys_core.notifications.topic_table import TopicTable", ""] if own else []),
        "TOPIC_MODELS: dict[str, str] = {",
        *(
            f"    {quote_string(topic)}: {quote_string(model)},"
            for topic, model in definition.topics
        ),
        "}",
        *(_table(layout) if own else []),
        "",
    ]
    return write_banner(definition.version) + "\n".join(lines)


def _table(layout: Layout) -> list[str]:
    return [
        "",
        f"NOTIFICATION_TOPICS = TopicTable(TOPIC_MODELS, {quote_string(layout.package)})",
        '"""All topic templates and the models of their events, each imported on first use."""',
    ]

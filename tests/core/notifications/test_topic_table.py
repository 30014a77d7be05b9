"""Topics, their templates and their models."""

from __future__ import annotations

import pytest

from genesys_core.errors import InvalidValueError
from genesys_core.models import Queue, UserMe
from genesys_core.notifications.topic_table import TopicTable

TABLE = TopicTable(
    {"v2.users.{id}": "UserMe", "v2.users.all": "Queue", "v2.{id}.all": "Queue", "v2.Odd": "Nobody"}
)


def test_a_template_has_its_model() -> None:
    assert TABLE["v2.users.{id}"] is UserMe
    assert TABLE["v2.users.all"] is Queue
    assert (len(TABLE), next(iter(TABLE))) == (4, "v2.users.{id}")
    assert "v2.Odd" in TABLE
    assert "v2.users" not in TABLE
    assert repr(TABLE) == "NOTIFICATION_TOPICS(4 topics)"
    with pytest.raises(KeyError):
        TABLE["v2.users"]


@pytest.mark.parametrize(
    ("topic", "template"),
    [
        ("v2.users.1", "v2.users.{id}"),
        ("V2.Users.ALL", "v2.users.all"),
        ("v2.queues.all", "v2.{id}.all"),
        ("v2.odd", "v2.Odd"),
        ("v2.users.", None),
        ("v2.users", None),
        ("", None),
    ],
)
def test_the_template_of_a_topic(topic: str, template: str | None) -> None:
    assert TABLE.template_of(topic) == template


def test_a_model_or_package_that_does_not_exist() -> None:
    with pytest.raises(InvalidValueError, match="Nobody"):
        TABLE["v2.Odd"]
    with pytest.raises(InvalidValueError, match="package='no_such_package': has no models"):
        TopicTable({"v2.x": "X"}, "no_such_package")["v2.x"]

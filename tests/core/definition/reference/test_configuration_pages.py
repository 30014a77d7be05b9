"""The page of the configuration keys."""

from __future__ import annotations

import re

import pytest

from genesys_core.configuration.environment import VARIABLES
from genesys_core.configuration.keys import KEYS
from genesys_core.definition.reference.configuration_pages import (
    OTHER_VARIABLES,
    configuration_text,
)


def section(anchor: str) -> str:
    return configuration_text().partition(f" {{ #{anchor} }}\n\n")[2].partition("\n#")[0]


def test_every_section_and_key_has_exactly_one_anchor() -> None:
    anchors = re.findall(r"^#+ .* \{ #(\S+) \}$", configuration_text(), re.MULTILINE)
    keys = [f"{section}.{key}" for section, keys in KEYS.items() for key in keys]
    assert sorted(anchors) == sorted([*KEYS, *keys, "environment-variables"])


@pytest.mark.parametrize(
    ("anchor", "facts"),
    [
        (
            "logging.log_level",
            [
                "The log level; trace is the most verbose.",
                "| value | `trace`, `debug`, `error`, `none` |",
                "| default | `none` |",
                "| in Python | `LoggingConfiguration(level=...)` |",
            ],
        ),
        ("logging.log_file_path", ["for example `/var/log/genesys.log` |", "| default | none |"]),
        (
            "retry.retry_wait_max",
            [
                "| default | `120`, if retries are enabled |",
                "| in Python | `RetryConfiguration(max_retry_time_sec=...)` |",
            ],
        ),
        ("retry.retry_wait_min", ["| default | none |"]),
        ("gateway.protocol", ["| default | `https` |", "| in Python | `Gateway(protocol=...)` |"]),
        ("gateway.port", ["| default | none |"]),
    ],
)
def test_a_key_has_its_meaning_rule_default_and_name_in_python(
    anchor: str, facts: list[str]
) -> None:
    for fact in facts:
        assert fact in section(anchor)


def test_every_key_says_what_it_is_for() -> None:
    for name, keys in KEYS.items():
        for key, rule in keys.items():
            assert rule.about.endswith("."), f"{name}.{key}"


def test_every_variable_has_a_meaning() -> None:
    shown = section("environment-variables")
    for name in (*VARIABLES.values(), *OTHER_VARIABLES):
        assert re.search(rf"^\| `{name}` \| \S.*\. \|$", shown, re.MULTILINE)

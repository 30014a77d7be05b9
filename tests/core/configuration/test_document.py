"""How a problem is worded."""

import time

import pytest

from genesys_core.configuration.document import (
    ConfigurationProblem,
    find_nearest,
    format_name,
    format_value,
)


def test_problems_are_in_the_order_of_lines():
    problems = [
        ConfigurationProblem(10, "b"),
        ConfigurationProblem(9, "c"),
        ConfigurationProblem(10, "a"),
    ]
    assert [problem.located("f") for problem in sorted(problems)] == [
        "f:9: c",
        "f:10: a",
        "f:10: b",
    ]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("log_level", "log_level"),
        ("$schema", "$schema"),
        ("", "''"),
        ("two words", "'two words'"),
        ("a\nb", "'a\\nb'"),
        ("x" * 200, f"'{'x' * 80}...'"),
    ],
)
def test_a_name_is_shown_on_one_line_and_short(name, shown):
    assert format_name(name) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("debug", "'debug'"),
        ("a\nb", "'a\\nb'"),
        ("x" * 80, f"'{'x' * 80}'"),
        ("x" * 81, f"'{'x' * 80}...'"),
        ("https://me:hunter2@host/x", "'https://[REDACTED]@host/x'"),
        ("me:hunter2@host", "'[REDACTED]@host'"),
        ("https://me:hunt/er2@host", "'https://[REDACTED]@host'"),
        ("https://me:a//b@c@host//x", "'https://[REDACTED]@host//x'"),
        ("me:a\n@host//x", "'[REDACTED]@host//x'"),
        ("https://host?access_token=hunter2", "'https://host?access_token=[REDACTED]'"),
    ],
)
def test_a_value_is_shown_on_one_line_short_and_without_secrets(value, shown):
    assert format_value(value) == shown


def test_a_long_value_takes_linear_time():
    began = time.process_time()
    assert format_value("a@" + "//" * 100_000).startswith("'[REDACTED]@////")
    assert time.process_time() - began < 2


def test_a_literal_is_shown_without_quotes():
    assert format_value("5", quoted=False) == "5"


def test_the_nearest_name_is_found_or_none():
    assert find_nearest("log_levl", ["log_format", "log_level"]) == "log_level"
    assert find_nearest("colour", ["log_format", "log_level"]) is None
    assert find_nearest("x" * 1_000_000, ["log_format"]) is None

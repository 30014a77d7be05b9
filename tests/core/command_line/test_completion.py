"""Candidates for shells."""

import pytest

from genesys_core.command_line.completion import (
    SHELL_SCRIPTS,
    Candidate,
    complete_operation,
    entity_kind,
    format_candidates,
    unquote_word,
)
from tests.helpers.command_line import described

OPERATIONS = described()
USERS = {"user": [Candidate("u-1", "Ann"), Candidate("u-2", "Bob")]}


def candidates(name, *words):
    found = complete_operation(OPERATIONS[name], words[:-1], words[-1], USERS)
    return [each.value for each in found]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--st"], ["--state"]),
        (["--cli"], ["--cli-limit"]),
        (["--state", ""], ["active", "inactive.dev"]),
        (["--state", "a"], ["active"]),
        (["--state=a"], ["--state=active"]),
        (["--nope=a"], []),
        (["--state", "=", "a"], ["active"]),
        (["--limit", "5", "--state", "=", "a"], ["active"]),
        (["--state", "active,i"], []),
        (["--columns", "x", "u-1", ""], []),
        (["--all", "u-1", ""], []),
        (["--state", "="], ["active", "inactive.dev"]),
        (["--expand", "team,p"], ["team,presence"]),
        (["--expand", "team,t"], []),
        (["-o", "js"], ["json", "jsonl"]),
        (["--limit", ""], []),
        (["--all", ""], ["u-1", "u-2"]),
        ([""], ["u-1", "u-2"]),
        (["u-2"], ["u-2"]),
        (["an"], ["u-1"]),
        (["zz"], []),
        (["u-1", ""], []),
        (["--user-id", ""], ["u-1", "u-2"]),
        (["--user-id=u-1", ""], []),
        (["--columns", "x", "-o", "json", "--unknown", ""], ["u-1", "u-2"]),
    ],
)
def test_candidates(words, expected):
    assert candidates("get_user", *words) == expected


def test_candidates_for_each_place_and_for_lists_of_ids():
    source = '''def find(user_id, queue_id, *, agent_id=None):
    """GET /users/{userId}/queues/{queueId} -> nothing.

    Args:
        agent_id: query, list of string.
    """
'''
    find = described(source)["find"]
    queues = {"queue": [Candidate("q-1", "Sales")], **USERS}
    assert complete_operation(find, ["u-1"], "", queues) == queues["queue"]
    assert complete_operation(find, ["--agent-id"], "u", queues) == USERS["user"]


def test_descriptions_of_options():
    found = complete_operation(OPERATIONS["get_user"], [], "--", {})
    helps = {each.value: each.help for each in found}
    assert helps["--user-id"] == "string, required"
    assert helps["--expand"] == "list of string"
    assert helps["--all"] == "Request all pages."
    assert "-o" not in helps


def test_kinds_of_entities():
    assert (entity_kind("user_id"), entity_kind("list_id")) == ("user", "")


def test_candidates_for_each_shell():
    found = [Candidate("a", "x `y`\n$z"), Candidate("b"), Candidate("c;`d`"), Candidate("e f")]
    assert format_candidates("bash", found) == "a\nb"
    risky = [Candidate(f"a{each}b") for each in ";()[]&|<>*?~#!{}\\'\""]
    assert format_candidates("bash", risky) == ""
    assert format_candidates("zsh", found) == format_candidates("fish", found) == "a\tx  y   z\nb"


def test_each_shell_has_a_script():
    assert set(SHELL_SCRIPTS) == {"bash", "zsh", "fish"}
    for shell, script in SHELL_SCRIPTS.items():
        assert f"_GENESYS_CLOUD_COMPLETE={shell}" in script


@pytest.mark.parametrize(
    ("word", "plain"),
    [
        ("Queue\\ 1", "Queue 1"),
        ("'Queue 1", "Queue 1"),
        ('"a\\"b" c', 'a"b c'),
        ("'a\\b'", "a\\b"),
        ('"it\'s"', "it's"),
        ("a\\", "a"),
        ("", ""),
    ],
)
def test_a_word_without_the_quotes_of_a_shell(word, plain):
    assert unquote_word(word) == plain

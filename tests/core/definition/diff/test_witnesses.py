"""A type checker judges what the rules say: each breaking change breaks a statement, no other does."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from genesys_cloud.definition import write_generated
from genesys_core.definition import build_sources, interpret_sources, package_layout
from genesys_core.definition.diff.rules import RULES, Weight
from tests.helpers.type_checkers import check_types
from tests.strategies.definition_changes import KINDS, OTHER_KINDS, TOPICS, base, sources
from tests.strategies.definition_witnesses import PROGRAM, UNSEEN, WITNESSES

PAGE = Path(__file__).parents[4] / "docs" / "definition-rules.md"
LINES = [line.strip() for line in PROGRAM.splitlines()]
ALL_KINDS = {**KINDS, **OTHER_KINDS}
ONLY_IN_ONE = {line for line in LINES if "  # of the definition" in line}
PREVIEW = "preview operation changed in any way"


def program(folder: Path, document: Any, topics: Any, name: str) -> Path:
    layout = package_layout(name)
    definition = interpret_sources(sources(document, topics)).definition
    write_generated(folder, build_sources(definition, layout), folders=layout.roots)
    file = folder / f"use_{name}.py"
    file.write_text(PROGRAM.replace("acme", name), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def errors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The statements that are an error only after each kind of change; and those before any."""
    folder = tmp_path_factory.mktemp("witnesses")
    files = [program(folder, base(), TOPICS, "before_all")]
    pairs = {"": ("", files[0].name)}
    for number, (name, kind) in enumerate(ALL_KINDS.items()):
        old, new = kind.documents()
        before = files[0]
        if kind.before is not None:
            before = program(folder, old, TOPICS, f"before_{number}")
            files.append(before)
        files.append(program(folder, new, kind.topics, f"after_{number}"))
        pairs[name] = (before.name, files[-1].name)
    found: dict[str, set[str]] = defaultdict(set)
    for one in check_types("mypy", files, folder):
        found[one.file].add(LINES[one.line - 1])
    return {name: found[after] - found[before] for name, (before, after) in pairs.items()}


@pytest.mark.slow
def test_the_program_is_valid_before(errors: dict[str, set[str]]) -> None:
    assert errors[""] == ONLY_IN_ONE


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL_KINDS)
def test_a_type_checker_agrees_with_the_rule(errors: dict[str, set[str]], name: str) -> None:
    rules = [RULES[rule] for rule in ALL_KINDS[name].rules.values()]
    breaking = [rule.id for rule in rules if rule.python == Weight.MAJOR and rule.id not in UNSEEN]
    broken = {line.partition("  #")[0] for line in errors[name]}
    if not breaking:
        assert broken == set()
    for rule in breaking:
        lines = {WITNESSES[rule]}
        if ALL_KINDS[name].rules.get("Topic t") == rule:
            lines = {'models.Topic(t="t")'}
        elif name == PREVIEW:
            lines = {'client.q.get_preview(a="1")'}
        assert lines <= broken


def test_every_breaking_rule_has_a_witness_or_a_reason() -> None:
    paired = {rule for kind in ALL_KINDS.values() for rule in kind.rules.values()}
    assert paired == RULES.keys()
    breaking = {rule.id for rule in RULES.values() if rule.python == Weight.MAJOR}
    assert breaking == WITNESSES.keys() | UNSEEN.keys()
    assert not WITNESSES.keys() & UNSEEN.keys()
    assert all(any(line in one for one in LINES) for line in WITNESSES.values())


def test_swapped_positional_arguments_are_seen_in_the_request() -> None:
    document = base()
    KINDS["required parameters reordered"].edit(document)
    orders = [
        [one.wire for one in operation.parameters]
        for read in (base(), document)
        for operation in interpret_sources(sources(read)).definition.operations()
        if operation.path == "/q/{id}/{k}"
    ]
    assert orders == [["id", "k"], ["k", "id"]]


def test_the_page_shows_the_witnesses() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = [f"| {rule} | `{line}` |" for rule, line in WITNESSES.items()]
    rows += [f"| {rule} | {reason} |" for rule, reason in UNSEEN.items()]
    assert [line for line in text.splitlines() if line in rows] == rows

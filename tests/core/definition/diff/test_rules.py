"""Rules have ids that are stable, and the page that explains them has each."""

from __future__ import annotations

import re
from pathlib import Path

from genesys_core.definition.diff.rules import PREVIEW_LIMIT, RULES, Weight
from tests.strategies.definition_changes import KINDS, OTHER_KINDS

PAGE = Path(__file__).parents[4] / "docs" / "definition-rules.md"


def test_ids_are_words_with_hyphens() -> None:
    for name, rule in RULES.items():
        assert name == rule.id
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", name), name


def test_the_weight_is_the_greater_one() -> None:
    rule = RULES["parameter-collection-format-changed"]
    assert (rule.python, rule.wire, rule.weight) == (Weight.NONE, Weight.MAJOR, Weight.MAJOR)
    assert RULES["method-renamed"].weight == Weight.MAJOR
    assert PREVIEW_LIMIT < Weight.MAJOR


def test_weights_are_numbered_by_severity() -> None:
    assert [weight.value for weight in Weight] == list(range(5))


def test_the_page_is_the_table_of_rules() -> None:
    rows = [
        f"| `{rule.id}` | {rule.about} | {rule.python.name.lower()} | {rule.wire.name.lower()} "
        f"| {rule.official.name.lower()} | {rule.why} |"
        for rule in RULES.values()
    ]
    shown = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:3] == "| `"]
    assert shown == rows


def test_every_rule_has_a_pair() -> None:
    assert len(KINDS) >= 60
    shown = {rule for kind in KINDS.values() for rule in kind.rules.values()}
    others = {rule for kind in OTHER_KINDS.values() for rule in kind.rules.values()}
    assert shown | others == RULES.keys()
    assert not shown & others

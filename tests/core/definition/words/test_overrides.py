"""The reviewed lines are all needed."""

from __future__ import annotations

from genesys_core.definition.read.definition import ApiDefinition
from genesys_core.definition.words.overrides import OVERRIDES
from genesys_core.definition.words.summaries import line_by_rules, replaced_paths


def test_no_reviewed_line_is_idle(bundled: ApiDefinition) -> None:
    operations = {one.name: one for one in bundled.operations()}
    replaced = replaced_paths(operations.values())
    assert sorted(OVERRIDES.keys() - operations.keys()) == []
    same = [
        name
        for name, line in OVERRIDES.items()
        if line_by_rules(operations[name], replaced) == line
    ]
    assert same == []

"""The reviewed names of things are all needed."""

from __future__ import annotations

from genesys_core.definition.read.definition import ApiDefinition
from genesys_core.definition.words.lexicon import to_singular
from genesys_core.definition.words.nouns import NOUNS
from genesys_core.definition.words.phrases import name_by_rules, pattern_of, split_path


def test_names_are_read_from_the_table() -> None:
    assert NOUNS["quality/forms/surveys"] == "survey forms"


def test_no_name_is_idle(bundled: ApiDefinition) -> None:
    ruled: dict[str, set[str]] = {}
    for operation in bundled.operations():
        steps = split_path(operation.path)
        for end in range(1, len(steps) + 1):
            name = name_by_rules(steps[:end])
            ruled.setdefault(pattern_of(steps[:end]), set()).update((name, to_singular(name)))
    assert sorted(NOUNS.keys() - ruled.keys()) == []
    assert [path for path, noun in NOUNS.items() if {noun, to_singular(noun)} & ruled[path]] == []

"""Names of parameters that mean the same everywhere, and those that no fact explains."""

from __future__ import annotations

from collections import Counter

import pytest

from genesys_core.definition.read.definition import ApiDefinition
from genesys_core.definition.read.listings import find_filters, find_listing
from genesys_core.definition.words.parameter_meanings import PAGE_MEANINGS, PARAMETER_MEANINGS
from genesys_core.definition.words.parameters import describe_parameter

NOT_TOLD = """
action autoFill discard force indexOnly input output profile redirectToAuth state status
targetChannel type userState version view
"""
"""Names that no fact explains, or that mean another thing in each operation that has them."""


def test_what_no_fact_tells_is_reviewed(bundled: ApiDefinition) -> None:
    models = {model.name: model for model in bundled.models}
    untold = Counter(
        one.wire
        for operation in bundled.operations()
        for one in operation.parameters
        if one.location in ("query", "header")
        and not describe_parameter(
            one, find_listing(operation, models), find_filters(operation, models)
        )
    )
    assert sorted(untold) == NOT_TOLD.split()
    assert untold.total() == 45


def test_no_known_parameter_is_idle(bundled: ApiDefinition) -> None:
    found = {
        one.wire
        for operation in bundled.operations()
        for one in operation.parameters
        if one.location in ("query", "header")
    }
    assert sorted(PARAMETER_MEANINGS.keys() - found) == []
    assert sorted(PAGE_MEANINGS.keys() - found) == []
    assert not PARAMETER_MEANINGS.keys() & PAGE_MEANINGS.keys()


@pytest.mark.parametrize("words", sorted({*PARAMETER_MEANINGS.values(), *PAGE_MEANINGS.values()}))
def test_phrases_are_short_and_fit_behind_a_name(words: str) -> None:
    assert len(words) <= 76
    assert words[0].islower() or words.startswith(("ISO", "Ignore"))
    assert not words.endswith(".")

"""The results of mutation tests in docs/proof.md belong to the modules as they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.mutation.mutants import mutants_of
from tests.mutation.run import CORE, MODULES, explained

PROOF = Path(__file__).parents[2] / "docs" / "proof.md"
ROW = re.compile(r"^\| `?(all|[^`|]+\.py)`? \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", re.MULTILINE)


def test_the_table_has_a_row_for_each_module_and_adds_up():
    rows = {
        name: tuple(int(number.replace(",", "")) for number in numbers)
        for name, *numbers in ROW.findall(PROOF.read_text(encoding="utf-8"))
    }
    total = rows.pop("all")
    assert tuple(rows) == MODULES
    assert all(tried == killed + survived for tried, killed, survived in rows.values())
    assert total == tuple(map(sum, zip(*rows.values(), strict=True)))


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_the_results_and_explanations_are_of_the_present_code(module):
    source = (CORE / module).read_text(encoding="utf-8")
    mutants = mutants_of(source, module)
    text = PROOF.read_text(encoding="utf-8")
    (tried,) = (numbers[0] for name, *numbers in ROW.findall(text) if name == module)
    assert len(mutants) == int(tried.replace(",", "")), "run tests.mutation.run for this module"
    keys = {mutant.key for mutant in mutants}
    assert {tuple(key) for name, *key in explained() if name == module} <= keys

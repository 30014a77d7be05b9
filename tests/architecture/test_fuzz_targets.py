"""Every fuzz target is alive: it holds on its corpus and on a few hundred inputs of chance.

Targets that only a fuzzing service runs rot unseen; these cannot.
"""

import importlib
import random
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

FUZZ = Path(__file__).parents[2] / "fuzz"
MODULES = sorted(path.stem for path in FUZZ.glob("fuzz_*.py"))
RUNS = 200
LONGEST = 300  # bytes


def targets_of(module: str) -> Mapping[str, Callable[[bytes], object]]:
    return getattr(importlib.import_module(f"fuzz.{module}"), "TARGETS", {})


def all_targets() -> list[tuple[str, str]]:
    return [(module, name) for module in MODULES for name in targets_of(module)]


def corpus(name: str) -> list[Path]:
    return sorted(path for path in (FUZZ / "corpus" / name).glob("*") if path.is_file())


@pytest.mark.parametrize("module", MODULES)
def test_a_module_names_its_targets(module):
    assert targets_of(module), f"fuzz/{module}.py: TARGETS must map names to functions of bytes"


@pytest.mark.slow
@pytest.mark.parametrize(("module", "name"), all_targets())
def test_a_target_holds_on_its_corpus_and_on_inputs_of_chance(module, name):
    target = targets_of(module)[name]
    for path in corpus(name):
        target(path.read_bytes())
    chance = random.Random(name)
    for _ in range(RUNS):
        target(chance.randbytes(chance.randrange(LONGEST)))


def test_a_corpus_belongs_to_a_target_and_target_names_differ():
    names = [name for _, name in all_targets()]
    assert len(set(names)) == len(names)
    folders = {path.name for path in (FUZZ / "corpus").iterdir() if path.is_dir()}
    assert folders <= set(names)

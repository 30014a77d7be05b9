"""Two definitions, one with a random part of the other: the comparison never fails.

Invariants: a definition does not differ from itself; what only one of two has is found in both
directions; every change has a known rule and can be shown in every format.
"""

import copy
import json
from collections.abc import Callable, Mapping

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.definition.diff import RULES, Comparison
from genesys_core.definition.read.parse import read_sources
from tests.strategies.definition import Json, definitions

__all__ = ["check", "target"]

_NO_TOPICS: Json = {"notifications": []}


@given(definitions(), definitions(), st.sampled_from(["paths", "definitions"]))
def check(old: Json, other: Json, part: str) -> None:
    """Compare a definition with itself, and with one that has another's paths or models."""
    new = {**copy.deepcopy(old), part: other[part]}
    before, after = (read_sources(one, _NO_TOPICS) for one in (old, new))
    assert Comparison.of(before, before).changes == ()
    there, back = Comparison.of(before, after), Comparison.of(after, before)
    assert bool(there.changes) == bool(back.changes)
    for report in (there, back):
        assert {change.rule for change in report.changes} <= RULES.keys()
        assert len(json.loads(report.json())["changes"]) == len(report.changes)
        assert report.text("none").count("\n") == len(report.changes) + 1
        report.markdown()


def target(data: bytes) -> None:
    """Make two definitions of any bytes, and compare them; for coverage-guided engines."""
    check.hypothesis.fuzz_one_input(data)  # type: ignore[attr-defined]  # added by @given


TARGETS: Mapping[str, Callable[[bytes], object]] = {"definition_diff": target}

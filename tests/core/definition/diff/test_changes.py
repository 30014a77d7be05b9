"""A change weighs what its rule weighs, and less in a preview."""

from __future__ import annotations

from genesys_core.definition.diff.changes import Change, heaviest_weight
from genesys_core.definition.diff.rules import RULES, Weight


def test_a_change_has_the_weights_of_its_rule() -> None:
    change = Change("parameter-removed", "GET /x", "q (query)")
    assert change.kind is RULES["parameter-removed"]
    assert (change.python, change.wire) == (Weight.MAJOR, Weight.MINOR)
    assert change.weight == Weight.MAJOR
    assert change.place == "GET /x q (query)"
    assert Change("model-added", "User").place == "User"


def test_a_change_of_a_preview_is_at_most_a_warning() -> None:
    change = Change("parameter-removed", "GET /x", is_preview=True)
    assert (change.python, change.wire, change.weight) == (Weight.WARN, Weight.MINOR, Weight.WARN)


def test_the_heaviest_change_decides() -> None:
    assert heaviest_weight([]) == Weight.NONE
    assert (
        heaviest_weight([Change("model-added", "A"), Change("model-removed", "B")]) == Weight.MAJOR
    )

"""What rules say."""

import pytest

from genesys_core.simulator.resources.rule_types import RULES, Collection, are_alike
from genesys_core.simulator.state.definition import Schema


def test_models_are_alike_that_share_most_properties():
    one = Schema(properties={"a": Schema(), "b": Schema(), "c": Schema()})
    assert are_alike(one, one)
    assert are_alike(one, Schema(properties={"a": Schema(), "b": Schema(), "x": Schema()}))
    assert not are_alike(one, Schema(properties={"a": Schema(), "x": Schema(), "y": Schema()}))
    assert not are_alike(one, Schema())


@pytest.mark.parametrize("letter", RULES)
def test_only_some_collections_can_be_added_to(letter):
    assert Collection("/x", letter, Schema(), {}).is_creatable is (letter in "ABEH")

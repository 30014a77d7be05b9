"""Bounds that only the descriptions of the platform state."""

import json

from genesys_core.simulator.http.known_bounds import KNOWN_BOUNDS
from genesys_core.simulator.http.strict_checks import RANGES
from genesys_core.simulator.state.definition import Bounds
from tests.strategies.simulator import definition, document

KEYWORDS = {"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern"}
KINDS = {"items": "array", "length": "string"}


def test_the_table_is_of_properties_that_callers_write():
    schemas = definition().schemas
    for (model, name), bounds in KNOWN_BOUNDS.items():
        facts = schemas[model].properties[name]
        assert not facts.is_read_only, (model, name)
        ends = {each: getattr(bounds, each) for each in Bounds.__struct_fields__}
        given = [each for each, value in ends.items() if value is not None and value is not False]
        assert given, (model, name)
        kinds = {KINDS.get(each.partition("_")[2], "number") for each in given}
        assert kinds == {"number" if facts.type == "integer" else facts.type}, (model, name)
        low, high = (
            next((ends[each] for each in given if each.startswith(end)), None)
            for end in ("min", "max")
        )
        assert low is None or high is None or low < high, (model, name)
    assert not {*KNOWN_BOUNDS} & {*RANGES}
    assert len(KNOWN_BOUNDS) == 186


def test_the_bundled_definition_has_no_bounds_of_its_own():
    """Of all models, parameters and items; a definition with bounds has them checked."""

    def count(node, is_properties=False):
        if isinstance(node, list):
            return sum(count(each) for each in node)
        if not isinstance(node, dict):
            return 0
        here = 0 if is_properties else len(KEYWORDS & {*node})
        return here + sum(count(each, name == "properties") for name, each in node.items())

    assert count(json.loads(document())) == 0

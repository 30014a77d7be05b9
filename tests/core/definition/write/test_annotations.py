"""Types as source, for type checkers and for run time."""

from __future__ import annotations

import pytest

from genesys_core.definition.read.definition import Array, Map, Plain, Ref, Type
from genesys_core.definition.write.annotations import (
    format_annotation,
    format_expression,
    literal_values,
)


@pytest.mark.parametrize(
    ("type_", "source", "run_time"),
    [
        (Plain("string"), "str", "str"),
        (Plain("string", ("A", 'b"')), '_Open[_Literal["A", \'b"\']]', "str"),
        (Plain("integer"), "int", "int"),
        (Plain("number"), "float", "float"),
        (Plain("boolean"), "bool", "bool"),
        (Plain("date"), "_date", "date"),
        (Plain("date-time"), "_datetime", "datetime"),
        (Plain("local-date-time"), "_LocalDateTime", "datetime"),
        (Plain("year-month"), "_YearMonth", "YearMonth"),
        (Plain("object"), "_Any", "object"),
        (Plain("any"), "_Any", "object"),
        (Array(Map(Ref("User"))), "list[dict[str, User]]", "list[dict[str, User]]"),
    ],
)
def test_types_as_source(type_: Type, source: str, run_time: str) -> None:
    assert format_annotation(type_) == source
    assert format_expression(type_) == run_time


def test_known_values_are_found_inside_containers() -> None:
    assert literal_values(Map(Array(Plain("string", ("a",))))) == ("a",)
    assert literal_values(Ref("User")) == ()

"""Types as source, for type checkers and for run time."""

from __future__ import annotations

import pytest

from genesys_core.definition.read.definition import Array, Map, Plain, Ref, Type
from genesys_core.definition.write.annotations import (
    enum_lines,
    format_annotation,
    format_expression,
    grouped_imports,
    literal_values,
    repeated_enums,
    values_to_split,
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


LONG = ("a" * 10, "b" * 11)


def test_an_enum_that_occurs_twice_and_is_not_short_has_a_name() -> None:
    enum, other = Plain("string", LONG), Plain("string", ("c" * 30,))
    short = Plain("string", ("a" * 10, "b" * 10))
    uses = [
        *(("call_state", enum), ("other", Array(enum)), ("short", short), ("short", short)),
        *(("call_state", other), ("call_state", other), ("once", Plain("string", ("d" * 30,)))),
    ]
    enums = repeated_enums(uses)
    assert enums == {LONG: "_CallStateValues", other.values: "_CallStateValues_2"}
    assert format_annotation(Array(enum), enums=enums) == "list[_CallStateValues]"
    assert enum_lines({LONG: "_States"}, "  ") == [
        f'  _States = _Open[_Literal["{LONG[0]}", "{LONG[1]}"]]'
    ]
    assert values_to_split(Array(enum), enums) == ()
    assert values_to_split(Array(short), enums) == short.values


def test_imports_are_grouped_as_in_written_code() -> None:
    assert grouped_imports(["_Open", "_field", "_date", "_datetime", "_Any"]) == [
        "from datetime import date as _date, datetime as _datetime",
        "from typing import Any as _Any",
        "",
        "from msgspec import field as _field",
        "",
        "from genesys_core.codec.values import Open as _Open",
    ]
    assert grouped_imports(["_field"]) == ["from msgspec import field as _field"]

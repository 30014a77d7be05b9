import copy
import pickle
import typing
from datetime import UTC, date, datetime
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.clock import Now
from genesys_core.codec.model_tables import define_models
from genesys_core.codec.values import NULL, Null, Open, YearMonth, dec_hook
from genesys_core.errors import InvalidValueError
from tests.strategies.values import year_months


def test_there_is_one_null_however_it_is_copied():
    assert Null() is NULL
    assert copy.copy(NULL) is NULL
    assert copy.deepcopy([NULL])[0] is NULL
    assert pickle.loads(pickle.dumps(NULL)) is NULL


def test_null_is_false_and_is_not_none():
    assert not NULL
    assert NULL is not None
    assert NULL != None  # noqa: E711 - equality is what is tested
    assert repr(NULL) == "NULL"


def test_an_open_enum_is_text_at_run_time():
    assert Open[Literal["A", "B"]] is str

    class Model:
        field: Open[Literal["A"]] | None

    assert typing.get_type_hints(Model)["field"] == str | None


def test_both_clocks_have_names():
    now = Now(1.0, 2.0)
    assert (now.monotonic, now.wall) == (1.0, 2.0)


@given(year_months)
def test_a_year_month_is_read_as_it_was_written(month):
    assert YearMonth.parse(str(month)) == month
    assert len(str(month)) == 7
    assert pickle.loads(pickle.dumps(month)) == copy.copy(month) == month
    assert eval(repr(month)) == month


@given(year_months, year_months)
def test_months_are_ordered_and_hashed_by_value(one, other):
    assert (one < other) == ((one.year, one.month) < (other.year, other.month))
    assert (one >= other) == (not one < other)
    assert (one == other) == (str(one) == str(other))
    assert len({one, other}) == (1 if one == other else 2)


@given(st.dates())
def test_a_month_comes_from_a_day_and_goes_to_its_first(day):
    assert YearMonth.from_date(day).to_date() == day.replace(day=1)
    assert YearMonth.from_date(datetime(day.year, day.month, day.day, tzinfo=UTC)) == (
        YearMonth.from_date(day)
    )


@pytest.mark.parametrize(
    ("year", "month"),
    [(2024, 0), (2024, 13), (-1, 1), (10000, 1), (2024, True), (2024.0, 5), ("2024", 5)],
)
def test_a_month_outside_the_calendar_is_refused(year, month):
    with pytest.raises(InvalidValueError, match="must be an int from"):
        YearMonth(year, month)


@pytest.mark.parametrize(
    "text",
    ["2024", "2024-5", "2024-13", "2024-00", "2024-05-01", "24-05", "2024-05\n", " 2024-05", "", "٢٠٢٤-05", "-024-05"],
)  # fmt: skip
def test_other_text_is_no_year_month(text):
    with pytest.raises(InvalidValueError):
        YearMonth.parse(text)


def test_year_zero_is_a_year_on_the_wire_but_not_of_the_calendar():
    assert str(YearMonth(0, 1)) == "0000-01"
    with pytest.raises(InvalidValueError, match="year 0: must be an int from 1"):
        YearMonth(0, 1).to_date()


def test_msgspec_reads_months_through_the_hook():
    months = msgspec.json.decode(b'["2024-05"]', type=list[YearMonth], dec_hook=dec_hook)
    assert months == [YearMonth(2024, 5)]
    for odd in (b'["2024"]', b"[5]"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(odd, type=list[YearMonth], dec_hook=dec_hook)
    assert dec_hook(object, 5) == 5


def test_a_month_is_neither_a_day_nor_text():
    assert YearMonth(2024, 5) != date(2024, 5, 1)
    assert YearMonth(2024, 5) != "2024-05"
    with pytest.raises(TypeError):
        YearMonth(2024, 5) < "2024-06"  # noqa: B015 - the comparison is what is tested


def test_the_hook_converts_the_models_of_a_union() -> None:
    namespace: dict[str, Any] = {"__name__": "unions", "__package__": "unions"}
    define_models(namespace, "Dog age:int\nAnyPet|kind Dog")
    assert dec_hook(namespace["AnyPet"], {"kind": "Dog", "age": 3}) == namespace["Dog"](age=3)
    assert dec_hook(namespace["AnyPet"], {"kind": "Cat"}) == {"kind": "Cat"}
    with pytest.raises(TypeError, match="expected an object, found int"):
        dec_hook(namespace["AnyPet"], 3)

"""Checks of arguments: what is taken, and how a refusal is worded."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Struct

from genesys_core.checks import (
    FLAG,
    FUNCTION,
    MAPPING,
    NUMBER,
    PATH,
    TEXT,
    WHOLE_NUMBER,
    Expected,
    check_arguments,
    check_fields,
    wrong_type,
)
from genesys_core.models import UserMe


class Odd:
    def __repr__(self):
        return "hunter2"


class Openable:
    def open(self): ...

    close = None


ANYTHING = [None, True, 0, 1.5, "", b"", (), [], {}, Odd(), Odd, print]


@pytest.mark.parametrize(
    ("expected", "taken"),
    [
        (TEXT, [""]),
        (FLAG, [True]),
        (NUMBER, [0, 1.5]),
        (WHOLE_NUMBER, [0]),
        (MAPPING, [{}]),
        (FUNCTION, [print]),
        (PATH, [""]),
        (TEXT.or_none(), [None, ""]),
        (Expected("a number or a text", "5", (int, str)), [0, ""]),
    ],
)
def test_what_is_taken(expected, taken):
    assert [value for value in ANYTHING if expected.fits(value)] == taken


def test_an_object_is_taken_by_its_methods_and_a_class_is_not():
    door = Expected("a door", "Door()", methods=("open",))
    assert door.fits(Openable())
    assert not door.fits(Openable)
    assert not Expected("a door", "Door()", methods=("open", "close")).fits(Openable())


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (None, "None"),
        (5, "an int"),
        ({}, "a dict"),
        (Odd(), "an Odd"),
        (UserMe(), "a UserMe"),
        (UUID(int=1), "a UUID"),
        (UNSET, "an UnsetType"),
        (Odd, "the class Odd"),
        (lambda: None, "a function"),
    ],
)
def test_the_error_says_what_is_wanted_what_was_got_and_an_example(value, got):
    with pytest.raises(TypeError) as caught:
        TEXT.check("name", value)
    assert str(caught.value) == f"name must be a str, not {got}; for example 'text'"


def test_the_error_says_whether_none_will_do():
    with pytest.raises(
        TypeError, match=r"^name must be a str or None, not an int; for example 'text'$"
    ):
        TEXT.or_none().check("name", 5)


@given(st.text("0123456789", min_size=8))
def test_no_value_is_shown(secret):
    assert secret not in str(wrong_type("auth", secret, "a grant", "Grant()"))
    assert "hunter2" not in str(wrong_type("auth", Odd(), "a grant", "Grant()"))


def test_the_first_field_of_a_wrong_type_is_named():
    class Both(Struct):
        one: object
        two: object

    fields = {"one": TEXT, "two": NUMBER.or_none()}
    check_fields(Both("a", None), fields)
    with pytest.raises(TypeError, match="two must be a number or None"):
        check_fields(Both("a", "b"), fields)
    with pytest.raises(TypeError, match="one must be a str"):
        check_fields(Both(None, "b"), fields)


def test_keyword_arguments_are_known_and_of_their_types():
    checks = {"strict": FLAG}
    check_arguments({"strict": True, "proxy": 5}, ("strict", "proxy"), checks)
    with pytest.raises(TypeError) as caught:
        check_arguments({"strikt": True}, ("strict", "proxy"), checks)
    assert str(caught.value) == "unexpected keyword argument 'strikt'; use one of strict, proxy"
    with pytest.raises(TypeError, match="strict must be True or False, not a str"):
        check_arguments({"strict": "yes"}, ("strict", "proxy"), checks)

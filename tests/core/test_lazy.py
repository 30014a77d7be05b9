"""Faces whose names are imported on first use."""

import sys

import pytest

from genesys_core._lazy import export_lazily


def face() -> dict[str, object]:
    namespace: dict[str, object] = {"__name__": "some.face"}
    export_lazily(namespace, {"math": "pi", "collections": "OrderedDict Numbers=Counter"})
    return namespace


def test_a_name_is_imported_when_it_is_first_read_and_then_kept():
    namespace = face()
    assert "pi" not in namespace
    assert namespace["__getattr__"]("pi") == sys.modules["math"].pi
    assert namespace["pi"] == sys.modules["math"].pi


def test_a_name_may_be_called_otherwise_where_it_is_defined():
    assert face()["__getattr__"]("Numbers") is sys.modules["collections"].Counter


def test_names_are_listed_before_they_are_imported_constants_and_classes_first():
    namespace = face()
    assert namespace["__all__"] == ["Numbers", "OrderedDict", "pi"]
    assert {"pi", "OrderedDict", "__all__"} <= set(namespace["__dir__"]())


def test_a_name_that_there_is_not_is_an_error_that_says_which_there_are():
    message = "some.face exports no Pi; it exports Numbers, OrderedDict, pi"
    with pytest.raises(AttributeError, match=f"^{message}$") as caught:
        face()["__getattr__"]("Pi")
    assert caught.value.name == "Pi"

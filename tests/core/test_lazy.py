"""Names of a face are imported on first use, and only then."""

import sys

import pytest

from genesys_core._lazy import export_lazily


@pytest.fixture
def face():
    namespace = {"__name__": "face", "own": 1}
    homes = {"fractions": "Fraction", "colorsys": "rgb_to_hsv to_rgb=hsv_to_rgb", "math": "INF=inf"}
    export_lazily(namespace, homes)
    return namespace


def test_a_name_is_imported_on_first_use_and_kept(face, monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    found = face["__getattr__"]("rgb_to_hsv")
    assert found is sys.modules["colorsys"].rgb_to_hsv
    assert face["rgb_to_hsv"] is found
    assert "to_rgb" not in face


def test_nothing_is_imported_before(face, monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    face["__getattr__"]("INF")
    assert "colorsys" not in sys.modules


def test_a_name_may_be_another_one_at_home(face):
    import colorsys

    assert face["__getattr__"]("to_rgb") is colorsys.hsv_to_rgb


def test_constants_come_first_then_classes_then_the_rest(face):
    assert face["__all__"] == ["INF", "Fraction", "rgb_to_hsv", "to_rgb"]


def test_all_names_are_listed_before_they_are_imported(face):
    assert {"INF", "Fraction", "rgb_to_hsv", "to_rgb", "own"} <= set(face["__dir__"]())


def test_another_name_is_an_error_that_tells_what_there_is(face):
    with pytest.raises(
        AttributeError, match="face exports no Fractoin; it exports INF, Frac"
    ) as caught:
        face["__getattr__"]("Fractoin")
    assert caught.value.name == "Fractoin"


@pytest.fixture
def wide_face():
    namespace = {"__name__": "face"}
    export_lazily(
        namespace,
        {"fractions": "Fraction"},
        unlisted={"colorsys": "colours=. rgb_to_hsv"},
        endings={"Error": "xml.parsers.expat"},
    )
    return namespace


def test_a_module_may_be_exported_whole(wide_face):
    import colorsys

    assert wide_face["__getattr__"]("colours") is colorsys


def test_unlisted_names_are_found_but_not_part_of_a_star_import(wide_face):
    assert wide_face["__all__"] == ["Fraction"]
    assert wide_face["__getattr__"]("rgb_to_hsv")
    assert {"Fraction", "colours", "rgb_to_hsv", "ExpatError"} <= set(wide_face["__dir__"]())


def test_a_module_has_all_names_of_an_ending(wide_face):
    from xml.parsers.expat import ExpatError

    assert wide_face["__getattr__"]("ExpatError") is ExpatError
    with pytest.raises(AttributeError, match="face exports no ExpadError"):
        wide_face["__getattr__"]("ExpadError")
    with pytest.raises(AttributeError, match="face exports no ParserCreate"):
        wide_face["__getattr__"]("ParserCreate")

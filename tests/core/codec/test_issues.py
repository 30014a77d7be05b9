import pytest

from genesys_core.codec.issues import ROOT, Issue, json_kind, json_path, mask_issue, show_value


@pytest.mark.parametrize(
    ("at", "path"),
    [
        (ROOT, "$"),
        ((ROOT, "id"), "$.id"),
        (((ROOT, "entities"), 3), "$.entities[3]"),
        ((ROOT, 'a "quoted" key'), '$["a \\"quoted\\" key"]'),
        ((ROOT, "größe"), '$["gr\\u00f6\\u00dfe"]'),
        ((ROOT, "\ud800"), '$["\\ud800"]'),
        ((ROOT, "x" * 80), f"$.{'x' * 80}"),
        ((ROOT, "x" * 81), f'$["{"x" * 80}..."]'),
        ((ROOT, ""), '$[""]'),
    ],
)
def test_a_place_reads_as_a_json_path(at, path):
    assert json_path(at) == path


@pytest.mark.parametrize(
    ("value", "kind", "short"),
    [
        (None, "null", "null"),
        (True, "boolean", "true"),
        (12, "number", "12"),
        (1.5, "number", "1.5"),
        (2**160 - 1, "number", str(2**160 - 1)),
        (2**160, "number", "number of 161 bits"),
        (10**4000, "number", "number of 13288 bits"),
        ("a\nb", "string", '"a\\nb"'),
        ("x" * 40, "string", f'"{"x" * 40}"'),
        ("x" * 41, "string", "string of 41 characters"),
        ([1, 2], "array", "array of 2"),
        ({"password": "hunter2"}, "object", "object of 1"),
    ],
)
def test_values_are_shown_in_short_and_containers_by_size(value, kind, short):
    assert json_kind(value) == kind
    assert show_value(value) == short


def test_str_leaves_out_a_value_that_cannot_be_told():
    assert str(Issue("$.a", "odd", "12")) == "$.a: odd (12)"
    assert str(Issue("$.a", "odd")) == "$.a: odd"


def test_masked_keeps_place_and_words():
    assert mask_issue(Issue("$.a", "odd", "12")) == Issue("$.a", "odd", "[REDACTED]")

"""Reports show every change; an ignore file leaves some out."""

from __future__ import annotations

import ast
from typing import Any

import msgspec
import pytest

from genesys_core.definition.diff.changes import Change
from genesys_core.definition.diff.report import (
    REPORT_SCHEMA,
    Comparison,
    IgnoreRule,
    apply_ignores,
    changelog_report,
    json_report,
    markdown_report,
    parse_ignores,
    parse_weight,
    text_report,
)
from genesys_core.definition.diff.rules import Weight
from genesys_core.definition.diff.source_names import read_source
from genesys_core.errors import InvalidValueError
from tests.strategies.definition_changes import base, sources

CHANGES = (
    Change("property-type-changed", "Out", "size", "integer", "string", "response"),
    Change("parameter-removed", "GET /preview", "a (query)", "string", is_preview=True),
    Change("permissions-tightened", "GET /q", "", "", "q:view"),
    Change("model-added", "New"),
    Change("description-changed", "GET /q", "summary", "x " * 100, "y"),
)


def test_text_has_a_line_for_each_change() -> None:
    assert text_report(CHANGES) == (
        "major property-type-changed: Out size: integer -> string (response)\n"
        "warn  parameter-removed: GET /preview a (query): string (preview)\n"
        "warn  permissions-tightened: GET /q: q:view\n"
        "minor model-added: New\n"
        f"point description-changed: GET /q summary: {('x ' * 100)[:77]}... -> y\n"
        "5 changes: 1 major, 2 warn, 1 minor, 1 point\n"
    )


def test_text_may_be_shorter() -> None:
    assert text_report(CHANGES, least=Weight.MAJOR).splitlines()[1:] == [
        "5 changes: 1 major, 2 warn, 1 minor, 1 point"
    ]
    assert text_report(()) == "no changes\n"


def test_a_value_has_at_most_80_characters() -> None:
    change = Change("property-type-changed", "Out", "size", "x" * 80, "y" * 81)
    assert text_report([change]).splitlines()[0].endswith(f": {'x' * 80} -> {'y' * 77}...")


def test_a_change_of_a_preview_is_listed_once() -> None:
    change = Change("permissions-tightened", "GET /preview", "", "", "q:view", is_preview=True)
    assert markdown_report([change], "1", "2").count("* `GET /preview`: `q:view`\n") == 1


def test_markdown_has_a_section_for_each_weight() -> None:
    assert (
        markdown_report(CHANGES, "1", "2")
        == """\
# API definition 1 to 2

5 changes: 1 major, 2 warn, 1 minor, 1 point.

## Breaking changes

### Property type changed

Python: major; wire: major; official SDKs: major. The field has a different type.

* `Out size`: `integer` to `string`

## New

### Model added

Python: minor; wire: none; official SDKs: minor. Programs can use a new model class.

* `New`

## Permissions and authentication

### More permissions required

Python: none; wire: warn; official SDKs: none. Existing calls may fail with 403.

* `GET /q`: `q:view`

## Operations in preview, which may change without notice

### Parameter removed

Python: major; wire: minor; official SDKs: major. Calls that pass the parameter raise TypeError.

* `GET /preview a (query)`: `string`
"""
    )


def fits(value: Any, schema: Any) -> bool:
    """Whether a value fits the part of JSON Schema that the report's schema uses."""
    if "const" in schema or "enum" in schema:
        return value in schema.get("enum", [schema.get("const")])
    match schema["type"]:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return isinstance(value, list) and all(fits(one, schema["items"]) for one in value)
        case "object":
            known = schema["properties"]
            return set(schema["required"]) == set(value) and all(
                fits(one, known[name]) for name, one in value.items()
            )
        case other:
            raise AssertionError(other)


def test_an_entry_of_a_changelog_names_what_breaks_and_counts_what_is_new() -> None:
    more = (*CHANGES, Change("model-added", "Newer"), Change("property-removed", "Out", "a\nb"))
    assert changelog_report(more, "1", "2") == (
        "* API definition 1 to 2: 7 changes: 2 major, 2 warn, 2 minor, 1 point.\n"
        "  * Breaking, property removed: `Out a b`.\n"
        "  * Breaking, property type changed: `Out size`: `integer` to `string`.\n"
        "  * Check, parameter removed: `GET /preview a (query)`: `string`.\n"
        "  * Check, more permissions required: `GET /q`: `q:view`.\n"
        "  * New: 2 x model added.\n"
    )
    assert changelog_report((), "1", "2") == "* API definition 1 to 2: no changes.\n"
    old, new = base(), base()
    new["definitions"]["New"] = {"type": "object"}
    report = Comparison.of(sources(old), sources(new)).changelog()
    assert report.endswith("  * New: 1 x model added.\n")


def test_json_fits_its_schema() -> None:
    document = msgspec.json.decode(
        json_report(CHANGES, "1", "2", places={CHANGES[1]: ("app.py:1",)})
    )
    assert fits(document, REPORT_SCHEMA)
    assert json_report((), "1", "2").startswith('{\n  "')
    assert (document["weight"], document["official"]) == ("major", "major")
    assert document["changes"][1] == {
        "rule": "parameter-removed",
        "about": "parameter removed",
        "subject": "GET /preview",
        "part": "a (query)",
        "old": "string",
        "new": "",
        "direction": "",
        "preview": True,
        "python": "warn",
        "wire": "minor",
        "official": "major",
        "uses": ["app.py:1"],
    }
    assert fits(msgspec.json.decode(json_report((), "1", "1")), REPORT_SCHEMA)


def test_a_comparison_may_be_limited_to_a_program() -> None:
    new = base()
    new["paths"]["/q"]["get"]["deprecated"] = True
    del new["paths"]["/z"]
    program = [read_source("app.py", ast.parse("client.q.get_q()\n\nclient.q.get_q(n=1)"))]
    found = Comparison.of(sources(base()), sources(new), (), program)
    assert found.text() == (
        "minor operation-deprecated: GET /q\n      app.py:1\n      app.py:3\n1 change: 1 minor\n"
    )
    assert "* `GET /q` (app.py:1, app.py:3)\n" in found.markdown()
    assert msgspec.json.decode(found.json())["changes"][0]["uses"] == ["app.py:1", "app.py:3"]
    assert not found.fails("major")


def test_an_ignore_file_has_rules_and_places() -> None:
    text = "# reviewed\n\nmodel-added\n* GET /preview*  # previews\nproperty-removed Out *\n"
    ignores = parse_ignores(text)
    assert ignores == (
        IgnoreRule("model-added", "*", 3),
        IgnoreRule("*", "GET /preview*", 4),
        IgnoreRule("property-removed", "Out *", 5),
    )
    kept, unused = apply_ignores(CHANGES, ignores)
    assert kept == (CHANGES[0], CHANGES[2], CHANGES[4])
    assert unused == (ignores[2],)


def test_an_unknown_rule_is_an_error() -> None:
    with pytest.raises(InvalidValueError, match="line 2: 'model-aded' is not a rule"):
        parse_ignores("model-added\nmodel-aded\n")


def test_weights_have_names() -> None:
    assert parse_weight("Major") == Weight.MAJOR
    with pytest.raises(InvalidValueError, match="none, point, minor, warn, major"):
        parse_weight("heavy")


def test_a_comparison_knows_when_it_fails() -> None:
    new = base()
    new["info"]["version"] = "2"
    new["definitions"]["New"] = {"type": "object"}
    old = sources(base())
    found = Comparison.of(old, sources(new))
    assert [found.fails(one) for one in (None, "none", "minor", "warn")] == [
        False,
        True,
        True,
        False,
    ]
    assert found.text() == "minor model-added: New\n1 change: 1 minor\n"
    assert found.text("major") == "1 change: 1 minor\n"
    assert found.markdown().startswith("# API definition 1 to 2\n")
    assert msgspec.json.decode(found.json())["new"] == "2"
    ignored = Comparison.of(old, sources(new), parse_ignores("model-added\npath-added\n"))
    assert (ignored.changes, ignored.fails("none")) == ((), False)
    assert [one.rule for one in ignored.unused_ignores] == ["path-added"]

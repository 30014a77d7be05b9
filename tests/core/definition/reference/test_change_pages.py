"""The page of what changed by version."""

from __future__ import annotations

import json

import pytest

from genesys_core.definition import read_definition
from genesys_core.definition.diff import REPORT_SCHEMA, Comparison
from genesys_core.definition.read.parse import read_sources
from genesys_core.definition.reference.change_pages import (
    DefinitionChange,
    DefinitionChanges,
    changes_text,
    parse_changes,
)
from genesys_core.definition.reference.places import ReferenceLinks
from genesys_core.errors import InvalidValueError
from tests.strategies.definition import TRAP_TOPICS, TRAPS

DEFINITION = read_definition(TRAPS, TRAP_TOPICS).definition
PLACES = ReferenceLinks(DEFINITION)
NEW = DefinitionChange("model-added", "model added", "Event", python="minor")
GONE = DefinitionChange(
    "path-removed", "path removed", "/gone", old="x" * 200, python="major", wire="major"
)
RETYPED = DefinitionChange(
    "parameter-type-changed",
    "parameter type changed",
    "v2.names.{id}",
    "size (query)",
    "int",
    "string",
    preview=True,
    wire="warn",
)


def test_a_first_version_says_that_there_is_nothing_to_compare_it_with() -> None:
    text = changes_text(DEFINITION, (), PLACES)
    start = "## 1.2.3 { #1.2.3 }\n\nThe first version that this library was generated from.\n"
    assert "not been generated from a newer version yet" in text.partition(start)[2]
    report = DefinitionChanges("1", "1.2.3", (NEW,))
    text = changes_text(DEFINITION, (report,), PLACES)
    assert text.endswith(start.replace("1.2.3", "1"))


def test_the_newest_version_comes_first_and_what_exists_is_linked() -> None:
    reports = (
        DefinitionChanges("1", "2", (NEW,)),
        DefinitionChanges("2", "3", (RETYPED, NEW, GONE)),
    )
    lines = changes_text(DEFINITION, reports, PLACES).splitlines()
    assert [line for line in lines if line.startswith("## ")] == [
        "## 3 { #3 }",
        "## 2 { #2 }",
        "## 1 { #1 }",
    ]
    newest = lines[lines.index("## 3 { #3 }") : lines.index("## 2 { #2 }")]
    assert [line for line in newest if line and "---" not in line][1:] == [
        "Since `2`: 3 changes.",
        "| Breaking changes |  | change |",
        f"| `/gone` | path removed | `{'x' * 120}...` |",
        "| Possible changes in behavior |  | change |",
        (
            "| [`v2.names.{id}`](topics.md#v2.names.id) `size (query)` "
            "| parameter type changed, in preview | `int` to `string` |"
        ),
        "| New |  | change |",
        "| [`Event`](models/event.md#Event) | model added |  |",
    ]


def test_a_report_of_the_comparison_is_understood() -> None:
    old = read_sources(
        {"swagger": "2.0", "info": {"version": "1"}, "paths": {}}, {"notifications": []}
    )
    new = read_sources(TRAPS, TRAP_TOPICS)
    report = parse_changes(Comparison.of(old, new).json().encode(), "report.json")
    assert (report.old, report.new) == ("1", "1.2.3")
    text = changes_text(DEFINITION, (report,), PLACES)
    for api in DEFINITION.apis:
        for one in api.operations:
            assert (
                f"[`{api.name}.{one.name}`](apis/{api.name}.md#{one.name}) ({one.method})" in text
            )


def test_the_fields_are_those_of_the_schema() -> None:
    changes = REPORT_SCHEMA["properties"]["changes"]["items"]["required"]  # type: ignore[index]
    assert set(DefinitionChange.__struct_fields__) <= set(changes)


@pytest.mark.parametrize(
    "report",
    [
        b"nothing",
        b'{"old": "1", "new": "2"}',
        json.dumps(
            {
                "old": "1",
                "new": "2",
                "changes": [{"rule": "r", "about": "a", "subject": "s", "wire": "heavy"}],
            }
        ).encode(),
    ],
)
def test_anything_else_is_an_error_that_names_the_file(report: bytes) -> None:
    with pytest.raises(
        InvalidValueError, match=r"^notes\.json: .*must be a report from genesys-cl"
    ):
        parse_changes(report, "notes.json")

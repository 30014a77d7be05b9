"""Compares two API definitions: the changes between them, and what each change breaks.

Invariants: pure. Changes are typed values with stable rule ids; how they are shown is decided by
:mod:`~genesys_core.definition.diff.report`.
"""

from genesys_core.definition.diff.changes import Change, Direction, heaviest_weight
from genesys_core.definition.diff.compare import compare_definitions
from genesys_core.definition.diff.report import (
    REPORT_SCHEMA,
    Comparison,
    IgnoreRule,
    apply_ignores,
    json_report,
    markdown_report,
    parse_ignores,
    parse_weight,
    text_report,
)
from genesys_core.definition.diff.rules import RULES, ChangeRule, Weight
from genesys_core.definition.diff.source_names import SourceNames, read_source

__all__ = [
    "REPORT_SCHEMA",
    "RULES",
    "Change",
    "ChangeRule",
    "Comparison",
    "Direction",
    "IgnoreRule",
    "SourceNames",
    "Weight",
    "apply_ignores",
    "compare_definitions",
    "heaviest_weight",
    "json_report",
    "markdown_report",
    "parse_ignores",
    "parse_weight",
    "read_source",
    "text_report",
]

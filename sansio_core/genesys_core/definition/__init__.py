"""Generates source code from the platform's API definition, documents it, and compares its versions.

Invariants: pure. The input is a definition as parsed JSON, the output is text; files are read,
written and compared by :mod:`genesys_cloud.definition`.
"""

from genesys_core.definition.generator import (
    GENERATED_ROOTS,
    build_sources,
    generate,
    name_differences,
)
from genesys_core.definition.read.findings import Finding, refuse_findings
from genesys_core.definition.read.parse import (
    DefinitionSources,
    Reading,
    interpret_sources,
    read_definition,
    read_sources,
)
from genesys_core.definition.read.swagger import (
    DEFINITION_PATH,
    PREVIEW_PATH,
    TOPICS_PATH,
    load_document,
)
from genesys_core.definition.write.layout import BUILT_IN, Layout, package_layout
from genesys_core.definition.write.moving_guide import differences_table, with_table
from genesys_core.definition.write.source_text import BANNER_START

__all__ = [
    "BANNER_START",
    "BUILT_IN",
    "DEFINITION_PATH",
    "GENERATED_ROOTS",
    "PREVIEW_PATH",
    "TOPICS_PATH",
    "DefinitionSources",
    "Finding",
    "Layout",
    "Reading",
    "build_sources",
    "differences_table",
    "generate",
    "interpret_sources",
    "load_document",
    "name_differences",
    "package_layout",
    "read_definition",
    "read_sources",
    "refuse_findings",
    "with_table",
]

"""Fetches, reads and compares API definitions, and generates source code from them.

Invariants: the core (:mod:`genesys_core.definition`) interprets documents and produces the text of
files; these modules read and write files and send requests.
"""

from genesys_cloud.definition.comparing import compare_files, load_program
from genesys_cloud.definition.fetching import fetch_definition
from genesys_cloud.definition.generating import (
    BUNDLED,
    GUIDE,
    generate,
    load_definition,
    load_sources,
    load_topics,
    write_generated,
)
from genesys_cloud.definition.reference import write_reference
from genesys_core.definition import DefinitionSources, Finding, Reading, read_definition
from genesys_core.definition.diff import (
    RULES,
    Change,
    Comparison,
    Weight,
    compare_definitions,
)

__all__ = [
    "BUNDLED",
    "GUIDE",
    "RULES",
    "Change",
    "Comparison",
    "DefinitionSources",
    "Finding",
    "Reading",
    "Weight",
    "compare_definitions",
    "compare_files",
    "fetch_definition",
    "generate",
    "load_definition",
    "load_program",
    "load_sources",
    "load_topics",
    "read_definition",
    "write_generated",
    "write_reference",
]

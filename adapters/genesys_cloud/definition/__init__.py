"""The API definition: fetch it, read it, and generate source from it.

Invariants: the core (:mod:`genesys_core.definition`) determines what documents mean and what to
write; these modules read and write files and send requests.
"""

from genesys_cloud.definition.fetching import fetch_definition
from genesys_cloud.definition.generating import (
    GUIDE,
    LISTINGS,
    generate,
    load_definition,
    load_topics,
    write_generated,
)
from genesys_core.definition import Finding, Reading, read_definition

__all__ = [
    "GUIDE",
    "LISTINGS",
    "Finding",
    "Reading",
    "fetch_definition",
    "generate",
    "load_definition",
    "load_topics",
    "read_definition",
    "write_generated",
]

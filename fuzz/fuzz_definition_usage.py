"""Any Python program: the changes that touch it are found without an error.

Invariants: what touches a program is among the changes; every place is a line of the program; a
program without names is touched by nothing; nothing is ever raised.
"""

import ast
import json
from collections.abc import Callable, Mapping

from genesys_core.definition.diff.compare import compare_definitions
from genesys_core.definition.diff.source_names import read_source
from genesys_core.definition.diff.usage import find_touched
from genesys_core.definition.read.parse import interpret_sources
from tests.strategies.definition_changes import base, sources

__all__ = ["target"]

_OLD = sources(base())
_NEW = sources(json.loads(json.dumps(base()).replace('"string"', '"integer"')))
_CHANGES = compare_definitions(_OLD, _NEW)
_DEFINITION = interpret_sources(_OLD).definition


def target(data: bytes) -> None:
    """Read any bytes as a program."""
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    source = read_source("app.py", tree)
    found = find_touched(_CHANGES, _DEFINITION, [source])
    assert found.keys() <= set(_CHANGES)
    last = data.count(b"\n") + data.count(b"\r") + data.count(b"\f") + 1
    for places in found.values():
        assert places
        for place in places:
            path, _, line = place.rpartition(":")
            assert path == "app.py"
            assert 1 <= int(line) <= last
    if not source.names and not source.texts:
        assert not found


TARGETS: Mapping[str, Callable[[bytes], object]] = {"definition_usage": target}

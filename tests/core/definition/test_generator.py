"""The whole generator: a definition in, files out."""

from __future__ import annotations

import pytest

from genesys_core.definition import generate, name_differences
from genesys_core.errors import InvalidValueError
from tests.helpers.generated import FILES
from tests.strategies.definition import TRAP_TOPICS, TRAPS


def test_a_definition_without_operations_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="no operation"):
        generate({**TRAPS, "paths": {}}, TRAP_TOPICS)


def test_every_file_compiles_and_is_ascii() -> None:
    for path, text in FILES.items():
        compile(text, path, "exec")
        assert text.isascii()
        assert text.endswith("\n")


def test_names_that_differ_from_the_official_sdks_are_a_table() -> None:
    table = name_differences(TRAPS, TRAP_TOPICS)
    assert table.startswith("| official SDK | here | where |\n")
    assert "| `pcSelf` | `self_` |" in table

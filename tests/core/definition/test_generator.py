"""The whole generator: a definition in, files out."""

from __future__ import annotations

import pytest

from genesys_core.definition import generate
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

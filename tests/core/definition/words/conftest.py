"""The bundled definition, read once."""

from __future__ import annotations

import pytest

from genesys_cloud.definition import load_definition, load_topics, read_definition
from genesys_core.definition.read.definition import ApiDefinition


@pytest.fixture(scope="session")
def bundled() -> ApiDefinition:
    return read_definition(load_definition(), load_topics()).definition

"""The bundled definition, read once."""

from __future__ import annotations

import pytest

from genesys_core.definition.read.definition import ApiDefinition
from tests.helpers.bundled import bundled_api


@pytest.fixture(scope="session")
def bundled() -> ApiDefinition:
    return bundled_api()

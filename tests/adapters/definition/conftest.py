"""The package that is generated from the workshop's documents."""

from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.helpers.workshop import own_package


@pytest.fixture(scope="session")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    with own_package(tmp_path_factory.mktemp("own")) as package:
        yield package

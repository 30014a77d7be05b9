"""The packages that are generated from the definition full of traps, imported."""

from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.helpers.generated import FILES
from tests.strategies.definition import generated_package


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    folder = tmp_path_factory.mktemp("generated")
    with generated_package(FILES, folder, "trap_models") as (package, _):
        yield package


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    folder = tmp_path_factory.mktemp("generated")
    with generated_package(FILES, folder, "trap_api") as (_, package):
        yield package

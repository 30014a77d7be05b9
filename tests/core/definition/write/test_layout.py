"""Where generated modules are."""

from __future__ import annotations

import pytest

from genesys_core.definition.write.layout import BUILT_IN, package_layout
from genesys_core.errors import InvalidValueError


def test_the_librarys_own_modules_are_in_both_source_roots() -> None:
    assert BUILT_IN.roots == (
        "sansio_core/genesys_core/models",
        "sansio_core/genesys_core/api",
        "adapters/genesys_cloud/apis",
    )


@pytest.mark.parametrize("package", ["acme_genesys", "acme.genesys.eu", "größe"])
def test_a_package_has_all_its_modules_in_its_folder(package: str) -> None:
    layout = package_layout(package)
    folder = package.replace(".", "/")
    assert layout.roots == (folder, f"{folder}/models", f"{folder}/api", f"{folder}/apis")
    assert layout.topics_path == f"{folder}/topics.py"
    assert layout.endpoint == f"{package}.api._endpoint"


@pytest.mark.parametrize("package", ["", "acme-genesys", "acme..x", ".acme", "1acme", "acme.class"])
def test_what_cannot_be_imported_is_refused(package: str) -> None:
    with pytest.raises(InvalidValueError, match="must be an import name"):
        package_layout(package)


@pytest.mark.parametrize("package", ["genesys_core", "genesys_cloud.acme", "json", "email.x"])
def test_a_package_that_would_hide_another_is_refused(package: str) -> None:
    with pytest.raises(InvalidValueError, match="would shadow the package"):
        package_layout(package)

"""Determines where generated modules are: their import names and paths.

Invariants: the modules of a generated package import only each other, this library, msgspec and the
standard library.
"""

import keyword
import sys
from typing import Final

from msgspec import Struct

from genesys_core.errors import InvalidValueError

__all__ = ["ADAPTERS", "BUILT_IN", "CORE", "Layout", "package_layout"]

CORE: Final = "sansio_core/genesys_core"
ADAPTERS: Final = "adapters/genesys_cloud"


class Layout(Struct, frozen=True):
    """The import names and paths of the generated modules.

    Attributes:
        package: the import name of the package that contains ``models`` and ``api``.
        apis: the import name of the package of API classes.
        endpoint: the import name of the module with the class ``Endpoint``.
        core_path: the path of ``package`` as a folder.
        apis_path: the path of ``apis`` as a folder.
        topics_path: the path of the module with the map from topics to models.
        base: the path of the folder of a user's own package; ``None`` for this library.
    """

    package: str
    apis: str
    endpoint: str
    core_path: str
    apis_path: str
    topics_path: str
    base: str | None = None

    @property
    def roots(self) -> tuple[str, ...]:
        """The paths of the folders that contain only generated files."""
        own = () if self.base is None else (self.base,)
        return (*own, f"{self.core_path}/models", f"{self.core_path}/api", self.apis_path)


BUILT_IN: Final = Layout(
    "genesys_core",
    "genesys_cloud.apis",
    "genesys_core.calls.operation",
    CORE,
    f"{ADAPTERS}/apis",
    f"{CORE}/notifications/_topic_models.py",
)
"""The layout of a checkout of this library."""


def package_layout(package: str) -> Layout:
    """Return the layout of a user's own package.

    Args:
        package: the package's import name, such as ``acme_genesys`` or ``acme.genesys``.

    Raises:
        InvalidValueError: the name is not an import name, or would shadow another package.
    """
    names = package.split(".")
    if not all(name.isidentifier() and not keyword.iskeyword(name) for name in names):
        raise InvalidValueError(
            f"package {package!r}: must be an import name, such as acme_genesys or acme.genesys"
        )
    # A package in the current folder comes before installed ones on Python's path.
    if names[0] in {"genesys_core", "genesys_cloud", *sys.stdlib_module_names}:
        raise InvalidValueError(
            f"package {package!r}: would shadow the package {names[0]}; choose another name, "
            "such as acme_genesys"
        )
    folder = "/".join(names)
    return Layout(
        package,
        f"{package}.apis",
        f"{package}.api._endpoint",
        folder,
        f"{folder}/apis",
        f"{folder}/topics.py",
        folder,
    )

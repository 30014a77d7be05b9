"""Data files of this package, and others like them.

Invariants: how a file is compressed is told by its first bytes, never by its name.
"""

import gzip
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genesys_core.simulator import Definition

__all__ = ["bundled_definition", "read_own_data", "unpack_data"]

_GZIP = b"\x1f\x8b"
_XZ = b"\xfd7zXZ\x00"


def read_own_data(name: str) -> bytes:
    """What a data file of this package holds, unpacked."""
    return unpack_data(files("genesys_cloud").joinpath("data", name).read_bytes())


def unpack_data(data: bytes) -> bytes:
    """What gzip or xz packed, or the data itself.

    Raises:
        OSError: gzip data that is damaged.
        EOFError: data that is cut off.
        ValueError: xz data that is damaged.
        zlib.error: as ``OSError``.
    """
    if data.startswith(_GZIP):
        return gzip.decompress(data)
    if data.startswith(_XZ):
        import lzma  # noqa: PLC0415 - some builds of Python lack it, and few need it

        try:
            return lzma.decompress(data)
        except lzma.LZMAError as error:
            raise ValueError(str(error)) from error
    return data


@cache  # safe to share: a definition is never changed
def bundled_definition() -> "Definition":
    """The API definition of this version, ready for :class:`~genesys_core.simulator.Simulator`."""
    from genesys_core.simulator import Definition  # noqa: PLC0415 - only a simulator needs it

    return Definition.from_json(read_own_data("swagger.json.xz"))

"""Compressed data files: this package's own and the user's.

Invariants: the compression of a file is recognized by its first bytes, never by its name.
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
    """Return the decompressed content of a data file of this package."""
    return unpack_data(files("genesys_cloud").joinpath("data", name).read_bytes())


def unpack_data(data: bytes) -> bytes:
    """Decompress gzip or xz data; return other data unchanged.

    Raises:
        OSError: corrupt gzip data.
        EOFError: truncated data.
        ValueError: corrupt xz data.
        zlib.error: corrupt gzip data.
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


@cache  # safe to share: a definition is immutable
def bundled_definition() -> "Definition":
    """The API definition of this version, ready for :class:`~genesys_core.simulator.Simulator`."""
    from genesys_core.simulator import Definition  # noqa: PLC0415 - only a simulator needs it

    return Definition.from_json(read_own_data("swagger.json.xz"))

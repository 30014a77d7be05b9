"""Reads compressed data files of this package and of users.

Invariants: the compression of a file is recognized by its first bytes, never by its name. The
decompressed size is limited, so that a small file cannot exhaust memory.
"""

import gzip
import io
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genesys_core.simulator import Definition

__all__ = ["MOST_BYTES", "bundled_definition", "read_data", "read_own_data", "unpack_data"]

MOST_BYTES = 512 * 1024 * 1024
"""Maximum size of a data file in bytes, both compressed and decompressed.

The bundled definition is 5 MB in size, decompressed.
"""

_GZIP = b"\x1f\x8b"
_XZ = b"\xfd7zXZ\x00"


def read_own_data(name: str) -> bytes:
    """Return the decompressed content of a data file of this package."""
    return unpack_data(files("genesys_cloud").joinpath("data", name).read_bytes())


def read_data(path: str | Path) -> bytes:
    """Return the content of a file, decompressed if it is gzip or xz.

    Raises:
        OSError: the file cannot be read, or its gzip data is corrupt.
        EOFError: the compressed data is truncated.
        ValueError: the xz data is corrupt, or the file, compressed or decompressed, is larger than
            :data:`MOST_BYTES`.
        zlib.error: the gzip data is corrupt.
    """
    with Path(path).open("rb") as file:
        return unpack_data(_read_limited(file.read))


def unpack_data(data: bytes) -> bytes:
    """Decompress gzip or xz data; return other data unchanged.

    Raises:
        OSError: the gzip data is corrupt.
        EOFError: the compressed data is truncated.
        ValueError: the xz data is corrupt, or the decompressed data is larger than
            :data:`MOST_BYTES`.
        zlib.error: the gzip data is corrupt.
    """
    if data.startswith(_GZIP):
        with gzip.open(io.BytesIO(data)) as unpacked:
            return _read_limited(unpacked.read)
    if data.startswith(_XZ):
        import lzma  # noqa: PLC0415 - some builds of Python lack it

        try:
            with lzma.open(io.BytesIO(data)) as unpacked:
                return _read_limited(unpacked.read)
        except lzma.LZMAError as error:
            raise ValueError(str(error)) from error
    return data


def _read_limited(read: Callable[[int], bytes]) -> bytes:
    data = read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"contains more than {MOST_BYTES:,} bytes")
    return data


@cache  # safe to share: a definition is immutable
def bundled_definition() -> "Definition":
    """Return the bundled API definition, for :class:`~genesys_core.simulator.Simulator`."""
    from genesys_core.simulator import Definition  # noqa: PLC0415 - only a simulator needs it

    return Definition.from_json(read_own_data("swagger.json.xz"))

"""Compressed data files: this package's own and the user's.

Invariants: the compression of a file is recognized by its first bytes, never by its name; the
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
"""Maximum size of a data file, compressed and decompressed; the platform's definition is about
20 MB."""

_GZIP = b"\x1f\x8b"
_XZ = b"\xfd7zXZ\x00"


def read_own_data(name: str) -> bytes:
    """Return the decompressed content of a data file of this package."""
    return unpack_data(files("genesys_cloud").joinpath("data", name).read_bytes())


def read_data(path: str | Path) -> bytes:
    """Return the content of a file, decompressed if it is gzip or xz.

    Raises:
        OSError: the file cannot be read, or is corrupt gzip data.
        EOFError: truncated data.
        ValueError: corrupt xz data, or more than :data:`MOST_BYTES`.
        zlib.error: corrupt gzip data.
    """
    with Path(path).open("rb") as file:
        return unpack_data(_read_limited(file.read))


def unpack_data(data: bytes) -> bytes:
    """Decompress gzip or xz data; return other data unchanged.

    Raises:
        OSError: corrupt gzip data.
        EOFError: truncated data.
        ValueError: corrupt xz data, or more than :data:`MOST_BYTES`.
        zlib.error: corrupt gzip data.
    """
    if data.startswith(_GZIP):
        with gzip.open(io.BytesIO(data)) as unpacked:
            return _read_limited(unpacked.read)
    if data.startswith(_XZ):
        import lzma  # noqa: PLC0415 - some builds of Python lack it, and few need it

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
    """Return this version's API definition, for :class:`~genesys_core.simulator.Simulator`."""
    from genesys_core.simulator import Definition  # noqa: PLC0415 - only a simulator needs it

    return Definition.from_json(read_own_data("swagger.json.xz"))

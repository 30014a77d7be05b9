"""Data files of this package, and others like them.

Law: what a file is packed with shows in its first bytes, never in its name.
"""

import gzip
from importlib.resources import files

__all__ = ["read_own_data", "unpack_data"]

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

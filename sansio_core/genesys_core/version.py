"""The library's version and ``User-Agent``."""

from typing import Final

__all__ = ["USER_AGENT", "VERSION"]

VERSION: Final = "0.1.0"
"""This library's version."""

USER_AGENT: Final = f"genesys-cloud/{VERSION}"
"""What the library calls itself; ``headers={"User-Agent": ...}`` changes it."""

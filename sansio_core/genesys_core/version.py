"""The library's version and ``User-Agent``."""

from typing import Final

__all__ = ["USER_AGENT", "VERSION"]

VERSION: Final = "0.1.0"
"""This library's version."""

USER_AGENT: Final = f"genesys-cloud/{VERSION}"
"""The default ``User-Agent``; ``headers={"User-Agent": ...}`` overrides it."""

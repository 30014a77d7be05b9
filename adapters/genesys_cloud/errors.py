"""All exceptions of this library, and the types of their attributes."""

from genesys_core import errors as _errors
from genesys_core.errors import *  # noqa: F403 - exports the names of that module

__all__: list[str] = []
__all__ += _errors.__all__

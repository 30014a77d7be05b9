"""The exception that this package raises if a file cannot be read or written."""

import os

from genesys_core.errors import ConfigurationError

__all__ = ["file_error"]


def file_error(path: str | os.PathLike[str], problem: str, error: Exception) -> ConfigurationError:
    """Return the error for a file, with the operating system's reason if there is one.

    Args:
        path: the file.
        problem: the operation that failed, such as ``cannot be read``.
        error: the exception that was raised.
    """
    return ConfigurationError(f"{path}: {problem}: {getattr(error, 'strerror', None) or error}")

"""Compares definition files.

Invariants: the core (:mod:`genesys_core.definition.diff`) decides what changed, what is ignored and
what fails; this module reads the files.
"""

from pathlib import Path

from genesys_cloud.definition.generating import load_sources
from genesys_core.definition.diff import Comparison, parse_ignores
from genesys_core.errors import ConfigurationError

__all__ = ["compare_files"]


def compare_files(
    old: str | Path, new: str | Path, *, ignore: str | Path | None = None
) -> Comparison:
    """Compare two definitions.

    Args:
        old: a Swagger file, a folder that ``definition fetch`` has filled, or ``bundled``.
        new: the newer one, likewise.
        ignore: an ignore file.

    Raises:
        ConfigurationError: a file cannot be read, or contains no JSON object.
        InvalidValueError: not a definition, or a line of the ignore file names no rule.
    """
    text = ""
    if ignore is not None:
        try:
            text = Path(ignore).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{ignore}: cannot be read: {error}") from error
    return Comparison.of(load_sources(old), load_sources(new), parse_ignores(text))

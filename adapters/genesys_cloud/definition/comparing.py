"""Compares two definition files.

Invariants: this module only reads the files. The core (:mod:`genesys_core.definition.diff`) finds the
changes, omits ignored changes, and decides whether the comparison fails.
"""

import ast
from collections.abc import Callable
from pathlib import Path

from genesys_cloud.definition.file_errors import file_error
from genesys_cloud.definition.generating import load_sources
from genesys_core.definition.diff import Comparison, SourceNames, parse_ignores, read_source
from genesys_core.errors import ConfigurationError

__all__ = ["compare_files", "load_program"]


def compare_files(
    old: str | Path,
    new: str | Path,
    *,
    ignore: str | Path | None = None,
    usage: str | Path | None = None,
) -> Comparison:
    """Compare two definition files.

    Args:
        old: the older definition: a Swagger file, a folder from ``genesys-cloud definition fetch``,
            or ``bundled``.
        new: the newer definition, as a file, a folder or ``bundled``.
        ignore: a file with rules for changes to omit, one ``RULE [PLACE]`` per line.
        usage: a Python file, or a folder of Python files; only changes that affect these files are
            kept.

    Raises:
        ConfigurationError: a file cannot be read, a definition file is not a JSON object, or a
            Python file is not valid.
        InvalidValueError: a file is not a definition, or a line of the ignore file names an unknown
            rule.
    """
    text = ""
    if ignore is not None:
        try:
            text = Path(ignore).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise file_error(ignore, "cannot be read", error) from error
    program = None if usage is None else load_program(usage)
    return Comparison.of(load_sources(old), load_sources(new), parse_ignores(text), program)


def load_program(path: str | Path) -> list[SourceNames]:
    """Return the names used in a Python file, or in all Python files in a folder.

    Hidden folders and virtual environments are skipped.

    Raises:
        ConfigurationError: a file cannot be read or is not valid in this Python version, or the
            folder contains no Python file.
    """
    root = Path(path)
    files = [root] if root.is_file() else sorted(filter(_belongs(root), root.rglob("*.py")))
    if not files:
        raise ConfigurationError(f"{path}: has no Python files")
    return [read_source(str(file), _parsed(file)) for file in files]


def _parsed(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise file_error(file, "cannot be read as Python", error) from error


def _belongs(root: Path) -> Callable[[Path], bool]:
    # Virtual environments (PEP 405) contain installed packages, not the user's program.
    environments = {file.parent for file in root.rglob("pyvenv.cfg")}

    def belongs(file: Path) -> bool:
        parts = file.relative_to(root).parts
        return not any(part.startswith(".") for part in parts) and not environments & set(
            file.parents
        )

    return belongs

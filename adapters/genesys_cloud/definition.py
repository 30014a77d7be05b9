"""Reads definition files, and writes or compares generated source.

Invariants: the core (:mod:`genesys_core.definition`) determines what to write. A file without the
generator's banner is never overwritten or removed.
"""

import argparse
import json
import sys
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from genesys_cloud.packed_data import read_own_data, unpack_data
from genesys_core.definition import BANNER_START, GENERATED_ROOTS, name_differences, with_table
from genesys_core.definition import generate as generate_sources
from genesys_core.errors import ConfigurationError, GenesysCloudError

__all__ = ["generate", "load_definition", "load_topics", "main", "write_generated"]

GUIDE = "docs/moving.md"
"""The only hand-written file with a generated section."""


def load_definition(path: str | Path | None = None) -> dict[str, object]:
    """Read a Swagger definition: JSON or JSON compressed with gzip or xz.

    Args:
        path: the file; by default the library's own.

    Raises:
        ConfigurationError: the file cannot be read, or contains no JSON object.
    """
    return _load(path, "swagger.json.xz")


def load_topics(path: str | Path | None = None) -> dict[str, object]:
    """Read a topic file: JSON or JSON compressed with gzip or xz.

    Args:
        path: the file; by default the library's own.

    Raises:
        ConfigurationError: the file cannot be read, or contains no JSON object.
    """
    return _load(path, "notification_mappings.json.xz")


def _load(path: str | Path | None, own: str) -> dict[str, object]:
    try:
        text = read_own_data(own) if path is None else unpack_data(Path(path).read_bytes())
        document: object = json.loads(text)
    except (OSError, EOFError, ValueError, RecursionError, zlib.error) as error:
        raise ConfigurationError(f"{path or own}: cannot be read as JSON: {error}") from error
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path or own}: must contain a JSON object")
    return cast(dict[str, object], document)


def write_generated(root: Path, files: Mapping[str, str], *, check: bool = False) -> list[str]:
    """Update the generated files under ``root`` to match ``files``.

    Args:
        root: the root of the repository.
        files: text by path from the root.
        check: compare only, and write nothing.

    Returns:
        The paths that differ (written, unless ``check``), stale files among them.

    Raises:
        ConfigurationError: a file to be replaced was not generated.
    """
    stale = [path for path in _generated(root) if path not in files]
    changed = [path for path, text in files.items() if _read(root / path) != text]
    if not check:
        for path in changed:
            _write(root / path, files[path])
        for path in stale:
            (root / path).unlink()
    return sorted([*changed, *stale])


def _generated(root: Path) -> list[str]:
    """Return the existing generated files."""
    found = [
        path
        for folder in GENERATED_ROOTS
        for path in (root / folder).glob("*.py*")
        if path.is_file()
    ]
    return [
        path.relative_to(root).as_posix()
        for path in found
        if (_read(path) or "").startswith(BANNER_START)
    ]


def _read(path: Path) -> str | None:
    return path.read_bytes().decode("utf-8", "replace") if path.is_file() else None


def _write(path: Path, text: str) -> None:
    old = _read(path)
    if old is not None and not old.startswith(BANNER_START):
        raise ConfigurationError(f"{path}: would be replaced, but was not generated; move it first")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def generate(
    root: str | Path | None = None,
    *,
    definition: str | Path | None = None,
    topics: str | Path | None = None,
    check: bool = False,
) -> list[str]:
    """Generate the source for a definition into a checkout of this library.

    Args:
        root: the checkout; by default the one that contains this module.
        definition: a Swagger file; by default the library's own.
        topics: a topic file; by default the library's own.
        check: compare only, and write nothing.

    Returns:
        The paths that changed, or would change with ``check``.

    Raises:
        ConfigurationError: a file cannot be read, or a file to be replaced was not generated.
        InvalidValueError: not a definition.
    """
    folder = _checkout() if root is None else Path(root)
    source, mapping = load_definition(definition), load_topics(topics)
    changed = write_generated(folder, generate_sources(source, mapping), check=check)
    return changed + _update_guide(folder / GUIDE, name_differences(source, mapping), check=check)


def _update_guide(path: Path, table: str, *, check: bool) -> list[str]:
    """Update the table of the migration guide, if the checkout has one."""
    old = _read(path)
    if old is None or (new := with_table(old, table)) == old:
        return []
    if not check:
        path.write_bytes(new.encode())
    return [GUIDE]


def _checkout() -> Path:
    root = Path(__file__).resolve().parents[2]
    if not (root / "pyproject.toml").is_file():
        raise ConfigurationError(f"{root}: is not a checkout of this library; give --root")
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """``python -m genesys_cloud.definition generate``.

    Returns:
        0 if successful or current, 1 if ``--check`` found a difference, 2 if an error occurred.
    """
    options = _parser().parse_args(arguments)
    try:
        changed = generate(
            options.root, definition=options.definition, topics=options.topics, check=options.check
        )
    except GenesysCloudError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for path in changed:
        sys.stdout.write(f"{'not current' if options.check else 'written'}: {path}\n")
    return 1 if options.check and changed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m genesys_cloud.definition")
    command = parser.add_subparsers(required=True).add_parser(
        "generate", help="generate the source"
    )
    command.add_argument("--root", help="a checkout of this library")
    command.add_argument("--definition", help="a Swagger file, .json, .json.gz or .json.xz")
    command.add_argument("--topics", help="a topic file, .json, .json.gz or .json.xz")
    command.add_argument(
        "--check", action="store_true", help="only compare; exit code 1 if not current"
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())

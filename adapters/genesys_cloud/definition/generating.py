"""Reads definition files, and writes or compares generated source files.

Invariants: the core (:mod:`genesys_core.definition`) determines what to write. A file without the
generator's banner is never overwritten or removed.
"""

import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from genesys_cloud.definition.file_errors import file_error
from genesys_cloud.packed_data import read_data, read_own_data
from genesys_core.definition import (
    BANNER_START,
    BUILT_IN,
    GENERATED_ROOTS,
    DefinitionSources,
    Finding,
    build_sources,
    differences_table,
    interpret_sources,
    load_document,
    package_layout,
    read_sources,
    refuse_findings,
    with_table,
)
from genesys_core.errors import ConfigurationError, InvalidValueError

__all__ = [
    "BUNDLED",
    "GUIDE",
    "generate",
    "load_definition",
    "load_documents",
    "load_sources",
    "load_topics",
    "write_generated",
]

BUNDLED = "bundled"
"""The value that selects the bundled definition and topics instead of a path."""

GUIDE = "docs/moving.md"
"""The path of the migration guide, which contains a generated table of names."""


def load_definition(path: str | Path | None = None) -> Mapping[str, object]:
    """Read a Swagger document from a JSON file, which may be compressed with gzip or xz.

    Args:
        path: the path of the file; by default the library's bundled definition.

    Raises:
        ConfigurationError: the file cannot be read, or is not a JSON object.
    """
    return _load(path, "swagger.json.xz")


def load_topics(path: str | Path | None = None) -> Mapping[str, object]:
    """Read a topic file in JSON, which may be compressed with gzip or xz.

    Args:
        path: the path of the file; by default the library's bundled topics.

    Raises:
        ConfigurationError: the file cannot be read, or is not a JSON object.
    """
    return _load(path, "notification_mappings.json.xz")


def load_sources(path: str | Path, topics: str | Path | None = None) -> DefinitionSources:
    """Read a definition and its topics, to compare it with another definition.

    Args:
        path: a Swagger file, a folder with ``swagger.json`` and ``topics.json`` as
            :func:`~genesys_cloud.definition.fetch_definition` saves them, or :data:`BUNDLED`.
        topics: a topic file, used instead of the one in the folder or the bundled one.

    Raises:
        ConfigurationError: a file cannot be read, or is not a JSON object.
        InvalidValueError: a file is not a Swagger 2.0 document or topic file; the message contains
            ``path``.
    """
    documents = load_documents(path, topics)
    try:
        return read_sources(*documents)
    except InvalidValueError as error:
        raise InvalidValueError(f"{path}: {error}") from None


def load_documents(
    path: str | Path, topics: str | Path | None = None
) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """Return a definition and its topics as parsed JSON; see :func:`load_sources`."""
    if str(path) == BUNDLED:
        return load_definition(), load_topics(topics)
    file = Path(path)
    if file.is_dir():
        file, topics = file / "swagger.json", topics or file / "topics.json"
    mapping: Mapping[str, object] = {"notifications": []}
    if topics is not None:
        mapping = load_topics(topics)
    return load_definition(file), mapping


def _load(path: str | Path | None, own: str) -> Mapping[str, object]:
    try:
        text = read_own_data(own) if path is None else read_data(path)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise file_error(path or own, "cannot be read", error) from error
    try:
        return load_document(text)
    except InvalidValueError as error:
        raise ConfigurationError(f"{path or own}: {error}") from error


def write_generated(
    root: Path,
    files: Mapping[str, str],
    *,
    folders: Iterable[str] = GENERATED_ROOTS,
    check: bool = False,
) -> list[str]:
    """Update the generated files under ``root`` to match ``files``.

    Args:
        root: the folder that paths are relative to, such as the root of the repository.
        files: the text of each generated file, by its path relative to the root.
        folders: the folders that contain only generated files; their stale files are removed.
        check: whether to only compare the files, without writing or removing any.

    Returns:
        The paths of files that differ from ``files``, including stale files; unless ``check`` is
        set, these files have been written or removed.

    Raises:
        ConfigurationError: a file to replace is not a generated file, or a file cannot be read or
            written.
    """
    try:
        return _write_generated(root, files, folders, check=check)
    except OSError as error:
        raise file_error(error.filename or root, "cannot be written", error) from error


def _write_generated(
    root: Path, files: Mapping[str, str], folders: Iterable[str], *, check: bool
) -> list[str]:
    stale = [path for path in _generated(root, folders) if path not in files]
    changed = [path for path, text in files.items() if _read(root / path) != text]
    if not check:
        # All files are checked before the first one is written, so that a rejected file changes nothing.
        for path in changed:
            _refuse_handwritten(root / path)
        for path in changed:
            _write(root / path, files[path])
        for path in stale:
            (root / path).unlink()
    return sorted([*changed, *stale])


def _generated(root: Path, folders: Iterable[str]) -> list[str]:
    """Return the paths of the existing generated files."""
    found = [path for folder in folders for path in (root / folder).glob("*.py*") if path.is_file()]
    return [
        path.relative_to(root).as_posix()
        for path in found
        if (_read(path) or "").startswith(BANNER_START)
    ]


def _read(path: Path) -> str | None:
    # As bytes, because reading as text would hide different line endings.
    return path.read_bytes().decode("utf-8", "replace") if path.is_file() else None


def _refuse_handwritten(path: Path) -> None:
    old = _read(path)
    if old is not None and not old.startswith(BANNER_START):
        raise ConfigurationError(
            f"{path}: was not generated and would be overwritten; move it first"
        )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def generate(
    root: str | Path | None = None,
    *,
    definition: str | Path = BUNDLED,
    topics: str | Path | None = None,
    package: str | None = None,
    check: bool = False,
    strict: bool = False,
    on_finding: Callable[[Finding], object] = str,  # without effect
) -> list[str]:
    """Generate source files for a definition, in a checkout of this library or in a package.

    Args:
        root: the root of the checkout, by default the one that contains this module; with
            ``package``, the folder that contains the package, by default the current folder.
        definition: a Swagger file, a folder from ``genesys-cloud definition fetch``, or
            ``bundled``.
        topics: a topic file, in the bundled or the published format. By default, the topics are those
            in the definition's folder, or the bundled topics for the bundled definition; for a single
            Swagger file, there are none.
        package: the import name of a user's own package to generate, such as ``acme_genesys``.
        check: whether to only compare the files, without writing any.
        strict: whether to reject documents with invalid parts (findings).
        on_finding: called for each part of the documents that is invalid, and therefore dropped or
            replaced.

    Returns:
        The paths of the files that changed or, if ``check`` is set, would change.

    Raises:
        ConfigurationError: a file cannot be read or written, or a file to be replaced was not
            generated.
        InvalidValueError: a file is not a definition or topic file, ``package`` is invalid, or
            ``strict`` is set and there is a finding.
    """
    layout = BUILT_IN if package is None else package_layout(package)
    folder = Path(root or ".") if root or package else _checkout()
    reading = interpret_sources(load_sources(definition, topics))
    if strict:
        refuse_findings(reading.findings)
    for finding in reading.findings:
        on_finding(finding)
    files = build_sources(reading.definition, layout)
    changed = write_generated(folder, files, folders=layout.roots, check=check)
    if package is not None:
        return changed
    names = differences_table(reading.definition)
    return [
        *changed,
        *_update_page(folder, GUIDE, lambda page: with_table(page, names), check=check),
    ]


def _update_page(
    folder: Path, name: str, update: Callable[[str], str], *, check: bool
) -> list[str]:
    """Update the generated table in a hand-written page, if the page exists."""
    old = _read(folder / name)
    if old is None or (new := update(old)) == old:
        return []
    if not check:
        (folder / name).write_bytes(new.encode())
    return [name]


def _checkout() -> Path:
    root = Path(__file__).resolve().parents[3]
    if not (root / "pyproject.toml").is_file():
        raise ConfigurationError(
            f"{root}: is not a checkout of this library; pass the folder of a checkout as root (--root)"
        )
    return root

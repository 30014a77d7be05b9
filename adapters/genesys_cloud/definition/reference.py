"""Writes a definition's reference: pages about APIs, models, topics, permissions, keys and changes.

Invariants: the core (:mod:`genesys_core.definition.reference`) produces the text of the pages; the
simulator produces the example responses. If the simulator rejects a definition, the pages have no
examples.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from genesys_cloud.definition.file_errors import file_error
from genesys_cloud.definition.generating import BUNDLED, load_documents
from genesys_core.definition import read_definition
from genesys_core.definition.read.tolerant import MAX_DEPTH, is_deeper_than
from genesys_core.definition.reference import ModelExample, build_reference, parse_changes
from genesys_core.errors import InvalidValueError
from genesys_core.simulator.state.definition import Definition
from genesys_core.simulator.state.examples import example

__all__ = ["write_reference"]

_DEPTH = 2
"""Maximum number of levels of nested models in an example, including the outermost model."""


def write_reference(
    folder: str | Path,
    *,
    definition: str | Path = BUNDLED,
    topics: str | Path | None = None,
    changes: Iterable[str | Path] = (),
) -> list[str]:
    """Write a definition's reference as Markdown files.

    Args:
        folder: the folder to write the files to; created if necessary. Other files in it are kept.
        definition: a Swagger file, a folder from ``genesys-cloud definition fetch``, or
            ``bundled``.
        topics: a topic file, used instead of the one in the folder or the bundled one.
        changes: files with reports from ``genesys-cloud definition diff --format json``, the oldest
            first.

    Returns:
        The paths of the pages relative to the folder, such as ``apis/users.md``.

    Raises:
        ConfigurationError: a file cannot be read or written.
        InvalidValueError: a file is not a definition, or a file in ``changes`` is not a report.
    """
    document, mapping = load_documents(definition, topics)
    pages = build_reference(
        read_definition(document, mapping).definition,
        example=_examples(document),
        changes=[parse_changes(_read_report(each), str(each)) for each in changes],
    )
    for name, text in pages.items():
        path = Path(folder) / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise file_error(error.filename or path, "cannot be written", error) from error
    return list(pages)


def _examples(document: Mapping[str, object]) -> ModelExample | None:
    """Return a function for example responses; ``None`` if the simulator rejects the document."""
    if is_deeper_than(document, MAX_DEPTH):
        return None
    try:
        known = Definition.of(document)
    except InvalidValueError:
        return None
    return lambda name: example(known, name, depth=_DEPTH) if name in known.schemas else None


def _read_report(path: str | Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise file_error(path, "cannot be read", error) from error

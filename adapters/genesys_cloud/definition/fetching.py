"""Fetches the API definition and topics that the platform publishes.

Invariants: the documents are saved unchanged, as the platform sent them. An incomplete file never
replaces a complete one.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from genesys_cloud.client.atomic_file import AtomicFile
from genesys_cloud.definition.file_errors import file_error
from genesys_core.calls.operation import raw_operation
from genesys_core.definition import DEFINITION_PATH, PREVIEW_PATH, TOPICS_PATH, load_document

if TYPE_CHECKING:
    from genesys_cloud.client.sync_client import SyncClientBase

__all__ = ["fetch_definition"]


def fetch_definition(
    client: "SyncClientBase", folder: str | Path, *, preview: bool = False
) -> list[Path]:
    """Save the published definition and topics as ``swagger.json`` and ``topics.json``.

    Args:
        client: a client for the region. Only the request for the topics requires a token.
        folder: the folder to save the files in; created if necessary.
        preview: whether to fetch the definition that includes preview operations.

    Returns:
        The paths of the two files.

    Raises:
        GenesysCloudError: a request failed. If the request for the topics failed, the definition
            has been saved.
        InvalidValueError: a response is not a JSON object.
        ConfigurationError: a file cannot be written.
    """
    target = Path(folder)
    path = PREVIEW_PATH if preview else DEFINITION_PATH
    return [
        _save(client, path, {}, target / "swagger.json"),
        _save(client, TOPICS_PATH, {"expand": "schema"}, target / "topics.json"),
    ]


def _save(client: "SyncClientBase", path: str, query: dict[str, str], file: Path) -> Path:
    raw = client.send_raw(raw_operation("GET", path, query=query)).raw
    load_document(raw)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with AtomicFile(file) as new:
            new.write(raw)
            new.commit(file.name)
    except OSError as error:
        failed = file if file.parent.is_dir() else file.parent
        raise file_error(failed, "cannot be written", error) from error
    return file

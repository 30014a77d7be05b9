"""Any command line is parsed or a UsageError; what is offered and printed is safe in a terminal.

Invariants: parsing, completion and rows of files raise nothing but UsageError, whatever is typed.
"""

import contextlib
import json
import re
from collections.abc import Callable
from typing import Final

from genesys_core.command_line.arguments import parse_arguments
from genesys_core.command_line.bulk_rows import parse_json_row, row_arguments
from genesys_core.command_line.completion import complete_operation, format_candidates
from genesys_core.command_line.formats import json_text, yaml_text
from genesys_core.command_line.recordings import (
    FetchFile,
    RecordingLink,
    RecordingManifest,
    RecordingRun,
    RequestLinks,
    read_conversation_ids,
)
from genesys_core.command_line.usage import UsageError
from genesys_core.observability.terminal import escape_line
from tests.helpers.command_line import described

__all__ = ["TARGETS"]

OPERATIONS: Final = tuple(described().values())


def command_arguments(data: bytes) -> None:
    """Each line of the input is an argument."""
    words = data.decode("utf-8", "surrogateescape").split("\n")
    for operation in OPERATIONS:
        with contextlib.suppress(UsageError):  # and nothing else
            parse_arguments(operation, words)
        found = complete_operation(operation, words[:-1], words[-1], {})
        for line in format_candidates("zsh", found).split("\n"):
            assert escape_line(line.replace("\t", " ")) == line.replace("\t", " ")


def command_row(data: bytes) -> None:
    """The input is a line of a file of rows; a row is printed as JSON and YAML."""
    try:
        row = parse_json_row(data.decode("utf-8", "replace"))
        for text in (json_text(row), yaml_text(row)):
            assert all(escape_line(line) == line for line in text.split("\n"))
        assert json.loads(json_text(row)) == row or "NaN" in json_text(row)
        for operation in OPERATIONS:
            row_arguments(operation, row, {}, None)
    except UsageError:
        return


def recording_folder(data: bytes) -> None:
    """The input is a file of ids, and what an earlier run of a download has written."""
    lines = data.decode("utf-8", "replace").split("\n")
    manifest = RecordingManifest()
    manifest.read_files(lines)
    manifest.read_found(lines)
    run = RecordingRun(manifest=manifest)
    for conversation in (*read_conversation_ids(lines), *manifest.found):
        run.offer(conversation)
    run.complete()
    while (task := run.take_task()) is not None:
        if isinstance(task, RequestLinks):
            links = [
                RecordingLink(*each.key, url=data.decode("latin-1")) for each in task.recordings
            ]
            run.linked(task, links)
        elif isinstance(task, FetchFile):
            assert re.fullmatch(r"[\w-]+/[\w-]+\.\w{1,5}", task.file, re.ASCII)
            run.fetched(task, 1)
        else:
            run.looked_up(task, [])
    assert run.is_idle


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "command_arguments": command_arguments,
    "command_row": command_row,
    "recording_folder": recording_folder,
}

"""``genesys-cloud recordings``: download the media of recordings.

Invariants: :class:`~genesys_core.command_line.recordings.RecordingRun` decides which request is
next. File paths go to standard output, everything else to standard error. Exit code 11 if
recordings are missing, 130 after Ctrl-C; in both cases running the same command again continues the
download.
"""

from pathlib import Path
from typing import Annotated

import typer

from genesys_cloud.cli.connection_arguments import take_connection

__all__ = ["app"]

app = typer.Typer(help="Download the recordings of conversations.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Download the recordings of conversations."""


@app.command()
@take_connection("secret_file")
def download(
    ctx: typer.Context,
    conversations: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CONVERSATION_ID]...", help="Ids of conversations."),
    ] = None,
    *,
    out: Annotated[Path, typer.Option(help="Folder for the files; created if necessary.")],
    from_file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="File with one conversation per line: its id, or a JSON object with the id; - for "
            "standard input.",
        ),
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="First day or date-time, such as 2024-01-01.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="Last day (inclusive) or date-time (exclusive).")
    ] = None,
    parallel: Annotated[
        int, typer.Option(min=1, max=32, help="Number of files downloaded in parallel.")
    ] = 4,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Print attempts and timings to stderr.")
    ] = False,
) -> None:
    """Download the recordings of conversations, or continue a download.

    Selects conversations by id, with a file of ids, or with --from and --to. Recordings that are
    already in the folder are not downloaded again; incomplete files are resumed. Prints the
    path of each file.
    """
    from genesys_cloud.cli.recording_files import (  # noqa: PLC0415 - see cli.app
        DownloadRequest,
        download_recordings,
    )

    options = ctx.obj
    request = DownloadRequest(out, tuple(conversations or ()), from_file, (from_, to))
    download_recordings(options, request, parallel=parallel, is_verbose=verbose)

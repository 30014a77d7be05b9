"""``genesys-cloud export``: export records to files.

Invariants: progress and problems go to standard error, the result of ``status`` and ``verify`` to
standard output. Exit code 0 if the export is complete, 11 if slices are missing or files are damaged,
130 after Ctrl-C. Running the same command again continues an incomplete export.
"""

import signal
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from genesys_cloud.cli.connection_arguments import take_connection
from genesys_cloud.cli.terminal import print_error, print_line

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from genesys_core.export.manifest import ExportPart
    from genesys_core.export.plan import Export, Slice

__all__ = ["export"]


@take_connection("secret_file")
def export(
    ctx: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            metavar="NAME|status|verify",
            help=(
                "What to export: conversations, users, queues, audits, ..., or a method such as "
                "groups.get_groups. Or status or verify, for the export in --out."
            ),
        ),
    ],
    *,
    out: Annotated[
        str, typer.Option(help="Directory, or URL of a file system such as s3://bucket/calls.")
    ],
    from_: Annotated[
        str | None, typer.Option("--from", help="First day or date-time, such as 2024-01-01.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="Last day (inclusive) or date-time (exclusive).")
    ] = None,
    format: Annotated[str, typer.Option(help="jsonl, csv or parquet.")] = "jsonl",
    days: Annotated[int | None, typer.Option(min=1, help="Number of days in a slice.")] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Number of slices fetched in parallel.")
    ] = 4,
    body: Annotated[
        Path | None, typer.Option(help="JSON file with the request's body, such as filters.")
    ] = None,
    query: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Query parameter.")
    ] = None,
) -> None:
    """Export records to files, or continue an export.

    Each record is exported exactly once. After Ctrl-C or a crash, run the same command again to
    continue. If the name is unknown, the available names are listed. Use status or verify instead
    of a name to check an export.
    """
    from genesys_core.command_line.intervals import parse_period  # noqa: PLC0415 - see cli.app

    with _target_errors(out):
        if what == "status":
            _print_status(out)
        elif what == "verify":
            _print_verification(out)
        else:
            # SIGTERM has the same effect as Ctrl-C: unfinished slices are left for the next run.
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            _export(
                ctx.obj,
                partial(
                    _find,
                    what,
                    interval=parse_period(from_, to),
                    body=_read_body(body),
                    query=_query(query or []),
                    days=days,
                ),
                out,
                format,
                workers,
            )


@contextmanager
def _target_errors(out: str) -> "Generator[None]":
    """Report an error of the target, such as a missing directory or a package that is not installed."""
    from genesys_cloud.cli import UNWRITABLE  # noqa: PLC0415 - see cli.app
    from genesys_core.command_line.usage import UsageError  # noqa: PLC0415
    from genesys_core.errors import GenesysCloudError  # noqa: PLC0415

    try:
        yield
    except (BrokenPipeError, ModuleNotFoundError, GenesysCloudError):
        raise  # see cli.main; the library's TimeoutError is an OSError as well
    except OSError as error:
        if error.errno in UNWRITABLE:
            raise  # not invalid usage: requests may have been sent
        raise UsageError(f"--out {out}: {error.strerror or error}") from None
    except ImportError as error:
        raise UsageError(str(error)) from None


def _find(what: str, **arguments: Any) -> "Export":  # noqa: ANN401 - those of find_export
    from genesys_cloud.export import find_export  # noqa: PLC0415 - see cli.app

    return find_export(what, **arguments)


def _export(
    options: dict[str, object], find: "Callable[..., Export]", out: str, format: str, workers: int
) -> None:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - see cli.app
    from contextlib import nullcontext  # noqa: PLC0415

    from genesys_cloud.cli.connection import open_client  # noqa: PLC0415
    from genesys_cloud.export import ExportFormat, find_available_until, plan, run  # noqa: PLC0415
    from genesys_core.command_line.exit_codes import CommandExit, ExitCode  # noqa: PLC0415

    export = find()  # rejects invalid arguments before anything is sent
    with open_client(options) as client, ThreadPoolExecutor(workers) as executor:
        slices = plan(find(available_until=find_available_until(client, export.name)))
        parts = run(
            slices,
            out=out,
            client=lambda: nullcontext(client),
            executor=executor,
            format=cast(ExportFormat, format),  # which run checks
            ahead=2 * workers,
        )
        try:
            for number, part in enumerate(parts, 1):
                print_error(_progress(number, part, slices))
        except KeyboardInterrupt:
            # Ended before the client is closed, so that no further slice is started meanwhile.
            parts.close()
            client.close()  # ends the calls of the slices that are being fetched
            print_error("interrupted; run the same command to continue")
            raise CommandExit(ExitCode.INTERRUPTED) from None
    _print_status(out)


def _progress(number: int, part: "ExportPart", slices: "tuple[Slice, ...]") -> str:
    return f"[{number} of up to {len(slices)}] {part.file}: {part.totals.records} records"


def _print_status(out: str) -> None:
    from genesys_cloud.export import read_status  # noqa: PLC0415 - see cli.app
    from genesys_core.command_line.exit_codes import CommandExit, ExitCode  # noqa: PLC0415

    status = read_status(out)
    for one in status.missing:
        when = f"; expected at {one.expected_at.isoformat()}" if one.expected_at else ""
        print_error(f"{one.id}: {one.why}{when}")
    print_line(
        f"{status.records} records, {status.size} bytes, {len(status.parts)} of {status.slices} slices"
    )
    if not status.is_complete:
        raise CommandExit(ExitCode.INCOMPLETE)


def _print_verification(out: str) -> None:
    from genesys_cloud.export import verify  # noqa: PLC0415 - see cli.app
    from genesys_core.command_line.exit_codes import CommandExit, ExitCode  # noqa: PLC0415

    found = verify(out)
    for problem in found.problems:
        print_error(problem)
    print_line(f"{found.records} records in {found.files} files, {len(found.problems)} problems")
    if found.problems:
        raise CommandExit(ExitCode.INCOMPLETE)


def _read_body(path: Path | None) -> object:
    import msgspec  # noqa: PLC0415 - see cli.app

    from genesys_core.command_line.usage import UsageError  # noqa: PLC0415

    if path is None:
        return None
    try:
        content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")  # a byte order mark
        found: object = msgspec.json.decode(content)
    except OSError as error:
        raise UsageError(f"--body {path}: cannot be read: {error.strerror}") from None
    except msgspec.DecodeError as error:
        raise UsageError(f"--body {path}: not valid JSON: {error}") from None
    if not isinstance(found, dict):
        raise UsageError(f"--body {path}: must be a JSON object")
    return cast(object, found)


def _query(pairs: list[str]) -> dict[str, str] | None:
    from genesys_core.command_line.usage import UsageError  # noqa: PLC0415 - see cli.app

    for pair in pairs:
        if "=" not in pair:
            raise UsageError(f"--query {pair}: must be NAME=VALUE, such as state=any")
    return dict(pair.split("=", 1) for pair in pairs) or None

"""Runs an export on any executor, and reads its progress.

Invariants: the executor needs only ``submit``, which returns futures of the standard library. Workers
write the files and their manifest entries themselves, so finished slices remain if this process
dies: the next run fetches only the slices without an entry.
"""

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import ExitStack
from functools import partial
from typing import Any, Final, NamedTuple

from genesys_cloud.client.sync_client import Client
from genesys_cloud.export.fetching import ClientFactory, check_factory, fetch
from genesys_cloud.export.formats import ExportFormat, check_format, read_part
from genesys_cloud.export.targets import Target, open_target
from genesys_core.checks import WHOLE_NUMBER, Expected
from genesys_core.codec.decoding import resolve_type
from genesys_core.errors import ExportError, InvalidValueError
from genesys_core.export.manifest import (
    ExportDocument,
    ExportPart,
    ExportStatus,
    decode_document,
    decode_part,
    describe_export,
    encode_document,
    extend_document,
    find_unnamed_parts,
    judge_export,
    select_present,
    select_slices,
)
from genesys_core.export.plan import Slice

__all__ = ["read_document", "read_export_model", "read_parts", "read_records", "read_status", "run"]

DOCUMENT: Final = "export.json"
"""The name of the file in the export's directory that contains the plan."""

WORKERS: Final = 4
"""The number of threads if no executor is given."""

_EXECUTOR: Final = Expected(
    "an executor", "ThreadPoolExecutor(4)", methods=("submit",), is_optional=True
)


def run(
    slices: Iterable[Slice],
    *,
    out: str | os.PathLike[str],
    client: ClientFactory = Client,
    executor: Executor | None = None,
    format: ExportFormat = "jsonl",
    ahead: int = 64,
) -> Generator[ExportPart]:
    """Fetch the missing slices of a plan, and yield each manifest entry when it has been written.

    Slices that an earlier run has completed are skipped; slices whose data was incomplete are
    fetched again. If a slice fails, the other slices are still fetched.

    Args:
        slices: the slices that :func:`~genesys_cloud.export.plan` returned.
        out: a local directory, or an fsspec URL such as ``s3://bucket/export``, that the workers
            can write to.
        client: a function that returns a client. The function is sent to the workers and called
            there, because clients cannot be pickled.
        executor: any :class:`concurrent.futures.Executor`: of threads, of processes, or
            ``dask.distributed.Client.get_executor()``. By default, 4 threads are used.
        format: ``jsonl``, ``csv`` or ``parquet``.
        ahead: the maximum number of slices that are submitted but not finished.

    Raises:
        ExportError: the directory contains another export; another process has locked the directory
            for longer than 30 s; or slices have failed, in which case the error is raised at the
            end, with the first failure as its cause.
        InvalidValueError: an argument is invalid.
        BrokenExecutor: the executor's workers died; call the function again.
    """
    plan = tuple(slices)
    check_factory(client)
    _EXECUTOR.check("executor", executor)
    WHOLE_NUMBER.check("ahead", ahead)
    check_format(format)
    if ahead < 1:
        raise InvalidValueError(f"ahead={ahead}: must be 1 or more")
    target = open_target(out)
    document = describe_export(plan, format)
    _write_document(target, document)
    work = partial(fetch, out=os.fspath(out), client=client, format=format)
    todo = select_slices(plan, _tidy(target, document))
    return _run(todo, work, document, _Resources(target, executor, ahead))


class _Resources(NamedTuple):
    """The target, the executor and the limits of a run."""

    target: Target
    executor: Executor | None
    ahead: int


def _run(
    slices: tuple[Slice, ...],
    work: Callable[[Slice], ExportPart],
    document: ExportDocument,
    resources: _Resources,
) -> Generator[ExportPart]:
    target, executor, ahead = resources
    todo = iter(slices)
    running: dict[Future[ExportPart], Slice] = {}
    failed: dict[str, Exception] = {}
    with ExitStack() as stack:
        # The caller's executor is not shut down.
        workers = executor or stack.enter_context(ThreadPoolExecutor(WORKERS))
        try:
            while True:
                while len(running) < ahead and (one := next(todo, None)) is not None:
                    future = workers.submit(work, one)
                    running[future] = one
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    one = running.pop(future)
                    error = future.exception()
                    if isinstance(error, Exception) and not isinstance(error, BrokenExecutor):
                        failed[one.id] = error
                    else:
                        # Yield the entry, or raise an error that affects all slices: dead workers
                        # or an interrupt.
                        yield future.result()
        finally:
            # This also runs if the caller stops iterating. Slices in progress are completed.
            for future in running:
                future.cancel()
    # Write the plan again: without locks, another process that extended the export at the same time
    # may have removed these slices from the document.
    whole = _write_document(target, document)
    present = _tidy(target, document)
    if failed:
        first, error = next(iter(failed.items()))
        raise ExportError(
            f"{len(failed)} of {len(slices)} slices failed; run the export again to fetch them. "
            f"The first failed slice, {first}: {_reason(error)}",
            missing=tuple(failed),
        ) from error
    # While slices are missing, another process, which may have extended the plan, may be writing
    # them.
    if judge_export(whole, present).is_complete:
        target.clean()


def read_status(out: str | os.PathLike[str]) -> ExportStatus:
    """Return an export's progress: its files, and its missing slices with the reason for each.

    Raises:
        ExportError: the directory contains no export.
    """
    target = open_target(out)
    return judge_export(read_document(target, out), _read_present(target))


def read_records(out: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """Iterate over the records of an export: JSON objects, or rows as dictionaries by column name.

    Raises:
        ExportError: the directory contains no export.
    """
    target = open_target(out)
    document = read_document(target, out)
    for part in judge_export(document, read_parts(target)).parts:
        with target.open(part.file) as file:
            yield from read_part(document.format, file)


def read_export_model(out: str | os.PathLike[str]) -> type:
    """Return the type of an export's records.

    Raises:
        ExportError: the directory contains no export.
        InvalidValueError: the export is in CSV, which has no types.
    """
    document = read_document(open_target(out), out)
    if document.format == "csv":
        raise InvalidValueError(
            f"{os.fspath(out)}: CSV has no types; export to parquet or jsonl, or read the files with pandas"
        )
    return resolve_type(document.model)


def read_parts(target: Target) -> list[ExportPart]:
    """Return the entries of a manifest; partially written entries are ignored."""
    contents = (target.read(f"manifest/{name}") for name in target.list("manifest"))
    decoded = (decode_part(content) for content in contents if content is not None)
    return [part for part in decoded if part is not None]


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def _read_present(target: Target) -> tuple[ExportPart, ...]:
    # Entries are read before files are listed, because a part is written before its entry.
    parts = read_parts(target)
    return select_present(parts, target.list(""))


def _tidy(target: Target, document: ExportDocument) -> tuple[ExportPart, ...]:
    """Remove parts without a manifest entry, left by killed processes; return the other parts."""
    # Files are listed before entries are read: a listed file whose entry is written in between is
    # not removed.
    files = target.list("")
    parts = read_parts(target)
    ids = (one.id for one in document.slices)
    for name in find_unnamed_parts(ids, parts, files, document.format):
        target.remove(name)
    return select_present(parts, target.list(""))


def read_document(target: Target, out: str | os.PathLike[str]) -> ExportDocument:
    """Return the document ``export.json`` of an export, which describes the export's plan.

    Raises:
        ExportError: the directory contains no export.
    """
    content = target.read(DOCUMENT)
    if content is None:
        raise ExportError(f"{os.fspath(out)}: contains no export; start one with run()")
    return decode_document(content)


def _write_document(target: Target, document: ExportDocument) -> ExportDocument:
    """Add a plan to the document of an export, and return the whole document."""
    with target.lock():
        kept = target.read(DOCUMENT)
        known = None if kept is None else decode_document(kept)
        whole = document if known is None else extend_document(known, document)
        if whole != known:
            target.write(DOCUMENT, encode_document(whole))
    return whole

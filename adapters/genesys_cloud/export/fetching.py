"""Fetches one slice of an export: writes its records to a file, and then its manifest entry.

Invariants: the core decides what is requested and which records belong to the slice. Each file is
written atomically. The entry is written after the file with the records, and then the file that
the new one replaces is removed. The id of a job is stored when the job has started, so that another
process can continue with that job instead of starting a new one.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeAlias, cast

from genesys_cloud.client.sync_client import Client
from genesys_cloud.export.formats import ExportFormat, check_format, open_writer
from genesys_cloud.export.targets import Target, open_target
from genesys_core.checks import Expected, wrong_type
from genesys_core.codec.decoding import resolve_type
from genesys_core.errors import JobFailedError, NotFoundError
from genesys_core.export.manifest import (
    ExportedFile,
    ExportPart,
    check_published,
    decode_part,
    encode_part,
    find_unnamed_parts,
    name_part,
)
from genesys_core.export.media import find_media, media_folder
from genesys_core.export.plan import Slice, job_file
from genesys_core.export.reading import SliceReading
from genesys_core.paging.places import read_path
from genesys_core.paging.replies import read_items

if TYPE_CHECKING:
    from genesys_cloud.client.jobs import Job
    from genesys_core.calls.operation import JobOperation

__all__ = ["ClientFactory", "check_factory", "fetch", "measure_file"]

ClientFactory: TypeAlias = Callable[[], AbstractContextManager[Client]]
"""A function that each worker calls to create its client.

The client should read its credentials from the worker's environment or a token store. The function
must be picklable: a class or a module-level function.
"""

_SLICE: Final = Expected("a Slice", "plan(export)[0]", (Slice,))
_CHUNK: Final = 1 << 20
"""Number of bytes of a file that are read and hashed at a time."""

_ATTEMPTS: Final = 5
"""Maximum attempts to write a file; another process that fetches the slice may remove the file."""

_BATCH: Final = 1000
"""Number of records written at a time, for a job whose results have no pages."""


def fetch(
    slice: Slice,
    *,
    out: str | os.PathLike[str],
    client: ClientFactory = Client,
    format: ExportFormat = "jsonl",
) -> ExportPart:
    """Fetch a slice of an export into a file, and write its manifest entry.

    Args:
        slice: a slice that :func:`~genesys_cloud.export.plan` returned.
        out: the export's directory: a local path or an fsspec URL.
        client: a function that returns a client. The default, :class:`Client`, reads the
            environment and the configuration file.
        format: ``jsonl``, ``csv`` or ``parquet``.

    Returns:
        The slice's manifest entry. If another process has fetched the slice at the same time, it
        may be that process's entry.

    Raises:
        ExportError: other processes that fetched the same slice at the same time repeatedly removed
            the file.
        GenesysCloudError: see :mod:`genesys_core.errors`; no entry was written.
        OSError: the file cannot be written.
    """
    _SLICE.check("slice", slice)
    check_factory(client)
    check_format(format)
    target = open_target(out)
    reading = SliceReading(slice)
    media: list[ExportedFile] = []
    jobs: list[str] = []
    with target.new_file() as path:
        with path.open("wb") as file:
            writer = open_writer(format, file, resolve_type(slice.model))
            with client() as connected:
                for records in _read(connected, slice, reading, target, jobs):
                    writer.write(records)
                    if slice.media:
                        media += _fetch_media(connected, slice, records, target)
            writer.close()
            file.flush()
            os.fsync(file.fileno())
        with path.open("rb") as file:
            size, digest = measure_file(file)
        name = name_part(slice.id, format, digest)
        part = ExportPart(slice.id, name, size, digest, reading.totals, tuple(media))
        published = _publish(target, path, part, format)
    # Only after the entry is written: until then, another process could continue with the job.
    for name in jobs:
        target.remove(name)
    return published


def _publish(target: Target, path: Path, part: ExportPart, format: str) -> ExportPart:
    """Write a part and its entry, remove parts that it replaces, and return the slice's entry.

    The directory is not listed, because the total cost of that would grow with the square of the
    number of slices.
    """
    current, is_there = part, False
    for _ in range(_ATTEMPTS):
        target.put(path, part.file)
        before = _read_entry(target, part)
        target.write(_entry_file(part), encode_part(part))
        current = _read_entry(target, part)
        known = (before.file, part.file)
        for name in find_unnamed_parts((part.slice,), (current,), known, format):
            target.remove(name)
        # Another process may have removed this part before its entry was written, but only once,
        # so the part is written again.
        is_there = _exists(target, current.file)
        if is_there:
            break
    check_published(current, (current.file,) if is_there else ())
    return current


def _exists(target: Target, name: str) -> bool:
    try:
        target.open(name).close()
    except FileNotFoundError:
        return False
    return True


def _read_entry(target: Target, part: ExportPart) -> ExportPart:
    """Return the stored manifest entry of a slice, or ``part`` if none is stored yet."""
    return decode_part(target.read(_entry_file(part)) or b"") or part


def _entry_file(part: ExportPart) -> str:
    return f"manifest/{part.slice}.json"


def check_factory(client: object) -> None:
    """Check that a value can be called to create a worker's client.

    Raises:
        TypeError: the value is not callable, such as a client, which cannot be sent to workers.
    """
    if not callable(client):
        raise wrong_type("client", client, "a function that returns a client", "Client")


def _read(
    client: Client, slice: Slice, reading: SliceReading, target: Target, jobs: list[str]
) -> Iterator[list[object]]:
    """Yield the records of each page, and append the names of job id files to ``jobs``."""
    while (request := reading.next_request()) is not None:
        # Pages are read without a check of the total, because SliceReading finds missing records.
        operation = request.operation.with_options(keep_unknown="items")
        if slice.source == "job":
            starts = cast("JobOperation[Any, Any, Any]", operation)
            jobs.append(job_file(slice, operation))
            job = _find_or_start(client, starts, jobs[-1], target)
            endpoint, pages = job.results_operation, job.pages(shortfall="ignore")
            listing = None if endpoint is None else endpoint.endpoint.listing
            if listing is None:  # the results are in the status, or not paginated
                yield from _batches(reading, job.results())
                continue
        else:
            listing = operation.endpoint.listing
            pages = client.pages(operation, shortfall="ignore")
        items, identity, total = (
            ("", "", "") if listing is None else (listing.items, listing.identity, listing.total)
        )
        for page in pages:
            counted = read_path(page, total) if total else None
            records = reading.receive(
                None if page is None else read_items(page, items),
                identity=identity,
                total=counted if isinstance(counted, int) else None,
                available_until=read_path(page, "dataAvailabilityDate"),
            )
            if records is None:
                break
            yield records


def _batches(reading: SliceReading, results: Iterator[object]) -> Iterator[list[object]]:
    batch: list[object] = []
    for record in results:
        batch.append(record)
        if len(batch) == _BATCH:
            yield reading.receive(batch) or []
            batch = []
    yield reading.receive(batch) or []


def _find_or_start(
    client: Client, operation: "JobOperation[Any, Any, Any]", name: str, target: Target
) -> "Job[Any, Any]":
    known = target.read(name)
    if known:
        job = client.job(operation, known.decode())
        try:
            job.refresh()
            job.wait()
        except (NotFoundError, JobFailedError):
            pass  # the job has expired or failed in the meantime: start another
        else:
            return job
    job = client.run(operation)
    # Before the wait, because this process may be killed while it waits.
    if job.id:
        target.write(name, job.id.encode())
    job.wait()
    return job


def _fetch_media(
    client: Client, slice: Slice, records: list[object], target: Target
) -> Iterator[ExportedFile]:
    folder = media_folder(slice.id)
    fetched = {f"{folder}/{name}" for name in target.list(folder)}
    for one in (found for record in records for found in find_media(record, slice.id)):
        # A file appears complete or not at all, so an existing one is not fetched again.
        if one.name not in fetched:
            with target.new_file() as path:
                client.download(one.url, path)
                target.put(path, one.name)
        with target.open(one.name) as file:
            yield ExportedFile(one.name, *measure_file(file))


def measure_file(file: BinaryIO) -> tuple[int, str]:
    """Return the size of a file in bytes, and its SHA-256 digest in hexadecimal."""
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return size, digest.hexdigest()

"""Checks the files of an export against its manifest.

Invariants: no file of the export is changed. Records are read one by one. Digests of record ids are
stored on disk in buckets, and only one bucket at a time is read into memory, so that exports of any
size can be checked.
"""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from hashlib import blake2b
from tempfile import SpooledTemporaryFile
from typing import Final

from msgspec import Struct

from genesys_cloud.export.fetching import measure_file
from genesys_cloud.export.formats import read_part
from genesys_cloud.export.running import read_document, read_parts
from genesys_cloud.export.targets import Target, open_target
from genesys_core.export.manifest import (
    ExportDocument,
    ExportedFile,
    ExportPart,
    find_unnamed_parts,
    judge_export,
)

__all__ = ["Verification", "verify"]

_BUCKETS: Final = 64
"""Number of buckets for digests; the digests of 100 million records take 2 GB, or 31 MB per bucket."""

_IN_MEMORY: Final = 1 << 18
"""Size in bytes above which a bucket is moved from memory to disk."""

_DIGEST: Final = 16
_PART: Final = 4


class Verification(Struct, frozen=True):
    """The result of checking the files of an export.

    Attributes:
        files: the number of files with records that were read.
        records: the number of records in these files.
        problems: the problems found, one sentence each; empty if there are none.
        media: the number of media files that were read.
    """

    files: int
    records: int
    problems: tuple[str, ...]
    media: int = 0


def verify(out: str | os.PathLike[str]) -> Verification:
    """Read all files of an export, and compare them with the manifest.

    The sizes, digests and numbers of records must agree, every file must have an entry, and no record
    may occur twice.

    Args:
        out: the directory or URL of the export.

    Raises:
        ExportError: the directory contains no export.
    """
    target = open_target(out)
    document = read_document(target, out)
    files = target.list("")
    entries = read_parts(target)
    status = judge_export(document, entries)
    problems = [f"{one.id}: {one.why}" for one in status.missing]
    unnamed = find_unnamed_parts(
        (one.id for one in document.slices), entries, files, document.format
    )
    problems += [f"{file}: has no manifest entry; remove the file" for file in unnamed]
    records = 0
    with closing(_Ids()) as ids:
        for number, part in enumerate(status.parts):
            found = _check_part(target, document, (number, part), ids, problems)
            records += found
            if found != part.totals.records:
                problems.append(
                    f"{part.file}: has {found} records, but its manifest entry has {part.totals.records}"
                )
        for number, repeated in sorted(ids.count_repeated().items()):
            file = status.parts[number].file
            problems.append(f"{file}: {repeated} of its records are duplicates")
    return Verification(len(status.parts), records, tuple(problems), len(status.media))


def _check_part(
    target: Target,
    document: ExportDocument,
    numbered: tuple[int, ExportPart],
    ids: "_Ids",
    problems: list[str],
) -> int:
    number, part = numbered
    files = (ExportedFile(part.file, part.size, part.sha256), *part.media)
    faults = [fault for file in files if (fault := _check_file(target, file, part))]
    problems += faults
    # A damaged part is reported as one problem, without also reporting missing records.
    if faults and faults[0].startswith(part.file):
        return part.totals.records
    records = 0
    with target.open(part.file) as file:
        for record in read_part(document.format, file, column=document.identity):
            records += 1
            key = record.get(document.identity) if document.identity else None
            # In CSV, an absent id is an empty cell.
            if key is not None and (key or document.format != "csv"):
                ids.add(key, number)
    return records


def _check_file(target: Target, file: ExportedFile, part: ExportPart) -> str:
    way_out = f"remove {file.file} and manifest/{part.slice}.json, and run the export again"
    try:
        with target.open(file.file) as opened:
            found = measure_file(opened)
    except FileNotFoundError:
        return (
            f"{file.file}: is missing; remove manifest/{part.slice}.json and run the export again"
        )
    if found != (file.size, file.sha256):
        return f"{file.file}: was changed or damaged; {way_out}"
    return ""


class _Ids:
    """The ids of an export's records, with the number of the part that contains each record."""

    def __init__(self) -> None:
        self._buckets = [SpooledTemporaryFile[bytes](_IN_MEMORY) for _ in range(_BUCKETS)]

    def close(self) -> None:
        """Remove the files of the buckets."""
        for bucket in self._buckets:
            bucket.close()

    def add(self, key: object, part: int) -> None:
        """Store the digest of a record's id, and the number of the file with the record."""
        # repr, because 1 and "1" are different ids.
        digest = blake2b(repr(key).encode(), digest_size=_DIGEST).digest()
        self._buckets[digest[0] % _BUCKETS].write(digest + part.to_bytes(_PART, "big"))

    def count_repeated(self) -> Counter[int]:
        """Return the number of each file's records whose ids occur earlier in the export."""
        repeated = Counter[int]()
        for bucket in self._buckets:
            seen: set[bytes] = set()
            for digest, part in _read_entries(bucket):
                repeated[part] += digest in seen
                seen.add(digest)
        return +repeated


def _read_entries(bucket: "SpooledTemporaryFile[bytes]") -> Iterator[tuple[bytes, int]]:
    bucket.seek(0)
    while entry := bucket.read(_DIGEST + _PART):
        yield entry[:_DIGEST], int.from_bytes(entry[_DIGEST:], "big")

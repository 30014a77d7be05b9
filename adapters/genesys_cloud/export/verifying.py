"""Checks the files of an export against its manifest.

Invariants: nothing is changed. A file is read once; the ids of the records are kept in memory, and
nothing else of them.
"""

import hashlib
import os
from typing import BinaryIO, Final

from msgspec import Struct

from genesys_cloud.export.formats import read_part
from genesys_cloud.export.running import read_document, read_parts
from genesys_cloud.export.targets import Target, open_target
from genesys_core.export.manifest import ExportDocument, ExportPart, judge_export

__all__ = ["Verification", "verify"]

_CHUNK: Final = 1 << 20


class Verification(Struct, frozen=True):
    """What the files of an export are like.

    Attributes:
        files: the number of files that were read.
        records: the number of their records.
        problems: what is wrong, one sentence each; empty if nothing is.
    """

    files: int
    records: int
    problems: tuple[str, ...]


def verify(out: str | os.PathLike[str]) -> Verification:
    """Read all files of an export, and compare them with the manifest.

    The sizes, the digests and the numbers of records must agree, and no record may be there twice.

    Args:
        out: the directory or URL of the export.

    Raises:
        ExportError: there is no export.
    """
    target = open_target(out)
    document = read_document(target, out)
    status = judge_export(document, read_parts(target))
    problems = [f"{one.id}: {one.why}" for one in status.missing]
    ids: set[str] = set()
    records = 0
    for part in status.parts:
        found = _check_part(target, document, part, ids, problems)
        records += found
        if found != part.totals.records:
            problems.append(
                f"{part.file}: has {found} records, and the manifest says {part.totals.records}"
            )
    return Verification(len(status.parts), records, tuple(problems))


def _check_part(
    target: Target, document: ExportDocument, part: ExportPart, ids: set[str], problems: list[str]
) -> int:
    try:
        with target.open(part.file) as file:
            size, digest = _measure(file)
    except FileNotFoundError:
        problems.append(f"{part.file}: is missing; remove manifest/{part.slice}.json and run again")
        return part.totals.records
    if (size, digest) != (part.size, part.sha256):
        problems.append(
            f"{part.file}: was changed or damaged; remove manifest/{part.slice}.json and run again"
        )
        return part.totals.records
    records = repeated = 0
    with target.open(part.file) as file:
        for record in read_part(document.format, file):
            records += 1
            key = record.get(document.identity) if document.identity else None
            if key is not None:
                repeated += key in ids
                ids.add(key)
    if repeated:
        problems.append(f"{part.file}: {repeated} of its records are in the export twice")
    return records


def _measure(file: BinaryIO) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return size, digest.hexdigest()

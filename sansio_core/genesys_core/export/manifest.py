"""The manifest of an export: an entry for each finished part, and the slices that are missing.

Invariants: an entry is written after its part, so an entry means that the whole file was written. The
name of a part contains a digest of its content, so an entry never describes the part of another
process that fetched the same slice at the same time. An entry is ignored if it is truncated, if its
part does not exist, or if its slice is not in the plan. Fetching a slice again replaces its part and
its entry, so any sequence of crashes and repetitions ends in the same manifest.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from genesys_core.codec.intervals import Interval
from genesys_core.errors import ExportError
from genesys_core.export.plan import Slice
from genesys_core.export.reading import SliceTotals

__all__ = [
    "ExportDocument",
    "ExportPart",
    "ExportStatus",
    "ExportedFile",
    "MissingSlice",
    "PlannedSlice",
    "check_published",
    "decode_document",
    "decode_part",
    "describe_export",
    "encode_document",
    "encode_part",
    "extend_document",
    "find_unnamed_parts",
    "judge_export",
    "name_part",
    "select_present",
    "select_slices",
]

_DIGITS: Final = 12
"""The length of the digest in the name of a part's file, in hexadecimal digits."""

LAG: Final = timedelta(hours=24)
"""Maximum delay until a record is in the platform's archive."""


class ExportedFile(Struct, frozen=True):
    """A file that belongs to a part, such as the audio of a recording.

    Attributes:
        file: the file's path, relative to the export's directory.
        size: the file's size in bytes.
        sha256: the SHA-256 digest of the file's content, in hexadecimal.
    """

    file: str
    size: int
    sha256: str


class ExportPart(Struct, frozen=True, omit_defaults=True):
    """The manifest entry of a part.

    Attributes:
        slice: the id of the slice.
        file: the name of the file in the export's directory.
        size: the file's size in bytes.
        sha256: the SHA-256 digest of the file's content, in hexadecimal.
        totals: counts of the records received for the slice.
        media: the files of the recordings in the part.
    """

    slice: str
    file: str
    size: int
    sha256: str
    totals: SliceTotals = SliceTotals()
    media: tuple[ExportedFile, ...] = ()


class PlannedSlice(Struct, frozen=True):
    """A slice of an export, as listed in the export's document.

    Attributes:
        id: the slice's id.
        interval: the slice's interval as text; empty for all records.
        takes_earlier: whether records that started before the interval belong to the slice; see
            :class:`~genesys_core.export.plan.Slice`.
    """

    id: str
    interval: str = ""
    takes_earlier: bool = False


class ExportDocument(Struct, frozen=True, kw_only=True):
    """The description of an export, stored next to the export's parts; it contains no credentials.

    Attributes:
        version: the version of the document's format.
        name: the export's name.
        digest: the result of :func:`~genesys_core.export.plan.fingerprint_export`.
        format: the file format of the parts.
        identity: the field that identifies a record in all parts; empty if none does.
        model: the name of the records' type; ``object`` if it is unknown.
        slices: the slices of the plan.
    """

    version: int = 1
    name: str
    digest: str
    format: str
    identity: str = ""
    model: str = "object"
    slices: tuple[PlannedSlice, ...]


class MissingSlice(Struct, frozen=True):
    """A slice without a complete part.

    Attributes:
        id: the slice's id.
        interval: the slice's interval as text; empty for all records.
        why: the reason why the part is missing or incomplete.
        expected_at: the time at which the platform's data may be complete; ``None`` if the slice is
            missing for another reason.
    """

    id: str
    interval: str
    why: str
    expected_at: datetime | None = None


class ExportStatus(Struct, frozen=True):
    """The progress of an export.

    Attributes:
        slices: the number of slices in the plan.
        parts: the manifest entries of the slices fetched so far, in the order of the plan.
        missing: the slices that have not been fetched completely.
    """

    slices: int
    parts: tuple[ExportPart, ...]
    missing: tuple[MissingSlice, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every slice has a complete part."""
        return not self.missing

    @property
    def records(self) -> int:
        """The number of records in the parts."""
        return sum(part.totals.records for part in self.parts)

    @property
    def size(self) -> int:
        """The size of the parts in bytes, without media."""
        return sum(part.size for part in self.parts)

    @property
    def media(self) -> tuple[ExportedFile, ...]:
        """The media files of the recordings that the parts contain."""
        return tuple(file for part in self.parts for file in part.media)


def describe_export(slices: Sequence[Slice], format: str) -> ExportDocument:
    """Return the export document for a plan.

    Raises:
        ExportError: ``slices`` is empty, or contains slices of several exports.
    """
    if len({one.digest for one in slices}) != 1:
        raise ExportError(
            "slices: must be one or more slices of one export, as plan() returns them"
        )
    return ExportDocument(
        name=slices[0].export,
        digest=slices[0].digest,
        format=format,
        identity=slices[0].identity,
        model=slices[0].model,
        slices=tuple(
            PlannedSlice(
                one.id, "" if one.interval is None else str(one.interval), one.takes_earlier
            )
            for one in slices
        ),
    )


def extend_document(kept: ExportDocument, added: ExportDocument) -> ExportDocument:
    """Return the document of a continued export, which contains the slices of both plans.

    Raises:
        ExportError: the directory contains a different export, or one in a different format, or
            slices that overlap the added ones, so that records would be duplicated.
    """
    for what, here, wanted in (
        ("the export", kept.name, added.name),
        ("an export in the format", kept.format, added.format),
        ("an export with the digest", kept.digest, added.digest),
    ):
        if here != wanted:
            raise ExportError(
                f"export.json: the directory contains {what} {here}, not {wanted}; use another directory"
            )
    known = {one.id for one in added.slices}
    older = [one for one in kept.slices if one.id not in known]
    for one in older:
        for other in added.slices:
            if _overlap(one, other):
                raise ExportError(
                    f"export.json: slice {other.id} overlaps slice {one.id} of the export in this "
                    "directory; use the same start and days, or another directory"
                )
    # As texts in UTC, intervals are in the order of time.
    slices = sorted([*older, *added.slices], key=lambda one: one.interval)
    return replace(added, slices=tuple(slices))


def judge_export(document: ExportDocument, entries: Iterable[ExportPart]) -> ExportStatus:
    """Return the progress of an export, according to the manifest's entries."""
    found = {part.slice: part for part in entries}
    parts = tuple(found[one.id] for one in document.slices if one.id in found)
    missing = tuple(
        missed
        for one in document.slices
        if (missed := _find_missing(one, found.get(one.id))) is not None
    )
    return ExportStatus(len(document.slices), parts, missing)


def select_slices(slices: Sequence[Slice], entries: Iterable[ExportPart]) -> tuple[Slice, ...]:
    """Return the slices to fetch: those without a part, and those whose part is incomplete."""
    done = {part.slice for part in entries if not part.totals.shortfall}
    return tuple(one for one in slices if one.id not in done)


def name_part(slice: str, format: str, sha256: str) -> str:
    """Return the name of a part's file: slice id, beginning of the content's digest, format."""
    return f"{slice}-{sha256[:_DIGITS]}.{format}"


def select_present(entries: Iterable[ExportPart], files: Iterable[str]) -> tuple[ExportPart, ...]:
    """Return the entries whose part exists.

    If two processes fetch a slice at the same time, one of them may remove the other's part as
    superseded. The slice's last entry in the manifest may then name a part that does not exist.
    """
    names = frozenset(files)
    return tuple(part for part in entries if part.file in names)


def find_unnamed_parts(
    slices: Iterable[str], entries: Iterable[ExportPart], files: Iterable[str], format: str
) -> tuple[str, ...]:
    """Return the files that contain parts of the given slices, but that no manifest entry names.

    Such a part was superseded, or the process that wrote it died before it wrote the entry.

    Args:
        slices: the ids of the slices.
        entries: the manifest entries of the slices.
        files: the names of the files in the export's directory.
        format: the file format of the parts.
    """
    ids = frozenset(slices)
    named = {part.file for part in entries}
    pattern = re.compile(rf"(.+)-[0-9a-f]{{{_DIGITS}}}\.{re.escape(format)}")
    return tuple(
        file
        for file in files
        if file not in named and (found := pattern.fullmatch(file)) and found[1] in ids
    )


def check_published(part: ExportPart, files: Iterable[str]) -> None:
    """Check that the file of a manifest entry exists.

    Raises:
        ExportError: another process that fetches the same slice has removed it.
    """
    if part.file not in files:
        raise ExportError(
            f"{part.file}: another process that fetches the same slice has removed this file; "
            "run the export again when that process has ended",
            missing=(part.slice,),
        )


def encode_part(part: ExportPart) -> bytes:
    """Encode a manifest entry as a line of JSON."""
    return msgspec.json.encode(part) + b"\n"


def decode_part(content: bytes) -> ExportPart | None:
    """Decode a manifest entry; return ``None`` if the content is not a complete entry."""
    if not content.endswith(b"\n"):  # the last byte that is written
        return None
    try:
        return _PART.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def encode_document(document: ExportDocument) -> bytes:
    """Encode the document of an export as JSON."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def decode_document(content: bytes) -> ExportDocument:
    """Decode the document of an export.

    Raises:
        ExportError: the content is not an export document, or was written by a later version.
    """
    try:
        document = _DOCUMENT.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise ExportError("export.json: is not an export document; use another directory") from None
    if document.version != 1:
        raise ExportError(
            f"export.json: has version {document.version}, but this library supports only "
            "version 1; upgrade genesys-cloud"
        )
    return document


_PART: Final = msgspec.json.Decoder(ExportPart)
_DOCUMENT: Final = msgspec.json.Decoder(ExportDocument)


def _overlap(one: PlannedSlice, other: PlannedSlice) -> bool:
    # Two slices with the same interval have different operations, so their records differ. If only
    # one of them takes earlier records, the plans have different starts, and the operations may be the
    # same.
    if one.interval == other.interval:
        return one.takes_earlier != other.takes_earlier
    if not (one.interval and other.interval):
        return True
    first, last = Interval.parse(one.interval), Interval.parse(other.interval)
    return first.start < last.end and last.start < first.end


def _find_missing(planned: PlannedSlice, part: ExportPart | None) -> MissingSlice | None:
    if part is None:
        return MissingSlice(planned.id, planned.interval, "not fetched")
    totals = part.totals
    if not totals.shortfall:
        return None
    lags = totals.available_until is not None and planned.interval
    expected = Interval.parse(planned.interval).end + LAG if lags else None
    return MissingSlice(planned.id, planned.interval, totals.shortfall, expected)

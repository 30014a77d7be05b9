"""Plans: the division of an export into slices that are fetched independently.

Invariants: a plan is a pure function of its export, so every process computes the same slices. The
slices of an interval are adjacent and cover it exactly once. A slice contains operations and no
credentials; the id of a slice depends only on the requested records.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Literal, NamedTuple, TypeAlias, cast

from msgspec import Struct

from genesys_core.calls.operation import Endpoint, JobOperation, Operation
from genesys_core.checks import FLAG, TEXT, WHOLE_NUMBER, Expected, check_fields
from genesys_core.codec.encoding import to_json
from genesys_core.codec.intervals import Interval
from genesys_core.errors import InvalidValueError
from genesys_core.export.columns import record_type
from genesys_core.jobs.job import find_family
from genesys_core.paging.places import write_place

__all__ = [
    "Export",
    "Slice",
    "SliceSource",
    "fingerprint_export",
    "job_file",
    "plan",
    "record_endpoint",
    "with_interval",
]

SliceSource: TypeAlias = Literal["listing", "job"]
"""How the records of a slice are requested: as pages of a listing, or as results of a job."""

_FIELDS: Final = {
    "name": TEXT,
    "operations": Expected("a tuple of operations", "(api.users.get_users(),)", (tuple,)),
    "interval": Expected("an Interval", "Interval.of_days(first, last)", (Interval,)).or_none(),
    "archive": Expected("an operation that starts a job", "...", (JobOperation,)).or_none(),
    "available_until": Expected("a datetime", "datetime.now(UTC)", (datetime,)).or_none(),
    "places": Expected("a tuple of request fields", '("body.interval",)', (tuple,)),
    "moment": TEXT,
    "days": WHOLE_NUMBER.or_none(),
    "longest": Expected("a timedelta", "timedelta(days=31)", (timedelta,)).or_none(),
    "reach": WHOLE_NUMBER,
    "group": WHOLE_NUMBER,
    "media": FLAG,
}


class Export(Struct, frozen=True):
    """The records to export, as listed by operations or returned by the jobs that operations start.

    Attributes:
        name: the name of the data, such as ``conversations``; part of the file names.
        operations: the operations, each of which lists records or starts a job that returns them.
        interval: the interval of the records; ``None`` for records without a timestamp.
        archive: an operation that starts a job for the records of all ``operations``; these must
            then be in one slice (``group``). Slices that end at or before ``available_until`` are
            requested with the job, and all other slices with the operations.
        available_until: the time up to which the archive is complete.
        places: the request fields for the interval: one for the whole (``body.interval``), or one
            for the start and one for the end (``query.startTime``, ``query.endTime``).
        moment: the field with a record's timestamp. A record belongs to the slice whose interval
            contains the timestamp, even if the platform returns the record for several slices.
            Empty if records have no timestamp; then a slice keeps all records that it receives.
        days: the number of days in a slice; ``None`` for a single slice.
        longest: the longest interval that the platform accepts in one request; ``None`` if it has
            no limit.
        reach: the maximum number of records that the pages of one request can contain; if there are
            more, the request's interval is divided. 0 if unlimited.
        group: the maximum number of operations in a slice.
        media: whether the media of recordings are fetched as well, a file for each channel.

    Raises:
        InvalidValueError: an operation neither lists records nor starts a job; the name, the
            places or a number is invalid; ``available_until`` has no time zone; or there is an
            archive, but the operations are in several slices.
        TypeError: a value has the wrong type.
    """

    name: str
    operations: tuple[Operation[Any], ...]
    interval: Interval | None = None
    archive: JobOperation[Any, Any, Any] | None = None
    available_until: datetime | None = None
    places: tuple[str, ...] = ("body.interval",)
    moment: str = ""
    days: int | None = 1
    longest: timedelta | None = None
    reach: int = 0
    group: int = 1
    media: bool = False

    def __post_init__(self) -> None:
        check_fields(self, _FIELDS)
        if re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,127}", self.name) is None:
            raise InvalidValueError(
                f"name={self.name!r}: must be 1 to 128 characters from a-z, 0-9, '-' and '_', "
                "because file names contain it"
            )
        if not self.operations:
            raise InvalidValueError("operations=(): pass one or more, such as (get_users(),)")
        for operation in self.operations:
            _check_exportable(operation)
        if self.interval is not None and len(self.places) not in (1, 2):
            raise InvalidValueError(
                f"places={self.places!r}: must be one field for the interval, or two for its start and end"
            )
        if self.available_until is not None and self.available_until.utcoffset() is None:
            raise InvalidValueError(
                f"available_until={self.available_until.isoformat()}: must have a time zone, such as UTC"
            )
        for field, value, least in (
            ("days", self.days, 1),
            ("reach", self.reach, 0),
            ("group", self.group, 1),
        ):
            if value is not None and value < least:
                raise InvalidValueError(f"{field}={value}: must be {least} or more")
        # The archive serves a slice instead of the slice's operations, and has the records of all.
        if self.archive is not None and len(self.operations) > self.group:
            raise InvalidValueError(
                f"group={self.group}: with an archive, all {len(self.operations)} operations must be "
                f"in one slice; pass group={len(self.operations)}, or no archive"
            )


class Slice(Struct, frozen=True):
    """A part of an export that is fetched as a whole, by any process, in any order.

    Attributes:
        id: an id that is unique within the export, and part of the file name.
        export: the name of the export.
        digest: a digest of the export without its interval; slices with the same digest can share a
            directory.
        model: the name of the records' type; ``object`` if it is unknown.
        identity: the field that identifies a record in the whole export; empty if none does.
        source: how the records are requested.
        operations: the operations that request the slice's records, without the interval.
        interval: the interval of the slice's records; ``None`` for all records.
        places: the request fields for the interval; see :class:`Export`.
        moment: the field with a record's timestamp; see :class:`Export`.
        reach: the maximum number of records of one request; see :class:`Export`.
        takes_earlier: whether records that started before the interval belong to the slice: the
            first slice includes the records that were still active in the export's interval.
        media: whether the media of recordings are fetched; see :class:`Export`.
    """

    id: str
    export: str
    digest: str
    model: str
    identity: str
    source: SliceSource
    operations: tuple[Operation[Any], ...]
    interval: Interval | None = None
    places: tuple[str, ...] = ()
    moment: str = ""
    reach: int = 0
    takes_earlier: bool = False
    media: bool = False


def plan(export: Export) -> tuple[Slice, ...]:
    """Divide an export into slices that can be fetched independently.

    Args:
        export: the export to divide.

    Returns:
        The slices, ordered by operations and then by time. They can be pickled.
    """
    _EXPORT.check("export", export)
    intervals = _intervals(export)
    endpoint = record_endpoint(export.archive or export.operations[0])
    listed = "" if endpoint is None or endpoint.listing is None else endpoint.listing.identity
    # Without a moment, the same record may be in several slices.
    common = _Common(
        fingerprint_export(export),
        getattr(record_type(endpoint), "__name__", "object"),
        listed if export.moment or len(intervals) == 1 else "",
    )
    return tuple(
        _slice(export, common, export.operations[first : first + export.group], interval)
        for first in range(0, len(export.operations), export.group)
        for interval in intervals
    )


_EXPORT: Final = Expected("an Export", "find_export('users')", (Export,))


def fingerprint_export(export: Export) -> str:
    """Return a digest that identifies an export, regardless of its interval and its slices.

    Two exports with the same digest can share a directory: the later one extends the earlier one.
    """
    facts = (export.places, export.moment, export.group, *_media_fact(export))
    return _digest(export.name, export.operations, *facts)


def job_file(slice: Slice, operation: Operation[Any]) -> str:
    """Return the name of the file that stores the id of a job started for a slice.

    A slice may need several jobs, so the name depends on the request, with its interval.
    """
    return f"jobs/{slice.id}-{_digest('', (operation,))[:12]}"


def record_endpoint(operation: Operation[Any]) -> Endpoint | None:
    """Return the endpoint that lists the records: that of the operation, or of its job's results."""
    if isinstance(operation, JobOperation):
        return find_family(cast("JobOperation[object, object, object]", operation)).results
    return operation.endpoint


def with_interval(
    operation: Operation[Any], places: Sequence[str], interval: Interval | None
) -> Operation[Any]:
    """Return a copy of the operation that requests only the records of an interval.

    Raises:
        PaginationError: the operation's body lacks a field that ``places`` names.
    """
    if interval is None:
        return operation
    start, _, end = str(interval).partition("/")
    texts = (str(interval),) if len(places) == 1 else (start, end)
    for place, text in zip(places, texts, strict=True):
        operation = write_place(operation, place, text)
    return operation


def _check_exportable(operation: object) -> None:
    if isinstance(operation, JobOperation):
        return
    if isinstance(operation, Operation) and operation.endpoint.listing is not None:
        return
    name = operation.endpoint.name if isinstance(operation, Operation) else type(operation).__name__
    raise InvalidValueError(
        f"operations: {name} neither lists records nor starts a job; pass an operation such as "
        "genesys_core.api.users.get_users()"
    )


def _intervals(export: Export) -> Sequence[Interval | None]:
    interval = export.interval
    if interval is None:
        return (None,)
    days = export.days or interval.duration.days + 2  # more than it has
    return tuple(interval.split("day", days, limit=export.longest))


class _Common(NamedTuple):
    """The data that all slices of an export share."""

    digest: str
    model: str
    identity: str


def _slice(
    export: Export,
    common: _Common,
    operations: tuple[Operation[Any], ...],
    interval: Interval | None,
) -> Slice:
    takes_earlier = interval is not None and interval.start == _start(export)
    archive, until = export.archive, export.available_until
    facts = (str(interval), takes_earlier, *_media_fact(export))
    # Before the archive is chosen: a slice keeps its id when it moves to the archive.
    digest = _digest(export.name, operations, export.places, export.moment, *facts)
    if archive is not None and interval and until is not None and interval.end <= until:
        operations = (archive,)
    is_job = isinstance(operations[0], JobOperation)
    # Windows allows no colons in the names of files.
    start = "all" if interval is None else re.sub(r"[-:]|\.000", "", str(interval).split("/")[0])
    return Slice(
        f"{export.name}-{start}-{digest[:12]}",
        export.name,
        *common,
        "job" if is_job else "listing",
        operations,
        interval,
        export.places,
        export.moment,
        export.reach,
        takes_earlier,
        export.media,
    )


def _media_fact(export: Export) -> tuple[str, ...]:
    # Nothing if media are not fetched, so that the ids are the same as in earlier versions.
    return ("media",) if export.media else ()


def _start(export: Export) -> datetime | None:
    return None if export.interval is None else export.interval.start


def _digest(name: str, operations: Sequence[Operation[Any]], *facts: object) -> str:
    parts: list[object] = [name, *facts]
    for operation in operations:
        pairs = [*operation.path, *operation.query, *operation.options.query.items()]
        parts += [operation.endpoint.name, [[key, str(value)] for key, value in pairs]]
        parts.append(operation.body)
    return sha256(to_json(parts)).hexdigest()

"""The named exports; any listing or job can also be exported by its method name.

Invariants: an export by name is an ordinary :class:`~genesys_core.export.plan.Export`. The table
contains the platform's known limits; no others are assumed.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from importlib import import_module
from inspect import signature
from typing import Any, Final, cast

from msgspec import Struct

from genesys_core.calls.operation import JobOperation, Operation
from genesys_core.checks import MAPPING, TEXT, Expected
from genesys_core.codec.intervals import Interval
from genesys_core.errors import InvalidValueError
from genesys_core.export.plan import Export
from genesys_core.paging.places import read_place, write_place

__all__ = [
    "DATASETS",
    "Dataset",
    "availability_operation",
    "build_recordings_export",
    "find_export",
]


class Dataset(Struct, frozen=True):
    """The definition of a named export.

    Attributes:
        operation: the API and the method that lists the records, such as ``users.get_users``.
        archive: the method that starts a job for the same records; empty if there is none.
        availability: the method that returns the time up to which the jobs' data is complete; empty
            if there is none.
        interval: the request fields for the interval, see ``places`` of :class:`Export`; empty if
            records have no timestamp.
        moment: the field with a record's timestamp; see :class:`Export`.
        days: the number of days in a slice; see :class:`Export`.
        longest: the longest interval of a request, in days; 0 if there is no known limit.
        size: the request field for the page size, and the maximum page size.
    """

    operation: str
    archive: str = ""
    availability: str = ""
    interval: tuple[str, ...] = ()
    moment: str = ""
    days: int | None = 1
    longest: int = 0
    size: tuple[str, int] | None = None


DATASETS: Final[Mapping[str, Dataset]] = {
    "conversations": Dataset(
        "analytics.post_analytics_conversations_details_query",
        archive="analytics.post_analytics_conversations_details_jobs",
        availability="analytics.get_analytics_conversations_details_jobs_availability",
        interval=("body.interval",),
        moment="conversationStart",
        longest=31,
        size=("body.paging.pageSize", 100),
    ),
    "conversation-aggregates": Dataset(
        "analytics.post_analytics_conversations_aggregates_query",
        interval=("body.interval",),
    ),
    "user-details": Dataset(
        "analytics.post_analytics_users_details_query",
        archive="analytics.post_analytics_users_details_jobs",
        availability="analytics.get_analytics_users_details_jobs_availability",
        interval=("body.interval",),
        longest=31,
        size=("body.paging.pageSize", 100),
    ),
    "evaluations": Dataset(
        "quality.get_quality_evaluations_query",
        interval=("query.startTime", "query.endTime"),
        days=None,
    ),
    "audits": Dataset(
        "audit.post_audits_query",
        interval=("body.interval",),
        moment="eventDate",
    ),
    "users": Dataset("users.get_users", size=("query.pageSize", 500)),
    "queues": Dataset("routing.get_routing_queues", size=("query.pageSize", 500)),
    "external-contacts": Dataset(
        "external_contacts.get_externalcontacts_scan_contacts", size=("query.limit", 200)
    ),
    "external-organizations": Dataset(
        "external_contacts.get_externalcontacts_scan_organizations", size=("query.limit", 200)
    ),
}
"""The definitions of the named exports, by name."""

_IDS: Final = Expected("a list of ids", '["1c2d..."]', (list, tuple))


def find_export(
    name: str,
    interval: Interval | None = None,
    *,
    body: Mapping[str, object] | None = None,
    query: Mapping[str, Any] | None = None,
    path: Mapping[str, Any] | None = None,
    days: int | None = None,
    available_until: datetime | None = None,
) -> Export:
    """Return an export by its name.

    Args:
        name: a name of :data:`DATASETS`, or the method of a listing or a job such as
            ``groups.get_groups``.
        interval: the interval to export, for records with a timestamp.
        body: the request's body as a JSON object, such as filters; without the interval.
        query: query parameters by wire name, such as ``{"state": "any"}``.
        path: path parameters by Python name, for methods that have them.
        days: the number of days in a slice; by default, the number that the data set defines.
        available_until: the time up to which the archive's data is complete; see :class:`Export`.

    Raises:
        InvalidValueError: the name is unknown; the interval is missing or cannot be used; or
            ``body`` or ``path`` does not match the method's parameters.
        TypeError: an argument has the wrong type.
    """
    TEXT.check("name", name)
    for argument, value in (("body", body), ("query", query), ("path", path)):
        MAPPING.or_none().check(argument, value)
    dataset = DATASETS.get(name) or Dataset(name)
    if interval is None and dataset.interval:
        raise InvalidValueError(f"{name}: needs an interval, such as Interval.of_days(first, last)")
    if interval is not None and not dataset.interval:
        raise InvalidValueError(
            f"{name}: its request has no known field for an interval; pass it in `query` or `body`, "
            "or create an Export with `places`"
        )
    operation = _build(dataset.operation, body, path, query)
    # Large pages need fewer requests; a page size in `body` or `query` takes precedence.
    if dataset.size is not None and read_place(operation, dataset.size[0]) is None:
        operation = write_place(operation, *dataset.size)
    archive = _build(dataset.archive, body, path, None) if dataset.archive else None
    return Export(
        name.replace(".", "-").lower(),
        (operation,),
        interval,
        archive=cast("JobOperation[Any, Any, Any] | None", archive),
        available_until=available_until,
        places=dataset.interval or ("body.interval",),
        moment=dataset.moment,
        days=dataset.days if days is None else days,
        longest=timedelta(days=dataset.longest) if dataset.longest else None,
    )


def build_recordings_export(
    conversation_ids: Sequence[str],
    *,
    media: bool = True,
    format_id: str = "WAV",
    group: int = 50,
    max_wait_ms: int = 5000,
) -> Export:
    """Return an export of conversation recordings.

    The platform converts media when they are requested. A slice with recordings that are not ready in
    time is incomplete, and the next run fetches the slice again.

    Args:
        conversation_ids: the conversations, such as those of an earlier export; duplicates are
            ignored.
        media: whether the media are fetched, or only the recordings' metadata.
        format_id: the format of the media, such as ``WAV``, ``MP3`` or ``OGG_OPUS``.
        group: the maximum number of conversations in a slice.
        max_wait_ms: maximum milliseconds that the platform waits for a conversion.

    Raises:
        InvalidValueError: ``conversation_ids`` is empty, or ``group`` is below 1.
        TypeError: an argument has the wrong type.
    """
    from genesys_core.api.recording import get_conversation_recordings  # noqa: PLC0415 - long

    _IDS.check("conversation_ids", conversation_ids)
    # With the format NONE the platform converts nothing, and returns the metadata at once.
    operations = tuple(
        get_conversation_recordings(
            one, max_wait_ms=max_wait_ms, format_id=format_id if media else "NONE"
        )
        for one in dict.fromkeys(conversation_ids)
    )
    if not operations:
        raise InvalidValueError(
            "conversation_ids: must not be empty; pass the ids of conversations"
        )
    return Export("recordings", operations, group=group, media=media)


def availability_operation(name: str) -> Operation[Any] | None:
    """Return the operation that reports up to which time a named export's archive is complete.

    Args:
        name: a name of :data:`DATASETS`.

    Returns:
        The operation; ``None`` if the name is unknown, or if there is no such operation.
    """
    dataset = DATASETS.get(name)
    return _find_builder(dataset.availability)() if dataset and dataset.availability else None


def _build(
    name: str,
    body: Mapping[str, object] | None,
    path: Mapping[str, Any] | None,
    query: Mapping[str, Any] | None,
) -> Operation[Any]:
    builder = _find_builder(name)
    given = dict(path or {})
    takes_body = "body" in signature(builder).parameters
    if takes_body:
        given["body"] = dict(body or {})
    elif body is not None:
        raise InvalidValueError(f"{name}: takes no body; pass its parameters in `query`")
    try:
        operation = builder(**given)
    except TypeError as error:
        raise InvalidValueError(f"{name}: {error}; pass its path parameters in `path`") from None
    return operation.with_options(query=query) if query else operation


def _find_builder(name: str) -> Callable[..., Operation[Any]]:
    from genesys_core import api  # noqa: PLC0415 - the list of APIs is long

    module, _, method = name.partition(".")
    # Names come from users: nothing else than a builder of an API is imported or returned.
    if module in dir(api) and not method.startswith("_"):
        found = getattr(import_module(f"genesys_core.api.{module}"), method, None)
        if callable(found) and getattr(found, "__module__", "") == f"genesys_core.api.{module}":
            return cast("Callable[..., Operation[Any]]", found)
    names: Sequence[str] = sorted(DATASETS)
    raise InvalidValueError(
        f"{name!r}: no such export; use one of {', '.join(names)}, or any listing or job as "
        "'api.method', such as 'groups.get_groups'"
    )

"""Plans: slices cover each record exactly once, whatever the interval and the limits."""

import pickle
import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings

from genesys_core.api.ai_studio import post_guides_jobs
from genesys_core.api.analytics import (
    post_analytics_conversations_details_jobs,
    post_analytics_conversations_details_query,
)
from genesys_core.api.journey import post_journey_actionmaps_estimates_jobs
from genesys_core.api.quality import get_quality_evaluations_query
from genesys_core.api.users import get_users, get_users_me
from genesys_core.calls.operation import raw_operation
from genesys_core.codec.intervals import Interval
from genesys_core.errors import InvalidValueError
from genesys_core.export.plan import (
    Export,
    Slice,
    fingerprint_export,
    job_file,
    plan,
    record_endpoint,
    with_interval,
)
from tests.helpers.examples import examples
from tests.strategies.export import expected, exported, exports, records

DAYS = Interval.of_days(date(2024, 1, 1), date(2024, 1, 4))
QUERY = post_analytics_conversations_details_query({"order": "asc"})
JOB = post_analytics_conversations_details_jobs({})


@settings(max_examples=examples(60))
@given(export=exports(), kept=records())
def test_each_record_is_in_exactly_one_slice(export, kept):
    assert exported(kept, export) == expected(kept, export)


@given(export=exports())
def test_slices_cover_the_interval_and_travel(export):
    slices = plan(export)
    pieces = [one.interval for one in slices]
    assert (pieces[0].start, pieces[-1].end) == (export.interval.start, export.interval.end)
    assert all(one.end == other.start for one, other in pairwise(pieces))
    assert [one.takes_earlier for one in slices] == [True] + [False] * (len(slices) - 1)
    assert len({one.id for one in slices}) == len(slices)
    assert plan(export) == slices == pickle.loads(pickle.dumps(slices))
    limit = export.longest or timedelta.max
    assert all(piece.duration <= limit for piece in pieces)


def test_the_archive_serves_what_it_has_completely():
    until = datetime(2024, 1, 3, tzinfo=UTC)
    export = Export("conversations", (QUERY,), DAYS, archive=JOB, available_until=until)
    sources = [one.source for one in plan(export)]
    assert sources == ["job", "job", "listing", "listing"]
    # Which source serves a slice does not change its id, so an archive that caught up repeats nothing.
    later = Export("conversations", (QUERY,), DAYS, archive=JOB)
    assert [one.id for one in plan(export)] == [one.id for one in plan(later)]
    assert {one.source for one in plan(later)} == {"listing"}


def test_an_archive_serves_the_operations_of_one_group():
    other = post_analytics_conversations_details_query({})
    # In two groups, each of them would contain all records of the archive.
    with pytest.raises(InvalidValueError, match=r"group=1: with an archive, all 2 operations"):
        Export("conversations", (QUERY, other), DAYS, archive=JOB)
    export = Export("conversations", (QUERY, other), DAYS, archive=JOB, group=2)
    assert len(plan(export)) == 4


def test_without_an_archive_operations_serve_what_it_would_have():
    until = datetime(2024, 1, 3, tzinfo=UTC)
    slices = plan(Export("conversations", (QUERY,), DAYS, available_until=until))
    assert [one.operations for one in slices] == [(QUERY,)] * 4
    (everything,) = plan(Export("users", (get_users(),), archive=JOB, available_until=until))
    assert everything.operations == (get_users(),)


def test_records_are_those_of_the_archive_if_there_is_one():
    assert record_endpoint(QUERY).name == "post_analytics_conversations_details_query"
    results = record_endpoint(JOB)
    assert results is not None
    assert results.name == "get_analytics_conversations_details_job_results"
    (queried,) = plan(Export("conversations", (QUERY,), DAYS, days=None))
    (archived,) = plan(Export("conversations", (QUERY,), DAYS, days=None, archive=JOB))
    assert (queried.model, queried.identity) == (
        "AnalyticsConversationWithoutAttributes",
        "conversationId",
    )
    assert (archived.model, archived.identity) == ("AnalyticsConversation", "conversationId")


@pytest.mark.parametrize(
    ("operation", "interval", "moment", "identity"),
    [
        (get_users(), None, "", "id"),
        (QUERY, DAYS, "conversationStart", "conversationId"),
        (QUERY, DAYS, "", ""),  # a record may be in several slices
        (QUERY, Interval.of_days(date(2024, 1, 1), date(2024, 1, 1)), "", "conversationId"),
        (post_guides_jobs({}), None, "", ""),  # without results
        (post_journey_actionmaps_estimates_jobs({}), None, "", ""),  # results without a listing
    ],
)
def test_a_record_is_identified_in_the_whole_export_or_not(operation, interval, moment, identity):
    slices = plan(Export("x", (operation,), interval, moment=moment))
    assert {one.identity for one in slices} == {identity}


def test_the_id_of_a_slice_begins_with_its_start():
    first, second, *_ = plan(Export("conversations", (QUERY,), DAYS))
    assert re.fullmatch(r"conversations-20240101T000000Z-[0-9a-f]{12}", first.id)
    assert re.fullmatch(r"conversations-20240102T000000Z-[0-9a-f]{12}", second.id)


def test_unless_said_otherwise_a_slice_has_one_operation_and_no_limit():
    one, other = get_users(id=["1"]), get_users(id=["2"])
    slices = plan(Export("users", (one, other)))
    assert [each.operations for each in slices] == [(one,), (other,)]
    assert [(each.reach, each.media) for each in slices] == [(0, False)] * 2
    bare = Slice("s", "x", "", "object", "id", "listing", (one,))
    assert (bare.reach, bare.takes_earlier, bare.media) == (0, False, False)


def test_places_count_only_with_an_interval():
    assert len(plan(Export("users", (get_users(),), places=()))) == 1


def test_a_field_of_the_wrong_type_is_named():
    with pytest.raises(TypeError, match="days must be a whole number or None, not a str"):
        Export("users", (get_users(),), days="1")  # type: ignore[arg-type]


def test_a_job_without_a_query_serves_every_slice():
    assert {one.source for one in plan(Export("audits", (JOB,), DAYS))} == {"job"}


def test_a_longer_interval_keeps_the_slices_that_are_there():
    first = Export("conversations", (QUERY,), DAYS)
    longer = Export("conversations", (QUERY,), Interval.of_days(date(2024, 1, 1), date(2024, 1, 9)))
    assert [one.id for one in plan(longer)][:4] == [one.id for one in plan(first)]
    assert fingerprint_export(first) == fingerprint_export(longer)
    other = Export("conversations", (post_analytics_conversations_details_query({}),), DAYS)
    assert fingerprint_export(other) != fingerprint_export(first)
    assert plan(other)[0].id != plan(first)[0].id


def test_a_query_parameter_makes_another_export():
    some = get_users(state="any")
    assert fingerprint_export(Export("users", (get_users(),))) != fingerprint_export(
        Export("users", (some,))
    )
    extra = get_users().with_options(query={"state": "any"})
    assert plan(Export("users", (extra,)))[0].id != plan(Export("users", (get_users(),)))[0].id


def test_without_an_interval_operations_are_grouped():
    operations = tuple(get_users(id=[str(n)]) for n in range(5))
    slices = plan(Export("users", operations, group=2))
    assert [one.operations for one in slices] == [operations[:2], operations[2:4], operations[4:]]
    assert all(one.id.startswith("users-all-") and one.interval is None for one in slices)
    assert len({one.id for one in slices}) == 3
    assert not any(one.takes_earlier for one in slices)


def test_a_single_slice_is_divided_only_by_the_longest_request():
    assert len(plan(Export("x", (QUERY,), DAYS, days=None))) == 1
    assert len(plan(Export("x", (QUERY,), DAYS, days=None, longest=timedelta(days=3)))) == 2


def test_the_interval_is_written_into_one_field_or_two():
    assert with_interval(QUERY, ("body.interval",), None) is QUERY
    assert with_interval(QUERY, ("body.interval",), DAYS).body["interval"] == str(DAYS)
    asked = with_interval(
        get_quality_evaluations_query(), ("query.startTime", "query.endTime"), DAYS
    )
    query = dict(asked.query)
    assert query["startTime"] == "2024-01-01T00:00:00.000Z"
    assert query["endTime"] == "2024-01-05T00:00:00.000Z"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "Über/users"}, "because file names contain it"),
        ({"operations": ()}, "pass one or more"),
        ({"operations": (get_users_me(),)}, "get_users_me neither lists"),
        ({"operations": ("get_users",)}, "str neither lists"),
        ({"operations": (raw_operation("GET", "/x"),)}, "neither lists"),
        ({"interval": DAYS, "places": ()}, "must be one field"),
        ({"interval": DAYS, "places": ("body.a", "body.b", "body.c")}, "must be one field"),
        ({"available_until": datetime(2024, 1, 1)}, "must have a time zone"),  # noqa: DTZ001
        ({"days": 0}, "days=0: must be 1"),
        ({"reach": -1}, "reach=-1: must be 0"),
        ({"group": 0}, "group=0: must be 1"),
    ],
)
def test_a_bad_export_is_refused(fields, words):
    with pytest.raises(InvalidValueError, match=words):
        Export(**{"name": "users", "operations": (get_users(),), **fields})


def test_what_is_not_an_export_is_a_type_error():
    with pytest.raises(TypeError, match="an Export"):
        plan("users")


def test_with_media_it_is_another_export():
    without = Export("recordings", (get_users(),))
    with_media = Export("recordings", (get_users(),), media=True)
    assert [one.media for one in (*plan(without), *plan(with_media))] == [False, True]
    assert fingerprint_export(without) != fingerprint_export(with_media)
    assert plan(without)[0].id != plan(with_media)[0].id
    # Directories of earlier versions are continued.
    assert plan(without)[0].id == "recordings-all-036bb01cbb42"


def test_each_request_of_a_slice_has_a_file_for_its_job() -> None:
    (slice_,) = plan(Export("users", (get_users(page_size=1), get_users(page_size=2)), group=2))
    first, second = (job_file(slice_, one) for one in slice_.operations)
    assert first != second
    assert first == job_file(slice_, get_users(page_size=1))
    assert re.fullmatch(rf"jobs/{slice_.id}-[0-9a-f]{{12}}", first)

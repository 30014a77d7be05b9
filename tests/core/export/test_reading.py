"""Reading a slice: what belongs to it, what came twice, what is missing."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.api.analytics import post_analytics_conversations_details_query
from genesys_core.api.users import get_users
from genesys_core.codec.intervals import Interval
from genesys_core.export.plan import Slice
from genesys_core.export.reading import MAX_REQUESTS, SliceReading, SliceTotals, divide_interval
from tests.strategies.intervals import intervals

DAY = Interval.of_days(date(2024, 1, 1), date(2024, 1, 1))
QUERY = post_analytics_conversations_details_query({})
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


def slice_of(**fields) -> Slice:
    defaults = {"interval": DAY, "places": ("body.interval",), "moment": "at"}
    return listing(QUERY, **{**defaults, **fields})


def listing(*operations, **fields) -> Slice:
    return Slice("s", "x", "", "object", "id", "listing", operations, **fields)


def item(id_: object, at: object = NOON.isoformat()) -> dict[str, object]:
    return {"id": id_, "at": at}


def started(slice_: Slice) -> SliceReading:
    reading = SliceReading(slice_)
    assert reading.next_request() is not None
    return reading


@given(interval=intervals(), total=st.integers(2, 10**7), reach=st.integers(1, 10**5))
def test_parts_are_adjacent_and_cover_the_interval(interval, total, reach):
    parts = divide_interval(interval, min(total, reach * 500), reach)
    assert (parts[0].start, parts[-1].end) == (interval.start, interval.end)
    assert all(one.end == other.start for one, other in pairwise(parts))
    assert len(parts) >= 2 or interval.duration == timedelta(milliseconds=1)


def test_a_part_is_a_millisecond_or_longer():
    moments = [DAY.start + timedelta(milliseconds=n) for n in range(4)]
    assert divide_interval(Interval(moments[0], moments[3]), 100, 1) == tuple(
        Interval(start, end) for start, end in pairwise(moments)
    )


def test_an_interval_is_divided_into_twice_as_many_parts_as_needed_and_two_at_least():
    counts = {total: len(divide_interval(DAY, total, 10)) for total in (1, 10, 11, 20, 21)}
    assert counts == {1: 2, 10: 2, 11: 3, 20: 4, 21: 5}


def test_what_has_no_interval_is_not_divided():
    assert divide_interval(None, 10, 1) == ()
    reading = started(listing(get_users(), reach=1))
    assert reading.receive([item("a"), item("b")], identity="id", total=2) == [item("a"), item("b")]
    assert reading.next_request() is None
    assert "2 records, but a request can return only 1" in reading.totals.shortfall


def test_a_request_with_too_many_records_is_replaced_by_parts():
    reading = started(slice_of(reach=2, takes_earlier=True))
    assert reading.receive([item("a")], identity="id", total=5) is None
    parts = []
    while (request := reading.next_request()) is not None:
        assert reading.receive([], total=0) == []
        parts.append(request)
    assert len(parts) == 5
    assert [one.takes_earlier for one in parts] == [True, False, False, False, False]
    assert [one.operation.body["interval"] for one in parts] == [str(one.interval) for one in parts]
    assert parts[0].interval.start == DAY.start
    assert parts[-1].interval.end == DAY.end
    assert reading.totals == SliceTotals(expected=0)


def test_two_parts_are_enough():
    interval = Interval(DAY.start, DAY.start + timedelta(milliseconds=2))
    reading = started(slice_of(interval=interval, reach=1))
    assert reading.receive([], total=2) is None
    first, second = reading.next_request(), reading.next_request()
    assert first is not None
    assert second is not None
    middle = DAY.start + timedelta(milliseconds=1)
    assert first.interval == Interval(DAY.start, middle)
    assert second.interval == Interval(middle, interval.end)
    assert (first.takes_earlier, second.takes_earlier) == (False, False)
    assert reading.next_request() is None


def test_a_slice_is_divided_into_a_thousand_requests_and_no_more():
    assert started(slice_of(reach=2)).receive([], total=1000) is None
    assert started(slice_of(reach=2)).receive([], total=1001) == []


def test_without_a_total_nothing_is_divided():
    assert started(slice_of(reach=1)).receive([item("a"), item("b")], identity="id") == [
        item("a"),
        item("b"),
    ]


def test_operations_are_requested_in_their_order_and_their_totals_added():
    operations = get_users(id=["1"]), get_users(id=["2"])
    reading = SliceReading(listing(*operations))
    for operation, id_ in zip(operations, "ab", strict=True):
        request = reading.next_request()
        assert request is not None
        assert request.operation == operation
        assert reading.receive([item(id_)], identity="id", total=1) == [item(id_)]
    assert reading.next_request() is None
    assert reading.totals == SliceTotals(2, 2, expected=2)


def test_the_largest_of_the_totals_is_expected():
    reading = started(slice_of())
    reading.receive([item("a")], identity="id", total=3)
    reading.receive([item("b")], identity="id", total=2)
    assert reading.next_request() is None
    assert reading.totals.expected == 3
    assert "2 different records were received, but the platform counted 3" in (
        reading.totals.shortfall
    )


def test_records_without_an_id_count_once_each():
    reading = started(slice_of())
    reading.receive([item(None), item(None)], identity="id", total=3)
    assert reading.next_request() is None
    assert "2 different records were received, but the platform counted 3" in (
        reading.totals.shortfall
    )


def test_records_belong_to_a_slice_without_an_interval_or_a_moment():
    old = item("a", "2023-01-01T00:00:00Z")
    assert started(slice_of(interval=None)).receive([old], identity="id") == [old]
    text = "2023-01-01T00:00:00Z"
    assert started(slice_of(moment="")).receive([old, text], identity="id") == [old, text]


def test_dividing_ends_where_it_does_not_help():
    """Records that last for the whole interval are in every part of it."""
    reading = started(slice_of(reach=2))
    assert reading.receive([], identity="id", total=5) is None
    requests = 0
    while reading.next_request() is not None:
        requests += 1
        assert reading.receive([item(str(n)) for n in range(5)], identity="id", total=5) is not None
    assert requests == 5
    assert "5 records, but a request can return only 2" in reading.totals.shortfall


def test_dividing_ends_after_a_number_of_requests():
    reading, total = started(slice_of(reach=1)), MAX_REQUESTS // 3
    while reading.receive([], total=total) is None:
        assert reading.next_request() is not None
        total -= 1
    assert total == MAX_REQUESTS // 3 - 1
    assert f"more than {MAX_REQUESTS} requests; use fewer days" in reading.totals.shortfall


def test_a_request_that_is_not_divided_does_not_prevent_the_division_of_others():
    fields = {"interval": DAY, "places": ("body.interval",), "reach": 1}
    reading = started(listing(QUERY, QUERY, **fields))
    assert reading.receive([], total=MAX_REQUESTS) == []
    assert reading.next_request() is not None
    assert reading.receive([], total=2) is None


def test_a_growing_total_on_a_later_page_divides_nothing():
    reading = started(slice_of(reach=2))
    assert reading.receive([item("a")], identity="id", total=2) == [item("a")]
    assert reading.receive([item("b")], identity="id", total=3) == [item("b")]
    assert reading.next_request() is None
    assert reading.totals.expected == 3
    assert "2 different records were received" in reading.totals.shortfall


def test_records_that_came_twice_are_kept_once_and_counted():
    reading = started(slice_of())
    assert reading.receive([item("a"), item("b")], identity="id", total=3) == [item("a"), item("b")]
    assert reading.receive([item("b"), item("c")], identity="id", total=3) == [item("c")]
    assert reading.next_request() is None
    assert reading.totals == SliceTotals(3, 4, 1, 0, 3)


def test_records_of_another_slice_are_left_to_it_but_count_as_received():
    before, after = item("x", "2023-12-31T23:59:59.999Z"), item("y", "2024-01-02T00:00:00Z")
    reading = started(slice_of())
    assert reading.receive([before, item("a"), after, before], identity="id", total=3) == [
        item("a")
    ]
    assert reading.next_request() is None
    assert reading.totals == SliceTotals(1, 4, 1, 2, 3)
    first = started(slice_of(takes_earlier=True))
    assert first.receive([before, after], identity="id") == [before]


def test_nothing_is_discarded_for_an_odd_time_or_id():
    odd = [
        item(None),
        item(1.5),
        item(["x"]),
        item("a", "yesterday"),
        item("b", 7),
        item("c", None),
    ]
    reading = started(slice_of())
    assert reading.receive([*odd, "no object"], identity="id", total=7) == [*odd, "no object"]
    assert reading.next_request() is None
    assert reading.totals == SliceTotals(7, 7, 0, 0, 7)


def test_a_time_may_be_a_datetime_and_without_a_zone_is_utc():
    reading = started(slice_of())
    later = item("b", NOON + timedelta(days=1))
    assert reading.receive([item("a", NOON.replace(tzinfo=None)), later]) == [
        item("a", NOON.replace(tzinfo=None))
    ]


def test_the_same_id_of_another_request_is_a_repetition():
    reading = SliceReading(listing(get_users(), get_users(id=["1"])))
    for kept in ([item("a")], []):
        assert reading.next_request() is not None
        assert reading.receive([item("a")], identity="id") == kept
    assert reading.totals == SliceTotals(1, 2, 1)


def test_records_without_a_time_differ_from_interval_to_interval():
    """A user's details of two intervals are two records."""
    reading = started(slice_of(moment="", reach=1))
    assert reading.receive([], total=2) is None
    got = []
    while reading.next_request() is not None:
        got += reading.receive([item("user")], identity="id", total=1)
    assert len(got) == 4


def test_the_same_id_in_two_parts_is_one_record_if_it_has_no_usable_time():
    reading = started(slice_of(reach=1))
    assert reading.receive([], total=2) is None
    got = []
    while reading.next_request() is not None:
        got += reading.receive([item("a", "?")], identity="id", total=1)
    assert got == [item("a", "?")]


def test_data_that_lags_is_said():
    reading = started(slice_of())
    reading.receive([item("a")], available_until=NOON + timedelta(hours=1))
    reading.receive([item("b")], available_until=NOON.isoformat())
    reading.receive([item("c")], available_until=None)
    assert reading.totals.available_until == NOON
    assert "complete only up to 2024-01-01T12:00:00+00:00" in reading.totals.shortfall
    current = started(slice_of())
    current.receive([], available_until=DAY.end)
    assert current.totals == SliceTotals(available_until=DAY.end)
    unlimited = started(slice_of(interval=None))
    unlimited.receive([], available_until=NOON)
    assert unlimited.totals.shortfall == ""


def test_a_page_without_a_request_is_ignored():
    assert SliceReading(slice_of()).receive([item("a")]) == []


def test_a_response_without_content_leaves_the_slice_incomplete():
    reading = started(listing(get_users()))
    assert reading.receive(None) == []
    assert "is still preparing the records" in reading.totals.shortfall


def test_media_that_are_not_there_yet_leave_the_slice_incomplete():
    ready = {"id": "r-0", "media": "chat", "fileState": "AVAILABLE"}
    late = [{"id": f"r-{n}", "media": "audio", "fileState": "UPLOADING"} for n in (1, 2)]
    for media in (True, False):
        reading = started(listing(get_users(), media=media))
        assert reading.receive([ready, *late], identity="id") == [ready, *late]
        shortfall = "recording r-1 is UPLOADING and has no media yet; fetch the slice again"
        assert reading.totals.shortfall == (shortfall if media else "")

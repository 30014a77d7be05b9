"""A page costs the same work and memory however many came before it."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from genesys_core.api import analytics, users
from genesys_core.calls.operation import Operation
from genesys_core.calls.responses import ApiResponse
from genesys_core.hosts import Hosts
from genesys_core.http.headers import Headers
from genesys_core.models import User, UserEntityListing
from genesys_core.paging.options import NO_PAGING_OPTIONS
from genesys_core.paging.reader import ListingReader
from tests.helpers.growth import count_calls, growth

HOSTS = Hosts.resolve(region="eu_west_1")
LAST = 10**9
HEADERS = Headers()


def by_number(at: int) -> ApiResponse[Any]:
    page = UserEntityListing(entities=[User(id=str(at))], page_count=LAST, page_number=at)
    return ApiResponse(200, HEADERS, page, b'{"pageCount":%d,"pageNumber":%d}' % (LAST, at))


def by_cursor(at: int) -> ApiResponse[Any]:
    raw = b'{"conversations":[{"conversationId":"%d"}],"cursor":"c%d"}' % (at, at)
    return ApiResponse(200, HEADERS, msgspec.json.decode(raw), raw)


def by_link(at: int) -> ApiResponse[Any]:
    raw = b'{"entities":[{"id":"%d"}],"nextUri":"/api/v2/users?pageNumber=%d"}' % (at, at + 1)
    return ApiResponse(200, HEADERS, msgspec.json.decode(raw), raw)


JOB = analytics.get_analytics_conversations_details_job_results("j")
STYLES: dict[str, tuple[Operation[Any], Callable[[int], ApiResponse[Any]]]] = {
    "number": (users.get_users(), by_number),
    "cursor": (JOB, by_cursor),
    "link": (users.get_users(), by_link),
}


class Reading:
    """A listing that is read page by page."""

    def __init__(self, style: str) -> None:
        self.operation, self.reply = STYLES[style]
        self.reader: ListingReader[Any] = ListingReader(self.operation, HOSTS, NO_PAGING_OPTIONS)
        self.at = 0

    def read(self, pages: int) -> None:
        for _ in range(pages):
            self.at += 1
            assert self.reader.wanted() is not None
            self.reader.received(self.reply(self.at))
            self.reader.take()


@pytest.mark.parametrize("style", STYLES)
def test_four_times_the_pages_take_four_times_the_work(style: str) -> None:
    def program(pages: int) -> Callable[[], None]:
        reading = Reading(style)
        return lambda: reading.read(pages)

    assert growth(program, 60) == pytest.approx(4, abs=0.2)


def measure_memory(reading: Reading) -> int:
    """Return the bytes that ten more pages leave behind."""
    gc.collect()
    tracemalloc.start()
    try:
        reading.read(10)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_a_hundred_thousand_pages_at_a_constant_cost(style: str) -> None:
    reading = Reading(style)
    reading.read(100)  # what is remembered is remembered by now
    first = count_calls(lambda: reading.read(100))
    token = len(reading.reader.resume_token)
    before = measure_memory(reading)
    reading.read(100_000 - 320)
    after = measure_memory(reading)
    last = count_calls(lambda: reading.read(100))
    assert reading.at == 100_000
    assert last <= 1.05 * first
    # One reference kept for each page would be 800 kB.
    assert after <= before + 50_000
    assert len(reading.reader.resume_token) <= token + 40  # longer numbers
    assert reading.reader.fetched == 100_000

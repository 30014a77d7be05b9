"""Parameters say what they are, where facts tell."""

from __future__ import annotations

import pytest

from genesys_core.calls.listing import Listing, PagingStyle
from genesys_core.definition.read.definition import (
    ApiParameter,
    Array,
    Limits,
    ParameterLocation,
    Plain,
)
from genesys_core.definition.words.parameters import (
    describe_limits,
    describe_parameter,
)


def words(place: ParameterLocation, wire: str, listing: Listing | None = None) -> str:
    return describe_parameter(ApiParameter("x", wire, place, Plain("string")), listing)


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ("queueId", "the ID of the queue"),
        ("dncListId", "the ID of the DNC list"),
        ("ivrId", "the ID of the IVR"),
        ("id", "the ID"),
        ("languageCode", "the language code"),
        ("roomJid", "the room JID"),
        ("weekId", "the first day of the week, as yyyy-MM-dd"),
        ("sortBy", "the sort by"),
    ],
)
def test_parameters_of_paths(wire: str, expected: str) -> None:
    assert words("path", wire) == expected


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ("queueId", "the ID of a queue"),
        ("agentTeamId", "the ID of an agent team"),
        ("queueIds", "the IDs of queues"),
        ("bases.ids", "the IDs of bases"),
        ("site.id", "the ID of a site"),
        ("ids", "only the items with these IDs"),
        ("sortOrder", "the sort order"),
        ("paid", ""),
        ("state", ""),
    ],
)
def test_parameters_of_queries(wire: str, expected: str) -> None:
    assert words("query", wire) == expected


def test_headers_and_bodies() -> None:
    assert words("header", "If-Match") == "the expected ETag of the resource"
    assert words("header", "X-Other") == ""
    assert words("body", "userId") == ""


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("page", "the page, counted from 1"),
        ("index", "the index of the first item, counted from 1"),
        ("time", "the end of the period"),
        ("token", "the cursor from the previous response"),
    ],
)
def test_parameters_of_listings(style: PagingStyle, expected: str) -> None:
    listing = Listing(style, send="query.next", size="query.size")
    assert words("query", "next", listing) == expected
    assert words("query", "size", listing) == "the number of items per page"
    assert words("query", "other", listing) == ""


def test_pages_of_a_cursor_can_be_listed_backwards() -> None:
    listing = Listing("token", send="query.after")
    assert words("query", "before", listing) == "the cursor of the previous page"
    timed = Listing("time", send="query.after")
    assert words("query", "before", timed) == "the item before which the page ends"


def test_a_field_of_the_items_is_a_filter() -> None:
    name = ApiParameter("x", "mediaType", "query", Plain("string"))
    assert describe_parameter(name, Listing("single"), {"mediaType"}) == "filter by media type"
    assert describe_parameter(name, Listing("single"), {"name"}) == ""


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ("includeImportStatus", "whether to include import status"),
        ("excludeMetadata", "whether to exclude metadata"),
        ("includeOnlyNew", ""),
        ("includes", ""),
    ],
)
def test_what_to_include(wire: str, expected: str) -> None:
    include = ApiParameter("x", wire, "query", Plain("boolean"))
    assert describe_parameter(include, None) == expected


def test_a_list_of_ids_has_several() -> None:
    one = ApiParameter("x", "userId", "query", Array(Plain("string")))
    assert describe_parameter(one, None) == "the IDs of users"


def test_ids_select_or_are_required() -> None:
    several = ApiParameter("x", "ids", "query", Array(Plain("string")), required=True)
    assert describe_parameter(several, None) == "the IDs"
    one = ApiParameter("x", "id", "query", Plain("string"), required=True)
    assert describe_parameter(one, None) == "the ID"


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ("nextPage", "the cursor from the previous response"),
        ("previousPage", "the cursor of the previous page"),
        ("pageSize", "the number of items per page"),
    ],
)
def test_pages_without_a_listing(wire: str, expected: str) -> None:
    assert words("query", wire) == expected


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Limits(), ""),
        (Limits("25"), "default 25"),
        (Limits("25", 1, 100), "default 25, from 1 to 100"),
        (Limits(minimum=0), "at least 0"),
        (Limits(maximum=0.5), "at most 0.5"),
        (Limits(min_length=3, max_length=9), "from 3 to 9 characters"),
        (Limits(max_items=50), "at most 50 items"),
        (Limits(minimum=1.5, maximum=2147483647.0), "from 1.5 to 2147483647"),
        (Limits(maximum=1e300), "at most 1e+300"),
        (Limits(maximum=10**400), f"at most 1{'0' * 400}"),
        (Limits("a", format="uri"), "default a, in the format uri"),
        (Limits(is_unique=True, pattern="[a-z]+"), "without duplicates, matching [a-z]+"),
    ],
)
def test_defaults_and_bounds(limits: Limits, expected: str) -> None:
    assert describe_limits(limits) == expected

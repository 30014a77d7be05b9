"""Which operations list items, and how their pages are requested."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from genesys_core.calls.listing import Listing, PagingWindow
from genesys_core.definition.read import listings
from genesys_core.definition.read.definition import ApiDefinition, Plain, Ref
from genesys_core.definition.read.listings import (
    NOT_LISTINGS,
    UNTYPED_REPLIES,
    WINDOWS,
    find_filters,
    find_item_type,
    find_listing,
    listing_problems,
)
from genesys_core.definition.read.parse import parse_definition
from tests.helpers.bundled import bundled_api
from tests.strategies.definition import STRING, TRAPS, body, model, operation, query, ref

ITEM = {"id": STRING, "name": STRING}
FULL = ("nextUri", "pageCount", "pageNumber", "pageSize", "total")


def array(name: str = "Item") -> dict[str, Any]:
    return {"type": "array", "items": ref(name)}


def definition(
    *given: str,
    method: str = "get",
    path: str = "/api/v2/things",
    fields: tuple[str, ...] = (),
    items: dict[str, Any] | None = None,
    returns: Any = None,
    item: dict[str, Any] = ITEM,
) -> ApiDefinition:
    """A definition of one operation; ``given`` are parameters such as ``query.pageNumber``."""
    names = [one.partition(".")[2] for one in given if one.startswith("query.")]
    inside = {one.partition(".")[2]: STRING for one in given if one.startswith("body.")}
    extra = {"extra1": STRING, "extra2": STRING, "extra3": STRING, "extra4": STRING}
    page = {**(items or {"entities": array()}), **dict.fromkeys(fields, STRING), **extra}
    parameters = [*map(query, names), *([body(ref("Filter"))] if inside else [])]
    return parse_definition(
        {
            **TRAPS,
            "paths": {
                path: {method: operation("things", "Users", *parameters, returns=returns or ref("Page"))}
            },
            "definitions": {
                "Page": model(page),
                "Item": model(item),
                "Nested": model({"entities": array()}),
                "Dotted": model({"urn:ietf:params:scim:2.0:User": array()}),
                "Wrapper": model({"name": STRING, "values": array()}),
                "Three": model({"a": STRING, "b": STRING, "values": array()}),
                "Four": model({"a": STRING, "b": STRING, "c": STRING, "values": array()}),
                "Filter": model(inside),
            },
        },
        {"notifications": []},
    )  # fmt: skip


def found(*given: str, **options: Any) -> Listing | None:
    made = definition(*given, **options)
    return find_listing(made.operations()[0], {one.name: one for one in made.models})


@pytest.mark.parametrize(
    ("given", "fields", "method", "expected"),
    [
        ((), (), "get", Listing("single")),
        ((), FULL, "get", Listing("link", total="total", links=True)),
        ((), ("total", "nextUri"), "put", Listing("single", total="total")),
        (
            ("query.pageNumber", "query.pageSize"),
            FULL,
            "get",
            Listing(
                "page", send="query.pageNumber", size="query.pageSize", total="total", links=True
            ),
        ),
        (("query.pageNumber", "query.cursor"), (), "get", Listing("page", send="query.pageNumber")),
        (
            ("query.startIndex", "query.count"),
            ("totalResults",),
            "get",
            Listing("index", send="query.startIndex", size="query.count", total="totalResults"),
        ),
        (("query.q64",), ("nextPage",), "get", Listing("token", send="query.q64", next="nextPage")),
        (("query.cursor",), ("cursor",), "get", Listing("token", send="query.cursor", next="cursor")),
        (
            ("query.cursor", "query.limit"),
            ("cursors", "nextUri"),
            "get",
            Listing(
                "token", send="query.cursor", next="cursors.after", size="query.limit", links=True
            ),
        ),
        (("query.after",), ("after",), "get", Listing("token", send="query.after", next="after")),
        (("query.after",), ("nextUri",), "get", Listing("token", send="query.after", links=True)),
        (
            ("query.after", "query.before", "query.limit"),
            ("nextUri",),
            "get",
            Listing("token", send="query.after", size="query.limit", links=True),
        ),
        (
            ("query.after", "query.before", "query.limit"),
            (),
            "get",
            Listing("time", send="query.before", next="dateCreated", size="query.limit"),
        ),
        (("query.nextPage",), ("nextUri",), "get", Listing("token", send="query.nextPage", links=True)),
        (("query.afterSourceId",), ("nextUri",), "get", Listing("link", links=True)),
        (
            ("body.paging",),
            ("totalHits",),
            "post",
            Listing(
                "page", send="body.paging.pageNumber", size="body.paging.pageSize", total="totalHits"
            ),
        ),
        (("body.cursor",), ("cursor",), "post", Listing("token", send="body.cursor", next="cursor")),
        (
            ("body.after", "body.pageSize"),
            ("after",),
            "post",
            Listing("token", send="body.after", next="after", size="body.pageSize"),
        ),
        (
            ("body.pageNumber", "body.pageSize"),
            FULL,
            "post",
            Listing("page", send="body.pageNumber", size="body.pageSize", total="total"),
        ),
        ((), ("cursors",), "get", Listing("token", send="query.after", next="cursors.after")),
    ],
)  # fmt: skip
def test_the_style_follows_from_request_and_reply(
    given: tuple[str, ...], fields: tuple[str, ...], method: str, expected: Listing
) -> None:
    assert found(*given, method=method, fields=fields) == expected


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_change_that_returns_what_it_changed_is_no_listing(method: str) -> None:
    assert found(method=method) is None


def test_a_link_is_never_followed_where_that_would_change_something_again() -> None:
    assert found(method="patch", fields=FULL) == Listing("single", total="total")
    assert found(method="post", fields=FULL) == Listing("single", total="total")
    reads = found(method="post", fields=FULL, path="/api/v2/things/query")
    assert reads == Listing("link", total="total", links=True)


@pytest.mark.parametrize(
    ("items", "path", "identity"),
    [
        ({"results": array()}, "results", "id"),
        ({"Resources": array()}, "Resources", "id"),
        ({"conversations": array()}, "conversations", "id"),
        ({"userDetails": array()}, "userDetails", "id"),
        ({"results": {"type": "object"}}, "results", ""),
        ({"results": {}}, "results", ""),
        ({"results": ref("Nested")}, "results.entities", "id"),
    ],
)
def test_where_the_items_are(items: dict[str, Any], path: str, identity: str) -> None:
    assert found(items=items) == Listing("single", items=path, identity=identity)


def test_a_field_whose_name_has_a_dot_has_no_items() -> None:
    wrapper = definition(returns=ref("Dotted"))
    (operation,) = wrapper.operations()
    models = {each.name: each for each in wrapper.models}
    assert find_listing(operation, models) is None
    assert find_item_type(operation, models) == Plain("any")


def test_a_list_and_what_wraps_one_are_listings_without_pages() -> None:
    assert found(returns=array()) == Listing("single", items="")
    assert found(returns=ref("Wrapper")) == Listing("single", items="values")
    assert found(returns=ref("Three")) == Listing("single", items="values")
    assert found(returns=ref("Four")) is None
    assert found(returns=ref("Item")) is None
    assert found(items={"values": array()}) is None  # one field among many
    assert found(items={"results": ref("Item")}) is None
    assert found(returns=STRING) is None


@pytest.mark.parametrize(
    ("returns", "items", "expected"),
    [
        (array(), None, Ref("Item")),
        (None, None, Ref("Item")),
        (None, {"results": ref("Nested")}, Ref("Item")),
        (None, {"results": {"type": "object"}}, Plain("any")),
        (ref("Item"), None, Plain("any")),
    ],
)
def test_the_type_of_the_items(returns: Any, items: Any, expected: Any) -> None:
    made = definition(returns=returns, items=items)
    models = {one.name: one for one in made.models}
    assert find_item_type(made.operations()[0], models) == (
        Plain("any") if returns == ref("Item") else expected
    )


def test_parameters_may_filter_by_the_fields_of_the_items() -> None:
    made = definition(items=None, item={"id": STRING, "state": STRING})
    models = {one.name: one for one in made.models}
    (listing,) = made.operations()
    assert find_filters(listing, models) == {"id", "state"}
    assert find_filters(msgspec.structs.replace(listing, method="POST"), models) == frozenset()
    single = definition(returns=ref("Item"), item={"id": STRING}).operations()[0]
    assert find_filters(single, models) == frozenset()
    untyped = definition(items={"results": {"type": "object"}})
    models = {one.name: one for one in untyped.models}
    assert find_filters(untyped.operations()[0], models) == frozenset()


def test_an_operation_that_is_no_listing_has_no_filters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "NOT_LISTINGS", {"GET /api/v2/things": "no list"})
    made = definition()
    models = {one.name: one for one in made.models}
    assert find_filters(made.operations()[0], models) == frozenset()


def test_a_field_that_merely_looks_like_an_id_identifies_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fields = {"subjectId": STRING}
    assert found(item=fields) == Listing("single", identity="")
    monkeypatch.setattr(listings, "IDENTITIES", {"Item": "subjectId"})
    assert found(item=fields) == Listing("single", identity="subjectId")


def test_reviewed_tables_have_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    key = "GET /api/v2/things"
    window = PagingWindow(1000, instead="things")
    monkeypatch.setattr(listings, "WINDOWS", {key: window})
    made = found("query.pageNumber")
    assert made == Listing("page", send="query.pageNumber", window=window)
    monkeypatch.setattr(listings, "UNTYPED_REPLIES", {key: "entities"})
    untyped = found("query.pageNumber", returns={"type": "object"})
    assert untyped == msgspec.structs.replace(made, identity="")
    monkeypatch.setattr(listings, "NOT_LISTINGS", {key: "no list"})
    assert found("query.pageNumber") is None


def test_what_the_rules_do_not_cover_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOT_LISTINGS", "UNTYPED_REPLIES", "WINDOWS"):
        monkeypatch.setattr(listings, name, {})
    key = "GET /api/v2/things"
    assert listing_problems(definition("query.pageNumber")) == []
    (problem,) = listing_problems(definition("query.pageNumber", returns=ref("Item")))
    assert problem.startswith(f"{key}: has paging parameters, but its response has no list")
    monkeypatch.setattr(listings, "NOT_LISTINGS", {key: "one"})
    assert listing_problems(definition("query.pageNumber", returns=ref("Item"))) == []
    (problem,) = listing_problems(definition(returns=ref("Item")))
    assert problem == f"{key}: is in NOT_LISTINGS, but has no paging parameters"
    monkeypatch.setattr(listings, "NOT_LISTINGS", {})
    monkeypatch.setattr(listings, "WINDOWS", {key: PagingWindow(9, instead="get_more")})
    one, two = listing_problems(definition())
    assert one == f"{key}: is in UNTYPED_REPLIES or WINDOWS, but is not paginated by page number"
    assert two == "get_more: is in WINDOWS, but is not an operation"
    monkeypatch.setattr(listings, "WINDOWS", {key: PagingWindow(9, instead="things")})
    assert listing_problems(definition("query.pageNumber")) == []
    monkeypatch.setattr(listings, "WINDOWS", {"GET /gone": PagingWindow(9, instead="things")})
    assert listing_problems(definition()) == [
        "GET /gone: is in UNTYPED_REPLIES or WINDOWS, but is not paginated by page number"
    ]


def test_reviewed_tables_say_why() -> None:
    assert all(NOT_LISTINGS.values())
    assert all(UNTYPED_REPLIES.values())
    assert {(one.records, one.pages) for one in WINDOWS.values()} == {(1000, 0), (0, 5)}
    assert all(one.instead for one in WINDOWS.values())


EXPECTED = Path(__file__).with_name("listings_269.tsv")

STYLES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "page-query": (("page", "query.pageNumber", ""),),
    "page-query (body filter)": (("page", "query.pageNumber", ""),),
    "page-body": (("page", "body.pageNumber", ""),),
    "search-body": (("page", "body.pageNumber", ""),),
    "analytics-body-paging": (("page", "body.paging.pageNumber", ""),),
    "after-query/nextUri": (("token", "query.after", ""),),
    "after-query/after": (("token", "query.after", "after"),),
    "after-query/cursors.after": (("token", "query.after", "cursors.after"),),
    "cursor-query/cursor": (("token", "query.cursor", "cursor"),),
    "cursor-query/cursors.after": (("token", "query.cursor", "cursors.after"),),
    "cursor-query/nextUri": (("token", "query.cursor", ""),),
    "cursor-body": (("token", "body.cursor", "cursor"),),
    "after-body": (("token", "body.after", "after"),),
    "search-q64": (("token", "query.q64", "nextPage"),),
    "reply has cursor, request has none": (("token", "query.after", "cursors.after"),),
    "nextPage-query/nextUri": (("token", "query.nextPage", ""),),
    "several:query pageNumber+nextPage": (("page", "query.pageNumber", ""),),
    "several:query pageNumber+cursor": (("page", "query.pageNumber", ""),),
    "several:query pageNumber+after": (("page", "query.pageNumber", ""),),
    "scim": (("index", "query.startIndex", ""),),
    "time-window (before/after dates)": (("time", "query.before", "dateCreated"),),
    "keyset (afterSourceType+afterSourceId)": (("link", "", ""),),
    "pageSize-only/nextUri": (("link", "", ""),),
    "none (full envelope in reply)": (("link", "", ""), ("single", "", "")),
    "none (nextUri in reply)": (("link", "", ""), ("single", "", "")),
    "none (scim envelope)": (("single", "", ""),),
    "none": (("single", "", ""),),
    "body size only": (("single", "", ""),),
    "limit-only": (("single", "", ""),),
    "pageSize-only": (("single", "", ""),),
    "search-body (no page in request)": (("single", "", ""),),
}
"""What each style of the table read by hand is in the generated one."""

ONLY_EXPECTED = {
    "GET /api/v2/integrations/{integrationId}": "one integration: NOT_LISTINGS",
    "GET /api/v2/chats/users/{userId}/messages": "one message: NOT_LISTINGS",
    "GET /api/v2/analytics/agents/{userId}/status": "one agent, whose status has sessions",
}
ONLY_FOUND = {
    "GET /api/v2/license/users/{userId}": "wraps the list of licenses",
    "GET /api/v2/conversations/messaging/threadingtimeline": "wraps a list of settings",
}


@pytest.mark.slow
def test_no_listing_without_a_style_and_no_style_without_a_listing() -> None:
    assert listing_problems(bundled_api()) == []


@pytest.mark.slow
def test_every_listing_is_found_with_the_style_read_by_hand() -> None:
    models = {one.name: one for one in bundled_api().models}
    made = {
        f"{one.method} {one.path}": listing
        for one in bundled_api().operations()
        if (listing := find_listing(one, models)) is not None
    }
    lines = [line for line in EXPECTED.read_text().splitlines() if line and line[0] != "#"]
    expected = {key: rest for key, *rest in (line.split("\t") for line in lines)}
    assert len(expected) == 968
    assert expected.keys() - made.keys() == ONLY_EXPECTED.keys()
    assert made.keys() - expected.keys() == ONLY_FOUND.keys()
    for key, listing in made.items():
        if key in ONLY_FOUND:
            continue
        style, items = expected[key]
        assert (listing.style, listing.send, listing.next) in STYLES[style], key
        at = {"(array)": "", "-": UNTYPED_REPLIES.get(key, "")}.get(items, items)
        assert listing.items == at, key

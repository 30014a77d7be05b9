"""Pages of listings, in every style and in both forms."""

from base64 import b64encode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.simulator import Settings, Simulator
from genesys_core.simulator.resources.listing_styles import find_listing_style
from genesys_core.simulator.resources.pages import PAGE_WINDOWS
from tests.helpers.listing_walk import read_items
from tests.helpers.resource_walk import RULES, SAMPLES, Walk
from tests.strategies.simulator import (
    Desk,
    definition,
    misfits,
    operation,
    small_document,
    unhurried,
)

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
DATED = {
    "type": "object",
    "properties": {"id": TEXT, "date": {"type": "string", "format": "date-time"}},
}
URIS = ("selfUri", "firstUri", "lastUri", "nextUri", "previousUri")


def query(*names):
    return [{"name": name, "in": "query", "type": "string"} for name in names]


def desk(
    *parameters, listing=(), count=5, method="GET", array=False, body=None, path="/x", **settings
):
    """A simulator with one listing of some items."""
    listed = {"type": "array", "items": {"$ref": "#/definitions/Thing"}}
    properties = {"entities": listed} | {
        name: NUMBER if name.startswith(("page", "total")) and name != "pageToken" else TEXT
        for name in listing
    }
    if "cursors" in listing:
        properties["cursors"] = {"type": "object", "properties": {"after": TEXT}}
    reply = listed if array else {"type": "object", "properties": properties}
    given = (
        []
        if body is None
        else [{"name": "body", "in": "body", "schema": {"type": "object", "properties": body}}]
    )
    paths = {path: {method.lower(): operation(*query(*parameters), *given, reply=reply)}}
    made = Desk(Simulator(small_document(paths, {"Thing": DATED}), settings=Settings(**settings)))
    made.items = made.simulator.seed_items(method, path, count) if count else []
    return made


def get(made, target="/x"):
    answer = made.send("GET", target)
    return answer.json if answer.status == 200 else answer


def numbers(made, page):
    ids = [each["id"] for each in made.items]
    return [ids.index(each["id"]) for each in page.get("entities", ())]


def test_pages_by_number_link_to_their_neighbours():
    made = desk(
        "pageNumber", "pageSize", "name", listing=(*URIS, "pageCount", "pageNumber", "total")
    )
    first = get(made, "/x?pageSize=2&name=a%20b")
    assert numbers(made, first) == [0, 1]
    assert (first["total"], first["pageCount"], first["pageNumber"]) == (5, 3, 1)
    assert "previousUri" not in first
    assert first["nextUri"] == "/x?pageNumber=2&pageSize=2&name=a%20b"
    second = get(made, first["nextUri"])
    assert numbers(made, second) == [2, 3]
    assert second["previousUri"] == "/x?pageNumber=1&pageSize=2&name=a%20b"
    last = get(made, second["lastUri"])
    assert numbers(made, last) == [4]
    assert "nextUri" not in last
    beyond = get(made, "/x?pageNumber=4&pageSize=2")
    assert (beyond["entities"], "previousUri" in beyond) == ([], True)
    assert "previousUri" not in get(made, "/x?pageNumber=9&pageSize=2")


def test_pages_without_links_have_numbers_and_a_total():
    made = desk(
        "pageNumber",
        listing=(*URIS, "pageCount", "pageNumber", "total"),
        listing_links=False,
        page_size=2,
    )
    first = get(made)
    assert first == {"entities": first["entities"], "pageNumber": 1, "total": 5, "selfUri": "/x"}
    assert [numbers(made, get(made, f"/x?pageNumber={n}")) for n in (1, 2, 3, 4)] == [
        [0, 1],
        [2, 3],
        [4],
        [],
    ]


@pytest.mark.parametrize("links", [True, False])
def test_pages_by_token(links):
    made = desk("cursor", listing=("cursor", "nextUri"), listing_links=links, page_size=2)
    first = get(made)
    assert (first["cursor"], first.get("nextUri")) == ("p2", "/x?cursor=p2" if links else None)
    assert numbers(made, get(made, "/x?cursor=p2")) == [2, 3]
    assert get(made, "/x?cursor=p4") == {"entities": [made.items[4]]}
    assert get(made, "/x?cursor=p9") == {"entities": []}
    for bad in ("x1", "p", "px", "p-1", "p1234567890", "p\N{ARABIC-INDIC DIGIT ONE}"):
        refused = made.send("GET", f"/x?cursor={bad}")
        assert (refused.status, refused.json["details"][0]["fieldName"]) == (400, "cursor")


def test_the_cursor_of_a_scan_lives_for_a_day():
    """Rule 21: scans of external contacts end without a cursor, which lives for 24 hours."""
    scan = "/api/v2/externalcontacts/scan/things"
    made = desk("cursor", listing=("cursors",), path=scan, page_size=2)
    first = get(made, scan)["cursors"]["after"]
    made.sleep(86_400)
    page = get(made, f"{scan}?cursor={first}")
    assert numbers(made, page) == [2, 3]
    second = page["cursors"]["after"]
    made.sleep(1)
    expired = made.send("GET", f"{scan}?cursor={first}")
    assert (expired.status, expired.json["details"][0]["fieldName"]) == (400, "cursor")
    assert "expired" in expired.json["message"]
    # Every page has a new cursor.
    assert get(made, f"{scan}?cursor={second}") == {"entities": [made.items[4]]}
    for bad in ("p2", "p2t", "pt2", "p2tx", f"{first}t1", "p1234567890t1"):
        assert made.send("GET", f"{scan}?cursor={bad}").status == 400


def test_a_token_within_an_object():
    made = desk("after", listing=("cursors",), page_size=3)
    assert get(made)["cursors"] == {"after": "p3"}


def test_links_stay_where_they_are_the_only_way():
    made = desk("after", listing=("nextUri",), listing_links=False, page_size=4)
    first = get(made)
    assert first["nextUri"] == "/x?after=p4"
    assert numbers(made, get(made, first["nextUri"])) == [4]


def test_a_key_in_two_parts():
    made = desk("afterSourceType", "afterSourceId", listing=("nextUri",), page_size=4)
    assert get(made)["nextUri"] == "/x?afterSourceType=ITEM&afterSourceId=p4"


def test_a_token_that_is_a_number():
    made = desk(listing=("nextUri",), count=0)
    paths = {
        "/x": {
            "get": operation(
                {"name": "after", "in": "query", "type": "integer"},
                reply={
                    "type": "object",
                    "properties": {"entities": {"type": "array", "items": DATED}, "nextUri": TEXT},
                },
            )
        }
    }
    made = Desk(Simulator(small_document(paths), settings=Settings(page_size=1)))
    made.simulator.seed_items("GET", "/x", 2)
    assert get(made)["nextUri"] == "/x?after=1"


def test_a_token_beside_page_numbers_is_in_the_link():
    made = desk("pageNumber", "nextPage", listing=("nextUri",), page_size=2)
    first = get(made)
    assert first["nextUri"] == "/x?nextPage=p2"
    assert numbers(made, get(made, first["nextUri"])) == [2, 3]
    assert numbers(made, get(made, "/x?pageNumber=3")) == [4]


def test_pages_by_index():
    made = desk("startIndex", "count", listing=("totalResults", "startIndex", "itemsPerPage"))
    page = get(made, "/x?startIndex=4&count=3")
    assert numbers(made, page) == [3, 4]
    assert page["totalResults"] == 5


def test_pages_by_date():
    made = desk("before", "limit")
    first = get(made, "/x?limit=2")
    assert numbers(made, first) == [4, 3]
    oldest = first["entities"][-1]["date"]
    assert numbers(made, get(made, f"/x?limit=2&before={oldest}")) == [2, 1]
    assert numbers(made, get(made, f"/x?before={oldest[:-1]}")) == [2, 1, 0]  # without a zone
    assert made.send("GET", "/x?before=soon").status == 400


def test_an_array_and_a_single_page():
    assert len(get(desk(array=True))) == 5
    whole = get(desk(listing=("total", "pageCount", "nextUri", "selfUri"), count=30))
    assert (len(whole["entities"]), whole["total"], whole["pageCount"], whole["selfUri"]) == (
        30,
        30,
        1,
        "/x",
    )


@pytest.mark.parametrize("size", ["0", "501", "-1", "many"])
def test_sizes_that_cannot_be(size):
    made = desk("pageNumber", "pageSize")
    for target in (f"/x?pageSize={size}", f"/x?pageNumber={size}"):
        if target != "/x?pageNumber=501":
            assert made.send("GET", target).status == 400
    assert get(made, "/x?pageNumber=99999999999&pageSize=")["entities"] == []


def post(made, body, target="/x"):
    answer = made.call("POST", target, body)
    return answer.json if answer.status == 200 else answer


PAGING = {"paging": {"type": "object", "properties": {"pageNumber": NUMBER, "pageSize": NUMBER}}}


def test_numbers_in_the_body():
    made = desk(
        method="POST", body={"pageNumber": NUMBER, "pageSize": NUMBER}, listing=("nextUri",)
    )
    assert numbers(made, post(made, {"pageNumber": 2, "pageSize": 3})) == [3, 4]
    first = post(made, {"pageSize": 3})
    assert numbers(made, post(made, {"pageSize": 3}, first["nextUri"])) == [3, 4]
    assert numbers(made, post(made, {})) == [0, 1, 2, 3, 4]
    assert post(made, {"pageNumber": 0}).status == 400


def test_paging_within_the_body_and_no_empty_list():
    made = desk(method="POST", body=PAGING, listing=("totalHits",))
    assert numbers(made, post(made, {"paging": {"pageNumber": 2, "pageSize": 4}})) == [4]
    assert post(made, {"paging": {"pageNumber": 3, "pageSize": 4}}) == {"totalHits": 5}
    assert numbers(made, post(made, {"paging": None})) == [0, 1, 2, 3, 4]


def test_a_token_in_the_body():
    made = desk(method="POST", body={"after": TEXT}, listing=("after",), page_size=3)
    first = post(made, {})
    assert numbers(made, post(made, {"after": first["after"]})) == [3, 4]
    assert numbers(made, made.call("POST", "/x").json) == [0, 1, 2]


def test_searches_as_text():
    made = desk("q64", listing=("nextPage", "currentPage", "previousPage"), page_size=2)
    first = get(made, f"/x?q64={b64encode(b'{}').decode()}")
    assert numbers(made, first) == [0, 1]
    second = get(made, f"/x?q64={first['nextPage']}")
    assert numbers(made, second) == [2, 3]
    assert second["previousPage"] == first["currentPage"]
    assert "nextPage" not in get(made, f"/x?q64={second['nextPage']}")
    whole = b64encode(msgspec.json.encode({"pageSize": 9})).decode()
    assert numbers(made, get(made, f"/x?q64={whole}")) == [0, 1, 2, 3, 4]
    assert numbers(made, get(made)) == [0, 1]
    deep = b64encode(b"[" * 100_000).decode()
    for bad in ("!", b64encode(b"[]").decode(), b64encode(b"{").decode(), "e\N{DEGREE SIGN}", deep):
        assert made.send("GET", f"/x?q64={bad}").status == 400


def test_items_within_results():
    things = {"type": "array", "items": DATED}
    inner = {"type": "object", "properties": {"entities": things, "total": NUMBER}}
    reply = {"type": "object", "properties": {"results": inner, "pageCount": NUMBER}}
    paths = {"/x": {"get": operation(*query("pageNumber"), reply=reply)}}
    made = Desk(Simulator(small_document(paths)))
    made.simulator.seed_items("GET", "/x", 3)
    page = get(made)
    assert (len(page["results"]["entities"]), page["results"]["total"], page["pageCount"]) == (
        3,
        3,
        1,
    )


@pytest.mark.parametrize(("template", "reach"), PAGE_WINDOWS.items())
def test_how_far_page_numbers_reach(template, reach):
    walk = Walk()
    base = walk.place(template)
    size = reach[0] // 4 or 100
    last = reach[1] or 4
    assert walk.desk.call("GET", f"{base}?pageSize={size}&pageNumber={last}").status == 200
    refused = walk.desk.call("GET", f"{base}?pageSize={size}&pageNumber={last + 1}")
    assert (refused.status, refused.json["details"][0]["fieldName"]) == (400, "pageNumber")


@unhurried
@given(st.integers(0, 12), st.integers(1, 6), st.booleans(), st.sampled_from(["number", "token"]))
def test_every_item_is_on_exactly_one_page(count, size, links, selector):
    name = "pageNumber" if selector == "number" else "cursor"
    made = desk(
        name, listing=("nextUri", "cursor"), count=count, listing_links=links, page_size=size
    )
    read, target = [], "/x"
    for number in range(2, 20):
        page = get(made, target) if made.items else {"entities": []}
        read += numbers(made, page)
        if not page["entities"]:
            break
        token = page.get("cursor") if selector == "token" else str(number)
        target = page.get("nextUri") or (token and f"/x?{name}={token}")
        if target is None:
            break
    assert read == list(range(count))


SEEDED = 5
LISTINGS = [
    route
    for route in definition().routes
    if route.method in {"GET", "POST"}
    and (style := find_listing_style(definition(), route.facts)) is not None
    and style.selector != "none"
]
OTHERS = {
    # What the collection of a listing has besides what is seeded.
    "/api/v2/authorization/divisions": 1,
    "/api/v2/authorization/roles": 3,
    "/api/v2/oauth/clients": 1,
    "/api/v2/routing/queues": 5,
    "/api/v2/users": 60,
}
UNREACHED = {
    "/api/v2/flows/lookup",  # its required parameters ask for another type
    "/api/v2/casemanagement/caseplans/query",  # its example body asks for another state
    "/api/v2/routing/queues/divisionviews",  # five pages of two are fewer than all queues
    # forms by their ids, of which the calls of this test name one that does not exist
    "/api/v2/quality/publishedforms/evaluations/divisionviews",
    "/api/v2/quality/publishedforms/surveys/divisionviews",
}


def read_listing(route, *, links):
    """Every item of a listing with some items more, two on a page."""
    settings = Settings(listing_links=links, page_size=2)
    desk = Desk(Simulator(definition(), settings=settings))
    walk = Walk(desk)
    path = route.template
    for each in route.facts.parameters:
        if each.location == "path":
            value = SAMPLES.get(each.format) or SAMPLES.get(each.type) or "x"
            path = path.replace(f"{{{each.name}}}", value)
    url = walk.url(route, path).replace("q64=q64", "q64=e30%3D").replace("pageSize=1", "pageSize=2")
    desk.simulator.seed_items(route.method, url, SEEDED)
    body = walk.body(route)
    if isinstance(body, dict):
        facts = definition().resolve(route.facts.body.schema)
        for name in ("pageNumber", "pageSize", "paging", "after", "cursor"):
            if name in body and name not in facts.required:
                del body[name]
    return read_items(desk, route, url, body, by_links=links)


def check_listing(route):
    for links in (True, False):
        items = read_listing(route, links=links)
        rule = RULES.find(route)
        owner = (
            rule.collection.template if rule and rule.collection and rule.action != "search" else ""
        )
        expected = SEEDED + OTHERS.get(owner, 0)
        assert len(items) == expected, (route.template, links)
        schema = find_listing_style(definition(), route.facts).item
        assert not any(misfits(definition(), schema, each) for each in items), route.template


READABLE = [each for each in LISTINGS if each.template not in UNREACHED]


@pytest.mark.parametrize("route", READABLE[::25], ids=lambda each: each.template)
def test_a_sample_of_the_listings_is_read_to_its_end_in_both_forms(route):
    check_listing(route)


@pytest.mark.slow
def test_all_listings_are_read_to_their_end_in_both_forms():
    for route in READABLE:
        check_listing(route)
    assert len(READABLE) >= 450


def test_a_count_of_pages_that_is_required_is_true_without_links_too():
    reply = {
        "type": "object",
        "properties": {
            "entities": {"type": "array", "items": {"$ref": "#/definitions/Thing"}},
            "pageCount": NUMBER,
        },
        "required": ["pageCount"],
    }
    paths = {"/x": {"get": operation(*query("pageNumber", "pageSize"), reply=reply)}}
    made = Desk(
        Simulator(small_document(paths, {"Thing": DATED}), settings=Settings(listing_links=False))
    )
    made.items = made.simulator.seed_items("GET", "/x", 5)
    assert get(made, "/x?pageSize=2")["pageCount"] == 3


def test_pages_may_be_as_large_as_the_platform_says():
    desk = Desk()
    for path, most in (("/api/v2/externalcontacts/contacts", 1000), ("/api/v2/groups", 500)):
        assert desk.call("GET", f"{path}?pageSize={most}").status == 200
        assert desk.call("GET", f"{path}?pageSize={most + 1}").status == 400

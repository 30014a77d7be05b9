"""Filters, order and pages of listings."""

import pytest

from genesys_core.simulator import Simulator
from tests.strategies.simulator import Desk, operation, small_document

TEXT = {"type": "string"}
THING = {"$ref": "#/definitions/Thing"}


def query(*names):
    return [{"name": name, "in": "query", "type": "string"} for name in names]


def desk(*parameters, listing=None, count=5, array=False):
    listed = {"type": "array", "items": THING}
    models = {
        "Thing": {
            "type": "object",
            "properties": {
                "id": TEXT,
                "name": TEXT,
                "open": {"type": "boolean"},
                "size": {"type": "integer"},
                "tags": {"type": "array", "items": TEXT},
            },
        },
        "Listing": {"type": "object", "properties": {"entities": listed, **(listing or {})}},
    }
    reply = listed if array else {"$ref": "#/definitions/Listing"}
    body = {"name": "body", "in": "body", "schema": THING}
    paths = {
        "/x": {
            "get": operation(*query(*parameters), reply=reply),
            "post": operation(body, reply=THING),
        },
        "/x/{id}": {"get": operation(reply=THING)},
    }
    made = Desk(Simulator(small_document(paths, models)))
    for n in range(count):
        thing = {"name": f"Thing {n}", "open": n % 2 == 0, "size": n, "tags": ["a"]}
        assert made.call("POST", "/x", thing).status == 200
    return made


def get(made, target="/x"):
    return made.send("GET", target)


def names(answer):
    return [each["name"][-1] for each in answer.json["entities"]]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/x", "01234"),
        ("/x?name=thing%203", "3"),
        ("/x?name=*3*", "3"),
        ("/x?open=true", "024"),
        ("/x?size=1,2", "12"),
        ("/x?size=1&size=4", "14"),
        ("/x?tags=zzz", "01234"),
        ("/x?unknown=1", "01234"),
        ("/x?open=", ""),
        ("/x?sortOrder=descending", "43210"),
        ("/x?sortBy=size&sortOrder=asc", "01234"),
        ("/x?sortBy=size&sortOrder=DESC", "43210"),
    ],
)
def test_filters_and_order(target, expected):
    made = desk("name", "open", "size", "tags", "unknown", "sortBy", "sortOrder")
    assert "".join(names(get(made, target))) == expected


def test_an_array():
    made = desk(array=True)
    assert len(get(made).json) == 5


def test_everything_on_one_page():
    listing = {name: {"type": "integer"} for name in ("total", "pageCount", "pageSize")}
    made = desk(listing=listing)
    whole = get(made).json
    assert (whole["total"], whole["pageCount"], whole["pageSize"]) == (5, 1, 5)
    assert "selfUri" not in whole


def test_pages_by_number():
    listing = {"nextUri": TEXT, "total": {"type": "integer"}}
    made = desk("pageNumber", "pageSize", listing=listing)
    first = get(made, "/x?pageSize=3").json
    assert first["total"] == 5
    assert names(get(made, first["nextUri"])) == ["3", "4"]
    assert "nextUri" not in get(made, first["nextUri"]).json
    assert names(get(made, "/x?pageNumber=9")) == []
    assert get(made, "/x?pageSize=0").status == 400


@pytest.mark.parametrize(
    ("parameters", "listing", "token"),
    [
        (("after", "pageSize"), {"after": TEXT}, lambda page: page.get("after")),
        (("cursor", "limit"), {"cursor": TEXT}, lambda page: page.get("cursor")),
        (
            ("after", "limit"),
            {"cursors": {"type": "object", "properties": {"after": TEXT}}},
            lambda page: page.get("cursors", {}).get("after"),
        ),
    ],
)
def test_pages_by_cursor(parameters, listing, token):
    made = desk(*parameters, listing=listing)
    cursor, size = parameters
    read, target = [], f"/x?{size}=2"
    while target:
        page = get(made, target)
        read += names(page)
        following = token(page.json)
        target = following and f"/x?{size}=2&{cursor}={following}"
    assert read == list("01234")
    for bad in ("x1", "p", "px", "p-1", "p1234567890"):
        refused = get(made, f"/x?{cursor}={bad}")
        assert (refused.status, refused.json["details"][0]["fieldName"]) == (400, cursor)
    for bad in ("0", "501", "many"):
        assert get(made, f"/x?{size}={bad}").status == 400
    assert names(get(made, f"/x?{cursor}=p99")) == []


def test_links_of_pages_by_cursor():
    made = desk("after", "name", "pageSize", listing={"nextUri": TEXT})
    page = get(made, "/x?pageSize=3&name=thing").json
    assert page["nextUri"] == "/x?pageSize=3&name=thing&after=p3"
    assert names(get(made, page["nextUri"])) == ["3", "4"]


def test_cursors_without_a_size():
    assert len(names(get(desk("after", count=30)))) == 25

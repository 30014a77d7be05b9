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


def test_pages_have_what_the_filters_let_through():
    made = desk("open", "cursor", "limit", listing={"cursor": TEXT})
    first = get(made, "/x?open=true&limit=2")
    assert names(first) == ["0", "2"]
    assert names(get(made, f"/x?open=true&limit=2&cursor={first.json['cursor']}")) == ["4"]


def test_texts_are_listed_and_sorted_too():
    texts = {"type": "array", "items": TEXT}
    given = {"name": "body", "in": "body", "schema": texts}
    listed = operation(*query("name", "sortOrder"), reply=texts)
    made = Desk(Simulator(small_document({"/m": {"get": listed, "put": operation(given)}})))
    assert made.call("PUT", "/m", ["b", "A", "c"]).status == 204
    assert get(made, "/m?name=x").json == ["b", "A", "c"]
    assert get(made, "/m?sortOrder=asc").json == ["A", "b", "c"]


def test_numbers_are_sorted_by_value():
    made = desk("size", "sortBy", "sortOrder")
    sizes = [10, 9, 100]
    for at, size in enumerate(sizes):
        made.call("POST", "/x", {"name": str(at), "size": size})
    shown = get(made, "/x?sortBy=size&sortOrder=asc").json
    assert [each["size"] for each in shown["entities"]][-3:] == [9, 10, 100]

"""The page of all listings."""

from __future__ import annotations

from genesys_core.definition.read.parse import parse_definition
from genesys_core.definition.reference.listing_pages import listings_text
from genesys_core.definition.reference.places import ReferenceLinks
from tests.strategies.definition import STRING, TRAPS, model, operation, query, ref

PAGE = {
    "entities": {"type": "array", "items": ref("Item")},
    "nextUri": STRING,
    "nextPage": STRING,
    "total": STRING,
}


def test_each_listing_has_a_row_and_nothing_else_has() -> None:
    paths = {
        "/api/v2/things": {"get": operation("things", "Users", query("pageNumber"), returns=ref("Page"))},
        "/api/v2/more": {"get": operation("more", "Users", query("q64"), returns=ref("Page"))},
        "/api/v2/one": {"get": operation("one", "Users", returns=ref("Item"))},
    }  # fmt: skip
    definitions = {"Page": model(PAGE), "Item": model({"id": STRING})}
    document = {**TRAPS, "paths": paths, "definitions": definitions}
    definition = parse_definition(document, {"notifications": []})
    text = listings_text(definition, ReferenceLinks(definition))
    link = "[`users.{0}`](apis/users.md#{0})"
    assert text.partition("| operation |")[2].splitlines()[2:] == [
        f"| {link.format('more')} | `token` | `q64` | `nextPage, nextUri` | `entities` | `id` | `total` |",
        f"| {link.format('things')} | `page` | `pageNumber` | `nextUri` | `entities` | `id` | `total` |",
    ]
    assert "| `single` | no further pages: one response contains all items |" in text

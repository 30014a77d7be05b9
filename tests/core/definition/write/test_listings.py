"""The module of listings, and how builders refer to it."""

from __future__ import annotations

import ast

import pytest

from genesys_core.calls.listing import Listing, PagingWindow
from genesys_core.definition.read import listings as rules
from genesys_core.definition.read.definition import ApiDefinition
from genesys_core.definition.read.parse import parse_definition
from genesys_core.definition.write.listings import listing_name, listings_source
from tests.strategies.definition import STRING, TRAPS, model, operation, query, ref

PAGE = {
    "entities": {"type": "array", "items": ref("Item")},
    "nextUri": STRING,
    "nextPage": STRING,
    "total": STRING,
}


def definition() -> ApiDefinition:
    item = {
        "/api/v2/things": {"get": operation("things", "Users", query("pageNumber"), returns=ref("Page"))},
        "/api/v2/others": {"get": operation("others", "Users", query("pageNumber"), returns=ref("Page"))},
        "/api/v2/more": {"get": operation("more", "Users", query("q64"), returns=ref("Page"))},
        "/api/v2/one": {"get": operation("one", "Users", returns=ref("Item"))},
    }  # fmt: skip
    definitions = {"Page": model(PAGE), "Item": model({"id": STRING})}
    document = {**TRAPS, "paths": item, "definitions": definitions}
    return parse_definition(document, {"notifications": []})


def test_a_definition_without_listings_imports_nothing() -> None:
    text = listings_source(ApiDefinition("1", (), ()))
    assert "import" not in text
    assert text.endswith('"""\n')


def source() -> str:
    return listings_source(definition())


def read(text: str) -> dict[str, Listing]:
    space: dict[str, object] = {}
    exec(compile(text, "listings", "exec"), space)
    return {name: one for name, one in space.items() if isinstance(one, Listing)}


def test_operations_with_the_same_listing_share_it() -> None:
    by_page = Listing("page", send="query.pageNumber", total="total", links=True)
    by_token = Listing("token", send="query.q64", next="nextPage", total="total", links=True)
    made = read(source())
    assert list(made.values()) == [by_page, by_token]
    assert made == {listing_name(one): one for one in made.values()}
    assert "PagingWindow" not in source()
    assert ast.get_docstring(ast.parse(source())) is not None


@pytest.mark.parametrize(
    "window", [PagingWindow(9, instead="more"), PagingWindow(pages=2, instead="more")]
)
def test_a_window_is_part_of_a_listing(
    window: PagingWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "WINDOWS", {"GET /api/v2/things": window})
    assert window in [one.window for one in read(source()).values()]
    assert len(read(source())) == 3


def test_a_name_tells_the_style_and_follows_from_the_rest() -> None:
    one, other = Listing("page", total="total"), Listing("page", total="totalHits")
    assert listing_name(one).startswith("page_")
    assert listing_name(one) != listing_name(other)
    assert listing_name(one) == listing_name(Listing("page", total="total"))

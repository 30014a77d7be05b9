"""Reads simulated listings to their end, in either form, by the definition alone."""

from collections.abc import Mapping
from urllib.parse import quote

from genesys_core.simulator.resources.listing_styles import find_listing_style
from tests.strategies.simulator import Desk, definition

LONGEST = 60
"""More pages than any listing of a test has."""


def style_of(route):
    return find_listing_style(definition(), route.facts)


def at(document, path):
    """The value at a path of names; None if there is none."""
    for name in path:
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


def with_query(url, name, value):
    """The URL with one query parameter in place of what it has for it."""
    path, _, query = url.partition("?")
    kept = [each for each in query.split("&") if each and not each.startswith(f"{name}=")]
    return f"{path}?{'&'.join([*kept, f'{name}={quote(str(value))}'])}"


def with_field(body, path, value):
    """The body with one field at a path of names."""
    if not path:
        return value
    inside = body.get(path[0]) if isinstance(body, dict) else None
    return {**(body or {}), path[0]: with_field(inside, path[1:], value)}


def read_pages(desk: Desk, route, url, body, *, by_links):
    """Every page of a listing: the documents of its responses, from the first to the last.

    By its links where it has any, or by its tokens and numbers alone.
    """
    style, pages = style_of(route), []
    while len(pages) < LONGEST:
        response = desk.call(route.method, url, body)
        assert response.status == 200, (route.method, url, response)
        page = response.json
        pages.append(page)
        items = at(page, style.items) if style.items else page
        link = at(page, ("nextUri",))
        if by_links and link is not None:
            url = link
            continue
        if by_links and "nextUri" in (
            definition().resolve(route.facts.reply_schema).properties or {}
        ):
            return pages
        following = select_next(style, pages, items, link)
        if not following:
            return pages
        if style.in_body:
            body = with_field(body, style.send, following)
            if style.send[0] == "paging":
                body["paging"].setdefault("pageSize", 2)
        else:
            url = with_query(url, style.send[-1], following)
    raise AssertionError(f"{route.method} {route.template} does not end")


def select_next(style, pages, items, link):
    """What the request for the next page says; None or empty after the last."""
    page = pages[-1]
    match style.selector:
        case "number":
            return len(pages) + 1 if items else None
        case "index":
            read = [each for known in pages for each in at(known, style.items) or ()]
            return len(read) + 1 if items else None
        case "token":
            return at(page, style.token) if style.token else token_of(link, style.send[-1])
        case "search":
            return page.get("nextPage")
        case "date":
            return min((each[style.date] for each in items), default=None)
        case _:
            return None


def token_of(link, name):
    return (link or "").partition(f"{name}=")[2].partition("&")[0]


def read_items(desk: Desk, route, url, body, *, by_links):
    """Every item of a listing."""
    path = style_of(route).items
    pages = read_pages(desk, route, url, body, by_links=by_links)
    return [each for page in pages for each in (at(page, path) or () if path else page)]

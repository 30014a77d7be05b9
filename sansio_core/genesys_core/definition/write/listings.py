"""Writes the module that defines each distinct listing once, for the operations that share it.

Invariants: a listing's name is derived from its content, so that a new listing does not change the
names of others.
"""

from zlib import crc32

from genesys_core.calls.listing import Listing
from genesys_core.definition.read.definition import ApiDefinition
from genesys_core.definition.read.listings import find_listing
from genesys_core.definition.write.source_text import (
    WIDTH,
    fill_lines,
    quote_string,
    write_banner,
)

__all__ = ["listing_name", "listings_source"]


def listing_name(listing: Listing) -> str:
    """Return a listing's variable name: its paging style and a checksum of its other fields."""
    return f"{listing.style}_{crc32(', '.join(_arguments(listing)).encode()):08x}"


def listings_source(definition: ApiDefinition) -> str:
    """Return the source of ``api/_listings.py``, which defines each distinct listing once."""
    models = {model.name: model for model in definition.models}
    listings = {
        listing_name(listing): listing
        for operation in definition.operations()
        if (listing := find_listing(operation, models)) is not None
    }
    names = "Listing, PagingWindow" if any(x.window for x in listings.values()) else "Listing"
    lines = [
        '"""All distinct listings; operations that paginate in the same way share one."""',
        *(["", f"from genesys_core.calls.listing import {names}", ""] if listings else []),
    ]
    for name, listing in sorted(listings.items()):
        arguments = _arguments(listing)
        line = f"{name} = Listing({', '.join(arguments)})"
        long = [f"{name} = Listing(", *fill_lines(arguments, "    "), ")"]
        lines += [line] if len(line) <= WIDTH else long
    return write_banner(definition.version) + "\n".join([*lines, ""])


def _arguments(listing: Listing) -> list[str]:
    """Return the arguments for a listing's fields that differ from their defaults."""
    arguments = [quote_string(listing.style)]
    plain = Listing(listing.style)
    for field in ("items", "identity", "send", "next", "size", "total"):
        value: str = getattr(listing, field)
        if value != getattr(plain, field):
            arguments.append(f"{field}={quote_string(value)}")
    if listing.links:
        arguments.append("links=True")
    if listing.window is not None:
        reach = "records" if listing.window.records else "pages"
        limit = listing.window.records or listing.window.pages
        instead = quote_string(listing.window.instead)
        arguments.append(f"window=PagingWindow({reach}={limit}, instead={instead})")
    return arguments

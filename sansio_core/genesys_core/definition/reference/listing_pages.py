"""Writes the page about listings: how each operation that returns a list is paginated.

Invariants: the page shows the values that ``operation.endpoint.listing`` has at run time.
"""

from typing import Final

from genesys_core.calls.listing import Listing
from genesys_core.definition.read.definition import ApiDefinition
from genesys_core.definition.read.listings import find_listing
from genesys_core.definition.reference.markdown import inline_code, write_table
from genesys_core.definition.reference.places import ReferenceLinks

__all__ = ["LISTINGS", "listings_text"]

LISTINGS: Final = "listings.md"

_STYLES: Final = (
    ("page", "by page number"),
    ("token", "by a token from the response: a cursor, `after` or `nextPage`"),
    ("link", "by the response's `nextUri`"),
    ("index", "by the index of the first item (SCIM, RFC 7644)"),
    ("time", "by the date of the oldest item received"),
    ("single", "no further pages: one response contains all items"),
)
_COLUMNS: Final = """\
* `request`: the query parameter that selects the page, or the body field, prefixed with `body.`.
* `next page`: the response's fields with the next token or link. A link takes precedence, except
  for POST operations with a paging parameter.
* `items`: the field with the items; empty if the response itself is the list.
* `id`: the field that identifies an item; empty if there is none.
* `total`: the field with the total number of items."""


def listings_text(definition: ApiDefinition, places: ReferenceLinks) -> str:
    """Return the page about listings: a table of all operations that are listings.

    Args:
        definition: the definition whose listings are shown.
        places: creates links to operations.
    """
    models = {model.name: model for model in definition.models}
    found = (
        (places.method(api.name, operation.name, LISTINGS), listing)
        for api in definition.apis
        for operation in api.operations
        if (listing := find_listing(operation, models)) is not None
    )
    return "\n".join(
        [
            "# Listings",
            "",
            (
                "How each operation that returns a list is paginated. [Listings](../listings.md) explains "
                "how to iterate over the items."
            ),
            "",
            *write_table(
                ("style", "how the next page is requested"),
                ((inline_code(style), about) for style, about in _STYLES),
            ),
            _COLUMNS,
            "",
            *write_table(
                ("operation", "style", "request", "next page", "items", "id", "total"),
                ((link, *map(inline_code, _cells(listing))) for link, listing in found),
            ),
        ]
    )


def _cells(listing: Listing) -> tuple[str, ...]:
    following = [listing.next, "nextUri" if listing.links else ""]
    return (
        listing.style,
        listing.send.replace("query.", ""),
        ", ".join(filter(None, following)),
        listing.items,
        listing.identity,
        listing.total,
    )

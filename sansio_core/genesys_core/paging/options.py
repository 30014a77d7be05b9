"""Options for iterating over a listing.

Invariants: an invalid option raises an error that names it, before anything is sent.
"""

from typing import Final, Literal, TypeAlias, TypedDict

from msgspec import Struct

from genesys_core.checks import TEXT, WHOLE_NUMBER, Expected, check_fields
from genesys_core.errors import InvalidValueError

__all__ = [
    "NO_PAGING_OPTIONS",
    "IncompleteListingWarning",
    "PagingArguments",
    "PagingOptions",
    "Shortfall",
]

Shortfall: TypeAlias = Literal["error", "warn", "ignore"]
"""How a listing ends if it had fewer items than the platform counted."""

_SHORTFALLS: Final = ("error", "warn", "ignore")

_FIELDS: Final = {
    "limit": WHOLE_NUMBER.or_none(),
    "max_pages": WHOLE_NUMBER.or_none(),
    "prefetch": WHOLE_NUMBER,
    "resume": TEXT.or_none(),
    "shortfall": Expected("'error', 'warn' or 'ignore'", "'warn'", (str,)),
}


class IncompleteListingWarning(UserWarning):
    """Warns that a listing may have more items than were received."""


class PagingOptions(Struct, frozen=True):
    """The limits and the starting point of an iteration over a listing.

    Attributes:
        limit: the maximum number of items to return; ``None`` for all.
        max_pages: the maximum number of pages to request; ``None`` for all.
        prefetch: the number of pages to request ahead; more than one requires numbered pages.
        resume: the resume token of an earlier listing of the same operation, to continue from there.
        shortfall: what to do if the listing had fewer items than the platform counted: ``error``
            raises ``IncompleteListingError`` after the last item, or issues a warning if the
            platform's count is approximate, ``warn`` issues a warning, and ``ignore`` does neither.
    """

    limit: int | None = None
    max_pages: int | None = None
    prefetch: int = 0
    resume: str | None = None
    shortfall: Shortfall = "error"

    def __post_init__(self) -> None:
        check_fields(self, _FIELDS)
        for name, value, least in (
            ("limit", self.limit, 0),
            ("max_pages", self.max_pages, 1),
            ("prefetch", self.prefetch, 0),
        ):
            if value is not None and value < least:
                raise InvalidValueError(f"{name}={value}: must be {least} or more")
        if self.shortfall not in _SHORTFALLS:
            raise InvalidValueError(
                f"shortfall={self.shortfall!r}: must be one of {', '.join(_SHORTFALLS)}"
            )


class PagingArguments(TypedDict, total=False):
    """Keyword arguments with the names and types of the fields of :class:`PagingOptions`."""

    limit: int | None
    max_pages: int | None
    prefetch: int
    resume: str | None
    shortfall: Shortfall


NO_PAGING_OPTIONS: Final = PagingOptions()

"""Resume tokens: positions in a listing as text.

Invariants: a resume token is valid in other processes and, unless the operation's pagination has
changed, in later versions. It contains a position, which may be a link with a query, digests, and the
method and path template of the request, but no items, no body and no access token. A link in a token
is validated like a link from the platform.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from genesys_core.calls.operation import Operation
from genesys_core.errors import InvalidValueError
from genesys_core.hosts import Hosts
from genesys_core.paging.options import PagingOptions
from genesys_core.paging.paging import (
    DIGEST_SIZE,
    PageResult,
    Paging,
    digest_identity,
)
from genesys_core.paging.places import read_each
from genesys_core.paging.rules import Position, PositionKind

__all__ = ["begin_paging", "format_resume_token"]

T = TypeVar("T")

_MARK: Final = "1."
"""The prefix of resume tokens: the version of their format. Later versions of the library can read
tokens in this format."""


class _Saved(Struct, omit_defaults=True):
    operation: str
    kind: PositionKind = "start"
    value: str | int = ""
    number: int = 0
    skip: int = 0
    items: bytes = b""
    fetched: int = 0
    repeated: int = 0
    total: int | None = None
    ended: bool = False


def begin_paging(
    operation: Operation[T], hosts: Hosts, options: PagingOptions
) -> "Paging[T] | None":
    """Return the state for the first page after ``options.resume``; ``None`` if the listing ended.

    Raises:
        InvalidValueError: the resume token is invalid, or belongs to another operation.
    """
    paging = Paging(operation, hosts, options)
    if options.resume is None:
        return paging
    saved = _parse(options.resume)
    own = _describe(operation)
    if saved.operation != own:
        raise InvalidValueError(
            f"resume: the token belongs to {saved.operation}, but the operation is {own}"
        )
    style = paging.listing.style
    if saved.kind not in ("start", "link", style):
        raise InvalidValueError(
            f"resume: the token is for pagination by {saved.kind}, but {own} uses {style} in this "
            "version; start with the first page"
        )
    if saved.ended:
        return None
    digests = (
        saved.items[start : start + DIGEST_SIZE]
        for start in range(0, len(saved.items), DIGEST_SIZE)
    )
    return replace(
        paging,
        position=Position(saved.kind, saved.value),
        number=saved.number,
        skip=saved.skip,
        known=frozenset(digests),
        fetched=saved.fetched,
        repeated=saved.repeated,
        total=saved.total,
    )


def format_resume_token(current: Paging[T], step: PageResult[T] | None, taken: int) -> str:
    """Return the resume token for the position after the last item returned.

    Args:
        current: the state for the page that is being read.
        step: the outcome of the received page; ``None`` if it has not been received yet.
        taken: the number of the page's items that have been returned.
    """
    page: Paging[T] | None = current
    consumed: tuple[object, ...] = ()
    if step is not None:
        consumed = step.items[:taken]
        if taken >= len(step.items) and not step.is_cut:
            page, consumed = step.rest, ()
    operation = _describe(current.operation)
    if page is None:
        return _format(_Saved(operation, ended=True))
    return _format(
        _Saved(
            operation,
            page.position.kind,
            page.position.value,
            page.number,
            page.skip + len(consumed),
            # Sorted, so that equal positions have equal tokens.
            b"".join(sorted(_digests(page, consumed))),
            page.fetched + len(consumed),
            page.repeated,
            page.total,
        )
    )


def _digests(page: Paging[T], consumed: tuple[object, ...]) -> set[bytes]:
    """Return digests of the items that the next page may contain again."""
    digests = set(page.known)
    # An insertion moves the last items of the page before to this one.
    for ids in page.recent[-1:]:
        digests.update(map(digest_identity, ids))
    if consumed and page.drops_repeated:
        identities = read_each(consumed, page.listing.identity)
        digests.update(digest_identity(one) for one in identities if isinstance(one, str | int))
    return digests


def _describe(operation: Operation[T]) -> str:
    return f"{operation.endpoint.method} {operation.endpoint.path}"


def _format(saved: _Saved) -> str:
    return _MARK + urlsafe_b64encode(msgspec.json.encode(saved)).decode().rstrip("=")


def _parse(token: str) -> _Saved:
    version, _, text = token.partition(".")
    # First, because a later version may have any content.
    if version.isdecimal() and version != _MARK.rstrip("."):
        raise InvalidValueError(
            f"resume: the token has version {version[:8]!r}, but this library supports version 1"
        )
    try:
        body = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        saved = msgspec.json.decode(body, type=_Saved)
    except (binascii.Error, ValueError, RecursionError):
        saved = None
    # Pages and indexes are numbers, all other positions are text; the decoder accepts either for all.
    is_number = saved is not None and saved.kind in ("page", "index")
    if not token.startswith(_MARK) or saved is None or isinstance(saved.value, int) != is_number:
        raise InvalidValueError(
            f"resume: the text of {len(token)} characters is not a resume token; pass "
            "`resume_token` of an earlier listing"
        )
    return saved

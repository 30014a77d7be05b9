"""Describes the parameters whose meaning can be derived: IDs, filters, paging, known names.

Invariants: a description is derived from a parameter's name and location, from its operation's
pagination, and from a table of names with the same meaning in all operations.
"""

import re
from collections.abc import Collection, Mapping
from typing import Final

from genesys_core.calls.listing import Listing
from genesys_core.definition.read.definition import (
    ApiParameter,
    Array,
    Limits,
    Plain,
    format_number,
)
from genesys_core.definition.words.lexicon import read_words, split_name, to_plural, with_article
from genesys_core.definition.words.parameter_meanings import PAGE_MEANINGS, PARAMETER_MEANINGS

__all__ = ["describe_limits", "describe_parameter"]


def describe_parameter(
    parameter: ApiParameter, listing: Listing | None, fields: Collection[str] = ()
) -> str:
    """Return a parameter's meaning, such as "the ID of a queue"; empty if the meaning is unknown.

    Args:
        parameter: the parameter to describe.
        listing: how the operation is paginated; ``None`` if it is not a listing.
        fields: the wire names of the listed items' fields, which parameters may filter by.
    """
    name = parameter.wire
    if parameter.location == "path":
        return _IN_PATHS.get(name) or f"the {'ID of the ' * _is_id(name)}{split_name(name)}"
    if parameter.location == "body":
        return ""
    if name in _FILTERS and name in fields:
        return f"filter by {split_name(name)}"
    if name in PARAMETER_MEANINGS:
        return PARAMETER_MEANINGS[name]
    return (_in_pages(name, listing) if listing else "") or _by_name(parameter)


def _in_pages(name: str, listing: Listing) -> str:
    if f"query.{name}" == listing.size:
        return _SIZE
    if f"query.{name}" == listing.send:
        return _PAGES.get(listing.style, _CURSOR)
    return _BACKWARDS if listing.style == "token" and name in ("before", "previousPage") else ""


def _by_name(parameter: ApiParameter) -> str:
    name = parameter.wire
    if parameter.type == Plain("boolean") and (found := _INCLUDES.match(name)):
        return f"whether to {found[1]} {split_name(found[2])}"
    if name in ("id", "ids"):
        if not parameter.required:
            return "only the items with these IDs"
        return "the IDs" if isinstance(parameter.type, Array) else "the ID"
    if not _is_id(name):
        return PAGE_MEANINGS.get(name, "")
    is_several = isinstance(parameter.type, Array) and not name.endswith("s")
    return f"the {_owner(f'{name}s' if is_several else name)}"


_FILTERS: Final = read_words("""
    campaignStatus category classification countryCode description deactivated dialect enabled
    eventType joined language level managed mediaType messengerType minerType name origin
    paymentStatus phoneNumber phoneNumberStatus phoneNumberType published region routingStatus state
    status tags topicName trunkType type
""")
"""Names of parameters that filter a listing by the field with the same name."""

_INCLUDES: Final = re.compile(r"(include|exclude)(?!Only)([A-Z].*)")


def describe_limits(limits: Limits) -> str:
    """Return a description of a parameter's limits, such as "default 25, from 1 to 100"."""
    return ", ".join(
        filter(
            None,
            [
                f"default {limits.default}" if limits.default else "",
                f"in the format {limits.format}" if limits.format else "",
                _bounds(limits.minimum, limits.maximum, ""),
                _bounds(limits.min_length, limits.max_length, " characters"),
                _bounds(limits.min_items, limits.max_items, " items"),
                "without duplicates" if limits.is_unique else "",
                f"matching {limits.pattern}" if limits.pattern else "",
            ],
        )
    )


def _bounds(least: float | None, most: float | None, unit: str) -> str:
    if least is not None and most is not None:
        return f"from {format_number(least)} to {format_number(most)}{unit}"
    if least is not None:
        return f"at least {format_number(least)}{unit}"
    return f"at most {format_number(most)}{unit}" if most is not None else ""


def _is_id(name: str) -> bool:
    # "queueId", "site.id", "ids", but neither "paid" nor "grids".
    return re.search(r"([a-z\d]I|\.i|^i)ds?$", name) is not None


def _owner(name: str) -> str:
    """Describe an ID parameter by its name: "ID of a queue", "IDs of queues"."""
    if name.endswith("s"):
        return f"IDs of {to_plural(split_name(name.removesuffix('s')))}"
    return f"ID of {with_article(split_name(name))}"


_CURSOR: Final = "the cursor from the previous response"
_BACKWARDS: Final = "the cursor of the previous page"
_SIZE: Final = "the number of items per page"
_PAGES: Final[Mapping[str, str]] = {
    "index": "the index of the first item, counted from 1",
    "page": "the page, counted from 1",
    "time": "the end of the period",
}
_IN_PATHS: Final[Mapping[str, str]] = {
    "googleBusinessProfileIngestionRuleId": "the ID of the Google Business Profile ingestion rule",
    "id": "the ID",
    "messageIds": "the IDs of messages, separated by commas",
    "openId": "the ID of the open ingestion rule",
    "orphanId": "the ID of the orphan recording",
    "sharedId": "the ID of the shared document",
    "trusteeOrgId": "the ID of the trustee organization",
    "trustorOrgId": "the ID of the trustor organization",
    "weekDateId": "the first day of the week, as yyyy-MM-dd",
    "weekId": "the first day of the week, as yyyy-MM-dd",
}
"""Meanings of path parameters that cannot be derived from their wire names."""

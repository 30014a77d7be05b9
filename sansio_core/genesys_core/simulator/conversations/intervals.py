"""Intervals and granularities of analytics queries.

Invariants: an interval includes its start and excludes its end (the latter is a guess). A
granularity divides the interval into parts without gaps; the last part may be shorter.
"""

import re
from collections.abc import Iterator
from typing import Final

from genesys_core.simulator.conversations.rest_views import show_time
from genesys_core.simulator.http.exchange import parse_instant
from genesys_core.simulator.http.problems import PlatformProblem, bad_request

__all__ = [
    "DAY",
    "is_interval",
    "parse_granularity",
    "parse_interval",
    "part_of",
    "show_interval",
    "split_interval",
]

DAY: Final = 86_400_000
"""The length of a day in milliseconds."""

_MOST_PARTS: Final = 10_000
"""The maximum number of parts into which a granularity may divide an interval; a guess."""

_GRANULARITY: Final = re.compile(
    r"P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:(\d{1,4})S)?)?", re.ASCII
)
_UNITS: Final = (7 * DAY, DAY, 3_600_000, 60_000, 1000)


def parse_interval(text: object) -> tuple[int, int]:
    """Return the start and end of an interval, written ``start/end``, in milliseconds.

    Raises:
        Problem: 400 if the text is not two dates with times, the first before the second.
    """
    start, slash, end = str(text).partition("/")
    if not slash:
        raise _invalid(text)
    try:
        bounds = parse_instant(start), parse_instant(end)
    except ValueError:
        raise _invalid(text) from None
    if bounds[0] >= bounds[1]:
        raise _invalid(text)
    return bounds


def is_interval(text: object) -> bool:
    """Return whether a string is a valid interval, written ``start/end``."""
    try:
        parse_interval(text)
    except PlatformProblem:
        return False
    return True


def parse_granularity(text: str | None, interval: tuple[int, int]) -> int:
    """Return a granularity such as ``PT30M`` in milliseconds; by default, the interval's length.

    Raises:
        Problem: 400 if the granularity is not a duration in weeks, days, hours, minutes and
            seconds, or is too fine for the interval.
    """
    length = interval[1] - interval[0]
    if text is None:
        return length
    found = _GRANULARITY.fullmatch(text)
    amounts = (0,) if found is None else tuple(int(each or 0) for each in found.groups())
    granularity = sum(amount * unit for amount, unit in zip(amounts, _UNITS, strict=False))
    if granularity == 0 or length / granularity > _MOST_PARTS:
        message = (
            f"The granularity [{text}] must be an ISO 8601 duration without years and months, such "
            f"as PT30M, and divide the interval into at most {_MOST_PARTS} parts."
        )
        raise bad_request(message, field="granularity")
    return granularity


def split_interval(interval: tuple[int, int], granularity: int) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each part of an interval divided by a granularity, in milliseconds."""
    start, end = interval
    while start < end:
        yield start, min(start + granularity, end)
        start += granularity


def part_of(at: int, interval: tuple[int, int], granularity: int) -> int | None:
    """Return the index of the part that contains a time; ``None`` if it is outside the interval."""
    start, end = interval
    return (at - start) // granularity if start <= at < end else None


def show_interval(interval: tuple[int, int]) -> str:
    """Format an interval as ``start/end``, from milliseconds."""
    return f"{show_time(interval[0])}/{show_time(interval[1])}"


def _invalid(text: object) -> PlatformProblem:
    message = f"The interval [{text}] is not start/end: two ISO 8601 times, the earlier one first."
    return bad_request(message, field="interval")

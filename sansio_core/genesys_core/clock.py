"""Types for the times and random numbers that are passed to the core, and functions for times.

The core reads no clock and no source of randomness: adapters read theirs and pass the values in.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias

__all__ = ["Now", "Random", "assume_utc", "format_seconds"]

Random: TypeAlias = Callable[[], float]
"""A source of random numbers in ``[0, 1)``, such as :func:`random.random`."""


class Now(NamedTuple):
    """A reading of the monotonic and the wall clock, taken by the adapter.

    Durations are measured on ``monotonic`` (seconds, arbitrary origin); dates and expiry times on
    ``wall`` (seconds since 1970-01-01 UTC).
    """

    monotonic: float
    wall: float


def assume_utc(moment: datetime) -> datetime:
    """Return a time from the platform as an aware datetime; a time without a zone is UTC."""
    return moment.replace(tzinfo=UTC) if moment.utcoffset() is None else moment


def format_seconds(seconds: float) -> str:
    """Format a duration for a message: three significant digits, or whole seconds from 1000 s on."""
    # Not ".3g" alone, which writes 7190 s as "7.19e+03".
    return f"{seconds:.3g}" if seconds < 999.5 else f"{seconds:.0f}"

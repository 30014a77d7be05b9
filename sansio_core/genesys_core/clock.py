"""Time and chance, which the core takes as arguments.

The core reads no clock and has no source of randomness: adapters read theirs and pass them in.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

__all__ = ["Now", "Random"]

Random: TypeAlias = Callable[[], float]
"""A source of numbers in ``[0, 1)``, such as :func:`random.random`. The core has none of its own."""


class Now(NamedTuple):
    """One reading of both clocks, taken by the adapter.

    Durations are measured on ``monotonic`` (seconds, no fixed origin); dates and expiry on
    ``wall`` (seconds since 1970-01-01 UTC).
    """

    monotonic: float
    wall: float

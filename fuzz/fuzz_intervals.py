"""Any text is an interval or an InvalidValueError, and splits cover the whole exactly once.

Invariants: the parser is total; an interval that is written is parsed again to the same interval.
The pieces of a split are adjacent, in order, from start to end, and none is longer than the limit.
"""

from collections.abc import Callable
from datetime import timedelta
from itertools import islice, pairwise
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.codec.intervals import Interval
from genesys_core.errors import InvalidValueError
from tests.strategies.intervals import intervals, zones

__all__ = ["TARGETS", "check_split"]


def interval_text(data: bytes) -> None:
    """The input is the text."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        interval = Interval.parse(text)
    except InvalidValueError:
        return
    assert Interval.parse(str(interval)) == interval
    pieces = list(islice(interval.split(), 100))
    assert pieces[0].start == interval.start
    assert all(one.end == other.start for one, other in pairwise(pieces))


@given(
    interval=intervals(),
    unit=st.sampled_from(["day", "hour"]),
    count=st.integers(1, 40),
    zone=zones,
    limit=st.none() | st.timedeltas(timedelta(minutes=37), timedelta(days=3)),
)
def check_split(interval, unit, count, zone, limit):
    pieces = list(interval.split(unit, count, zone=zone, limit=limit))
    assert (pieces[0].start, pieces[-1].end) == (interval.start, interval.end)
    assert all(one.end == other.start for one, other in pairwise(pieces))
    assert limit is None or max(piece.duration for piece in pieces) <= limit


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "interval_text": interval_text,
    "interval_split": check_split.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # by @given
}

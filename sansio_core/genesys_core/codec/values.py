"""Values of the wire that Python has no word for.

Law: nothing here loses information. ``None`` is "not there", :data:`NULL` is JSON's ``null``,
and a :class:`YearMonth` is a month of a year, not the first day of one.
"""

import re
from datetime import date, datetime
from functools import total_ordering
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, cast

from genesys_core.errors import InvalidValueError

__all__ = ["NULL", "LocalDateTime", "Null", "Open", "YearMonth", "dec_hook"]

_T = TypeVar("_T")

if TYPE_CHECKING:
    Open: TypeAlias = _T | str
    """An open enum: ``Open[Literal["A", "B"]]``. The values in brackets are those that the
    definition knows; any other string is accepted both ways, because a newer platform may know it.
    """
else:

    class Open:
        """``Open[Literal[...]]`` is ``str`` at run time; the literals serve checkers and editors."""

        def __class_getitem__(cls, known: object) -> type[str]:
            return str


LocalDateTime: TypeAlias = datetime
"""The definition's ``local-date-time``: a naive :class:`~datetime.datetime`, no zone by design."""


class Null:
    """The type of :data:`NULL`, of which there is one instance."""

    __slots__ = ()
    _instance: "Null | None" = None

    def __new__(cls) -> "Null":  # noqa: D102, PYI034 - one instance, of this class alone
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "NULL"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> tuple[type["Null"], tuple[()]]:
        return Null, ()

    def __copy__(self) -> "Null":
        return self

    def __deepcopy__(self, memo: object) -> "Null":
        return self


# Typed `Any` on purpose: it can be assigned to a field of any type, and no field
# that comes from the platform ever holds it, so readers need no extra case.
NULL: Final[Any] = Null()
"""Sends an explicit ``null`` where ``None`` would leave the field out."""

_YEAR_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


def _check_range(name: str, value: int, lowest: int, highest: int) -> None:
    if type(value) is not int or not lowest <= value <= highest:
        raise InvalidValueError(f"{name} {value!r}: must be an int from {lowest} to {highest}")


@total_ordering
class YearMonth:
    """A month of a year, on the wire ``YYYY-MM`` (the definition's ``year-month``). Immutable.

    Args:
        year: 0 to 9999.
        month: 1 to 12.

    Raises:
        InvalidValueError: the year or the month is no integer, or outside its range.
    """

    # A plain class: msgspec would write a Struct or a dataclass as an object of its fields.
    __slots__ = ("_months",)

    def __init__(self, year: int, month: int) -> None:
        _check_range("year", year, 0, 9999)
        _check_range("month", month, 1, 12)
        self._months = year * 12 + month - 1

    @property
    def year(self) -> int:
        """The year, 0 to 9999."""
        return self._months // 12

    @property
    def month(self) -> int:
        """The month, 1 to 12."""
        return self._months % 12 + 1

    @classmethod
    def parse(cls, text: str) -> "YearMonth":
        """Read ``YYYY-MM``.

        Raises:
            InvalidValueError: the text is anything else.
        """
        match = _YEAR_MONTH.fullmatch(text)
        if match is None:
            raise InvalidValueError(
                f"year-month {text!r}: must be written YYYY-MM, such as 2024-05"
            )
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def from_date(cls, day: date) -> "YearMonth":
        """The month that a day lies in."""
        return cls(day.year, day.month)

    def to_date(self) -> date:
        """The first day of the month.

        Raises:
            InvalidValueError: the year is 0, which the calendar of :mod:`datetime` lacks.
        """
        _check_range("year", self.year, 1, 9999)
        return date(self.year, self.month, 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    def __repr__(self) -> str:
        return f"YearMonth({self.year}, {self.month})"

    def __eq__(self, other: object) -> bool:
        return self._months == other._months if isinstance(other, YearMonth) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self._months < other._months if isinstance(other, YearMonth) else NotImplemented

    def __hash__(self) -> int:
        return hash(("YearMonth", self._months))

    def __reduce__(self) -> tuple[type["YearMonth"], tuple[int, int]]:
        return YearMonth, (self.year, self.month)


def dec_hook(type_: type, value: object) -> object:
    """Reads the types that msgspec does not know.

    Raises:
        ValueError: a text that is no year-month.
        TypeError: no text at all, for a year-month.
    """
    if type_ is YearMonth:
        return YearMonth.parse(cast(str, value))
    # msgspec asks for `object` too, which everything is; for other types it checks the result.
    return value

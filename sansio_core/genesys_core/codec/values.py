"""JSON values that have no direct Python equivalent.

Invariants: nothing here loses information. ``None`` means "absent", :data:`NULL` is JSON ``null``,
and a :class:`YearMonth` is a month of a year, not its first day.
"""

import re
from datetime import date, datetime
from functools import total_ordering
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, cast

from genesys_core.errors import InvalidValueError

__all__ = ["NULL", "LocalDateTime", "Null", "Open", "TextValue", "YearMonth", "dec_hook"]

_T = TypeVar("_T")

if TYPE_CHECKING:
    from collections.abc import Callable

    Open: TypeAlias = _T | str
    """An open enum: ``Open[Literal["A", "B"]]``. The listed values are those in the API definition;
    any other string is accepted in requests and responses, because a newer platform may add values.
    """
else:

    class Open:
        """``str`` at run time; the literals of ``Open[Literal[...]]`` are for type checkers."""

        def __class_getitem__(cls, known: object) -> type[str]:
            return str


LocalDateTime: TypeAlias = datetime
"""The definition's ``local-date-time``: a :class:`~datetime.datetime` without a time zone."""


class Null:
    """The type of :data:`NULL`, a singleton."""

    __slots__ = ()
    _instance: "Null | None" = None

    def __new__(cls) -> "Null":  # noqa: D102, PYI034 - a singleton of exactly this class
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


# Typed `Any`, so that it can be assigned to a field of any type. Decoded fields never contain it, so
# code that reads fields needs no case for it.
NULL: Final[Any] = Null()
"""The value that is sent as ``null``; a field that is ``None`` is omitted."""

_YEAR_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


def _check_range(name: str, value: int, lowest: int, highest: int) -> None:
    if type(value) is not int or not lowest <= value <= highest:
        raise InvalidValueError(f"{name} {value!r}: must be an int from {lowest} to {highest}")


class TextValue:
    """Base class of values that are encoded in JSON as their ``str``.

    Not a Struct or dataclass, which msgspec would encode as an object.
    """

    __slots__ = ()


@total_ordering
class YearMonth(TextValue):
    """A month of a year, ``YYYY-MM`` on the wire (the definition's ``year-month``). Immutable.

    Args:
        year: the year, 0 to 9999.
        month: the month, 1 to 12.

    Raises:
        InvalidValueError: the year or the month is not an integer, or out of range.
    """

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
        """Parse a year-month in the form ``YYYY-MM``.

        Raises:
            InvalidValueError: the text does not have this form.
        """
        match = _YEAR_MONTH.fullmatch(text)
        if match is None:
            raise InvalidValueError(
                f"year-month {text!r}: must have the form YYYY-MM, such as 2024-05"
            )
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def from_date(cls, day: date) -> "YearMonth":
        """Return the year-month that contains a date."""
        return cls(day.year, day.month)

    def to_date(self) -> date:
        """Return the first day of the month.

        Raises:
            InvalidValueError: the year is 0, which :mod:`datetime` does not support.
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
    """Convert a JSON value to a type that msgspec does not support: a year-month or a union.

    Raises:
        ValueError: the string is not a year-month, or the object does not match its kind's model.
        TypeError: a year-month is not a string, or the value of a union is not an object.
    """
    if type_ is YearMonth:
        return YearMonth.parse(cast(str, value))
    # Unions (genesys_core.codec.tagged_union) convert themselves; few programs import that module.
    convert_union: Callable[[object, object], object] | None = getattr(type_, "convert_union", None)
    if convert_union is not None:
        return convert_union(value, dec_hook)
    # msgspec calls this hook for `object` as well, which accepts any value. For all other types,
    # msgspec checks the result.
    return value
